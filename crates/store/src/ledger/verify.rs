//! Proving the books: entries against the chain, balances against entries, parts against the whole. It reads with its
//! own statements and adds up by itself; it shares no SQL with posting.

use std::collections::BTreeMap;

use allowance_values::{Credits, OrganisationId};
use sea_orm::{
    AccessMode, ColumnTrait, DatabaseTransaction, EntityTrait, IsolationLevel, QueryFilter, QueryOrder,
    QuerySelect, TransactionTrait,
};
use uuid::Uuid;

use super::chain;
use crate::connect::Store;
use crate::entities::{
    credit_type, cycle, group_cycle, group_standing, ledger_batch, ledger_entry, ledger_head, member_cycle,
    member_standing, person,
};
use crate::error::StoreError;

/// Something that is wrong, in words, naming the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding(pub String);

/// What a proof found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Position up to which the ledger was read.
    pub seq: i64,
    /// The chain's last link.
    pub head: Vec<u8>,
    /// How many entries were read.
    pub entries: u64,
    /// What is wrong; nothing when the books are proven.
    pub findings: Vec<Finding>,
}

const PAGE: u64 = 5_000;
const MOST_FINDINGS: usize = 100;

/// Sums of one cycle by account. Amounts in wider arithmetic.
#[derive(Default)]
struct Sums {
    limit: i128,
    unallocated: i128,
    /// By group: undistributed, reserve.
    groups: BTreeMap<Uuid, (i128, i128)>,
    /// By person and group: own, held, spent.
    members: BTreeMap<(Uuid, Uuid), (i128, i128, i128)>,
    carried_in: i128,
}

/// Everything is read from one snapshot, so that nothing moves under the proof.
struct Prover {
    tx: DatabaseTransaction,
    organisation: OrganisationId,
    findings: Vec<Finding>,
}

impl Store {
    /// Proves an organisation's books from the first entry.
    ///
    /// # Errors
    /// The store's own error. What is wrong with the books is no error but a finding.
    pub async fn verify(&self, organisation: OrganisationId) -> Result<Proof, StoreError> {
        let tx = self
            .read()
            .begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
            .await?;
        let mut prover = Prover {
            tx,
            organisation,
            findings: Vec::new(),
        };
        let head = ledger_head::Entity::find_by_id(organisation.uuid())
            .one(&prover.tx)
            .await?
            .ok_or(StoreError::Corrupt("ledger_head"))?;
        let (entries, sums) = prover.read_chain(&head).await?;
        prover.compare(&sums).await?;
        let Prover { tx, findings, .. } = prover;
        tx.rollback().await?;
        Ok(Proof {
            seq: head.seq,
            head: head.hash,
            entries,
            findings,
        })
    }

    /// All organisations, oldest first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_organisations(&self) -> Result<Vec<(OrganisationId, String)>, StoreError> {
        use crate::entities::organisation;
        let rows = organisation::Entity::find()
            .order_by_asc(organisation::Column::CreatedAt)
            .all(self.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (OrganisationId::new(row.id), row.name))
            .collect())
    }
}

