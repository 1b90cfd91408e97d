//! How many credit requests wait for the viewer, wherever they are in the app.

use allowance_api_types::live::Area;
use allowance_api_types::paging::PageQuery;
use allowance_values::CreditTypeId;
use leptos::prelude::*;

use crate::remote::Remote;
use crate::session::Session;
use crate::{api, routes};

const ALL: PageQuery = PageQuery {
    cursor: None,
    limit: Some(100),
};

/// The counts, as a context.
#[derive(Debug, Clone, Copy)]
pub struct Inbox {
    counts: Remote<Vec<(CreditTypeId, u64)>>,
}

impl Inbox {
    /// Provides the counts and keeps them fresh.
    pub fn start(session: Session) {
        let counts = Remote::live(&[Area::CreditRequests, Area::Settings], move || {
            let asks = session.me().is_some_and(|me| routes::decides(&me));
            async move {
                let mut counts = Vec::new();
                if asks {
                    for credit_type in api::credit_types::list(&ALL).await?.items {
                        let count = api::credit_requests::count(credit_type.id).await?;
                        counts.push((credit_type.id, count.to_decide));
                    }
                }
                Ok(counts)
            }
        });
        provide_context(Self { counts });
    }

    /// How many wait for the viewer, of all credit types.
    pub fn to_decide(self) -> u64 {
        let counts = self.counts.value().unwrap_or_default();
        counts
            .iter()
            .fold(0, |sum: u64, (_, count)| sum.saturating_add(*count))
    }

    /// How many wait for the viewer, of one credit type.
    pub fn of(self, id: CreditTypeId) -> u64 {
        let counts = self.counts.value().unwrap_or_default();
        counts
            .iter()
            .find(|(known, _)| *known == id)
            .map_or(0, |(_, count)| *count)
    }

    /// Counts again at once, after a decision of the viewer's.
    pub fn reload(self) {
        self.counts.reload();
    }
}
