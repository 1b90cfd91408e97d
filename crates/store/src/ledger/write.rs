//! Writing a book back: the difference between what was loaded and what the commands left, then entries and their link.

use std::collections::BTreeMap;
use std::sync::Arc;

use allowance_domain::authz::Area;
use allowance_domain::ledger::{Book, GroupState, Lot, MemberState, Movement};
use allowance_values::{CreditTypeId, Credits, GroupId, PersonId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};

use super::chain;
use super::load::OpenBook;
use super::post::Caused;
use super::words;
use crate::entities::{
    credit_type, cycle, group_cycle, group_standing, ledger_batch, ledger_entry, lot, member_cycle,
    member_standing, standing_change,
};
use crate::error::StoreError;
use crate::metering::changed_holds;
use crate::tx::Tx;

/// Rows per statement: the widest row has 19 columns, and SQLite takes 32,766 parameters.
const ROWS: usize = 1_500;

/// Inserts rows, or overwrites the named columns of those that are there, with absolute values.
macro_rules! upsert {
    ($tx:expr, $table:ident, $rows:expr, [$($key:ident),*], [$($value:ident),*]) => {
        for rows in $rows.chunks(ROWS) {
            let conflict = OnConflict::columns([$($table::Column::$key),*])
                .update_columns([$($table::Column::$value),*])
                .to_owned();
            $table::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
                .on_conflict(conflict)
                .exec_without_returning($tx.connection())
                .await?;
        }
    };
}

/// Inserts rows in chunks.
macro_rules! insert {
    ($tx:expr, $table:ident, $rows:expr) => {
        for rows in $rows.chunks(ROWS) {
            $table::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
                .exec_without_returning($tx.connection())
                .await?;
        }
    };
}

/// Pairs of what was loaded and what is there now, where they differ.
fn changed<'b, K: Ord, V: PartialEq>(
    stored: &'b BTreeMap<K, V>,
    now: &'b BTreeMap<K, V>,
) -> impl Iterator<Item = (&'b K, Option<&'b V>, &'b V)> {
    now.iter()
        .map(|(key, value)| (key, stored.get(key), value))
        .filter(|(_, before, value)| *before != Some(*value))
}

impl Tx {
    /// Writes the difference and movements of this transaction's own request.
    pub(crate) async fn write_back(
        &mut self,
        open: &mut OpenBook,
        movements: Vec<Movement>,
    ) -> Result<(), StoreError> {
        let request_id = self.origin().request_id.as_deref().map(Arc::from);
        open.pending.extend(movements.into_iter().map(|movement| Caused {
            movement,
            request_id: request_id.clone(),
        }));
        self.write(open).await
    }

