//! What needs somebody's attention, the gravest first.

use std::collections::BTreeMap;

use allowance_store::{AlertScope, GroupRow};
use allowance_values::{CreditTypeId, Credits, CycleId, GroupId, OrganisationId, PersonId, Timestamp};

use super::overview::{When, get_overview};
use crate::context::{App, Caller};
use crate::costs::{AlertLine, shared_alerts};
use crate::error::{Error, Result};

/// So many are listed; of the others it is said how many there are.
const MOST_LISTED: usize = 100;

/// One thing that needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attention {
    /// The books did not prove themselves.
    BooksBroken {
        /// The first thing that is wrong.
        finding: String,
        /// When it was found.
        since: Timestamp,
    },
    /// Groups hold more than the limit.
    OrganisationOver(Credits),
    /// A group gave more than it has.
    GroupOver {
        /// Which.
        group: GroupId,
        /// Its name.
        name: String,
        /// By how much.
        over_by: Credits,
    },
    /// A group's reserve is spent.
    ReserveSpent {
        /// Which.
        group: GroupId,
        /// Its name.
        name: String,
        /// What it was.
        reserve: Credits,
    },
    /// Credit requests wait for a decision.
    RequestsWaiting(u64),
    /// Usage is kept aside because nobody is known by the names it came under.
    UsageUnmatched {
        /// How many events.
        count: u64,
        /// Since when the first of them waits.
        since: Timestamp,
    },
    /// A joiner's credits could not be granted in full.
    SignUpUnfunded {
        /// Who.
        person: PersonId,
        /// Their name.
        name: String,
        /// What is missing.
        missing: Credits,
        /// When they joined.
        since: Timestamp,
    },
    /// A move took only what the new group could fund.
    MoveShort {
        /// Who moved.
        person: PersonId,
        /// Their name.
        name: String,
        /// Where to.
        group: GroupId,
        /// What is missing.
        missing: Credits,
        /// When they moved.
        since: Timestamp,
    },
    /// A threshold of use was crossed in this cycle.
    ThresholdCrossed {
        /// The group whose use it is, with its name; the organisation's otherwise.
        group: Option<(GroupId, String)>,
        /// The highest, in percent.
        threshold: u16,
        /// Used, when it was noticed.
        used: Credits,
        /// When it was noticed.
        since: Timestamp,
    },
    /// The rate is zero.
    BurningOff,
    /// People are still to be brought forward.
    Settling(u64),
}

/// Everything that needs attention, and how many things more.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn list_attention(app: &App, caller: &Caller, id: CreditTypeId) -> Result<(Vec<Attention>, u64)> {
    let organisation = caller.actor.organisation;
    let overview = get_overview(app, caller, id, When::default()).await?;
    let mut items = Vec::new();
    if let Some(proof) = app.store.last_proof(organisation).await?
        && let Some(finding) = proof.finding
    {
        items.push(Attention::BooksBroken {
            finding: finding.0,
            since: proof.at,
        });
    }
    let out_of_range = |error: allowance_domain::allocations::OutOfRange| Error::Refused(error.into());
    let unallocated = overview.figures.unallocated().map_err(out_of_range)?;
    if unallocated.is_negative() {
        items.push(Attention::OrganisationOver(missing(unallocated)));
    }
    for group in &overview.groups {
        let available = group.figures.available().map_err(out_of_range)?;
        if available.is_negative() {
            let (group, name) = named(group);
            let over_by = missing(available);
            items.push(Attention::GroupOver { group, name, over_by });
        }
    }
    for row in &overview.groups {
        let left = row.figures.reserve_left().map_err(out_of_range)?;
        if row.figures.reserve.is_positive() && left.is_zero() {
            let (group, name) = named(row);
            let reserve = row.figures.reserve;
            items.push(Attention::ReserveSpent { group, name, reserve });
        }
    }
    let (_, waiting) = crate::credit_requests::count_credit_requests(app, caller, id).await?;
    if waiting > 0 {
        items.push(Attention::RequestsWaiting(waiting));
    }
    if let Some((count, since)) = app.store.count_unmatched(organisation).await? {
        items.push(Attention::UsageUnmatched { count, since });
    }
    let (of_people, more_people) = about_people(app, caller, id).await?;
    items.extend(of_people);
    items.extend(crossed(app, organisation, id, overview.credit_type.cycle.id).await?);
    if overview.credit_type.row.terms.rate.is_off() {
        items.push(Attention::BurningOff);
    }
    if overview.to_settle > 0 {
        items.push(Attention::Settling(overview.to_settle));
    }
    let left_out = items.len().saturating_sub(MOST_LISTED);
    let more = more_people.saturating_add(u64::try_from(left_out).unwrap_or(0));
    items.truncate(MOST_LISTED);
    Ok((items, more))
}

/// Joiners without all that was due to them, and people who moved without all they had; how many are not among them.
async fn about_people(app: &App, caller: &Caller, id: CreditTypeId) -> Result<(Vec<Attention>, u64)> {
    let organisation = caller.actor.organisation;
    let room = u64::try_from(MOST_LISTED).unwrap_or(u64::MAX);
    let (unfunded, joiners) = app.store.list_unfunded_sign_ups(organisation, id, room).await?;
    let (short, movers) = app.store.list_short_moves(organisation, id, room).await?;
    let joined = unfunded.iter().map(|row| row.person);
    let people: Vec<PersonId> = joined.chain(short.iter().map(|row| row.person)).collect();
    let holders = app.store.holders(organisation, &people).await?;
    let name_of = |person: &PersonId| {
        let holder = holders.get(person);
        holder
            .map(|holder| holder.display_name.clone())
            .unwrap_or_default()
    };
    let of_joiners = unfunded.iter().map(|row| Attention::SignUpUnfunded {
        person: row.person,
        name: name_of(&row.person),
        missing: row.due.checked_sub(row.granted).unwrap_or(row.due),
        since: row.at,
    });
    let of_movers = short.iter().map(|row| Attention::MoveShort {
        person: row.person,
        name: name_of(&row.person),
        group: row.group,
        missing: row.missing,
        since: row.at,
    });
    let items: Vec<Attention> = of_joiners.chain(of_movers).collect();
    let listed = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let more = joiners.saturating_add(movers).saturating_sub(listed);
    Ok((items, more))
}

/// The highest threshold that the organisation and each group has crossed in a cycle.
async fn crossed(
    app: &App,
    organisation: OrganisationId,
    id: CreditTypeId,
    cycle: CycleId,
) -> Result<Vec<Attention>> {
    let most = u64::try_from(MOST_LISTED).unwrap_or(u64::MAX);
    let alerts = shared_alerts(app, organisation, id, cycle, most).await?;
    let mut highest: BTreeMap<AlertScope, AlertLine> = BTreeMap::new();
    for line in alerts {
        let known = highest.get(&line.row.scope);
        if known.is_none_or(|known| known.row.threshold < line.row.threshold) {
            highest.insert(line.row.scope, line);
        }
    }
    let item = |line: AlertLine| {
        let group = match line.row.scope {
            AlertScope::Group(group) => Some((group, line.group_name.unwrap_or_default())),
            AlertScope::Organisation | AlertScope::Member(_) => None,
        };
        Attention::ThresholdCrossed {
            group,
            threshold: line.row.threshold,
            used: line.row.used,
            since: line.row.at,
        }
    };
    Ok(highest.into_values().map(item).collect())
}

fn named(row: &GroupRow) -> (GroupId, String) {
    (row.id, row.name.clone())
}

/// An amount below zero, as what is missing.
fn missing(amount: Credits) -> Credits {
    amount.checked_neg().unwrap_or_default()
}
