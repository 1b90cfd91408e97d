//! What is pure about requests: who decides in words, what became of one, where the list goes on.

use allowance_api_types::credit_requests::{
    ApproveCreditRequestBody, CreditRequestStatus, CreditRequestView, RequestCommand, RequestTerm,
};
use allowance_grid::Reading;
use allowance_values::{CreditRequestId, PersonId};

use super::super::words;
use crate::format;
use crate::ui::{FieldErrors, optional};

/// The most characters of a reason, a question, an answer.
pub const MOST_TEXT: usize = 2_000;

/// Whether the viewer may give a command now.
pub fn may(request: &CreditRequestView, command: RequestCommand) -> bool {
    request
        .allowed_commands
        .iter()
        .any(|allowed| allowed.command == command && allowed.is_allowed)
}

/// Whether it still waits for somebody.
pub const fn is_open(request: &CreditRequestView) -> bool {
    matches!(
        request.status,
        CreditRequestStatus::Pending | CreditRequestStatus::InformationRequested
    )
}

/// Who decides, as a sentence.
pub fn waits(request: &CreditRequestView, viewer: PersonId) -> String {
    if request.status == CreditRequestStatus::InformationRequested {
        return if request.requester.id == viewer {
            "Waits for your answer".to_owned()
        } else {
            format!("Waits for {}’s answer", request.requester.display_name)
        };
    }
    let is_you = request.waits_for.iter().any(|person| person.id == viewer);
    let mut names: Vec<&str> = request
        .waits_for
        .iter()
        .filter(|person| person.id != viewer)
        .map(|person| person.display_name.as_str())
        .collect();
    if is_you {
        names.insert(0, "You");
    }
    match names.as_slice() {
        [] => "Nobody can decide this yet; it waits until somebody can".to_owned(),
        ["You"] => "You decide".to_owned(),
        [one] => format!("{one} decides"),
        [one, two] => format!("{one} or {two} decides"),
        [one, two, rest @ ..] => {
            let more = u64::try_from(rest.len()).unwrap_or(u64::MAX);
            format!(
                "{one}, {two} or {}",
                format::plural(more, "other decides", "others decide")
            )
        }
    }
}

/// What became of a closed request: `Ken approved 250 credits for good`.
pub fn outcome(request: &CreditRequestView, decimals: u8) -> Option<String> {
    let who = request
        .decided_by
        .as_ref()
        .map_or("The reserve", |person| person.display_name.as_str());
    match request.status {
        CreditRequestStatus::Approved | CreditRequestStatus::AutoApproved => {
            let amount = request.approved.unwrap_or(request.requested);
            let term = match request.approved_term {
                Some(RequestTerm::ForGood) => " for good",
                _ => "",
            };
            Some(format!(
                "{who} approved {} credits{term}",
                format::credits_to(amount, decimals.max(2))
            ))
        }
        CreditRequestStatus::Denied => Some(format!("{who} denied it")),
        CreditRequestStatus::Withdrawn => Some(format!("{} took it back", request.requester.display_name)),
        _ => None,
    }
}

/// The row so many steps away; from nowhere, the first.
pub(super) fn neighbour(
    rows: &[CreditRequestId],
    from: Option<CreditRequestId>,
    by: isize,
) -> Option<CreditRequestId> {
    let here = from.and_then(|from| rows.iter().position(|row| *row == from));
    let next = here.map_or(0, |here| {
        here.saturating_add_signed(by).min(rows.len().saturating_sub(1))
    });
    rows.get(next).copied()
}

/// Which row comes into view when this one is decided and leaves the list: the one below, else the one above.
pub(super) fn after(rows: &[CreditRequestId], decided: CreditRequestId) -> Option<CreditRequestId> {
    let here = rows.iter().position(|row| *row == decided)?;
    let below = rows.get(here.saturating_add(1));
    let above = here.checked_sub(1).and_then(|above| rows.get(above));
    below.or(above).copied()
}

/// The rows from one to the other, both included.
pub(super) fn between(
    rows: &[CreditRequestId],
    one: CreditRequestId,
    other: CreditRequestId,
) -> Vec<CreditRequestId> {
    let place = |id| rows.iter().position(|row| *row == id);
    let (Some(one), Some(other)) = (place(one), place(other)) else {
        return vec![other];
    };
    let range = one.min(other)..=one.max(other);
    rows.get(range).unwrap_or_default().to_vec()
}

/// The texts of a decision, named as in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Approval {
    pub(super) amount: String,
    pub(super) term: String,
    pub(super) add_from_unallocated: bool,
    pub(super) note: String,
}

