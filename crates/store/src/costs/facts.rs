//! Facts as they are read: entries that moved credits in or out of Used, and events that burnt none. A cost is in the
//! organisation's currency: what was reported in another one counts as what it came to.

use allowance_values::OrganisationId;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult, Statement};
use uuid::Uuid;

use crate::connect::Store;
use crate::error::StoreError;

/// How far facts are rolled up, or how far they reach: the position in the ledger, and that of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) seq: i64,
    pub(super) position: i64,
}

impl Mark {
    /// Before the first fact. Events of before positions were counted stand at 0.
    pub(super) const START: Self = Self { seq: 0, position: -1 };
}

/// Entries that are facts, each with what it is about: the event, the charge or the captured hold; or those of reported usage
/// alone. A charge that is reversed when its cycle has ended gives back its cost alone: its credits come back as Carried
/// and Used stays.
pub(super) fn entry_facts(of_usage: bool) -> String {
    let join = if of_usage { "JOIN" } else { "LEFT JOIN" };
    format!("ledger_entry e {join} {ABOUT}")
}

/// What an entry may be about.
const ABOUT: &str =
    "usage_event u ON e.kind = 'usage' AND u.organisation_id = e.organisation_id AND u.id = e.subject_id
    LEFT JOIN charge c ON e.kind IN ('charge', 'reversal', 'carry_in')
        AND c.organisation_id = e.organisation_id AND c.id = e.subject_id
    LEFT JOIN credit_hold h ON e.kind IN ('capture', 'usage') AND u.id IS NULL
        AND h.organisation_id = e.organisation_id AND h.id = e.subject_id
    LEFT JOIN capture_cost k ON k.organisation_id = h.organisation_id AND k.hold_id = h.id";
/// Which entries are facts.
pub(super) const IS_FACT: &str = "(e.to_kind = 'spent' OR e.from_kind = 'spent'
    OR (e.kind = 'carry_in' AND e.from_kind = 'carried' AND e.to_kind = 'member' AND c.id IS NOT NULL))";
/// Whether an entry is a further one of the same capture: a hold is captured once, in one batch, by up to three entries.
pub(super) const IS_FURTHER: &str = "(h.id IS NOT NULL AND EXISTS (SELECT 1 FROM ledger_entry f
    WHERE f.organisation_id = e.organisation_id AND f.credit_type_id = e.credit_type_id AND f.person_id = e.person_id
    AND f.seq < e.seq AND f.seq >= (SELECT b.first_seq FROM ledger_batch b
        WHERE b.organisation_id = e.organisation_id AND b.last_seq >= e.seq ORDER BY b.last_seq LIMIT 1)
    AND f.subject_id = e.subject_id AND f.to_kind = 'spent'))";
/// The group of an entry.
pub(super) const ENTRY_GROUP: &str = "CASE WHEN e.from_kind = 'spent' THEN e.from_group ELSE e.to_group END";

/// A snapshot in which facts are looked up one by one: what a stretch of the ledger is about are few of very many events, and
/// PostgreSQL would rather read all of them once, and compile its statement first; or, while it still believes that there are
/// only a few, all of them again for each entry.
pub(super) async fn snapshot_of_facts(store: &Store) -> Result<DatabaseTransaction, StoreError> {
    let tx = store.snapshot().await?;
    if store.backend() == DbBackend::Postgres {
        let planner = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; \
                       SET LOCAL enable_material = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off";
        tx.execute_unprepared(planner).await?;
    }
    Ok(tx)
}

/// A fact as it is read.
#[derive(FromQueryResult)]
pub(super) struct FactRow {
    pub(super) credit_type_id: Uuid,
    pub(super) cycle_number: i64,
    pub(super) counted_at: i64,
    pub(super) happened_at: i64,
    pub(super) person_id: Uuid,
    pub(super) group_id: Uuid,
    pub(super) credits: i64,
    pub(super) cost: Option<i64>,
    pub(super) events: i64,
    pub(super) provider: Option<String>,
    pub(super) model: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) tags: Option<String>,
}

/// The columns of a fact that is an entry, out of [`entry_facts`].
pub(super) fn entry_columns() -> String {
    format!(
        "e.credit_type_id, e.cycle_number, e.at AS counted_at, COALESCE(u.happened_at, e.at) AS happened_at,
         e.person_id, {ENTRY_GROUP} AS group_id,
         CASE WHEN e.to_kind = 'spent' THEN e.amount WHEN e.from_kind = 'spent' THEN -e.amount ELSE 0 END AS credits,
         CASE WHEN e.kind IN ('reversal', 'carry_in') THEN -COALESCE(c.converted_nanos, c.cost_nanos)
            WHEN {IS_FURTHER} THEN NULL
            ELSE COALESCE(u.converted_nanos, u.cost_nanos, c.converted_nanos, c.cost_nanos, k.converted_nanos,
                k.cost_nanos) END AS cost,
         CAST(CASE WHEN {IS_FURTHER} THEN 0 ELSE 1 END AS BIGINT) AS events,
         u.provider, u.model, u.operation, u.tags"
    )
}

/// The columns of a fact that is an event without an entry.
pub(super) const EVENT_COLUMNS: &str =
    "u.credit_type_id, u.cycle_number, u.recorded_at AS counted_at, u.happened_at,
    u.person_id, u.group_id, CAST(0 AS BIGINT) AS credits,
    COALESCE(u.converted_nanos, u.cost_nanos) AS cost, CAST(1 AS BIGINT) AS events,
    u.provider, u.model, u.operation, u.tags";

/// The facts after one mark, up to another, of one credit type or of all.
pub(super) async fn read_facts<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: Option<Uuid>,
    (after, up_to): (Mark, Mark),
) -> Result<Vec<FactRow>, StoreError> {
    let backend = connection.get_database_backend();
    let mut values = vec![
        organisation.uuid().into(),
        after.seq.into(),
        up_to.seq.into(),
        after.position.into(),
        up_to.position.into(),
    ];
    let (mut of_entry, mut of_event) = ("", "");
    if let Some(credit_type) = credit_type {
        values.push(credit_type.into());
        (of_entry, of_event) = ("AND e.credit_type_id = $6", "AND u.credit_type_id = $6");
    }
    let sql = format!(
        "SELECT {} FROM {}
         WHERE e.organisation_id = $1 AND e.seq > $2 AND e.seq <= $3 {of_entry} AND {IS_FACT}
         UNION ALL
         SELECT {EVENT_COLUMNS}
         FROM usage_event u
         WHERE u.organisation_id = $1 AND u.amount = 0 AND u.position > $4 AND u.position <= $5 {of_event}",
        entry_columns(),
        entry_facts(false)
    );
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(FactRow::find_by_statement(statement).all(connection).await?)
}
