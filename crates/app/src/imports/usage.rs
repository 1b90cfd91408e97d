//! Usage from a file: each row is an event, counted by the queue like any other, so the same file again adds nothing.
//! What happened is booked, whatever anybody has left. The difference is shown first: the same posting, rolled back.

use std::collections::{BTreeMap, HashSet};

use allowance_values::{Cost, CostTotal, CreditTypeId, Credits, Currency, Money, OrganisationId, Timestamp};

use super::csv::{Column, Header, decode};
use crate::context::App;
use crate::error::{Error, Result};
use crate::metering::{
    Command, MOST_COMMANDS, Meter, Metered, MeteredAmount, OnInsufficient, PersonKey, UsageEvent,
};

/// The columns of a file of usage. Gateways' exports name some of them otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum UsageColumn {
    /// The id of the event.
    Id,
    /// Who reports it.
    Source,
    /// When it happened.
    HappenedAt,
    /// Who used, by address.
    Email,
    /// Who used, by employee number.
    ExternalId,
    /// Who used, by id.
    PersonId,
    /// What it cost.
    Cost,
    /// In which currency.
    Currency,
    /// What it cost in US dollars.
    CostUsd,
    /// How many credits.
    Amount,
    /// Whose service was used.
    Provider,
    /// Which model or product.
    Model,
    /// What was done.
    Operation,
    /// Tags, parted by semicolons.
    Tags,
    /// Tokens of the input.
    InputTokens,
    /// Tokens of the output.
    OutputTokens,
}

impl Column for UsageColumn {
    const ALL: &'static [Self] = &[
        Self::Id,
        Self::Source,
        Self::HappenedAt,
        Self::Email,
        Self::ExternalId,
        Self::PersonId,
        Self::Cost,
        Self::Currency,
        Self::CostUsd,
        Self::Amount,
        Self::Provider,
        Self::Model,
        Self::Operation,
        Self::Tags,
        Self::InputTokens,
        Self::OutputTokens,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Source => "source",
            Self::HappenedAt => "happened_at",
            Self::Email => "email",
            Self::ExternalId => "external_id",
            Self::PersonId => "person_id",
            Self::Cost => "cost",
            Self::Currency => "currency",
            Self::CostUsd => "cost_usd",
            Self::Amount => "amount",
            Self::Provider => "provider",
            Self::Model => "model",
            Self::Operation => "operation",
            Self::Tags => "tags",
            Self::InputTokens => "input_tokens",
            Self::OutputTokens => "output_tokens",
        }
    }

    fn other_names(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["event_id", "request_id", "call_id"],
            Self::HappenedAt => &["occurred_at", "time", "timestamp", "start_time"],
            Self::Email => &["user_email", "user"],
            Self::ExternalId => &["employee_number", "user_id"],
            Self::CostUsd => &["response_cost"],
            Self::Amount => &["credits"],
            Self::Provider => &["custom_llm_provider"],
            Self::Operation => &["call_type"],
            Self::Tags => &["request_tags"],
            Self::InputTokens => &["prompt_tokens"],
            Self::OutputTokens => &["completion_tokens"],
            Self::Source | Self::PersonId | Self::Cost | Self::Currency | Self::Model => &[],
        }
    }

    fn is_required(self) -> bool {
        matches!(self, Self::Id)
    }
}

/// A row: its line, and the event, or why it is none.
type Row = (u64, std::result::Result<UsageEvent, String>);

/// A file of usage, read and checked row by row.
#[derive(Debug)]
pub struct UsageFile {
    rows: Vec<Row>,
    /// Columns nobody knows; their values are ignored.
    pub unknown_columns: Vec<String>,
}

/// What an import of usage did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageImported {
    /// Events counted now.
    pub recorded: u64,
    /// Of those: events of a cycle that has ended, which count in the open one.
    pub late: u64,
    /// What the counted ones cost.
    pub cost: CostTotal,
    /// The credits they burnt, in micro-units.
    pub credits: i128,
    /// Events that were counted before.
    pub replayed: u64,
    /// Events kept aside, because nobody is known by the name they came under.
    pub kept: u64,
    /// Lines that were refused, with why.
    pub refused: Vec<(u64, String)>,
}

