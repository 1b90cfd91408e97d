//! Where pasted and filled text lands.

use allowance_values::{GroupId, PersonId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::cell::Column;
use crate::expanded::Expanded;
use crate::selection::Selection;

fn group(number: u128) -> GroupId {
    GroupId::new(Uuid::from_u128(number))
}

fn layout(members: u128, is_pool: bool) -> Layout {
    paged(members, is_pool, 0..usize::try_from(members).unwrap())
}

fn paged(members: u128, is_pool: bool, shown: std::ops::Range<usize>) -> Layout {
    let page = Expanded {
        group: group(0),
        members: (100..100 + members)
            .map(|number| PersonId::new(Uuid::from_u128(number)))
            .collect(),
        shown,
        is_whole: true,
        before: 0,
        total: Some(u64::try_from(members).unwrap()),
        has_carried: false,
        is_pool,
    };
    Layout::new(vec![group(0), group(1)], Some(page))
}

/// The member in a place among the members.
fn member(number: u128, column: Column) -> Cell {
    Cell::new(
        Row::Member(group(0), PersonId::new(Uuid::from_u128(100 + number))),
        column,
    )
}

fn area(layout: &Layout, from: Cell, to: Cell) -> Area {
    Selection::at(from).extended_to(to).area(layout).unwrap()
}

fn block(rows: &[&[&str]]) -> Block {
    Block::new(
        rows.iter()
            .map(|row| row.iter().map(|text| (*text).to_owned()).collect())
            .collect(),
    )
}

fn to(cell: Cell, text: &str) -> (Cell, String) {
    (cell, text.to_owned())
}

use Column::{Extra, Monthly};

#[test]
fn one_value_fills_the_range() {
    let layout = layout(4, false);
    let area = area(&layout, member(1, Extra), member(0, Monthly));
    let targets = paste(&layout, area, &block(&[&["5"]])).unwrap().targets;
    let cells = [
        member(0, Monthly),
        member(0, Extra),
        member(1, Monthly),
        member(1, Extra),
    ];
    assert_eq!(targets, cells.map(|cell| to(cell, "5")));
}

#[test]
fn a_block_is_tiled_where_it_fits_several_times_and_spills_elsewhere() {
    let layout = layout(6, false);
    let pair = block(&[&["1"], &["2"]]);
    let four = area(&layout, member(0, Monthly), member(3, Monthly));
    let tiled: Vec<String> = paste(&layout, four, &pair)
        .unwrap()
        .targets
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(tiled, ["1", "2", "1", "2"]);
    let three = area(&layout, member(0, Monthly), member(2, Monthly));
    assert_eq!(
        paste(&layout, three, &pair).unwrap().targets,
        [to(member(0, Monthly), "1"), to(member(1, Monthly), "2")]
    );
    let one = area(&layout, member(4, Monthly), member(4, Monthly));
    let wide = block(&[&["1", "2"], &["3", "4"]]);
    assert_eq!(
        paste(&layout, one, &wide).unwrap().targets,
        [
            to(member(4, Monthly), "1"),
            to(member(4, Extra), "2"),
            to(member(5, Monthly), "3"),
            to(member(5, Extra), "4")
        ]
    );
}

#[test]
fn a_paste_goes_on_over_the_pages_and_ends_with_the_members() {
    // The second page of 60 members is drawn; 50 rows are pasted at the last one on it, one of them without a number.
    let layout = paged(60, false, 25..50);
    let last = area(&layout, member(49, Monthly), member(49, Monthly));
    let texts: Vec<String> = (0..50)
        .map(|row| {
            if row == 7 {
                "n/a".to_owned()
            } else {
                row.to_string()
            }
        })
        .collect();
    let column = Block::new(texts.iter().map(|text| vec![text.clone()]).collect());
    let pasted = paste(&layout, last, &column).unwrap();
    let cells = (49..60).map(|number| member(number, Monthly));
    assert_eq!(pasted.targets, cells.zip(texts).collect::<Vec<_>>());
    // 11 members from there on: the groups below are not theirs.
    assert_eq!(pasted.left_out, 39);
}

#[test]
fn blank_lines_at_the_end_of_a_block_are_not_missed() {
    let layout = layout(3, false);
    let last = area(&layout, member(2, Monthly), member(2, Monthly));
    let pasted = paste(&layout, last, &block(&[&["1"], &[" "], &[""]])).unwrap();
    assert_eq!((pasted.targets.len(), pasted.left_out), (1, 0));
}

#[test]
fn groups_that_are_selected_with_members_are_pasted_into() {
    let layout = layout(3, false);
    let below = Cell::new(Row::Group(group(1)), Monthly);
    let pasted = paste(
        &layout,
        area(&layout, member(2, Monthly), below),
        &block(&[&["1"], &["2"], &["3"]]),
    )
    .unwrap();
    assert_eq!(pasted.targets, [to(member(2, Monthly), "1"), to(below, "2")]);
    assert_eq!(pasted.left_out, 1);
}

#[test]
fn what_does_not_fit_is_refused_as_a_whole() {
    let layout = layout(3, false);
    let last = area(&layout, member(2, Monthly), member(2, Monthly));
    let wide = block(&[&["1"; 7]]);
    assert_eq!(
        paste(&layout, last, &wide),
        Err(PasteError::TooFewColumns { columns: 7, left: 6 })
    );
    let many = layout_of(6_000);
    let all = Selection::at(member(0, Monthly))
        .whole_columns(&many)
        .area(&many)
        .unwrap();
    assert_eq!(paste(&many, all, &block(&[&["1"]])), Err(PasteError::TooMany));
    assert_eq!(
        fill_down(&many, all, &|_| Some(String::new())),
        Err(PasteError::TooMany)
    );
}

fn layout_of(members: u128) -> Layout {
    layout(members, false)
}

#[test]
fn blanks_change_nothing_but_a_cap() {
    let of_amounts = layout(2, false);
    let both = |layout: &Layout, column| area(layout, member(0, column), member(0, column));
    let blank = block(&[&["7"], &[" "]]);
    let targets = paste(&of_amounts, both(&of_amounts, Monthly), &blank)
        .unwrap()
        .targets;
    assert_eq!(targets, [to(member(0, Monthly), "7")]);
    let of_caps = layout(2, true);
    let targets = paste(&of_caps, both(&of_caps, Column::Cap), &blank)
        .unwrap()
        .targets;
    assert_eq!(
        targets,
        [to(member(0, Column::Cap), "7"), to(member(1, Column::Cap), " ")]
    );
}

#[test]
fn fills_copy_the_first_row_or_column_or_the_one_beside() {
    let layout = layout(4, false);
    let says = |cell: Cell| {
        Some(format!(
            "{}{}",
            layout.place(cell.row).unwrap(),
            cell.column.label()
        ))
    };
    let down = area(&layout, member(0, Monthly), member(2, Extra));
    assert_eq!(
        fill_down(&layout, down, &says).unwrap(),
        [
            to(member(1, Monthly), "1Monthly"),
            to(member(1, Extra), "1Extra"),
            to(member(2, Monthly), "1Monthly"),
            to(member(2, Extra), "1Extra")
        ]
    );
    let one = area(&layout, member(2, Monthly), member(2, Monthly));
    assert_eq!(
        fill_down(&layout, one, &says).unwrap(),
        [to(member(2, Monthly), "2Monthly")]
    );
    let top = Cell::new(Row::Group(group(0)), Monthly);
    assert_eq!(fill_down(&layout, area(&layout, top, top), &says), Ok(Vec::new()));
    let right = area(&layout, member(1, Monthly), member(1, Extra));
    assert_eq!(
        fill_right(&layout, right, &says).unwrap(),
        [to(member(1, Extra), "2Monthly")]
    );
    let one = area(&layout, member(1, Extra), member(1, Extra));
    assert_eq!(
        fill_right(&layout, one, &says).unwrap(),
        [to(member(1, Extra), "2Monthly")]
    );
}

#[test]
fn the_handle_repeats_the_selection_down_and_up() {
    let layout = layout(7, false);
    let says = |cell: Cell| layout.place(cell.row).map(|place| place.to_string());
    let pair = area(&layout, member(2, Monthly), member(3, Monthly));
    assert_eq!(
        fill_to(&layout, pair, 7, &says).unwrap(),
        [
            to(member(4, Monthly), "3"),
            to(member(5, Monthly), "4"),
            to(member(6, Monthly), "3")
        ]
    );
    assert_eq!(
        fill_to(&layout, pair, 1, &says).unwrap(),
        [to(member(1, Monthly), "4"), to(member(0, Monthly), "3")]
    );
    assert_eq!(fill_to(&layout, pair, 3, &says), Ok(Vec::new()));
}

proptest! {
    /// Whatever is pasted wherever: within the grid, no cell twice, and each with the block's own text.
    #[test]
    fn a_paste_lands_within_the_grid_once(
        height in 1_usize..7, width in 1_usize..7, from in 0_usize..9, to in 0_usize..9, left in 0_usize..7, right in 0_usize..7
    ) {
        let layout = layout(7, false);
        let cell = |place: usize, column: usize| {
            let row = layout.row_at(place).unwrap();
            Cell::new(row, layout.columns(row)[column])
        };
        let area = area(&layout, cell(from, left), cell(to, right));
        let rows = (0..height).map(|row| (0..width).map(|column| format!("{row}/{column}")).collect());
        let block = Block::new(rows.collect());
        if let Ok(Pasted { targets, left_out }) = paste(&layout, area, &block) {
            let rows: std::collections::BTreeSet<Row> = targets.iter().map(|(cell, _)| cell.row).collect();
            prop_assert!(rows.len() + left_out <= super::height(area, &block));
            let mut cells: Vec<Cell> = targets.iter().map(|(cell, _)| *cell).collect();
            cells.sort();
            cells.dedup();
            prop_assert_eq!(cells.len(), targets.len());
            for (cell, text) in targets {
                let place = layout.place(cell.row).unwrap();
                prop_assert!(cell.column.slot() >= area.first_slot && place >= area.first_row);
                let line = (place - area.first_row) % height;
                prop_assert_eq!(text.split_once('/').unwrap().0, line.to_string());
            }
        }
    }
}
