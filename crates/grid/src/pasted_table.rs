//! A table as spreadsheets put it into the clipboard: HTML that nobody promised to be well formed. Only text comes out of it.

use crate::input::Reading;

/// The cells of the first table of a page. A cell over several columns or rows stands in the first, blanks in the others.
pub(crate) fn cells_of_html(html: &str, reading: Reading) -> Vec<Vec<String>> {
    let Some((_, table)) = after_tag(html, "table") else {
        return Vec::new();
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    // Rows that a cell further up still reaches into, by column.
    let mut reaching: Vec<usize> = Vec::new();
    let mut open: Option<Open> = None;
    let mut rest = table;
    while let Some((text, tag, after)) = next_tag(rest) {
        rest = after;
        if let Some(open) = &mut open {
            open.text.push_str(text);
        }
        let (name, attributes) =
            tag.split_at(tag.find(|sign: char| sign.is_whitespace()).unwrap_or(tag.len()));
        match name.trim_end_matches('/').to_ascii_lowercase().as_str() {
            "/table" => break,
            "tr" => {
                close(&mut rows, &mut reaching, open.take());
                rows.push(Vec::new());
                fill_reached(&mut rows, &mut reaching);
            }
            "td" | "th" => {
                close(&mut rows, &mut reaching, open.take());
                if rows.is_empty() {
                    rows.push(Vec::new());
                }
                open = Some(Open {
                    text: String::new(),
                    exact: exact(attributes, reading),
                    columns: span(attributes, "colspan"),
                    rows: span(attributes, "rowspan"),
                });
            }
            "/td" | "/th" | "/tr" => close(&mut rows, &mut reaching, open.take()),
            "br" => {
                if let Some(open) = &mut open {
                    open.text.push(' ');
                }
            }
            _ => {}
        }
    }
    close(&mut rows, &mut reaching, open.take());
    rows.retain(|row| !row.is_empty());
    rows
}

/// Most columns or rows a pasted cell is believed to span.
const WIDEST: usize = 100;

/// A cell of a table that is being read.
struct Open {
    text: String,
    exact: Option<String>,
    columns: usize,
    rows: usize,
}

fn close(rows: &mut [Vec<String>], reaching: &mut Vec<usize>, cell: Option<Open>) {
    let (Some(row), Some(cell)) = (rows.last_mut(), cell) else {
        return;
    };
    let text = cell.exact.unwrap_or_else(|| entities(&cell.text));
    let text = text
        .split([' ', '\n', '\r', '\t'])
        .filter(|word| !word.is_empty());
    row.push(text.collect::<Vec<_>>().join(" "));
    for _ in 1..cell.columns {
        row.push(String::new());
    }
    if cell.rows > 1 {
        let end = row.len();
        if reaching.len() < end {
            reaching.resize(end, 0);
        }
        let first = end.saturating_sub(cell.columns);
        for reach in reaching.iter_mut().take(end).skip(first) {
            *reach = cell.rows.saturating_sub(1);
        }
    }
    blanks(row, reaching);
}

fn fill_reached(rows: &mut [Vec<String>], reaching: &mut [usize]) {
    if let Some(row) = rows.last_mut() {
        blanks(row, reaching);
    }
}

/// Blanks where a cell further up reaches into the row. A cell just closed reaches the rows below it, not its own.
fn blanks(row: &mut Vec<String>, reaching: &mut [usize]) {
    while let Some(reach) = reaching.get_mut(row.len()).filter(|reach| **reach > 0) {
        *reach = reach.saturating_sub(1);
        row.push(String::new());
    }
}

/// What stands before the next tag, the tag without its brackets, and what follows. Comments, styles and scripts are
/// passed over.
fn next_tag(html: &str) -> Option<(&str, &str, &str)> {
    let (text, rest) = html.split_once('<')?;
    if let Some(comment) = rest.strip_prefix("!--") {
        let (_, after) = comment.split_once("-->")?;
        return Some((text, "!", after));
    }
    let mut quote = None;
    let end = rest.find(|sign| match (quote, sign) {
        (None, '>') => true,
        (None, '"' | '\'') => {
            quote = Some(sign);
            false
        }
        (Some(open), sign) if open == sign => {
            quote = None;
            false
        }
        _ => false,
    })?;
    let (tag, after) = rest.split_at(end);
    let mut after = after.strip_prefix('>')?;
    for name in ["style", "script"] {
        if is_tag(tag, name) {
            (_, after) = after_tag(after, &format!("/{name}"))?;
        }
    }
    Some((text, tag, after))
}

/// The first tag of a name, and what follows it.
fn after_tag<'a>(html: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let mut rest = html;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (tag, behind) = after.split_once('>')?;
        if is_tag(tag, name) {
            return Some((tag, behind));
        }
        rest = after;
    }
}

fn is_tag(tag: &str, name: &str) -> bool {
    let found = tag
        .split(|sign: char| sign.is_whitespace() || sign == '>')
        .next()
        .unwrap_or("");
    found.eq_ignore_ascii_case(name)
}

/// The exact number that Excel (`x:num`) or Sheets (`data-sheets-value`) sends along, as the viewer writes numbers.
fn exact(attributes: &str, reading: Reading) -> Option<String> {
    let number = match attribute(attributes, "x:num") {
        Some(number) => number,
        None => {
            let value = entities(&attribute(attributes, "data-sheets-value")?);
            let (_, number) = value.split_once("\"3\":")?;
            let end = number.find([',', '}']).unwrap_or(number.len());
            number.split_at(end).0.to_owned()
        }
    };
    let plain = number.trim();
    let digits = plain.strip_prefix('-').unwrap_or(plain);
    let is_plain = digits.starts_with(|sign: char| sign.is_ascii_digit())
        && digits.chars().all(|sign| sign.is_ascii_digit() || sign == '.');
    is_plain.then(|| plain.replace('.', &reading.separators.decimal.to_string()))
}

fn span(attributes: &str, name: &str) -> usize {
    let span = attribute(attributes, name).and_then(|span| span.trim().parse().ok());
    span.unwrap_or(1).clamp(1, WIDEST)
}

/// The value of an attribute that has one.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '/');
        let end = rest.find(|sign: char| sign.is_whitespace() || sign == '=')?;
        let (found, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=') else {
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let (value, after) = match value.chars().next()? {
            quote @ ('"' | '\'') => value.strip_prefix(quote)?.split_once(quote)?,
            _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = after;
    }
}

/// Text without its entities.
fn entities(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let named = after
            .split_once(';')
            .and_then(|(name, behind)| Some((entity(name)?, behind)));
        match named {
            Some((sign, behind)) => {
                out.push(sign);
                rest = behind;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "minus" => '\u{2212}',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    })
}
