//! Saving: one row, or all. A refusal leaves what was typed and says why; of a row that somebody else changed, cells that
//! both changed show both, and the others are saved on top.

use std::collections::BTreeSet;

use allowance_api_types::ErrorCode;
use allowance_api_types::allocations::{BulkItemView, BulkMode, BulkSaveBody};
use allowance_grid::{Cell, Column, Drafts, Edits, Row, Step, Target, Trouble};
use allowance_values::PersonId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::model;
use super::sentences;
use super::sheet::Sheet;
use crate::api::{self, ApiError};
use crate::errors;
use crate::ui::Tone;

/// Most rows one bulk save may carry.
const BULK: usize = 5_000;
/// A row that somebody else changed elsewhere is saved on top of that, once.
const ATTEMPTS: u8 = 2;

/// What became of rows that were sent.
#[derive(Default)]
struct Sent {
    saved: BTreeSet<Row>,
    /// Somebody else saved them meanwhile.
    behind: Vec<Row>,
    /// What to say when it was one row.
    text: Option<String>,
}

impl Sheet {
    /// Saves the unsaved cells of a row.
    pub(super) fn save_row(self, row: Row) {
        spawn_local(async move { self.save(vec![row]).await });
    }

    /// Saves everything: groups one by one, cuts first; then the members in one step that is judged by its end state.
    pub(super) fn save_all(self) {
        let rows = self.drafts.with_untracked(Drafts::rows);
        spawn_local(async move { self.save(rows).await });
    }

    async fn save(self, rows: Vec<Row>) {
        let before = self.drafts.with_untracked(Drafts::undone);
        let (all, mut rows, mut sent) = (rows.len(), rows, Sent::default());
        self.said.set(None);
        for _attempt in 0..ATTEMPTS {
            self.send(&rows, &mut sent).await;
            rows = self.meet(std::mem::take(&mut sent.behind)).await;
            if rows.is_empty() {
                break;
            }
        }
        let saved = sent.saved.len();
        let has_failed = self
            .said
            .try_with_untracked(|said| said.as_ref().is_some_and(|said| said.tone == Tone::Bad));
        if saved == 0 || has_failed != Some(false) {
            return;
        }
        let undo = taken_back(before, &sent.saved);
        match sent.text.filter(|_| all == 1) {
            Some(text) => self.say_undoable(Tone::Good, text, undo),
            None if saved == all => self.say_undoable(Tone::Good, sentences::saved_many(saved, 0), undo),
            None => {
                let text = sentences::saved_many(saved, all.saturating_sub(saved));
                self.say_undoable(Tone::Warn, text, undo);
            }
        }
    }

    /// Sends rows: a single one by itself, so that its answer can be told in full.
    async fn send(self, rows: &[Row], sent: &mut Sent) {
        let is_one = rows.len() == 1;
        let (alone, together): (Vec<Row>, Vec<Row>) = rows
            .iter()
            .partition(|row| is_one || matches!(row, Row::Group(_)));
        for row in alone {
            self.send_one(row, sent).await;
        }
        for rows in together.chunks(BULK) {
            self.send_members(rows, sent).await;
        }
    }

    async fn send_one(self, row: Row, sent: &mut Sent) {
        let Some((edits, etag, key)) = self.prepared(row) else {
            return;
        };
        let answer = match row {
            Row::Group(id) => {
                let before = untrack(|| self.group(id));
                let body = model::group_body(edits);
                let answer = api::allocations::update_group(self.id, id, &body, &etag, &key).await;
                answer.map(|saved| {
                    self.drafts
                        .update(|drafts| drafts.saved(row, &key, &model::seen_group(&saved)));
                    self.put_group(&saved);
                    // The organisation's own figures follow from all groups.
                    self.groups.reload();
                    sentences::saved_group(before.as_ref().unwrap_or(&saved), &saved)
                })
            }
            Row::Member(_, id) => {
                let before = untrack(|| self.member(id));
                let body = model::member_body(edits);
                let answer = api::allocations::update_member(self.id, id, &body, &etag, &key).await;
                answer.map(|saved| {
                    self.drafts
                        .update(|drafts| drafts.saved(row, &key, &model::seen_member(&saved.member)));
                    let before = before.as_ref().unwrap_or(&saved.member);
                    let text = sentences::saved_member(before, &saved.member, &saved.group);
                    self.put_members(std::slice::from_ref(&saved.member));
                    self.put_group(&saved.group);
                    text
                })
            }
        };
        let _gone = self.saving.try_update(|saving| saving.remove(&row));
        match answer {
            Ok(text) => {
                sent.text = Some(text);
                sent.saved.insert(row);
            }
            Err(error) => self.refused(row, error, sent, true),
        }
    }

