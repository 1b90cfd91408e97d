//! From bytes to rows: whatever Excel, Sheets or an HR system calls CSV.
//!
//! UTF-8, or UTF-16 with its mark; commas, semicolons or tabs, whichever makes sense of the header; columns in any order,
//! their names in any case and spacing. Nothing is guessed: what cannot be read is refused with words on how to mend it.

use std::borrow::Cow;

use allowance_domain::allocations::{AllocationColumn, AllocationDrafts};
use allowance_domain::people::{Drafts, Field, SheetRow};
use encoding_rs::Encoding;

use crate::error::{Error, Result};

/// More rows than this are several files.
const MAX_ROWS: usize = 250_000;
/// So many unknown columns are named, each by so many characters.
const MAX_NAMED_COLUMNS: usize = 200;
const MAX_NAMED_CHARS: usize = 64;

/// What a column of a kind of file is.
pub(super) trait Column: Copy + PartialEq + 'static {
    const ALL: &'static [Self];

    /// The column's name in the header.
    fn name(self) -> &'static str;

    /// Other names under which files have it.
    fn other_names(self) -> &'static [&'static str] {
        &[]
    }

    /// Whether a file cannot be without it.
    fn is_required(self) -> bool;
}

impl Column for Field {
    const ALL: &'static [Self] = &Self::ALL;

    fn name(self) -> &'static str {
        self.as_str()
    }

    fn is_required(self) -> bool {
        self.is_required()
    }
}

impl Column for AllocationColumn {
    const ALL: &'static [Self] = &Self::ALL;

    fn name(self) -> &'static str {
        self.as_str()
    }

    fn is_required(self) -> bool {
        self == Self::Email
    }
}

/// A file of people, read and checked row by row.
#[derive(Debug)]
pub struct PeopleFile {
    /// The rows.
    pub drafts: Drafts,
    /// Columns nobody knows; their values are ignored.
    pub unknown_columns: Vec<String>,
}

impl PeopleFile {
    /// Reads a file of people.
    ///
    /// # Errors
    /// [`Error::ImportUnreadable`] and [`Error::ImportHeader`], in words for whoever made the file.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let text = decode(bytes)?;
        let header = Header::read(&text)?;
        Ok(Self {
            drafts: Drafts::read(header.rows(&text))?,
            unknown_columns: header.unknown_columns,
        })
    }
}

/// A file of allocations, read and checked row by row.
#[derive(Debug)]
pub struct AllocationFile {
    /// The rows.
    pub drafts: AllocationDrafts,
    /// Columns nobody knows; their values are ignored.
    pub unknown_columns: Vec<String>,
}

