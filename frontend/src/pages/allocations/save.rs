//! Saving: one row, or all. A refusal leaves what was typed and says why; a row that somebody else changed shows both.

use allowance_api_types::ErrorCode;
use allowance_api_types::allocations::{BulkItemView, BulkMode, BulkSaveBody, MemberRowView, MembersQuery};
use allowance_grid::{Cell, Column, Drafts, Row, Trouble};
use allowance_values::PersonId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::model;
use super::sheet::Sheet;
use crate::api::{self, ApiError};
use crate::errors;
use crate::ui::Tone;

/// Most rows one bulk save may carry.
const BULK: usize = 1_000;

impl Sheet {
    /// Saves the unsaved cells of a row.
    pub(super) fn save_row(self, row: Row) {
        spawn_local(async move {
            if let Some(text) = self.try_save(row).await {
                self.say(Tone::Good, text);
            }
        });
    }

    /// Saves everything: groups one by one, cuts first; then the members in one step that is judged by its end state.
    pub(super) fn save_all(self) {
        spawn_local(async move {
            let rows = self.drafts.with_untracked(Drafts::rows);
            match *rows {
                [] => return,
                [row] => return self.save_row(row),
                _ => {}
            }
            let mut saved = 0_usize;
            let (groups, members): (Vec<Row>, Vec<Row>) =
                rows.iter().copied().partition(|row| matches!(row, Row::Group(_)));
            for row in groups {
                saved = saved.saturating_add(usize::from(self.try_save(row).await.is_some()));
            }
            for rows in members.chunks(BULK) {
                saved = saved.saturating_add(self.save_members(rows).await);
            }
            let refused = rows.len().saturating_sub(saved);
            let tone = if refused == 0 { Tone::Good } else { Tone::Warn };
            if self
                .said
                .with_untracked(|said| said.as_ref().is_none_or(|said| said.tone != Tone::Bad))
            {
                self.say(tone, model::saved_many(saved, refused));
            }
        });
    }

    /// Forgets all that is unsaved.
    pub(super) fn discard_all(self) {
        self.editing.set(None);
        self.drafts.update(Drafts::discard_all);
        self.heard.set("Unsaved changes discarded.".to_owned());
        self.focus();
    }

    /// Saves a row and says what is now true. Nothing: it was not saved, and why is noted.
    async fn try_save(self, row: Row) -> Option<String> {
        self.close_editor_of(row);
        let edits = self.readable(row)?;
        let etag = self
            .drafts
            .with_untracked(|drafts| drafts.etag(row).map(str::to_owned))?;
        let key = self
            .drafts
            .try_update_untracked(|drafts| drafts.key(row, api::new_key))??;
        self.begin(row)?;
        let answer = match row {
            Row::Group(id) => {
                let before = untrack(|| self.group(id));
                let answer =
                    api::allocations::update_group(self.id, id, &model::group_body(edits), &etag, &key).await;
                answer.map(|saved| {
                    self.drafts
                        .update(|drafts| drafts.saved(row, &key, &model::seen_group(&saved)));
                    let text = model::saved_group(before.as_ref().unwrap_or(&saved), &saved);
                    self.put_group(&saved);
                    // The organisation's own figures follow from all groups.
                    self.groups.reload();
                    text
                })
            }
            Row::Member(_, id) => {
                let before = untrack(|| self.member(id));
                let answer =
                    api::allocations::update_member(self.id, id, &model::member_body(edits), &etag, &key)
                        .await;
                answer.map(|saved| {
                    self.drafts
                        .update(|drafts| drafts.saved(row, &key, &model::seen_member(&saved.member)));
                    let before = before.as_ref().unwrap_or(&saved.member);
                    let text = model::saved_member(before, &saved.member, &saved.group);
                    self.put_member(&saved.member);
                    self.put_group(&saved.group);
                    text
                })
            }
        };
        let _gone = self.saving.try_update(|saving| saving.remove(&row));
        match answer {
            Ok(text) => Some(text),
            Err(error) => {
                self.refused(row, error).await;
                None
            }
        }
    }

