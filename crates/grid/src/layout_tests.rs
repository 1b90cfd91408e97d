//! Places, lines and steps: what leads where, and back.

use std::collections::BTreeSet;

use allowance_values::PersonId;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::cell::Cell;
use crate::expanded::around;
use crate::walk::Move;

fn group(number: u128) -> GroupId {
    GroupId::new(Uuid::from_u128(number))
}

fn person(number: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(number))
}

/// A page in the middle of a view of 290, the rest not in the layout.
fn page(of: u128, members: u128) -> Expanded {
    let members: Vec<PersonId> = (100..100 + members).map(person).collect();
    Expanded {
        group: group(of),
        shown: 0..members.len(),
        members: members.into(),
        is_whole: false,
        before: 25,
        total: Some(290),
        has_carried: false,
        is_pool: false,
    }
}

/// A whole view, of which a page is drawn.
fn whole(of: u128, members: u128, shown: Range<usize>) -> Expanded {
    Expanded {
        shown,
        is_whole: true,
        before: 0,
        total: Some(u64::try_from(members).unwrap()),
        ..page(of, members)
    }
}

fn layouts() -> impl Strategy<Value = Layout> {
    let pages = (0_u128..9, 0_u128..30).prop_map(|(of, members)| page(of, members));
    let wholes = (0_u128..9, 0_u128..30, 0_usize..30, 0_usize..30).prop_map(|(of, members, one, other)| {
        let last = usize::try_from(members).unwrap();
        let (start, end) = (one.min(other).min(last), one.max(other).min(last));
        whole(of, members, start..end)
    });
    let open = prop_oneof![pages, wholes];
    (1_u128..8, open, any::<bool>(), any::<bool>()).prop_map(|(groups, open, has_carried, is_pool)| {
        let open = Expanded {
            has_carried,
            is_pool,
            ..open
        };
        Layout::new((0..groups).map(group).collect(), Some(open))
    })
}

fn rows(layout: &Layout) -> Vec<Row> {
    (0..layout.len())
        .map(|place| layout.row_at(place).unwrap())
        .collect()
}

fn drawn(layout: &Layout) -> Vec<Row> {
    rows(layout)
        .into_iter()
        .filter(|row| layout.is_drawn(*row))
        .collect()
}

fn walk(layout: &Layout, start: Cell, step: Move) -> Vec<Cell> {
    std::iter::successors(Some(start), |cell| layout.step(*cell, step))
        .take(10_000)
        .collect()
}

proptest! {
    #[test]
    fn tab_visits_every_cell_once_and_shift_tab_walks_back(layout in layouts()) {
        let forth = walk(&layout, layout.first().unwrap(), Move::Next);
        let cells: usize = drawn(&layout).iter().map(|row| layout.columns(*row).len()).sum();
        prop_assert_eq!(forth.len(), cells);
        prop_assert_eq!(forth.iter().collect::<BTreeSet<_>>().len(), cells);
        let mut back = walk(&layout, *forth.last().unwrap(), Move::Previous);
        back.reverse();
        prop_assert_eq!(back, forth);
    }

    #[test]
    fn no_step_leaves_the_grid(layout in layouts(), steps in prop::collection::vec(0_usize..12, 0..60)) {
        let mut cell = layout.first().unwrap();
        for step in steps {
            let step = [
                Move::Left, Move::Right, Move::Up, Move::Down, Move::RowStart, Move::RowEnd, Move::FirstRow,
                Move::LastRow, Move::GridStart, Move::GridEnd, Move::PageUp(10), Move::PageDown(10),
            ][step];
            cell = layout.step(cell, step).unwrap();
            prop_assert_eq!(layout.settle(cell), Some(cell));
        }
    }

    #[test]
    fn places_and_lines_lead_there_and_back(layout in layouts()) {
        for (place, row) in rows(&layout).into_iter().enumerate() {
            prop_assert_eq!(layout.place(row), Some(place));
            prop_assert_eq!(layout.line_of(row).is_some(), layout.is_drawn(row));
        }
        let lines: Vec<Line> = (0..layout.lines()).map(|line| layout.line_at(line).unwrap()).collect();
        let of_rows: Vec<Row> = lines.iter().filter_map(|line| match line {
            Line::Row(row) => Some(*row),
            _ => None,
        }).collect();
        prop_assert_eq!(&of_rows, &drawn(&layout));
        for (line, shown) in lines.iter().enumerate() {
            if let Line::Row(row) = shown {
                prop_assert_eq!(layout.line_of(*row), Some(line));
            }
        }
        prop_assert_eq!(layout.line_at(lines.len()), None);
    }

    #[test]
    fn rows_are_numbered_upwards_within_the_count(layout in layouts()) {
        let numbers: Vec<u64> = rows(&layout).iter().map(|row| layout.row_index(*row).unwrap()).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(numbers.last() <= layout.row_count().as_ref());
    }
}

