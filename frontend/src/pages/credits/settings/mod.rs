//! The Settings tab: sections, each with its own Save and what holds now beneath it. What moves credits asks first, with
//! its consequences.

mod alerts;
mod confirm;
mod fields;
mod history;
mod kinds;
mod section;
mod spec;

use allowance_api_types::credit_types::{CreditTypeView, OverviewQuery, OverviewView};
use allowance_api_types::live::Area;
use allowance_api_types::organisation::OrganisationSettingsView;
use allowance_api_types::people::Role;
use allowance_grid::Reading;
use allowance_values::{CreditTypeId, Credits};
use leptos::prelude::*;

use super::super::list_url::ListUrl;
use super::super::words;
use super::{CreditsFrame, TYPE};
use crate::api::credit_types::Change;
use crate::api::{self, Answer};
use crate::format;
use crate::remote::Remote;
use crate::session::{self, use_session};
use crate::ui::{Button, Loaded, Look, Toasts, Tone};
use confirm::Question;
use section::section;
use spec::Known;

/// What the sections share.
#[derive(Clone, Copy)]
struct Settings {
    frame: CreditsFrame,
    id: CreditTypeId,
    credit_type: Remote<CreditTypeView>,
    organisation: Remote<Option<OrganisationSettingsView>>,
    overview: Remote<OverviewView>,
    known: Memo<Option<Known>>,
    question: RwSignal<Option<Question>>,
    /// One unit of the organisation's currency, as in "credits per $1".
    unit: StoredValue<String>,
}

impl Settings {
    fn reading(self) -> Reading {
        untrack(|| self.known.get()).map_or_else(|| format::reading(2), |known| known.reading())
    }

    /// Tracked: rises when the viewer asks for fresh figures.
    fn times(self) {
        let _times = self.frame.refreshes();
    }

    /// What the frame and the hints show has changed.
    fn changed(self) {
        self.overview.reload();
        self.frame.reload_types();
    }

    async fn read_again(self) -> Answer<()> {
        self.credit_type.put(api::credit_types::get(self.id).await?);
        if untrack(|| self.organisation.value()).flatten().is_some() {
            self.organisation.put(Some(api::organisation::get().await?));
        }
        Ok(())
    }
}

/// The tab for one credit type.
pub(super) fn tab(frame: CreditsFrame, url: ListUrl, chosen: &CreditTypeView) -> AnyView {
    let id = chosen.id;
    let credit_type = Remote::live(&[Area::Settings], move || {
        let _times = frame.refreshes();
        async move { api::credit_types::get(id).await }
    });
    let overview = Remote::live(&[Area::Settings, Area::Allocations], move || {
        let _times = frame.refreshes();
        async move { api::credit_types::overview(id, &OverviewQuery::default()).await }
    });
    let me = use_session().me();
    let is_admin = me.as_ref().is_some_and(|me| me.role == Role::Admin);
    let organisation = Remote::live(&[Area::Settings], move || async move {
        // Only admins change it here; to others it says nothing.
        if is_admin {
            api::organisation::get().await.map(Some)
        } else {
            Ok(None)
        }
    });
    frame.show_busy(move || credit_type.is_loading() || overview.is_loading());
    let known = Memo::new(move |_| {
        Some(Known {
            credit_type: credit_type.value()?,
            organisation: organisation.value().flatten(),
        })
    });
    let settings = Settings {
        frame,
        id,
        credit_type,
        organisation,
        overview,
        known,
        question: RwSignal::new(None),
        unit: StoredValue::new(me.map_or_else(String::new, |me| unit(me.organisation.currency.as_str()))),
    };
    // Sections are made once; what is read again they follow by themselves.
    let is_there = Memo::new(move |_| known.with(Option::is_some));
    let has_organisation = Memo::new(move |_| {
        known.with(|known| known.as_ref().is_some_and(|known| known.organisation.is_some()))
    });
    let made = Callback::new(move |id: CreditTypeId| {
        frame.reload_types();
        url.open(TYPE, Some(id.to_string()));
    });
    let sections = move || {
        if !is_admin {
            return facts(settings);
        }
        view! {
            {section(settings, &spec::LIMIT, move || usage(settings))}
            {section(settings, &spec::CADENCE, move || said(settings, cadence))}
            {reset(settings)}
            {section(settings, &spec::RATE_SECTION, move || said(settings, rate))}
            {section(settings, &spec::SIGN_UP, move || said(settings, sign_up))}
            {section(settings, &spec::ENFORCEMENT, move || said(settings, enforcement))}
            {section(settings, &spec::ROLLOVER, move || said(settings, rollover))}
            {section(settings, &spec::DISTRIBUTION, move || said(settings, distribution))}
            {section(settings, &spec::AUTO_APPROVAL, move || said(settings, auto_approval))}
            {section(settings, &alerts::ALERTS, move || said(settings, alerts::now))}
            {section(settings, &spec::NAMING, move || said(settings, naming))}
            {kinds::card(settings, made)}
            {platforms()}
            {move || has_organisation.get().then(|| section(settings, &spec::ORGANISATION, move || said(settings, organisation_now)))}
        }
        .into_any()
    };
    view! {
        <div class="settings">
            <Loaded remote=credit_type lines=8 ready=|_| ().into_any() />
            {move || is_there.get().then(|| view! { {sections()} {history::history(settings)} })}
        </div>
        {confirm::dialog(settings)}
    }
    .into_any()
}

