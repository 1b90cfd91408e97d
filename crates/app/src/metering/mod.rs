//! Metering: platforms report usage and place, capture and release holds.
//!
//! Everything goes through one bounded queue per organisation ([`queue`]): requests that come together share a commit,
//! the domain decides each in order, each gets its own answer. An event is known by source and id, a hold by source and
//! reference or by its id, and the row that was written is the answer a repetition gets; so a batch whose commit was not
//! heard of is simply run again.

mod batch;
mod commands;
mod decide;
mod events;
mod holding;
mod holds;
mod in_force;
mod lane;
mod memory;
#[cfg(test)]
mod memory_tests;
mod queue;
mod trial;

pub use allowance_domain::metering::MeteredAmount;
pub use commands::{
    CaptureAmount, CaptureHold, Command, CountMatched, OnInsufficient, PersonKey, PlaceHold, ReleaseHold,
    UsageEvent,
};
pub use holds::{HoldLine, list_holds};
pub(crate) use queue::Queue;
pub(crate) use trial::try_out;

use std::sync::Arc;

use allowance_domain::authz::Actor;
use allowance_store::{KeptUsageRow, KnownKey, UsageRow};
use allowance_values::OrganisationId;

use crate::context::App;
use crate::error::{Error, Result};

/// Commands in one request at most.
pub const MOST_COMMANDS: usize = 500;

/// Who posts: a platform, or a person who releases a hold.
#[derive(Debug, Clone)]
pub enum Meter {
    /// A platform, as it was known when its request came.
    Key(KnownKey),
    /// A person, as they stood when their request came.
    Person(Actor),
    /// The system itself, which goes on with what a person decided or a file says.
    System(OrganisationId),
}

impl Meter {
    /// The tenant.
    #[must_use]
    pub const fn organisation(&self) -> OrganisationId {
        match self {
            Self::Key(key) => key.actor.organisation,
            Self::Person(actor) => actor.organisation,
            Self::System(organisation) => *organisation,
        }
    }
}

/// What a command did, now or the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metered {
    /// An event was counted.
    Usage {
        /// As it was counted.
        row: Arc<UsageRow>,
        /// Whether that was before.
        is_replay: bool,
    },
    /// An event was kept aside, because its person is not known.
    Kept {
        /// As it was kept.
        row: Box<KeptUsageRow>,
        /// Whether that was before.
        is_replay: bool,
    },
    /// A hold was placed, captured or released.
    Hold {
        /// As it stands, with whom it is for.
        line: Box<HoldLine>,
        /// Whether that was done before.
        is_replay: bool,
    },
}

impl Metered {
    /// Whether it was done before.
    #[must_use]
    pub const fn is_replay(&self) -> bool {
        match self {
            Self::Usage { is_replay, .. } | Self::Kept { is_replay, .. } | Self::Hold { is_replay, .. } => {
                *is_replay
            }
        }
    }
}

/// The answer to one command.
pub type Answer = Result<Metered>;

impl App {
    /// Has commands posted, in order, each with its own answer.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when too many wait already; nothing was posted then.
    pub async fn meter(&self, meter: Meter, request_id: &str, commands: Vec<Command>) -> Result<Vec<Answer>> {
        self.queue.post(meter, Arc::from(request_id), commands).await
    }

    /// What posting these commands would answer: the very posting, rolled back.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn rehearse_metering(
        &self,
        meter: Meter,
        request_id: &str,
        commands: Vec<Command>,
    ) -> Result<Vec<Answer>> {
        self.queue.rehearse(meter, Arc::from(request_id), commands).await
    }

    /// The same for one command.
    ///
    /// # Errors
    /// What the command met; [`Error::Overloaded`].
    pub async fn meter_one(&self, meter: Meter, request_id: &str, command: Command) -> Answer {
        let answers = self.meter(meter, request_id, vec![command]).await?;
        answers
            .into_iter()
            .next()
            .unwrap_or_else(|| Err(Error::Internal("a command got no answer".to_owned())))
    }
}
