//! The ledger and the audit log as CSV. Rows that are written meanwhile change nothing: the ledger ends at a fixed position,
//! the audit log is walked from its newest line back.

use actix_web::HttpResponse;
use allowance_api_types::audit::AuditEntryView;
use allowance_api_types::ledger::{AccountView, LedgerEntryView};
use allowance_app::books::{self, AuditRead, EntryLine};
use allowance_app::{App, Caller, Result};
use allowance_store::{AuditFilter, EntryFilter};

use super::convert::{audit_view, entry_view};
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

const AUDIT_COLUMNS: [&str; 8] = [
    "id",
    "at",
    "actor",
    "action",
    "target",
    "before",
    "after",
    "request_id",
];

/// The audit log, newest first.
pub(super) fn audit_answer(app: App, caller: Caller, filter: AuditFilter) -> HttpResponse {
    csv::answer("audit.csv", &AUDIT_COLUMNS, (app, caller, filter), audit_step)
}

async fn audit_step((app, caller, filter): &mut (App, Caller, AuditFilter)) -> Result<Option<String>> {
    let lines = books::list_audit_entries(app, caller, filter.clone(), STEP).await?;
    let Some(last) = lines.last() else { return Ok(None) };
    filter.before = Some(last.line.id);
    let mut text = String::new();
    for line in lines {
        audit_row(&mut text, line);
    }
    Ok(Some(text))
}

fn audit_row(text: &mut String, read: AuditRead) {
    let AuditEntryView {
        id,
        at,
        actor,
        action,
        target,
        before,
        after,
        request_id,
    } = audit_view(read);
    let fields = [
        id.to_string(),
        at.to_string(),
        harmless(&actor.map(|actor| actor.email.to_string()).unwrap_or_default()),
        action,
        target,
        harmless(&before.unwrap_or_default()),
        harmless(&after.unwrap_or_default()),
        harmless(&request_id.unwrap_or_default()),
    ];
    csv::line(text, &fields);
}
