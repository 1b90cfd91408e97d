//! Explain: each figure of a member's row with the entries that add up to it.

use allowance_domain::authz::{Action, Permit};
use allowance_domain::ledger::{Account, EntryKind};
use allowance_store::{CreditTypeRow, CycleRow, EntryFilter, EntryRow, Holder, MemberRow};
use allowance_values::{CreditTypeId, Credits, PersonId};

use crate::books::{EntryLine, entry_lines};
use crate::context::{App, Caller};
use crate::error::{Error, Result};

/// At most so many entries are listed under a figure.
const MOST_ENTRIES: usize = 100;
/// Entries read per step.
const STEP: u64 = 1_000;

/// The entries behind one figure, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FigureEntries {
    /// Their sum, by adding up, not by copying the figure.
    pub sum: Credits,
    /// The newest of them.
    pub entries: Vec<EntryLine>,
    /// How many more there are.
    pub more: u64,
}

/// A member's row, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The person.
    pub holder: Holder,
    /// The credit type.
    pub credit_type: CreditTypeRow,
    /// The open cycle.
    pub cycle: CycleRow,
    /// The row.
    pub row: MemberRow,
    /// Monthly that no entry has written yet.
    pub standing: Credits,
    /// Behind Monthly.
    pub monthly: FigureEntries,
    /// Behind Extra.
    pub extra: FigureEntries,
    /// Behind Carried.
    pub carried: FigureEntries,
    /// Behind Used.
    pub used: FigureEntries,
    /// Behind Held.
    pub held: FigureEntries,
    /// Position in the ledger.
    pub as_of: i64,
}

/// Which figure of a member an entry belongs to, and with which sign.
fn effects(entry: &EntryRow) -> Vec<(Part, bool)> {
    let mut effects = Vec::new();
    for (account, other, comes_in) in [(entry.from, entry.to, false), (entry.to, entry.from, true)] {
        match account {
            Account::Spent(..) => effects.push((Part::Used, comes_in)),
            Account::Held(..) => effects.push((Part::Held, comes_in)),
            Account::Member(..) => match (entry.kind, other) {
                (EntryKind::Monthly | EntryKind::Standing, _) => effects.push((Part::Monthly, comes_in)),
                (_, Account::Carried | Account::Lapsed) => effects.push((Part::Carried, comes_in)),
                (EntryKind::Grant | EntryKind::GrantTakenBack | EntryKind::Lapse, _) => {
                    effects.push((Part::Extra, comes_in));
                }
                _ => {}
            },
            Account::Limit
            | Account::Unallocated
            | Account::Group(_)
            | Account::Reserve(_)
            | Account::Lapsed
            | Account::Carried => {}
        }
    }
    effects
}

#[derive(Clone, Copy)]
enum Part {
    Monthly,
    Extra,
    Carried,
    Used,
    Held,
}

impl Explained {
    fn part(&mut self, part: Part) -> &mut FigureEntries {
        match part {
            Part::Monthly => &mut self.monthly,
            Part::Extra => &mut self.extra,
            Part::Carried => &mut self.carried,
            Part::Used => &mut self.used,
            Part::Held => &mut self.held,
        }
    }
}

/// Explains a member's row.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`].
pub async fn explain_member(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    person: PersonId,
) -> Result<Explained> {
    let organisation = caller.actor.organisation;
    let mut holders = app.store.holders(organisation, &[person]).await?;
    let holder = holders.remove(&person).ok_or(Error::NotFound)?;
    Permit::for_person(&caller.actor, Action::ExplainMember, &holder.facts, false)?;
    let cycle = app.current_cycle(organisation, credit_type).await?;
    let as_of = app.store.head(organisation).await?.seq;
    let loaded = app
        .store
        .member_rows(organisation, credit_type, &[person])
        .await?;
    let (credit_type, _, rows) = loaded.ok_or(Error::NotFound)?;
    let row = rows.into_iter().next().ok_or(Error::NotFound)?;
    let standing = if row.is_touched {
        Credits::ZERO
    } else {
        row.figures.monthly
    };
    let filter = EntryFilter {
        credit_type: Some(credit_type.terms.id),
        person: Some(person),
        cycle: Some(cycle.number),
        up_to: Some(as_of),
        ..EntryFilter::default()
    };
    let mut explained = Explained {
        holder,
        credit_type,
        cycle,
        row,
        standing,
        monthly: FigureEntries::default(),
        extra: FigureEntries::default(),
        carried: FigureEntries::default(),
        used: FigureEntries::default(),
        held: FigureEntries::default(),
        as_of,
    };
    let mut before = None;
    loop {
        let page = app
            .store
            .list_entries(organisation, EntryFilter { before, ..filter }, STEP)
            .await?;
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        let is_last = u64::try_from(page.len()).is_ok_and(|count| count < STEP);
        for line in entry_lines(app, organisation, page).await? {
            for (part, comes_in) in effects(&line.entry) {
                let behind = explained.part(part);
                let amount = line.entry.amount;
                let sum = if comes_in {
                    behind.sum.checked_add(amount)
                } else {
                    behind.sum.checked_sub(amount)
                };
                behind.sum =
                    sum.ok_or_else(|| Error::Internal("a sum of entries does not fit".to_owned()))?;
                if behind.entries.len() < MOST_ENTRIES {
                    behind.entries.push(line.clone());
                } else {
                    behind.more = behind.more.saturating_add(1);
                }
            }
        }
        if is_last {
            break;
        }
    }
    Ok(explained)
}
