//! The demo's use: what a gateway reported day by day, and two holds. It comes through the queue by a key, as a platform's
//! does. Days and sizes are made up by arithmetic, so they are the same everywhere.

use std::collections::BTreeMap;

use allowance_domain::authz::KeyScope;
use allowance_store::{ManualClock, Tx};
use allowance_values::{Cost, Credits, Currency, Money, Timestamp};

use super::{Filled, whole};
use crate::api_keys::{CreateApiKey, create_api_key};
use crate::context::{App, Caller};
use crate::error::{Error, Result};
use crate::metering::{Command, Meter, MeteredAmount, OnInsufficient, PersonKey, PlaceHold, UsageEvent};

/// Who reports.
const SOURCE: &str = "gateway.demo";
const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;
const HUNDREDTH: i64 = 10_000;
/// One credit costs so many nano-units of money: the demo's factor is 100.
const NANOS_PER_MICRO: i64 = 10;
/// The table says what was used in so many days.
const TABLE_DAYS: i64 = 25;

/// What a person uses in [`TABLE_DAYS`]: in micro-credits, of which models, for what.
struct DemoUse {
    who: &'static str,
    micros: i64,
    models: [(&'static str, &'static str); 2],
    operation: &'static str,
    tag: &'static str,
}

const CLAUDE: (&str, &str) = ("Anthropic", "claude-sonnet-4-5");
const HAIKU: (&str, &str) = ("Anthropic", "claude-haiku-4-5");
const GPT: (&str, &str) = ("OpenAI", "gpt-5");
const GPT_MINI: (&str, &str) = ("OpenAI", "gpt-5-mini");
const EMBEDDING: (&str, &str) = ("OpenAI", "text-embedding-3-large");
const IMAGES: (&str, &str) = ("Black Forest Labs", "flux-1.1-pro");
const MISTRAL: (&str, &str) = ("Mistral", "mistral-large");

macro_rules! uses {
    ($($who:literal $micros:literal [$first:ident, $second:ident] $operation:literal $tag:literal;)*) => {
        &[$(DemoUse { who: $who, micros: $micros, models: [$first, $second], operation: $operation, tag: $tag },)*]
    };
}

const USES: &[DemoUse] = uses! {
    "chidera.okafor" 1_132_500_000 [CLAUDE, GPT] "chat" "load-test";
    "dunja.marković" 640_250_000 [CLAUDE, HAIKU] "chat" "platform";
    "elif.yıldız" 1_150_000_000 [MISTRAL, CLAUDE] "fine_tuning" "search-relevance";
    "farid.haddad" 312_000_000 [CLAUDE, HAIKU] "chat" "platform";
    "hiro.tanaka" 87_125_000 [HAIKU, GPT_MINI] "summary" "incident-review";
    "kofi.mensah" 978_400_000 [EMBEDDING, CLAUDE] "embedding" "search-relevance";
    "nadia.petrova" 154_000_000 [GPT, GPT_MINI] "transcription" "interviews";
    "oskar.jørgensen" 1_010_000_000 [IMAGES, GPT] "image" "onboarding";
    "priya.raman" 420_750_000 [GPT, GPT_MINI] "transcription" "interviews";
    "tomás.oliveira" 233_000_000 [GPT, MISTRAL] "chat" "offers";
    "anselm.brandt" 512_300_000 [HAIKU, CLAUDE] "chat" "tickets";
    "gábor.szabó" 45_600_000 [GPT_MINI, MISTRAL] "chat" "forecast";
    "bruno.castellano" 186_400_000 [CLAUDE, GPT] "chat" "platform";
    "grete.nyström" 874_200_000 [CLAUDE, HAIKU] "chat" "platform";
    "ines.carvalho" 793_800_000 [CLAUDE, GPT] "chat" "load-test";
    "jonas.weiß" 542_100_000 [HAIKU, CLAUDE] "chat" "platform";
    "lena.hofer" 361_500_000 [GPT_MINI, HAIKU] "chat" "search-relevance";
    "mateo.ruiz" 298_700_000 [GPT, CLAUDE] "chat" "onboarding";
    "quentin.leroux" 466_250_000 [GPT, GPT_MINI] "chat" "onboarding";
    "rosa.delgado" 618_900_000 [CLAUDE, GPT_MINI] "summary" "help-centre";
    "sanne.devries" 132_800_000 [GPT, MISTRAL] "chat" "offers";
    "ulla.korhonen" 344_600_000 [GPT, MISTRAL] "chat" "offers";
    "yusuf.demir" 285_300_000 [GPT_MINI, GPT] "chat" "offers";
    "cormac.oconnell" 432_700_000 [HAIKU, CLAUDE] "chat" "tickets";
    "delphine.arnaud" 388_450_000 [HAIKU, GPT_MINI] "summary" "tickets";
    "emil.sørensen" 274_900_000 [HAIKU, GPT_MINI] "chat" "tickets";
    "hanna.virtanen" 158_350_000 [GPT_MINI, MISTRAL] "summary" "month-end";
    "fatima.elamrani" 97_200_000 [GPT_MINI, GPT] "chat" "forecast";
};

