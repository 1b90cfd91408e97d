//! `/ledger-entries`, `/audit-entries`, `/books`.

use actix_web::http::header;
use actix_web::{HttpRequest, get};
use allowance_api_types::Page;
use allowance_api_types::audit::{AuditEntryView, AuditQuery};
use allowance_api_types::ledger::{BooksView, LedgerEntryView, LedgerQuery};
use allowance_app::books;
use allowance_domain::authz::operation;
use allowance_store::{AuditFilter, EntryFilter};
use allowance_values::AuditEntryId;
use uuid::Uuid;

use super::{convert, export};
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::Query;

fn wants_csv(request: &HttpRequest) -> bool {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accept
        .split(',')
        .any(|part| part.trim().to_ascii_lowercase().starts_with("text/csv"))
}

/// Entries of the ledger
///
/// As a page of JSON, newest first; or with `Accept: text/csv` the whole of it, oldest first, up to the position at which
/// the export begins.
#[utoipa::path(
    tag = "books",
    params(LedgerQuery),
    responses((
        status = 200,
        description = "A page of entries, or the export.",
        content((Page<LedgerEntryView> = "application/json"), (String = "text/csv"))
    ))
)]
#[get("/ledger-entries")]
pub(crate) async fn list_ledger_entries(
    allowed: Allowed<operation::ListLedgerEntries>,
    Query(query): Query<LedgerQuery>,
    request: HttpRequest,
) -> Outcome {
    let LedgerQuery {
        credit_type_id,
        person_id,
        group_id,
        cycle_id,
        cursor,
        limit,
    } = query;
    let cursors = CursorOf::list("ledger-entries", &(credit_type_id, person_id, group_id, cycle_id));
    let before: Option<i64> = cursors.decode(cursor.as_deref())?;
    let size = page_size(limit);
    let is_export = wants_csv(&request);
    let (services, filter, lines) = allowed
        .run(move |services| async move {
            let Services { app, caller } = &services;
            let cycle = match cycle_id {
                None => None,
                // A cycle nobody knows has no entries; no cycle bears this number.
                Some(id) => Some(books::cycle_number(app, caller, id).await?.unwrap_or(-1)),
            };
            let filter = EntryFilter {
                credit_type: credit_type_id,
                person: person_id,
                group: group_id,
                cycle,
                before,
                up_to: if is_export {
                    Some(books::position(app, caller).await?)
                } else {
                    None
                },
            };
            let lines = if is_export {
                Vec::new()
            } else {
                books::list_ledger_entries(app, caller, filter, size.saturating_add(1)).await?
            };
            Ok((services, filter, lines))
        })
        .await?;
    if is_export {
        let Services { app, caller } = services;
        let filter = EntryFilter {
            before: None,
            ..filter
        };
        return Ok(export::answer(app, caller, filter));
    }
    answer::json(&cursors.page_of(lines, size, |line| line.entry.seq, convert::entry_view))
}

/// The audit log
///
/// Who did what to what, newest first: as a page of JSON, or with `Accept: text/csv` the whole of it, as it stands when the
/// export begins.
#[utoipa::path(
    tag = "books",
    params(AuditQuery),
    responses((
        status = 200,
        description = "A page of entries, or the export.",
        content((Page<AuditEntryView> = "application/json"), (String = "text/csv"))
    ))
)]
#[get("/audit-entries")]
pub(crate) async fn list_audit_entries(
    allowed: Allowed<operation::ListAuditEntries>,
    Query(query): Query<AuditQuery>,
    request: HttpRequest,
) -> Outcome {
    let AuditQuery {
        actor_id,
        action,
        target,
        cursor,
        limit,
    } = query;
    let cursors = CursorOf::list("audit-entries", &(actor_id, &action, &target));
    let before: Option<Uuid> = cursors.decode(cursor.as_deref())?;
    let filter = AuditFilter {
        actor: actor_id,
        action,
        target,
        before: before.map(AuditEntryId::new),
    };
    if wants_csv(&request) {
        let Services { app, caller } = allowed.run(|services| async move { Ok(services) }).await?;
        let filter = AuditFilter {
            before: None,
            ..filter
        };
        return Ok(export::audit_answer(app, caller, filter));
    }
    let size = page_size(limit);
    let lines = allowed
        .run(|Services { app, caller }| async move {
            books::list_audit_entries(&app, &caller, filter, size.saturating_add(1)).await
        })
        .await?;
    answer::json(&cursors.page_of(lines, size, |read| read.line.id.uuid(), convert::audit_view))
}

/// Prove the books
///
/// Sums of entries against balances, parts against wholes, and the hash chain, now: from where the background job's last
/// proof ended, which is answered too.
#[utoipa::path(
    tag = "books",
    responses((status = 200, description = "The proof.", body = BooksView))
)]
#[get("/books")]
pub(crate) async fn get_books(allowed: Allowed<operation::GetBooks>) -> Outcome {
    let books = allowed
        .run(|Services { app, caller }| async move { books::get_books(&app, &caller).await })
        .await?;
    answer::json(&convert::books_view(books))
}
