//! Cost tracking: what was used and what it cost, and the alerts when somebody has used much of what they have.
//!
//! A reader names a period and a filter ([`period`]); what is shown is what they may see: everything to admins, finance and
//! auditors, to others their own use, that of their reports and that counted to the groups they own.

mod alerts;
mod events;
mod figures;
mod period;
mod rolling;

pub use alerts::{AlertLine, ListAlerts, list_alerts};
pub(crate) use alerts::{own_alerts, shared_alerts};
pub use events::{EventLine, list_cost_events};
pub use figures::{
    CostLine, CostRows, CostSeries, Costs, Difference, Figures, Layer, get_cost_series, get_costs, read_key,
    write_key,
};
pub use period::{AskCosts, Asked, Period};

use allowance_domain::authz::Actor;
use allowance_store::CostViewer;

/// Whose use somebody sees.
fn viewer(actor: &Actor) -> CostViewer {
    if actor.reads_everything() {
        CostViewer::Everything
    } else {
        CostViewer::Narrow {
            person: actor.person,
            groups: actor.owned_groups.clone(),
        }
    }
}
