//! What is pure about holds: the state an address asks for, what became of one, when it ends.

use allowance_api_types::holds::{HoldState, HoldView};
use allowance_values::Timestamp;

use super::super::words;
use crate::format;

/// The word of an address for holds of any state; without a word those that are open are meant.
pub(super) const ANY_STATE: &str = "all";

/// Which state an address asks for; nothing for any.
pub(super) fn state_of(word: Option<&str>) -> Option<HoldState> {
    match word {
        None => Some(HoldState::Open),
        Some(ANY_STATE) => None,
        Some(word) => words::from_word(word),
    }
}

/// A state of an address as a filter reads.
pub(super) fn state_words(word: &str) -> String {
    match words::from_word(word) {
        Some(state) if word != ANY_STATE => words::hold_state(state).0.to_owned(),
        _ => "All states".to_owned(),
    }
}

/// When an open one is given back by itself: `expires in 12 minutes`.
pub(super) fn expires(hold: &HoldView, now: Timestamp) -> String {
    match hold.expires_at {
        None => "does not expire".to_owned(),
        Some(at) if at <= now => "expires now".to_owned(),
        Some(at) => format!("expires {}", format::relative(at, now)),
    }
}

/// What became of it beyond the word of its state.
pub(super) fn details(hold: &HoldView) -> Option<String> {
    match hold.state {
        HoldState::Captured if hold.captured != hold.amount => Some(format!(
            "{} of {}",
            format::credits(hold.captured),
            format::credits(hold.amount)
        )),
        HoldState::Open if hold.tolerance.is_positive() => {
            Some(format!("up to {} more", format::credits(hold.tolerance)))
        }
        _ => None,
    }
}

/// What it is for, to its person: the note, else who placed it.
pub fn what_for(hold: &HoldView) -> String {
    hold.note.clone().unwrap_or_else(|| hold.source.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(state: &str, captured: &str, expires_at: Option<&str>) -> HoldView {
        serde_json::from_value(serde_json::json!({
            "hold_id": format!("hld_{:032}", 1), "source": "gateway", "id": "call-1",
            "credit_type_id": format!("crt_{:032}", 1),
            "person": {"id": format!("per_{:032}", 1), "display_name": "Zoë", "email": "zoe@x.test"},
            "amount": "5", "captured": captured, "tolerance": "0", "state": state,
            "placed_at": "2026-11-26T10:00:00Z", "expires_at": expires_at,
        }))
        .unwrap()
    }

    #[test]
    fn an_address_without_a_state_means_open_and_every_state_has_its_word() {
        assert_eq!(state_of(None), Some(HoldState::Open));
        assert_eq!(state_of(Some(ANY_STATE)), None);
        for &state in HoldState::ALL {
            assert_eq!(state_of(Some(&words::word(state))), Some(state));
            assert_eq!(state_words(&words::word(state)), words::hold_state(state).0);
        }
        assert_eq!(state_words(ANY_STATE), "All states");
    }

    #[test]
    fn when_it_expires_is_said() {
        let now = "2026-11-26T10:00:00Z".parse().unwrap();
        let at = Some("2026-11-26T10:12:00Z");
        assert_eq!(expires(&hold("open", "0", at), now), "expires in 12 minutes");
        assert_eq!(
            expires(&hold("open", "0", Some("2026-11-26T10:00:00Z")), now),
            "expires now"
        );
        assert_eq!(expires(&hold("open", "0", None), now), "does not expire");
    }

    #[test]
    fn a_part_that_was_captured_is_said() {
        assert_eq!(
            details(&hold("captured", "3.25", None)).as_deref(),
            Some("3.25 of 5")
        );
        assert_eq!(details(&hold("captured", "5", None)), None);
        assert_eq!(what_for(&hold("open", "0", None)), "gateway");
    }
}