impl UsageFile {
    /// Reads a file of usage. `source` and `currency` are those of rows that name none.
    ///
    /// # Errors
    /// [`Error::ImportUnreadable`] and [`Error::ImportHeader`], in words for whoever made the file.
    pub fn read(bytes: &[u8], source: &str, currency: Currency) -> Result<Self> {
        use UsageColumn as C;
        let text = decode(bytes)?;
        let header = Header::<C>::read(&text)?;
        let has = |column| header.columns.contains(&Some(column));
        if !has(C::Email) && !has(C::ExternalId) && !has(C::PersonId) {
            let detail = "there is no column for who used; name email, external_id or person_id";
            return Err(Error::ImportHeader(detail.to_owned()));
        }
        if !has(C::Cost) && !has(C::CostUsd) && !has(C::Amount) {
            let detail = "there is no column for how much; name cost, cost_usd or amount";
            return Err(Error::ImportHeader(detail.to_owned()));
        }
        let mut rows = Vec::new();
        let mut seen = HashSet::new();
        for row in header.rows(&text) {
            let row = row?;
            let (cells, columns) = row.width;
            let mut event = if cells == columns {
                event(row.cells, source, currency)
            } else {
                Err(format!("the row has {cells} cells, the header {columns}"))
            };
            if let Ok(read) = &event
                && !seen.insert((read.source.clone(), read.id.clone()))
            {
                event = Err("the id is in the file twice".to_owned());
            }
            rows.push((row.line, event));
        }
        Ok(Self {
            rows,
            unknown_columns: header.unknown_columns,
        })
    }
}

/// The event of a row.
fn event(
    cells: Vec<(UsageColumn, String)>,
    source: &str,
    currency: Currency,
) -> std::result::Result<UsageEvent, String> {
    use UsageColumn as C;
    let cells: BTreeMap<C, String> = cells
        .into_iter()
        .map(|(column, text)| (column, text.trim().to_owned()))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let text = |column: C, most: usize| {
        let text = cells.get(&column).cloned();
        let is_long = |text: &String| text.chars().count() > most;
        if text.as_ref().is_some_and(is_long) {
            return Err(format!("{}: at most {most} characters", column.name()));
        }
        Ok(text)
    };
    let wrong = |column: C, why: &dyn std::fmt::Display| format!("{}: {why}", column.name());
    let id = text(C::Id, 255)?.ok_or("id: every event needs one")?;
    let happened_at = text(C::HappenedAt, 100)?.map(|text| {
        let at: std::result::Result<Timestamp, _> = text.parse();
        at.map_err(|_| wrong(C::HappenedAt, &"write instants like 2026-11-26T09:00:00Z"))
    });
    let email = text(C::Email, 320)?.map(|text| text.parse().map_err(|error| wrong(C::Email, &error)));
    let person_id = text(C::PersonId, 100)?.map(|text| {
        let id = text.parse();
        id.map_err(|_| wrong(C::PersonId, &"this is no id of a person"))
    });
    let person = match (
        person_id.transpose()?,
        email.transpose()?,
        text(C::ExternalId, 100)?,
    ) {
        (Some(id), None, None) => PersonKey::Id(id),
        (None, Some(email), None) => PersonKey::Email(email),
        (None, None, Some(number)) => PersonKey::Number(number),
        (None, None, None) => PersonKey::Nobody,
        _ => return Err("name who used once: by email, external_id or person_id".to_owned()),
    };
    let currency = match text(C::Currency, 3)? {
        None => currency,
        Some(code) => code.parse().map_err(|error| wrong(C::Currency, &error))?,
    };
    let dollars = || "USD".parse().map_err(|error| wrong(C::CostUsd, &error));
    let cost = |column: C| {
        let cost = text(column, 64)?.map(|text| Cost::parse_metered(&text));
        cost.transpose().map_err(|error| wrong(column, &error))
    };
    let amount = text(C::Amount, 64)?.map(|text| text.parse::<Credits>());
    let amount = amount.transpose().map_err(|error| wrong(C::Amount, &error))?;
    let amount = match (cost(C::Cost)?, cost(C::CostUsd)?, amount) {
        (Some(amount), None, None) => MeteredAmount::Cost(Money { amount, currency }),
        (None, Some(amount), None) => MeteredAmount::Cost(Money {
            amount,
            currency: dollars()?,
        }),
        (None, None, Some(credits)) => MeteredAmount::Credits(credits),
        _ => return Err("say how much once: by cost, cost_usd or amount".to_owned()),
    };
    let tags: Vec<String> = text(C::Tags, 2_000)?
        .iter()
        .flat_map(|tags| tags.split(';'))
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect();
    if tags.len() > 20 || tags.iter().any(|tag| tag.chars().count() > 100) {
        return Err("tags: at most 20 of at most 100 characters, parted by semicolons".to_owned());
    }
    let mut metadata = BTreeMap::new();
    for column in [C::InputTokens, C::OutputTokens] {
        if let Some(count) = text(column, 20)? {
            metadata.insert(column.name(), count);
        }
    }
    let metadata = (!metadata.is_empty()).then(|| serde_json::json!(metadata).to_string());
    Ok(UsageEvent {
        source: text(C::Source, 255)?.unwrap_or_else(|| source.to_owned()),
        id,
        happened_at: happened_at.transpose()?,
        credit_type: None,
        person,
        amount,
        on_insufficient: Some(OnInsufficient::Record),
        provider: text(C::Provider, 100)?,
        model: text(C::Model, 200)?,
        operation: text(C::Operation, 100)?,
        tags,
        metadata,
    })
}

