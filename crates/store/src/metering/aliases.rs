//! Names that stand for people: a name of a source that was matched once counts for the person from then on, as long as
//! nobody is known by the name itself.

use std::collections::{BTreeSet, HashMap};

use allowance_domain::metering::{PersonName, PersonNameKind};
use allowance_values::{OrganisationId, PersonId, Timestamp, UsageAliasId};
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use super::unmatched::SourcedName;
use crate::connect::Store;
use crate::entities::usage_alias;
use crate::error::StoreError;
use crate::ledger::CHUNK;
use crate::tx::Tx;

const BROKEN: StoreError = StoreError::Corrupt("usage_alias");

/// A name that stands for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasRow {
    /// The id.
    pub id: UsageAliasId,
    /// Whose name it is only where this source uses it.
    pub source: String,
    /// The name.
    pub name: PersonName,
    /// Whom it stands for.
    pub person: PersonId,
    /// Since when.
    pub made_at: Timestamp,
    /// Who said so.
    pub made_by: Option<PersonId>,
}

fn from_row(row: usage_alias::Model) -> Result<AliasRow, StoreError> {
    let usage_alias::Model {
        organisation_id: _,
        name_kind,
        name_key,
        source,
        id,
        name,
        person_id,
        made_at,
        made_by,
    } = row;
    Ok(AliasRow {
        id: UsageAliasId::new(id),
        source,
        name: PersonName {
            kind: PersonNameKind::parse(&name_kind).ok_or(BROKEN)?,
            key: name_key,
            text: name,
        },
        person: PersonId::new(person_id),
        made_at: Timestamp::from_micros(made_at),
        made_by: made_by.map(PersonId::new),
    })
}

/// Whom names stand for.
pub(super) async fn find<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    names: &[&SourcedName],
) -> Result<HashMap<SourcedName, PersonId>, StoreError> {
    let keys: BTreeSet<&str> = names.iter().map(|name| name.key.as_str()).collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    let mut found = HashMap::new();
    for keys in keys.chunks(CHUNK) {
        let rows: Vec<(String, String, String, Uuid)> = usage_alias::Entity::find()
            .select_only()
            .columns([
                usage_alias::Column::NameKind,
                usage_alias::Column::NameKey,
                usage_alias::Column::Source,
                usage_alias::Column::PersonId,
            ])
            .filter(usage_alias::Column::OrganisationId.eq(organisation.uuid()))
            .filter(usage_alias::Column::NameKind.is_in(KINDS.map(PersonNameKind::as_str)))
            .filter(usage_alias::Column::NameKey.is_in(keys.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        for (kind, key, source, person) in rows {
            let kind = PersonNameKind::parse(&kind).ok_or(BROKEN)?;
            found.insert(SourcedName { kind, key, source }, PersonId::new(person));
        }
    }
    found.retain(|name, _| names.contains(&name));
    Ok(found)
}

/// What may stand for somebody: an id names one person for good.
const KINDS: [PersonNameKind; 3] = [
    PersonNameKind::Email,
    PersonNameKind::ExternalId,
    PersonNameKind::Nobody,
];

impl Store {
    /// The names that stand for people, the newest first, made before one of them.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_aliases(
        &self,
        organisation: OrganisationId,
        before: Option<UsageAliasId>,
        limit: u64,
    ) -> Result<Vec<AliasRow>, StoreError> {
        let mut query =
            usage_alias::Entity::find().filter(usage_alias::Column::OrganisationId.eq(organisation.uuid()));
        if let Some(before) = before {
            query = query.filter(usage_alias::Column::Id.lt(before.uuid()));
        }
        let rows = query
            .order_by_desc(usage_alias::Column::Id)
            .limit(limit)
            .all(self.read())
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}

impl Tx {
    /// Says whom a name of a source stands for from now on.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn set_alias(
        &self,
        name: &PersonName,
        source: &str,
        person: PersonId,
    ) -> Result<(), StoreError> {
        let row = usage_alias::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            name_kind: Set(name.kind.as_str().to_owned()),
            name_key: Set(name.key.clone()),
            source: Set(source.to_owned()),
            id: Set(self.new_id()),
            name: Set(name.text.clone()),
            person_id: Set(person.uuid()),
            made_at: Set(self.at().micros()),
            made_by: Set(self.origin().actor.map(PersonId::uuid)),
        };
        let key = [
            usage_alias::Column::OrganisationId,
            usage_alias::Column::NameKind,
            usage_alias::Column::NameKey,
            usage_alias::Column::Source,
        ];
        let said_now = [
            usage_alias::Column::Id,
            usage_alias::Column::Name,
            usage_alias::Column::PersonId,
            usage_alias::Column::MadeAt,
            usage_alias::Column::MadeBy,
        ];
        let again = OnConflict::columns(key).update_columns(said_now).to_owned();
        usage_alias::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }

    /// Takes back that a name stands for somebody; answers as it was, nothing when there is none of this id.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn delete_alias(&self, id: UsageAliasId) -> Result<Option<AliasRow>, StoreError> {
        let own = Condition::all()
            .add(usage_alias::Column::OrganisationId.eq(self.organisation().uuid()))
            .add(usage_alias::Column::Id.eq(id.uuid()));
        let row = usage_alias::Entity::find()
            .filter(own.clone())
            .one(self.connection())
            .await?;
        usage_alias::Entity::delete_many()
            .filter(own)
            .exec(self.connection())
            .await?;
        row.map(from_row).transpose()
    }
}
