//! Between the contract and the domain.

use allowance_api_types::live as wire;
use allowance_domain::authz::Area;

pub(super) const fn area_word(area: Area) -> wire::Area {
    match area {
        Area::Allocations => wire::Area::Allocations,
        Area::CreditRequests => wire::Area::CreditRequests,
        Area::Settings => wire::Area::Settings,
        Area::People => wire::Area::People,
        Area::Groups => wire::Area::Groups,
        Area::Alerts => wire::Area::Alerts,
    }
}
