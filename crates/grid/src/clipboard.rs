//! What is copied and pasted: text in cells, as spreadsheets write it (tab-separated, HTML), read and written.
//!
//! The text of a cell is read as an amount where it lands, by the viewer's separators. Where the spreadsheet sends the
//! exact number beside what it shows, the exact one counts.

use crate::input::Reading;

/// Cells in rows; short rows are filled up with blanks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    rows: Vec<Vec<String>>,
}

impl Block {
    /// From rows of any length.
    #[must_use]
    pub fn new(mut rows: Vec<Vec<String>>) -> Self {
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        for row in &mut rows {
            row.resize(width, String::new());
        }
        Self { rows }
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// How many rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.rows.len()
    }

    /// How many columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// Whether there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.width() == 0
    }
}

/// Reads what was pasted. Nothing when there is no cell.
#[must_use]
pub fn read(plain: &str, html: &str, reading: Reading) -> Option<Block> {
    let shown = Block::new(cells_of_text(plain));
    let table = Block::new(cells_of_html(html, reading));
    let is_same_table = (table.height(), table.width()) == (shown.height(), shown.width());
    let block = if is_same_table || shown.is_empty() {
        table
    } else {
        shown
    };
    (!block.is_empty()).then_some(block)
}

/// Rows as tab-separated text. Cells with tabs, line breaks or quotes are quoted, as spreadsheets do.
#[must_use]
pub fn tsv(rows: &[Vec<String>]) -> String {
    let cell = |text: &String| {
        if text.contains(['\t', '\n', '\r', '"']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.clone()
        }
    };
    let row = |cells: &Vec<String>| cells.iter().map(cell).collect::<Vec<_>>().join("\t");
    rows.iter().map(row).collect::<Vec<_>>().join("\r\n")
}

/// Rows as an HTML table.
#[must_use]
pub fn html(rows: &[Vec<String>]) -> String {
    let mut out = String::from("<table>");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            out.push_str("<td>");
            for sign in cell.chars() {
                match sign {
                    '&' => out.push_str("&amp;"),
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    other => out.push(other),
                }
            }
            out.push_str("</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>");
    out
}

/// Tab-separated text: any line ending, one of them after the last row, quoted cells with line breaks inside.
fn cells_of_text(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Vec::new();
    }
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut rest = text;
    loop {
        let (cell, after) = match quoted(rest) {
            Some(found) => found,
            None => {
                let end = rest.find(['\t', '\n', '\r']).unwrap_or(rest.len());
                let (cell, after) = rest.split_at(end);
                (cell.to_owned(), after)
            }
        };
        row.push(cell);
        if let Some(next) = after.strip_prefix('\t') {
            rest = next;
            continue;
        }
        rows.push(std::mem::take(&mut row));
        let next = after
            .strip_prefix("\r\n")
            .or_else(|| after.strip_prefix(['\n', '\r']));
        let Some(next) = next else {
            return rows;
        };
        rest = next;
    }
}

/// A cell in quotes and what follows it. A quote that does not end before the cell does is an ordinary sign.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut cell = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        cell.push_str(part);
        if let Some(next) = after.strip_prefix('"') {
            cell.push('"');
            rest = next;
        } else {
            let is_end = after.is_empty() || after.starts_with(['\t', '\n', '\r']);
            return is_end.then_some((cell, after));
        }
    }
}

