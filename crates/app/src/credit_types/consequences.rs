//! What a change of settings, a reset or its undo does to everybody: read off the state before and the state after, in the
//! transaction that changes it.

use std::collections::BTreeMap;

use allowance_domain::allocations::{CycleFigures, OutOfRange, Refusal};
use allowance_domain::credit_types::Distribution;
use allowance_domain::cycles::per_30_days;
use allowance_store::{CycleRow, GroupRow, MemberOverage, Tx};
use allowance_values::{CreditTypeId, Credits, GroupId, PersonId, Timestamp};

use super::{CreditType, load};
use crate::error::{Error, Result};

/// So many are named; of the others it is said how many there are.
const MOST_NAMED: usize = 50;

/// Who is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverWho {
    /// Groups hold more than the limit.
    Organisation,
    /// A group gave more than it has.
    Group(GroupId, String),
    /// A member used and holds more than they have.
    Member(PersonId, String),
}

/// Somebody or something that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// Who.
    pub who: OverWho,
    /// By how much.
    pub over_by: Credits,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequences {
    /// The open cycle before.
    pub cycle_before: CycleRow,
    /// And after.
    pub cycle_after: CycleRow,
    /// The limit per 30 days before.
    pub per_30_days_before: Credits,
    /// And after.
    pub per_30_days_after: Credits,
    /// The organisation's figures before.
    pub figures_before: CycleFigures,
    /// And after.
    pub figures_after: CycleFigures,
    /// What is unspent and ends with the change.
    pub lapses: Credits,
    /// What crosses into the cycle the change opens.
    pub carries: Credits,
    /// Who is over afterwards and was not, or by more: the organisation, groups, members; the first of them.
    pub over: Vec<Over>,
    /// How many more there are.
    pub more_over: u64,
    /// Where groups hold more than the limit afterwards: what each holds, the largest first; the first of them.
    pub holding: Vec<(GroupId, String, Credits)>,
    /// Until when the change can be undone.
    pub undo_until: Option<Timestamp>,
}

/// A changed credit type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it is, or would be.
    pub credit_type: CreditType,
    /// What it does.
    pub consequences: Consequences,
    /// Whether nothing was written.
    pub is_dry_run: bool,
}

impl Changed {
    /// The ETag of the settings.
    #[must_use]
    pub fn etag(&self) -> String {
        self.credit_type.etag()
    }
}

/// A credit type at a moment, as far as a change can concern everybody.
pub(super) struct Moment {
    pub(super) credit_type: CreditType,
    figures: CycleFigures,
    groups: Vec<GroupRow>,
}

/// Members' overage before and after a change. In a shared pool what goes beyond one's own is the pool's use, and nobody
/// is over.
pub(super) fn overages(
    members: Vec<MemberOverage>,
    before: Distribution,
    after: Distribution,
) -> Vec<MemberOverage> {
    let counted = |distribution, amount| match distribution {
        Distribution::Individual => amount,
        Distribution::SharedPool => Credits::ZERO,
    };
    let overage = |member: MemberOverage| MemberOverage {
        person: member.person,
        before: counted(before, member.before),
        after: counted(after, member.after),
    };
    members.into_iter().map(overage).collect()
}

fn fit<T>(value: Option<T>) -> Result<T> {
    value.ok_or(Error::Refused(Refusal::AmountOutOfRange))
}

fn below_zero(amount: Credits) -> Result<Credits> {
    Ok(fit(amount.checked_neg())?.positive_part())
}

impl Moment {
    pub(super) async fn of(tx: &Tx, id: CreditTypeId) -> Result<Self> {
        let credit_type = load(tx, id).await?;
        let open = tx.open_book(id, &[], &[]).await?.ok_or(Error::NotFound)?;
        let groups = tx.all_group_rows(id, open.book.cycle.number).await?;
        Ok(Self {
            credit_type,
            figures: open.book.cycle.figures,
            groups,
        })
    }

    fn available(&self) -> Result<BTreeMap<GroupId, Credits>> {
        let available = |group: &GroupRow| Ok((group.id, group.figures.available()?));
        let all: std::result::Result<_, OutOfRange> = self.groups.iter().map(available).collect();
        all.map_err(|error| Error::Refused(error.into()))
    }

