//! A list's state in the address: filters, the page, the open dialog. Back, reload and a sent link show the same.
//!
//! Cursors only lead forward, so the way back is remembered here; after a reload Previous leads to the first page.

use crate::reactive::{effect, on_close};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

use crate::api::client::encode;
use crate::ui::Pager;

/// Rows on a page.
pub const PAGE_SIZE: u32 = 25;
const CURSOR: &str = "cursor";
const FROM: &str = "from";

type Navigate = dyn Fn(&str, NavigateOptions);

/// The query part of the address, as a list uses it.
#[derive(Clone, Copy)]
pub struct ListUrl {
    query: Memo<ParamsMap>,
    path: Memo<String>,
    navigate: StoredValue<Box<Navigate>, LocalStorage>,
    passed: StoredValue<Vec<(u64, Option<String>)>>,
}

impl ListUrl {
    pub fn new() -> Self {
        let navigate = use_navigate();
        Self {
            query: use_query_map(),
            path: use_location().pathname,
            navigate: StoredValue::new_local(Box::new(move |path: &str, options| navigate(path, options))),
            passed: StoredValue::default(),
        }
    }

    /// A parameter that is there and not empty.
    pub fn get(self, name: &str) -> Option<String> {
        self.query
            .with(|query| query.get(name))
            .filter(|value| !value.is_empty())
    }

    /// A parameter as the value it names.
    pub fn parsed<T: std::str::FromStr>(self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }

    pub fn cursor(self) -> Option<String> {
        self.get(CURSOR)
    }

    /// The number of the first row on this page.
    pub fn first_row(self) -> u64 {
        self.parsed(FROM).unwrap_or(1)
    }

    /// Sets a filter, or takes it off; the list begins anew.
    pub fn filter(self, name: &str, value: Option<String>) {
        self.filter_all(&[(name, value)]);
    }

    /// Sets several filters in one step.
    pub fn filter_all(self, filters: &[(&str, Option<String>)]) {
        let mut changes = filters.to_vec();
        changes.extend([(CURSOR, None), (FROM, None)]);
        self.passed.update_value(Vec::clear);
        self.change(&changes, true);
    }

    /// The same as a step that Back undoes.
    pub fn go(self, filters: &[(&str, Option<String>)]) {
        let mut changes = filters.to_vec();
        changes.extend([(CURSOR, None), (FROM, None)]);
        self.passed.update_value(Vec::clear);
        self.change(&changes, false);
    }

    /// Where a link that sets a filter leads; the list begins anew there.
    pub fn filtered(self, name: &str, value: &str) -> String {
        self.address(&[(name, Some(value.to_owned())), (CURSOR, None), (FROM, None)])
    }

    /// Takes all of these filters off.
    pub fn clear(self, names: &[&str]) {
        let mut changes: Vec<_> = names.iter().map(|&name| (name, None)).collect();
        changes.extend([(CURSOR, None), (FROM, None)]);
        self.passed.update_value(Vec::clear);
        self.change(&changes, true);
    }

    /// Notes something in the address without a step of its own; the page of the list stays.
    pub fn note(self, name: &str, value: Option<String>) {
        self.change(&[(name, value)], true);
    }

    /// Opens or closes what a parameter stands for, as a step that Back undoes.
    pub fn open(self, name: &str, value: Option<String>) {
        self.change(&[(name, value)], false);
    }

    /// A dialog's open state that mirrors a parameter.
    pub fn opened_by(self, name: &'static str) -> RwSignal<bool> {
        let open = RwSignal::new(false);
        effect(move || open.set(self.get(name).is_some()));
        on_close(open, move || {
            if untrack(|| self.get(name)).is_some() {
                self.open(name, None);
            }
        });
        open
    }

    /// Where a link to this page with one parameter changed leads.
    pub fn href(self, name: &str, value: &str) -> String {
        self.address(&[(name, Some(value.to_owned()))])
    }

    fn next(self, cursor: String, shown: u64) {
        let here = self
            .query
            .with_untracked(|query| (query.get(FROM), query.get(CURSOR)));
        let from = here.0.and_then(|from| from.parse().ok()).unwrap_or(1_u64);
        self.passed.update_value(|passed| passed.push((from, here.1)));
        let from = from.saturating_add(shown).to_string();
        self.change(&[(CURSOR, Some(cursor)), (FROM, Some(from))], false);
    }

    fn previous(self) {
        let here = self.query.with_untracked(|query| query.get(FROM));
        let here = here.and_then(|from| from.parse().ok()).unwrap_or(1_u64);
        let mut back = None;
        self.passed.update_value(|passed| {
            // The browser's own Back may have passed some of them already.
            while let Some((from, cursor)) = passed.pop() {
                if from < here {
                    back = cursor.map(|cursor| (cursor, from.to_string()));
                    break;
                }
            }
        });
        let (cursor, from) = back.unzip();
        self.change(&[(CURSOR, cursor), (FROM, from)], false);
    }

    fn change(self, changes: &[(&str, Option<String>)], replace: bool) {
        let address = self.address(changes);
        let options = NavigateOptions {
            replace,
            scroll: false,
            ..NavigateOptions::default()
        };
        self.navigate.with_value(|navigate| navigate(&address, options));
    }

    fn address(self, changes: &[(&str, Option<String>)]) -> String {
        let mut pairs: Vec<(String, String)> = self.query.with_untracked(|query| {
            let kept = query
                .clone()
                .into_iter()
                .filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
            kept.map(|(name, value)| (name.into_owned(), value)).collect()
        });
        let set = changes
            .iter()
            .filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
        pairs.extend(set.filter(|(_, value)| !value.is_empty()));
        address(&self.path.get_untracked(), &pairs)
    }
}

/// A path with its query.
fn address(path: &str, pairs: &[(String, String)]) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", pairs.join("&"))
    }
}

/// The pager of a list whose state is in the address.
#[component]
pub fn UrlPager(
    url: ListUrl,
    #[prop(into)] label: String,
    shown: usize,
    next_cursor: Option<String>,
) -> impl IntoView {
    let has_next = next_cursor.is_some();
    let next = move || {
        if let Some(cursor) = next_cursor.clone() {
            url.next(cursor, u64::try_from(shown).unwrap_or(0));
        }
    };
    view! {
        <Pager
            label
            has_previous=Signal::derive(move || url.first_row() > 1)
            has_next
            on_previous=move || url.previous()
            on_next=next
        />
    }
}

/// A filter that is a choice.
pub fn filter_select(
    label: &'static str,
    all: &'static str,
    name: &'static str,
    url: ListUrl,
    options: Signal<Vec<(String, String)>>,
) -> AnyView {
    let option = move |(word, text): (String, String)| {
        let is_chosen = url.get(name).as_deref() == Some(word.as_str());
        view! { <option value=word prop:selected=is_chosen>{text}</option> }
    };
    view! {
        <select
            class="select"
            aria-label=label
            on:change=move |event| url.filter(name, Some(event_target_value(&event)))
        >
            <option value="" prop:selected=move || url.get(name).is_none()>{all}</option>
            {move || options.get().into_iter().map(option).collect_view()}
        </select>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_encoded_and_bare_without_parameters() {
        assert_eq!(address("/people", &[]), "/people");
        let pairs = [
            ("search".to_owned(), "ken & co".to_owned()),
            ("from".to_owned(), "26".to_owned()),
        ];
        assert_eq!(
            address("/people", &pairs),
            "/people?search=ken%20%26%20co&from=26"
        );
    }
}
