//! Changing how credits reach members: costs by groups and by the people whom the open cycle has touched.

use allowance_domain::credit_types::Distribution;
use allowance_domain::ledger::{Book, switch_distribution};
use allowance_values::{CreditTypeId, Credits, PersonId};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};
use std::collections::BTreeMap;
use uuid::Uuid;

use super::load::{Groups, OpenBook, load_to_post};
use super::words;
use crate::entities::{credit_type, member_cycle};
use crate::error::StoreError;
use crate::tx::Tx;

/// What a member used and holds beyond their own, before and after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberOverage {
    /// Who.
    pub person: PersonId,
    /// Before.
    pub before: Credits,
    /// After.
    pub after: Credits,
}

/// The overage of everyone who stands in the book's open cycle.
pub(super) fn overages_of(book: &Book) -> Result<BTreeMap<PersonId, Credits>, StoreError> {
    let mut overages = BTreeMap::new();
    for (person, member) in &book.members {
        if member.stands_in == book.cycle.number {
            let overage = member.figures.overage();
            overages.insert(*person, overage.map_err(|_| StoreError::Corrupt("member_cycle"))?);
        }
    }
    Ok(overages)
}

/// Those whose overage is another after a change.
pub(super) fn changed_overages(
    before: &BTreeMap<PersonId, Credits>,
    after: &BTreeMap<PersonId, Credits>,
) -> Vec<MemberOverage> {
    let changed = after.iter().map(|(person, after)| MemberOverage {
        person: *person,
        before: before.get(person).copied().unwrap_or_default(),
        after: *after,
    });
    changed.filter(|member| member.before != member.after).collect()
}

impl Tx {
    /// Everyone whom a cycle has touched.
    pub(super) async fn touched_in(
        &self,
        credit_type: CreditTypeId,
        cycle: i64,
    ) -> Result<Vec<PersonId>, StoreError> {
        let ids: Vec<Uuid> = member_cycle::Entity::find()
            .select_only()
            .column(member_cycle::Column::PersonId)
            .filter(member_cycle::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(member_cycle::Column::CreditTypeId.eq(credit_type.uuid()))
            .filter(member_cycle::Column::CycleNumber.eq(cycle))
            .into_tuple()
            .all(self.connection())
            .await?;
        Ok(ids.into_iter().map(PersonId::new).collect())
    }

    /// The book with all groups and these people.
    pub(super) async fn open_whole_book(
        &self,
        credit_type: CreditTypeId,
        people: &[PersonId],
    ) -> Result<OpenBook, StoreError> {
        load_to_post(
            self.connection(),
            self.organisation(),
            credit_type,
            people,
            Groups::All,
            Some(self.at()),
        )
        .await?
        .ok_or(StoreError::Corrupt("credit_type"))
    }

    /// Changes the distribution in the open cycle and of the credit type. Answers whose overage changed.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn switch_distribution(
        &mut self,
        id: CreditTypeId,
        to: Distribution,
    ) -> Result<Vec<MemberOverage>, StoreError> {
        let number = self.open_cycle_of(id).await?.number;
        let people = self.touched_in(id, number).await?;
        let mut open = self.open_whole_book(id, &people).await?;
        let before = overages_of(&open.book)?;
        let movements = switch_distribution(&mut open.book, to).map_err(|refusal| {
            tracing::error!(%refusal, "the distribution could not be changed");
            StoreError::Corrupt("member_cycle")
        })?;
        let after = overages_of(&open.book)?;
        credit_type::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            distribution: Set(words::distribution::word(to).to_owned()),
            ..Default::default()
        }
        .update(self.connection())
        .await?;
        self.write_back(&mut open, movements).await?;
        Ok(changed_overages(&before, &after))
    }
}
