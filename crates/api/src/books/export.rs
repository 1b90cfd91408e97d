//! The ledger as CSV: up to a fixed position, so that rows that are written meanwhile change nothing.

use actix_web::HttpResponse;
use allowance_api_types::ledger::{AccountView, LedgerEntryView};
use allowance_app::books::{self, EntryLine};
use allowance_app::{App, Caller, Result};
use allowance_store::EntryFilter;

use super::convert::entry_view;
use crate::http::csv::{self, harmless, word};

/// Entries per step.
const STEP: u64 = 1_000;
const COLUMNS: [&str; 15] = [
    "seq",
    "at",
    "kind",
    "credit_type",
    "cycle",
    "from",
    "from_group",
    "to",
    "to_group",
    "person",
    "amount",
    "grant",
    "charge",
    "actor",
    "note",
];

/// Where an export stands.
struct Position {
    app: App,
    caller: Caller,
    filter: EntryFilter,
    after: i64,
}

/// The export.
pub(super) fn answer(app: App, caller: Caller, filter: EntryFilter) -> HttpResponse {
    let start = Position {
        app,
        caller,
        filter,
        after: 0,
    };
    csv::answer("ledger.csv", &COLUMNS, start, step)
}

async fn step(position: &mut Position) -> Result<Option<String>> {
    let Position {
        app,
        caller,
        filter,
        after,
    } = position;
    let lines = books::export_ledger_entries(app, caller, *filter, *after, STEP).await?;
    let Some(last) = lines.last() else { return Ok(None) };
    *after = last.entry.seq;
    let mut text = String::new();
    for line in lines {
        row(&mut text, line);
    }
    Ok(Some(text))
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
    csv::line(text, &fields);
}
