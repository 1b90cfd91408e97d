//! Members at a moment.

use allowance_domain::ledger::{CycleState, GroupState, MemberStanding, MemberState, settle_member};
use allowance_values::{Credits, GroupId, PersonId};
use sea_orm::{FromQueryResult, Statement, Value};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

use super::Moment;
use super::groups::{HERE, STANDING};
use crate::clause::Clause;
use crate::connect::Store;
use crate::error::StoreError;
use crate::ledger::{GroupRow, Groups, MemberRow, load};

#[derive(FromQueryResult)]
struct HereRow {
    person_id: Uuid,
    group_id: Uuid,
}

#[derive(FromQueryResult)]
struct StandingRow {
    subject_id: Uuid,
    what: String,
    after_amount: Option<i64>,
}

impl Store {
    /// Who was in a group.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn members_at(
        &self,
        moment: &Moment,
        group: GroupId,
    ) -> Result<BTreeSet<PersonId>, StoreError> {
        let sql = format!(
            "SELECT person_id, group_id FROM ({}) AS here WHERE group_id = $3",
            HERE.replace("{at}", "$2")
        );
        let values: [Value; 3] = [
            moment.organisation.uuid().into(),
            moment.at.micros().into(),
            group.uuid().into(),
        ];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = HereRow::find_by_statement(statement).all(self.read()).await?;
        Ok(rows.into_iter().map(|row| PersonId::new(row.person_id)).collect())
    }

    /// Rows of these people as they were, in the order given; those who were not there yet are left out. `groups` are the
    /// rows of the same moment: a shared pool lends from them.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn member_rows_at(
        &self,
        moment: &Moment,
        groups: &[GroupRow],
        people: &[PersonId],
    ) -> Result<Vec<MemberRow>, StoreError> {
        const BROKEN: StoreError = StoreError::Corrupt("member_cycle");
        let organisation = moment.organisation;
        let terms = &moment.credit_type.terms;
        let here = self.groups_of_at(moment, people).await?;
        let standing = self.standing_at(moment, people).await?;
        let sums = self.member_sums_at(moment, people).await?;
        let loaded = load(self.read(), organisation, terms.id, people, Groups::Named(&[])).await?;
        let mut book = loaded.ok_or(BROKEN)?.book;
        // Whom nobody has brought forward since is brought forward into the cycle of then.
        book.terms = terms.clone();
        book.cycle = CycleState {
            number: moment.cycle.number,
            starts_at: moment.cycle.starts_at,
            ends_at: moment.cycle.ends_at,
            figures: moment.figures,
        };
        book.closed.retain(|closed| closed.number < moment.cycle.number);
        if let Some(before) = moment.before {
            let untouched = people.iter().filter(|person| !sums.contains_key(person));
            let untouched: Vec<_> = untouched
                .filter_map(|person| {
                    let group = here.get(person).copied()?;
                    Some((*person, group, standing.get(person).copied().unwrap_or_default()))
                })
                .collect();
            self.stand_before(moment, before, &mut book, &untouched).await?;
        }
        for person in people {
            let number = book.cycle.number;
            let Some(group) = here.get(person).copied() else {
                book.members.remove(person);
                continue;
            };
            let Some(member) = book.members.get_mut(person) else {
                continue;
            };
            let standing = standing.get(person).copied().unwrap_or_default();
            let stands_behind = book.closed.iter().any(|closed| closed.number == member.stands_in);
            if stands_behind && !sums.contains_key(person) {
                settle_member(&mut book, *person, moment.at).map_err(|_| BROKEN)?;
                continue;
            }
            let mut then = MemberState::untouched(group, standing, terms.distribution, number);
            if let Some(sums) = sums.get(person) {
                then.is_touched = true;
                then.figures = sums.figures(standing, terms.distribution);
            }
            *member = then;
        }
        for row in groups {
            let state = GroupState {
                standing: row.standing,
                figures: row.figures,
            };
            book.groups.insert(row.id, state);
        }
        let known = people.iter().filter(|person| book.members.contains_key(person));
        known.map(|person| MemberRow::of(&book, *person)).collect()
    }

    async fn groups_of_at(
        &self,
        moment: &Moment,
        people: &[PersonId],
    ) -> Result<HashMap<PersonId, GroupId>, StoreError> {
        let values = vec![moment.organisation.uuid().into(), moment.at.micros().into()];
        let mut clause = Clause::new(&HERE.replace("{at}", "$2"), values);
        let ids = clause.bind_all(people.iter().map(|person| person.uuid()));
        clause.and(&format!("mc.person_id IN ({ids})"));
        let Clause { text, values } = clause;
        let statement = Statement::from_sql_and_values(self.backend(), text, values);
        let rows = HereRow::find_by_statement(statement).all(self.read()).await?;
        let pair = |row: HereRow| (PersonId::new(row.person_id), GroupId::new(row.group_id));
        Ok(rows.into_iter().map(pair).collect())
    }

    pub(super) async fn standing_at(
        &self,
        moment: &Moment,
        people: &[PersonId],
    ) -> Result<HashMap<PersonId, MemberStanding>, StoreError> {
        let values = vec![
            moment.organisation.uuid().into(),
            moment.credit_type.terms.id.uuid().into(),
            moment.at.micros().into(),
        ];
        let mut clause = Clause::new(&STANDING.replace("{at}", "$3"), values);
        let ids = clause.bind_all(people.iter().map(|person| person.uuid()));
        clause.and(&format!("sc.subject_id IN ({ids})"));
        let Clause { text, values } = clause;
        let statement = Statement::from_sql_and_values(self.backend(), text, values);
        let mut standing: HashMap<PersonId, MemberStanding> = HashMap::new();
        for row in StandingRow::find_by_statement(statement).all(self.read()).await? {
            let order = standing.entry(PersonId::new(row.subject_id)).or_default();
            let amount = row.after_amount.map(Credits::from_micros);
            match row.what.as_str() {
                "monthly" => order.monthly = amount.unwrap_or_default(),
                "cap" => order.cap = amount,
                _ => {}
            }
        }
        Ok(standing)
    }
}
