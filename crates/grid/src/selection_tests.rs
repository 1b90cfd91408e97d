//! What is selected, over pages and without them.

use allowance_values::{GroupId, PersonId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::expanded::Expanded;

fn group(number: u128) -> GroupId {
    GroupId::new(Uuid::from_u128(number))
}

fn person(number: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(number))
}

fn layout(members: u128) -> Layout {
    paged(members, 0..usize::try_from(members).unwrap())
}

fn paged(members: u128, shown: std::ops::Range<usize>) -> Layout {
    let page = Expanded {
        group: group(1),
        members: (100..100 + members).map(person).collect(),
        shown,
        is_whole: true,
        before: 0,
        total: Some(u64::try_from(members).unwrap()),
        has_carried: false,
        is_pool: false,
    };
    Layout::new((0..3).map(group).collect(), Some(page))
}

fn member(number: u128, column: Column) -> Cell {
    Cell::new(Row::Member(group(1), person(number)), column)
}

#[test]
fn shift_and_a_step_move_one_corner_only() {
    let layout = layout(5);
    let start = Selection::at(member(101, Column::Monthly));
    let down = start.extended(&layout, Move::Down).extended(&layout, Move::Down);
    assert_eq!(down.cursor, start.cursor);
    let area = down.extended(&layout, Move::Right).area(&layout).unwrap();
    assert_eq!((area.height(), area.first_slot, area.last_slot), (3, 3, 4));
    // Back over the start, the range is on its other side.
    let up = down.extended(&layout, Move::FirstRow);
    let area = up.area(&layout).unwrap();
    assert_eq!((area.first_row, area.last_row), (2, 3));
    let area = up.extended(&layout, Move::FirstRow).area(&layout).unwrap();
    assert_eq!((area.first_row, area.last_row), (0, 3));
}

#[test]
fn everything_is_selected_without_a_row_being_loaded() {
    let layout = layout(100_000);
    let start = Selection::at(member(50_000, Column::Monthly));
    let column = start.whole_columns(&layout).area(&layout).unwrap();
    assert_eq!(
        (column.height(), column.first_slot, column.last_slot),
        (100_000, 3, 3)
    );
    let members = start.all(&layout);
    assert_eq!(members.area(&layout).unwrap().height(), 100_000);
    let grid = members.all(&layout).area(&layout).unwrap();
    assert_eq!((grid.height(), grid.first_slot, grid.last_slot), (100_003, 1, 9));
    let row = start.whole_rows(&layout).area(&layout).unwrap();
    assert_eq!((row.height(), row.first_slot, row.last_slot), (1, 1, 9));
    assert_eq!(members.cursor, start.cursor);
}

#[test]
fn a_selection_whose_corner_is_gone_is_its_cursor() {
    let whole = layout(5);
    let range = Selection::at(member(101, Column::Monthly)).extended_to(member(104, Column::Extra));
    assert_eq!(range.settle(&whole, None), Some(range));
    let fewer = layout(3);
    assert_eq!(
        range.settle(&fewer, None),
        Some(Selection::at(member(101, Column::Monthly)))
    );
    let none = layout(0);
    let at_group = Cell::new(Row::Group(group(1)), Column::Monthly);
    assert_eq!(range.settle(&none, Some(3)), Some(Selection::at(at_group)));
}

#[test]
fn where_the_row_of_the_cursor_is_gone_it_stays_in_its_place() {
    let fewer = layout(3);
    let gone = Selection::at(member(109, Column::Extra));
    let at = |number| Some(Selection::at(member(number, Column::Extra)));
    assert_eq!(gone.settle(&fewer, Some(3)), at(101));
    // It was the last one.
    assert_eq!(gone.settle(&fewer, Some(9)), at(102));
    assert_eq!(gone.settle(&fewer, Some(0)), at(100));
}