    /// Saves members in one request, each with its own answer.
    async fn send_members(self, rows: &[Row], sent: &mut Sent) {
        let mut items = Vec::new();
        let mut marks = Vec::new();
        for &row in rows {
            let Row::Member(_, person) = row else { continue };
            if let Some((edits, etag, mark)) = self.prepared(row) {
                items.push(model::bulk_item(person, &etag, edits));
                marks.push((row, mark));
            }
        }
        if items.is_empty() {
            return;
        }
        let body = BulkSaveBody {
            mode: BulkMode::PerItem,
            items,
        };
        let key = self.bulk_key(&body);
        let answer = api::allocations::save_members(self.id, &body, &key).await;
        let _gone = self.saving.try_update(|saving| {
            for (row, _) in &marks {
                saving.remove(row);
            }
        });
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                return self.say(Tone::Bad, format!("Nothing was saved. {}", errors::words(&error)));
            }
        };
        let members: Vec<_> = answer
            .items
            .iter()
            .filter_map(|item| item.member.clone())
            .collect();
        let mut is_first = true;
        let mut saved = Vec::new();
        for ((row, mark), item) in marks.into_iter().zip(answer.items) {
            match item {
                BulkItemView {
                    member: Some(member), ..
                } => {
                    saved.push((row, mark, model::seen_member(&member)));
                    sent.saved.insert(row);
                }
                BulkItemView { problem, .. } => {
                    let error =
                        problem.map_or(ApiError::Decode, |problem| ApiError::Problem(Box::new(problem)));
                    self.refused(row, error, sent, is_first);
                    is_first = false;
                }
            }
        }
        self.drafts.update(|drafts| {
            for (row, mark, seen) in &saved {
                drafts.saved(*row, mark, seen);
            }
        });
        self.put_members(&members);
        self.last_bulk.set_value(None);
        for group in answer.groups {
            self.put_group(&group);
        }
    }

    /// The same key for the same request, so that a repeat after a lost answer has no second effect.
    fn bulk_key(self, body: &BulkSaveBody) -> String {
        let key = self.last_bulk.with_value(|last| {
            last.as_ref()
                .filter(|(known, _)| known == body)
                .map(|(_, key)| key.clone())
        });
        key.unwrap_or_else(|| {
            let key = api::new_key();
            self.last_bulk.set_value(Some((body.clone(), key.clone())));
            key
        })
    }

    /// What a save of the row sends, and marks it as being saved. Nothing when a cell cannot be read, then the cursor
    /// goes there; or when it is being saved already.
    fn prepared(self, row: Row) -> Option<(Edits, String, String)> {
        if self
            .editing
            .with_untracked(|editing| editing.as_ref().is_some_and(|editing| editing.cell.row == row))
        {
            self.commit();
            self.focus();
        }
        let edits = match self.drafts.with_untracked(|drafts| drafts.edits(row)) {
            Ok(edits) => edits,
            Err((cell, error)) => {
                self.go_to(cell);
                self.heard.set(format!("{}: {error}", self.cell_name(cell)));
                return None;
            }
        };
        let etag = self
            .drafts
            .with_untracked(|drafts| drafts.etag(row).map(str::to_owned))?;
        let key = self
            .drafts
            .try_update_untracked(|drafts| drafts.key(row, api::new_key))??;
        let is_new = self.saving.try_update(|saving| saving.insert(row))?;
        is_new.then_some((edits, etag, key))
    }

    fn refused(self, row: Row, error: ApiError, sent: &mut Sent, is_first: bool) {
        let name = self
            .drafts
            .with_untracked(|drafts| drafts.name(row).map(str::to_owned))
            .unwrap_or_default();
        match error {
            ApiError::Problem(problem) if problem.code == ErrorCode::PreconditionFailed => {
                sent.behind.push(row);
            }
            ApiError::Problem(problem) => {
                let first = self.drafts.with_untracked(|drafts| drafts.first_column(row));
                let column = model::refused_column(&problem)
                    .or(first)
                    .unwrap_or(Column::Monthly);
                let words = errors::problem_words(&problem);
                if is_first {
                    self.heard.set(format!("{name} was not saved. {words}"));
                    self.go_to(Cell::new(row, column));
                }
                self.drafts
                    .update(|drafts| drafts.trouble_with(row, Trouble::Refused { column, words }));
            }
            error => self.say(
                Tone::Bad,
                format!("{name} was not saved. {}", errors::words(&error)),
            ),
        }
    }

    fn go_to(self, cell: Cell) {
        if self.layout.with_untracked(|layout| layout.is_drawn(cell.row)) {
            self.select(cell);
        }
    }

    /// Somebody else was first: reads these rows as they are now. Answers those that can be saved on top; the others show
    /// both.
    async fn meet(self, rows: Vec<Row>) -> Vec<Row> {
        if rows.is_empty() {
            return rows;
        }
        if rows.iter().any(|row| matches!(row, Row::Group(_)))
            && let Ok(groups) = api::allocations::groups(self.id).await
        {
            self.groups.put(groups);
        }
        let mut groups: BTreeSet<_> = rows.iter().map(|row| row.group()).collect();
        while let Some(group) = groups.pop_first() {
            let people: Vec<PersonId> = rows
                .iter()
                .filter_map(|row| match row {
                    Row::Member(of, person) if *of == group => Some(*person),
                    _ => None,
                })
                .collect();
            if !people.is_empty() {
                // What could not be read is told below, row by row.
                let _is_read = self.look_up(group, &people).await;
            }
        }
        let mut go_together = Vec::new();
        for row in rows {
            let Some(theirs) = untrack(|| self.seen(row)) else {
                continue;
            };
            let name = theirs.name.clone();
            let is_conflict = self.drafts.try_update(|drafts| drafts.meet(row, theirs));
            if is_conflict == Some(true) {
                self.heard.set(format!(
                    "{name} was not saved: somebody else changed it meanwhile."
                ));
            } else if self.drafts.with_untracked(|drafts| drafts.is_unsaved(row)) {
                go_together.push(row);
            }
        }
        go_together
    }
}

/// What takes a save of these rows back: their cells as they were.
fn taken_back(before: Step, saved: &BTreeSet<Row>) -> Vec<Target> {
    let saved = before
        .into_iter()
        .filter(|change| saved.contains(&change.cell.row));
    saved.map(|change| (change.cell, change.after)).collect()
}
