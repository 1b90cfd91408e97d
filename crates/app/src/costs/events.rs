//! The events behind a figure, with the names of whoever they are about.

use std::collections::BTreeMap;

use allowance_store::{CostEvent, CostEventStart, Holder};
use allowance_values::{CycleId, GroupId, PersonId};

use super::period::Asked;
use crate::context::App;
use crate::error::{Error, Result};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLine {
    /// The event.
    pub event: CostEvent,
    /// Whose.
    pub holder: Holder,
    /// The name of the group it counts to.
    pub group_name: String,
    /// The cycle to which it was charged.
    pub cycle_id: CycleId,
}

/// A page of the events behind a figure, those charged last first, and where the next page starts.
///
/// # Errors
/// The store's.
pub async fn list_cost_events(
    app: &App,
    asked: &Asked,
    after: CostEventStart,
    limit: usize,
) -> Result<(Vec<EventLine>, Option<CostEventStart>)> {
    let organisation = asked.query.organisation;
    let credit_type = asked.query.credit_type;
    let (events, next) = app.store.list_cost_events(&asked.query, after, limit).await?;
    let people: Vec<PersonId> = events.iter().map(|event| event.person).collect();
    let holders = app.store.holders(organisation, &people).await?;
    let mut groups: Vec<GroupId> = events.iter().map(|event| event.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let groups = app.store.group_names(organisation, &groups).await?;
    let cycles: Vec<_> = events.iter().map(|event| (credit_type, event.cycle)).collect();
    let cycles: BTreeMap<_, _> = app.store.cycle_ids(organisation, &cycles).await?;
    let line = |event: CostEvent| {
        let broken = || Error::Internal(format!("an event of {} is about nobody", event.person));
        Ok(EventLine {
            holder: holders.get(&event.person).cloned().ok_or_else(broken)?,
            group_name: groups.get(&event.group).cloned().unwrap_or_default(),
            cycle_id: *cycles.get(&(credit_type, event.cycle)).ok_or_else(broken)?,
            event,
        })
    };
    let lines: Result<Vec<EventLine>> = events.into_iter().map(line).collect();
    Ok((lines?, next))
}
