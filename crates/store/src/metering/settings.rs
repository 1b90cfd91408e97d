//! How an organisation counts usage. A row that is not there says nothing but defaults.

use allowance_domain::authz::Area;
use allowance_domain::metering::{ModelPattern, UnknownPeople, UsageRule, UsageSettings};
use allowance_values::{CreditTypeId, OrganisationId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, Set};
use serde_json::{Value, json};

use crate::connect::Store;
use crate::entities::usage_settings;
use crate::error::StoreError;
use crate::tx::Tx;

const BROKEN: StoreError = StoreError::Corrupt("usage_settings");

/// The settings as they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageSettingsRow {
    /// What they say.
    pub settings: UsageSettings,
    /// Whether usage was ever kept aside: only then is there any to look up.
    pub has_kept: bool,
    /// Rises with every edit; 0 before the first.
    pub version: i64,
}

/// Rules as rows and the audit log hold them.
#[must_use]
pub fn rules_json(rules: &[UsageRule]) -> Value {
    let rule = |rule: &UsageRule| {
        let UsageRule {
            provider,
            model,
            tag,
            credit_type,
        } = rule;
        json!({
            "provider": provider,
            "model": model.as_ref().map(ModelPattern::text),
            "tag": tag,
            "credit_type": credit_type.to_string(),
        })
    };
    Value::Array(rules.iter().map(rule).collect())
}

fn rules_of(text: &str) -> Result<Vec<UsageRule>, StoreError> {
    let rules: Vec<Value> = serde_json::from_str(text).map_err(|_| BROKEN)?;
    let rule = |rule: &Value| {
        let text = |name: &str| rule.get(name).and_then(Value::as_str);
        let credit_type = text("credit_type").and_then(|id| id.parse().ok());
        Ok(UsageRule {
            provider: text("provider").map(str::to_owned),
            model: text("model").map(ModelPattern::parse),
            tag: text("tag").map(str::to_owned),
            credit_type: credit_type.ok_or(BROKEN)?,
        })
    };
    rules.iter().map(rule).collect()
}

fn unknown_people_of(word: &str) -> Result<UnknownPeople, StoreError> {
    let mut all = [UnknownPeople::Refuse, UnknownPeople::Keep].into_iter();
    all.find(|known| known.as_str() == word).ok_or(BROKEN)
}

async fn find<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
) -> Result<UsageSettingsRow, StoreError> {
    let found = usage_settings::Entity::find_by_id(organisation.uuid())
        .one(connection)
        .await?;
    let Some(usage_settings::Model {
        organisation_id: _,
        credit_type_id,
        unknown_people,
        rules,
        has_kept,
        version,
    }) = found
    else {
        return Ok(UsageSettingsRow::default());
    };
    Ok(UsageSettingsRow {
        settings: UsageSettings {
            default: credit_type_id.map(CreditTypeId::new),
            unknown_people: unknown_people_of(&unknown_people)?,
            rules: rules_of(&rules)?,
        },
        has_kept,
        version,
    })
}

impl Store {
    /// How an organisation counts usage.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn usage_settings(&self, organisation: OrganisationId) -> Result<UsageSettingsRow, StoreError> {
        find(self.read(), organisation).await
    }
}

impl Tx {
    /// How the organisation counts usage, read under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn usage_settings(&self) -> Result<UsageSettingsRow, StoreError> {
        find(self.connection(), self.organisation()).await
    }

    /// Writes how the organisation counts usage.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn write_usage_settings(&mut self, row: &UsageSettingsRow) -> Result<(), StoreError> {
        let UsageSettingsRow {
            settings:
                UsageSettings {
                    default,
                    unknown_people,
                    rules,
                },
            has_kept,
            version,
        } = row;
        let model = usage_settings::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(default.map(CreditTypeId::uuid)),
            unknown_people: Set(unknown_people.as_str().to_owned()),
            rules: Set(rules_json(rules).to_string()),
            has_kept: Set(*has_kept),
            version: Set(*version),
        };
        let conflict = OnConflict::column(usage_settings::Column::OrganisationId)
            .update_columns([
                usage_settings::Column::CreditTypeId,
                usage_settings::Column::UnknownPeople,
                usage_settings::Column::Rules,
                usage_settings::Column::HasKept,
                usage_settings::Column::Version,
            ])
            .to_owned();
        usage_settings::Entity::insert(model)
            .on_conflict(conflict)
            .exec_without_returning(self.connection())
            .await?;
        // Whoever remembers them reads them again.
        self.touch(Area::Settings);
        Ok(())
    }
}