    /// Writes what was decided on the book: the difference and the movements. Afterwards the book counts as stored.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn write(&mut self, open: &mut OpenBook) -> Result<(), StoreError> {
        let OpenBook {
            stored,
            book,
            pending,
            ..
        } = open;
        let movements = std::mem::take(pending);
        if stored != book || !movements.is_empty() {
            self.touch(Area::Allocations);
        }
        if stored != book {
            let credit_type = book.terms.id;
            if stored.terms.limit != book.terms.limit {
                self.write_limit(stored, book).await?;
            }
            self.write_cycle(book).await?;
            // A new cycle has rows of its own, also for groups whose figures are those of the cycle before.
            let is_new_cycle = stored.cycle.number != book.cycle.number;
            let groups = book
                .groups
                .iter()
                .map(|(id, now)| (id, stored.groups.get(id), now));
            let groups: Vec<_> = groups
                .filter(|(_, before, now)| is_new_cycle || *before != Some(*now))
                .collect();
            self.write_groups(credit_type, book.cycle.number, &groups).await?;
            let members: Vec<_> = changed(&stored.members, &book.members).collect();
            self.write_members(credit_type, &members).await?;
            let holds = members
                .iter()
                .flat_map(|(_, before, now)| changed_holds(*before, now, &movements, self.at()));
            self.write_holds(holds.collect()).await?;
        }
        self.append(movements).await?;
        open.stored = open.book.clone();
        Ok(())
    }

    async fn write_limit(&mut self, stored: &Book, book: &Book) -> Result<(), StoreError> {
        credit_type::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(book.terms.id.uuid()),
            limit_micros: Set(book.terms.limit.micros()),
            ..Default::default()
        }
        .update(self.connection())
        .await?;
        let change = self.standing_change(
            book.terms.id,
            book.terms.id.uuid(),
            "limit",
            Some(stored.terms.limit),
            Some(book.terms.limit),
        );
        insert!(self, standing_change, [change]);
        Ok(())
    }

    async fn write_cycle(&self, book: &Book) -> Result<(), StoreError> {
        let figures = book.cycle.figures;
        cycle::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_type_id: Set(book.terms.id.uuid()),
            number: Set(book.cycle.number),
            limit_micros: Set(figures.limit.micros()),
            carried: Set(figures.carried.micros()),
            used: Set(figures.used.micros()),
            held: Set(figures.held.micros()),
            allocated: Set(figures.allocated.micros()),
            ..Default::default()
        }
        .update(self.connection())
        .await?;
        Ok(())
    }

    fn standing_change(
        &self,
        credit_type: CreditTypeId,
        subject: uuid::Uuid,
        what: &str,
        before: Option<Credits>,
        after: Option<Credits>,
    ) -> standing_change::Model {
        standing_change::Model {
            organisation_id: self.organisation().uuid(),
            credit_type_id: credit_type.uuid(),
            subject_id: subject,
            what: what.to_owned(),
            id: self.new_id(),
            from_seq: self.head.seq.saturating_add(1),
            at: self.at().micros(),
            before_amount: before.map(Credits::micros),
            after_amount: after.map(Credits::micros),
        }
    }

    async fn write_groups(
        &self,
        credit_type: CreditTypeId,
        number: i64,
        groups: &[(&GroupId, Option<&GroupState>, &GroupState)],
    ) -> Result<(), StoreError> {
        let organisation = self.organisation().uuid();
        let mut standings = Vec::new();
        let mut cycles = Vec::new();
        let mut changes = Vec::new();
        for (id, before, now) in groups {
            let before: GroupState = before.cloned().unwrap_or_default();
            if before.standing != now.standing {
                standings.push(group_standing::Model {
                    organisation_id: organisation,
                    credit_type_id: credit_type.uuid(),
                    group_id: id.uuid(),
                    monthly: now.standing.monthly.micros(),
                    reserve: now.standing.reserve.micros(),
                    members_monthly: now.standing.members_monthly.micros(),
                });
            }
            for (what, was, is) in [
                ("group_monthly", before.standing.monthly, now.standing.monthly),
                ("reserve", before.standing.reserve, now.standing.reserve),
            ] {
                if was != is {
                    changes.push(self.standing_change(credit_type, id.uuid(), what, Some(was), Some(is)));
                }
            }
            let figures = now.figures;
            cycles.push(group_cycle::Model {
                organisation_id: organisation,
                credit_type_id: credit_type.uuid(),
                cycle_number: number,
                group_id: id.uuid(),
                monthly: figures.monthly.micros(),
                extra: figures.extra.micros(),
                carried: figures.carried.micros(),
                members_carried: figures.members_carried.micros(),
                distributed: figures.distributed.micros(),
                reserve: figures.reserve.micros(),
                reserve_given: figures.reserve_given.micros(),
                used: figures.used.micros(),
                held: figures.held.micros(),
                uncovered: figures.uncovered.micros(),
            });
        }
        upsert!(
            self,
            group_standing,
            standings,
            [OrganisationId, CreditTypeId, GroupId],
            [Monthly, Reserve, MembersMonthly]
        );
        upsert!(
            self,
            group_cycle,
            cycles,
            [OrganisationId, CreditTypeId, CycleNumber, GroupId],
            [
                Monthly,
                Extra,
                Carried,
                MembersCarried,
                Distributed,
                Reserve,
                ReserveGiven,
                Used,
                Held,
                Uncovered
            ]
        );
        insert!(self, standing_change, changes);
        Ok(())
    }

    async fn write_members(
        &self,
        credit_type: CreditTypeId,
        members: &[(&PersonId, Option<&MemberState>, &MemberState)],
    ) -> Result<(), StoreError> {
        let organisation = self.organisation().uuid();
        let mut standings = Vec::new();
        let mut changes = Vec::new();
        let mut cycles = Vec::new();
        let mut lots = Vec::new();
        let mut settled: BTreeMap<i64, Vec<uuid::Uuid>> = BTreeMap::new();
        let mut left = Vec::new();
        let mut moves: BTreeMap<(GroupId, GroupId), Vec<PersonId>> = BTreeMap::new();
        for (id, before, now) in members {
            let was = before.map(|member| member.standing).unwrap_or_default();
            if was != now.standing {
                standings.push(member_standing::Model {
                    organisation_id: organisation,
                    credit_type_id: credit_type.uuid(),
                    person_id: id.uuid(),
                    monthly: now.standing.monthly.micros(),
                    cap: now.standing.cap.map(Credits::micros),
                });
                if was.monthly != now.standing.monthly {
                    let (was, is) = (Some(was.monthly), Some(now.standing.monthly));
                    changes.push(self.standing_change(credit_type, id.uuid(), "monthly", was, is));
                }
                if was.cap != now.standing.cap {
                    changes.push(self.standing_change(
                        credit_type,
                        id.uuid(),
                        "cap",
                        was.cap,
                        now.standing.cap,
                    ));
                }
            }
            if now.is_touched {
                let figures = now.figures;
                cycles.push(member_cycle::Model {
                    organisation_id: organisation,
                    credit_type_id: credit_type.uuid(),
                    person_id: id.uuid(),
                    cycle_number: now.stands_in,
                    group_id: now.group.uuid(),
                    monthly: figures.monthly.micros(),
                    extra: figures.extra.micros(),
                    carried: figures.carried.micros(),
                    used: figures.used.micros(),
                    held: figures.held.micros(),
                    is_settled: false,
                });
            }
            if let Some(before) = before
                && before.is_touched
                && before.stands_in != now.stands_in
            {
                settled.entry(before.stands_in).or_default().push(id.uuid());
            }
            let kept = before.map_or(0, |member| member.left.len());
            for behind in now.left.iter().skip(kept) {
                left.push((**id, behind));
            }
            let old: &[Lot] = before.map_or(&[], |member| &member.lots);
            let moved_on = before.is_some_and(|member| member.stands_in != now.stands_in);
            for lot in &now.lots {
                if moved_on || !old.contains(lot) {
                    lots.push(self.lot_row(credit_type, **id, now.stands_in, lot));
                }
            }
            // A lot that did not come along ended with its cycle.
            for gone in old
                .iter()
                .filter(|lot| lot.is_open && now.lots.iter().all(|kept| kept.id != lot.id))
            {
                let stands_in = before.map_or(now.stands_in, |member| member.stands_in);
                let ended = Lot {
                    is_open: false,
                    ..gone.clone()
                };
                lots.push(self.lot_row(credit_type, **id, stands_in, &ended));
            }
            if let Some(before) = before
                && before.group != now.group
            {
                moves.entry((before.group, now.group)).or_default().push(**id);
            }
        }
        upsert!(
            self,
            member_standing,
            standings,
            [OrganisationId, CreditTypeId, PersonId],
            [Monthly, Cap]
        );
        insert!(self, standing_change, changes);
        upsert!(
            self,
            member_cycle,
            cycles,
            [OrganisationId, CreditTypeId, PersonId, CycleNumber],
            [GroupId, Monthly, Extra, Carried, Used, Held, IsSettled]
        );
        upsert!(
            self,
            lot,
            lots,
            [OrganisationId, Id],
            [CycleNumber, MadeInCycle, ExpiresAfterCycle, Amount, Ended, IsOpen]
        );
        self.mark_settled(credit_type, settled).await?;
        self.keep_left(credit_type, &left).await?;
        for ((from, to), people) in moves {
            self.move_members(from, to, &people).await?;
        }
        Ok(())
    }

    fn lot_row(&self, credit_type: CreditTypeId, person: PersonId, cycle: i64, lot: &Lot) -> lot::Model {
        let Lot {
            id,
            origin,
            source,
            granted,
            amount,
            ended,
            priority,
            expiry,
            made_at,
            made_in_cycle,
            made_by,
            reason,
            is_open,
        } = lot.clone();
        let (expiry, expires_at, expires_after_cycle) = words::expiry_parts(expiry);
        lot::Model {
            organisation_id: self.organisation().uuid(),
            id: id.uuid(),
            credit_type_id: credit_type.uuid(),
            person_id: person.uuid(),
            cycle_number: cycle,
            made_in_cycle,
            origin: words::lot_origin::word(origin).to_owned(),
            source: words::lot_source::word(source).to_owned(),
            granted: granted.micros(),
            amount: amount.micros(),
            ended: ended.micros(),
            priority: i32::from(priority),
            expiry: expiry.to_owned(),
            expires_at,
            expires_after_cycle,
            made_at: made_at.micros(),
            made_by: made_by.map(PersonId::uuid),
            reason,
            is_open,
        }
    }

    /// Appends entries under the next positions and links them into the chain.
    async fn append(&mut self, movements: Vec<Caused>) -> Result<(), StoreError> {
        let first_seq = self.head.seq.saturating_add(1);
        let mut entries = Vec::with_capacity(movements.len());
        for movement in movements {
            self.head.seq = self.head.seq.saturating_add(1);
            entries.push(self.entry_row(movement));
        }
        if entries.is_empty() {
            return Ok(());
        }
        insert!(self, ledger_entry, entries);
        self.head.hash = chain::link(&self.head.hash, &entries);
        let batch = ledger_batch::Model {
            organisation_id: self.organisation().uuid(),
            first_seq,
            last_seq: self.head.seq,
            at: self.at().micros(),
            hash: self.head.hash.clone(),
        };
        insert!(self, ledger_batch, [batch]);
        Ok(())
    }

    fn entry_row(&self, caused: Caused) -> ledger_entry::Model {
        let Caused { movement, request_id } = caused;
        let Movement {
            credit_type,
            cycle,
            kind,
            from,
            to,
            amount,
            subject,
        } = movement;
        let (from_kind, from_group, from_person) = words::account_parts(from);
        let (to_kind, to_group, to_person) = words::account_parts(to);
        ledger_entry::Model {
            organisation_id: self.organisation().uuid(),
            seq: self.head.seq,
            at: self.at().micros(),
            kind: words::entry_kind::word(kind).to_owned(),
            credit_type_id: credit_type.uuid(),
            cycle_number: cycle,
            from_kind: from_kind.to_owned(),
            from_group,
            to_kind: to_kind.to_owned(),
            to_group,
            // No movement has two people; both sides name the same one.
            person_id: from_person.or(to_person),
            amount: amount.micros(),
            subject_id: subject,
            actor_id: self.origin().actor.map(PersonId::uuid),
            request_id: request_id.as_deref().map(str::to_owned),
        }
    }
}
