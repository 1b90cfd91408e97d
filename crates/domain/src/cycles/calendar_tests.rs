//! Boundaries in zones that do what zones do.

use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> TimeZone {
    name.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Where a cycle ends, in the local time of the zone given by its offset.
#[track_caller]
fn ends(cadence: Cadence, zone_name: &str, opened_at: &str, expected: &str) {
    assert_eq!(
        next_boundary(cadence, &zone(zone_name), at(opened_at)),
        at(expected),
        "{zone_name} {opened_at}"
    );
}

#[test]
fn calendar_cycles_end_at_the_next_local_boundary() {
    use Cadence::{CalendarMonth, CalendarQuarter, CalendarYear};
    ends(
        CalendarMonth,
        "Europe/Berlin",
        "2026-11-20T10:00:00+01:00",
        "2026-12-01T00:00:00+01:00",
    );
    ends(
        CalendarQuarter,
        "Europe/Berlin",
        "2026-11-20T10:00:00+01:00",
        "2027-01-01T00:00:00+01:00",
    );
    ends(
        CalendarYear,
        "Europe/Berlin",
        "2026-11-20T10:00:00+01:00",
        "2027-01-01T00:00:00+01:00",
    );
    ends(
        CalendarQuarter,
        "UTC",
        "2026-04-01T00:00:00Z",
        "2026-07-01T00:00:00Z",
    );
    ends(
        CalendarQuarter,
        "UTC",
        "2026-06-30T23:59:59.999999Z",
        "2026-07-01T00:00:00Z",
    );
    ends(
        CalendarYear,
        "UTC",
        "2026-01-01T00:00:00Z",
        "2027-01-01T00:00:00Z",
    );
    // The month before a leap day, and the one with it.
    ends(
        CalendarMonth,
        "UTC",
        "2028-02-01T00:00:00Z",
        "2028-03-01T00:00:00Z",
    );
    ends(
        CalendarMonth,
        "UTC",
        "2028-01-31T00:00:00Z",
        "2028-02-01T00:00:00Z",
    );
    // A boundary opens a cycle; it does not end it.
    ends(
        CalendarMonth,
        "Europe/Berlin",
        "2026-12-01T00:00:00+01:00",
        "2027-01-01T00:00:00+01:00",
    );
}

#[test]
fn calendar_cycles_follow_the_clocks_both_ways() {
    ends(
        Cadence::CalendarMonth,
        "Europe/Berlin",
        "2026-03-01T00:00:00+01:00",
        "2026-04-01T00:00:00+02:00",
    );
    ends(
        Cadence::CalendarMonth,
        "Europe/Berlin",
        "2026-10-01T00:00:00+02:00",
        "2026-11-01T00:00:00+01:00",
    );
    ends(
        Cadence::CalendarMonth,
        "Australia/Lord_Howe",
        "2026-10-01T00:00:00+10:30",
        "2026-11-01T00:00:00+11:00",
    );
    ends(
        Cadence::CalendarMonth,
        "Asia/Kathmandu",
        "2026-11-20T10:00:00+05:45",
        "2026-12-01T00:00:00+05:45",
    );
    ends(
        Cadence::CalendarMonth,
        "Pacific/Kiritimati",
        "2026-11-30T23:59:59+14:00",
        "2026-12-01T00:00:00+14:00",
    );
    ends(
        Cadence::CalendarMonth,
        "Etc/GMT+12",
        "2026-11-30T23:59:59-12:00",
        "2026-12-01T00:00:00-12:00",
    );
}

#[test]
fn a_month_without_a_midnight_begins_at_the_jump() {
    // Beirut jumped over the midnight into 1 May in the eighties.
    ends(
        Cadence::CalendarMonth,
        "Asia/Beirut",
        "1985-04-20T10:00:00+02:00",
        "1985-05-01T01:00:00+03:00",
    );
    // Toronto jumped from 23:30 to 00:30: the day began in the middle of what midnight would have been.
    ends(
        Cadence::Day,
        "America/Toronto",
        "1919-03-29T23:45:00-05:00",
        "1919-03-31T00:45:00-04:00",
    );
    let day = start_of_day(&zone("America/Toronto"), jiff::civil::date(1919, 3, 31));
    assert_eq!(day, Some(at("1919-03-31T00:30:00-04:00")));
    // São Paulo has no midnight on the day its summer begins.
    let day = start_of_day(&zone("America/Sao_Paulo"), jiff::civil::date(2015, 10, 18));
    assert_eq!(day, Some(at("2015-10-18T01:00:00-02:00")));
    ends(
        Cadence::Day,
        "America/Sao_Paulo",
        "2015-10-17T00:00:00-03:00",
        "2015-10-18T01:00:00-02:00",
    );
}

#[test]
fn a_month_whose_midnight_comes_twice_begins_once() {
    // St John's went back from 00:01 to 23:01 on 1 November 2009.
    ends(
        Cadence::CalendarMonth,
        "America/St_Johns",
        "2009-10-05T00:00:00-02:30",
        "2009-11-01T00:00:00-02:30",
    );
    ends(
        Cadence::CalendarMonth,
        "America/St_Johns",
        "2009-10-31T23:30:00-03:30",
        "2009-12-01T00:00:00-03:30",
    );
}

#[test]
fn days_keep_their_local_time_over_a_change_of_the_clocks() {
    ends(
        Cadence::Day,
        "Europe/Berlin",
        "2026-03-28T10:00:00+01:00",
        "2026-03-29T10:00:00+02:00",
    );
    ends(
        Cadence::Day,
        "Europe/Berlin",
        "2026-10-24T10:00:00+02:00",
        "2026-10-25T10:00:00+01:00",
    );
    ends(
        Cadence::Week,
        "Europe/Berlin",
        "2026-03-25T10:00:00.123456+01:00",
        "2026-04-01T10:00:00.123456+02:00",
    );
    ends(
        Cadence::FifteenDays,
        "Australia/Lord_Howe",
        "2026-09-25T09:00:00+10:30",
        "2026-10-10T09:00:00+11:00",
    );
    ends(
        Cadence::FifteenDays,
        "UTC",
        "2028-02-20T08:00:00Z",
        "2028-03-06T08:00:00Z",
    );
    // The hour that comes twice: its first coming.
    ends(
        Cadence::Day,
        "Europe/Berlin",
        "2026-10-24T02:30:00+02:00",
        "2026-10-25T02:30:00+02:00",
    );
}

#[test]
fn a_run_of_days_returns_to_its_time_after_a_night_without_it() {
    let (zone, anchor) = (zone("Europe/Berlin"), at("2026-03-27T02:30:00+01:00"));
    let ends: Vec<Timestamp> = cycles_until(
        Cadence::Day,
        &zone,
        anchor,
        anchor,
        at("2026-03-30T12:00:00+02:00"),
    )
    .map(|(_, ends_at)| ends_at)
    .collect();
    let expected = [
        at("2026-03-28T02:30:00+01:00"),
        at("2026-03-29T03:30:00+02:00"),
        at("2026-03-30T02:30:00+02:00"),
        at("2026-03-31T02:30:00+02:00"),
    ];
    assert_eq!(ends, expected);
}

#[test]
fn the_day_that_apia_skipped_is_no_cycle() {
    let (zone, anchor) = (zone("Pacific/Apia"), at("2011-12-28T10:00:00-10:00"));
    let cycles: Vec<_> = cycles_until(
        Cadence::Day,
        &zone,
        anchor,
        anchor,
        at("2012-01-01T11:00:00+14:00"),
    )
    .collect();
    let opens: Vec<Timestamp> = cycles.iter().map(|(opens_at, _)| *opens_at).collect();
    let expected = [
        at("2011-12-28T10:00:00-10:00"),
        at("2011-12-29T10:00:00-10:00"),
        at("2011-12-31T10:00:00+14:00"),
        at("2012-01-01T10:00:00+14:00"),
    ];
    assert_eq!(opens, expected);
    assert_eq!(
        local_day(&zone, at("2011-12-30T09:59:59Z")).to_string(),
        "2011-12-29"
    );
    assert_eq!(
        local_day(&zone, at("2011-12-30T10:00:00Z")).to_string(),
        "2011-12-31"
    );
}

#[test]
fn hours_are_elapsed_time() {
    ends(
        Cadence::TwelveHours,
        "Europe/Berlin",
        "2026-03-28T20:00:00+01:00",
        "2026-03-29T09:00:00+02:00",
    );
    ends(
        Cadence::SixHours,
        "Europe/Berlin",
        "2026-10-25T00:00:00+02:00",
        "2026-10-25T05:00:00+01:00",
    );
    ends(
        Cadence::Hour,
        "Europe/Berlin",
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
    );
}

#[test]
fn catching_up_gives_every_missed_cycle_and_the_running_one() {
    let berlin = zone("Europe/Berlin");
    let from = at("2026-10-01T00:00:00+02:00");
    let now = at("2026-12-01T00:00:00+01:00");
    let cycles: Vec<_> = cycles_until(Cadence::CalendarMonth, &berlin, from, from, now).collect();
    assert_eq!(
        cycles,
        [
            (from, at("2026-11-01T00:00:00+01:00")),
            (at("2026-11-01T00:00:00+01:00"), now),
            (now, at("2027-01-01T00:00:00+01:00")),
        ]
    );
    // Nothing is due before its time, and a year of hours is quick to name.
    assert_eq!(cycles_until(Cadence::Hour, &berlin, from, now, from).count(), 0);
    assert_eq!(
        cycles_until(
            Cadence::Hour,
            &berlin,
            from,
            from,
            at("2027-10-01T00:00:00+02:00")
        )
        .count(),
        8_761
    );
}

#[test]
fn zones_are_known_by_their_iana_names_alone() {
    assert_eq!(zone("europe/berlin").as_str(), "Europe/Berlin");
    assert_eq!(zone("UTC").as_str(), "UTC");
    for text in [
        "",
        "Berlin",
        "CEST",
        "+02:00",
        "UTC+2",
        "EST5EDT,M3.2.0,M11.1.0",
        "Etc/Unknown",
        "../etc/passwd",
    ] {
        assert!(text.parse::<TimeZone>().is_err(), "{text}");
    }
    let error = "Mars/Phobos".parse::<TimeZone>().unwrap_err().to_string();
    assert_eq!(
        error,
        "\"Mars/Phobos\" is no time zone; write its IANA name, like Europe/Berlin"
    );
}

#[test]
fn beyond_the_calendar_a_cycle_never_ends() {
    let far = Timestamp::from_micros(i64::MAX - 1);
    for cadence in Cadence::ALL {
        assert_eq!(next_boundary(cadence, &zone("UTC"), far), NEVER, "{cadence:?}");
        assert_eq!(
            cycles_until(cadence, &zone("UTC"), far, far, NEVER).count(),
            1,
            "{cadence:?}"
        );
    }
}

const ZONES_WITH_HABITS: [&str; 12] = [
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Havana",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
];

fn any_zone() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(&ZONES_WITH_HABITS[..]).prop_map(zone)
}

