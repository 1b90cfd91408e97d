//! The sentences of the page: what was saved, pasted, moved or selected, in words. Pure, so it is tested natively.

use allowance_api_types::allocations::{GroupRowView, ManyAllocatedView, MemberRowView};
use allowance_grid::{Column, Summary};
use allowance_values::Credits;

use super::acts::Outcome;
use crate::format;

/// An amount that may be missing, in a sentence.
pub(super) fn amount_or_none(amount: Option<Credits>) -> String {
    amount.map_or_else(|| "none".to_owned(), format::credits)
}

/// "available in Engineering"
pub(super) fn available_in(group: &GroupRowView) -> String {
    format!("available in {}", group.name)
}

/// "Pasted into 499 cells. 1 of them cannot be read; the reason stands below it."
pub(super) fn done(what: &str, outcome: Outcome) -> String {
    let cells = |number: usize| format::plural(number_of(number), "cell", "cells");
    let mut text = format!("{what} {}.", cells(outcome.changed));
    match outcome.wrong {
        0 => {}
        1 => text.push_str(" 1 of them cannot be read; the reason stands below it."),
        many => text.push_str(&format!(
            " {} of them cannot be read; the reasons stand below them.",
            format::count(number_of(many))
        )),
    }
    if outcome.shut > 0 {
        let stayed = if outcome.shut == 1 { "it is" } else { "they are" };
        text.push_str(&format!(
            " {} cannot be edited and stayed as {stayed}.",
            cells(outcome.shut)
        ));
    }
    if outcome.left_out > 0 {
        let rows = format::plural(number_of(outcome.left_out), "row was", "rows were");
        text.push_str(&format!(
            " {rows} left out: there are no more members in this view."
        ));
    }
    if outcome.gone > 0 {
        let is = if outcome.gone == 1 { "is" } else { "are" };
        text.push_str(&format!(" {} {is} no longer in this group.", cells(outcome.gone)));
    }
    text
}

/// "3 rows copied."
pub(super) fn copied(rows: usize) -> String {
    format!("{} copied.", format::plural(number_of(rows), "row", "rows"))
}

/// What is done before so many rows are copied.
pub(super) fn reading_to_copy(rows: usize) -> String {
    format!(
        "Reading {} to copy them…",
        format::plural(number_of(rows), "row", "rows")
    )
}

/// Where the browser copies only while a key is pressed.
pub(super) fn ready_to_copy(rows: usize) -> String {
    format!(
        "{} are ready: press Ctrl + C once more to copy them.",
        format::plural(number_of(rows), "row", "rows")
    )
}

/// "Reading the selection: 12,000 of 100,000 rows…"
pub(super) fn reading((done, of): (usize, usize)) -> String {
    let count = |number: usize| format::count(number_of(number));
    format!("Reading the selection: {} of {} rows…", count(done), count(of))
}

/// "12 figures in 12 rows · Sum 5,400 · Average 450"
pub(super) fn summed(summary: Summary, rows: usize, unread: usize) -> String {
    let part = |label: &str, amount: Option<Credits>| {
        let amount = amount.filter(|_| summary.count() > 0);
        amount.map(|amount| format!(" · {label} {}", format::credits(amount)))
    };
    let unread = (unread > 0).then(|| {
        let rows = format::plural(number_of(unread), "row", "rows");
        format!(" · {rows} not read yet")
    });
    let parts = [
        part("Sum", summary.sum()),
        part("Average", summary.average()),
        unread,
    ];
    format!(
        "{} in {}{}",
        format::plural(summary.count(), "figure", "figures"),
        format::plural(number_of(rows), "row", "rows"),
        parts.into_iter().flatten().collect::<String>()
    )
}

/// "The 12 selected members"
pub(super) fn selected_members(count: usize) -> String {
    format!(
        "The {}",
        format::plural(number_of(count), "selected member", "selected members")
    )
}

/// What a change of many rows would do, line by line.
pub(super) fn many_effects(answer: &ManyAllocatedView, amount: impl Fn(Credits) -> String) -> Vec<String> {
    let changed = format::plural(answer.changed, "member changes", "members change");
    let unchanged = match answer.unchanged {
        0 => String::new(),
        count => format!(", {} as they are", format::plural(count, "stays", "stay")),
    };
    let mut lines = vec![format!("{changed}{unchanged}.")];
    if let (Some(least), Some(most)) = (answer.least, answer.most) {
        lines.push(if least == most {
            format!("Each has {} then.", amount(least))
        } else {
            format!("Each has from {} to {} then.", amount(least), amount(most))
        });
    }
    lines.push(format!(
        "In all {} → {}. {}",
        amount(answer.total_before),
        amount(answer.total_after),
        has_available(&answer.group)
    ));
    if answer.is_own_left_out {
        lines.push("Your own row is left out: nobody decides for themselves.".to_owned());
    }
    lines
}

/// "Saved. Monthly of 290 members is as you said. Engineering has 1,880 available."
pub(super) fn many_done(done: &ManyAllocatedView, column: Column) -> String {
    format!(
        "Saved. {} of {} is as you said. {}",
        column.label(),
        format::plural(done.changed, "member", "members"),
        has_available(&done.group)
    )
}

/// What to do before a move.
pub(super) fn select_to_move(most: usize) -> String {
    format!(
        "Select the members to move in the grid first, with Shift and the arrow keys or by dragging: up to {}.",
        format::count(number_of(most))
    )
}

