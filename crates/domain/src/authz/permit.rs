//! Verdicts: coarse by role, fine by loaded rows.

use allowance_values::{GroupId, PersonId};

use super::action::{Action, Permission};
use super::actor::{Actor, Role};

/// How far a permission reaches for an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Not at all.
    Nothing,
    /// Some rows: one's own, one's reports', one's groups'.
    Narrow,
    /// Every row of the organisation.
    Everything,
}

/// The answer to "may this actor call this operation at all?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on; rows may still be refused.
    Allowed(Reach),
    /// Not with this role.
    Refused,
}

/// Why a permit was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The actor may not see the row: for them it does not exist.
    #[error("not found")]
    Invisible,
    /// The actor sees the row and may not do this to it.
    #[error("not allowed")]
    Forbidden,
    /// Nobody decides for themselves.
    #[error("nobody decides for themselves")]
    OwnAffair,
}

/// What a permit needs to know of a person, loaded in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonFacts {
    /// Who.
    pub id: PersonId,
    /// Whom they report to.
    pub manager: Option<PersonId>,
    /// The group they are in.
    pub group: GroupId,
}

/// What a permit needs to know of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupFacts {
    /// Which.
    pub id: GroupId,
}

/// What a permit needs to know of a credit request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestFacts {
    /// Who asks, as they stand now.
    pub requester: PersonFacts,
    /// Who decided it.
    pub decided_by: Option<PersonId>,
    /// Whether managers see and decide their reports' requests.
    pub managers_decide: bool,
}

impl RequestFacts {
    /// Whether the actor stands above the requester: as admin, as the group's owner, as the manager where managers decide.
    #[must_use]
    pub fn is_decided_by(&self, actor: &Actor) -> bool {
        match reach(actor, Permission::DecideRequests) {
            Reach::Nothing => false,
            Reach::Everything => true,
            Reach::Narrow => {
                actor.owns(self.requester.group)
                    || (self.managers_decide && self.requester.manager == Some(actor.person))
            }
        }
    }
}

/// Proof that this actor may do this to this row. Only this module makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    action: Action,
    is_own_affair: bool,
}

/// A cell of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// The recurring allocation.
    Monthly,
    /// One-off credits of this cycle.
    Extra,
    /// The reserve for automatic approval.
    Reserve,
    /// The cap in a shared pool.
    Cap,
}

/// How far the permission reaches for the actor.
fn reach(actor: &Actor, permission: Permission) -> Reach {
    let narrow_if = |condition: bool| if condition { Reach::Narrow } else { Reach::Nothing };
    let everything_if = |condition: bool| {
        if condition {
            Reach::Everything
        } else {
            Reach::Nothing
        }
    };
    let owns_groups = !actor.owned_groups.is_empty();
    match permission {
        Permission::Public | Permission::SignedIn | Permission::AskForCredits => Reach::Everything,
        Permission::ReadPeople if actor.reads_everything() => Reach::Everything,
        Permission::ReadPeople => narrow_if(actor.is_manager || owns_groups),
        Permission::ReadMembers | Permission::ReadHolds | Permission::ReadCosts
            if actor.reads_everything() =>
        {
            Reach::Everything
        }
        Permission::ReadMembers | Permission::ReadHolds | Permission::ReadCosts => Reach::Narrow,
        Permission::ReadGroups if actor.reads_everything() => Reach::Everything,
        Permission::ReadGroups => narrow_if(owns_groups),
        Permission::ReadCreditTypes => {
            everything_if(actor.reads_everything() || actor.is_manager || owns_groups)
        }
        Permission::ReadOverview | Permission::ReadLedger => everything_if(actor.reads_everything()),
        Permission::ReadAudit => everything_if(matches!(actor.role, Role::Admin | Role::Auditor)),
        Permission::ManagePeople
        | Permission::ChangeRoles
        | Permission::ManageGroups
        | Permission::ManageCreditTypes
        | Permission::ManageOrganisation
        | Permission::ManageApiKeys => everything_if(actor.role == Role::Admin),
        // What platforms do, nobody does in their place: a person books a charge.
        Permission::RecordUsage | Permission::PlaceHolds => Reach::Nothing,
        Permission::ReleaseHolds if actor.role == Role::Admin => Reach::Everything,
        Permission::ReleaseHolds => narrow_if(owns_groups && actor.role != Role::Auditor),
        Permission::AllocateGroups | Permission::AllocateMembers if actor.role == Role::Admin => {
            Reach::Everything
        }
        // An auditor changes nothing, whatever else they are.
        Permission::AllocateGroups | Permission::AllocateMembers => {
            narrow_if(owns_groups && actor.role != Role::Auditor)
        }
        Permission::ReadRequests if actor.reads_everything() => Reach::Everything,
        Permission::ReadRequests => Reach::Narrow,
        Permission::DecideRequests if actor.role == Role::Admin => Reach::Everything,
        Permission::DecideRequests => {
            narrow_if((owns_groups || actor.is_manager) && actor.role != Role::Auditor)
        }
        Permission::ReadUsage => everything_if(actor.reads_everything()),
        Permission::Charge | Permission::MatchUsage | Permission::ManageExchangeRates => {
            everything_if(matches!(actor.role, Role::Admin | Role::Finance))
        }
    }
}

/// May this actor call this operation at all?
#[must_use]
pub fn may(actor: &Actor, action: Action) -> Verdict {
    match reach(actor, action.permission()) {
        Reach::Nothing => Verdict::Refused,
        reach @ (Reach::Narrow | Reach::Everything) => Verdict::Allowed(reach),
    }
}

