//! Named views: what the address says of the grid – the open group, search, filter, orders, page size, density, widths –
//! under a name, per viewer, in this browser.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::act;
use super::bulk::Opened;
use super::columns;
use super::sheet::{COLUMNS, DENSITY, FILTER, GROUP, GROUPS, ROWS, SEARCH, SORT, Sheet};
use crate::browser;
use crate::parts::lazy;
use crate::ui::{
    Button, FieldErrors, Form, Glyph, IconButton, Look, Menu, MenuItem, Refusal, Required, TextField, icon,
    required,
};

/// What of the address makes a view.
const PARTS: [&str; 8] = [GROUP, SEARCH, FILTER, SORT, GROUPS, ROWS, DENSITY, COLUMNS];
/// Between views, and between the parts of one; neither is in anything that is typed.
const VIEW: char = '\u{1e}';
const PART: char = '\u{1f}';
/// The longest name.
const LONGEST: usize = 60;
const NAME: &str = "name";

/// A view: its name, and its parts in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct View {
    name: String,
    parts: Vec<String>,
}

impl View {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(PART).map(str::to_owned);
        let name = parts.next().filter(|name| !name.is_empty())?;
        Some(Self {
            name,
            parts: parts.collect(),
        })
    }

    fn written(&self) -> String {
        let mut text = self.name.clone();
        for part in &self.parts {
            text.push(PART);
            text.push_str(part);
        }
        text
    }

    /// What is shown now, under a name.
    fn now(sheet: Sheet, name: String) -> Self {
        let parts = PARTS.map(|part| untrack(|| sheet.url.get(part)).unwrap_or_default());
        let plain = parts.map(|part| part.replace([VIEW, PART], " "));
        Self {
            name,
            parts: plain.into(),
        }
    }

    fn show(&self, sheet: Sheet) {
        let part = |place: usize| self.parts.get(place).filter(|part| !part.is_empty()).cloned();
        let parts: Vec<_> = PARTS.into_iter().zip((0..).map(part)).collect();
        sheet.url.filter_all(&parts);
        sheet.focus();
    }
}

fn place(sheet: Sheet) -> String {
    format!("allowance-views-{}", sheet.viewer)
}

fn kept(sheet: Sheet) -> Vec<View> {
    let text = browser::kept(&place(sheet)).unwrap_or_default();
    text.split(VIEW).filter_map(View::read).collect()
}

fn keep(sheet: Sheet, views: &[View]) {
    let texts: Vec<String> = views.iter().map(View::written).collect();
    browser::keep(&place(sheet), &texts.join(&VIEW.to_string()));
}

/// The menu above the table.
pub(super) fn menu(sheet: Sheet) -> AnyView {
    let button = view! { "Views" {icon(Glyph::ChevronDown)} }.into_any();
    view! {
        <Menu button label="Views" class="btn quiet">{lazy(act::around, move |around| (around.views)(sheet))}</Menu>
    }
    .into_any()
}

/// What it offers: one click shows a view.
pub(super) fn items(sheet: Sheet) -> AnyView {
    let item = |view: View| {
        let is_shown = View::now(sheet, view.name.clone()) == view;
        let name = view.name.clone();
        view! { <MenuItem is_chosen=is_shown on_press=Callback::new(move |()| view.show(sheet))>{name}</MenuItem> }
    };
    let is_changed = sheet.widths.with_untracked(|widths| !widths.is_empty());
    let reset = is_changed.then(|| {
        let reset = Callback::new(move |()| columns::reset(sheet));
        view! { <MenuItem glyph=Glyph::Undo on_press=reset>"Column widths as they were"</MenuItem> }
    });
    let manage = Callback::new(move |()| sheet.opened.set(Some(Opened::Views)));
    view! {
        {kept(sheet).into_iter().map(item).collect_view()}
        <MenuItem glyph=Glyph::Plus on_press=manage>"Save or change views…"</MenuItem>
        {reset}
    }
    .into_any()
}

/// A name that no other view has.
fn named(views: &[View], text: &str, own: Option<usize>) -> Result<String, FieldErrors> {
    let mut errors = FieldErrors::default();
    let rule = Required {
        missing: "Give the view a name.",
        most: LONGEST,
    };
    let text = text.replace([VIEW, PART], " ");
    let name = required(&mut errors, NAME, &text, rule);
    let mut others = views.iter().enumerate().filter(|(place, _)| Some(*place) != own);
    if others.any(|(_, view)| Some(&view.name) == name.as_ref()) {
        errors.add(NAME, "There is a view of this name already.");
    }
    errors.finish(name)
}

