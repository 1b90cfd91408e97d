//! Costs and their events as CSV, in steps.

use std::fs::File;

use actix_web::HttpResponse;
use allowance_api_types::costs::{CostEventView, CostFiguresView, CostRowView};
use allowance_app::costs::{self, Asked, CostRows, EventLine};
use allowance_app::{App, Result};
use allowance_store::{CostBy, CostEventStart, CostOrder};

use super::convert::{by_word, event_view, row_view};
use super::spooled;
use crate::http::csv::{self, harmless, word};

/// Rows per step: each adds everything up again.
const STEP: u64 = 20_000;
/// Events per step.
const EVENTS: usize = 1_000;

/// An export of rows. They are read to their end before the first is sent, to a temporary file, so that they are of one
/// snapshot however slowly somebody takes them.
#[derive(Debug)]
pub(super) struct CostsExport {
    pub(super) asked: Asked,
    by: CostBy,
    rows: CostRows,
    is_done: bool,
}

impl CostsExport {
    pub(super) async fn begin(app: &App, asked: Asked, what: (CostBy, CostOrder)) -> Result<Self> {
        Ok(Self {
            rows: CostRows::begin(app, &asked, what).await?,
            asked,
            by: what.0,
            is_done: false,
        })
    }

    /// The names of the columns.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut columns = vec![word(&by_word(self.by)), "name".to_owned()];
        columns.extend(["credits", "cost", "currency", "events"].map(str::to_owned));
        if self.asked.previous.is_some() {
            columns.extend(["previous_credits", "previous_cost", "previous_events"].map(str::to_owned));
        }
        columns
    }

    /// The next rows; nothing after the last.
    pub(super) async fn step(&mut self) -> Result<Option<Vec<CostRowView>>> {
        if self.is_done {
            return Ok(None);
        }
        let rows = self.rows.next(STEP).await?;
        let size = usize::try_from(STEP).unwrap_or(usize::MAX);
        self.is_done = rows.len() < size;
        Ok(Some(rows.iter().map(row_view).collect()))
    }

    /// All rows as CSV, in a file.
    pub(super) async fn write_csv(mut self, has_mark: bool) -> Result<File> {
        let mut file = spooled::create()?;
        let mut text = String::from(if has_mark { "\u{feff}" } else { "" });
        csv::line(&mut text, &self.columns());
        let currency = self.asked.currency.to_string();
        while let Some(rows) = self.step().await? {
            for row in rows {
                cost_row(&mut text, row, &currency);
            }
            spooled::write(&mut file, &text)?;
            text.clear();
        }
        spooled::write(&mut file, &text)?;
        spooled::rewind(file)
    }
}

fn cost_row(text: &mut String, row: CostRowView, currency: &str) {
    let CostRowView {
        key,
        label,
        figures,
        previous,
    } = row;
    let mut fields = vec![
        harmless(&key.unwrap_or_default()),
        harmless(&label.unwrap_or_default()),
    ];
    let CostFiguresView {
        credits,
        cost,
        events,
    } = figures;
    fields.extend([
        credits.to_string(),
        cost.to_string(),
        currency.to_owned(),
        events.to_string(),
    ]);
    if let Some(previous) = previous {
        let CostFiguresView {
            credits,
            cost,
            events,
        } = previous;
        fields.extend([credits.to_string(), cost.to_string(), events.to_string()]);
    }
    csv::line(text, &fields);
}

const EVENT_COLUMNS: [&str; 28] = [
    "kind",
    "usage_event",
    "charge",
    "hold",
    "source",
    "source_id",
    "person",
    "email",
    "name",
    "group",
    "group_name",
    "happened_at",
    "happened_on",
    "counted_at",
    "counted_on",
    "cycle",
    "is_late",
    "is_further",
    "credits",
    "cost",
    "currency",
    "provider",
    "model",
    "operation",
    "tags",
    "note",
    "reported_cost",
    "reported_currency",
];

/// The events: those that were counted when the first of them is read, however long the others take.
pub(super) fn events_answer(app: App, asked: Asked, has_mark: bool) -> HttpResponse {
    let start = (app, asked, Some(CostEventStart::default()));
    csv::answer_with_mark(has_mark, "cost-events.csv", &EVENT_COLUMNS, start, events_step)
}

async fn events_step(
    (app, asked, place): &mut (App, Asked, Option<CostEventStart>),
) -> Result<Option<String>> {
    let Some(after) = *place else { return Ok(None) };
    let (lines, next) = costs::list_cost_events(app, asked, after, EVENTS).await?;
    *place = next;
    let currency = asked.currency.to_string();
    let mut text = String::new();
    for line in lines {
        event_row(&mut text, line, &currency);
    }
    Ok(Some(text))
}

fn event_row(text: &mut String, line: EventLine, currency: &str) {
    let CostEventView {
        kind,
        usage_event_id,
        charge_id,
        hold_id,
        source,
        source_id,
        person,
        group,
        happened_at,
        happened_on,
        counted_at,
        counted_on,
        cycle_id,
        is_late,
        is_further,
        credits,
        cost,
        provider,
        model,
        operation,
        tags,
        note,
        reported,
    } = event_view(line);
    let id = |id: Option<String>| id.unwrap_or_default();
    let told = |text: Option<String>| harmless(&text.unwrap_or_default());
    let fields = [
        word(&kind),
        id(usage_event_id.map(|id| id.to_string())),
        id(charge_id.map(|id| id.to_string())),
        id(hold_id.map(|id| id.to_string())),
        told(source),
        told(source_id),
        person.id.to_string(),
        harmless(person.email.as_str()),
        harmless(&person.display_name),
        group.id.to_string(),
        harmless(&group.name),
        happened_at.to_string(),
        happened_on.to_string(),
        counted_at.to_string(),
        counted_on.to_string(),
        cycle_id.to_string(),
        is_late.to_string(),
        is_further.to_string(),
        credits.to_string(),
        cost.map(|cost| cost.to_string()).unwrap_or_default(),
        if cost.is_some() {
            currency.to_owned()
        } else {
            String::new()
        },
        told(provider),
        told(model),
        told(operation),
        harmless(&tags.join(" ")),
        told(note),
        reported.map(|money| money.amount.to_string()).unwrap_or_default(),
        reported
            .map(|money| money.currency.to_string())
            .unwrap_or_default(),
    ];
    csv::line(text, &fields);
}
