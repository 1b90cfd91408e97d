//! Costs as an Excel file: written row by row to temporary files, never held in memory, and sent from there.
//!
//! A cell of Excel is a number of fifteen digits. An amount that has more is written as its exact text.

use std::fs::File;

use actix_web::HttpResponse;
use allowance_api_types::costs::{CostFiguresView, CostRowView};
use allowance_app::{Error, Result};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::export::CostsExport;
use super::spooled;

/// What a file of this kind is called.
const MIME: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Rows of a sheet at most; Excel has 1,048,576.
const MOST_ROWS: u32 = 1_000_000;
/// Digits of a number that Excel keeps.
const DIGITS: usize = 15;

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that errors are mapped by"
)]
fn failed(error: XlsxError) -> Error {
    Error::Internal(format!("a workbook: {error}"))
}

/// The formats of cells.
struct Formats {
    head: Format,
    amount: Format,
    text: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            head: Format::new().set_bold(),
            amount: Format::new().set_num_format("#,##0.00#######"),
            text: Format::new().set_num_format("@"),
        }
    }
}

/// A row under way.
struct Row<'w> {
    sheet: &'w mut Worksheet,
    formats: &'w Formats,
    row: u32,
    column: u16,
}

impl Row<'_> {
    fn text(&mut self, text: &str) -> std::result::Result<(), XlsxError> {
        self.sheet
            .write_string_with_format(self.row, self.column, text, &self.formats.text)?;
        self.column = self.column.saturating_add(1);
        Ok(())
    }

    /// An amount as a number where Excel keeps every digit of it, else as the exact text.
    fn amount(&mut self, exact: &str) -> std::result::Result<(), XlsxError> {
        let digits = exact.bytes().filter(u8::is_ascii_digit).count();
        match exact.parse() {
            Ok(number) if digits <= DIGITS => {
                let number: f64 = number;
                self.sheet
                    .write_number_with_format(self.row, self.column, number, &self.formats.amount)?;
                self.column = self.column.saturating_add(1);
                Ok(())
            }
            _ => self.text(exact),
        }
    }

    fn figures(
        &mut self,
        figures: &CostFiguresView,
        currency: Option<&str>,
    ) -> std::result::Result<(), XlsxError> {
        let CostFiguresView {
            credits,
            cost,
            events,
        } = figures;
        self.amount(&credits.to_string())?;
        self.amount(&cost.to_string())?;
        if let Some(currency) = currency {
            self.text(currency)?;
        }
        match u32::try_from(*events).map(f64::from) {
            Ok(events) => self.sheet.write_number(self.row, self.column, events).map(drop)?,
            Err(_) => return self.text(&events.to_string()),
        }
        self.column = self.column.saturating_add(1);
        Ok(())
    }
}

/// Writes all rows and gives the file, at its beginning.
pub(super) async fn write(mut export: CostsExport) -> Result<File> {
    let formats = Formats::new();
    let columns = export.columns();
    let currency = export.asked.currency.to_string();
    let mut workbook = Workbook::new();
    let mut sheets = 1_u32;
    let mut next = begin_sheet(&mut workbook, sheets, &columns, &formats).map_err(failed)?;
    while let Some(rows) = export.step().await? {
        for row in rows {
            if next > MOST_ROWS {
                sheets = sheets.saturating_add(1);
                next = begin_sheet(&mut workbook, sheets, &columns, &formats).map_err(failed)?;
            }
            let index = usize::try_from(sheets).unwrap_or(1).saturating_sub(1);
            let sheet = workbook.worksheet_from_index(index).map_err(failed)?;
            let row_of = Row {
                sheet,
                formats: &formats,
                row: next,
                column: 0,
            };
            write_row(row_of, row, &currency).map_err(failed)?;
            next = next.saturating_add(1);
        }
    }
    let saved = tokio::task::spawn_blocking(move || -> Result<File> {
        let file = spooled::create()?;
        let copy = file.try_clone().map_err(spooled::broken)?;
        workbook.save_to_writer(copy).map_err(failed)?;
        spooled::rewind(file)
    });
    saved
        .await
        .map_err(|error| Error::Internal(format!("a workbook: {error}")))?
}

/// Begins a sheet with its head line and says which row comes next.
fn begin_sheet(
    workbook: &mut Workbook,
    number: u32,
    columns: &[String],
    formats: &Formats,
) -> std::result::Result<u32, XlsxError> {
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(format!("Costs {number}"))?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, name) in (0_u16..).zip(columns) {
        sheet.set_column_width(column, 18)?;
        sheet.write_string_with_format(0, column, name, &formats.head)?;
    }
    Ok(1)
}

fn write_row(mut cells: Row<'_>, row: CostRowView, currency: &str) -> std::result::Result<(), XlsxError> {
    let CostRowView {
        key,
        label,
        figures,
        previous,
    } = row;
    cells.text(&key.unwrap_or_default())?;
    cells.text(&label.unwrap_or_default())?;
    cells.figures(&figures, Some(currency))?;
    if let Some(previous) = previous {
        cells.figures(&previous, None)?;
    }
    Ok(())
}

/// Sends the file.
pub(super) fn answer(file: File) -> HttpResponse {
    spooled::answer(file, MIME, "costs.xlsx")
}
