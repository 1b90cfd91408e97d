//! Rows of members: standing orders with their changes, figures of the cycle they stand in, lots.

use allowance_domain::ledger::{Lot, MemberState};
use allowance_values::{CreditTypeId, Credits, PersonId};

use super::pen::Pen;
use super::words;
use super::write::Rest;
use crate::entities::{lot, member_cycle, member_standing, standing_change};
use crate::error::StoreError;
use crate::pages::Pages;

/// A member as they were loaded and as they are now.
type Changed<'b> = (&'b PersonId, Option<&'b MemberState>, &'b MemberState);

impl Pen {
    pub(super) fn write_members(
        &self,
        credit_type: CreditTypeId,
        members: &[Changed<'_>],
        pages: &mut Pages,
    ) -> Result<Rest, StoreError> {
        use {lot::Column as L, member_cycle::Column as C, member_standing::Column as S};
        let mut standings = Vec::new();
        let mut changes = Vec::new();
        let mut cycles = Vec::new();
        let mut lots = Vec::new();
        let mut rest = Rest::default();
        for (id, before, now) in members {
            self.standing(credit_type, (id, *before, now), &mut standings, &mut changes);
            if now.is_touched {
                cycles.push(self.member_row(credit_type, **id, now));
            }
            self.lots(credit_type, (id, *before, now), &mut lots);
            let kept = before.map_or(0, |member| member.left.len());
            let left = now.left.iter().skip(kept);
            rest.left.extend(left.map(|behind| (**id, behind.clone())));
            let Some(before) = before else { continue };
            if before.is_touched && before.stands_in != now.stands_in {
                rest.settled.entry(before.stands_in).or_default().push(id.uuid());
            }
            if before.group != now.group {
                rest.moves
                    .entry((before.group, now.group))
                    .or_default()
                    .push(**id);
            }
        }
        pages.overwrite::<member_standing::Entity>(
            standings,
            &[S::OrganisationId, S::CreditTypeId, S::PersonId],
            &[S::Monthly, S::Cap],
        )?;
        pages.insert::<standing_change::Entity>(changes)?;
        pages.overwrite::<member_cycle::Entity>(
            cycles,
            &[C::OrganisationId, C::CreditTypeId, C::PersonId, C::CycleNumber],
            &[
                C::GroupId,
                C::Monthly,
                C::Extra,
                C::Carried,
                C::Used,
                C::Held,
                C::IsSettled,
            ],
        )?;
        pages.overwrite::<lot::Entity>(
            lots,
            &[L::OrganisationId, L::Id],
            &[
                L::CycleNumber,
                L::MadeInCycle,
                L::ExpiresAfterCycle,
                L::Amount,
                L::Ended,
                L::IsOpen,
            ],
        )?;
        Ok(rest)
    }

    /// Standing orders that changed.
    fn standing(
        &self,
        credit_type: CreditTypeId,
        (id, before, now): Changed<'_>,
        standings: &mut Vec<member_standing::Model>,
        changes: &mut Vec<standing_change::Model>,
    ) {
        let (was, is) = (
            before.map(|member| member.standing).unwrap_or_default(),
            now.standing,
        );
        if was == is {
            return;
        }
        standings.push(member_standing::Model {
            organisation_id: self.organisation().uuid(),
            credit_type_id: credit_type.uuid(),
            person_id: id.uuid(),
            monthly: is.monthly.micros(),
            cap: is.cap.map(Credits::micros),
        });
        for (what, was, is) in [
            ("monthly", Some(was.monthly), Some(is.monthly)),
            ("cap", was.cap, is.cap),
        ] {
            if was != is {
                changes.push(self.standing_change(credit_type, id.uuid(), what, was, is));
            }
        }
    }

    fn member_row(&self, credit_type: CreditTypeId, id: PersonId, now: &MemberState) -> member_cycle::Model {
        let figures = now.figures;
        member_cycle::Model {
            organisation_id: self.organisation().uuid(),
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
        }
    }

    /// Lots that changed.
    fn lots(&self, credit_type: CreditTypeId, (id, before, now): Changed<'_>, lots: &mut Vec<lot::Model>) {
        let old: &[Lot] = before.map_or(&[], |member| &member.lots);
        let moved_on = before.is_some_and(|member| member.stands_in != now.stands_in);
        for lot in &now.lots {
            if moved_on || !old.contains(lot) {
                lots.push(self.lot_row(credit_type, *id, now.stands_in, lot));
            }
        }
        // A lot that did not come along ended with its cycle.
        let gone = old
            .iter()
            .filter(|lot| lot.is_open && now.lots.iter().all(|kept| kept.id != lot.id));
        for gone in gone {
            let stands_in = before.map_or(now.stands_in, |member| member.stands_in);
            let ended = Lot {
                is_open: false,
                ..gone.clone()
            };
            lots.push(self.lot_row(credit_type, *id, stands_in, &ended));
        }
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
}
