//! What is copied and pasted: text in cells, as spreadsheets write it (tab-separated, HTML), read and written.
//!
//! The text of a cell is read as an amount where it lands, by the viewer's separators. Where the spreadsheet sends the
//! exact number beside what it shows, the exact one counts.

use crate::input::Reading;
use crate::pasted_table::cells_of_html;

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

/// So many rows are also written as an HTML table; more of them as text alone, which spreadsheets read as well.
const MOST_IN_HTML: usize = 20_000;

/// Rows on their way into the clipboard, written as they come: as text, and as an HTML table.
#[derive(Debug, Clone, Default)]
pub struct Copied {
    rows: usize,
    tsv: String,
    table: String,
}

impl Copied {
    /// Takes another row. Cells with tabs, line breaks or quotes are quoted in the text, as spreadsheets do.
    pub fn push(&mut self, cells: &[String]) {
        if self.rows > 0 {
            self.tsv.push_str("\r\n");
        }
        self.rows = self.rows.saturating_add(1);
        for (place, cell) in cells.iter().enumerate() {
            if place > 0 {
                self.tsv.push('\t');
            }
            if cell.contains(['\t', '\n', '\r', '"']) {
                self.tsv.push('"');
                self.tsv.push_str(&cell.replace('"', "\"\""));
                self.tsv.push('"');
            } else {
                self.tsv.push_str(cell);
            }
        }
        if self.rows > MOST_IN_HTML {
            self.table = String::new();
            return;
        }
        self.table.push_str("<tr>");
        for cell in cells {
            self.table.push_str("<td>");
            for sign in cell.chars() {
                match sign {
                    '&' => self.table.push_str("&amp;"),
                    '<' => self.table.push_str("&lt;"),
                    '>' => self.table.push_str("&gt;"),
                    other => self.table.push(other),
                }
            }
            self.table.push_str("</td>");
        }
        self.table.push_str("</tr>");
    }

    /// How many rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// As tab-separated text.
    #[must_use]
    pub fn tsv(&self) -> &str {
        &self.tsv
    }

    /// As an HTML table; nothing when there are too many.
    #[must_use]
    pub fn html(&self) -> Option<String> {
        (!self.table.is_empty()).then(|| format!("<table>{}</table>", self.table))
    }
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

    fn copied(rows: &[Vec<String>]) -> Copied {
        let mut copied = Copied::default();
        rows.iter().for_each(|row| copied.push(row));
        copied
    }

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
        let cells = copied(&cells);
        assert_eq!(cells.tsv(), "Terri\t1234.5\r\n\"a\t\"\"b\"\"\"\t<&>");
        assert_eq!(
            cells.html().unwrap(),
            "<table><tr><td>Terri</td><td>1234.5</td></tr><tr><td>a\t\"b\"</td><td>&lt;&amp;&gt;</td></tr></table>"
        );
    }

    #[test]
    fn very_many_rows_are_copied_as_text_alone() {
        let one = vec!["1".to_owned()];
        let many = copied(&vec![one; MOST_IN_HTML + 1]);
        assert_eq!((many.rows(), many.html()), (MOST_IN_HTML + 1, None));
        assert_eq!(many.tsv().lines().count(), MOST_IN_HTML + 1);
    }

    proptest! {
        #[test]
        fn copied_text_reads_back(cells in prop::collection::vec(prop::collection::vec("[a\"\t\r\n0-9 ,.é]{0,5}", 3), 1..6)) {
            // The last line ending of a text is no row.
            prop_assume!(!cells.last().unwrap().iter().all(String::is_empty));
            prop_assert_eq!(rows(copied(&cells).tsv(), "", ENGLISH), cells);
        }

        #[test]
        fn a_copied_table_reads_back(cells in prop::collection::vec(prop::collection::vec("[a<>&\"0-9,.é]{0,5}", 3), 1..6)) {
            prop_assert_eq!(rows("", &copied(&cells).html().unwrap(), ENGLISH), cells);
        }

        #[test]
        fn any_clipboard_gets_an_answer(plain in ".{0,60}", table in "(<t[drh]?|[a-z \"'=<>/&;#-]|</t[dr]>|<table>){0,40}") {
            let _block = read(&plain, &format!("<table>{table}"), ENGLISH);
        }
    }
}
