//! What needs somebody's attention, the gravest first.

use allowance_store::GroupRow;
use allowance_values::{CreditTypeId, Credits, GroupId, PersonId, Timestamp};

use super::overview::{When, get_overview};
use crate::context::{App, Caller};
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
    let (of_people, more_people) = about_people(app, caller, id).await?;
    items.extend(of_people);
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

fn named(row: &GroupRow) -> (GroupId, String) {
    (row.id, row.name.clone())
}

/// An amount below zero, as what is missing.
fn missing(amount: Credits) -> Credits {
    amount.checked_neg().unwrap_or_default()
}
