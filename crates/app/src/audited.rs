//! What of a change of many rows a line of the audit log tells; a line has a bound.

/// The rows listed in a line take so many bytes.
const MAX_BYTES: usize = 60_000;

/// The first rows, as many as a line has room for.
pub(crate) fn first_that_fit(rows: impl IntoIterator<Item = serde_json::Value>) -> Vec<serde_json::Value> {
    let mut room = MAX_BYTES;
    rows.into_iter()
        .map_while(|row| {
            room = room.checked_sub(row.to_string().len().saturating_add(1))?;
            Some(row)
        })
        .collect()
}
