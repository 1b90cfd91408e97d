//! The rows of a view as CSV.

use actix_web::HttpResponse;
use allowance_api_types::allocations::MemberRowView;
use allowance_app::allocations::MemberExport;

use super::convert::member_row_view;
use crate::http::csv::{self, harmless, word};

const COLUMNS: [&str; 10] = [
    "email",
    "display_name",
    "status",
    "monthly",
    "cap",
    "extra",
    "carried",
    "used",
    "held",
    "remaining",
];

/// The export.
pub(super) fn answer(export: MemberExport) -> HttpResponse {
    csv::answer(
        "members.csv",
        &COLUMNS,
        export,
        async |export: &mut MemberExport| {
            let Some(lines) = export.step().await? else {
                return Ok(None);
            };
            let mut text = String::new();
            for line in &lines {
                row(&mut text, member_row_view(line));
            }
            Ok(Some(text))
        },
    )
}

fn row(text: &mut String, view: MemberRowView) {
    let MemberRowView {
        person,
        group_id: _,
        status,
        monthly,
        cap,
        extra,
        carried,
        used,
        held,
        remaining,
        editable: _,
        etag: _,
    } = view;
    let fields = [
        harmless(person.email.as_str()),
        harmless(&person.display_name),
        word(&status),
        monthly.to_string(),
        cap.map(|cap| cap.to_string()).unwrap_or_default(),
        extra.to_string(),
        carried.to_string(),
        used.to_string(),
        held.to_string(),
        remaining.to_string(),
    ];
    csv::line(text, &fields);
}
