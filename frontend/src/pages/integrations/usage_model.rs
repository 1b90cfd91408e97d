//! What is pure about usage settings: the draft of them, and what was typed wrong.

use allowance_api_types::usage::{
    PersonNameKind, SetUsageSettingsBody, UnknownPeople, UnmatchedUsageView, UsageRuleBody, UsageRuleView,
    UsageSettingsView,
};

use super::super::words;
use crate::format;
use crate::ui::{FieldErrors, optional};

/// The most rules there may be.
pub(super) const MOST_RULES: usize = 100;
const MOST_WORD: usize = 100;
const MOST_MODEL: usize = 200;

/// A rule as it is typed. Empty fits anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RuleText {
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) tag: String,
    pub(super) credit_type: String,
}

/// The settings as they are typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    /// An id, or nothing for the first credit type.
    pub(super) credit_type: String,
    /// A word of [`UnknownPeople`].
    pub(super) unknown_people: String,
    pub(super) rules: Vec<RuleText>,
}

impl Draft {
    pub(super) fn of(view: &UsageSettingsView) -> Self {
        let text = |word: &Option<String>| word.clone().unwrap_or_default();
        let rule = |rule: &UsageRuleView| RuleText {
            provider: text(&rule.provider),
            model: text(&rule.model),
            tag: text(&rule.tag),
            credit_type: rule.credit_type_id.to_string(),
        };
        Self {
            credit_type: view.credit_type_id.map(|id| id.to_string()).unwrap_or_default(),
            unknown_people: words::word(view.unknown_people),
            rules: view.rules.iter().map(rule).collect(),
        }
    }

    /// What is wrong with a rule is named `rules/0`, by its place.
    pub(super) fn into_body(self) -> Result<SetUsageSettingsBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let rules = self
            .rules
            .iter()
            .enumerate()
            .map(|(place, rule)| self::rule(&mut errors, &field_of(place), rule))
            .collect::<Option<Vec<_>>>();
        let unknown_people = words::from_word::<UnknownPeople>(&self.unknown_people);
        errors.finish(
            rules
                .zip(unknown_people)
                .map(|(rules, unknown_people)| SetUsageSettingsBody {
                    credit_type_id: self.credit_type.parse().ok(),
                    unknown_people,
                    rules,
                }),
        )
    }
}

/// The field that an error of a rule belongs to.
pub(super) fn field_of(place: usize) -> String {
    format!("rules/{place}")
}

fn rule(errors: &mut FieldErrors, field: &str, rule: &RuleText) -> Option<UsageRuleBody> {
    let provider = optional(errors, field, &rule.provider, MOST_WORD);
    let model = optional(errors, field, &rule.model, MOST_MODEL);
    let tag = optional(errors, field, &rule.tag, MOST_WORD);
    if errors.get(field).is_none() && provider.is_none() && model.is_none() && tag.is_none() {
        errors.add(field, "Name a provider, a model or a tag.");
    }
    let Ok(credit_type_id) = rule.credit_type.parse() else {
        errors.add(field, "Choose a credit type.");
        // So that the other rules are judged as well.
        return None;
    };
    Some(UsageRuleBody {
        provider,
        model,
        tag,
        credit_type_id,
    })
}

/// Moves one to the place before or behind, where there is one.
pub(super) fn moved<T>(list: &mut [T], place: usize, by: isize) {
    if let Some(other) = place.checked_add_signed(by).filter(|other| *other < list.len())
        && place < list.len()
    {
        list.swap(place, other);
    }
}

/// By what a platform named a person.
pub(super) const fn name_kind(kind: PersonNameKind) -> &'static str {
    match kind {
        PersonNameKind::PersonId => "Id",
        PersonNameKind::Email => "E-mail",
        PersonNameKind::ExternalId => "Employee number",
        PersonNameKind::Nobody => "No name",
        _ => "Name",
    }
}

/// A name as it is spoken of.
pub(super) fn called(kind: PersonNameKind, name: &str) -> String {
    match kind {
        PersonNameKind::Nobody => "Nobody named".to_owned(),
        _ => name.to_owned(),
    }
}

