//! What the accounts hold when entries are added up from nothing, and how far that was kept by an earlier proof.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Prover;
use crate::entities::{books_member_sum, books_sum, ledger_entry};
use crate::error::StoreError;

/// Sums by credit type and cycle.
pub(super) type ByCycle = BTreeMap<(Uuid, i64), Sums>;

/// Sums of one cycle by account. Amounts in wider arithmetic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) limit: i128,
    pub(super) unallocated: i128,
    pub(super) carried_in: i128,
    pub(super) groups: BTreeMap<Uuid, GroupSums>,
    /// Members' own credits by person and group, of the entries just read. What was kept of earlier ones is fetched in
    /// pages, because there may be millions.
    pub(super) members: BTreeMap<(Uuid, Uuid), i128>,
}

/// What belongs to a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct GroupSums {
    /// Undistributed.
    pub(super) own: i128,
    pub(super) reserve: i128,
    /// Its people's holds.
    pub(super) held: i128,
    /// What its people consumed.
    pub(super) spent: i128,
}

impl Sums {
    /// Adds what another stretch of the same cycle holds, or what was kept of the same cycle.
    pub(super) fn join(&mut self, other: &Self) {
        let Self {
            limit,
            unallocated,
            carried_in,
            groups,
            members,
        } = other;
        self.limit += limit;
        self.unallocated += unallocated;
        self.carried_in += carried_in;
        for (group, sums) in groups {
            let GroupSums {
                own,
                reserve,
                held,
                spent,
            } = sums;
            let into = self.groups.entry(*group).or_default();
            into.own += own;
            into.reserve += reserve;
            into.held += held;
            into.spent += spent;
        }
        for (member, own) in members {
            *self.members.entry(*member).or_default() += own;
        }
    }

    /// Adds an entry of this cycle.
    pub(super) fn add(&mut self, entry: &ledger_entry::Model) {
        let amount = i128::from(entry.amount);
        // Carried credits that come in raise the cycle's Carried, those that lapse lower it; undoing a reset runs both
        // backwards. What is carried out at a cycle's end leaves its figure as it was.
        match (
            entry.kind.as_str(),
            entry.from_kind.as_str(),
            entry.to_kind.as_str(),
        ) {
            ("carry_in", "carried", _) | (_, "lapsed", _) => self.carried_in += amount,
            ("carry_in", _, "carried") | (_, _, "lapsed") => self.carried_in -= amount,
            _ => {}
        }
        let sides = [
            (&entry.from_kind, entry.from_group, -amount),
            (&entry.to_kind, entry.to_group, amount),
        ];
        for (kind, group, by) in sides {
            match (kind.as_str(), group, entry.person_id) {
                ("limit", _, _) => self.limit -= by,
                ("unallocated", _, _) => self.unallocated += by,
                ("group", Some(group), _) => self.groups.entry(group).or_default().own += by,
                ("reserve", Some(group), _) => self.groups.entry(group).or_default().reserve += by,
                ("held", Some(group), Some(_)) => self.groups.entry(group).or_default().held += by,
                ("spent", Some(group), Some(_)) => self.groups.entry(group).or_default().spent += by,
                ("member", Some(group), Some(person)) => {
                    *self.members.entry((person, group)).or_default() += by;
                }
                _ => {}
            }
        }
    }

    /// The rows that keep it, but for the members'.
    pub(super) fn accounts(&self) -> Vec<(&'static str, Uuid, i128)> {
        let mut accounts = vec![
            ("limit", Uuid::nil(), self.limit),
            ("unallocated", Uuid::nil(), self.unallocated),
            ("carried", Uuid::nil(), self.carried_in),
        ];
        for (group, sums) in &self.groups {
            let GroupSums {
                own,
                reserve,
                held,
                spent,
            } = *sums;
            accounts.extend([
                ("group", *group, own),
                ("reserve", *group, reserve),
                ("held", *group, held),
                ("spent", *group, spent),
            ]);
        }
        accounts.retain(|(_, _, amount)| *amount != 0);
        accounts
    }

    /// Adds a row that was kept.
    fn restore(&mut self, row: &books_sum::Model) -> Result<(), StoreError> {
        let amount = i128::from(row.amount);
        let slot = match row.account.as_str() {
            "limit" => &mut self.limit,
            "unallocated" => &mut self.unallocated,
            "carried" => &mut self.carried_in,
            of_group => {
                let sums = self.groups.entry(row.group_id).or_default();
                match of_group {
                    "group" => &mut sums.own,
                    "reserve" => &mut sums.reserve,
                    "held" => &mut sums.held,
                    "spent" => &mut sums.spent,
                    _ => return Err(StoreError::Corrupt("books_sum")),
                }
            }
        };
        *slot += amount;
        Ok(())
    }
}

impl Prover {
    /// Joins what an earlier proof kept to what was just read.
    pub(super) async fn join_kept(&self, sums: &mut ByCycle) -> Result<(), StoreError> {
        let rows = books_sum::Entity::find()
            .filter(books_sum::Column::OrganisationId.eq(self.organisation.uuid()))
            .all(&self.tx)
            .await?;
        for row in rows {
            let of_cycle = sums.entry((row.credit_type_id, row.cycle_number)).or_default();
            of_cycle.restore(&row)?;
        }
        Ok(())
    }

    /// What the members between two ids hold in these cycles, by person and group: what was kept and what was just read.
    pub(super) async fn members_between(
        &self,
        (credit_type, cycles): (Uuid, &[i64]),
        read: &BTreeMap<(Uuid, Uuid), i128>,
        (after, end): (Uuid, Uuid),
    ) -> Result<BTreeMap<(Uuid, Uuid), i128>, StoreError> {
        let range = (after, Uuid::max())..=(end, Uuid::max());
        let mut own: BTreeMap<(Uuid, Uuid), i128> = read
            .range(range)
            .filter(|((person, _), _)| *person > after)
            .map(|(member, amount)| (*member, *amount))
            .collect();
        if !self.has_kept {
            return Ok(own);
        }
        for cycle in cycles {
            let rows = books_member_sum::Entity::find()
                .filter(books_member_sum::Column::OrganisationId.eq(self.organisation.uuid()))
                .filter(books_member_sum::Column::CreditTypeId.eq(credit_type))
                .filter(books_member_sum::Column::CycleNumber.eq(*cycle))
                .filter(books_member_sum::Column::PersonId.gt(after))
                .filter(books_member_sum::Column::PersonId.lte(end))
                .all(&self.tx)
                .await?;
            for row in rows {
                *own.entry((row.person_id, row.group_id)).or_default() += i128::from(row.amount);
            }
        }
        Ok(own)
    }
}
