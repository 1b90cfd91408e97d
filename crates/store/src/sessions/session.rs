//! Sessions: begun, refreshed by compare-and-set, ended; and who is behind one.

use allowance_domain::authz::{Actor, Role};
use allowance_values::{Email, GroupId, OrganisationId, PersonId, SessionId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Set, Statement};
use uuid::Uuid;

use crate::connect::Store;
use crate::entities::{person, session};
use crate::error::StoreError;
use crate::tx::Tx;

/// A session that begins.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub person: PersonId,
    /// The hash of its first refresh token.
    pub refresh_hash: Vec<u8>,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
}

/// A session as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Where.
    pub organisation: OrganisationId,
    /// Whose.
    pub person: PersonId,
    /// The hash of the refresh token that is good now.
    pub refresh_hash: Vec<u8>,
    /// The hash of the one before.
    pub previous_hash: Option<Vec<u8>>,
    /// When the token was last changed.
    pub rotated_at: Timestamp,
    /// When the session began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it was ended before its time.
    pub is_revoked: bool,
}

/// The person behind a session, as they see themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// Their address.
    pub email: Email,
    /// Their name.
    pub display_name: String,
}

#[derive(FromQueryResult)]
struct PrincipalRow {
    person_id: Uuid,
    role: String,
    is_manager: bool,
    owned_group: Option<Uuid>,
}

impl Store {
    /// The session.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_session(
        &self,
        organisation: OrganisationId,
        id: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        // From the writer, so that a token that was changed a moment ago is never taken for a stolen one.
        let row = session::Entity::find_by_id((organisation.uuid(), id.uuid()))
            .one(self.writer())
            .await?;
        Ok(row.map(|row| {
            let session::Model {
                organisation_id,
                id,
                person_id,
                refresh_hash,
                previous_hash,
                rotated_at,
                created_at,
                expires_at,
                revoked_at,
            } = row;
            Session {
                id: SessionId::new(id),
                organisation: OrganisationId::new(organisation_id),
                person: PersonId::new(person_id),
                refresh_hash,
                previous_hash,
                rotated_at: Timestamp::from_micros(rotated_at),
                created_at: Timestamp::from_micros(created_at),
                expires_at: Timestamp::from_micros(expires_at),
                is_revoked: revoked_at.is_some(),
            }
        }))
    }

    /// Exchanges the refresh token if `old` is still the good one. Of two at once, one gets `true`.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn rotate_session(
        &self,
        session: &Session,
        new_hash: Vec<u8>,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let outcome = session::Entity::update_many()
            .set(session::ActiveModel {
                refresh_hash: Set(new_hash),
                previous_hash: Set(Some(session.refresh_hash.clone())),
                rotated_at: Set(self.now().micros()),
                expires_at: Set(expires_at.micros()),
                ..Default::default()
            })
            .filter(session::Column::OrganisationId.eq(session.organisation.uuid()))
            .filter(session::Column::Id.eq(session.id.uuid()))
            .filter(session::Column::RefreshHash.eq(session.refresh_hash.clone()))
            .filter(session::Column::RevokedAt.is_null())
            .exec(self.writer())
            .await?;
        Ok(outcome.rows_affected == 1)
    }

    /// Who is behind a session that stands; nobody when it has ended or the person may not act.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_principal(
        &self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<Option<Actor>, StoreError> {
        let sql = "SELECT p.id AS person_id, p.role, g.id AS owned_group, EXISTS ( \
                       SELECT 1 FROM person r WHERE r.organisation_id = p.organisation_id AND r.manager_id = p.id \
                   ) AS is_manager \
                   FROM session s \
                   JOIN person p ON p.organisation_id = s.organisation_id AND p.id = s.person_id \
                   LEFT JOIN allocation_group g \
                       ON g.organisation_id = p.organisation_id AND g.owner_id = p.id AND NOT g.is_deleted \
                   WHERE s.organisation_id = $1 AND s.id = $2 AND s.revoked_at IS NULL AND s.expires_at > $3 \
                       AND p.status = 'active'";
        let values = [
            organisation.uuid().into(),
            session.uuid().into(),
            self.now().micros().into(),
        ];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = PrincipalRow::find_by_statement(statement)
            .all(self.read())
            .await?;
        let owned_groups = rows
            .iter()
            .filter_map(|row| row.owned_group.map(GroupId::new))
            .collect();
        let Some(PrincipalRow {
            person_id,
            role,
            is_manager,
            owned_group: _,
        }) = rows.into_iter().next()
        else {
            return Ok(None);
        };
        let role = Role::parse(&role).ok_or(StoreError::Corrupt("person"))?;
        let person = PersonId::new(person_id);
        Ok(Some(Actor {
            person,
            organisation,
            role,
            is_manager,
            owned_groups,
        }))
    }

    /// The person as they see themselves.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn get_me(&self, actor: &Actor) -> Result<Me, StoreError> {
        let id = (actor.organisation.uuid(), actor.person.uuid());
        let row = person::Entity::find_by_id(id)
            .one(self.read())
            .await?
            .ok_or(StoreError::Corrupt("person"))?;
        let email = row.email.parse().map_err(|_| StoreError::Corrupt("person"))?;
        Ok(Me {
            email,
            display_name: row.display_name,
        })
    }
}

impl Tx {
    /// Begins a session.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn insert_session(&self, new: NewSession) -> Result<(), StoreError> {
        let NewSession {
            id,
            person,
            refresh_hash,
            expires_at,
        } = new;
        session::Entity::insert(session::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            person_id: Set(person.uuid()),
            refresh_hash: Set(refresh_hash),
            previous_hash: Set(None),
            rotated_at: Set(self.at().micros()),
            created_at: Set(self.at().micros()),
            expires_at: Set(expires_at.micros()),
            revoked_at: Set(None),
        })
        .exec_without_returning(self.connection())
        .await?;
        Ok(())
    }

    /// Ends a session, on every instance at once.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn revoke_session(&mut self, id: SessionId) -> Result<(), StoreError> {
        session::Entity::update_many()
            .set(session::ActiveModel {
                revoked_at: Set(Some(self.at().micros())),
                ..Default::default()
            })
            .filter(session::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(session::Column::Id.eq(id.uuid()))
            .filter(session::Column::RevokedAt.is_null())
            .exec(self.connection())
            .await?;
        self.raise_epoch();
        Ok(())
    }

    /// Ends every session of a person.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn revoke_sessions_of(&mut self, person: PersonId) -> Result<(), StoreError> {
        session::Entity::update_many()
            .set(session::ActiveModel {
                revoked_at: Set(Some(self.at().micros())),
                ..Default::default()
            })
            .filter(session::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(session::Column::PersonId.eq(person.uuid()))
            .filter(session::Column::RevokedAt.is_null())
            .exec(self.connection())
            .await?;
        self.raise_epoch();
        Ok(())
    }
}