/// The dialog: saving what is shown, renaming and deleting.
pub(super) fn form(sheet: Sheet) -> AnyView {
    let views = RwSignal::new(kept(sheet));
    let deleted = RwSignal::new(None::<(usize, View)>);
    crate::reactive::effect(move || views.with(|views| keep(sheet, views)));
    let name = RwSignal::new(String::new());
    let form = Form::new(move || {
        let name = name.get_untracked();
        views.with_untracked(|views| named(views, &name, None).err().unwrap_or_default())
    });
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let text = name.get_untracked();
        match views.with_untracked(|views| named(views, &text, None)) {
            Ok(text) => {
                views.update(|views| views.push(View::now(sheet, text)));
                name.set(String::new());
            }
            Err(errors) => form.refuse(errors),
        }
    };
    let back = move |_| {
        if let Some((at, view)) = deleted.get_untracked() {
            deleted.set(None);
            views.update(|views| views.insert(at.min(views.len()), view));
        }
    };
    let all = views;
    let list = move || {
        let views = all.get();
        if views.is_empty() {
            return view! { <p class="hint">"No views yet."</p> }.into_any();
        }
        let lines = views.into_iter().enumerate();
        let lines = lines.map(|numbered| line(sheet, all, numbered, deleted));
        view! { <ul class="views">{lines.collect_view()}</ul> }.into_any()
    };
    view! {
        <form node_ref=form.node() on:submit=save novalidate>
            <Refusal form />
            <div class="fields">
                <TextField form name=NAME label="Save what is shown as" value=name is_required=true autofocus=true />
            </div>
            <div class="dialog-actions"><Button look=Look::Primary>"Save view"</Button></div>
        </form>
        {list}
        {move || deleted.get().map(|(_, view)| view! {
            <p class="hint" role="status">
                "Deleted " {view.name} ". " <button type="button" class="link" on:click=back>"Undo"</button>
            </p>
        })}
        <p class="hint">
            "A view is the open group with its search, filter, orders, rows, density and column widths. Views are kept in "
            "this browser; to show one to somebody else, send the address."
        </p>
    }
    .into_any()
}

/// A view in the dialog: its name can be changed in place.
fn line(
    sheet: Sheet,
    views: RwSignal<Vec<View>>,
    (at, view): (usize, View),
    deleted: RwSignal<Option<(usize, View)>>,
) -> AnyView {
    let name = view.name.clone();
    let problem = RwSignal::new(None::<String>);
    let rename = move |event| {
        let text: String = event_target_value(&event);
        match views.with_untracked(|views| named(views, &text, Some(at))) {
            Ok(name) => views.update(|views| {
                if let Some(view) = views.get_mut(at) {
                    view.name = name;
                }
            }),
            Err(errors) => problem.set(errors.get(NAME).map(str::to_owned)),
        }
    };
    let (shown, gone) = (view.clone(), view);
    let show = Callback::new(move |()| {
        sheet.opened.set(None);
        shown.show(sheet);
    });
    let delete = Callback::new(move |()| {
        deleted.set(Some((at, gone.clone())));
        views.update(|views| {
            views.retain(|view| *view != gone);
        });
    });
    view! {
        <li>
            <input
                class="input"
                aria-label=format!("Name of {name}")
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                value=name.clone()
                on:change=rename
            />
            <Button on_press=show>"Show"</Button>
            <IconButton label=format!("Delete {name}") glyph=Glyph::Trash on_press=delete />
            {move || problem.get().map(|words| view! { <small class="neg" role="alert">{words}</small> })}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_reads_back() {
        let view = View {
            name: "Over, by use".to_owned(),
            parts: ["grp_1", "ann & bob=", "", "used_descending"]
                .map(str::to_owned)
                .into(),
        };
        assert_eq!(View::read(&view.written()), Some(view));
        assert_eq!(View::read(""), None);
    }

    #[test]
    fn no_two_views_have_one_name() {
        let view = |name: &str| View {
            name: name.to_owned(),
            parts: Vec::new(),
        };
        let views = [view("One"), view("Two")];
        assert_eq!(named(&views, " Three ", None).as_deref(), Ok("Three"));
        assert!(named(&views, "Two", None).is_err());
        assert!(named(&views, "Two", Some(1)).is_ok());
        assert!(named(&views, "Two", Some(0)).is_err());
        assert!(named(&views, " ", None).is_err());
        assert!(named(&views, &"é".repeat(61), None).is_err());
    }
}
