//! All rows as a file: CSV for machines, Excel for people.

use allowance_values::Day;
use leptos::prelude::*;

use super::Desk;
use super::asked::View;
use crate::ui::{Button, FieldErrors, Form, Glyph, Refusal};
use crate::{api, browser};

pub(super) fn buttons(desk: Desk) -> AnyView {
    let button = move |kind: &'static str, text: &'static str| {
        let form = Form::new(FieldErrors::default);
        let save = move || {
            let Some(period) = desk.period.get_untracked() else {
                return;
            };
            let (asked, measure, id) = (desk.asked.get_untracked(), desk.measure.get_untracked(), desk.id);
            let name = untrack(|| desk.figures(|view| (view.period.from, view.period.to)));
            let name = file_name(&asked.view.word(), name, kind);
            let call = async move {
                match asked.view {
                    View::Events => api::costs::export_events(id, &asked.events_export(period)).await,
                    View::Told(_) => {
                        let query = asked.export(period, measure, kind == "csv");
                        api::costs::export(id, kind, &query).await
                    }
                }
            };
            form.send(call, move |blob| {
                let _is_saved = browser::save_blob(&name, &blob);
            });
        };
        (
            view! { <Button glyph=Glyph::Download busy=form.busy() on_press=save>{text}<span class="sr">" file"</span></Button> },
            view! { <Refusal form /> },
        )
    };
    let (csv, csv_refused) = button("csv", "CSV");
    let is_told = Memo::new(move |_| desk.asked.with(|asked| asked.view != View::Events));
    let excel = move || {
        is_told.get().then(|| {
            let (excel, refused) = button("xlsx", "Excel");
            view! { {refused} {excel} }
        })
    };
    view! { {csv_refused} <div class="page-actions">{csv} {excel}</div> }.into_any()
}

/// `costs-provider-2026-11-01-2026-11-30.csv`
fn file_name(view: &str, period: Option<(Day, Day)>, kind: &str) -> String {
    let period = period.map_or_else(String::new, |(from, to)| format!("-{from}-{to}"));
    format!("costs-{view}{period}.{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_is_in_it() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let period = Some((day("2026-11-01"), day("2026-11-30")));
        assert_eq!(
            file_name("provider", period, "csv"),
            "costs-provider-2026-11-01-2026-11-30.csv"
        );
        assert_eq!(file_name("events", None, "xlsx"), "costs-events.xlsx");
    }
}
