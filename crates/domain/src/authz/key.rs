//! A platform's key: it acts for nobody, and may do what its scopes say and nothing else.

use allowance_values::{ApiKeyId, OrganisationId};

use super::action::{Action, Permission};

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyScope {
    /// Reporting usage.
    UsageWrite,
    /// Placing, capturing and releasing holds.
    HoldsWrite,
    /// Reading holds, and usage that was kept aside.
    Read,
}

impl KeyScope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::UsageWrite, Self::HoldsWrite, Self::Read];

    /// The word that rows hold.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsageWrite => "usage:write",
            Self::HoldsWrite => "holds:write",
            Self::Read => "read",
        }
    }

    /// The scope of a word; nothing for a word that is none.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// A key that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyActor {
    /// Which.
    pub id: ApiKeyId,
    /// In which organisation. No row of another one is ever visible.
    pub organisation: OrganisationId,
    /// What it may be used for.
    pub scopes: Vec<KeyScope>,
}

/// The scope that lets a key call operations of this permission; nothing where no key ever may.
#[must_use]
pub const fn scope_of(permission: Permission) -> Option<KeyScope> {
    match permission {
        Permission::RecordUsage => Some(KeyScope::UsageWrite),
        Permission::PlaceHolds | Permission::ReleaseHolds => Some(KeyScope::HoldsWrite),
        Permission::ReadHolds | Permission::ReadUsage => Some(KeyScope::Read),
        Permission::Public
        | Permission::SignedIn
        | Permission::ReadPeople
        | Permission::ManagePeople
        | Permission::ChangeRoles
        | Permission::ReadGroups
        | Permission::ManageGroups
        | Permission::ReadCreditTypes
        | Permission::ManageCreditTypes
        | Permission::ReadOverview
        | Permission::ReadMembers
        | Permission::ReadCosts
        | Permission::AllocateGroups
        | Permission::AllocateMembers
        | Permission::AskForCredits
        | Permission::ReadRequests
        | Permission::DecideRequests
        | Permission::ManageOrganisation
        | Permission::ManageApiKeys
        | Permission::MatchUsage
        | Permission::ManageExchangeRates
        | Permission::Charge
        | Permission::ReadLedger
        | Permission::ReadAudit => None,
    }
}

/// May this key call this operation at all?
#[must_use]
pub fn key_may(key: &KeyActor, action: Action) -> bool {
    scope_of(action.permission()).is_some_and(|scope| key.scopes.contains(&scope))
}