/// A name with who uses it.
pub(super) fn reported_by(name: &str, source: &str) -> String {
    format!("{name} ({source})")
}

/// What remembering a name means.
pub(super) fn remember_words(kind: PersonNameKind, name: &str, source: &str) -> String {
    match kind {
        PersonNameKind::Nobody => {
            format!("Remember: whatever {source} reports for nobody counts for this person")
        }
        _ => format!("Remember: {name} in reports of {source} is this person from now on"),
    }
}

/// How much lies aside under a name.
pub(super) fn how_much(row: &UnmatchedUsageView) -> String {
    let credits = (!row.amount.is_zero()).then(|| format!("{} credits", format::credits(row.amount)));
    match (row.cost.as_ref().map(format::money), credits) {
        (Some(cost), Some(credits)) => format!("{cost} and {credits}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> UsageSettingsView {
        serde_json::from_value(serde_json::json!({
            "credit_type_id": null, "unknown_people": "keep", "etag": "\"1\"",
            "rules": [
                {"provider": "OpenAI", "model": "gpt-5*", "tag": null, "credit_type_id": format!("crt_{:032}", 1)},
                {"provider": null, "model": null, "tag": "course", "credit_type_id": format!("crt_{:032}", 2)},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn what_is_read_is_written_back_the_same() {
        let body = Draft::of(&view()).into_body().unwrap();
        assert_eq!(
            (body.credit_type_id, body.unknown_people),
            (None, UnknownPeople::Keep)
        );
        let models: Vec<_> = body.rules.iter().map(|rule| rule.model.as_deref()).collect();
        assert_eq!(models, [Some("gpt-5*"), None]);
    }

    #[test]
    fn a_rule_names_something_and_a_credit_type() {
        let mut draft = Draft::of(&view());
        draft.rules = vec![
            RuleText {
                provider: "  ".to_owned(),
                credit_type: format!("crt_{:032}", 1),
                ..RuleText::default()
            },
            RuleText {
                tag: "x".repeat(101),
                credit_type: format!("crt_{:032}", 1),
                ..RuleText::default()
            },
        ];
        let errors = draft.clone().into_body().unwrap_err();
        assert_eq!(errors.get("rules/0"), Some("Name a provider, a model or a tag."));
        assert_eq!(errors.get("rules/1"), Some("Use at most 100 characters."));
        draft.rules = vec![RuleText {
            tag: "x".to_owned(),
            ..RuleText::default()
        }];
        assert_eq!(
            draft.into_body().unwrap_err().get("rules/0"),
            Some("Choose a credit type.")
        );
    }

    #[test]
    fn a_rule_moves_within_the_list() {
        let mut list = [1, 2, 3];
        moved(&mut list, 0, -1);
        moved(&mut list, 2, 1);
        assert_eq!(list, [1, 2, 3]);
        moved(&mut list, 0, 1);
        assert_eq!(list, [2, 1, 3]);
        moved(&mut list, 2, -1);
        assert_eq!(list, [2, 3, 1]);
    }

    #[test]
    fn both_cost_and_credits_are_said() {
        let row = |cost: serde_json::Value, amount: &str| -> UnmatchedUsageView {
            serde_json::from_value(serde_json::json!({
                "kind": "email", "name": "a@b", "source": "gateway", "events": 1, "cost": cost, "amount": amount, "person": null,
                "first_at": "2026-11-26T10:00:00Z", "last_at": "2026-11-26T10:00:00Z",
            }))
            .unwrap()
        };
        let cost = serde_json::json!({"amount": "1.5", "currency": "EUR"});
        assert_eq!(how_much(&row(cost.clone(), "0")), "1.5\u{a0}EUR");
        assert_eq!(how_much(&row(cost, "3")), "1.5\u{a0}EUR and 3 credits");
        assert_eq!(how_much(&row(serde_json::Value::Null, "0")), "–");
        for &kind in PersonNameKind::ALL {
            assert_ne!(name_kind(kind), "Name");
            assert_ne!(called(kind, ""), called(PersonNameKind::Email, "a@b"));
        }
    }
}
