//! Many rows as one parameter. Both databases turn a JSON array into rows, each in its own words; here they stand side
//! by side.

use sea_orm::DbBackend;
use uuid::Uuid;

/// What a column of the records holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Uuid,
    Text,
}

/// How many records one statement takes.
pub(super) const CHUNK: usize = 5_000;

/// The rows of the JSON array in parameter `$1`, as a table named `v`.
pub(super) fn source(backend: DbBackend, columns: &[(&str, Kind)]) -> String {
    let list = |each: &dyn Fn(&str, Kind) -> String| {
        columns
            .iter()
            .map(|(name, kind)| each(name, *kind))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if backend == DbBackend::Postgres {
        let columns = list(&|name, kind| {
            let kind = match kind {
                Kind::Uuid => "uuid",
                Kind::Text => "text",
            };
            format!("{name} {kind}")
        });
        format!("jsonb_to_recordset(CAST($1 AS TEXT)::jsonb) AS v({columns})")
    } else {
        let columns = list(&|name, kind| match kind {
            Kind::Uuid => format!("unhex(value ->> '$.{name}') AS {name}"),
            Kind::Text => format!("value ->> '$.{name}' AS {name}"),
        });
        format!("(SELECT {columns} FROM json_each($1)) AS v")
    }
}

/// An id as both databases read it out of JSON.
pub(super) fn hex(id: Uuid) -> String {
    id.simple().to_string()
}
