//! Balances built again from what never changes. The ledger, the histories of standing orders, settings and membership,
//! and who and what there is are copied into an empty database; every balance is built there from nothing, and compared.
//!
//! The copy is a database of its own, so nothing that posting keeps can lend a figure to what is built.

use std::collections::BTreeMap;

use allowance_values::{CreditTypeId, Credits, CycleId, OrganisationId, PersonId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use uuid::Uuid;

use super::Moment;
use crate::connect::{ConnectError, Store, StoreOptions};
use crate::entities::{
    allocation_group, credit_type, credit_type_change, cycle, group_cycle, group_standing, ledger_batch,
    ledger_entry, member_cycle, member_standing, membership_change, organisation, person, standing_change,
};
use crate::error::StoreError;

/// Rows per statement: the widest row has 20 columns.
const ROWS: usize = 1_000;
/// So many differences are named.
const MOST_NAMED: usize = 100;

/// What building the balances again came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// How many entries they were built from.
    pub entries: u64,
    /// How many rows of balances were built.
    pub balances: u64,
    /// Where they differ from what is kept; the first of them.
    pub differences: Vec<String>,
}

/// Copies rows of a table, page by page in the order of its key.
macro_rules! copy {
    ($from:expr, $to:expr, $organisation:expr, $table:ident, $by:ident, [$($key:ident),*]) => {{
        let mut query = $table::Entity::find().filter($table::Column::$by.eq($organisation.uuid()));
        $(query = query.order_by_asc($table::Column::$key);)*
        let pages = query.paginate($from, u64::try_from(ROWS).unwrap_or(u64::MAX));
        let mut page = 0;
        loop {
            let rows = pages.fetch_page(page).await?;
            if rows.is_empty() {
                break;
            }
            $table::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
                .exec_without_returning($to)
                .await?;
            page += 1;
        }
    }};
}

/// The amounts of a table's rows by key; where all are zero there might as well be no row.
macro_rules! amounts {
    ($from:expr, $organisation:expr, $table:ident, [$($key:ident),*], [$($amount:ident),*]) => {{
        let rows = $table::Entity::find()
            .filter($table::Column::OrganisationId.eq($organisation.uuid()))
            .all($from)
            .await?;
        let mut amounts = BTreeMap::new();
        for row in rows {
            let values = vec![$((stringify!($amount), row.$amount)),*];
            if values.iter().any(|(_, amount)| *amount != 0) {
                amounts.insert(format!(concat!($(stringify!($key), " {} "),*), $(row.$key),*), values);
            }
        }
        amounts
    }};
}

