//! The commands, and the one function they all pass through. It decides in memory: a refusal leaves the book as it was.

use std::collections::BTreeSet;
use std::iter;

use allowance_values::{Credits, GrantId, GroupId, HoldId, PersonId, Timestamp};
use uuid::Uuid;

use super::refusal::Refusal;
use super::spend::{FormerGroup, Insistence};
use crate::credit_requests::Granted;
use crate::ledger::{
    Book, CycleState, EntryKind, Expiry, GroupState, LotSource, MemberState, Movement, Posting,
};

/// New values of a member's cells; absent ones stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberEdit {
    /// Whose row.
    pub person: PersonId,
    /// Recurring allocation.
    pub monthly: Option<Credits>,
    /// The value of the Extra cell.
    pub extra: Option<Credits>,
    /// The cap in a shared pool; the inner absence is none.
    pub cap: Option<Option<Credits>>,
    /// The id of the grant that a larger Extra makes.
    pub typed_grant: GrantId,
}

/// A grant to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGrant {
    /// Its id.
    pub id: GrantId,
    /// How much, above zero.
    pub amount: Credits,
    /// Where it comes from.
    pub source: LotSource,
    /// Lower numbers burn first.
    pub priority: u16,
    /// When it lapses; with the open cycle when absent.
    pub expiry: Option<Expiry>,
    /// Why.
    pub reason: Option<String>,
}

/// How many edits are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkMode {
    /// Together, by their end state.
    AllOrNothing,
    /// Each by itself, cuts first.
    PerItem,
}

/// What to do when the new group lacks what a moving person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenShort {
    /// Refuse and say by how much.
    Refuse,
    /// Lower the person's Monthly to what fits.
    SmallerMonthly,
    /// Take the missing credits along from the old group.
    BringCredits,
    /// Give up what the new group cannot fund, Monthly first, then unspent Extra: such a move is never refused.
    TakeWhatFits,
}

/// Everything that moves credits or changes a standing order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Credits per cycle, from now on.
    SetLimit {
        /// The limit.
        limit: Credits,
    },
    /// A group's cells; absent ones stay.
    SetGroup {
        /// The group.
        group: GroupId,
        /// Recurring allocation.
        monthly: Option<Credits>,
        /// One-off credits of this cycle.
        extra: Option<Credits>,
        /// Reserve for automatic approval.
        reserve: Option<Credits>,
    },
    /// Members' cells, judged together by their end state.
    SetMembers {
        /// The edits.
        edits: Vec<MemberEdit>,
    },
    /// A one-off grant.
    Grant {
        /// To whom.
        person: PersonId,
        /// What.
        grant: NewGrant,
        /// By whom; nobody for the system.
        made_by: Option<PersonId>,
    },
    /// Grants a joiner's credits out of Unallocated, as far as it covers them.
    SignUp {
        /// Who joined.
        person: PersonId,
        /// The grant's id.
        grant: GrantId,
        /// What is due.
        due: Credits,
    },
    /// Answers a credit request out of the group's reserve.
    AnswerByReserve {
        /// What is granted.
        granted: Granted,
    },
    /// Answers a credit request at the group's cost.
    GrantRequest {
        /// What is granted.
        granted: Granted,
        /// Whether the group first gets what it lacks, out of Unallocated.
        fills_group: bool,
    },
    /// Takes back what is unused of a grant.
    Revoke {
        /// From whom.
        person: PersonId,
        /// Which.
        grant: GrantId,
    },
    /// A spend booked by hand.
    Charge {
        /// Who spent.
        person: PersonId,
        /// Its id.
        charge: Uuid,
        /// How much, above zero.
        amount: Credits,
        /// What to do beyond Remaining.
        insistence: Insistence,
    },
    /// A spend that a platform reports.
    Use {
        /// Who spent.
        person: PersonId,
        /// The event, or the hold that it goes beyond.
        event: Uuid,
        /// How much, above zero.
        amount: Credits,
        /// What to do beyond Remaining.
        insistence: Insistence,
        /// The group it belongs to; the one the person is in when absent.
        former: Option<FormerGroup>,
    },
    /// Reverses a charge.
    Reverse {
        /// Who spent.
        person: PersonId,
        /// The group the charge was booked in.
        group: GroupId,
        /// Its id.
        charge: Uuid,
        /// Its amount.
        amount: Credits,
        /// The cycle it was booked in.
        cycle: i64,
    },
    /// Reserves credits.
    Hold {
        /// Whose.
        person: PersonId,
        /// Its id.
        hold: HoldId,
        /// How much, above zero.
        amount: Credits,
        /// What to do beyond Remaining.
        insistence: Insistence,
    },
    /// Consumes a hold, whole or in part; the rest returns.
    Capture {
        /// Whose.
        person: PersonId,
        /// Which.
        hold: HoldId,
        /// How much of it.
        amount: Credits,
    },
    /// Gives a hold back.
    Release {
        /// Whose.
        person: PersonId,
        /// Which.
        hold: HoldId,
    },
    /// Moves a person to another group.
    Move {
        /// Who.
        person: PersonId,
        /// Where to.
        to: GroupId,
        /// What to do when the new group is short.
        when_short: WhenShort,
    },
    /// Deletes a group: its people and what backs them go to the heir, the rest to Unallocated.
    DeleteGroup {
        /// Which.
        group: GroupId,
        /// Who takes over: the Default group.
        heir: GroupId,
        /// Everyone in it.
        members: Vec<PersonId>,
    },
    /// A person leaves: Monthly ends, the unspent returns to the group.
    Leave {
        /// Who.
        person: PersonId,
    },
    /// Brings a member forward into the open cycle and lets due lots lapse.
    Settle {
        /// Who.
        person: PersonId,
    },
}

