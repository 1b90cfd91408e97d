//! Cursors: where a page starts, opaque to clients.
//!
//! A cursor holds a position and a fingerprint of the list, filter and order it belongs to. It carries no authority: the
//! query behind it is scoped by the caller as on the first page, so a forged one shows nothing new.

use allowance_api_types::problem::ErrorCode;
use allowance_api_types::{Page, Total};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::problem::Failure;

/// Rows on a page when nobody says how many.
const DEFAULT_LIMIT: u32 = 50;
/// Rows on a page at most.
const MAX_LIMIT: u32 = 1_000;

#[derive(Serialize, serde::Deserialize)]
struct Envelope<P> {
    /// The version of this format.
    v: u8,
    /// The fingerprint of list and filter.
    f: String,
    /// The position.
    p: P,
}

/// A list with its filter and order, which its cursors are bound to.
#[derive(Debug, Clone)]
pub struct CursorOf {
    fingerprint: String,
}

impl CursorOf {
    /// `list` names the list with what is in its path; `filter` is everything that decides which rows it has, in which
    /// order, without the cursor and the limit.
    pub fn list(list: &str, filter: &impl std::fmt::Debug) -> Self {
        let digest = Sha256::digest(format!("{list}\0{filter:?}").as_bytes());
        let short: Vec<u8> = digest.iter().take(9).copied().collect();
        Self {
            fingerprint: URL_SAFE_NO_PAD.encode(short),
        }
    }

    /// The cursor of a position.
    pub fn encode<P: Serialize>(&self, position: P) -> String {
        let envelope = Envelope {
            v: 1,
            f: self.fingerprint.clone(),
            p: position,
        };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&envelope).unwrap_or_default())
    }

    /// The position of a cursor.
    ///
    /// # Errors
    /// `invalid_cursor` when it is broken or belongs to another list, filter or order.
    pub fn decode<P: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<P>, Failure> {
        let Some(cursor) = cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Self::broken())?;
        let Envelope { v, f, p } =
            serde_json::from_slice::<Envelope<P>>(&bytes).map_err(|_| Self::broken())?;
        if v != 1 || f != self.fingerprint {
            return Err(Self::broken());
        }
        Ok(Some(p))
    }

    /// What a cursor is answered that is broken, or whose position is none.
    pub fn broken() -> Failure {
        Failure::new(ErrorCode::InvalidCursor, "Start from the first page again.")
    }
}

impl CursorOf {
    /// A page of `size` views made of rows, of which one more than that was asked for to know whether there is a next.
    pub fn page_of<R, V, P: Serialize>(
        &self,
        mut rows: Vec<R>,
        size: u64,
        position: impl Fn(&R) -> P,
        view: impl Fn(R) -> V,
    ) -> Page<V> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let has_next = rows.len() > size;
        rows.truncate(size);
        let next_cursor = rows
            .last()
            .filter(|_| has_next)
            .map(|last| self.encode(position(last)));
        Page {
            items: rows.into_iter().map(view).collect(),
            next_cursor,
            total: None,
        }
    }
}

/// How many rows there are in all.
#[must_use]
pub const fn total_view(total: allowance_store::Total) -> Total {
    Total {
        count: total.count,
        is_exact: total.is_exact,
    }
}

/// How many rows a page has. The bounds of the parameter are checked before.
#[must_use]
pub fn page_size(limit: Option<u32>) -> u64 {
    u64::from(limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_serves_its_own_list_and_filter_only() {
        let people = CursorOf::list("people", &Some("ann"));
        let cursor = people.encode(("ann", 7));
        assert_eq!(
            people.decode::<(String, u32)>(Some(&cursor)).unwrap(),
            Some(("ann".to_owned(), 7))
        );
        for other in [
            CursorOf::list("people", &None::<&str>),
            CursorOf::list("groups", &Some("ann")),
        ] {
            assert_eq!(
                other.decode::<(String, u32)>(Some(&cursor)).unwrap_err().code(),
                ErrorCode::InvalidCursor
            );
        }
        for broken in ["", "%", "AAAA", cursor.trim_start_matches('e')] {
            assert!(people.decode::<(String, u32)>(Some(broken)).is_err(), "{broken}");
        }
        assert!(people.decode::<(String, u32)>(None).unwrap().is_none());
    }
}
