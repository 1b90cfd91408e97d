//! The sections of the settings: which fields each has, how they are read off what is known and written into a body.
//!
//! A section is data. Its texts stand in the order of its fields; yes and no are `true` and `false`.

use allowance_api_types::credit_types::{
    AutoApprovalBody, CreditTypeView, RateSide, RolloverBody, SignUpBody, UpdateCreditTypeBody,
};
use allowance_api_types::organisation::{OrganisationSettingsView, UpdateOrganisationBody};
use allowance_grid::Reading;
use allowance_values::Credits;

use super::super::super::words;
use super::fields::{
    amount, cadence_options, ceiling, decimal_options, decimals, distribution_options, enforcement_options,
    rate, side_options, whole,
};
use crate::format;
use crate::ui::{FieldErrors, Required, required};

/// What the settings are read off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) credit_type: CreditTypeView,
    /// Absent until it is there, and for those who may not read it.
    pub(super) organisation: Option<OrganisationSettingsView>,
}

impl Known {
    pub(super) fn reading(&self) -> Reading {
        format::reading(self.credit_type.decimals)
    }
}

/// What a section saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Save {
    CreditType(Box<UpdateCreditTypeBody>),
    Organisation(Box<UpdateOrganisationBody>),
}

pub(super) enum Kind {
    Text,
    Amount,
    Select(fn() -> Vec<(String, String)>),
    Check,
}

pub(super) struct FieldSpec {
    pub(super) name: &'static str,
    /// The label, by the section's texts. `{1}` stands for one unit of the organisation's currency.
    pub(super) label: fn(&[String]) -> &'static str,
    pub(super) hint: Option<&'static str>,
    pub(super) kind: Kind,
}

pub(super) struct SectionSpec {
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) fields: &'static [FieldSpec],
    /// The question before it is saved, where saving moves credits.
    pub(super) question: Option<&'static str>,
    pub(super) read: fn(&Known) -> Option<Vec<String>>,
    pub(super) write: fn(&[&str], Reading, &mut FieldErrors) -> Option<Save>,
}

/// A body that changes nothing.
pub(super) const UNCHANGED: UpdateCreditTypeBody = UpdateCreditTypeBody {
    name: None,
    decimals: None,
    limit: None,
    rate_side: None,
    rate: None,
    enforcement: None,
    cadence: None,
    distribution: None,
    rollover: None,
    sign_up: None,
    auto_approval: None,
    alert_thresholds: None,
};

#[expect(clippy::unnecessary_wraps, reason = "the shape in which a section is written")]
pub(super) fn credit_type(body: UpdateCreditTypeBody) -> Option<Save> {
    Some(Save::CreditType(Box::new(body)))
}

const fn text(name: &'static str, label: fn(&[String]) -> &'static str) -> FieldSpec {
    field(name, label, Kind::Text)
}

const fn field(name: &'static str, label: fn(&[String]) -> &'static str, kind: Kind) -> FieldSpec {
    FieldSpec {
        name,
        label,
        hint: None,
        kind,
    }
}

const NAME: Required = Required {
    missing: "Enter a name.",
    most: 100,
};
const ZONE: Required = Required {
    missing: "Enter a time zone, like Europe/Berlin.",
    most: 64,
};

pub(super) static LIMIT: SectionSpec = SectionSpec {
    title: "Account credit limit",
    lead: "What this organisation may spend in one cycle. A change holds at once; nothing is taken from anybody.",
    fields: &[field("limit", |_| "Credits per cycle", Kind::Amount)],
    question: Some("Apply new credit limit?"),
    read: |known| Some(vec![known.reading().editable(known.credit_type.limit)]),
    write: |texts, reading, errors| {
        let [limit] = texts else { return None };
        credit_type(UpdateCreditTypeBody {
            limit: Some(amount(errors, "limit", limit, reading)?),
            ..UNCHANGED
        })
    },
};

pub(super) static CADENCE: SectionSpec = SectionSpec {
    title: "Cycle cadence",
    lead: "How often credits start afresh. A change starts a fresh cycle at once. Amounts are per cycle and are not converted.",
    fields: &[field("cadence", |_| "Cadence", Kind::Select(cadence_options))],
    question: Some("Apply new cadence?"),
    read: |known| Some(vec![words::word(known.credit_type.cadence)]),
    write: |texts, _, _| {
        let [cadence] = texts else { return None };
        credit_type(UpdateCreditTypeBody {
            cadence: words::from_word(cadence),
            ..UNCHANGED
        })
    },
};