#[test]
fn over_pages_a_selection_reaches_and_stays() {
    let first = paged(290, 0..25);
    let start = Selection::at(member(103, Column::Monthly));
    let all = start.whole_columns(&first);
    assert_eq!(all.area(&first).unwrap().height(), 290);
    let down = start.extended(&first, Move::LastRow);
    assert_eq!(down.area(&first).unwrap().height(), 287);
    assert_eq!(
        start
            .extended(&first, Move::PageDown(40))
            .area(&first)
            .unwrap()
            .height(),
        41
    );
    // The page is turned: the selection stays, and the cursor is where one can type.
    let second = paged(290, 25..50);
    let turned = all.settle(&second, Some(5)).unwrap();
    assert_eq!(turned.area(&second), all.area(&first));
    assert_eq!(turned.cursor, member(125, Column::Monthly));
}

#[test]
fn enter_and_tab_go_round_in_the_selection() {
    let layout = layout(4);
    let range = Selection::at(member(101, Column::Monthly)).extended_to(member(102, Column::Extra));
    let cells = [
        (101, Column::Monthly),
        (101, Column::Extra),
        (102, Column::Monthly),
        (102, Column::Extra),
    ];
    let walk = |step, order: [usize; 4]| {
        let mut at = range;
        for next in order {
            at = at.cycled(&layout, step).unwrap();
            assert_eq!(at.cursor, member(cells[next].0, cells[next].1), "{step:?}");
            assert_eq!(at.area(&layout), range.area(&layout));
        }
    };
    walk(Move::Next, [1, 2, 3, 0]);
    walk(Move::Previous, [3, 2, 1, 0]);
    walk(Move::Down, [2, 1, 3, 0]);
    walk(Move::Up, [3, 1, 2, 0]);
    assert_eq!(range.cycled(&layout, Move::Left), None);
    assert_eq!(
        Selection::at(member(101, Column::Monthly)).cycled(&layout, Move::Next),
        None
    );
}

proptest! {
    /// Every drawn cell of a range once, and back to the start; no other.
    #[test]
    fn a_round_visits_the_drawn_cells_of_a_range(
        from in 0_usize..13, to in 0_usize..13, left in 0_usize..7, right in 0_usize..7,
        one in 0_usize..10, other in 0_usize..10, step in 0_usize..4
    ) {
        let layout = paged(10, one.min(other)..one.max(other));
        let cell = |place: usize, column: usize| {
            let row = layout.row_at(place).unwrap();
            Cell::new(row, layout.columns(row)[column])
        };
        let range = Selection::at(cell(from, left)).extended_to(cell(to, right));
        prop_assume!(layout.is_drawn(range.cursor.row) && !range.is_single());
        let step = [Move::Next, Move::Previous, Move::Down, Move::Up][step];
        let area = range.area(&layout).unwrap();
        let mut cells: Vec<Cell> = area.rows(&layout).filter(|row| layout.is_drawn(*row))
            .flat_map(|row| area.cells_of(&layout, row)).collect();
        let mut visited: Vec<Cell> = std::iter::successors(range.cycled(&layout, step), |at| at.cycled(&layout, step))
            .map(|at| at.cursor).take(cells.len()).collect();
        prop_assert_eq!(visited.last(), Some(&range.cursor));
        visited.sort();
        cells.sort();
        prop_assert_eq!(visited, cells);
    }

    #[test]
    fn an_area_has_exactly_the_cells_it_lists(
        from in 0_usize..13, to in 0_usize..13, left in 0_usize..7, right in 0_usize..7
    ) {
        let layout = layout(10);
        let cell = |place: usize, column: usize| {
            let row = layout.row_at(place).unwrap();
            Cell::new(row, layout.columns(row)[column])
        };
        let range = Selection::at(cell(from, left)).extended_to(cell(to, right));
        let area = range.area(&layout).unwrap();
        let listed: Vec<Cell> = area.rows(&layout).flat_map(|row| area.cells_of(&layout, row)).collect();
        let mut held = 0;
        for place in 0..layout.len() {
            let row = layout.row_at(place).unwrap();
            for column in layout.columns(row) {
                let is_in = area.has_place(place) && area.has(*column);
                prop_assert_eq!(is_in, listed.contains(&Cell::new(row, *column)));
                held += usize::from(is_in);
            }
        }
        prop_assert_eq!(held, listed.len());
    }
}