type Amounts = BTreeMap<String, Vec<(&'static str, i64)>>;

impl Rebuilt {
    fn compare(&mut self, table: &str, kept: &Amounts, built: &Amounts) {
        self.balances = self
            .balances
            .saturating_add(u64::try_from(built.len()).unwrap_or(u64::MAX));
        let both = kept
            .keys()
            .chain(built.keys().filter(|key| !kept.contains_key(*key)));
        for key in both {
            let (was, is) = (kept.get(key), built.get(key));
            if was != is && self.differences.len() < MOST_NAMED {
                self.differences.push(format!(
                    "{table}, {}: kept {}, built {}",
                    key.trim_end(),
                    in_words(was),
                    in_words(is)
                ));
            }
        }
    }
}

fn in_words(amounts: Option<&Vec<(&'static str, i64)>>) -> String {
    let Some(amounts) = amounts else {
        return "nothing".to_owned();
    };
    let some = amounts.iter().filter(|(_, amount)| *amount != 0);
    let words = some.map(|(name, amount)| format!("{name} {}", Credits::from_micros(*amount)));
    words.collect::<Vec<_>>().join(", ")
}

impl Store {
    /// Builds all balances of an organisation again, in an empty SQLite file that it is given, and compares them with
    /// those that are kept.
    ///
    /// # Errors
    /// The store's own error, also when the file cannot be made.
    pub async fn rebuild(&self, organisation: OrganisationId, file: &str) -> Result<Rebuilt, StoreError> {
        let scratch = self.scratch(file).await;
        let scratch = scratch.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let from = self.snapshot().await?;
        let to = scratch.writer();
        to.execute_unprepared("PRAGMA foreign_keys = OFF").await?;
        copy_facts(&from, to, organisation).await?;
        let entries = copy_ledger(&from, to, organisation).await?;
        for id in credit_types(to, organisation).await? {
            scratch.build(organisation, id).await?;
        }
        let mut rebuilt = Rebuilt {
            entries,
            ..Rebuilt::default()
        };
        compare_all(&mut rebuilt, &from, to, organisation).await?;
        from.rollback().await?;
        Ok(rebuilt)
    }

    async fn scratch(&self, file: &str) -> Result<Self, ConnectError> {
        let options = StoreOptions {
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            max_connections: 2,
        };
        let scratch = Self::connect(&format!("sqlite://{file}"), options).await?;
        scratch.migrate().await?;
        Ok(scratch)
    }

    /// Builds the balances of a credit type out of what was copied.
    async fn build(&self, organisation: OrganisationId, id: CreditTypeId) -> Result<(), StoreError> {
        const BROKEN: StoreError = StoreError::Corrupt("cycle");
        let cycles = cycle::Entity::find()
            .filter(cycle::Column::OrganisationId.eq(organisation.uuid()))
            .filter(cycle::Column::CreditTypeId.eq(id.uuid()))
            .filter(cycle::Column::Number.gt(0))
            .filter(cycle::Column::StretchOf.is_null())
            .order_by_asc(cycle::Column::Number)
            .all(self.writer())
            .await?;
        for row in cycles {
            let at = self
                .last_instant_of(organisation, id, CycleId::new(row.id))
                .await?;
            let moment = self
                .moment(organisation, id, at.ok_or(BROKEN)?)
                .await?
                .ok_or(BROKEN)?;
            if moment.cycle.number != row.number {
                return Err(BROKEN);
            }
            self.build_cycle(&moment).await?;
            if row.is_open {
                self.build_standing(&moment).await?;
            }
        }
        Ok(())
    }

    async fn build_cycle(&self, moment: &Moment) -> Result<(), StoreError> {
        let (organisation, credit_type) = (moment.organisation.uuid(), moment.credit_type.terms.id.uuid());
        let figures = moment.figures;
        let number = moment.cycle.number;
        cycle::Entity::update(cycle::ActiveModel {
            organisation_id: Set(organisation),
            credit_type_id: Set(credit_type),
            number: Set(number),
            limit_micros: Set(figures.limit.micros()),
            carried: Set(figures.carried.micros()),
            used: Set(figures.used.micros()),
            held: Set(figures.held.micros()),
            allocated: Set(figures.allocated.micros()),
            ..Default::default()
        })
        .exec(self.writer())
        .await?;
        let groups = self.group_rows_at(moment).await?;
        let groups = groups.iter().map(|row| group_cycle::ActiveModel {
            organisation_id: Set(organisation),
            credit_type_id: Set(credit_type),
            cycle_number: Set(number),
            group_id: Set(row.id.uuid()),
            monthly: Set(row.figures.monthly.micros()),
            extra: Set(row.figures.extra.micros()),
            carried: Set(row.figures.carried.micros()),
            members_carried: Set(row.figures.members_carried.micros()),
            distributed: Set(row.figures.distributed.micros()),
            reserve: Set(row.figures.reserve.micros()),
            reserve_given: Set(row.figures.reserve_given.micros()),
            used: Set(row.figures.used.micros()),
            held: Set(row.figures.held.micros()),
            uncovered: Set(row.figures.uncovered.micros()),
        });
        insert::<group_cycle::Entity, _>(self.writer(), groups.collect()).await?;
        let members = self.all_member_sums_at(moment).await?;
        let members = members
            .into_iter()
            .map(|(person, figures)| member_cycle::ActiveModel {
                organisation_id: Set(organisation),
                credit_type_id: Set(credit_type),
                person_id: Set(person.uuid()),
                cycle_number: Set(number),
                // Whoever they are in, it is no balance.
                group_id: Set(Uuid::nil()),
                monthly: Set(figures.monthly.micros()),
                extra: Set(figures.extra.micros()),
                carried: Set(figures.carried.micros()),
                used: Set(figures.used.micros()),
                held: Set(figures.held.micros()),
                is_settled: Set(false),
            });
        insert::<member_cycle::Entity, _>(self.writer(), members.collect()).await
    }

    async fn build_standing(&self, moment: &Moment) -> Result<(), StoreError> {
        let (organisation, credit_type) = (moment.organisation.uuid(), moment.credit_type.terms.id.uuid());
        let groups = self.group_rows_at(moment).await?;
        let groups = groups.iter().map(|row| group_standing::ActiveModel {
            organisation_id: Set(organisation),
            credit_type_id: Set(credit_type),
            group_id: Set(row.id.uuid()),
            monthly: Set(row.standing.monthly.micros()),
            reserve: Set(row.standing.reserve.micros()),
            members_monthly: Set(row.standing.members_monthly.micros()),
        });
        insert::<group_standing::Entity, _>(self.writer(), groups.collect()).await?;
        let people: Vec<PersonId> = person_ids(self.writer(), moment.organisation).await?;
        for people in people.chunks(ROWS) {
            let standing = self.standing_at(moment, people).await?;
            let standing = standing
                .into_iter()
                .map(|(person, order)| member_standing::ActiveModel {
                    organisation_id: Set(organisation),
                    credit_type_id: Set(credit_type),
                    person_id: Set(person.uuid()),
                    monthly: Set(order.monthly.micros()),
                    cap: Set(order.cap.map(Credits::micros)),
                });
            insert::<member_standing::Entity, _>(self.writer(), standing.collect()).await?;
        }
        Ok(())
    }
}

async fn insert<E, A>(to: &DatabaseConnection, rows: Vec<A>) -> Result<(), StoreError>
where
    E: EntityTrait,
    A: sea_orm::ActiveModelTrait<Entity = E> + Clone,
{
    for rows in rows.chunks(ROWS) {
        E::insert_many(rows.iter().cloned())
            .exec_without_returning(to)
            .await?;
    }
    Ok(())
}

async fn credit_types(
    to: &DatabaseConnection,
    organisation: OrganisationId,
) -> Result<Vec<CreditTypeId>, StoreError> {
    let ids: Vec<Uuid> = credit_type::Entity::find()
        .select_only()
        .column(credit_type::Column::Id)
        .filter(credit_type::Column::OrganisationId.eq(organisation.uuid()))
        .into_tuple()
        .all(to)
        .await?;
    Ok(ids.into_iter().map(CreditTypeId::new).collect())
}

async fn person_ids(
    to: &DatabaseConnection,
    organisation: OrganisationId,
) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<Uuid> = person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .filter(person::Column::OrganisationId.eq(organisation.uuid()))
        .into_tuple()
        .all(to)
        .await?;
    Ok(ids.into_iter().map(PersonId::new).collect())
}

/// Who and what there is, and the histories. What is kept of balances beside them is left behind as zero.
async fn copy_facts(
    from: &DatabaseTransaction,
    to: &DatabaseConnection,
    organisation: OrganisationId,
) -> Result<(), StoreError> {
    copy!(from, to, organisation, organisation, Id, [Id]);
    copy!(from, to, organisation, allocation_group, OrganisationId, [Id]);
    copy!(from, to, organisation, person, OrganisationId, [Id]);
    copy!(from, to, organisation, credit_type, OrganisationId, [Id]);
    copy!(
        from,
        to,
        organisation,
        cycle,
        OrganisationId,
        [CreditTypeId, Number]
    );
    copy!(
        from,
        to,
        organisation,
        standing_change,
        OrganisationId,
        [CreditTypeId, SubjectId, What, Id]
    );
    copy!(
        from,
        to,
        organisation,
        membership_change,
        OrganisationId,
        [PersonId, Version]
    );
    copy!(
        from,
        to,
        organisation,
        credit_type_change,
        OrganisationId,
        [CreditTypeId, Id]
    );
    let mut forget = cycle::Entity::update_many();
    for column in [
        cycle::Column::LimitMicros,
        cycle::Column::Carried,
        cycle::Column::Used,
        cycle::Column::Held,
        cycle::Column::Allocated,
    ] {
        forget = forget.col_expr(column, Expr::value(0_i64));
    }
    forget.exec(to).await?;
    allocation_group::Entity::update_many()
        .col_expr(allocation_group::Column::MemberCount, Expr::value(0_i64))
        .exec(to)
        .await?;
    Ok(())
}

/// The ledger, by position. Gives how many entries there are.
async fn copy_ledger(
    from: &DatabaseTransaction,
    to: &DatabaseConnection,
    organisation: OrganisationId,
) -> Result<u64, StoreError> {
    copy!(from, to, organisation, ledger_batch, OrganisationId, [LastSeq]);
    let (mut after, mut count) = (0, 0_u64);
    loop {
        let rows = ledger_entry::Entity::find()
            .filter(ledger_entry::Column::OrganisationId.eq(organisation.uuid()))
            .filter(ledger_entry::Column::Seq.gt(after))
            .order_by_asc(ledger_entry::Column::Seq)
            .limit(u64::try_from(ROWS).unwrap_or(u64::MAX))
            .all(from)
            .await?;
        let Some(last) = rows.last() else { return Ok(count) };
        after = last.seq;
        count = count.saturating_add(u64::try_from(rows.len()).unwrap_or(0));
        ledger_entry::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
            .exec_without_returning(to)
            .await?;
    }
}

/// Reads the same balances of both databases and compares them, table by table.
async fn compare_all(
    rebuilt: &mut Rebuilt,
    from: &DatabaseTransaction,
    to: &DatabaseConnection,
    organisation: OrganisationId,
) -> Result<(), StoreError> {
    macro_rules! compare {
        ($table:ident, $key:tt, $amounts:tt) => {{
            let kept: Amounts = amounts!(from, organisation, $table, $key, $amounts);
            let built: Amounts = amounts!(to, organisation, $table, $key, $amounts);
            rebuilt.compare(stringify!($table), &kept, &built);
        }};
    }
    compare!(
        cycle,
        [credit_type_id, number],
        [limit_micros, carried, used, held, allocated]
    );
    compare!(
        group_cycle,
        [credit_type_id, cycle_number, group_id],
        [
            monthly,
            extra,
            carried,
            members_carried,
            distributed,
            reserve,
            reserve_given,
            used,
            held,
            uncovered
        ]
    );
    compare!(
        member_cycle,
        [credit_type_id, cycle_number, person_id],
        [monthly, extra, carried, used, held]
    );
    compare!(
        group_standing,
        [credit_type_id, group_id],
        [monthly, reserve, members_monthly]
    );
    compare!(member_standing, [credit_type_id, person_id], [monthly]);
    Ok(())
}
