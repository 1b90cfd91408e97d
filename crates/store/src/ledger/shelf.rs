//! Books between two batches. A book that was written lies here as the database has it, so the next batch opens it without
//! asking, as long as nobody else has changed the organisation since: that is for whoever keeps the shelf to see to.
//!
//! Only people who stand in the open cycle are kept, so nothing here depends on the time but the end of the cycle.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use allowance_domain::ledger::{Book, GroupState, MemberState};
use allowance_values::{CreditTypeId, GroupId, PersonId, Timestamp};

use super::load::OpenBook;

/// So many people of a book are kept at most; then all are forgotten, and read again.
const MOST: usize = 20_000;

/// The books of an organisation, as far as they were opened.
#[derive(Debug, Default)]
pub struct Shelf(BTreeMap<CreditTypeId, Shelved>);

/// A book with everybody who was in it.
#[derive(Debug)]
struct Shelved {
    /// As it was last opened, but without groups and people.
    bare: OpenBook,
    groups: HashMap<GroupId, GroupState>,
    members: HashMap<PersonId, MemberState>,
}

impl Shelf {
    /// Puts a book away that was written.
    pub fn put(&mut self, open: OpenBook) {
        let mut bare = open;
        let (groups, members) = (
            std::mem::take(&mut bare.book.groups),
            std::mem::take(&mut bare.book.members),
        );
        bare.book.closed.clear();
        bare.stored = bare.book.clone();
        bare.pending.clear();
        let cycle = bare.book.cycle.number;
        let shelved = match self.0.entry(bare.book.terms.id) {
            Entry::Occupied(there) if there.get().bare.book.cycle.number == cycle => {
                let shelved = there.into_mut();
                shelved.bare = bare;
                shelved
            }
            there => there
                .insert_entry(Shelved {
                    bare,
                    groups: HashMap::new(),
                    members: HashMap::new(),
                })
                .into_mut(),
        };
        shelved.groups.extend(groups);
        if shelved.members.len().saturating_add(members.len()) > MOST {
            shelved.members.clear();
        }
        let current = members
            .into_iter()
            .filter(|(_, member)| member.stands_in == cycle);
        shelved.members.extend(current.map(|(id, mut member)| {
            member.left.clear();
            (id, member)
        }));
    }

    /// Takes everything over that lies on another shelf and not here.
    pub fn absorb(&mut self, other: Self) {
        for (id, old) in other.0 {
            match self.0.get_mut(&id) {
                None => {
                    self.0.insert(id, old);
                }
                Some(new) if new.bare.book.cycle.number == old.bare.book.cycle.number => {
                    let missing = old
                        .groups
                        .into_iter()
                        .filter(|(id, _)| !new.groups.contains_key(id));
                    let missing: Vec<_> = missing.collect();
                    new.groups.extend(missing);
                    let missing = old
                        .members
                        .into_iter()
                        .filter(|(id, _)| !new.members.contains_key(id));
                    let missing: Vec<_> = missing.collect();
                    if new.members.len().saturating_add(missing.len()) <= MOST {
                        new.members.extend(missing);
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Opens a book with these people and the groups they are in or hold credits of; nothing when any of it is not here,
    /// or the cycle has ended by then.
    pub fn open(
        &mut self,
        credit_type: CreditTypeId,
        people: &BTreeSet<PersonId>,
        at: Timestamp,
    ) -> Option<OpenBook> {
        let Shelved {
            bare,
            groups,
            members,
        } = self.0.get(&credit_type)?;
        if bare.book.cycle.ends_at <= at {
            return None;
        }
        let mut book = Book {
            groups: BTreeMap::new(),
            members: BTreeMap::new(),
            ..bare.book.clone()
        };
        for person in people {
            let member = members.get(person)?;
            for group in groups_of(member) {
                if let Entry::Vacant(place) = book.groups.entry(group) {
                    place.insert(groups.get(&group)?.clone());
                }
            }
            book.members.insert(*person, member.clone());
        }
        Some(OpenBook {
            stored: book.clone(),
            book,
            pending: Vec::new(),
            credit_type: bare.credit_type.clone(),
            cycle_id: bare.cycle_id,
        })
    }
}

/// The groups that what a member spends, holds and gets back moves.
pub(super) fn groups_of(member: &MemberState) -> impl Iterator<Item = GroupId> {
    std::iter::once(member.group).chain(member.holds.iter().map(|hold| hold.group))
}