    /// Everything unspent: Unallocated, what groups have and have set aside, what members have left.
    fn unspent(&self) -> Result<Credits> {
        let out_of_range = |error: OutOfRange| Error::Refused(error.into());
        let unallocated = self.figures.unallocated().map_err(out_of_range)?;
        let mut members = fit(self
            .figures
            .balance()
            .map_err(out_of_range)?
            .checked_sub(unallocated))?;
        let mut unspent = unallocated.positive_part();
        for group in &self.groups {
            let available = group.figures.available().map_err(out_of_range)?;
            let reserve = group.figures.reserve_left().map_err(out_of_range)?;
            members = fit(members
                .checked_sub(available)
                .and_then(|rest| rest.checked_sub(reserve)))?;
            let of_group = available.positive_part().checked_add(reserve);
            unspent = fit(of_group.and_then(|amount| unspent.checked_add(amount)))?;
        }
        fit(unspent.checked_add(members.positive_part()))
    }

    /// The groups behind an overhang.
    fn holding(&self) -> Result<Vec<(GroupId, String, Credits)>> {
        let unallocated = self.figures.unallocated();
        if !unallocated
            .map_err(|error| Error::Refused(error.into()))?
            .is_negative()
        {
            return Ok(Vec::new());
        }
        let mut holding = Vec::new();
        for group in &self.groups {
            let held = fit(group.figures.monthly.checked_add(group.figures.extra))?;
            if held.is_positive() {
                holding.push((group.id, group.name.clone(), held));
            }
        }
        holding.sort_by_key(|(_, _, held)| std::cmp::Reverse(*held));
        holding.truncate(MOST_NAMED);
        Ok(holding)
    }

    /// What a change did that led from here to `after`. `members` are those whose overage it may have changed,
    /// `carries` what they take into the cycle it opened.
    pub(super) async fn changed_into(
        self,
        tx: &Tx,
        after: Self,
        members: Vec<MemberOverage>,
        carries: Credits,
        is_dry_run: bool,
    ) -> Result<Changed> {
        let (cycle_before, cycle_after) = (self.credit_type.cycle.clone(), after.credit_type.cycle.clone());
        let opens = cycle_after.number > cycle_before.number;
        let carries = fit(if opens {
            carries.checked_add(after.figures.carried)
        } else {
            Some(Credits::ZERO)
        })?;
        let lapses = if opens {
            fit(self.unspent()?.checked_sub(carries))?.positive_part()
        } else {
            Credits::ZERO
        };
        let (over, more_over) = self.over_after(tx, &after, members).await?;
        let per_30_days = |moment: &Self| {
            let row = &moment.credit_type.row;
            fit(per_30_days(row.terms.limit, row.cadence, row.terms.decimals))
        };
        let consequences = Consequences {
            per_30_days_before: per_30_days(&self)?,
            per_30_days_after: per_30_days(&after)?,
            figures_before: self.figures,
            figures_after: after.figures,
            lapses,
            carries,
            over,
            more_over,
            holding: after.holding()?,
            undo_until: cycle_after.undo_until.filter(|_| opens),
            cycle_before,
            cycle_after,
        };
        Ok(Changed {
            credit_type: after.credit_type,
            consequences,
            is_dry_run,
        })
    }

    async fn over_after(
        &self,
        tx: &Tx,
        after: &Self,
        members: Vec<MemberOverage>,
    ) -> Result<(Vec<Over>, u64)> {
        let mut over = Vec::new();
        let overhang = |moment: &Self| {
            let unallocated = moment.figures.unallocated();
            below_zero(unallocated.map_err(|error| Error::Refused(error.into()))?)
        };
        let over_by = overhang(after)?;
        if over_by > overhang(self)? {
            over.push(Over {
                who: OverWho::Organisation,
                over_by,
            });
        }
        let before = self.available()?;
        let available = after.available()?;
        for group in &after.groups {
            let now = below_zero(available.get(&group.id).copied().unwrap_or_default())?;
            if now > below_zero(before.get(&group.id).copied().unwrap_or_default())? {
                over.push(Over {
                    who: OverWho::Group(group.id, group.name.clone()),
                    over_by: now,
                });
            }
        }
        let members: Vec<_> = members.into_iter().filter(|m| m.after > m.before).collect();
        let named: Vec<PersonId> = members.iter().take(MOST_NAMED).map(|m| m.person).collect();
        let holders = tx.holders(&named).await?;
        let count = over.len().saturating_add(members.len());
        over.extend(members.iter().take(MOST_NAMED).map(|member| {
            Over {
                who: OverWho::Member(
                    member.person,
                    holders
                        .get(&member.person)
                        .map(|holder| holder.display_name.clone())
                        .unwrap_or_default(),
                ),
                over_by: member.after,
            }
        }));
        over.truncate(MOST_NAMED);
        let more = u64::try_from(count.saturating_sub(over.len())).unwrap_or(u64::MAX);
        Ok((over, more))
    }
}
