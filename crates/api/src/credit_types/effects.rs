//! What a change does to everybody and what needs attention, as the contract says it.

use allowance_api_types::attention::{AttentionKind, AttentionListView, AttentionView};
use allowance_api_types::consequences::{
    ConsequencesView, CreditTypeChangedView, HoldingView, OverKind, OverView,
};
use allowance_app::Error;
use allowance_app::credit_types::{Attention, Changed, Consequences, Over, OverWho};
use allowance_domain::allocations::{CycleFigures, OutOfRange, Refusal};
use allowance_values::{CreditTypeId, Credits, GroupId};

use super::convert::{credit_type_view, cycle_view};

fn over_view(over: &Over) -> OverView {
    let Over { who, over_by } = over;
    let (kind, group_id, person_id, name) = match who {
        OverWho::Organisation => (OverKind::Organisation, None, None, String::new()),
        OverWho::Group(group, name) => (OverKind::Group, Some(*group), None, name.clone()),
        OverWho::Member(person, name) => (OverKind::Member, None, Some(*person), name.clone()),
    };
    OverView {
        kind,
        group_id,
        person_id,
        name,
        over_by: *over_by,
    }
}

fn holding_view((group, name, allocated): &(GroupId, String, Credits)) -> HoldingView {
    HoldingView {
        group_id: *group,
        name: name.clone(),
        allocated: *allocated,
    }
}

pub(super) fn changed_view(changed: &Changed) -> Result<CreditTypeChangedView, Error> {
    let Changed {
        credit_type,
        consequences,
        is_dry_run,
    } = changed;
    let Consequences {
        cycle_before,
        cycle_after,
        per_30_days_before,
        per_30_days_after,
        figures_before,
        figures_after,
        lapses,
        carries,
        over,
        more_over,
        holding,
        undo_until,
    } = consequences;
    let out_of_range = |_: OutOfRange| Error::Refused(Refusal::AmountOutOfRange);
    let balance = |figures: &CycleFigures| figures.balance().map_err(out_of_range);
    let unallocated = |figures: &CycleFigures| figures.unallocated().map_err(out_of_range);
    let consequences = ConsequencesView {
        cycle_before: cycle_view(cycle_before),
        cycle_after: cycle_view(cycle_after),
        limit_per_30_days_before: *per_30_days_before,
        limit_per_30_days_after: *per_30_days_after,
        balance_before: balance(figures_before)?,
        balance_after: balance(figures_after)?,
        unallocated_before: unallocated(figures_before)?,
        unallocated_after: unallocated(figures_after)?,
        lapses: *lapses,
        carries: *carries,
        over: over.iter().map(over_view).collect(),
        more_over: *more_over,
        holding: holding.iter().map(holding_view).collect(),
        undo_until: *undo_until,
    };
    Ok(CreditTypeChangedView {
        credit_type: credit_type_view(credit_type),
        consequences,
        is_dry_run: *is_dry_run,
    })
}

pub(super) fn attention_view(id: CreditTypeId, (items, more): (Vec<Attention>, u64)) -> AttentionListView {
    let plain = |kind| AttentionView {
        kind,
        credit_type_id: Some(id),
        group_id: None,
        person_id: None,
        name: None,
        amount: None,
        count: None,
        since: None,
    };
    let item = |item| match item {
        Attention::BooksBroken { finding, since } => AttentionView {
            credit_type_id: None,
            name: Some(finding.chars().take(200).collect()),
            since: Some(since),
            ..plain(AttentionKind::BooksBroken)
        },
        Attention::OrganisationOver(amount) => AttentionView {
            amount: Some(amount),
            ..plain(AttentionKind::OrganisationOver)
        },
        Attention::GroupOver { group, name, over_by } => AttentionView {
            group_id: Some(group),
            name: Some(name),
            amount: Some(over_by),
            ..plain(AttentionKind::GroupOver)
        },
        Attention::ReserveSpent { group, name, reserve } => AttentionView {
            group_id: Some(group),
            name: Some(name),
            amount: Some(reserve),
            ..plain(AttentionKind::ReserveSpent)
        },
        Attention::RequestsWaiting(count) => AttentionView {
            count: Some(count),
            ..plain(AttentionKind::RequestsWaiting)
        },
        Attention::UsageUnmatched { count, since } => AttentionView {
            credit_type_id: None,
            count: Some(count),
            since: Some(since),
            ..plain(AttentionKind::UsageUnmatched)
        },
        Attention::SignUpUnfunded {
            person,
            name,
            missing,
            since,
        } => AttentionView {
            person_id: Some(person),
            name: Some(name),
            amount: Some(missing),
            since: Some(since),
            ..plain(AttentionKind::SignUpUnfunded)
        },
        Attention::MoveShort {
            person,
            name,
            group,
            missing,
            since,
        } => AttentionView {
            person_id: Some(person),
            group_id: Some(group),
            name: Some(name),
            amount: Some(missing),
            since: Some(since),
            ..plain(AttentionKind::MoveShort)
        },
        Attention::ThresholdCrossed {
            group,
            threshold,
            used,
            since,
        } => {
            let (group_id, name) = group.unzip();
            AttentionView {
                group_id,
                name,
                amount: Some(used),
                count: Some(u64::from(threshold)),
                since: Some(since),
                ..plain(AttentionKind::ThresholdCrossed)
            }
        }
        Attention::BurningOff => plain(AttentionKind::BurningOff),
        Attention::Settling(count) => AttentionView {
            count: Some(count),
            ..plain(AttentionKind::Settling)
        },
    };
    AttentionListView {
        items: items.into_iter().map(item).collect(),
        more,
    }
}
