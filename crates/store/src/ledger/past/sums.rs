//! Entries added up by account, in the database: what the figures of a moment are made of.

use allowance_domain::allocations::{CycleFigures, MemberFigures};
use allowance_domain::credit_types::Distribution;
use allowance_domain::ledger::MemberStanding;
use allowance_values::{Credits, PersonId};
use sea_orm::{FromQueryResult, Statement};
use std::collections::HashMap;
use uuid::Uuid;

use super::Moment;
use crate::clause::Clause;
use crate::connect::Store;
use crate::error::StoreError;

/// Monthly, Extra, Carried, Used and Held of a member, as sums over the sides of entries.
pub(super) const MEMBER_SUMS: &str = "
    CAST(SUM(CASE WHEN account = 'member' AND kind IN ('standing', 'monthly') THEN amount ELSE 0 END) AS BIGINT) AS monthly,
    CAST(SUM(CASE WHEN account = 'member' AND kind IN ('grant', 'grant_taken_back', 'lapse')
        AND other IN ('group', 'reserve') THEN amount ELSE 0 END) AS BIGINT) AS extra,
    CAST(SUM(CASE WHEN account = 'member' AND other IN ('carried', 'lapsed') THEN amount ELSE 0 END) AS BIGINT) AS carried,
    CAST(SUM(CASE WHEN account = 'spent' THEN amount ELSE 0 END) AS BIGINT) AS used,
    CAST(SUM(CASE WHEN account = 'held' THEN amount ELSE 0 END) AS BIGINT) AS held";

