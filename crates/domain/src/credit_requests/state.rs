//! Where a request stands, and what each command makes of it. Status is no input: it changes by these commands alone.

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestStatus {
    /// Waits for a decision.
    Pending,
    /// Waits for the requester's answer to a question.
    InformationRequested,
    /// A person said yes.
    Approved,
    /// The reserve said yes.
    AutoApproved,
    /// A person said no.
    Denied,
    /// The requester took it back.
    Withdrawn,
}

impl RequestStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::InformationRequested,
        Self::Approved,
        Self::AutoApproved,
        Self::Denied,
        Self::Withdrawn,
    ];

    /// Whether it still waits for somebody.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Pending | Self::InformationRequested => true,
            Self::Approved | Self::AutoApproved | Self::Denied | Self::Withdrawn => false,
        }
    }
}

/// A command on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestCommand {
    /// Say yes.
    Approve,
    /// Say no.
    Deny,
    /// Ask the requester.
    Ask,
    /// Answer the question.
    Answer,
    /// Take it back.
    Withdraw,
}

impl RequestCommand {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Approve, Self::Deny, Self::Ask, Self::Answer, Self::Withdraw];

    /// Whether it is the requester's own; the others are the deciders'.
    #[must_use]
    pub const fn is_requesters(self) -> bool {
        match self {
            Self::Answer | Self::Withdraw => true,
            Self::Approve | Self::Deny | Self::Ask => false,
        }
    }
}

/// What happened to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestEventKind {
    /// It was made.
    Submitted,
    /// The reserve answered it.
    AutoApproved,
    /// The reserve did not answer it; from then on it waits for a person.
    LeftToPeople,
    /// Somebody asked the requester.
    Asked,
    /// The requester answered.
    Answered,
    /// Somebody said yes.
    Approved,
    /// Somebody said no.
    Denied,
    /// The requester took it back.
    Withdrawn,
}

impl From<RequestCommand> for RequestEventKind {
    fn from(command: RequestCommand) -> Self {
        match command {
            RequestCommand::Approve => Self::Approved,
            RequestCommand::Deny => Self::Denied,
            RequestCommand::Ask => Self::Asked,
            RequestCommand::Answer => Self::Answered,
            RequestCommand::Withdraw => Self::Withdrawn,
        }
    }
}

/// Why a command cannot be given in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestRefusal {
    /// It was decided before.
    Decided,
    /// The requester took it back.
    Withdrawn,
    /// Nobody asked anything.
    NothingAsked,
}

/// What a command makes of a request.
///
/// # Errors
/// [`RequestRefusal`] when it cannot be given any more, or not yet.
pub const fn step(status: RequestStatus, command: RequestCommand) -> Result<RequestStatus, RequestRefusal> {
    use RequestCommand as C;
    use RequestStatus as S;
    match (status, command) {
        (S::Pending | S::InformationRequested, C::Approve) => Ok(S::Approved),
        (S::Pending | S::InformationRequested, C::Deny) => Ok(S::Denied),
        (S::Pending | S::InformationRequested, C::Ask) => Ok(S::InformationRequested),
        (S::Pending | S::InformationRequested, C::Withdraw) => Ok(S::Withdrawn),
        (S::InformationRequested, C::Answer) => Ok(S::Pending),
        (S::Pending, C::Answer) => Err(RequestRefusal::NothingAsked),
        (S::Approved | S::AutoApproved | S::Denied, _) => Err(RequestRefusal::Decided),
        (S::Withdrawn, _) => Err(RequestRefusal::Withdrawn),
    }
}