/// The way to what holds for platforms, whatever the credit type.
fn platforms() -> AnyView {
    view! {
        <section class="card settings-card">
            <h2>"Platforms"</h2>
            <p class="lead">"The keys they sign in with, and how what they report is counted. It holds for all credit types."</p>
            <div class="settings-save">
                <a class="btn" href="/integrations">"API keys"</a>
                <a class="btn" href="/integrations/usage">"How usage is counted"</a>
            </div>
        </section>
    }
    .into_any()
}

/// `$1`, `1 CHF`.
fn unit(currency: &str) -> String {
    match currency {
        "USD" => "$1".to_owned(),
        "EUR" => "€1".to_owned(),
        "GBP" => "£1".to_owned(),
        other => format!("1 {other}"),
    }
}

fn reset(settings: Settings) -> AnyView {
    let toasts: Toasts = expect_context();
    let ask = move |title: &'static str, change: Change, said: &'static str| {
        let done = Callback::new(move |()| {
            toasts.show(Tone::Good, said);
            settings.changed();
        });
        settings.question.set(Some(Question::new(title, change, done)));
    };
    let zone = session::zone();
    let undo = move || {
        let until = settings.known.get()?.credit_type.undo_until?;
        let text = format!(
            "The last reset can be undone until {}.",
            format::date_time(until, &zone)
        );
        Some(view! {
            <div class="act">
                <p>{text}</p>
                <Button on_press=move || ask("Undo the reset?", Change::UndoReset, "The reset was undone.")>"Undo reset…"</Button>
            </div>
        })
    };
    view! {
        <section class="card settings-card">
            <h2>"Reset cycle immediately"</h2>
            <p class="lead">"Closes this cycle and opens a fresh one with the full limit."</p>
            <div class="settings-save">
                <Button
                    look=Look::Danger
                    on_press=move || ask("Reset the cycle now?", Change::Reset, "A fresh cycle has begun.")
                >
                    "Reset cycle now…"
                </Button>
            </div>
            {undo}
        </section>
    }
    .into_any()
}