/// What is reserved: for whom, how much, what for.
const HOLDS: &[(&str, i64, &str)] = &[
    ("elif.yıldız", 120, "Fine-tuning run of tonight"),
    ("kofi.mensah", 85, "Nightly embeddings"),
];

/// Makes the gateway's key; answers its text.
pub(super) async fn make_key(tx: Tx, caller: &Caller) -> Result<(Tx, String)> {
    let key = CreateApiKey {
        name: "Model gateway".to_owned(),
        scopes: vec![KeyScope::UsageWrite, KeyScope::HoldsWrite],
        expires_at: None,
    };
    let (tx, made) = create_api_key(tx, caller, &key).await?.reopen();
    Ok((tx, made.text))
}

impl App {
    /// Has the gateway report day by day what was used from the clock's instant until now, and place its holds.
    pub(super) async fn report_demo_usage(
        &self,
        demo: &Filled,
        currency: Currency,
        clock: &ManualClock,
        now: Timestamp,
    ) -> Result<()> {
        let mut days: BTreeMap<i64, Vec<(Timestamp, Command)>> = BTreeMap::new();
        for event in events(demo, currency, self.store.now(), now)? {
            days.entry(event.0.micros().div_euclid(DAY))
                .or_default()
                .push(event);
        }
        for mut day in days.into_values() {
            day.sort_by_key(|(at, _)| *at);
            clock.set(day.last().map_or(now, |(at, _)| *at));
            self.report(demo, day.into_iter().map(|(_, command)| command).collect())
                .await?;
        }
        clock.set(now);
        self.report(demo, holds(demo)?).await
    }

    async fn report(&self, demo: &Filled, commands: Vec<Command>) -> Result<()> {
        let key = self
            .identify_key(&demo.key)
            .await?
            .ok_or(Error::Unauthenticated)?;
        for answer in self.meter(Meter::Key(key), "demo", commands).await? {
            answer?;
        }
        Ok(())
    }
}

