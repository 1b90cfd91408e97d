//! Places, lines and steps: what leads where, and back.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn group(number: u128) -> GroupId {
    GroupId::new(Uuid::from_u128(number))
}

fn person(number: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(number))
}

fn page(of: u128, members: u128) -> Expanded {
    Expanded {
        group: group(of),
        members: (100..100 + members).map(person).collect(),
        before: 25,
        total: Some(290),
        has_carried: false,
        is_pool: false,
    }
}

fn layouts() -> impl Strategy<Value = Layout> {
    (1_u128..8, 0_u128..9, 0_u128..30, any::<bool>(), any::<bool>()).prop_map(
        |(groups, open, members, has_carried, is_pool)| {
            let page = Expanded {
                has_carried,
                is_pool,
                ..page(open, members)
            };
            Layout::new((0..groups).map(group).collect(), Some(page))
        },
    )
}

fn rows(layout: &Layout) -> Vec<Row> {
    (0..layout.len())
        .map(|place| layout.row_at(place).unwrap())
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
        let cells: usize = rows(&layout).iter().map(|row| layout.columns(*row).len()).sum();
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
            let line = layout.line_of(row).unwrap();
            prop_assert_eq!(layout.line_at(line), Some(Line::Row(row)));
        }
        let drawn: Vec<Line> = (0..layout.lines()).map(|line| layout.line_at(line).unwrap()).collect();
        let of_rows = drawn.iter().filter(|line| matches!(line, Line::Row(_))).count();
        prop_assert_eq!(of_rows, layout.len());
        prop_assert_eq!(layout.line_at(drawn.len()), None);
    }

    #[test]
    fn rows_are_numbered_upwards_within_the_count(layout in layouts()) {
        let numbers: Vec<u64> = rows(&layout).iter().map(|row| layout.row_index(*row).unwrap()).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(numbers.last() <= layout.row_count().as_ref());
    }
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