impl UsageImported {
    fn add(&mut self, line: u64, answer: Result<Metered>) -> Result<()> {
        let one_more = |count: &mut u64| *count = count.saturating_add(1);
        match answer {
            Ok(Metered::Usage { is_replay: true, .. }) => one_more(&mut self.replayed),
            Ok(Metered::Usage { row, .. }) => {
                one_more(&mut self.recorded);
                if row.is_late {
                    one_more(&mut self.late);
                }
                if let Some(at_rate) = row.cost {
                    let nanos = i128::from(at_rate.cost.amount.nanos());
                    self.cost = CostTotal::from_nanos(self.cost.nanos().saturating_add(nanos));
                }
                self.credits = self.credits.saturating_add(i128::from(row.amount.micros()));
            }
            Ok(Metered::Kept { .. }) => one_more(&mut self.kept),
            Ok(Metered::Hold { .. }) => {
                return Err(Error::Internal("an event was answered by a hold".to_owned()));
            }
            Err(error @ (Error::Store(_) | Error::Internal(_) | Error::Overloaded)) => return Err(error),
            Err(Error::Fields(fields)) => {
                let why: Vec<String> = fields.into_iter().map(|field| field.detail).collect();
                self.refused.push((line, why.join(" ")));
            }
            Err(error) => self.refused.push((line, error.to_string())),
        }
        Ok(())
    }

    /// The credits as a text; a sum of many may be more than an amount can be.
    #[must_use]
    pub fn credits_text(&self) -> String {
        CostTotal::from_nanos(self.credits.saturating_mul(1_000)).to_string()
    }
}

