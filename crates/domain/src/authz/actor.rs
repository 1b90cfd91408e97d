//! The one who acts: a signed-in person, as they stand at this request.

use allowance_values::{GroupId, OrganisationId, PersonId};

/// What a person may do in the organisation. Being a manager or owning a group is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything.
    Admin,
    /// Payments, charges, exports.
    Finance,
    /// Reads everything, changes nothing.
    Auditor,
    /// Their own wallet and requests.
    Member,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Finance, Self::Auditor, Self::Member];

    /// The word that rows and the audit log hold.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Finance => "finance",
            Self::Auditor => "auditor",
            Self::Member => "member",
        }
    }

    /// The role of a word; nothing for a word that is none.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// A signed-in person with everything that permissions depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub person: PersonId,
    /// In which organisation. No row of another one is ever visible.
    pub organisation: OrganisationId,
    /// Their role.
    pub role: Role,
    /// Whether they have direct reports.
    pub is_manager: bool,
    /// The groups they own.
    pub owned_groups: Vec<GroupId>,
}

impl Actor {
    /// Whether the actor owns the group.
    #[must_use]
    pub fn owns(&self, group: GroupId) -> bool {
        self.owned_groups.contains(&group)
    }

    /// Whether the actor reads every row of the organisation.
    #[must_use]
    pub const fn reads_everything(&self) -> bool {
        match self.role {
            Role::Admin | Role::Finance | Role::Auditor => true,
            Role::Member => false,
        }
    }
}