/// "Moved 12 of 40. 3 were not."
pub(super) fn moved(moved: usize, refused: usize, of: usize) -> String {
    let count = |number: usize| format::count(number_of(number));
    let refused = match refused {
        0 => String::new(),
        1 => " 1 was not:".to_owned(),
        many => format!(" {} were not:", count(many)),
    };
    format!("Moved {} of {}.{refused}", count(moved), count(of))
}

fn number_of(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// "Saved. Terri’s Monthly is now 450. Engineering has 1,880 available."
pub(super) fn saved_member(before: &MemberRowView, row: &MemberRowView, group: &GroupRowView) -> String {
    let name = &row.person.display_name;
    let mut changes = Vec::new();
    for (label, was, is) in [
        ("Monthly", before.monthly, row.monthly),
        ("Extra", before.extra, row.extra),
    ] {
        if was != is {
            changes.push(format!("{label} is now {}", format::credits(is)));
        }
    }
    if before.cap != row.cap {
        changes.push(row.cap.map_or_else(
            || "cap is taken away".to_owned(),
            |cap| format!("cap is now {}", format::credits(cap)),
        ));
    }
    format!("Saved. {} {}", of(name, &changes), has_available(group))
}

/// "Saved. Engineering’s Monthly is now 34,000. Engineering has 1,880 available."
pub(super) fn saved_group(before: &GroupRowView, row: &GroupRowView) -> String {
    let figures = [
        ("Monthly", before.monthly, row.monthly),
        ("Extra", before.extra, row.extra),
        (
            "Auto-approve reserve",
            before.auto_approve_reserve,
            row.auto_approve_reserve,
        ),
    ];
    let changed = figures.into_iter().filter(|(_, was, is)| was != is);
    let changes: Vec<String> = changed
        .map(|(label, _, is)| format!("{label} is now {}", format::credits(is)))
        .collect();
    format!("Saved. {} {}", of(&row.name, &changes), has_available(row))
}

fn of(name: &str, changes: &[String]) -> String {
    if changes.is_empty() {
        format!("{name} is as you typed it.")
    } else {
        format!("{name}’s {}.", changes.join(", "))
    }
}

fn has_available(group: &GroupRowView) -> String {
    if group.available.is_negative() {
        let over = group.available.checked_neg().unwrap_or_default();
        format!("{} is over by {}.", group.name, format::credits(over))
    } else {
        format!(
            "{} has {} available.",
            group.name,
            format::credits(group.available)
        )
    }
}

/// "Saved 3 changes." and how many rows still need the viewer.
pub(super) fn saved_many(saved: usize, refused: usize) -> String {
    let saved = format!("Saved {}.", format::plural(number_of(saved), "row", "rows"));
    match refused {
        0 => saved,
        1 => format!("{saved} 1 row was not saved; the reason stands below it."),
        many => format!(
            "{saved} {} rows were not saved; the reasons stand below them.",
            format::count(number_of(many))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::{group, member};
    use super::*;

    #[test]
    fn a_save_says_what_is_now_true() {
        assert_eq!(
            saved_member(&member("500"), &member("450"), &group("1880", "34000")),
            "Saved. Terri’s Monthly is now 450. Engineering has 1,880 available."
        );
        assert_eq!(
            saved_group(&group("1880", "34000"), &group("-120", "32000")),
            "Saved. Engineering’s Monthly is now 32,000. Engineering is over by 120."
        );
        assert_eq!(saved_many(1, 0), "Saved 1 row.");
        assert_eq!(
            saved_many(11, 1),
            "Saved 11 rows. 1 row was not saved; the reason stands below it."
        );
    }

    #[test]
    fn a_step_says_what_it_did_and_what_it_left() {
        let outcome = |changed, wrong, shut, gone| Outcome {
            changed,
            wrong,
            shut,
            gone,
            left_out: 0,
        };
        assert_eq!(done("Filled", outcome(3, 0, 0, 0)), "Filled 3 cells.");
        assert_eq!(
            done("Pasted into", outcome(1_500, 2, 1, 0)),
            "Pasted into 1,500 cells. 2 of them cannot be read; the reasons stand below them. 1 cell cannot be edited \
             and stayed as it is."
        );
        assert_eq!(
            done("Undone:", outcome(0, 0, 0, 2)),
            "Undone: 0 cells. 2 cells are no longer in this group."
        );
        let left_out = Outcome {
            left_out: 210,
            ..outcome(290, 0, 0, 0)
        };
        assert_eq!(
            done("Pasted into", left_out),
            "Pasted into 290 cells. 210 rows were left out: there are no more members in this view."
        );
        assert_eq!(moved(12, 0, 40), "Moved 12 of 40.");
        assert_eq!(moved(12, 1, 13), "Moved 12 of 13. 1 was not:");
    }

    #[test]
    fn a_selection_says_what_it_comes_to_as_far_as_it_was_read() {
        let mut summary = Summary::default();
        assert_eq!(summed(summary, 2, 2), "0 figures in 2 rows · 2 rows not read yet");
        summary.extend(["450", "450.5"].map(|text| text.parse().unwrap()));
        assert_eq!(
            summed(summary, 2, 0),
            "2 figures in 2 rows · Sum 900.5 · Average 450.25"
        );
    }
}
