//! What addresses ask for, and where they lead.

use std::collections::HashMap;

use super::*;

/// The address after changes, read again.
fn follow(address: &HashMap<&'static str, String>, changes: Changes) -> HashMap<&'static str, String> {
    let mut address = address.clone();
    for (name, value) in changes {
        address.remove(name);
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            address.insert(name, value);
        }
    }
    address
}

fn read(address: &HashMap<&'static str, String>) -> Asked {
    Asked::read(&|name| address.get(name).cloned(), None)
}

#[test]
fn ones_own_use_is_asked_for_whatever_the_address_says() {
    let own: PersonId = format!("per_{:032}", 1).parse().unwrap();
    let other = format!("per_{:032}", 2);
    let address = HashMap::from([
        (BY, "person".to_owned()),
        ("person", other),
        ("group", format!("grp_{:032}", 1)),
        ("model", "gpt-5".to_owned()),
    ]);
    let read = |address: &HashMap<&str, String>| Asked::read(&|name| address.get(name).cloned(), Some(own));
    let asked = read(&address);
    assert_eq!((asked.view, asked.filters.len()), (View::Told(CostBy::Day), 1));
    let query = asked.events(Period::default(), None, 25);
    assert_eq!((query.person_id, query.group_id), (Some(own), None));
    assert_eq!(query.model.as_deref(), Some("gpt-5"));
    assert_eq!(
        asked.export(Period::default(), CostOrder::Cost, true).person_id,
        Some(own)
    );
    assert!(
        !asked
            .ways()
            .any(|by| matches!(by, CostBy::Group | CostBy::Person))
    );
    // From a day it goes on with the first way there is.
    let asked = read(&follow(
        &HashMap::new(),
        read(&HashMap::new()).opened(Some("2026-11-12")),
    ));
    assert_eq!(asked.view, View::Told(CostBy::Provider));
}

#[test]
fn a_bare_address_is_this_cycle_by_day_as_it_happened() {
    let asked = read(&HashMap::new());
    assert_eq!(asked.view, View::Told(CostBy::Day));
    assert_eq!(
        (asked.days, asked.measure, asked.span),
        (CostDays::Happened, None, Span::ThisCycle)
    );
    let query = asked.costs(Period::default(), CostOrder::Cost, None);
    assert_eq!((query.from, query.cycle_id, query.provider), (None, None, None));
    assert_eq!(query.compare, Some(CostCompare::Previous));
}

#[test]
fn what_an_address_does_not_know_is_passed_over() {
    let address = [
        (BY, "colour"),
        (DAYS, "x"),
        (MEASURE, "x"),
        (SINCE, "x"),
        ("person", "x"),
    ];
    let asked = read(&address.map(|(name, value)| (name, value.to_owned())).into());
    assert_eq!(
        (asked.view, asked.days, asked.measure),
        (View::Told(CostBy::Day), CostDays::Happened, None)
    );
    assert_eq!(asked.events(Period::default(), None, 1).person_id, None);
}

#[test]
fn a_row_becomes_a_filter_until_only_the_events_are_left() {
    let mut address = HashMap::from([(BY, "group".to_owned())]);
    let group = format!("grp_{:032}", 1);
    let person = format!("per_{:032}", 1);
    let keys = [&group, &person, "OpenAI", "gpt-5", "chat"];
    let mut seen = Vec::new();
    for key in keys {
        let asked = read(&address);
        seen.push(asked.view.word());
        address = follow(&address, asked.opened(Some(key)));
    }
    assert_eq!(seen, ["group", "person", "provider", "model", "operation"]);
    let asked = read(&address);
    assert_eq!(asked.view, View::Told(CostBy::Tag));
    // What has no tag is a filter like any other.
    address = follow(&address, asked.opened(None));
    let asked = read(&address);
    assert_eq!((asked.view, asked.filters.len()), (View::Events, 6));
    let query = asked.events(Period::default(), None, 25);
    assert_eq!(query.group_id.map(|id| id.to_string()), Some(group));
    assert_eq!(
        (query.provider.as_deref(), query.tag.as_deref()),
        (Some("OpenAI"), Some(""))
    );
    // Taking one off leaves the others.
    let asked = read(&follow(&address, asked.without(CostBy::Tag)));
    assert_eq!((asked.filters.len(), asked.key(CostBy::Tag)), (5, None));
    assert!(read(&follow(&address, unfiltered())).filters.is_empty());
}

#[test]
fn from_the_last_it_goes_on_with_what_comes_before() {
    let address = HashMap::from([(BY, "tag".to_owned())]);
    let address = follow(&address, read(&address).opened(Some("nightly")));
    assert_eq!(read(&address).view, View::Told(CostBy::Group));
}

#[test]
fn a_day_becomes_the_range() {
    let address = HashMap::from([("provider", "OpenAI".to_owned())]);
    let asked = read(&follow(&address, read(&address).opened(Some("2026-11-12"))));
    let day = "2026-11-12".parse().ok();
    assert_eq!(asked.span, Span::Own(day, day));
    assert_eq!((asked.view, asked.filters.len()), (View::Told(CostBy::Group), 1));
}