impl AllocationFile {
    /// Reads a file of allocations.
    ///
    /// # Errors
    /// [`Error::ImportUnreadable`] and [`Error::ImportHeader`], in words for whoever made the file.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let text = decode(bytes)?;
        let header = Header::<AllocationColumn>::read(&text)?;
        if header.columns.iter().flatten().count() < 2 {
            let detail = "there is no column to import; name one or more of monthly, extra and cap";
            return Err(Error::ImportHeader(detail.to_owned()));
        }
        Ok(Self {
            drafts: AllocationDrafts::read(header.rows(&text))?,
            unknown_columns: header.unknown_columns,
        })
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>> {
    let unreadable = |why: &str| Error::ImportUnreadable(format!("{why}; save it as CSV in UTF-8"));
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((encoding_rs::UTF_8, 0));
    let body = bytes.get(mark..).unwrap_or_default();
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(body)
        .ok_or_else(|| unreadable(&format!("the file is not valid {}", encoding.name())))?;
    if text.contains('\0') {
        return Err(unreadable(
            "the file holds zero bytes: it is no text, or UTF-16 without its mark",
        ));
    }
    Ok(text)
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

pub(super) struct Header<C> {
    delimiter: u8,
    /// For each column of the file, what it is.
    pub(super) columns: Vec<Option<C>>,
    pub(super) unknown_columns: Vec<String>,
}

impl<C: Column> Header<C> {
    /// Finds the delimiter that makes the most sense of the first record, and what each column is.
    pub(super) fn read(text: &str) -> Result<Self> {
        let candidates = [b',', b';', b'\t'].map(|delimiter| {
            let first = reader(text, delimiter)
                .into_records()
                .next()
                .and_then(std::result::Result::ok);
            let names: Vec<String> = first.iter().flatten().map(str::to_owned).collect();
            let columns: Vec<Option<C>> = names.iter().map(|name| column_of(name)).collect();
            (columns.iter().flatten().count(), delimiter, names, columns)
        });
        // The first of the best, so that a comma wins where nothing tells them apart.
        let best = candidates.into_iter().rev().max_by_key(|(known, ..)| *known);
        let Some((_, delimiter, names, columns)) = best.filter(|(_, _, names, _)| !names.is_empty()) else {
            return Err(Error::ImportHeader(format!(
                "the file is empty; it must begin with a header: {}",
                offer::<C>()
            )));
        };
        let missing: Vec<&str> = C::ALL
            .iter()
            .filter(|column| column.is_required() && !columns.contains(&Some(**column)))
            .map(|column| column.name())
            .collect();
        if !missing.is_empty() {
            return Err(Error::ImportHeader(format!(
                "the first line must be a header; it lacks {}. Known columns: {}",
                missing.join(" and "),
                offer::<C>()
            )));
        }
        let is_twice = |column: &C| columns.iter().flatten().filter(|known| *known == column).count() > 1;
        if let Some(column) = C::ALL.iter().find(|column| is_twice(column)) {
            return Err(Error::ImportHeader(format!(
                "the column {} is there twice",
                column.name()
            )));
        }
        let unknown = names.iter().zip(&columns).filter(|(_, column)| column.is_none());
        let unknown_columns = unknown
            .map(|(name, _)| name.trim().chars().take(MAX_NAMED_CHARS).collect())
            .take(MAX_NAMED_COLUMNS)
            .collect();
        Ok(Self {
            delimiter,
            columns,
            unknown_columns,
        })
    }

    /// The rows one by one, so that the file is never held a second time as cells.
    pub(super) fn rows(&self, text: &str) -> impl Iterator<Item = Result<SheetRow<C>>> {
        let records = reader(text, self.delimiter).into_records().skip(1);
        // Spreadsheets leave lines of nothing but delimiters behind.
        let is_blank = |record: &csv::StringRecord| record.iter().all(|cell| cell.trim().is_empty());
        let rows = records.filter(move |record| !record.as_ref().is_ok_and(is_blank));
        rows.enumerate().map(|(index, record)| {
            if index == MAX_ROWS {
                return Err(Error::ImportUnreadable(format!(
                    "more than {MAX_ROWS} rows; split the file"
                )));
            }
            let record =
                record.map_err(|error| Error::ImportUnreadable(format!("the file is no CSV: {error}")))?;
            let cells = self.columns.iter().zip(record.iter());
            Ok(SheetRow {
                line: record.position().map_or(0, |at| line_of(text, at)),
                cells: cells
                    .filter_map(|(column, text)| Some(((*column)?, text.to_owned())))
                    .collect(),
                width: (record.len(), self.columns.len()),
            })
        })
    }
}

fn offer<C: Column>() -> String {
    let names: Vec<&str> = C::ALL.iter().map(|column| column.name()).collect();
    names.join(", ")
}

/// "Display Name", "display-name" and "DISPLAY_NAME" are one column.
fn column_of<C: Column>(name: &str) -> Option<C> {
    let bare = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    let name = bare(name);
    let named = C::ALL.iter().copied().find(|column| bare(column.name()) == name);
    let is_other = |column: &C| column.other_names().iter().any(|other| bare(other) == name);
    named.or_else(|| C::ALL.iter().copied().find(is_other))
}

/// The line at which a record begins. The reader takes it to begin where the one before ended, in front of what is left
/// of its line end and of blank lines.
fn line_of(text: &str, at: &csv::Position) -> u64 {
    let start = usize::try_from(at.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let skipped = rest
        .iter()
        .take_while(|byte| b"\r\n".contains(byte))
        .filter(|byte| **byte == b'\n');
    at.line()
        .saturating_add(u64::try_from(skipped.count()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use allowance_domain::people::{Existing, Outcome};

    use super::*;

    /// Each row in short: line, address and name, or why it is refused.
    fn outcomes(bytes: &[u8]) -> Vec<String> {
        let plan = PeopleFile::read(bytes).unwrap().drafts.plan(&Existing::default());
        let words = |outcome: &Outcome| match outcome {
            Outcome::Add { profile, .. } => format!("{} {}", profile.email, profile.display_name),
            Outcome::Refuse { problems, .. } => problems[0].reason.to_string(),
            other => format!("{other:?}"),
        };
        plan.rows
            .iter()
            .map(|row| format!("{}: {}", row.line, words(&row.outcome)))
            .collect()
    }

    fn refusal(bytes: &[u8]) -> String {
        PeopleFile::read(bytes).unwrap_err().to_string()
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xFEFF)
            .chain(text.encode_utf16())
            .flat_map(to_bytes)
            .collect()
    }

    const PLAIN: &str = "email,display_name\nfrançois0@x.org,François\n";

    #[test]
    fn every_way_to_write_the_same_file_reads_the_same() {
        let semicolons = PLAIN.replace(',', ";").replace('\n', "\r\n");
        let ways: [Vec<u8>; 7] = [
            PLAIN.into(),
            format!("\u{feff}{PLAIN}").into(),
            semicolons.into(),
            PLAIN.replace(',', "\t").into(),
            utf16(PLAIN, u16::to_le_bytes),
            utf16(&PLAIN.replace(',', "\t"), u16::to_be_bytes),
            " Display Name ;EMAIL\nFrançois;\"françois0@x.org\"\n;\n\n".into(),
        ];
        for way in ways {
            assert_eq!(outcomes(&way), ["2: françois0@x.org François"]);
        }
    }

    #[test]
    fn cells_may_hold_delimiters_quotes_and_lines() {
        let file = "\"email\",display_name,title\na@x,\"Smith, \"\"Bob\"\"\",\"VP; East\"\nb@x,\"two\nlines\",\nc@x,C,\n";
        let expected = [
            "2: a@x Smith, \"Bob\"",
            "3: no line breaks, tabs or other control characters",
            "5: c@x C",
        ];
        assert_eq!(outcomes(file.as_bytes()), expected);
    }

    #[test]
    fn rows_are_found_by_their_line_whatever_ends_it() {
        let file = "email,display_name\na@x,A\nb@x,B\n\nc@x,C\n";
        let expected = ["2: a@x A", "3: b@x B", "5: c@x C"];
        assert_eq!(outcomes(file.as_bytes()), expected);
        assert_eq!(outcomes(file.replace('\n', "\r\n").as_bytes()), expected);
    }

    #[test]
    fn ragged_rows_are_refused_and_the_others_are_not() {
        let file = "email,display_name,title\na@x,A\nb@x,B,Dev\nc@x,C,Dev,more\n";
        let expected = [
            "2: the row has 2 cells, the header 3",
            "3: b@x B",
            "4: the row has 4 cells, the header 3",
        ];
        assert_eq!(outcomes(file.as_bytes()), expected);
    }

    #[test]
    fn unknown_columns_are_named() {
        let file = PeopleFile::read(b"email,Shoe size,display_name,\na@x,42,A,\n").unwrap();
        assert_eq!(file.unknown_columns, ["Shoe size", ""]);
    }

    #[test]
    fn a_header_that_is_none_says_what_it_lacks() {
        let known = "email, display_name, title, department, division, location, employee_number, manager_email, hired_on, group";
        for (file, words) in [
            (
                "",
                format!("the file is empty; it must begin with a header: {known}"),
            ),
            (
                "\u{feff}\r\n\n",
                format!("the file is empty; it must begin with a header: {known}"),
            ),
            (
                "ken@x,Ken\n",
                format!(
                    "the first line must be a header; it lacks email and display_name. Known columns: {known}"
                ),
            ),
            (
                "email;name\n",
                format!("the first line must be a header; it lacks display_name. Known columns: {known}"),
            ),
            (
                "email,display_name,E-Mail\n",
                "the column email is there twice".to_owned(),
            ),
        ] {
            assert_eq!(refusal(file.as_bytes()), words, "{file:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(
            refusal(b"email,display_name\na@x,Fran\xe7ois\n"),
            "the file is not valid UTF-8; save it as CSV in UTF-8"
        );
        let without_mark: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(
            refusal(&without_mark).contains("UTF-16 without its mark")
                || refusal(&without_mark).contains("UTF-8")
        );
        let mut odd = utf16(PLAIN, u16::to_le_bytes);
        odd.pop();
        assert_eq!(
            refusal(&odd),
            "the file is not valid UTF-16LE; save it as CSV in UTF-8"
        );
    }

    #[test]
    fn too_many_rows_are_several_files() {
        let file = format!("email,display_name\n{}", "a@x,A\n".repeat(MAX_ROWS + 1));
        assert_eq!(refusal(file.as_bytes()), "more than 250000 rows; split the file");
    }
}