    /// Saves members in one request. Answers how many rows were saved.
    async fn save_members(self, rows: &[Row]) -> usize {
        let mut items = Vec::new();
        let mut sent = Vec::new();
        for &row in rows {
            self.close_editor_of(row);
            let Row::Member(_, person) = row else { continue };
            let Some(edits) = self.readable(row) else { continue };
            let Some(etag) = self
                .drafts
                .with_untracked(|drafts| drafts.etag(row).map(str::to_owned))
            else {
                continue;
            };
            let mark = self
                .drafts
                .try_update_untracked(|drafts| drafts.key(row, api::new_key))
                .flatten();
            if let (Some(mark), Some(())) = (mark, self.begin(row)) {
                items.push(model::bulk_item(person, &etag, edits));
                sent.push((row, mark));
            }
        }
        if items.is_empty() {
            return 0;
        }
        let body = BulkSaveBody {
            mode: BulkMode::PerItem,
            items,
        };
        let key = self.bulk_key(&body);
        let answer = api::allocations::save_members(self.id, &body, &key).await;
        let _gone = self
            .saving
            .try_update(|saving| saving.retain(|row| sent.iter().all(|(saved, _)| saved != row)));
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.say(Tone::Bad, format!("Nothing was saved. {}", errors::words(&error)));
                return 0;
            }
        };
        let mut saved = 0_usize;
        for ((row, mark), item) in sent.into_iter().zip(answer.items) {
            match item {
                BulkItemView {
                    member: Some(member), ..
                } => {
                    self.drafts
                        .update(|drafts| drafts.saved(row, &mark, &model::seen_member(&member)));
                    self.put_member(&member);
                    saved = saved.saturating_add(1);
                }
                BulkItemView {
                    problem: Some(problem),
                    ..
                } => {
                    self.refused(row, ApiError::Problem(Box::new(problem))).await;
                }
                BulkItemView {
                    member: None,
                    problem: None,
                    ..
                } => self.refused(row, ApiError::Decode).await,
            }
        }
        self.last_bulk.set_value(None);
        for group in answer.groups {
            self.put_group(&group);
        }
        saved
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

    /// What a save sends; nothing when a cell cannot be read: then the cursor goes there.
    fn readable(self, row: Row) -> Option<allowance_grid::Edits> {
        match self.drafts.with_untracked(|drafts| drafts.edits(row)) {
            Ok(edits) => Some(edits),
            Err((cell, error)) => {
                self.cursor.set(Some(cell));
                self.heard.set(format!("{}: {error}", self.cell_name(cell)));
                None
            }
        }
    }

    /// Marks the row as being saved; nothing when it is already.
    fn begin(self, row: Row) -> Option<()> {
        self.said.set(None);
        self.saving.try_update(|saving| saving.insert(row))?.then_some(())
    }

    fn close_editor_of(self, row: Row) {
        if self
            .editing
            .with_untracked(|editing| editing.as_ref().is_some_and(|editing| editing.cell.row == row))
        {
            self.commit(None);
        }
    }

    async fn refused(self, row: Row, error: ApiError) {
        let name = self
            .drafts
            .with_untracked(|drafts| drafts.name(row).map(str::to_owned))
            .unwrap_or_default();
        match error {
            ApiError::Problem(problem) if problem.code == ErrorCode::PreconditionFailed => {
                self.show_conflict(row, &name).await;
            }
            ApiError::Problem(problem) => {
                let first = self.drafts.with_untracked(|drafts| drafts.first_column(row));
                let column = model::refused_column(&problem)
                    .or(first)
                    .unwrap_or(Column::Monthly);
                let words = errors::problem_words(&problem);
                self.heard.set(format!("{name} was not saved. {words}"));
                self.cursor.set(Some(Cell::new(row, column)));
                self.drafts
                    .update(|drafts| drafts.trouble_with(row, Trouble::Refused { column, words }));
            }
            error => self.say(
                Tone::Bad,
                format!("{name} was not saved. {}", errors::words(&error)),
            ),
        }
    }

    /// Somebody else was first: read the row as it is now and show both.
    async fn show_conflict(self, row: Row, name: &str) {
        let theirs = match row {
            Row::Group(id) => match api::allocations::groups(self.id).await {
                Ok(rows) => {
                    self.groups.put(rows);
                    untrack(|| self.group(id)).as_ref().map(model::seen_group)
                }
                Err(_) => None,
            },
            Row::Member(_, id) => match self.read_member(row, id).await {
                Some(member) => {
                    self.put_member(&member);
                    Some(model::seen_member(&member))
                }
                None => None,
            },
        };
        match theirs {
            Some(theirs) => {
                self.heard.set(format!(
                    "{name} was not saved: somebody else changed it meanwhile."
                ));
                self.drafts.update(|drafts| {
                    drafts.meet(row, theirs);
                });
            }
            None => self.say(
                Tone::Bad,
                format!(
                    "{name} was not saved: somebody else changed it meanwhile. Refresh to see how it is now."
                ),
            ),
        }
    }

    async fn read_member(self, row: Row, id: PersonId) -> Option<MemberRowView> {
        let search = self
            .drafts
            .with_untracked(|drafts| drafts.email(row).map(str::to_owned));
        let query = MembersQuery {
            search,
            limit: Some(100),
            ..MembersQuery::default()
        };
        let page = api::allocations::members(self.id, row.group(), &query)
            .await
            .ok()?;
        page.items.into_iter().find(|member| member.person.id == id)
    }
}
