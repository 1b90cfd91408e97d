//! What was in force when something happened that is older than the last change of a rate or of somebody's group. Loaded
//! for such events alone: what happens now costs no look-up.

use std::collections::BTreeMap;

use allowance_domain::allocations::FormerGroup;
use allowance_domain::metering::in_force;
use allowance_store::{Membership, Tx};
use allowance_values::{CreditTypeId, GroupId, PersonId, Rate, Timestamp};

use crate::error::Result;

/// Rates and groups with the instants they hold from.
#[derive(Debug, Default)]
pub(super) struct InForce {
    rates: BTreeMap<CreditTypeId, Vec<(Timestamp, Rate)>>,
    memberships: BTreeMap<PersonId, Vec<(Timestamp, Membership)>>,
    default_group: Option<GroupId>,
}

impl InForce {
    /// What held for these people, and the rates that held.
    pub(super) async fn load(tx: &Tx, people: &[PersonId]) -> Result<Self> {
        if people.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self {
            rates: tx.list_rates().await?,
            memberships: tx.list_memberships(people).await?,
            default_group: Some(tx.default_group().await?.id),
        })
    }

    /// The rate of a credit type at an instant, where it is known.
    pub(super) fn rate(&self, credit_type: CreditTypeId, at: Timestamp) -> Option<Rate> {
        in_force(self.rates.get(&credit_type)?, at)
    }

    /// The group a person was in at an instant, where it is known.
    pub(super) fn group(&self, person: PersonId, at: Timestamp) -> Option<FormerGroup> {
        let Membership { group, is_deleted } = in_force(self.memberships.get(&person)?, at)?;
        let heir = self.default_group.filter(|_| is_deleted);
        Some(FormerGroup { group, heir })
    }

    /// The groups that counting in those may concern.
    pub(super) fn groups(&self, person: PersonId, at: Timestamp) -> impl Iterator<Item = GroupId> {
        let former = self.group(person, at);
        former
            .into_iter()
            .flat_map(|former| [Some(former.group), former.heir].into_iter().flatten())
    }
}
