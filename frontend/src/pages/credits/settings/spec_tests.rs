//! Tests of the sections.

use super::*;

static ALL: [&SectionSpec; 11] = [
    &super::super::alerts::ALERTS,
    &LIMIT,
    &CADENCE,
    &RATE_SECTION,
    &SIGN_UP,
    &ENFORCEMENT,
    &ROLLOVER,
    &DISTRIBUTION,
    &AUTO_APPROVAL,
    &NAMING,
    &ORGANISATION,
];

fn known() -> Known {
    let id = "00000000000000000000000000000001";
    let credit_type = serde_json::from_value(serde_json::json!({
        "id": format!("crt_{id}"), "name": "AI usage", "decimals": 2, "cadence": "calendar_month", "limit": "100000",
        "rate": {"entered": "factor", "credit_factor": "100", "credit_value": "0.01"}, "enforcement": "warn",
        "distribution": "individual", "etag": "\"1\"",
        "rollover": {"percent": 50, "cap": "200", "cycles": 2}, "sign_up": {"amount": "25", "is_pro_rata": true},
        "auto_approval": {"most_per_request": "150", "most_per_person": null},
        "alert_thresholds": [50, 80, 100], "is_archived": false,
        "cycle": {
            "id": format!("cyc_{id}"), "starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z",
            "opened_by": "schedule", "is_open": true, "limit": "100000", "used": "41207.35", "carried": "0",
            "is_provisional": false,
        },
    }));
    let organisation = serde_json::from_value(serde_json::json!({
        "name": "Adventure Works", "time_zone": "Europe/Berlin", "currency": "EUR", "managers_decide_requests": true,
        "denial_needs_reason": false, "undo_hours": 24, "etag": "\"1\"",
    }));
    Known {
        credit_type: credit_type.unwrap(),
        organisation: Some(organisation.unwrap()),
    }
}

fn write(spec: &SectionSpec, texts: &[&str]) -> Result<Save, FieldErrors> {
    let mut errors = FieldErrors::default();
    let save = (spec.write)(texts, format::reading(2), &mut errors);
    errors.finish(save)
}

fn changed(spec: &SectionSpec, texts: &[&str]) -> UpdateCreditTypeBody {
    match write(spec, texts) {
        Ok(Save::CreditType(body)) => *body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_section_reads_it_can_write() {
    for spec in ALL {
        let texts = (spec.read)(&known()).unwrap();
        assert_eq!(texts.len(), spec.fields.len(), "{}", spec.title);
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        assert!(write(spec, &texts).is_ok(), "{}", spec.title);
    }
    let unread = Known {
        organisation: None,
        ..known()
    };
    assert_eq!((ORGANISATION.read)(&unread), None);
}

#[test]
fn only_the_own_fields_are_sent() {
    let limit = "80000".parse().ok();
    assert_eq!(
        changed(&LIMIT, &["80,000"]),
        UpdateCreditTypeBody { limit, ..UNCHANGED }
    );
    let rate = changed(&RATE_SECTION, &["value", "0.020"]);
    let expected = UpdateCreditTypeBody {
        rate_side: Some(RateSide::Value),
        rate: Some("0.02".to_owned()),
        ..UNCHANGED
    };
    assert_eq!(rate, expected);
    let ceilings = changed(&AUTO_APPROVAL, &["", "1,000"]).auto_approval.unwrap();
    assert_eq!(ceilings.most_per_request, None);
    assert_eq!(ceilings.most_per_person, "1000".parse().ok());
    let rollover = changed(&ROLLOVER, &["100", " ", "1"]).rollover.unwrap();
    assert_eq!((rollover.percent, rollover.cap, rollover.cycles), (100, None, 1));
}

#[test]
fn wrong_input_is_named_by_field() {
    for (spec, texts, field) in [
        (&LIMIT, &["-1"][..], "limit"),
        (&LIMIT, &["1.005"], "limit"),
        (&RATE_SECTION, &["factor", "1e3"], "rate"),
        (&RATE_SECTION, &["factor", "-1"], "rate"),
        (&SIGN_UP, &["x", "false"], "sign_up"),
        (&ROLLOVER, &["101", "", "1"], "percent"),
        (&ROLLOVER, &["50", "", "0"], "cycles"),
        (&ROLLOVER, &["50", "?", "1"], "cap"),
        (&AUTO_APPROVAL, &["", "y"], "most_per_person"),
        (&NAMING, &[" ", "2"], "name"),
        (&NAMING, &["A", "7"], "decimals"),
        (&ORGANISATION, &["A", "", "24", "true", "true"], "time_zone"),
        (&ORGANISATION, &["A", "UTC", "169", "true", "true"], "undo_hours"),
    ] {
        let errors = write(spec, texts).unwrap_err();
        assert!(errors.get(field).is_some(), "{}: {field}", spec.title);
    }
}

#[test]
fn the_label_of_the_rate_says_which_side_it_is() {
    let label = RATE_SECTION.fields.last().unwrap().label;
    assert_eq!(
        label(&["factor".to_owned()]),
        "Internal credit units per {1} of cost"
    );
    assert_eq!(label(&["value".to_owned()]), "Money per credit");
}