impl Prover {
    fn find(&mut self, text: String) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding(text));
        }
    }

    fn compare_amount(&mut self, what: impl Fn() -> String, stored: i64, proven: i128) {
        if i128::from(stored) != proven {
            let shown = i64::try_from(proven)
                .map_or_else(|_| proven.to_string(), |p| Credits::from_micros(p).to_string());
            self.find(format!(
                "{}: stored {}, entries say {shown}",
                what(),
                Credits::from_micros(stored)
            ));
        }
    }

    /// Reads batch by batch, checks positions, order of time and every link, and adds up the accounts.
    async fn read_chain(
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

    async fn compare(&mut self, sums: &BTreeMap<(Uuid, i64), Sums>) -> Result<(), StoreError> {
        let organisation = self.organisation.uuid();
        let types = credit_type::Entity::find()
            .filter(credit_type::Column::OrganisationId.eq(organisation))
            .all(&self.tx)
            .await?;
        let nothing = Sums::default();
        for credit_type in types {
            let cycles = cycle::Entity::find()
                .filter(cycle::Column::OrganisationId.eq(organisation))
                .filter(cycle::Column::CreditTypeId.eq(credit_type.id))
                .filter(cycle::Column::Number.gt(0))
                .order_by_asc(cycle::Column::Number)
                .all(&self.tx)
                .await?;
            for row in &cycles {
                let proven = sums.get(&(credit_type.id, row.number)).unwrap_or(&nothing);
                let name = format!("{}, cycle {}", credit_type.name, row.number);
                self.compare_cycle(&name, row, proven);
                if row.is_open {
                    self.compare_members(&name, row, proven).await?;
                }
            }
        }
        Ok(())
    }

    fn compare_cycle(&mut self, name: &str, row: &cycle::Model, proven: &Sums) {
        let used: i128 = proven.members.values().map(|(_, _, spent)| spent).sum();
        let held: i128 = proven.members.values().map(|(_, held, _)| held).sum();
        self.compare_amount(|| format!("{name}: limit"), row.limit_micros, proven.limit);
        self.compare_amount(|| format!("{name}: used"), row.used, used);
        if row.is_open {
            self.compare_amount(|| format!("{name}: held"), row.held, held);
            self.compare_amount(|| format!("{name}: carried"), row.carried, proven.carried_in);
            let allocated = proven.limit.saturating_sub(proven.unallocated);
            self.compare_amount(
                || format!("{name}: allocated to groups"),
                row.allocated,
                allocated,
            );
        }
    }

    /// The open cycle: groups and members against entries and standing Monthly, and the parts against the whole.
    async fn compare_members(
        &mut self,
        name: &str,
        row: &cycle::Model,
        proven: &Sums,
    ) -> Result<(), StoreError> {
        let organisation = self.organisation.uuid();
        // Standing Monthly that no entry of this cycle has written yet, by group.
        let mut unwritten: BTreeMap<Uuid, i128> = BTreeMap::new();
        let mut standing_sum: BTreeMap<Uuid, i128> = BTreeMap::new();
        let mut uncovered: BTreeMap<Uuid, i128> = BTreeMap::new();
        let mut used: BTreeMap<Uuid, i128> = BTreeMap::new();
        let mut held: BTreeMap<Uuid, i128> = BTreeMap::new();
        let mut remainder = 0_i128;
        let mut last = Uuid::nil();
        loop {
            let people: Vec<(Uuid, Uuid)> = person::Entity::find()
                .select_only()
                .column(person::Column::Id)
                .column(person::Column::GroupId)
                .filter(person::Column::OrganisationId.eq(organisation))
                .filter(person::Column::Id.gt(last))
                .order_by_asc(person::Column::Id)
                .limit(PAGE)
                .into_tuple()
                .all(&self.tx)
                .await?;
            let Some((end, _)) = people.last() else { break };
            let rows = member_cycle::Entity::find()
                .filter(member_cycle::Column::OrganisationId.eq(organisation))
                .filter(member_cycle::Column::CreditTypeId.eq(row.credit_type_id))
                .filter(member_cycle::Column::CycleNumber.eq(row.number))
                .filter(member_cycle::Column::PersonId.gt(last))
                .filter(member_cycle::Column::PersonId.lte(*end))
                .all(&self.tx)
                .await?;
            let rows: BTreeMap<Uuid, member_cycle::Model> =
                rows.into_iter().map(|row| (row.person_id, row)).collect();
            let standing = member_standing::Entity::find()
                .filter(member_standing::Column::OrganisationId.eq(organisation))
                .filter(member_standing::Column::CreditTypeId.eq(row.credit_type_id))
                .filter(member_standing::Column::PersonId.gt(last))
                .filter(member_standing::Column::PersonId.lte(*end))
                .all(&self.tx)
                .await?;
            let standing: BTreeMap<Uuid, i64> = standing
                .into_iter()
                .map(|row| (row.person_id, row.monthly))
                .collect();
            for (person, group) in &people {
                let monthly = i128::from(standing.get(person).copied().unwrap_or(0));
                *standing_sum.entry(*group).or_default() += monthly;
                let Some(stored) = rows.get(person) else {
                    *unwritten.entry(*group).or_default() += monthly;
                    remainder += monthly;
                    continue;
                };
                let left = i128::from(stored.monthly) + i128::from(stored.extra) + i128::from(stored.carried)
                    - i128::from(stored.used)
                    - i128::from(stored.held);
                remainder += left.max(0);
                *uncovered.entry(*group).or_default() += (-left).max(0);
                if stored.group_id != *group {
                    self.find(format!(
                        "{name}: member {person} stands under another group than the person"
                    ));
                }
                let (own, _, _) = proven
                    .members
                    .get(&(*person, *group))
                    .copied()
                    .unwrap_or_default();
                if own != left {
                    self.find(format!(
                        "{name}: remaining of member {person} is {left}, entries say {own} (micro-credits)"
                    ));
                }
            }
            last = *end;
        }
        for ((person, group), (own, held_by, spent)) in &proven.members {
            *used.entry(*group).or_default() += spent;
            *held.entry(*group).or_default() += held_by;
            let stands_here = *own == 0 || {
                let current = person::Entity::find_by_id((organisation, *person))
                    .one(&self.tx)
                    .await?;
                current.is_some_and(|current| current.group_id == *group)
            };
            if !stands_here {
                self.find(format!(
                    "{name}: member {person} left {own} micro-credits behind in group {group}"
                ));
            }
        }
        let standing_rows = group_standing::Entity::find()
            .filter(group_standing::Column::OrganisationId.eq(organisation))
            .filter(group_standing::Column::CreditTypeId.eq(row.credit_type_id))
            .all(&self.tx)
            .await?;
        for standing in standing_rows {
            let sum = standing_sum.get(&standing.group_id).copied().unwrap_or(0);
            self.compare_amount(
                || format!("{name}: members' Monthly of group {}", standing.group_id),
                standing.members_monthly,
                sum,
            );
        }
        let groups = group_cycle::Entity::find()
            .filter(group_cycle::Column::OrganisationId.eq(organisation))
            .filter(group_cycle::Column::CreditTypeId.eq(row.credit_type_id))
            .filter(group_cycle::Column::CycleNumber.eq(row.number))
            .all(&self.tx)
            .await?;
        let mut available = 0_i128;
        let mut reserves = 0_i128;
        for group in groups {
            let id = group.group_id;
            let of = |map: &BTreeMap<Uuid, i128>| map.get(&id).copied().unwrap_or(0);
            let (undistributed, reserve) = proven.groups.get(&id).copied().unwrap_or_default();
            let reserve_left = (i128::from(group.reserve) - i128::from(group.reserve_given)).max(0);
            let stored = i128::from(group.monthly) + i128::from(group.extra) + i128::from(group.carried)
                - i128::from(group.distributed)
                - reserve_left;
            let own = undistributed - of(&unwritten);
            if stored != own {
                self.find(format!(
                    "{name}: group {id} has {stored} to give, entries say {own} (micro-credits)"
                ));
            }
            if reserve_left != reserve {
                self.find(format!(
                    "{name}: reserve of group {id} is {reserve_left}, entries say {reserve}"
                ));
            }
            self.compare_amount(
                || format!("{name}: uncovered of group {id}"),
                group.uncovered,
                of(&uncovered),
            );
            self.compare_amount(|| format!("{name}: used of group {id}"), group.used, of(&used));
            self.compare_amount(|| format!("{name}: held of group {id}"), group.held, of(&held));
            available += stored - i128::from(group.uncovered);
            reserves += reserve_left;
        }
        // The identity: Credits balance = Unallocated + Σ Available + Σ reserve left + Σ positive remainder of members.
        let balance = i128::from(row.limit_micros) + i128::from(row.carried)
            - i128::from(row.used)
            - i128::from(row.held);
        let parts = proven.unallocated + available + reserves + remainder;
        if balance != parts {
            self.find(format!(
                "{name}: the balance is {balance}, its parts add up to {parts} (micro-credits)"
            ));
        }
        Ok(())
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
    // Carried credits that come in raise the cycle's Carried, those that lapse lower it.
    if entry.from_kind == "carried" {
        of_cycle.carried_in += amount;
    }
    if entry.to_kind == "lapsed" && entry.from_kind == "member" {
        of_cycle.carried_in -= amount;
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
