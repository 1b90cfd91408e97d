//! The ledger as CSV (RFC 4180): streamed in steps up to a fixed position, so that memory stays constant and rows that
//! are written meanwhile change nothing. Texts that a spreadsheet would run as a formula are made harmless.

use actix_web::web::Bytes;
use allowance_api_types::ledger::{AccountView, LedgerEntryView};
use allowance_app::books::{self, EntryLine};
use allowance_app::{App, Caller, Result};
use allowance_store::EntryFilter;
use futures_util::Stream;

use super::convert::entry_view;

/// Entries per step.
const STEP: u64 = 1_000;
const HEADER: &str =
    "seq,at,kind,credit_type,cycle,from,from_group,to,to_group,person,amount,grant,charge,actor,note\r\n";

/// Where an export stands.
struct Position {
    app: App,
    caller: Caller,
    filter: EntryFilter,
    after: i64,
    is_begun: bool,
}

/// The chunks of the export.
pub(super) fn csv(
    app: App,
    caller: Caller,
    filter: EntryFilter,
) -> impl Stream<Item = std::result::Result<Bytes, std::io::Error>> {
    let start = Some(Position {
        app,
        caller,
        filter,
        after: 0,
        is_begun: false,
    });
    futures_util::stream::unfold(start, |position| async {
        let mut position = position?;
        match step(&mut position).await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(position))),
            Ok(None) => None,
            // The connection breaks, so that nobody takes half an export for a whole one.
            Err(error) => {
                tracing::error!(%error, "an export broke off");
                Some((Err(std::io::Error::other("the export broke off")), None))
            }
        }
    })
}

async fn step(position: &mut Position) -> Result<Option<Bytes>> {
    let Position {
        app,
        caller,
        filter,
        after,
        is_begun,
    } = position;
    let lines = books::export_ledger_entries(app, caller, *filter, *after, STEP).await?;
    let mut text = if *is_begun {
        String::new()
    } else {
        HEADER.to_owned()
    };
    let was_begun = std::mem::replace(is_begun, true);
    match lines.last() {
        None if was_begun => return Ok(None),
        None => {}
        Some(last) => *after = last.entry.seq,
    }
    for line in lines {
        row(&mut text, line);
    }
    Ok(Some(Bytes::from(text)))
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn row(text: &mut String, line: EntryLine) {
    let person = line.person().map(|person| person.to_string()).unwrap_or_default();
    let LedgerEntryView {
        seq,
        at,
        kind,
        credit_type_id,
        cycle_id,
        from,
        to,
        amount,
        grant_id,
        charge_id,
        actor,
        note,
    } = entry_view(line);
    let group = |account: &AccountView| {
        account
            .group_id
            .map(|group| group.to_string())
            .unwrap_or_default()
    };
    let fields = [
        seq.to_string(),
        at.to_string(),
        word(&kind),
        credit_type_id.to_string(),
        cycle_id.to_string(),
        word(&from.kind),
        group(&from),
        word(&to.kind),
        group(&to),
        person,
        amount.to_string(),
        grant_id.map(|id| id.to_string()).unwrap_or_default(),
        charge_id.map(|id| id.to_string()).unwrap_or_default(),
        harmless(&actor.map(|actor| actor.email.to_string()).unwrap_or_default()),
        harmless(&note.unwrap_or_default()),
    ];
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        quote(text, field);
    }
    text.push_str("\r\n");
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    const STARTS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    if text.starts_with(STARTS) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn quote(text: &mut String, field: &str) {
    if field.contains([',', '"', '\r', '\n']) {
        text.push('"');
        text.push_str(&field.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless_and_quotes_doubled() {
        for start in ["=cmd", "+1", "-1", "@x", "\tx", "＝x"] {
            assert!(harmless(start).starts_with('\''), "{start}");
        }
        let mut text = String::new();
        quote(&mut text, "a \"b\", c\r\nd");
        assert_eq!(text, "\"a \"\"b\"\", c\r\nd\"");
    }
}
