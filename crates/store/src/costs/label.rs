//! What was used, in texts: what is told apart beside days, groups and people.

use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::facts::FactRow;

/// The tags of what has none.
const NO_TAGS: &str = "[]";

/// What was used, in the texts by which sums are told apart. What is empty is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) operation: String,
    /// A JSON array, sorted and without repetition.
    pub(super) tags: String,
}

/// Which texts and ids a question tells apart or asks for; what it does not is of no interest to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    pub(super) group: bool,
    pub(super) person: bool,
    pub(super) provider: bool,
    pub(super) model: bool,
    pub(super) operation: bool,
    pub(super) tags: bool,
}

impl Label {
    /// The label with what is of interest alone.
    pub(super) fn coarse(&self, detail: Detail) -> Self {
        let keep = |is_kept: bool, text: &str| if is_kept { text.to_owned() } else { String::new() };
        Self {
            provider: keep(detail.provider, &self.provider),
            model: keep(detail.model, &self.model),
            operation: keep(detail.operation, &self.operation),
            tags: if detail.tags {
                self.tags.clone()
            } else {
                NO_TAGS.to_owned()
            },
        }
    }

    /// What a fact is told apart by.
    pub(super) fn of(row: &mut FactRow) -> Self {
        Self {
            provider: plain(row.provider.take()),
            model: plain(row.model.take()),
            operation: plain(row.operation.take()),
            tags: Value::from(canonical(row.tags.as_deref())).to_string(),
        }
    }

    /// By its content: whoever rolls up gives the same label the same id.
    pub(super) fn id(&self) -> Uuid {
        let mut digest = Sha256::new();
        for text in [&self.provider, &self.model, &self.operation, &self.tags] {
            digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(text.as_bytes());
        }
        let mut id = [0; 16];
        for (into, from) in id.iter_mut().zip(digest.finalize()) {
            *into = from;
        }
        Uuid::from_bytes(id)
    }
}

/// The character that PostgreSQL keeps in no text.
fn plain(text: Option<String>) -> String {
    match text {
        Some(text) if text.contains('\0') => text.replace('\0', "\u{fffd}"),
        text => text.unwrap_or_default(),
    }
}

/// Tags in one order, each once.
pub(super) fn canonical(tags: Option<&str>) -> Vec<String> {
    let Some(tags) = tags else { return Vec::new() };
    let mut tags: Vec<String> = serde_json::from_str(tags).unwrap_or_default();
    for tag in &mut tags {
        *tag = plain(Some(std::mem::take(tag)));
    }
    tags.retain(|tag| !tag.is_empty());
    tags.sort_unstable();
    tags.dedup();
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(provider: &str, model: &str, tags: Option<&str>) -> Label {
        let text = |text: &str| Some(text.to_owned());
        Label::of(&mut FactRow {
            credit_type_id: Uuid::nil(),
            cycle_number: 1,
            counted_at: 0,
            happened_at: 0,
            person_id: Uuid::nil(),
            group_id: Uuid::nil(),
            credits: 1,
            cost: None,
            events: 1,
            provider: text(provider),
            model: text(model),
            operation: None,
            tags: tags.map(str::to_owned),
        })
    }

    #[test]
    fn labels_are_the_same_whatever_the_order_of_their_tags() {
        let tagged = |tags: &str| label("p", "", Some(tags));
        assert_eq!(tagged(r#"["b","a","b",""]"#), tagged(r#"["a","b"]"#));
        assert_eq!(tagged(r#"["b","a"]"#).id(), tagged(r#"["a","b"]"#).id());
        assert_ne!(tagged(r#"["a"]"#).id(), tagged(r#"["a,b"]"#).id());
        assert_eq!(label("", "", None).tags, "[]");
        assert_eq!(tagged(r#"["\u0000"]"#).tags, "[\"\u{fffd}\"]");
        assert_ne!(label("p", "", None).id(), label("", "p", None).id());
    }
}