impl Approval {
    pub(super) fn into_body(self, reading: Reading) -> Result<ApproveCreditRequestBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let amount = match reading.amount(&self.amount) {
            Ok(amount) if amount.is_positive() => Some(amount),
            Ok(_) => {
                errors.add("amount", "Enter an amount above zero, or deny the request.");
                None
            }
            Err(error) => {
                errors.add("amount", error.to_string());
                None
            }
        };
        let note = optional(&mut errors, "note", &self.note, MOST_TEXT);
        errors.finish(Some(ApproveCreditRequestBody {
            amount,
            term: words::from_word(&self.term),
            add_from_unallocated: self.add_from_unallocated,
            note,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(status: &str, waits_for: &[u8]) -> CreditRequestView {
        let id = |prefix: &str, n: u8| format!("{prefix}_{n:032}");
        let person = |n: u8| serde_json::json!({"id": id("per", n), "display_name": format!("P{n}"), "email": format!("p{n}@x.test")});
        serde_json::from_value(serde_json::json!({
            "id": id("crq", 1), "credit_type_id": id("crt", 1), "requester": person(1),
            "group": {"id": id("grp", 1), "name": "Default"}, "requested": "300", "term": "this_cycle",
            "reason": "because", "status": status, "submitted_at": "2026-11-20T10:00:00Z",
            "approved": "250", "approved_term": "for_good", "decided_by": person(2),
            "waits_for": waits_for.iter().map(|&n| person(n)).collect::<Vec<_>>(),
            "allowed_commands": [
                {"command": "approve", "is_allowed": true}, {"command": "deny", "is_allowed": false, "reason": "no"},
            ],
            "etag": "\"1\"",
        }))
        .unwrap()
    }

    fn ids(count: u8) -> Vec<CreditRequestId> {
        (1..=count)
            .map(|n| format!("crq_{n:032}").parse().unwrap())
            .collect()
    }

    #[test]
    fn who_decides_is_said_in_a_sentence() {
        let viewer: PersonId = format!("per_{:032}", 3).parse().unwrap();
        for (waits_for, sentence) in [
            (&[][..], "Nobody can decide this yet; it waits until somebody can"),
            (&[3], "You decide"),
            (&[2], "P2 decides"),
            (&[2, 3], "You or P2 decides"),
            (&[2, 4, 5, 6], "P2, P4 or 2 others decide"),
        ] {
            assert_eq!(waits(&request("pending", waits_for), viewer), sentence);
        }
        let asked = request("information_requested", &[3]);
        assert_eq!(waits(&asked, viewer), "Waits for P1’s answer");
        assert_eq!(waits(&asked, asked.requester.id), "Waits for your answer");
    }

    #[test]
    fn what_became_of_it_names_who_and_how_much() {
        let said = |status| outcome(&request(status, &[]), 0);
        assert_eq!(
            said("approved").as_deref(),
            Some("P2 approved 250 credits for good")
        );
        assert_eq!(said("denied").as_deref(), Some("P2 denied it"));
        assert_eq!(said("withdrawn").as_deref(), Some("P1 took it back"));
        assert_eq!(said("pending"), None);
    }

    #[test]
    fn commands_are_what_the_server_allows() {
        let request = request("pending", &[]);
        assert!(may(&request, RequestCommand::Approve));
        assert!(!may(&request, RequestCommand::Deny) && !may(&request, RequestCommand::Ask));
    }

    #[test]
    fn the_list_goes_on_where_there_is_a_row() {
        let rows = ids(3);
        let at = |n: usize| Some(rows[n]);
        assert_eq!(neighbour(&rows, None, 1), at(0));
        assert_eq!(neighbour(&rows, at(0), 1), at(1));
        assert_eq!(neighbour(&rows, at(2), 1), at(2));
        assert_eq!(neighbour(&rows, at(0), -1), at(0));
        assert_eq!(neighbour(&[], None, 1), None);
        assert_eq!(after(&rows, rows[1]), at(2));
        assert_eq!(after(&rows, rows[2]), at(1));
        assert_eq!(after(&rows[..1], rows[0]), None);
        assert_eq!(between(&rows, rows[2], rows[0]), rows);
        assert_eq!(between(&rows[..2], rows[2], rows[0]), [rows[0]]);
    }

    #[test]
    fn an_approval_of_nothing_is_no_approval() {
        let reading = format::reading(2);
        let draft = Approval {
            amount: "1,250.5".to_owned(),
            term: "for_good".to_owned(),
            add_from_unallocated: true,
            note: " ".to_owned(),
        };
        let body = draft.clone().into_body(reading).unwrap();
        assert_eq!(
            body.amount.map(|amount| amount.to_string()).as_deref(),
            Some("1250.5")
        );
        assert_eq!((body.term, body.note), (Some(RequestTerm::ForGood), None));
        for wrong in ["0", "-5", "x", ""] {
            let draft = Approval {
                amount: wrong.to_owned(),
                ..draft.clone()
            };
            assert!(
                draft.into_body(reading).unwrap_err().get("amount").is_some(),
                "{wrong}"
            );
        }
        let long = Approval {
            note: "é".repeat(MOST_TEXT + 1),
            ..draft
        };
        assert!(long.into_body(reading).unwrap_err().get("note").is_some());
    }
}