/// Written later, about the cycle's beginning or about lots whose time had come.
const BELATED: &str = "
    (subject_id IS NULL AND ((kind = 'standing' AND to_kind = 'member')
        OR (kind = 'carry_in' AND from_kind = 'carried' AND to_kind = 'member')
        OR (kind = 'hold' AND to_kind = 'held')))
    OR (kind = 'lapse' AND EXISTS (SELECT 1 FROM lot l WHERE l.organisation_id = ledger_entry.organisation_id
        AND l.id = ledger_entry.subject_id AND l.expires_at <= ";

/// The entries that count at a moment.
pub(super) fn entries_of(moment: &Moment) -> Clause {
    let mut clause = Clause::new(
        "organisation_id = $1 AND credit_type_id = $2",
        vec![
            moment.organisation.uuid().into(),
            moment.credit_type.terms.id.uuid().into(),
        ],
    );
    let after = clause.bind(moment.after);
    clause.and(&format!("seq > {after}"));
    let numbers: Vec<String> = moment.numbers.iter().map(|number| clause.bind(*number)).collect();
    clause.and(&format!("cycle_number IN ({})", numbers.join(", ")));
    clause
}

/// Narrows entries to those written by then; with `belated`, those written later about that moment count too.
pub(super) fn written_by(clause: &mut Clause, moment: &Moment, belated: bool) {
    let position = clause.bind(moment.position);
    if belated {
        let at = clause.bind(moment.at.micros());
        clause.and(&format!("(seq <= {position} OR {BELATED}{at})))"));
    } else {
        clause.and(&format!("seq <= {position}"));
    }
}

/// Both sides of each entry: what an account gained, or lost.
pub(super) fn sides(entries: &str) -> String {
    format!(
        "SELECT seq, kind, to_kind AS account, to_group AS group_id, from_kind AS other, person_id, amount
         FROM ledger_entry WHERE {entries}
         UNION ALL
         SELECT seq, kind, from_kind AS account, from_group AS group_id, to_kind AS other, person_id, -amount AS amount
         FROM ledger_entry WHERE {entries}"
    )
}

#[derive(FromQueryResult)]
struct CycleSums {
    from_limit: Option<i64>,
    unallocated: Option<i64>,
    carried: Option<i64>,
    used: Option<i64>,
    held: Option<i64>,
}

/// What entries say of a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct MemberSums {
    figures: MemberFigures,
    /// Whether any of them was written by the moment.
    is_timely: bool,
}

impl MemberSums {
    /// The member's figures. Whom the cycle touched only later had what their standing order gave at the moment: their
    /// entry says what it gave when it was written, and credits may have reached members in another way by then.
    pub(super) fn figures(&self, standing: MemberStanding, distribution: Distribution) -> MemberFigures {
        if self.is_timely {
            return self.figures;
        }
        MemberFigures {
            monthly: standing.monthly_in(distribution),
            ..self.figures
        }
    }
}

#[derive(FromQueryResult)]
struct MemberRow {
    person_id: Uuid,
    first_seq: i64,
    monthly: i64,
    extra: i64,
    carried: i64,
    used: i64,
    held: i64,
}

impl Store {
    pub(super) async fn cycle_figures_at(&self, moment: &Moment) -> Result<CycleFigures, StoreError> {
        const BROKEN: StoreError = StoreError::Corrupt("ledger_entry");
        let mut clause = entries_of(moment);
        written_by(&mut clause, moment, false);
        let Clause { text, values } = clause;
        let of = |accounts: &str| {
            format!("CAST(SUM(CASE WHEN account IN ({accounts}) THEN amount ELSE 0 END) AS BIGINT)")
        };
        let sql = format!(
            "SELECT {} AS from_limit, {} AS unallocated, {} AS carried, {} AS used, {} AS held FROM ({}) AS side",
            of("'limit'"),
            of("'unallocated'"),
            of("'carried', 'lapsed'"),
            of("'spent'"),
            of("'held'"),
            sides(&text)
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let row = CycleSums::find_by_statement(statement)
            .one(self.read())
            .await?
            .ok_or(BROKEN)?;
        let credits = |sum: Option<i64>| Credits::from_micros(sum.unwrap_or(0));
        let limit = credits(row.from_limit).checked_neg().ok_or(BROKEN)?;
        Ok(CycleFigures {
            limit,
            carried: credits(row.carried).checked_neg().ok_or(BROKEN)?,
            used: credits(row.used),
            held: credits(row.held),
            allocated: limit.checked_sub(credits(row.unallocated)).ok_or(BROKEN)?,
        })
    }

    /// Figures of these people, as far as entries of the cycle mention them.
    pub(super) async fn member_sums_at(
        &self,
        moment: &Moment,
        people: &[PersonId],
    ) -> Result<HashMap<PersonId, MemberSums>, StoreError> {
        let mut clause = entries_of(moment);
        written_by(&mut clause, moment, true);
        let ids = clause.bind_all(people.iter().map(|person| person.uuid()));
        clause.and(&format!("person_id IN ({ids})"));
        self.member_sums(moment, clause).await
    }

    /// Figures of everybody whom entries written by the moment mention.
    pub(super) async fn all_member_sums_at(
        &self,
        moment: &Moment,
    ) -> Result<HashMap<PersonId, MemberFigures>, StoreError> {
        let mut clause = entries_of(moment);
        written_by(&mut clause, moment, false);
        clause.and("person_id IS NOT NULL");
        let sums = self.member_sums(moment, clause).await?;
        Ok(sums
            .into_iter()
            .map(|(person, sums)| (person, sums.figures))
            .collect())
    }

    async fn member_sums(
        &self,
        moment: &Moment,
        clause: Clause,
    ) -> Result<HashMap<PersonId, MemberSums>, StoreError> {
        let Clause { text, values } = clause;
        let sql = format!(
            "SELECT person_id, MIN(seq) AS first_seq, {MEMBER_SUMS} FROM ({}) AS side GROUP BY person_id",
            sides(&text)
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = MemberRow::find_by_statement(statement).all(self.read()).await?;
        let sums = |row: MemberRow| {
            let figures = MemberFigures {
                monthly: Credits::from_micros(row.monthly),
                extra: Credits::from_micros(row.extra),
                carried: Credits::from_micros(row.carried),
                used: Credits::from_micros(row.used),
                held: Credits::from_micros(row.held),
            };
            let is_timely = row.first_seq <= moment.position;
            (PersonId::new(row.person_id), MemberSums { figures, is_timely })
        };
        Ok(rows.into_iter().map(sums).collect())
    }
}
