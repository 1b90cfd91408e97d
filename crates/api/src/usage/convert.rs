//! Between the contract and the application.

use allowance_api_types::problem::ErrorCode;
use allowance_api_types::usage::{
    DiscardUsageBody, DiscardedUsageView, MatchUsageBody, MatchedUsageListView, MatchedUsageView,
    PersonNameKind as KindWord, SetUsageSettingsBody, UnknownPeople as UnknownWord, UnmatchedUsageView,
    UsageAliasView, UsageMatchBody, UsageNameBody, UsageRuleBody, UsageRuleView, UsageSettingsView,
    UsageTrialLineView, UsageTrialRefusalView, UsageTrialView,
};
use allowance_app::usage::{
    AliasLine, DiscardUsage, Matched, Trial, TrialLine, UnmatchedLine, UsageMatch, UsageName, usage_etag,
};
use allowance_domain::metering::{
    ModelPattern, PersonName, PersonNameKind, UnknownPeople, UsageRule, UsageSettings,
};
use allowance_store::{AliasRow, UnmatchedRow, UsageSettingsRow};
use allowance_values::{Currency, Money};

use crate::allocations::convert::person_ref;
use crate::http::problem::Failure;

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
        PersonNameKind::Nobody => KindWord::Nobody,
    }
}

const fn kind(word: KindWord) -> PersonNameKind {
    match word {
        KindWord::PersonId => PersonNameKind::PersonId,
        KindWord::Email => PersonNameKind::Email,
        KindWord::ExternalId => PersonNameKind::ExternalId,
        KindWord::Nobody => PersonNameKind::Nobody,
    }
}

pub(super) fn unmatched_view(line: UnmatchedLine, currency: Currency) -> UnmatchedUsageView {
    let UnmatchedLine { row, holder } = line;
    let UnmatchedRow {
        source,
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
        source,
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
            source,
            person_id,
            remember,
        } = found;
        UsageMatch {
            name: UsageName {
                kind: kind(word),
                name,
                source,
            },
            person: person_id,
            is_remembered: remember,
        }
    };
    body.matches.into_iter().map(one).collect()
}

pub(super) fn matched_view(matches: &[UsageMatch], results: &[Matched]) -> MatchedUsageListView {
    let one = |(found, Matched { events, trial }): (&UsageMatch, &Matched)| MatchedUsageView {
        kind: kind_word(found.name.kind),
        name: found.name.name.clone(),
        source: found.name.source.clone(),
        person_id: found.person,
        events: *events,
        trial: trial.as_ref().map(trial_view),
    };
    MatchedUsageListView {
        results: matches.iter().zip(results).map(one).collect(),
    }
}

fn trial_view(trial: &Trial) -> UsageTrialView {
    let Trial {
        tried,
        counted,
        refused,
    } = trial;
    let line = |line: &TrialLine| {
        let TrialLine {
            credit_type,
            name,
            events,
            late,
            credits,
            over_by,
        } = line;
        UsageTrialLineView {
            credit_type_id: *credit_type,
            name: name.clone(),
            events: *events,
            late: *late,
            credits: *credits,
            over_by: Some(*over_by).filter(|over_by| over_by.is_positive()),
        }
    };
    let refusal = |(error, events): &(allowance_app::Error, u64)| UsageTrialRefusalView {
        problem: Failure::from(error.clone()).code(),
        events: *events,
    };
    UsageTrialView {
        tried: *tried,
        counted: counted.iter().map(line).collect(),
        refused: refused.iter().map(refusal).collect(),
    }
}

pub(super) fn alias_view(line: AliasLine) -> UsageAliasView {
    let AliasLine { row, holder, made_by } = line;
    let AliasRow {
        id,
        source,
        name: PersonName { kind, key: _, text },
        person: _,
        made_at,
        made_by: _,
    } = row;
    UsageAliasView {
        id,
        kind: kind_word(kind),
        name: text,
        source,
        person: person_ref(&holder),
        made_at,
        made_by: made_by.as_ref().map(person_ref),
    }
}

pub(super) fn discard(body: DiscardUsageBody) -> DiscardUsage {
    let DiscardUsageBody { names, reason } = body;
    let name = |name| {
        let UsageNameBody {
            kind: word,
            name,
            source,
        } = name;
        UsageName {
            kind: kind(word),
            name,
            source,
        }
    };
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
