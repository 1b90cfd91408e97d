//! Where each area of an organisation last changed. The positions lie on the head: every change writes them with its
//! commit, and a stream that was away compares them with where it stood; nothing has to be kept for it.

use allowance_domain::authz::{Action, Area};
use allowance_values::OrganisationId;
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Statement, Value};

use crate::audit::AuditRecord;
use crate::connect::Store;
use crate::error::StoreError;
use crate::tx::Tx;

/// Positions of changes, counted by commits of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromQueryResult)]
pub struct Positions {
    /// The last change.
    pub position: i64,
    allocations_changed: i64,
    credit_requests_changed: i64,
    settings_changed: i64,
    people_changed: i64,
    groups_changed: i64,
    /// Written by whoever raises an alert, past all pens.
    alerts_changed: i64,
}

impl Positions {
    /// Those that a change writes.
    pub(crate) const COLUMNS: &str = "position, allocations_changed, credit_requests_changed, settings_changed, \
                                      people_changed, groups_changed";
    /// Those that are read.
    pub(crate) const ALL_COLUMNS: &str = "position, allocations_changed, credit_requests_changed, settings_changed, \
                                          people_changed, groups_changed, alerts_changed";

    const fn slot(&mut self, area: Area) -> &mut i64 {
        match area {
            Area::Allocations => &mut self.allocations_changed,
            Area::CreditRequests => &mut self.credit_requests_changed,
            Area::Settings => &mut self.settings_changed,
            Area::People => &mut self.people_changed,
            Area::Groups => &mut self.groups_changed,
            Area::Alerts => &mut self.alerts_changed,
        }
    }

    /// The areas that changed after a position.
    #[must_use]
    pub fn changed_after(mut self, position: i64) -> Vec<Area> {
        Area::ALL
            .into_iter()
            .filter(|area| *self.slot(*area) > position)
            .collect()
    }

    /// The position that a commit moves to which changes anything.
    pub(crate) const fn next(self) -> i64 {
        self.position.saturating_add(1)
    }

    /// Marks one commit that changed these areas.
    pub(crate) fn advance(&mut self, areas: impl IntoIterator<Item = Area>) {
        let next = self.next();
        for area in areas {
            self.position = next;
            *self.slot(area) = next;
        }
    }

    pub(crate) fn values(self) -> [Value; 6] {
        let Self {
            position,
            allocations_changed,
            credit_requests_changed,
            settings_changed,
            people_changed,
            groups_changed,
            alerts_changed: _,
        } = self;
        [
            position,
            allocations_changed,
            credit_requests_changed,
            settings_changed,
            people_changed,
            groups_changed,
        ]
        .map(Value::from)
    }
}

/// An organisation as its streams see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    /// Whose.
    pub organisation: OrganisationId,
    /// Where its areas last changed.
    pub positions: Positions,
    /// Rises when a role, status, session or key changed.
    pub epoch: i64,
}

/// What a recorded operation changes. An operation of the system itself bears the name of the operation it stands for.
pub(crate) fn area_of(record: &AuditRecord) -> Option<Area> {
    let action = Action::ALL.iter().find(|action| action.name() == record.action)?;
    action.permission().area()
}

impl Tx {
    /// Marks an area as changed by this transaction. Postings and recorded operations mark theirs by themselves.
    pub(crate) fn touch(&mut self, area: Area) {
        self.pen.touch(area);
    }
}

impl Store {
    /// The pulse of each of these organisations, with one query.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn pulses(&self, organisations: &[OrganisationId]) -> Result<Vec<Pulse>, StoreError> {
        #[derive(FromQueryResult)]
        struct EpochRow {
            organisation_id: uuid::Uuid,
            epoch: i64,
        }
        if organisations.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<String> = (1..=organisations.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT organisation_id, epoch, {} FROM ledger_head WHERE organisation_id IN ({})",
            Positions::ALL_COLUMNS,
            places.join(", ")
        );
        let values = organisations.iter().map(|id| Value::from(id.uuid()));
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let mut pulses = Vec::with_capacity(organisations.len());
        for row in self.read().query_all_raw(statement).await? {
            let EpochRow {
                organisation_id,
                epoch,
            } = EpochRow::from_query_result(&row, "")?;
            pulses.push(Pulse {
                organisation: OrganisationId::new(organisation_id),
                positions: Positions::from_query_result(&row, "")?,
                epoch,
            });
        }
        Ok(pulses)
    }
}

/// Tells who listens that alerts were raised, in the transaction that raised them. It is one more change of the
/// organisation, so whoever remembers the head reads it again. No fact comes with it: a roll-up that had them all still does.
pub(crate) async fn tell_of_alerts(
    tx: &DatabaseTransaction,
    organisation: OrganisationId,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE ledger_head SET changes = changes + 1, position = position + 1, alerts_changed = position + 1
         WHERE organisation_id = $1",
        "UPDATE cost_rollup SET position = position + 1
         WHERE organisation_id = $1
            AND position + 1 = (SELECT position FROM ledger_head WHERE ledger_head.organisation_id = $1)",
    ] {
        let values = [organisation.uuid().into()];
        tx.execute_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            sql,
            values,
        ))
        .await?;
    }
    Ok(())
}
