//! Which credit type usage counts against that names none: the first rule that fits, else the default.

use allowance_values::CreditTypeId;

/// So many rules at most.
pub const MAX_RULES: usize = 100;

/// What becomes of usage whose person is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownPeople {
    /// It is refused.
    #[default]
    Refuse,
    /// It is kept aside until somebody says whose it is.
    Keep,
}

impl UnknownPeople {
    /// The word that rows and the audit log hold.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Keep => "keep",
        }
    }
}

/// A model's name, or how it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelPattern {
    /// Exactly this one.
    Exactly(String),
    /// Every one that begins so.
    Beginning(String),
}

impl ModelPattern {
    /// The pattern of a text: a `*` at its end stands for anything that follows.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.strip_suffix('*').map_or_else(
            || Self::Exactly(text.to_owned()),
            |beginning| Self::Beginning(beginning.to_owned()),
        )
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Exactly(name) => name.clone(),
            Self::Beginning(beginning) => format!("{beginning}*"),
        }
    }

    fn fits(&self, model: &str) -> bool {
        match self {
            Self::Exactly(name) => is_same(name, model),
            Self::Beginning(beginning) => model.to_lowercase().starts_with(&beginning.to_lowercase()),
        }
    }
}

/// One rule; what is absent fits anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRule {
    /// Whose service was used.
    pub provider: Option<String>,
    /// Which model or product.
    pub model: Option<ModelPattern>,
    /// A tag it must have.
    pub tag: Option<String>,
    /// The credit type it counts against.
    pub credit_type: CreditTypeId,
}

impl UsageRule {
    /// Whether it takes a use.
    #[must_use]
    pub fn fits(&self, provider: Option<&str>, model: Option<&str>, tags: &[String]) -> bool {
        let Self {
            provider: wanted,
            model: pattern,
            tag,
            credit_type: _,
        } = self;
        let fits_provider = wanted
            .as_ref()
            .is_none_or(|wanted| provider.is_some_and(|provider| is_same(wanted, provider)));
        let fits_model = pattern
            .as_ref()
            .is_none_or(|pattern| model.is_some_and(|model| pattern.fits(model)));
        let fits_tag = tag
            .as_ref()
            .is_none_or(|wanted| tags.iter().any(|tag| is_same(wanted, tag)));
        fits_provider && fits_model && fits_tag
    }
}

/// Letters count as the same whatever their case.
fn is_same(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

/// How an organisation counts usage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageSettings {
    /// The credit type of usage that names none and that no rule takes; the organisation's first when absent.
    pub default: Option<CreditTypeId>,
    /// What becomes of usage whose person is not known.
    pub unknown_people: UnknownPeople,
    /// The rules, in order: the first that fits decides.
    pub rules: Vec<UsageRule>,
}

impl UsageSettings {
    /// The credit type a use counts against that names none; nothing where it is the organisation's first.
    #[must_use]
    pub fn credit_type_of(
        &self,
        provider: Option<&str>,
        model: Option<&str>,
        tags: &[String],
    ) -> Option<CreditTypeId> {
        let rule = self.rules.iter().find(|rule| rule.fits(provider, model, tags));
        rule.map(|rule| rule.credit_type).or(self.default)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn credit_type(n: u128) -> CreditTypeId {
        CreditTypeId::new(Uuid::from_u128(n))
    }

    fn rule(provider: Option<&str>, model: Option<&str>, tag: Option<&str>, to: u128) -> UsageRule {
        UsageRule {
            provider: provider.map(str::to_owned),
            model: model.map(ModelPattern::parse),
            tag: tag.map(str::to_owned),
            credit_type: credit_type(to),
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides_else_the_default() {
        let settings = UsageSettings {
            default: Some(credit_type(9)),
            rules: vec![
                rule(Some("OpenAI"), Some("gpt-4*"), None, 1),
                rule(Some("openai"), None, None, 2),
                rule(None, Some("Éclair"), Some("Courses"), 3),
                rule(None, Some("*"), None, 4),
            ],
            ..UsageSettings::default()
        };
        let tags = ["courses".to_owned(), "x".to_owned()];
        let cases = [
            (Some("openai"), Some("GPT-4o"), 1),
            (Some("OPENAI"), Some("o3"), 2),
            (Some("openai"), None, 2),
            (Some("anthropic"), Some("éCLAIR"), 3),
            (None, Some("anything"), 4),
            (Some("open"), None, 9),
            (None, None, 9),
        ];
        for (provider, model, expected) in cases {
            assert_eq!(
                settings.credit_type_of(provider, model, &tags),
                Some(credit_type(expected)),
                "{provider:?} {model:?}"
            );
        }
        // Without the tag, the third rule does not fit; the last one takes any model.
        assert_eq!(
            settings.credit_type_of(None, Some("éclair"), &[]),
            Some(credit_type(4))
        );
        assert_eq!(
            UsageSettings::default().credit_type_of(None, Some("x"), &tags),
            None
        );
    }

    #[test]
    fn a_pattern_is_written_as_it_was_read() {
        for text in ["gpt-4o", "gpt-4*", "*", "a*b"] {
            assert_eq!(ModelPattern::parse(text).text(), text);
        }
    }
}
