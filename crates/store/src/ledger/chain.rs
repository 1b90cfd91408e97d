//! The hash chain: one link per batch, SHA-256 over the link before and a versioned, length-prefixed binary form of the
//! entries. It carries ids and amounts, never names or reasons.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::entities::ledger_entry;

const VERSION: u8 = 1;

/// The first link of every organisation.
pub(crate) fn genesis() -> Vec<u8> {
    vec![0; 32]
}

/// The link of a batch of entries that are all of one organisation, in order.
pub(crate) fn link(previous: &[u8], entries: &[ledger_entry::Model]) -> Vec<u8> {
    let mut link = Link::after(previous);
    for entry in entries {
        link.add(entry);
    }
    link.finish()
}

/// A link under way, for batches that are too large to be held at once.
#[derive(Debug, Clone)]
pub(crate) struct Link(Sha256);

impl Link {
    /// The link after this one.
    pub(crate) fn after(previous: &[u8]) -> Self {
        let mut hash = Sha256::new();
        put(&mut hash, &[VERSION]);
        put(&mut hash, previous);
        Self(hash)
    }

    /// Adds the batch's next entry.
    pub(crate) fn add(&mut self, entry: &ledger_entry::Model) {
        let ledger_entry::Model {
            organisation_id,
            seq,
            at,
            kind,
            credit_type_id,
            cycle_number,
            from_kind,
            from_group,
            to_kind,
            to_group,
            person_id,
            amount,
            subject_id,
            actor_id,
            request_id,
        } = entry;
        let hash = &mut self.0;
        put(hash, organisation_id.as_bytes());
        put(hash, &seq.to_be_bytes());
        put(hash, &at.to_be_bytes());
        put(hash, kind.as_bytes());
        put(hash, credit_type_id.as_bytes());
        put(hash, &cycle_number.to_be_bytes());
        put(hash, from_kind.as_bytes());
        put_id(hash, *from_group);
        put(hash, to_kind.as_bytes());
        put_id(hash, *to_group);
        put_id(hash, *person_id);
        put(hash, &amount.to_be_bytes());
        put_id(hash, *subject_id);
        put_id(hash, *actor_id);
        put(hash, request_id.as_deref().unwrap_or("").as_bytes());
    }

    /// The link of what was added.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

fn put(hash: &mut Sha256, bytes: &[u8]) {
    hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(bytes);
}

fn put_id(hash: &mut Sha256, id: Option<Uuid>) {
    match id {
        Some(id) => put(hash, id.as_bytes()),
        None => put(hash, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_an_entry_is_in_the_link() {
        let entry = ledger_entry::Model {
            organisation_id: Uuid::from_u128(1),
            seq: 2,
            at: 3,
            kind: "charge".to_owned(),
            credit_type_id: Uuid::from_u128(4),
            cycle_number: 5,
            from_kind: "member".to_owned(),
            from_group: Some(Uuid::from_u128(6)),
            to_kind: "spent".to_owned(),
            to_group: None,
            person_id: Some(Uuid::from_u128(7)),
            amount: 8,
            subject_id: None,
            actor_id: None,
            request_id: None,
        };
        let original = link(&genesis(), std::slice::from_ref(&entry));
        let changes: Vec<fn(&mut ledger_entry::Model)> = vec![
            |entry| entry.organisation_id = Uuid::nil(),
            |entry| entry.seq = 0,
            |entry| entry.at = 0,
            |entry| entry.kind.push('x'),
            |entry| entry.credit_type_id = Uuid::nil(),
            |entry| entry.cycle_number = 0,
            |entry| entry.from_kind.push('x'),
            |entry| entry.from_group = None,
            |entry| entry.to_kind.push('x'),
            |entry| entry.to_group = Some(Uuid::nil()),
            |entry| entry.person_id = None,
            |entry| entry.amount = 9,
            |entry| entry.subject_id = Some(Uuid::nil()),
            |entry| entry.actor_id = Some(Uuid::nil()),
            |entry| entry.request_id = Some("r".to_owned()),
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut changed = entry.clone();
            change(&mut changed);
            assert_ne!(link(&genesis(), &[changed]), original, "field {index}");
        }
        assert_ne!(link(&original, &[entry]), original);
    }
}