proptest! {
    /// The page stays as it is seen, and everybody of the order and the page is there once.
    #[test]
    fn a_page_stands_in_its_view(
        order in prop::collection::vec(0_u128..60, 0..60), page in prop::collection::vec(0_u128..60, 0..20), before in 0_usize..70
    ) {
        let people = |numbers: Vec<u128>| -> Vec<PersonId> {
            let mut seen = BTreeSet::new();
            numbers.into_iter().filter(|number| seen.insert(*number)).map(person).collect()
        };
        let (order, page) = (people(order), people(page));
        let (members, shown) = around(&order.clone().into(), &page, before);
        prop_assert_eq!(&members[shown.clone()], &page[..]);
        let everybody: BTreeSet<PersonId> = order.iter().chain(&page).copied().collect();
        prop_assert_eq!(members.len(), everybody.len());
        prop_assert_eq!(members.iter().copied().collect::<BTreeSet<_>>(), everybody);
        let others = |from: &[PersonId]| -> Vec<PersonId> {
            from.iter().copied().filter(|id| !page.contains(id)).collect()
        };
        prop_assert_eq!(others(&members), others(&order));
        prop_assert!(shown.start <= before);
    }
}

#[test]
fn a_page_at_its_place_shares_the_order() {
    let order: std::sync::Arc<[PersonId]> = (0..100).map(person).collect();
    let (members, shown) = around(&order, &order[25..50], 25);
    assert!(std::sync::Arc::ptr_eq(&members, &order));
    assert_eq!(shown, 25..50);
}

#[test]
fn the_cursor_stays_on_the_page_and_ctrl_down_stops_at_its_last_member() {
    let layout = Layout::new(vec![group(1), group(2)], Some(whole(1, 290, 25..50)));
    assert_eq!((layout.len(), layout.lines()), (292, 2 + 25 + 2));
    let member = |number: u128| Cell::new(Row::Member(group(1), person(100 + number)), Column::Monthly);
    let below = Cell::new(Row::Group(group(2)), Column::Monthly);
    assert_eq!(layout.step(member(49), Move::Down), Some(below));
    assert_eq!(layout.step(below, Move::Up), Some(member(49)));
    assert_eq!(layout.step(member(30), Move::LastRow), Some(member(49)));
    assert_eq!(layout.step(member(49), Move::LastRow), Some(below));
    assert_eq!(layout.step(member(30), Move::FirstRow), Some(member(25)));
    // A row on another page has a place and no line.
    assert_eq!(layout.place(member(0).row), Some(1));
    assert_eq!(layout.line_of(member(0).row), None);
    assert_eq!(layout.row_index(member(25).row), Some(3 + 25 + 1));
}

#[test]
fn moving_down_stays_on_the_same_kind_of_figure() {
    let layout = Layout::new(vec![group(1), group(2)], Some(page(1, 2)));
    let member = Row::Member(group(1), person(100));
    for column in [Column::Monthly, Column::Extra, Column::Used, Column::Actions] {
        let from = Cell::new(Row::Group(group(1)), column);
        assert_eq!(layout.step(from, Move::Down), Some(Cell::new(member, column)));
    }
    let below = layout.step(
        Cell::new(Row::Member(group(1), person(101)), Column::Remaining),
        Move::Down,
    );
    assert_eq!(below, Some(Cell::new(Row::Group(group(2)), Column::AutoApprove)));
}

#[test]
fn rows_are_numbered_over_all_pages() {
    let layout = Layout::new(vec![group(1), group(2)], Some(page(1, 3)));
    // Heading 1, group 2, members' heading 3, 25 unseen members 4–28, then the page.
    assert_eq!(layout.row_index(Row::Member(group(1), person(100))), Some(29));
    // 290 members and their pager later comes the next group, which is also the last row.
    assert_eq!(layout.row_index(Row::Group(group(2))), Some(3 + 290 + 2));
    assert_eq!(layout.row_count(), Some(3 + 290 + 2));
    let uncounted = Expanded {
        total: None,
        ..page(1, 3)
    };
    assert_eq!(Layout::new(vec![group(1)], Some(uncounted)).row_count(), None);
}

#[test]
fn a_cursor_whose_row_is_gone_goes_to_its_group() {
    let layout = Layout::new(vec![group(1), group(2)], None);
    let gone = Cell::new(Row::Member(group(2), person(100)), Column::Extra);
    assert_eq!(
        layout.settle(gone),
        Some(Cell::new(Row::Group(group(2)), Column::Extra))
    );
    let deleted = Cell::new(Row::Group(group(9)), Column::Extra);
    assert_eq!(
        layout.settle(deleted),
        Some(Cell::new(Row::Group(group(1)), Column::Name))
    );
    assert_eq!(Layout::default().settle(deleted), None);
}
