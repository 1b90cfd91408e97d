//! Between the contract and the application.

use allowance_api_types::problem::ErrorCode;
use allowance_api_types::usage::{
    DiscardUsageBody, DiscardedUsageView, MatchUsageBody, MatchedUsageListView, MatchedUsageView,
    PersonNameKind as KindWord, SetUsageSettingsBody, UnknownPeople as UnknownWord, UnmatchedUsageView,
    UsageMatchBody, UsageNameBody, UsageRuleBody, UsageRuleView, UsageSettingsView,
};
use allowance_app::usage::{DiscardUsage, UnmatchedLine, UsageMatch, usage_etag};
use allowance_domain::metering::{
    ModelPattern, PersonName, PersonNameKind, UnknownPeople, UsageRule, UsageSettings,
};
use allowance_store::{UnmatchedRow, UsageSettingsRow};
use allowance_values::{Currency, Money};

use crate::allocations::convert::person_ref;

pub(super) fn settings_view(row: &UsageSettingsRow) -> UsageSettingsView {
    let UsageSettings {
        default,
        unknown_people,
        rules,
    } = &row.settings;
    UsageSettingsView {
        credit_type_id: *default,
        unknown_people: match unknown_people {
            UnknownPeople::Refuse => UnknownWord::Refuse,
            UnknownPeople::Keep => UnknownWord::Keep,
        },
        rules: rules.iter().map(rule_view).collect(),
        etag: usage_etag(row),
    }
}

fn rule_view(rule: &UsageRule) -> UsageRuleView {
    let UsageRule {
        provider,
        model,
        tag,
        credit_type,
    } = rule;
    UsageRuleView {
        provider: provider.clone(),
        model: model.as_ref().map(ModelPattern::text),
        tag: tag.clone(),
        credit_type_id: *credit_type,
    }
}

pub(super) fn settings(body: SetUsageSettingsBody) -> UsageSettings {
    let SetUsageSettingsBody {
        credit_type_id,
        unknown_people,
        rules,
    } = body;
    let rule = |rule| {
        let UsageRuleBody {
            provider,
            model,
            tag,
            credit_type_id,
        } = rule;
        UsageRule {
            provider,
            model: model.as_deref().map(ModelPattern::parse),
            tag,
            credit_type: credit_type_id,
        }
    };
    UsageSettings {
        default: credit_type_id,
        unknown_people: match unknown_people {
            UnknownWord::Refuse => UnknownPeople::Refuse,
            UnknownWord::Keep => UnknownPeople::Keep,
        },
        rules: rules.into_iter().map(rule).collect(),
    }
}

const fn kind_word(kind: PersonNameKind) -> KindWord {
    match kind {
        PersonNameKind::PersonId => KindWord::PersonId,
        PersonNameKind::Email => KindWord::Email,
        PersonNameKind::ExternalId => KindWord::ExternalId,
    }
}

const fn kind(word: KindWord) -> PersonNameKind {
    match word {
        KindWord::PersonId => PersonNameKind::PersonId,
        KindWord::Email => PersonNameKind::Email,
        KindWord::ExternalId => PersonNameKind::ExternalId,
    }
}

pub(super) fn unmatched_view(line: UnmatchedLine, currency: Currency) -> UnmatchedUsageView {
    let UnmatchedLine { row, holder } = line;
    let UnmatchedRow {
        name: PersonName { kind, key: _, text },
        events,
        cost,
        amount,
        first_at,
        last_at,
        refusal,
    } = row;
    let code = |word| serde_json::from_value::<ErrorCode>(serde_json::Value::String(word)).ok();
    UnmatchedUsageView {
        kind: kind_word(kind),
        name: text,
        events,
        cost: cost.map(|amount| Money { amount, currency }),
        amount,
        first_at,
        last_at,
        problem: refusal.and_then(code),
        person: holder.as_ref().map(person_ref),
    }
}

pub(super) fn matches(body: MatchUsageBody) -> Vec<UsageMatch> {
    let one = |found| {
        let UsageMatchBody {
            kind: word,
            name,
            person_id,
        } = found;
        UsageMatch {
            kind: kind(word),
            name,
            person: person_id,
        }
    };
    body.matches.into_iter().map(one).collect()
}

pub(super) fn matched_view(matches: &[UsageMatch], counts: &[u64]) -> MatchedUsageListView {
    let one = |(found, events): (&UsageMatch, &u64)| MatchedUsageView {
        kind: kind_word(found.kind),
        name: found.name.clone(),
        person_id: found.person,
        events: *events,
    };
    MatchedUsageListView {
        results: matches.iter().zip(counts).map(one).collect(),
    }
}

pub(super) fn discard(body: DiscardUsageBody) -> DiscardUsage {
    let DiscardUsageBody { names, reason } = body;
    let name = |UsageNameBody { kind: word, name }| (kind(word), name);
    DiscardUsage {
        names: names.into_iter().map(name).collect(),
        reason,
    }
}

pub(super) const fn discarded_view(discarded: &u64) -> DiscardedUsageView {
    DiscardedUsageView {
        discarded: *discarded,
    }
}
