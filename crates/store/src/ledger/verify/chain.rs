//! The entries themselves: positions without gaps, time that never runs backwards, every link of the chain; and what the
//! accounts hold when they are added up from nothing.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{PAGE, Prover};
use crate::entities::{ledger_batch, ledger_entry, ledger_head};
use crate::error::StoreError;
use crate::ledger::chain;

/// Sums of one cycle by account. Amounts in wider arithmetic.
#[derive(Clone, Default)]
pub(super) struct Sums {
    pub(super) limit: i128,
    pub(super) unallocated: i128,
    /// By group: undistributed, reserve.
    pub(super) groups: BTreeMap<Uuid, (i128, i128)>,
    /// By person and group: own, held, spent.
    pub(super) members: BTreeMap<(Uuid, Uuid), (i128, i128, i128)>,
    pub(super) carried_in: i128,
}

impl Sums {
    /// Adds what another stretch of the same cycle holds.
    pub(super) fn join(&mut self, stretch: &Self) {
        self.limit += stretch.limit;
        self.unallocated += stretch.unallocated;
        self.carried_in += stretch.carried_in;
        for (group, (own, reserve)) in &stretch.groups {
            let sums = self.groups.entry(*group).or_default();
            *sums = (sums.0 + own, sums.1 + reserve);
        }
        for (member, (own, held, spent)) in &stretch.members {
            let sums = self.members.entry(*member).or_default();
            *sums = (sums.0 + own, sums.1 + held, sums.2 + spent);
        }
    }
}

impl Prover {
    /// Reads batch by batch, checks positions, order of time and every link, and adds up the accounts.
    pub(super) async fn read_chain(
        &mut self,
        head: &ledger_head::Model,
    ) -> Result<(u64, BTreeMap<(Uuid, i64), Sums>), StoreError> {
        let mut sums: BTreeMap<(Uuid, i64), Sums> = BTreeMap::new();
        let (mut link, mut seq, mut at, mut count) = (chain::genesis(), 0_i64, i64::MIN, 0_u64);
        let mut chain_is_whole = true;
        loop {
            let batches = ledger_batch::Entity::find()
                .filter(ledger_batch::Column::OrganisationId.eq(self.organisation.uuid()))
                .filter(ledger_batch::Column::LastSeq.gt(seq))
                .order_by_asc(ledger_batch::Column::LastSeq)
                .limit(PAGE / 50)
                .all(&self.tx)
                .await?;
            let Some(last) = batches.last() else { break };
            let entries = ledger_entry::Entity::find()
                .filter(ledger_entry::Column::OrganisationId.eq(self.organisation.uuid()))
                .filter(ledger_entry::Column::Seq.gt(seq))
                .filter(ledger_entry::Column::Seq.lte(last.last_seq))
                .order_by_asc(ledger_entry::Column::Seq)
                .all(&self.tx)
                .await?;
            let mut rest = entries.as_slice();
            for batch in &batches {
                let size = rest
                    .iter()
                    .take_while(|entry| entry.seq <= batch.last_seq)
                    .count();
                let (of_batch, later) = rest.split_at_checked(size).unwrap_or((rest, &[]));
                rest = later;
                for entry in of_batch {
                    if entry.seq != seq.saturating_add(1) {
                        self.find(format!(
                            "ledger entry {}: the one before it is missing",
                            entry.seq
                        ));
                    }
                    if entry.at < at {
                        self.find(format!("ledger entry {}: its time runs backwards", entry.seq));
                    }
                    if entry.amount <= 0 {
                        self.find(format!(
                            "ledger entry {}: its amount is not above zero",
                            entry.seq
                        ));
                    }
                    (seq, at) = (entry.seq, entry.at);
                    count = count.saturating_add(1);
                    add(&mut sums, entry);
                }
                if seq != batch.last_seq {
                    self.find(format!(
                        "ledger entries up to {}: some are missing",
                        batch.last_seq
                    ));
                    seq = batch.last_seq;
                }
                let proven = chain::link(&link, of_batch);
                if chain_is_whole && proven != batch.hash {
                    chain_is_whole = false;
                    self.find(format!(
                        "hash chain: the first broken link is the batch of entries {} to {}",
                        batch.first_seq, batch.last_seq
                    ));
                }
                link.clone_from(&batch.hash);
            }
        }
        if seq != head.seq {
            self.find(format!(
                "ledger head: stands at {}, the entries end at {seq}",
                head.seq
            ));
        }
        if link != head.hash {
            self.find("ledger head: its hash is not the chain's last link".to_owned());
        }
        Ok((count, sums))
    }
}

fn add(sums: &mut BTreeMap<(Uuid, i64), Sums>, entry: &ledger_entry::Model) {
    let of_cycle = sums
        .entry((entry.credit_type_id, entry.cycle_number))
        .or_default();
    let amount = i128::from(entry.amount);
    let sides = [
        (&entry.from_kind, entry.from_group, -amount),
        (&entry.to_kind, entry.to_group, amount),
    ];
    // Carried credits that come in raise the cycle's Carried, those that lapse lower it; undoing a reset runs both
    // backwards. What is carried out at a cycle's end leaves its figure as it was.
    match (
        entry.kind.as_str(),
        entry.from_kind.as_str(),
        entry.to_kind.as_str(),
    ) {
        ("carry_in", "carried", _) | (_, "lapsed", _) => of_cycle.carried_in += amount,
        ("carry_in", _, "carried") | (_, _, "lapsed") => of_cycle.carried_in -= amount,
        _ => {}
    }
    for (kind, group, by) in sides {
        match (kind.as_str(), group, entry.person_id) {
            ("limit", _, _) => of_cycle.limit -= by,
            ("unallocated", _, _) => of_cycle.unallocated += by,
            ("group", Some(group), _) => of_cycle.groups.entry(group).or_default().0 += by,
            ("reserve", Some(group), _) => of_cycle.groups.entry(group).or_default().1 += by,
            ("member", Some(group), Some(person)) => {
                of_cycle.members.entry((person, group)).or_default().0 += by
            }
            ("held", Some(group), Some(person)) => {
                of_cycle.members.entry((person, group)).or_default().1 += by
            }
            ("spent", Some(group), Some(person)) => {
                of_cycle.members.entry((person, group)).or_default().2 += by
            }
            _ => {}
        }
    }
}
