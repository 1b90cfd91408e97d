//! Drafts: what counts as an edit, what a save sends, what survives refusals, conflicts and reloads.

use allowance_domain::allocations::{GroupFigures, MemberFigures};
use allowance_values::{Decimals, GroupId, PersonId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::conflict::Difference;
use crate::input::Separators;

fn reading() -> Reading {
    Reading {
        decimals: Decimals::new(2).unwrap(),
        separators: Separators::ENGLISH,
    }
}

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

fn group_id() -> GroupId {
    GroupId::new(Uuid::from_u128(1))
}

fn member_row(number: u128) -> Row {
    Row::Member(group_id(), PersonId::new(Uuid::from_u128(number)))
}

fn roberto() -> Seen {
    let figures = MemberFigures {
        monthly: credits("500"),
        used: credits("468.15"),
        held: credits("20"),
        ..MemberFigures::ZERO
    };
    Seen {
        name: "Roberto".into(),
        email: Some("roberto0@adventure-works.com".into()),
        etag: "\"7\"".into(),
        figures: Figures::Member { figures, cap: None },
    }
}

fn engineering() -> GroupFigures {
    GroupFigures {
        monthly: credits("34000"),
        extra: credits("1200"),
        distributed: credits("32680"),
        reserve: credits("1000"),
        reserve_given: credits("360"),
        ..GroupFigures::default()
    }
}

fn monthly(row: Row) -> Cell {
    Cell::new(row, Column::Monthly)
}

#[test]
fn typing_the_same_is_no_edit_and_typing_back_ends_one() {
    let mut drafts = Drafts::new(reading());
    drafts.set(monthly(member_row(1)), "500.00", &roberto());
    assert!(drafts.is_empty());
    drafts.set(monthly(member_row(1)), "620", &roberto());
    drafts.set(Cell::new(member_row(1), Column::Extra), "5", &roberto());
    assert_eq!(drafts.count(), 2);
    drafts.set(monthly(member_row(1)), "500", &roberto());
    drafts.set(Cell::new(member_row(1), Column::Extra), "0", &roberto());
    assert!(drafts.is_empty());
}

#[test]
fn what_cannot_be_read_stays_and_is_not_sent() {
    let mut drafts = Drafts::new(reading());
    let cell = monthly(member_row(1));
    drafts.set(cell, "6oo", &roberto());
    assert_eq!(drafts.text(cell), Some("6oo"));
    assert_eq!(drafts.edits(member_row(1)), Err((cell, InputError::NotANumber)));
    assert_eq!(drafts.stuck().collect::<Vec<_>>(), [cell]);
    // The preview counts it as unchanged.
    assert_eq!(drafts.group_after(group_id(), engineering()), Ok(engineering()));
    drafts.set(cell, "1,620.5", &roberto());
    assert_eq!(drafts.stuck().count(), 0);
    let edits = Edits {
        monthly: Some(credits("1620.5")),
        ..Edits::default()
    };
    assert_eq!(drafts.edits(member_row(1)), Ok(edits));
}

#[test]
fn a_blank_cap_is_no_cap() {
    let mut drafts = Drafts::new(reading());
    let seen = Seen {
        figures: Figures::Member {
            figures: MemberFigures::ZERO,
            cap: Some(credits("50")),
        },
        ..roberto()
    };
    drafts.set(Cell::new(member_row(1), Column::Cap), " ", &seen);
    assert_eq!(drafts.edits(member_row(1)).unwrap().cap, Some(None));
}

#[test]
fn the_preview_sums_over_all_unsaved_rows_of_the_group() {
    let mut drafts = Drafts::new(reading());
    drafts.set(monthly(member_row(1)), "620", &roberto());
    drafts.set(monthly(member_row(2)), "600", &roberto());
    let seen = Seen {
        name: "Engineering".into(),
        email: None,
        etag: "\"1\"".into(),
        figures: Figures::Group(engineering()),
    };
    drafts.set(
        Cell::new(Row::Group(group_id()), Column::AutoApprove),
        "500",
        &seen,
    );
    drafts.set(monthly(Row::Group(group_id())), "35000", &seen);
    let after = drafts.group_after(group_id(), engineering()).unwrap();
    // 35,000 + 1,200 − (32,680 + 120 + 100) − (500 − 360 given)
    assert_eq!(
        (after.distributed, after.available()),
        (credits("32900"), Ok(credits("3160")))
    );
    assert_eq!(drafts.unallocated_after(credits("12300")), Ok(credits("11300")));
    let untouched = GroupId::new(Uuid::from_u128(9));
    assert_eq!(drafts.group_after(untouched, engineering()), Ok(engineering()));
    // Groups first; among members the smaller raise first.
    assert_eq!(
        drafts.rows(),
        [Row::Group(group_id()), member_row(2), member_row(1)]
    );
}

#[test]
fn the_preview_follows_what_happens_meanwhile() {
    let mut drafts = Drafts::new(reading());
    drafts.set(monthly(member_row(1)), "620", &roberto());
    let figures = MemberFigures {
        monthly: credits("600"),
        ..MemberFigures::ZERO
    };
    drafts.refresh(member_row(1), Figures::Member { figures, cap: None });
    let after = drafts.group_after(group_id(), engineering()).unwrap();
    assert_eq!(after.distributed, credits("32700"));
    assert_eq!(
        drafts.etag(member_row(1)),
        Some("\"7\""),
        "the other's change must be noticed at the save"
    );
    assert_eq!(drafts.original(monthly(member_row(1))), Some(credits("500")));
}

#[test]
fn a_key_lasts_as_long_as_the_content() {
    let mut drafts = Drafts::new(reading());
    let row = member_row(1);
    assert_eq!(drafts.key(row, || "a".into()), None);
    drafts.set(monthly(row), "620", &roberto());
    assert_eq!(drafts.key(row, || "a".into()).as_deref(), Some("a"));
    drafts.set(monthly(row), "620", &roberto());
    assert_eq!(drafts.key(row, || "b".into()).as_deref(), Some("a"));
    drafts.set(monthly(row), "630", &roberto());
    assert_eq!(drafts.key(row, || "c".into()).as_deref(), Some("c"));
    drafts.trouble_with(
        row,
        Trouble::Refused {
            column: Column::Monthly,
            words: "10 too much".into(),
        },
    );
    assert_eq!(drafts.key(row, || "d".into()).as_deref(), Some("d"));
}

#[test]
fn what_is_typed_while_a_save_runs_stays() {
    let mut drafts = Drafts::new(reading());
    let row = member_row(1);
    drafts.set(monthly(row), "620", &roberto());
    drafts.set(Cell::new(row, Column::Extra), "40", &roberto());
    let key = drafts.key(row, || "a".into()).unwrap();
    let figures = MemberFigures {
        monthly: credits("620"),
        extra: credits("40"),
        ..MemberFigures::ZERO
    };
    let answer = Seen {
        etag: "\"8\"".into(),
        figures: Figures::Member { figures, cap: None },
        ..roberto()
    };
    let mut typed_on = drafts.clone();
    typed_on.set(monthly(row), "6200", &roberto());
    drafts.saved(row, &key, &answer);
    assert!(drafts.is_empty());
    typed_on.saved(row, &key, &answer);
    assert_eq!(
        typed_on.edits(row).unwrap(),
        Edits {
            monthly: Some(credits("6200")),
            ..Edits::default()
        }
    );
    assert_eq!(
        (typed_on.etag(row), typed_on.original(monthly(row))),
        (Some("\"8\""), Some(credits("620")))
    );
}

#[test]
fn a_cell_given_back_its_former_text_is_no_edit() {
    let mut drafts = Drafts::new(reading());
    let cell = monthly(member_row(1));
    let before = drafts.says(cell, &roberto().figures);
    drafts.set(cell, "620", &roberto());
    assert_eq!(drafts.says(cell, &roberto().figures), "620");
    assert_eq!(drafts.worth(cell, &roberto().figures), Some(credits("620")));
    drafts.set(cell, &before, &roberto());
    assert!(drafts.is_empty());
}

#[test]
fn a_formula_that_cannot_be_worked_out_says_why() {
    let mut drafts = Drafts::new(reading());
    let cell = monthly(member_row(1));
    for (text, error) in [
        ("=1/0", InputError::DivisionByZero),
        ("=1+", InputError::Formula),
        ("/0", InputError::DivisionByZero),
        ("abc", InputError::NotANumber),
    ] {
        drafts.set(cell, text, &roberto());
        assert_eq!(drafts.value(cell), Some(Err(error)), "{text}");
    }
}

#[test]
fn a_refusal_keeps_the_input_until_it_is_changed() {
    let mut drafts = Drafts::new(reading());
    let row = member_row(1);
    drafts.set(monthly(row), "9999", &roberto());
    drafts.trouble_with(
        row,
        Trouble::Refused {
            column: Column::Monthly,
            words: "It is 7,619 too much.".into(),
        },
    );
    assert_eq!(drafts.text(monthly(row)), Some("9999"));
    assert!(drafts.trouble(row).is_some());
    drafts.set(monthly(row), "9999", &roberto());
    assert!(
        drafts.trouble(row).is_some(),
        "opening and leaving the cell changes nothing"
    );
    drafts.set(monthly(row), "999", &roberto());
    assert_eq!(drafts.trouble(row), None);
}

#[test]
fn a_conflict_shows_all_three_and_is_settled_either_way() {
    let mut drafts = Drafts::new(reading());
    let row = member_row(1);
    drafts.set(monthly(row), "620", &roberto());
    drafts.set(Cell::new(row, Column::Extra), "40", &roberto());
    let figures = MemberFigures {
        monthly: credits("550"),
        extra: credits("40"),
        ..MemberFigures::ZERO
    };
    let theirs = Seen {
        etag: "\"8\"".into(),
        figures: Figures::Member { figures, cap: None },
        ..roberto()
    };
    assert!(drafts.meet(row, theirs));
    let difference = |original: &str, mine: &str, theirs: &str| Difference {
        column: Column::Monthly,
        original: Some(credits(original)),
        mine: mine.to_owned(),
        theirs: Some(credits(theirs)),
    };
    // The cell that both set alike is settled.
    assert_eq!(drafts.differences(row), [difference("500", "620", "550")]);
    let mut given_up = drafts.clone();
    given_up.take_theirs(monthly(row));
    assert!(given_up.is_empty());
    drafts.keep_mine(monthly(row));
    assert_eq!(drafts.etag(row), Some("\"8\""));
    let edits = Edits {
        monthly: Some(credits("620")),
        ..Edits::default()
    };
    assert_eq!(drafts.edits(row), Ok(edits));
    assert_eq!((drafts.trouble(row), drafts.differences(row)), (None, vec![]));
}

#[test]
fn a_change_of_another_cell_is_no_conflict() {
    let mut drafts = Drafts::new(reading());
    let row = member_row(1);
    drafts.set(monthly(row), "620", &roberto());
    let Figures::Member { figures, cap } = roberto().figures else {
        unreachable!()
    };
    let theirs = Seen {
        etag: "\"8\"".into(),
        figures: Figures::Member {
            figures: MemberFigures {
                extra: credits("40"),
                ..figures
            },
            cap,
        },
        ..roberto()
    };
    assert!(!drafts.meet(row, theirs));
    assert_eq!((drafts.etag(row), drafts.trouble(row)), (Some("\"8\""), None));
    assert_eq!(drafts.text(monthly(row)), Some("620"));
}

proptest! {
    #[test]
    fn a_reload_keeps_every_edit_and_its_preview(amounts in prop::collection::vec(0_u32..100_000, 1..20)) {
        let mut drafts = Drafts::new(reading());
        for (number, amount) in (1_u128..).zip(&amounts) {
            drafts.set(monthly(member_row(number)), &amount.to_string(), &roberto());
        }
        let json = serde_json::to_string(&drafts.keep()).unwrap();
        let restored = Drafts::restore(reading(), serde_json::from_str(&json).unwrap());
        prop_assert_eq!(restored.rows(), drafts.rows());
        let distributed = |drafts: &Drafts| drafts.group_after(group_id(), engineering()).unwrap().distributed;
        prop_assert_eq!(distributed(&restored), distributed(&drafts));
    }
}