fn events(
    demo: &Filled,
    currency: Currency,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<(Timestamp, Command)>> {
    let mut events = Vec::new();
    for demo_use in USES {
        let person = demo.cast.find(demo_use.who)?;
        for (place, (at, micros)) in demo_use.events(since, now).into_iter().enumerate() {
            let [often, seldom] = demo_use.models;
            let (provider, model) = if spread(place, 7) < 2 { seldom } else { often };
            let cost = Cost::from_nanos(micros.saturating_mul(NANOS_PER_MICRO));
            let command = Command::Use(Box::new(UsageEvent {
                source: SOURCE.to_owned(),
                id: format!("{}-{place}", demo_use.who),
                happened_at: Some(at),
                credit_type: Some(demo.credit_type),
                person: PersonKey::Id(person),
                amount: MeteredAmount::Cost(Money {
                    amount: cost.ok_or(Error::NotFound)?,
                    currency,
                }),
                on_insufficient: Some(OnInsufficient::Record),
                provider: Some(provider.to_owned()),
                model: Some(model.to_owned()),
                operation: Some(demo_use.operation.to_owned()),
                tags: vec![demo_use.tag.to_owned()],
                metadata: None,
            }));
            events.push((at, command));
        }
    }
    Ok(events)
}

fn holds(demo: &Filled) -> Result<Vec<Command>> {
    let hold = |(who, credits, note): &(&str, i64, &str)| {
        Ok(Command::Hold(Box::new(PlaceHold {
            source: SOURCE.to_owned(),
            reference: format!("{who}-nightly"),
            credit_type: Some(demo.credit_type),
            person: PersonKey::Id(demo.cast.find(who)?),
            amount: MeteredAmount::Credits(whole(*credits)),
            tolerance: Credits::ZERO,
            expires_in_seconds: 259_200,
            is_strict: false,
            note: Some((*note).to_owned()),
        })))
    };
    HOLDS.iter().map(hold).collect()
}

impl DemoUse {
    /// What is used in a span, in hundredths of a credit.
    fn total(&self, span: i64) -> i64 {
        share(self.micros / HUNDREDTH, span, TABLE_DAYS * DAY)
    }

    /// Instants and micro-credits: more events the more is used, in the daytime, few at weekends; parts of the total that
    /// differ and add up to it.
    fn events(&self, since: Timestamp, now: Timestamp) -> Vec<(Timestamp, i64)> {
        let span = now.micros().saturating_sub(since.micros());
        let total = self.total(span);
        let count = usize::try_from(total / 3_000).unwrap_or_default().clamp(8, 60);
        let seed = self.who.len();
        let weights: Vec<i64> = (0..count).map(|place| 2 + spread(place + seed, 11)).collect();
        let whole: i64 = weights.iter().sum();
        let (mut events, mut weight, mut given) = (Vec::with_capacity(count), 0, 0);
        for (place, part) in weights.into_iter().enumerate() {
            weight += part;
            let until = share(total, weight, whole);
            let at = since.plus_micros(share(span, spread(place * 3 + seed, 1_000), 1_000));
            let micros = (until - given) * HUNDREDTH;
            events.push((working(at).clamp(since, now), micros));
            given = until;
        }
        events
    }
}

/// So many parts of a whole, rounded down.
fn share(whole: i64, parts: i64, all: i64) -> i64 {
    let part = i128::from(whole) * i128::from(parts) / i128::from(all.max(1));
    i64::try_from(part).unwrap_or_default()
}

/// The same moment within working hours, on Friday for most of a weekend.
fn working(at: Timestamp) -> Timestamp {
    let (day, within) = (at.micros().div_euclid(DAY), at.micros().rem_euclid(DAY));
    // The first day of all was a Thursday.
    let back = match (day + 3).rem_euclid(7) {
        5 => 1,
        6 if within > DAY / 4 => 2,
        _ => 0,
    };
    Timestamp::from_micros((day - back) * DAY + 7 * HOUR + within * 11 / 24)
}

/// A number below a bound that looks like chance.
fn spread(place: usize, bound: i64) -> i64 {
    let place = u64::try_from(place).unwrap_or_default().wrapping_add(1);
    let mixed = place.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    i64::try_from(mixed).unwrap_or_default().rem_euclid(bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_add_up_to_the_total_and_lie_in_the_span() {
        for days in [1, 25, 40] {
            let since = Timestamp::from_micros(1_762_000_000_000_000);
            let now = since.plus_micros(days * DAY);
            for demo in USES {
                let events = demo.events(since, now);
                let sum: i64 = events.iter().map(|(_, micros)| micros).sum();
                assert_eq!(sum, demo.total(days * DAY) * HUNDREDTH);
                assert!(
                    events
                        .iter()
                        .all(|(at, micros)| *micros > 0 && (since..=now).contains(at))
                );
            }
        }
    }
}
