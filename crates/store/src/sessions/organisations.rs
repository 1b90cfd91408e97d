//! Organisations: founding one, finding one.

use allowance_domain::authz::Role;
use allowance_domain::people::{Profile, name_key};
use allowance_values::{Currency, Email, GroupId, OrganisationId, PersonId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Set};

use crate::connect::Store;
use crate::entities::{allocation_group, ledger_head, organisation, server_secret};
use crate::error::StoreError;
use crate::people::NewPerson;
use crate::tx::Tx;

/// What an organisation begins with.
#[derive(Debug, Clone)]
pub struct Founding {
    /// Its name.
    pub name: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Its currency.
    pub currency: Currency,
    /// The request it comes from.
    pub request_id: Option<String>,
}

impl Founding {
    pub(crate) async fn write<C: ConnectionTrait>(
        &self,
        connection: &C,
        id: OrganisationId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        organisation::Entity::insert(organisation::ActiveModel {
            id: Set(id.uuid()),
            name: Set(self.name.clone()),
            time_zone: Set(self.time_zone.clone()),
            currency: Set(self.currency.to_string()),
            created_at: Set(at.micros()),
            ..Default::default()
        })
        .exec_without_returning(connection)
        .await?;
        ledger_head::Entity::insert(ledger_head::ActiveModel {
            organisation_id: Set(id.uuid()),
            seq: Set(0),
            at: Set(at.micros()),
            hash: Set(vec![0; 32]),
            epoch: Set(0),
        })
        .exec_without_returning(connection)
        .await?;
        Ok(())
    }
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Its currency.
    pub currency: Currency,
    /// How its people work with it.
    pub settings: OrganisationSettings,
    /// Rises with every edit.
    pub version: i64,
}

/// How an organisation's people work with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrganisationSettings {
    /// Whether managers see and decide their reports' credit requests.
    pub managers_decide_requests: bool,
    /// Whether denying a request needs a reason.
    pub denial_needs_reason: bool,
    /// For how long a reset can be undone, in hours.
    pub undo_hours: u16,
}

impl TryFrom<organisation::Model> for Organisation {
    type Error = StoreError;

    fn try_from(row: organisation::Model) -> Result<Self, StoreError> {
        let organisation::Model {
            id,
            name,
            time_zone,
            currency,
            created_at: _,
            managers_decide_requests,
            denial_needs_reason,
            undo_hours,
            version,
        } = row;
        let currency = currency
            .parse()
            .map_err(|_| StoreError::Corrupt("organisation"))?;
        Ok(Self {
            id: OrganisationId::new(id),
            name,
            time_zone,
            currency,
            settings: OrganisationSettings {
                managers_decide_requests,
                denial_needs_reason,
                undo_hours: u16::try_from(undo_hours).map_err(|_| StoreError::Corrupt("organisation"))?,
            },
            version,
        })
    }
}

impl Store {
    /// The organisation; an error when there is none, because ids come from rows that point to it.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn get_organisation(&self, id: OrganisationId) -> Result<Organisation, StoreError> {
        let row = organisation::Entity::find_by_id(id.uuid())
            .one(self.read())
            .await?;
        row.ok_or(StoreError::Corrupt("organisation"))?.try_into()
    }

    /// Whether there is any organisation.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn has_organisation(&self) -> Result<bool, StoreError> {
        Ok(organisation::Entity::find().limit(1).count(self.read()).await? > 0)
    }
}

/// The first admin of a new organisation.
#[derive(Debug, Clone)]
pub struct Founder {
    /// Who.
    pub person: PersonId,
    /// The Default group, which is made along.
    pub group: GroupId,
    /// Their address.
    pub email: Email,
    /// Their name.
    pub display_name: String,
}

impl Tx {
    /// The organisation whose head is held.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn get_organisation(&self) -> Result<Organisation, StoreError> {
        let row = organisation::Entity::find_by_id(self.organisation().uuid())
            .one(self.connection())
            .await?;
        row.ok_or(StoreError::Corrupt("organisation"))?.try_into()
    }

    /// Writes the organisation's name, time zone and settings, and raises its version. The currency stays.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn update_organisation(&self, changed: &Organisation) -> Result<(), StoreError> {
        let Organisation {
            id,
            name,
            time_zone,
            currency: _,
            settings,
            version,
        } = changed;
        let OrganisationSettings {
            managers_decide_requests,
            denial_needs_reason,
            undo_hours,
        } = *settings;
        organisation::Entity::update(organisation::ActiveModel {
            id: Set(id.uuid()),
            name: Set(name.clone()),
            time_zone: Set(time_zone.clone()),
            managers_decide_requests: Set(managers_decide_requests),
            denial_needs_reason: Set(denial_needs_reason),
            undo_hours: Set(i32::from(undo_hours)),
            version: Set(version.saturating_add(1)),
            ..Default::default()
        })
        .exec(self.connection())
        .await?;
        Ok(())
    }

    /// Makes the Default group and the first admin in it.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn insert_founder(&self, founder: Founder) -> Result<(), StoreError> {
        let Founder {
            person,
            group,
            email,
            display_name,
        } = founder;
        allocation_group::Entity::insert(allocation_group::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(group.uuid()),
            name: Set("Default".to_owned()),
            name_key: Set(name_key("Default")),
            is_default: Set(true),
            owner_id: Set(None),
            member_count: Set(0),
            is_deleted: Set(false),
            version: Set(1),
            created_at: Set(self.at().micros()),
        })
        .exec_without_returning(self.connection())
        .await?;
        let admin = NewPerson {
            id: person,
            profile: Profile::new(email, display_name),
            manager: None,
            role: Role::Admin,
            group,
        };
        self.insert_people(&[admin]).await
    }

    /// Uses a one-time secret up. Whoever comes second gets `false`.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn use_secret(&self, name: &str, value: &str) -> Result<bool, StoreError> {
        let outcome = server_secret::Entity::delete_many()
            .filter(server_secret::Column::Name.eq(name))
            .filter(server_secret::Column::Value.eq(value))
            .exec(self.connection())
            .await?;
        Ok(outcome.rows_affected == 1)
    }
}
