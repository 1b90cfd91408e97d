//! Looking back: which moment a reader means.

use allowance_store::Moment;
use allowance_values::{CreditTypeId, OrganisationId, Timestamp};

use crate::context::App;
use crate::error::{Error, Result};

/// The moment asked for; nothing for now, and for what is still to come.
///
/// # Errors
/// [`Error::NotFound`] when there is no such credit type, or it had no cycle then.
pub(crate) async fn look_back(
    app: &App,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    at: Option<Timestamp>,
) -> Result<Option<Moment>> {
    // Opened first when it is due, so that no moment falls between two cycles.
    app.current_cycle(organisation, credit_type).await?;
    match at {
        Some(at) if at < app.store.now() => {
            let moment = app.store.moment(organisation, credit_type, at).await?;
            moment.map(Some).ok_or(Error::NotFound)
        }
        Some(_) | None => Ok(None),
    }
}