/// The cells of the first table of a page. A cell over several columns or rows stands in the first, blanks in the others.
fn cells_of_html(html: &str, reading: Reading) -> Vec<Vec<String>> {
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

#[cfg(test)]
mod tests {
    use allowance_values::Decimals;
    use proptest::prelude::*;

    use super::*;
    use crate::input::Separators;

    const ENGLISH: Reading = Reading {
        decimals: Decimals::MAX,
        separators: Separators::ENGLISH,
    };
    const GERMAN: Reading = Reading {
        decimals: Decimals::MAX,
        separators: Separators::GERMAN,
    };

    fn rows(plain: &str, html: &str, reading: Reading) -> Vec<Vec<String>> {
        read(plain, html, reading)
            .map(|block| block.rows().to_vec())
            .unwrap_or_default()
    }

    #[test]
    fn text_from_spreadsheets_is_read() {
        for (text, cells) in [
            ("450", vec![vec!["450"]]),
            ("450\r\n", vec![vec!["450"]]),
            ("1\t2\r\n3\t4\r\n", vec![vec!["1", "2"], vec!["3", "4"]]),
            ("1\n2\n", vec![vec!["1"], vec!["2"]]),
            ("1\r2", vec![vec!["1"], vec!["2"]]),
            // Short rows are filled up, blank rows in between stay.
            ("1\t2\n3", vec![vec!["1", "2"], vec!["3", ""]]),
            ("1\n\n3\n", vec![vec!["1"], vec![""], vec!["3"]]),
            ("\t5", vec![vec!["", "5"]]),
            // Quoted cells keep tabs, line breaks and doubled quotes.
            ("\"a\tb\"\t2", vec![vec!["a\tb", "2"]]),
            (
                "\"a\r\nb\"\n\"say \"\"hi\"\"\"",
                vec![vec!["a\r\nb"], vec!["say \"hi\""]],
            ),
            // A quote inside or without an end is a sign like any other.
            ("5\"\t6", vec![vec!["5\"", "6"]]),
            ("\"5\t6", vec![vec!["\"5", "6"]]),
        ] {
            assert_eq!(rows(text, "", ENGLISH), cells, "{text:?}");
        }
        assert_eq!(read("", "", ENGLISH), None);
        assert_eq!(read("\r\n", "<p>no table</p>", ENGLISH), None);
    }

    #[test]
    fn tables_from_excel_and_sheets_are_read_with_their_exact_numbers() {
        let excel = "<html xmlns:x=\"urn\"><head><style><!-- td {mso-number-format:\"0.00\"} --></style></head><body>\
            <!--StartFragment--><table border=0><col width=64><tr height=20><td height=20 align=right x:num=\"1234.5678\">1,234.57</td>\
            <td class=xl65>A &amp; B</td></tr><tr><td x:num>7</td><td>x<br>y</td></tr></table></body></html>";
        let sheets = "<google-sheets-html-origin><table><tbody><tr><td data-sheets-value=\"{&quot;1&quot;:3,&quot;3&quot;:0.125}\">\
            0.13</td><td data-sheets-value='{\"1\":2,\"2\":\"n\"}'>n</td></tr></tbody></table>";
        assert_eq!(
            rows("1,234.57\tA & B\r\n7\tx y\r\n", excel, ENGLISH),
            [["1234.5678", "A & B"], ["7", "x y"]]
        );
        assert_eq!(rows("0,13\tn", sheets, GERMAN), [["0,125", "n"]]);
        // A table of another shape is not the same cells: what the text says counts.
        assert_eq!(rows("1\t2\t3", sheets, ENGLISH), [["1", "2", "3"]]);
        // HTML alone, with cells over several columns and rows, and what is not closed.
        let spans =
            "<TABLE><TR><TD rowspan=2>1<TD colspan='2'>2<TR><TD>3&nbsp;000<TD>&#49;&#x32;</TABLE> after";
        assert_eq!(
            rows("", spans, ENGLISH),
            [["1", "2", ""], ["", "3\u{a0}000", "12"]]
        );
    }

    #[test]
    fn what_is_copied_is_written_as_spreadsheets_do() {
        let cells = [
            vec!["Terri".to_owned(), "1234.5".to_owned()],
            vec!["a\t\"b\"".to_owned(), "<&>".to_owned()],
        ];
        assert_eq!(tsv(&cells), "Terri\t1234.5\r\n\"a\t\"\"b\"\"\"\t<&>");
        assert_eq!(
            html(&cells),
            "<table><tr><td>Terri</td><td>1234.5</td></tr><tr><td>a\t\"b\"</td><td>&lt;&amp;&gt;</td></tr></table>"
        );
    }

    proptest! {
        #[test]
        fn copied_text_reads_back(cells in prop::collection::vec(prop::collection::vec("[a\"\t\r\n0-9 ,.é]{0,5}", 3), 1..6)) {
            // The last line ending of a text is no row.
            prop_assume!(!cells.last().unwrap().iter().all(String::is_empty));
            prop_assert_eq!(rows(&tsv(&cells), "", ENGLISH), cells);
        }

        #[test]
        fn a_copied_table_reads_back(cells in prop::collection::vec(prop::collection::vec("[a<>&\"0-9,.é]{0,5}", 3), 1..6)) {
            prop_assert_eq!(rows("", &html(&cells), ENGLISH), cells);
        }

        #[test]
        fn any_clipboard_gets_an_answer(plain in ".{0,60}", table in "(<t[drh]?|[a-z \"'=<>/&;#-]|</t[dr]>|<table>){0,40}") {
            let _block = read(&plain, &format!("<table>{table}"), ENGLISH);
        }
    }
}
