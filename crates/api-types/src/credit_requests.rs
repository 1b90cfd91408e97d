//! Credit requests: a person asks for more credits, and somebody else, or the reserve, answers.

use allowance_values::{CreditRequestId, CreditTypeId, Credits, Day, GroupId, PersonId, Timestamp};

use crate::Problem;
use crate::people::{GroupRef, PersonRef};

words! {
    /// For how long the credits are asked.
    pub enum RequestTerm {
        /// Once, to the end of the cycle of the decision: a grant.
        ThisCycle,
        /// From now on: raises Monthly.
        ForGood,
    }

    /// Where a request stands.
    pub enum CreditRequestStatus {
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

    /// A filter by status. Pending includes those waiting for information; withdrawn ones appear under All alone.
    pub enum StatusFilter {
        /// All statuses.
        All,
        /// Waiting for a decision or for information.
        Pending,
        /// Approved by a person.
        Approved,
        /// Denied.
        Denied,
        /// Approved by the reserve.
        AutoApproved,
    }

    /// Whose requests a list holds.
    pub enum RequestScope {
        /// All that the viewer may see.
        Visible,
        /// Those the viewer can decide now.
        ToDecide,
        /// The viewer's own.
        Own,
    }

    /// The order of a list of requests.
    pub enum RequestSort {
        /// Newest first.
        Newest,
        /// Oldest first.
        Oldest,
    }

    /// A command on a request.
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

    /// What happened to a request.
    pub enum RequestEventKind {
        /// It was made.
        Submitted,
        /// The reserve answered it.
        AutoApproved,
        /// The reserve did not answer it, and why; from then on it waits for a person.
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

    /// A decision in a bulk.
    pub enum Decision {
        /// Yes.
        Approve,
        /// No.
        Deny,
    }
}

view! {
    /// A command and whether the viewer may give it.
    pub struct AllowedCommand {
        /// The command.
        pub command: RequestCommand,
        /// Whether it may be given now.
        pub is_allowed: bool,
        /// Why not, in English.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 300))]
        pub reason: Option<String>,
    }

    /// A credit request.
    pub struct CreditRequestView {
        /// The id.
        pub id: CreditRequestId,
        /// Of which credits.
        pub credit_type_id: CreditTypeId,
        /// Who asks.
        pub requester: PersonRef,
        /// The group the requester is in now; it pays.
        pub group: GroupRef,
        /// How much was asked.
        pub requested: Credits,
        /// For how long it was asked.
        pub term: RequestTerm,
        /// How much was granted; absent until it was.
        #[serde(default)]
        pub approved: Option<Credits>,
        /// For how long it was granted.
        #[serde(default)]
        pub approved_term: Option<RequestTerm>,
        /// Why.
        #[cfg_attr(feature = "openapi", schema(max_length = 2_000))]
        pub reason: String,
        /// Where it stands.
        pub status: CreditRequestStatus,
        /// When it was made.
        pub submitted_at: Timestamp,
        /// When it was decided or withdrawn.
        #[serde(default)]
        pub closed_at: Option<Timestamp>,
        /// Who decided; absent for the reserve.
        #[serde(default)]
        pub decided_by: Option<PersonRef>,
        /// What the decision said.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 2_000))]
        pub decision_note: Option<String>,
        /// Who can decide it now, the first few, in words people read; empty when it is closed.
        #[cfg_attr(feature = "openapi", schema(max_items = 10))]
        pub waits_for: Vec<PersonRef>,
        /// What the viewer may do.
        #[cfg_attr(feature = "openapi", schema(max_items = 10))]
        pub allowed_commands: Vec<AllowedCommand>,
        /// Pass it as `If-Match` to be told of what happened meanwhile.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub etag: String,
    }

    /// One thing that happened to a request.
    pub struct RequestEventView {
        /// What.
        pub kind: RequestEventKind,
        /// When.
        pub at: Timestamp,
        /// Who; absent for the reserve.
        #[serde(default)]
        pub actor: Option<PersonRef>,
        /// The question, the answer, the reason or the explanation.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 2_000))]
        pub text: Option<String>,
    }

    /// A request with everything that happened to it.
    pub struct CreditRequestDetailView {
        /// The request.
        pub request: CreditRequestView,
        /// What happened, oldest first.
        #[cfg_attr(feature = "openapi", schema(max_items = 200))]
        pub events: Vec<RequestEventView>,
    }

    /// What approving does, computed by approving.
    pub struct RequestEffectView {
        /// The requester's Remaining before and after.
        pub remaining_before: Credits,
        /// After.
        pub remaining_after: Credits,
        /// The requester's Monthly before and after.
        pub monthly_before: Credits,
        /// After.
        pub monthly_after: Credits,
        /// The group's Available before and after.
        pub available_before: Credits,
        /// After.
        pub available_after: Credits,
        /// The organisation's Unallocated before and after.
        pub unallocated_before: Credits,
        /// After.
        pub unallocated_after: Credits,
        /// What was, or would be, added to the group from Unallocated.
        pub added_from_unallocated: Credits,
    }

    /// A decided request, or what deciding it would do.
    pub struct CreditRequestDecidedView {
        /// The request as it is, or would be.
        pub request: CreditRequestView,
        /// What approving did; absent for a denial.
        #[serde(default)]
        pub effect: Option<RequestEffectView>,
        /// Whether nothing was written.
        pub is_dry_run: bool,
    }

    /// The answer to one item of a bulk decision: either `request` or `problem`.
    pub struct DecisionItemView {
        /// Which request.
        pub id: CreditRequestId,
        /// The decided request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub request: Option<CreditRequestView>,
        /// Why it was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub problem: Option<Problem>,
    }

    /// The answer to a bulk decision.
    pub struct DecisionsView {
        /// In the order of the request.
        #[cfg_attr(feature = "openapi", schema(max_items = 200))]
        pub items: Vec<DecisionItemView>,
    }

    /// How many requests there are, of those the viewer may see.
    pub struct CreditRequestCountsView {
        /// Those the viewer can decide now.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000_000))]
        pub to_decide: u64,
        /// Waiting for a decision or for information.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000_000))]
        pub pending: u64,
    }
}

body! {
    /// A new credit request of the caller.
    pub struct CreateCreditRequestBody {
        /// How much, above zero.
        pub amount: Credits,
        /// For how long.
        pub term: RequestTerm,
        /// Why.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2_000))]
        pub reason: String,
    }

    /// Yes.
    pub struct ApproveCreditRequestBody {
        /// How much; as asked when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub amount: Option<Credits>,
        /// For how long; as asked when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub term: Option<RequestTerm>,
        /// Whether what the group lacks is added to it from Unallocated in the same step (admins).
        #[serde(default)]
        pub add_from_unallocated: bool,
        /// A word to the requester.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2_000))]
        pub note: Option<String>,
    }

    /// No.
    pub struct DenyCreditRequestBody {
        /// Why; some organisations ask for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2_000))]
        pub reason: Option<String>,
    }

    /// A question to the requester, or the answer to it.
    pub struct RequestMessageBody {
        /// The text.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2_000))]
        pub text: String,
    }

    /// One decision of a bulk.
    pub struct DecisionItemBody {
        /// Which request.
        pub id: CreditRequestId,
        /// Yes or no.
        pub decision: Decision,
        /// How much; as asked when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub amount: Option<Credits>,
        /// A word to the requester.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2_000))]
        pub note: Option<String>,
    }

    /// Many decisions; each is judged by itself.
    pub struct DecideCreditRequestsBody {
        /// The decisions.
        #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 200))]
        pub items: Vec<DecisionItemBody>,
    }
}

query! {
    /// Filters of credit requests.
    pub struct CreditRequestsQuery {
        /// Whose; all visible ones when absent.
        #[cfg_attr(feature = "openapi", param(inline))]
        pub scope: Option<RequestScope>,
        /// By status; all when absent.
        #[cfg_attr(feature = "openapi", param(inline))]
        pub status: Option<StatusFilter>,
        /// Words of the requester's name or address.
        #[cfg_attr(feature = "openapi", param(max_length = 200))]
        pub search: Option<String>,
        /// Only requests of people in this group now.
        pub group_id: Option<GroupId>,
        /// Only this person's.
        pub person_id: Option<PersonId>,
        /// Made on this local day or later.
        pub from: Option<Day>,
        /// Made on this local day or earlier.
        pub to: Option<Day>,
        /// The order; newest first when absent.
        #[cfg_attr(feature = "openapi", param(inline))]
        pub sort: Option<RequestSort>,
        /// Where the page starts.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
