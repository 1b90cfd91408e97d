//! What needs attention, the gravest first, each with the way to where it is mended.

use allowance_api_types::ErrorCode;
use allowance_api_types::attention::{AttentionKind, AttentionListView, AttentionView};
use allowance_api_types::live::Area;
use allowance_values::CreditTypeId;
use leptos::prelude::*;

use super::super::credits::CreditsFrame;
use crate::remote::Remote;
use crate::ui::{Banner, Tone};
use crate::{api, errors, format};

pub(super) fn attention(frame: CreditsFrame, id: CreditTypeId) -> AnyView {
    let list = Remote::live(
        &[
            Area::Allocations,
            Area::CreditRequests,
            Area::Settings,
            Area::Alerts,
        ],
        move || {
            let _times = frame.refreshes();
            async move { api::credit_types::attention(id).await }
        },
    );
    // It stands beside the figures, which have their own states; only what it could not learn is said here.
    let failed = move || {
        let error = list
            .error()
            .filter(|error| error.code() != Some(ErrorCode::NotFound))?;
        Some(
            view! { <Banner tone=Tone::Warn>"What needs attention could not be learned. " {errors::words(&error)}</Banner> },
        )
    };
    view! {
        {failed}
        {move || list.value().map(|list| show(&list, id))}
    }
    .into_any()
}

fn show(list: &AttentionListView, id: CreditTypeId) -> AnyView {
    if list.items.is_empty() {
        return ().into_any();
    }
    let line = |item: &AttentionView| {
        let (words, link, href) = words(item, id);
        view! {
            <li class:grave=is_grave(item.kind)>
                <span>{words}</span>
                <a href=href>{link}</a>
            </li>
        }
    };
    let more =
        (list.more > 0).then(|| view! { <li class="mut">"and " {format::count(list.more)} " more"</li> });
    view! {
        <section class="card panel attention">
            <h2>"Needs attention"</h2>
            <ul>{list.items.iter().map(line).collect_view()} {more}</ul>
        </section>
    }
    .into_any()
}

const fn is_grave(kind: AttentionKind) -> bool {
    matches!(
        kind,
        AttentionKind::BooksBroken | AttentionKind::OrganisationOver | AttentionKind::GroupOver
    )
}

/// What it is, and the link to where it is mended.
fn words(item: &AttentionView, id: CreditTypeId) -> (String, &'static str, String) {
    let name = item.name.as_deref().unwrap_or("Somebody");
    let amount = item.amount.map(format::credits).unwrap_or_default();
    let count = item.count.unwrap_or(0);
    let grid = || match item.group_id {
        Some(group) => format!("/allocations?type={id}&group={group}"),
        None => format!("/allocations?type={id}"),
    };
    match item.kind {
        AttentionKind::BooksBroken => (
            "The books do not prove themselves.".to_owned(),
            "Open the books",
            "/books".to_owned(),
        ),
        AttentionKind::OrganisationOver => (
            format!("Groups hold {amount} more than the limit."),
            "Show groups",
            grid(),
        ),
        AttentionKind::GroupOver => (
            format!("{name} gave {amount} more than it has."),
            "Show the group",
            grid(),
        ),
        AttentionKind::ReserveSpent => (
            format!("The auto-approve reserve of {name} is spent."),
            "Show the group",
            grid(),
        ),
        AttentionKind::RequestsWaiting => (
            format!(
                "{} for a decision.",
                format::plural(count, "request waits", "requests wait")
            ),
            "Open the requests",
            format!("/allocations/requests?type={id}"),
        ),
        AttentionKind::SignUpUnfunded => (
            format!("{name} joined and did not get the sign-up credits; {amount} are missing."),
            "Show groups",
            grid(),
        ),
        AttentionKind::UsageUnmatched => (
            format!(
                "{} kept aside: nobody is known by the names it came under.",
                format::plural(count, "usage event is", "usage events are")
            ),
            "Match the names",
            "/integrations/unmatched".to_owned(),
        ),
        AttentionKind::MoveShort => (
            format!("{name} moved and the new group lacked {amount}."),
            "Show the group",
            grid(),
        ),
        AttentionKind::ThresholdCrossed => (
            format!(
                "{} has reached {} of use in this cycle.",
                item.name.as_deref().unwrap_or("The organisation"),
                format::percent(&count.to_string())
            ),
            "Show the costs",
            match item.group_id {
                Some(group) => format!("/costs?type={id}&group={group}&by=person"),
                None => format!("/costs?type={id}&by=group"),
            },
        ),
        AttentionKind::BurningOff => (
            "The credit factor is 0: usage is recorded and spends no credits.".to_owned(),
            "Open the settings",
            format!("/allocations/settings?type={id}"),
        ),
        AttentionKind::Settling => (
            format!(
                "{} being brought forward into this cycle.",
                format::plural(count, "person is", "people are")
            ),
            "Show groups",
            grid(),
        ),
        _ => ("Something needs a look.".to_owned(), "Show groups", grid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_own_words_and_a_way() {
        let id: CreditTypeId = format!("crt_{:032}", 1).parse().unwrap();
        let mut seen = std::collections::HashSet::new();
        for &kind in AttentionKind::ALL {
            let item = AttentionView {
                kind,
                credit_type_id: Some(id),
                group_id: format!("grp_{:032}", 2).parse().ok(),
                person_id: None,
                name: Some("Sales".to_owned()),
                amount: "12.5".parse().ok(),
                count: Some(3),
                since: None,
            };
            let (words, _, href) = words(&item, id);
            assert!(words.ends_with('.') && !words.contains("a look"), "{kind:?}");
            assert!(href.starts_with('/'), "{kind:?}");
            assert!(seen.insert(words), "{kind:?} shares its words");
        }
    }
}