impl Command {
    /// The people it reads or changes.
    #[must_use]
    pub fn people(&self) -> Vec<PersonId> {
        match self {
            Self::SetLimit { .. } | Self::SetGroup { .. } => Vec::new(),
            Self::SetMembers { edits } => edits.iter().map(|edit| edit.person).collect(),
            Self::DeleteGroup { members, .. } => members.clone(),
            Self::AnswerByReserve { granted } | Self::GrantRequest { granted, .. } => vec![granted.person],
            Self::Grant { person, .. }
            | Self::SignUp { person, .. }
            | Self::Revoke { person, .. }
            | Self::Charge { person, .. }
            | Self::Use { person, .. }
            | Self::Reverse { person, .. }
            | Self::Hold { person, .. }
            | Self::Capture { person, .. }
            | Self::Release { person, .. }
            | Self::Move { person, .. }
            | Self::Leave { person }
            | Self::Settle { person } => vec![*person],
        }
    }

    /// The groups it names; those its people are in come on top.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupId> {
        match self {
            Self::SetGroup { group, .. } | Self::Reverse { group, .. } => vec![*group],
            Self::Move { to, .. } => vec![*to],
            Self::DeleteGroup { group, heir, .. } => vec![*group, *heir],
            Self::Use { former, .. } => former
                .iter()
                .flat_map(|former| iter::once(former.group).chain(former.heir))
                .collect(),
            Self::SetLimit { .. }
            | Self::SetMembers { .. }
            | Self::Grant { .. }
            | Self::SignUp { .. }
            | Self::AnswerByReserve { .. }
            | Self::GrantRequest { .. }
            | Self::Revoke { .. }
            | Self::Charge { .. }
            | Self::Hold { .. }
            | Self::Capture { .. }
            | Self::Release { .. }
            | Self::Leave { .. }
            | Self::Settle { .. } => Vec::new(),
        }
    }
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The movements, in order.
    pub movements: Vec<Movement>,
    /// By how much a spend went beyond what the person had left.
    pub over_by: Credits,
}

