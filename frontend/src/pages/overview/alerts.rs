//! Thresholds of use that were crossed in the cycle, newest first. Nothing is shown while none was.

use allowance_api_types::Page;
use allowance_api_types::costs::{AlertScope, AlertsQuery, ThresholdAlertView};
use allowance_api_types::live::Area;
use allowance_values::{CreditTypeId, CycleId};
use leptos::prelude::*;

use super::super::credits::CreditsFrame;
use crate::remote::Remote;
use crate::ui::{Button, Look};
use crate::{api, format, session};

const FEW: u32 = 10;

pub(super) fn alerts(frame: CreditsFrame, id: CreditTypeId, cycle: CycleId) -> AnyView {
    let limit = RwSignal::new(FEW);
    let alerts = Remote::live(&[Area::Alerts], move || {
        let _times = frame.refreshes();
        let query = AlertsQuery {
            cycle_id: Some(cycle),
            limit: Some(limit.get()),
            ..AlertsQuery::default()
        };
        async move { api::costs::alerts(id, &query).await }
    });
    let shown = move |page: Page<ThresholdAlertView>| {
        let zone = session::zone();
        let more = page.next_cursor.is_some().then(|| {
            view! {
                <Button look=Look::Quiet on_press=move || limit.update(|rows| *rows = rows.saturating_mul(4).min(1_000))>
                    "Show older alerts"
                </Button>
            }
        });
        view! {
            <section class="card panel past">
                <h2>"Threshold alerts"</h2>
                <div class="scroll" tabindex="0" role="region" aria-label="Threshold alerts">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">"When"</th><th scope="col">"Whose use"</th>
                                <th scope="col" class="r">"Reached"</th><th scope="col" class="r">"Used"</th>
                                <th scope="col" class="r">"Of"</th>
                            </tr>
                        </thead>
                        <tbody>{page.items.iter().map(|alert| row(alert, &zone)).collect_view()}</tbody>
                    </table>
                </div>
                {more}
            </section>
        }
    };
    (move || alerts.value().filter(|page| !page.items.is_empty()).map(shown)).into_any()
}

fn row(alert: &ThresholdAlertView, zone: &str) -> AnyView {
    let (name, about) = whose(alert);
    view! {
        <tr>
            <td class="nw">{format::date_time(alert.at, zone)}</td>
            <td>{name} {about.map(|about| view! { <small class="block mut">{about}</small> })}</td>
            <td class="r strong">{format::percent(&alert.threshold.to_string())}</td>
            <td class="r">{format::credits(alert.used)}</td>
            <td class="r">{format::credits(alert.of)}</td>
        </tr>
    }
    .into_any()
}

/// Whose use it was, and of which group.
fn whose(alert: &ThresholdAlertView) -> (String, Option<String>) {
    let group = alert.group.as_ref().map(|group| group.name.clone());
    match (alert.scope, &alert.person) {
        (AlertScope::Member, Some(person)) => (person.display_name.clone(), group),
        (AlertScope::Group, _) => (group.unwrap_or_else(|| "A group".to_owned()), None),
        _ => ("The organisation".to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_about_somebody_a_group_or_all() {
        let alert = |scope: &str| -> ThresholdAlertView {
            serde_json::from_value(serde_json::json!({
                "scope": scope, "cycle_id": format!("cyc_{:032}", 1), "threshold": 80, "at": "2026-11-20T10:00:00Z",
                "used": "80", "of": "100", "group": {"id": format!("grp_{:032}", 1), "name": "Sales"},
                "person": {"id": format!("per_{:032}", 1), "display_name": "Zoë", "email": "zoe@x.test"},
            }))
            .unwrap()
        };
        assert_eq!(
            whose(&alert("member")),
            ("Zoë".to_owned(), Some("Sales".to_owned()))
        );
        assert_eq!(whose(&alert("group")), ("Sales".to_owned(), None));
        assert_eq!(
            whose(&alert("organisation")),
            ("The organisation".to_owned(), None)
        );
    }
}
