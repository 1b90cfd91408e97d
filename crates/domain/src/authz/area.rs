//! The parts of the product that the live stream tells apart, and which of them an operation changes.

use super::action::Permission;

/// A part of the product whose data changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Figures: allocations, spends, cycles, limits. Every posting changes them.
    Allocations,
    /// Credit requests.
    CreditRequests,
    /// Credit types, cycles and the organisation's settings.
    Settings,
    /// People.
    People,
    /// Groups.
    Groups,
    /// Alerts of thresholds that were crossed. No operation changes them.
    Alerts,
}

impl Area {
    /// All areas.
    pub const ALL: [Self; 6] = [
        Self::Allocations,
        Self::CreditRequests,
        Self::Settings,
        Self::People,
        Self::Groups,
        Self::Alerts,
    ];
}

impl Permission {
    /// What an operation with this permission changes besides figures; nothing for those that read.
    #[must_use]
    pub const fn area(self) -> Option<Area> {
        match self {
            Self::ManagePeople | Self::ChangeRoles => Some(Area::People),
            Self::ManageGroups => Some(Area::Groups),
            Self::ManageCreditTypes
            | Self::ManageOrganisation
            | Self::ManageApiKeys
            | Self::ManageExchangeRates => Some(Area::Settings),
            Self::AskForCredits | Self::DecideRequests => Some(Area::CreditRequests),
            Self::AllocateGroups
            | Self::AllocateMembers
            | Self::Charge
            | Self::RecordUsage
            | Self::MatchUsage
            | Self::PlaceHolds
            | Self::ReleaseHolds => Some(Area::Allocations),
            Self::Public
            | Self::SignedIn
            | Self::ReadPeople
            | Self::ReadGroups
            | Self::ReadCreditTypes
            | Self::ReadOverview
            | Self::ReadMembers
            | Self::ReadRequests
            | Self::ReadHolds
            | Self::ReadCosts
            | Self::ReadUsage
            | Self::ReadLedger
            | Self::ReadAudit => None,
        }
    }
}