pub(super) static RATE_SECTION: SectionSpec = SectionSpec {
    title: "Credit factor",
    lead: "How cost becomes credits, for what is used from now on. 0 records usage without spending credits.",
    fields: &[
        field("rate_side", |_| "Entered as", Kind::Select(side_options)),
        text("rate", |texts| match texts.first().map(String::as_str) {
            Some("value") => "Money per credit",
            _ => "Internal credit units per {1} of cost",
        }),
    ],
    question: None,
    read: |known| {
        let rate = &known.credit_type.rate;
        let entered = match rate.entered {
            RateSide::Value => rate.credit_value.as_ref(),
            _ => rate.credit_factor.as_ref(),
        };
        let entered = entered.cloned().unwrap_or_else(|| "0".to_owned());
        Some(vec![words::word(rate.entered), entered])
    },
    write: |texts, _, errors| {
        let [side, text] = texts else { return None };
        credit_type(UpdateCreditTypeBody {
            rate_side: words::from_word(side),
            rate: Some(rate(errors, "rate", text)?),
            ..UNCHANGED
        })
    },
};

pub(super) static SIGN_UP: SectionSpec = SectionSpec {
    title: "Initial sign-up credits",
    lead: "What everybody who joins gets once, to the end of the cycle in which they join. 0 is off.",
    fields: &[
        field("sign_up", |_| "Credits per new user", Kind::Amount),
        field(
            "is_pro_rata",
            |_| "Only the share of the cycle still to come",
            Kind::Check,
        ),
    ],
    question: None,
    read: |known| {
        let sign_up = &known.credit_type.sign_up;
        Some(vec![
            known.reading().editable(sign_up.amount),
            sign_up.is_pro_rata.to_string(),
        ])
    },
    write: |texts, reading, errors| {
        let [text, is_pro_rata] = texts else { return None };
        credit_type(UpdateCreditTypeBody {
            sign_up: Some(SignUpBody {
                amount: amount(errors, "sign_up", text, reading)?,
                is_pro_rata: *is_pro_rata == "true",
            }),
            ..UNCHANGED
        })
    },
};

pub(super) static ENFORCEMENT: SectionSpec = SectionSpec {
    title: "Enforcement",
    lead: "What asking first meets beyond Remaining. What was recorded afterwards is always kept and flagged.",
    fields: &[field(
        "enforcement",
        |_| "Beyond Remaining",
        Kind::Select(enforcement_options),
    )],
    question: None,
    read: |known| Some(vec![words::word(known.credit_type.enforcement)]),
    write: |texts, _, _| {
        let [enforcement] = texts else { return None };
        credit_type(UpdateCreditTypeBody {
            enforcement: words::from_word(enforcement),
            ..UNCHANGED
        })
    },
};

pub(super) static ROLLOVER: SectionSpec = SectionSpec {
    title: "Rollover",
    lead: "What of unused Monthly crosses into the next cycle, from the end of this one on. 0 % is none.",
    fields: &[
        text("percent", |_| "Percent of the unused"),
        FieldSpec {
            name: "cap",
            label: |_| "At most per person",
            hint: Some("Empty is no cap. In a shared pool per group."),
            kind: Kind::Amount,
        },
        text("cycles", |_| "Lapses after so many cycles"),
    ],
    question: None,
    read: |known| {
        let rollover = &known.credit_type.rollover;
        let cap = rollover.cap.map(|cap| known.reading().editable(cap));
        Some(vec![
            rollover.percent.to_string(),
            cap.unwrap_or_default(),
            rollover.cycles.to_string(),
        ])
    },
    write: |texts, reading, errors| {
        let [percent, cap, cycles] = texts else {
            return None;
        };
        let percent = whole(errors, "percent", percent, 0..=100);
        let cap = ceiling(errors, "cap", cap, reading);
        let cycles = whole(errors, "cycles", cycles, 1..=100);
        credit_type(UpdateCreditTypeBody {
            rollover: Some(RolloverBody {
                percent: u8::try_from(percent?).ok()?,
                cap: cap?,
                cycles: cycles?,
            }),
            ..UNCHANGED
        })
    },
};