/// What a command may change, to be put back when it is refused.
struct Before {
    limit: Credits,
    cycle: CycleState,
    groups: Vec<(GroupId, GroupState)>,
    members: Vec<(PersonId, MemberState)>,
}

impl Before {
    fn of(book: &Book, command: &Command) -> Self {
        let people = command.people();
        let members: Vec<_> = people
            .iter()
            .filter_map(|id| book.members.get(id).map(|member| (*id, member.clone())))
            .collect();
        let mut ids: BTreeSet<GroupId> = command.groups().into_iter().collect();
        for (_, member) in &members {
            ids.insert(member.group);
            ids.extend(member.holds.iter().map(|hold| hold.group));
        }
        let groups = ids
            .iter()
            .filter_map(|id| book.groups.get(id).map(|group| (*id, group.clone())))
            .collect();
        Self {
            limit: book.terms.limit,
            cycle: book.cycle.clone(),
            groups,
            members,
        }
    }

    fn put_back(self, book: &mut Book) {
        book.terms.limit = self.limit;
        book.cycle = self.cycle;
        book.groups.extend(self.groups);
        book.members.extend(self.members);
    }
}

/// Decides a command at an instant and applies it to the book.
///
/// # Errors
/// A [`Refusal`]; the book is as it was.
pub fn decide(book: &mut Book, command: &Command, at: Timestamp) -> Result<Outcome, Refusal> {
    let before = Before::of(book, command);
    let mut posting = Posting::new(book);
    match run(&mut posting, command, at) {
        Ok(over_by) => Ok(Outcome {
            movements: posting.into_movements(),
            over_by,
        }),
        Err(refusal) => {
            before.put_back(book);
            Err(refusal)
        }
    }
}

fn run(posting: &mut Posting<'_>, command: &Command, at: Timestamp) -> Result<Credits, Refusal> {
    for person in command.people() {
        posting.settle(person, at)?;
    }
    match command {
        Command::SetLimit { limit } => posting.set_limit(*limit)?,
        Command::SetGroup {
            group,
            monthly,
            extra,
            reserve,
        } => {
            posting.set_group(*group, *monthly, *extra, *reserve)?;
        }
        Command::SetMembers { edits } => posting.set_members(edits, at)?,
        Command::Grant {
            person,
            grant,
            made_by,
        } => posting.grant(*person, grant, *made_by, at)?,
        Command::SignUp { person, grant, due } => posting.sign_up(*person, *grant, *due, at)?,
        Command::AnswerByReserve { granted } => posting.answer_by_reserve(granted, at)?,
        Command::GrantRequest { granted, fills_group } => posting.grant_request(granted, *fills_group, at)?,
        Command::Revoke { person, grant } => posting.revoke(*person, *grant)?,
        Command::Charge {
            person,
            charge,
            amount,
            insistence,
        } => {
            return posting.spend(EntryKind::Charge, *person, *amount, *insistence, *charge, None);
        }
        Command::Use {
            person,
            event,
            amount,
            insistence,
            former,
        } => {
            return posting.spend(EntryKind::Usage, *person, *amount, *insistence, *event, *former);
        }
        Command::Reverse {
            person,
            group,
            charge,
            amount,
            cycle,
        } => {
            posting.reverse(*person, *group, *amount, *cycle, *charge, at)?;
        }
        Command::Hold {
            person,
            hold,
            amount,
            insistence,
        } => {
            return posting.hold(*person, *hold, *amount, *insistence);
        }
        Command::Capture { person, hold, amount } => posting.capture(*person, *hold, *amount, at)?,
        Command::Release { person, hold } => posting.release(*person, *hold, at)?,
        Command::Move {
            person,
            to,
            when_short,
        } => posting.move_person(*person, *to, *when_short)?,
        Command::DeleteGroup { group, heir, members } => posting.delete_group(*group, *heir, members)?,
        Command::Leave { person } => posting.leave(*person)?,
        Command::Settle { .. } => {}
    }
    Ok(Credits::ZERO)
}
