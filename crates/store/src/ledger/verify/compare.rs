//! Balances against the sums of entries, and the parts against the whole.

use std::borrow::Cow;
use std::collections::BTreeMap;

use allowance_values::GroupId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::sums::{ByCycle, Sums};
use super::{PAGE, Prover};
use crate::entities::{
    credit_hold, credit_type, cycle, group_cycle, group_standing, member_cycle, member_standing, person,
};
use crate::error::StoreError;

/// What members add up to, by group; amounts in wider arithmetic.
#[derive(Default)]
struct Parts {
    /// Standing Monthly.
    standing: BTreeMap<Uuid, i128>,
    /// Standing Monthly that no entry of this cycle has written yet.
    unwritten: BTreeMap<Uuid, i128>,
    uncovered: BTreeMap<Uuid, i128>,
    /// What of all members is above zero.
    remainder: i128,
}

impl Prover {
    pub(super) async fn compare(&mut self, sums: &ByCycle) -> Result<(), StoreError> {
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
            let is_pool = credit_type.distribution == "shared_pool";
            for row in &cycles {
                let own = sums.get(&(credit_type.id, row.number)).unwrap_or(&nothing);
                let name = format!("{}, cycle {}", credit_type.name, row.number);
                if row.stretch_of.is_some() {
                    // Figures stand with the cycle it is a stretch of.
                    for figure in [row.limit_micros, row.carried, row.used, row.held, row.allocated] {
                        self.compare_amount(|| format!("{name}, a stretch"), figure, 0);
                    }
                    continue;
                }
                // A cycle is the sum of its stretches.
                let mut proven = Cow::Borrowed(own);
                let mut numbers = vec![row.number];
                for stretch in cycles.iter().filter(|other| other.stretch_of == Some(row.number)) {
                    numbers.push(stretch.number);
                    proven
                        .to_mut()
                        .join(sums.get(&(credit_type.id, stretch.number)).unwrap_or(&nothing));
                }
                self.compare_cycle(&name, row, &proven);
                if row.is_open {
                    self.compare_open_cycle(&name, row, (&proven, &numbers), is_pool)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Cost tracking adds up the same use by its own roll-up.
    pub(super) async fn compare_costs(&mut self, sums: &ByCycle) -> Result<(), StoreError> {
        let mut tracked = crate::costs::credits_by_group(&self.tx, self.organisation).await?;
        let mut wrong = Vec::new();
        for ((credit_type, cycle), of_cycle) in sums {
            for (group, of_group) in &of_cycle.groups {
                let tracked = tracked.remove(&(*credit_type, *cycle, *group)).unwrap_or(0);
                if tracked != of_group.spent {
                    wrong.push((*cycle, *group, tracked, of_group.spent));
                }
            }
        }
        let alone = tracked.into_iter().filter(|(_, credits)| *credits != 0);
        wrong.extend(alone.map(|((_, cycle, group), credits)| (cycle, group, credits, 0)));
        for (cycle, group, tracked, spent) in wrong {
            let group = GroupId::new(group);
            self.find(format!(
                "costs, cycle {cycle}, {group}: tracked {tracked}, entries say {spent} (micro-credits)"
            ));
        }
        Ok(())
    }

    fn compare_cycle(&mut self, name: &str, row: &cycle::Model, proven: &Sums) {
        let used: i128 = proven.groups.values().map(|group| group.spent).sum();
        let held: i128 = proven.groups.values().map(|group| group.held).sum();
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
    async fn compare_open_cycle(
        &mut self,
        name: &str,
        row: &cycle::Model,
        (proven, numbers): (&Sums, &[i64]),
        is_pool: bool,
    ) -> Result<(), StoreError> {
        let parts = self
            .compare_members(name, row, (proven, numbers), is_pool)
            .await?;
        self.compare_standing(name, row, &parts).await?;
        let groups = self.compare_groups(name, row, proven, &parts).await?;
        // The identity: Credits balance = Unallocated + Σ Available + Σ reserve left + Σ positive remainder of members.
        let balance = i128::from(row.limit_micros) + i128::from(row.carried)
            - i128::from(row.used)
            - i128::from(row.held);
        let whole = proven.unallocated + groups + parts.remainder;
        if balance != whole {
            self.find(format!(
                "{name}: the balance is {balance}, its parts add up to {whole} (micro-credits)"
            ));
        }
        Ok(())
    }

    /// Goes through all people in pages and compares each one's rest with what their accounts hold.
    async fn compare_members(
        &mut self,
        name: &str,
        row: &cycle::Model,
        (proven, numbers): (&Sums, &[i64]),
        is_pool: bool,
    ) -> Result<Parts, StoreError> {
        let mut parts = Parts::default();
        let mut last = Uuid::nil();
        loop {
            let people = self.people_after(last).await?;
            let Some((end, _)) = people.last().copied() else {
                return Ok(parts);
            };
            let rows = self.member_rows_between(row, last, end).await?;
            let standing = self.standing_between(row, last, end).await?;
            let holds = self.holds_between(row, last, end).await?;
            let owned = self
                .members_between((row.credit_type_id, numbers), &proven.members, (last, end))
                .await?;
            for (person, group) in people {
                let monthly = i128::from(standing.get(&person).copied().unwrap_or(0));
                *parts.standing.entry(group).or_default() += monthly;
                for ((_, elsewhere), own) in owned.range((person, Uuid::nil())..=(person, Uuid::max())) {
                    if *elsewhere != group && *own != 0 {
                        self.find(format!(
                            "{name}: member {person} left {own} micro-credits behind in group {elsewhere}"
                        ));
                    }
                }
                let Some(stored) = rows.get(&person) else {
                    // In a shared pool Monthly is put aside: the cycle gives none.
                    if !is_pool {
                        *parts.unwritten.entry(group).or_default() += monthly;
                        parts.remainder += monthly;
                    }
                    continue;
                };
                let left = i128::from(stored.monthly) + i128::from(stored.extra) + i128::from(stored.carried)
                    - i128::from(stored.used)
                    - i128::from(stored.held);
                // Whoever stands in an earlier cycle holds what they held there.
                let held = holds.get(&person).copied().unwrap_or(0);
                if held != i128::from(stored.held) {
                    let stored = stored.held;
                    self.find(format!(
                        "{name}: member {person} holds {stored}, open holds add up to {held} (micro-credits)"
                    ));
                }
                parts.remainder += left.max(0);
                *parts.uncovered.entry(group).or_default() += (-left).max(0);
                if stored.group_id != group {
                    self.find(format!(
                        "{name}: member {person} stands under another group than the person"
                    ));
                }
                let own = owned.get(&(person, group)).copied().unwrap_or(0);
                if own != left {
                    self.find(format!(
                        "{name}: remaining of member {person} is {left}, entries say {own} (micro-credits)"
                    ));
                }
            }
            last = end;
        }
    }

    /// People with their groups, in the order of their ids.
    async fn people_after(&self, last: Uuid) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
        Ok(person::Entity::find()
            .select_only()
            .column(person::Column::Id)
            .column(person::Column::GroupId)
            .filter(person::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(person::Column::Id.gt(last))
            .order_by_asc(person::Column::Id)
            .limit(PAGE)
            .into_tuple()
            .all(&self.tx)
            .await?)
    }

    async fn member_rows_between(
        &self,
        row: &cycle::Model,
        after: Uuid,
        end: Uuid,
    ) -> Result<BTreeMap<Uuid, member_cycle::Model>, StoreError> {
        let rows = member_cycle::Entity::find()
            .filter(member_cycle::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(member_cycle::Column::CreditTypeId.eq(row.credit_type_id))
            .filter(member_cycle::Column::CycleNumber.eq(row.number))
            .filter(member_cycle::Column::PersonId.gt(after))
            .filter(member_cycle::Column::PersonId.lte(end))
            .all(&self.tx)
            .await?;
        Ok(rows.into_iter().map(|row| (row.person_id, row)).collect())
    }

    async fn standing_between(
        &self,
        row: &cycle::Model,
        after: Uuid,
        end: Uuid,
    ) -> Result<BTreeMap<Uuid, i64>, StoreError> {
        let rows = member_standing::Entity::find()
            .filter(member_standing::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(member_standing::Column::CreditTypeId.eq(row.credit_type_id))
            .filter(member_standing::Column::PersonId.gt(after))
            .filter(member_standing::Column::PersonId.lte(end))
            .all(&self.tx)
            .await?;
        Ok(rows.into_iter().map(|row| (row.person_id, row.monthly)).collect())
    }

    /// What of people's open holds counts as Held.
    async fn holds_between(
        &self,
        row: &cycle::Model,
        after: Uuid,
        end: Uuid,
    ) -> Result<BTreeMap<Uuid, i128>, StoreError> {
        let rows: Vec<(Uuid, i64)> = credit_hold::Entity::find()
            .select_only()
            .column(credit_hold::Column::PersonId)
            .column(credit_hold::Column::Held)
            .filter(credit_hold::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(credit_hold::Column::CreditTypeId.eq(row.credit_type_id))
            .filter(credit_hold::Column::State.eq("open"))
            .filter(credit_hold::Column::PersonId.gt(after))
            .filter(credit_hold::Column::PersonId.lte(end))
            .into_tuple()
            .all(&self.tx)
            .await?;
        let mut held = BTreeMap::new();
        for (person, amount) in rows {
            let sum: &mut i128 = held.entry(person).or_default();
            *sum = sum.saturating_add(i128::from(amount));
        }
        Ok(held)
    }

    async fn compare_standing(
        &mut self,
        name: &str,
        row: &cycle::Model,
        parts: &Parts,
    ) -> Result<(), StoreError> {
        let rows = group_standing::Entity::find()
            .filter(group_standing::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(group_standing::Column::CreditTypeId.eq(row.credit_type_id))
            .all(&self.tx)
            .await?;
        for standing in rows {
            let id = standing.group_id;
            let what = || format!("{name}: members' Monthly of group {id}");
            self.compare_amount(what, standing.members_monthly, of(&parts.standing, id));
        }
        Ok(())
    }

    /// Compares each group and answers the sum of what they have available and in reserve.
    async fn compare_groups(
        &mut self,
        name: &str,
        row: &cycle::Model,
        proven: &Sums,
        parts: &Parts,
    ) -> Result<i128, StoreError> {
        let groups = group_cycle::Entity::find()
            .filter(group_cycle::Column::OrganisationId.eq(self.organisation.uuid()))
            .filter(group_cycle::Column::CreditTypeId.eq(row.credit_type_id))
            .filter(group_cycle::Column::CycleNumber.eq(row.number))
            .all(&self.tx)
            .await?;
        let mut sum = 0_i128;
        for group in groups {
            let id = group.group_id;
            let sums = proven.groups.get(&id).copied().unwrap_or_default();
            let reserve = sums.reserve;
            let reserve_left = (i128::from(group.reserve) - i128::from(group.reserve_given)).max(0);
            let stored = i128::from(group.monthly) + i128::from(group.extra) + i128::from(group.carried)
                - i128::from(group.distributed)
                - reserve_left;
            let own = sums.own - of(&parts.unwritten, id);
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
            for (what, amount, proven) in [
                ("uncovered", group.uncovered, of(&parts.uncovered, id)),
                ("used", group.used, sums.spent),
                ("held", group.held, sums.held),
            ] {
                self.compare_amount(|| format!("{name}: {what} of group {id}"), amount, proven);
            }
            sum += stored - i128::from(group.uncovered) + reserve_left;
        }
        Ok(sum)
    }
}

fn of(by_group: &BTreeMap<Uuid, i128>, group: Uuid) -> i128 {
    by_group.get(&group).copied().unwrap_or(0)
}