pub(super) static DISTRIBUTION: SectionSpec = SectionSpec {
    title: "Distribution",
    lead: "How credits reach members. A change keeps what was used and puts Monthly aside, or restores it.",
    fields: &[field(
        "distribution",
        |_| "Distribution",
        Kind::Select(distribution_options),
    )],
    question: Some("Apply new distribution?"),
    read: |known| Some(vec![words::word(known.credit_type.distribution)]),
    write: |texts, _, _| {
        let [distribution] = texts else { return None };
        credit_type(UpdateCreditTypeBody {
            distribution: words::from_word(distribution),
            ..UNCHANGED
        })
    },
};

pub(super) static AUTO_APPROVAL: SectionSpec = SectionSpec {
    title: "Auto-approve ceilings",
    lead: "Up to where a group’s reserve answers requests by itself. Each group’s reserve is set in the grid. Empty is no ceiling.",
    fields: &[
        field("most_per_request", |_| "At most per request", Kind::Amount),
        field(
            "most_per_person",
            |_| "At most per person and cycle",
            Kind::Amount,
        ),
    ],
    question: None,
    read: |known| {
        let ceilings = &known.credit_type.auto_approval;
        let text = |ceiling: Option<Credits>| {
            ceiling
                .map(|amount| known.reading().editable(amount))
                .unwrap_or_default()
        };
        Some(vec![
            text(ceilings.most_per_request),
            text(ceilings.most_per_person),
        ])
    },
    write: |texts, reading, errors| {
        let [per_request, per_person] = texts else {
            return None;
        };
        let per_request = ceiling(errors, "most_per_request", per_request, reading);
        let per_person = ceiling(errors, "most_per_person", per_person, reading);
        credit_type(UpdateCreditTypeBody {
            auto_approval: Some(AutoApprovalBody {
                most_per_request: per_request?,
                most_per_person: per_person?,
            }),
            ..UNCHANGED
        })
    },
};

pub(super) static NAMING: SectionSpec = SectionSpec {
    title: "Name and decimals",
    lead: "How these credits are called and shown.",
    fields: &[
        text("name", |_| "Name"),
        FieldSpec {
            name: "decimals",
            label: |_| "Decimals",
            hint: Some("They only grow once credits were used."),
            kind: Kind::Select(decimal_options),
        },
    ],
    question: None,
    read: |known| {
        let credit_type = &known.credit_type;
        Some(vec![credit_type.name.clone(), credit_type.decimals.to_string()])
    },
    write: |texts, _, errors| {
        let [name, count] = texts else { return None };
        let name = required(errors, "name", name, NAME);
        credit_type(UpdateCreditTypeBody {
            name,
            decimals: decimals(errors, "decimals", count),
            ..UNCHANGED
        })
    },
};

pub(super) static ORGANISATION: SectionSpec = SectionSpec {
    title: "Organisation",
    lead: "Holds for all credit types. A new time zone holds from the next cycle.",
    fields: &[
        text("name", |_| "Name of the organisation"),
        text("time_zone", |_| "Time zone"),
        text("undo_hours", |_| "Hours in which a reset can be undone"),
        field(
            "managers_decide_requests",
            |_| "Managers see and decide their reports’ credit requests",
            Kind::Check,
        ),
        field(
            "denial_needs_reason",
            |_| "Denying a request needs a reason",
            Kind::Check,
        ),
    ],
    question: None,
    read: |known| {
        let organisation = known.organisation.as_ref()?;
        Some(vec![
            organisation.name.clone(),
            organisation.time_zone.clone(),
            organisation.undo_hours.to_string(),
            organisation.managers_decide_requests.to_string(),
            organisation.denial_needs_reason.to_string(),
        ])
    },
    write: |texts, _, errors| {
        let [name, zone, hours, managers, reason] = texts else {
            return None;
        };
        let name = required(errors, "name", name, NAME);
        let time_zone = required(errors, "time_zone", zone, ZONE);
        let undo_hours = whole(errors, "undo_hours", hours, 0..=168);
        Some(Save::Organisation(Box::new(UpdateOrganisationBody {
            name,
            time_zone,
            managers_decide_requests: Some(*managers == "true"),
            denial_needs_reason: Some(*reason == "true"),
            undo_hours: undo_hours.and_then(|hours| u16::try_from(hours).ok()),
        })))
    },
};

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