impl Permit {
    /// A permit for an act on a person's row.
    ///
    /// `is_only_admin`: whether the actor is the organisation's only active admin, who alone may set an own allocation.
    ///
    /// # Errors
    /// [`Denial`] says whether the row is invisible, the act forbidden, or the actor's own affair.
    pub fn for_person(
        actor: &Actor,
        action: Action,
        person: &PersonFacts,
        is_only_admin: bool,
    ) -> Result<Self, Denial> {
        let is_self = person.id == actor.person;
        let owns_group = actor.owns(person.group);
        let is_report = person.manager == Some(actor.person);
        if !(actor.reads_everything() || is_self || is_report || owns_group) {
            return Err(Denial::Invisible);
        }
        let permission = action.permission();
        match reach(actor, permission) {
            Reach::Nothing => return Err(Denial::Forbidden),
            Reach::Narrow
                if matches!(permission, Permission::AllocateMembers | Permission::ReleaseHolds)
                    && !owns_group =>
            {
                return Err(Denial::Forbidden);
            }
            Reach::Narrow | Reach::Everything => {}
        }
        let decides = matches!(
            permission,
            Permission::AllocateMembers
                | Permission::ChangeRoles
                | Permission::Charge
                | Permission::ReleaseHolds
        );
        let is_own_affair = is_self && decides;
        let is_excepted = permission != Permission::ChangeRoles && actor.role == Role::Admin && is_only_admin;
        if is_own_affair && !is_excepted {
            return Err(Denial::OwnAffair);
        }
        Ok(Self {
            action,
            is_own_affair,
        })
    }

    /// A permit for an act on a group's row.
    ///
    /// # Errors
    /// [`Denial`] says whether the row is invisible or the act forbidden.
    pub fn for_group(actor: &Actor, action: Action, group: &GroupFacts) -> Result<Self, Denial> {
        if !(actor.reads_everything() || actor.owns(group.id)) {
            return Err(Denial::Invisible);
        }
        match may(actor, action) {
            Verdict::Refused => Err(Denial::Forbidden),
            Verdict::Allowed(Reach::Narrow) if !actor.owns(group.id) => Err(Denial::Forbidden),
            Verdict::Allowed(_) => Ok(Self {
                action,
                is_own_affair: false,
            }),
        }
    }

    /// A permit for an act on a credit request. Whoever decided one keeps reading it.
    ///
    /// # Errors
    /// [`Denial`] says whether the request is invisible, the act forbidden, or the actor's own affair.
    pub fn for_request(actor: &Actor, action: Action, request: &RequestFacts) -> Result<Self, Denial> {
        let is_requester = request.requester.id == actor.person;
        let decides = request.is_decided_by(actor);
        let has_decided = request.decided_by == Some(actor.person);
        if !(actor.reads_everything() || is_requester || decides || has_decided) {
            return Err(Denial::Invisible);
        }
        let permission = action.permission();
        if permission == Permission::DecideRequests {
            if is_requester {
                return Err(Denial::OwnAffair);
            }
            if !decides {
                return Err(Denial::Forbidden);
            }
        }
        // Asking is for oneself: what follows from it is the requester's.
        if permission == Permission::AskForCredits && !is_requester {
            return Err(Denial::Forbidden);
        }
        Ok(Self {
            action,
            is_own_affair: false,
        })
    }

    /// A permit for an act on the organisation itself.
    ///
    /// # Errors
    /// [`Denial::Forbidden`] unless the permission reaches everything.
    pub fn for_organisation(actor: &Actor, action: Action) -> Result<Self, Denial> {
        match may(actor, action) {
            Verdict::Allowed(Reach::Everything) => Ok(Self {
                action,
                is_own_affair: false,
            }),
            Verdict::Allowed(Reach::Narrow | Reach::Nothing) | Verdict::Refused => Err(Denial::Forbidden),
        }
    }

    /// What it permits.
    #[must_use]
    pub const fn action(self) -> Action {
        self.action
    }

    /// Whether the only admin sets their own allocation; the audit log marks it.
    #[must_use]
    pub const fn is_own_affair(self) -> bool {
        self.is_own_affair
    }
}

/// The cells of a group's row that the actor may edit. An owner sets the reserve, not what the group gets.
#[must_use]
pub fn group_cells(actor: &Actor, group: &GroupFacts) -> &'static [Cell] {
    match Permit::for_group(actor, Action::UpdateGroupAllocation, group) {
        Ok(_) if actor.role == Role::Admin => &[Cell::Monthly, Cell::Extra, Cell::Reserve],
        Ok(_) => &[Cell::Reserve],
        Err(_) => &[],
    }
}

/// The cells of a member's row that the actor may edit; a shared pool has a cap in place of Monthly.
#[must_use]
pub fn member_cells(
    actor: &Actor,
    person: &PersonFacts,
    is_only_admin: bool,
    is_shared_pool: bool,
) -> &'static [Cell] {
    match Permit::for_person(actor, Action::UpdateMemberAllocation, person, is_only_admin) {
        Ok(_) if is_shared_pool => &[Cell::Cap, Cell::Extra],
        Ok(_) => &[Cell::Monthly, Cell::Extra],
        Err(_) => &[],
    }
}

#[cfg(test)]
#[path = "permit_tests.rs"]
mod tests;