/// The settings for those who may read but not change them.
fn facts(settings: Settings) -> AnyView {
    let fact = |name: &'static str, value: fn(&Known) -> String| {
        view! { <div><dt>{name}</dt><dd>{move || said(settings, value)}</dd></div> }
    };
    view! {
        <section class="card settings-card">
            <dl class="facts">
                {fact("Credits per cycle", |known| format::credits(known.credit_type.limit))}
                {fact("Enforcement", enforcement)}
                {fact("Distribution", distribution)}
                {fact("Cycle", cadence)}
                {fact("Credit factor", rate)}
                {fact("Sign-up credits", sign_up)}
                {fact("Rollover", rollover)}
                {fact("Auto-approval", auto_approval)}
            </dl>
            <p class="hint">"Only an admin can change these settings."</p>
        </section>
    }
    .into_any()
}

/// What holds now, in words.
fn said(settings: Settings, words: fn(&Known) -> String) -> String {
    settings
        .known
        .get()
        .map(|known| words(&known))
        .unwrap_or_default()
}

fn usage(settings: Settings) -> String {
    let Some(overview) = settings.overview.value() else {
        return String::new();
    };
    format!(
        "{} used and {} held in the current cycle; {} unallocated.",
        format::credits(overview.cycle.used),
        format::credits(overview.held),
        format::credits(overview.unallocated)
    )
}

fn cadence(known: &Known) -> String {
    let zone = session::zone();
    let ends_at = known.credit_type.cycle.ends_at;
    format!(
        "Current: {}, {zone}. Next reset {}, {}.",
        words::cadence(known.credit_type.cadence).to_lowercase(),
        format::date_time(ends_at, &zone),
        format::relative(ends_at, format::now())
    )
}

fn rate(known: &Known) -> String {
    let rate = &known.credit_type.rate;
    match (&rate.credit_factor, &rate.credit_value) {
        (Some(factor), Some(value)) => format!(
            "Now: 1 {currency} of cost burns {} credits; 1 credit is worth {} {currency}.",
            format::number(factor, 9),
            format::number(value, 9),
            currency = session::currency(),
        ),
        _ => "Now: burning is off. Usage is recorded and spends no credits.".to_owned(),
    }
}

fn sign_up(known: &Known) -> String {
    let sign_up = &known.credit_type.sign_up;
    match (sign_up.amount.is_zero(), sign_up.is_pro_rata) {
        (true, _) => "Now: off.".to_owned(),
        (false, true) => format!(
            "Now: {}, by the share of the cycle still to come.",
            format::credits(sign_up.amount)
        ),
        (false, false) => format!("Now: {} each.", format::credits(sign_up.amount)),
    }
}

fn enforcement(known: &Known) -> String {
    format!(
        "Now: {}.",
        words::enforcement(known.credit_type.enforcement).to_lowercase()
    )
}

fn distribution(known: &Known) -> String {
    format!(
        "Now: {}.",
        words::distribution(known.credit_type.distribution).to_lowercase()
    )
}

fn naming(known: &Known) -> String {
    let decimals = format::plural(u64::from(known.credit_type.decimals), "decimal", "decimals");
    format!("Now: {}, {decimals}.", known.credit_type.name)
}

fn rollover(known: &Known) -> String {
    let rollover = &known.credit_type.rollover;
    if rollover.percent == 0 {
        return "Now: none. What is unused lapses when the cycle ends.".to_owned();
    }
    let cap = rollover
        .cap
        .map(|cap| format!(", at most {}", format::credits(cap)))
        .unwrap_or_default();
    let cycles = format::plural(u64::from(rollover.cycles), "cycle", "cycles");
    format!(
        "Now: {} % of the unused{cap}; it lapses after {cycles}.",
        rollover.percent
    )
}

fn auto_approval(known: &Known) -> String {
    let ceilings = &known.credit_type.auto_approval;
    let text = |ceiling: Option<Credits>| ceiling.map_or_else(|| "no ceiling".to_owned(), format::credits);
    format!(
        "Now: {} per request, {} per person and cycle.",
        text(ceilings.most_per_request),
        text(ceilings.most_per_person)
    )
}

fn organisation_now(known: &Known) -> String {
    known
        .organisation
        .as_ref()
        .map(|view| format!("{}, {}, {}.", view.name, view.time_zone, view.currency.as_str()))
        .unwrap_or_default()
}