/// 1970 to 2100.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    (0..4_102_444_800_000_000_i64).prop_map(Timestamp::from_micros)
}

proptest! {
    /// INVARIANT(cycles-tile)
    #[test]
    fn cycles_tile_time(zone in any_zone(), cadence in prop::sample::select(&Cadence::ALL[..]), anchor in any_instant()) {
        let mut opens_at = anchor;
        for _ in 0..60 {
            let ends_at = boundary_after(cadence, &zone, anchor, opens_at);
            prop_assert!(ends_at > opens_at);
            // Every instant of a cycle agrees on where it ends: no boundary hides inside.
            let middle = Timestamp::from_micros(opens_at.micros().midpoint(ends_at.micros()));
            let last = Timestamp::from_micros(ends_at.micros() - 1);
            for within in [middle, last] {
                prop_assert_eq!(boundary_after(cadence, &zone, anchor, within), ends_at);
            }
            opens_at = ends_at;
        }
    }

    #[test]
    fn calendar_boundaries_are_first_instants_of_their_period(zone in any_zone(), opened_at in any_instant()) {
        for (cadence, months) in [
            (Cadence::CalendarMonth, 1_u8),
            (Cadence::CalendarQuarter, 3),
            (Cadence::CalendarYear, 12),
        ] {
            let boundary = next_boundary(cadence, &zone, opened_at);
            let first = local_day(&zone, boundary).date();
            let before = local_day(&zone, Timestamp::from_micros(boundary.micros() - 1)).date();
            prop_assert_eq!(first.day(), 1);
            prop_assert_eq!((u8::from(first.month()) - 1) % months, 0);
            prop_assert!(before < first);
        }
    }

    #[test]
    fn how_often_one_looks_makes_no_difference(
        zone in any_zone(),
        cadence in prop::sample::select(&Cadence::ALL[..]),
        anchor in any_instant(),
        steps in 1..40_usize,
        pause in 1..40_usize,
    ) {
        let mut one_by_one = vec![];
        let mut opens_at = anchor;
        for _ in 0..steps {
            let ends_at = boundary_after(cadence, &zone, anchor, opens_at);
            one_by_one.push((opens_at, ends_at));
            opens_at = ends_at;
        }
        let now = one_by_one.last().map_or(anchor, |(opens_at, _)| *opens_at);
        let at_once: Vec<_> = cycles_until(cadence, &zone, anchor, anchor, now).collect();
        prop_assert_eq!(&at_once, &one_by_one);
        let resume = one_by_one.get(pause).map_or(anchor, |(opens_at, _)| *opens_at);
        let rest: Vec<_> = cycles_until(cadence, &zone, anchor, resume, now).collect();
        prop_assert!(one_by_one.ends_with(&rest) && !rest.is_empty());
    }
}
