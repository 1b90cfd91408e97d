//! CSV answers (RFC 4180), streamed in steps so that memory stays constant. Texts that a spreadsheet would run as a
//! formula are made harmless.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;

/// An answer that `step` gives piece by piece, after a header line; nothing ends it. An error breaks the connection, so
/// that nobody takes half an export for a whole one.
pub fn answer<S: 'static, F>(file_name: &str, columns: &[&str], state: S, step: F) -> HttpResponse
where
    F: AsyncFn(&mut S) -> allowance_app::Result<Option<String>> + 'static,
{
    answer_with_mark(false, file_name, columns, state, step)
}

/// The same, with a byte order mark at its beginning where that is wanted: Excel takes a file without one for Latin.
pub fn answer_with_mark<S: 'static, F>(
    has_mark: bool,
    file_name: &str,
    columns: &[impl AsRef<str>],
    state: S,
    step: F,
) -> HttpResponse
where
    F: AsyncFn(&mut S) -> allowance_app::Result<Option<String>> + 'static,
{
    let mut header_line = String::from(if has_mark { "\u{feff}" } else { "" });
    line(&mut header_line, columns);
    let start = Some((Some(header_line), state, step));
    let chunks = futures_util::stream::unfold(start, |position| async {
        let (header_line, mut state, step) = position?;
        if let Some(header_line) = header_line {
            return Some((Ok(Bytes::from(header_line)), Some((None, state, step))));
        }
        match step(&mut state).await {
            Ok(Some(text)) => Some((Ok(Bytes::from(text)), Some((None, state, step)))),
            Ok(None) => None,
            Err(error) => {
                tracing::error!(%error, "an export broke off");
                Some((Err(std::io::Error::other("the export broke off")), None))
            }
        }
    });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file_name}\""),
        ))
        .streaming(chunks)
}

/// The word of an enum of the contract.
pub fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Adds one line.
pub fn line(text: &mut String, fields: &[impl AsRef<str>]) {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        quote(text, field.as_ref());
    }
    text.push_str("\r\n");
}

/// A text that no spreadsheet takes for a formula.
pub fn harmless(text: &str) -> String {
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
        line(&mut text, &["a \"b\", c\r\nd", "e"]);
        assert_eq!(text, "\"a \"\"b\"\", c\r\nd\",e\r\n");
    }
}