impl App {
    /// Imports usage in batches, each in one commit; or answers what that would do, by the same posting rolled back.
    ///
    /// # Errors
    /// The store's; what was counted until then stays counted, and importing the file again goes on.
    pub async fn import_usage(
        &self,
        organisation: OrganisationId,
        file: &UsageFile,
        credit_type: Option<CreditTypeId>,
        is_dry_run: bool,
    ) -> Result<UsageImported> {
        let mut imported = UsageImported::default();
        for rows in file.rows.chunks(MOST_COMMANDS) {
            let mut lines = Vec::with_capacity(rows.len());
            let mut commands = Vec::with_capacity(rows.len());
            for (line, row) in rows {
                match row {
                    Err(why) => imported.refused.push((*line, why.clone())),
                    Ok(event) => {
                        lines.push(*line);
                        commands.push(Command::Use(Box::new(UsageEvent {
                            credit_type,
                            ..event.clone()
                        })));
                    }
                }
            }
            let meter = Meter::System(organisation);
            let answers = if is_dry_run {
                self.rehearse_metering(meter, "import", commands).await?
            } else {
                self.meter(meter, "import", commands).await?
            };
            for (line, answer) in lines.into_iter().zip(answers) {
                imported.add(line, answer)?;
            }
        }
        imported.refused.sort_unstable();
        Ok(imported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> UsageFile {
        UsageFile::read(text.as_bytes(), "file", "EUR".parse().unwrap()).unwrap()
    }

    fn why(text: &str) -> String {
        read(text).rows[0].1.clone().unwrap_err()
    }

    #[test]
    fn an_export_of_a_gateway_and_a_file_of_our_own_read_alike() {
        let ours = "source,id,happened_at,email,provider,model,input_tokens,output_tokens,cost,currency\n\
            file,1,2023-11-16T18:17:03.979960Z,zoë@x.org,openai,gpt-4o,7433,14,0.0187225,USD\n";
        let theirs = "Event ID;occurred_at;user_email;provider;model;input_tokens;output_tokens;cost_usd\n\
            1;2023-11-16T18:17:03.979960Z;zoë@x.org;openai;gpt-4o;7433;14;1.87225e-2\n";
        let event = |file: &UsageFile| file.rows[0].1.clone().unwrap();
        let (ours, theirs) = (read(ours), read(theirs));
        assert_eq!(event(&ours), event(&theirs));
        assert_eq!(
            event(&ours).metadata.as_deref(),
            Some(r#"{"input_tokens":"7433","output_tokens":"14"}"#)
        );
        assert_eq!(theirs.unknown_columns, [""; 0]);
    }

    #[test]
    fn a_row_that_is_no_event_says_why() {
        for (row, words) in [
            ("a@x.org,,1", "id: every event needs one"),
            ("a@x.org,1,", "say how much once"),
            ("a@x.org,1,-1", "cost: "),
            ("nobody,1,1", "email: "),
            ("a@x.org,1,1,more", "the row has 4 cells"),
        ] {
            let text = format!("email,id,cost\n{row}\n");
            assert!(why(&text).contains(words), "{row}: {}", why(&text));
        }
        let long = format!("email,id,cost\na@x.org,{},1\n", "x".repeat(256));
        assert_eq!(why(&long), "id: at most 255 characters");
        let nobody = read("email,id,cost\n,1,1\n");
        let nobody = nobody.rows[0].1.as_ref().map(|event| event.person.clone());
        assert_eq!(
            nobody,
            Ok(PersonKey::Nobody),
            "whether that is refused the organisation says"
        );
        let both = read("email,external_id,id,cost\na@x.org,7,1,1\n");
        assert!(
            both.rows[0]
                .1
                .as_ref()
                .is_err_and(|why| why.contains("name who used once"))
        );
        let twice = read("email,id,cost\na@x.org,1,1\na@x.org,1,1\n");
        assert!(twice.rows[0].1.is_ok() && twice.rows[1].1.is_err());
    }

    #[test]
    fn a_header_that_says_not_who_or_how_much_is_refused() {
        for (header, words) in [
            ("email,cost", "it lacks id"),
            ("id,cost", "who used"),
            ("id,email", "how much"),
        ] {
            let error = UsageFile::read(header.as_bytes(), "file", "EUR".parse().unwrap()).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
