//! The table: each operation of the API, by its operation id, and the permission it needs.
//!
//! A line here gives a variant of [`Action`] and a type in [`operation`], which a handler names to get at the services.
//! An operation without a line cannot be served.

/// What an operation needs. The words appear as `x-permission` in the API document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Nobody needs to be signed in.
    Public,
    /// Anybody signed in, about themselves.
    SignedIn,
    /// Reading people.
    ReadPeople,
    /// Adding and changing people.
    ManagePeople,
    /// Changing what a person may do.
    ChangeRoles,
    /// Reading groups and their figures.
    ReadGroups,
    /// Adding, changing and deleting groups.
    ManageGroups,
    /// Reading credit types and their cycles.
    ReadCreditTypes,
    /// Adding and changing credit types.
    ManageCreditTypes,
    /// Reading the organisation's figures.
    ReadOverview,
    /// Reading members' figures: one's own always.
    ReadMembers,
    /// Editing a group's allocation.
    AllocateGroups,
    /// Editing members' allocations.
    AllocateMembers,
    /// Asking for credits for oneself.
    AskForCredits,
    /// Reading credit requests: one's own always.
    ReadRequests,
    /// Deciding credit requests.
    DecideRequests,
    /// Changing the organisation's settings.
    ManageOrganisation,
    /// Making and revoking platforms' keys.
    ManageApiKeys,
    /// Reporting usage: platforms only.
    RecordUsage,
    /// Reading how usage is counted and what was kept aside.
    ReadUsage,
    /// Saying whose usage is.
    MatchUsage,
    /// Recording what other currencies are worth.
    ManageExchangeRates,
    /// Placing and capturing holds: platforms only.
    PlaceHolds,
    /// Releasing holds.
    ReleaseHolds,
    /// Reading holds: one's own always.
    ReadHolds,
    /// Reading what was used and what it cost: one's own always.
    ReadCosts,
    /// Booking and reversing charges.
    Charge,
    /// Reading the ledger and proving the books.
    ReadLedger,
    /// Reading the audit log.
    ReadAudit,
}

impl Permission {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::SignedIn => "signed_in",
            Self::ReadPeople => "read_people",
            Self::ManagePeople => "manage_people",
            Self::ChangeRoles => "change_roles",
            Self::ReadGroups => "read_groups",
            Self::ManageGroups => "manage_groups",
            Self::ReadCreditTypes => "read_credit_types",
            Self::ManageCreditTypes => "manage_credit_types",
            Self::ReadOverview => "read_overview",
            Self::ReadMembers => "read_members",
            Self::AllocateGroups => "allocate_groups",
            Self::AllocateMembers => "allocate_members",
            Self::AskForCredits => "ask_for_credits",
            Self::ReadRequests => "read_requests",
            Self::DecideRequests => "decide_requests",
            Self::ManageOrganisation => "manage_organisation",
            Self::ManageApiKeys => "manage_api_keys",
            Self::RecordUsage => "record_usage",
            Self::ReadUsage => "read_usage",
            Self::MatchUsage => "match_usage",
            Self::ManageExchangeRates => "manage_exchange_rates",
            Self::PlaceHolds => "place_holds",
            Self::ReleaseHolds => "release_holds",
            Self::ReadHolds => "read_holds",
            Self::ReadCosts => "read_costs",
            Self::Charge => "charge",
            Self::ReadLedger => "read_ledger",
            Self::ReadAudit => "read_audit",
        }
    }
}

impl Action {
    /// Operations that only read although they are called by POST, because what they ask for does not fit an address.
    /// They take no key and leave no audit entry.
    pub const READS_BY_POST: &[Self] = &[Self::LookUpMemberRows];
}

/// An operation that a signed-in person calls. Implemented by the types in [`operation`] alone.
pub trait Operation: 'static {
    /// The line of the table.
    const ACTION: Action;
}

/// An operation that anybody may call.
pub trait PublicOperation: 'static {
    /// The line of the table.
    const ACTION: Action;
}

macro_rules! actions {
    (
        public { $($open:ident = $open_name:literal;)* }
        guarded { $($name:ident = $id:literal needs $permission:ident;)* }
    ) => {
        /// Each operation of the API. Its name is the operation id, the handler's name and the audit log's word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $(#[doc = concat!("`", $open_name, "`")] $open,)*
            $(#[doc = concat!("`", $id, "`")] $name,)*
        }

        impl Action {
            /// All operations.
            pub const ALL: &'static [Self] = &[$(Self::$open,)* $(Self::$name,)*];

            /// The operation id.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$open => $open_name,)*
                    $(Self::$name => $id,)*
                }
            }

            /// What it needs.
            #[must_use]
            pub const fn permission(self) -> Permission {
                match self {
                    $(Self::$open => Permission::Public,)*
                    $(Self::$name => Permission::$permission,)*
                }
            }
        }

        /// One type per operation, for handlers to name.
        pub mod operation {
            use super::{Action, Operation, PublicOperation};
            $(
                #[doc = concat!("`", $open_name, "`")]
                #[derive(Debug)]
                pub enum $open {}
                impl PublicOperation for $open {
                    const ACTION: Action = Action::$open;
                }
            )*
            $(
                #[doc = concat!("`", $id, "`")]
                #[derive(Debug)]
                pub enum $name {}
                impl Operation for $name {
                    const ACTION: Action = Action::$name;
                }
            )*
        }
    };
}

actions! {
    public {
        GetSetup = "get_setup";
        SetUp = "set_up";
        SignIn = "sign_in";
        RefreshSession = "refresh_session";
        AcceptInvitation = "accept_invitation";
        GetHealth = "get_health";
        GetReadiness = "get_readiness";
    }
    guarded {
        SignOut = "sign_out" needs SignedIn;
        SignOutEverywhere = "sign_out_everywhere" needs SignedIn;
        GetMe = "get_me" needs SignedIn;
        GetWallet = "get_wallet" needs SignedIn;
        StreamChanges = "stream_changes" needs SignedIn;

        ListPeople = "list_people" needs ReadPeople;
        GetPerson = "get_person" needs ReadPeople;
        CreatePerson = "create_person" needs ManagePeople;
        UpdatePerson = "update_person" needs ManagePeople;
        MovePerson = "move_person" needs ManagePeople;
        InvitePerson = "invite_person" needs ManagePeople;
        ImportPeople = "import_people" needs ManagePeople;
        ChangeRole = "change_role" needs ChangeRoles;
        SuspendPerson = "suspend_person" needs ChangeRoles;
        ReinstatePerson = "reinstate_person" needs ChangeRoles;
        LeavePerson = "leave_person" needs ChangeRoles;

        ListGroups = "list_groups" needs ReadGroups;
        GetGroup = "get_group" needs ReadGroups;
        CreateGroup = "create_group" needs ManageGroups;
        UpdateGroup = "update_group" needs ManageGroups;
        DeleteGroup = "delete_group" needs ManageGroups;

        ListCreditTypes = "list_credit_types" needs ReadCreditTypes;
        GetCreditType = "get_credit_type" needs ReadCreditTypes;
        CreateCreditType = "create_credit_type" needs ManageCreditTypes;
        UpdateCreditType = "update_credit_type" needs ManageCreditTypes;
        ArchiveCreditType = "archive_credit_type" needs ManageCreditTypes;
        RestoreCreditType = "restore_credit_type" needs ManageCreditTypes;
        ResetCycle = "reset_cycle" needs ManageCreditTypes;
        UndoReset = "undo_reset" needs ManageCreditTypes;
        ListSettingChanges = "list_setting_changes" needs ReadOverview;
        ListAttention = "list_attention" needs ReadOverview;
        ListCycles = "list_cycles" needs ReadCreditTypes;
        GetOverview = "get_overview" needs ReadOverview;

        ListGroupRows = "list_group_rows" needs ReadGroups;
        UpdateGroupAllocation = "update_group_allocation" needs AllocateGroups;
        ListMemberRows = "list_member_rows" needs ReadMembers;
        ListReports = "list_reports" needs ReadMembers;
        OrderMembers = "order_members" needs ReadMembers;
        LookUpMemberRows = "look_up_member_rows" needs ReadMembers;
        ExportMemberRows = "export_member_rows" needs ReadMembers;
        UpdateMemberAllocation = "update_member_allocation" needs AllocateMembers;
        SaveMemberAllocations = "save_member_allocations" needs AllocateMembers;
        AllocateMany = "allocate_many" needs AllocateMembers;
        ImportAllocations = "import_allocations" needs AllocateMembers;
        ExplainMember = "explain_member" needs ReadMembers;
        ListGrants = "list_grants" needs ReadMembers;
        CreateGrant = "create_grant" needs AllocateMembers;
        RevokeGrant = "revoke_grant" needs AllocateMembers;

        CreateCreditRequest = "create_credit_request" needs AskForCredits;
        AnswerCreditRequest = "answer_credit_request" needs AskForCredits;
        WithdrawCreditRequest = "withdraw_credit_request" needs AskForCredits;
        ListCreditRequests = "list_credit_requests" needs ReadRequests;
        CountCreditRequests = "count_credit_requests" needs ReadRequests;
        GetCreditRequest = "get_credit_request" needs ReadRequests;
        ApproveCreditRequest = "approve_credit_request" needs DecideRequests;
        DenyCreditRequest = "deny_credit_request" needs DecideRequests;
        AskCreditRequest = "ask_credit_request" needs DecideRequests;
        DecideCreditRequests = "decide_credit_requests" needs DecideRequests;

        GetOrganisation = "get_organisation" needs SignedIn;
        UpdateOrganisation = "update_organisation" needs ManageOrganisation;

        CreateApiKey = "create_api_key" needs ManageApiKeys;
        ListApiKeys = "list_api_keys" needs ManageApiKeys;
        RevokeApiKey = "revoke_api_key" needs ManageApiKeys;

        RecordUsage = "record_usage" needs RecordUsage;
        RecordCloudEvents = "record_cloud_events" needs RecordUsage;
        RecordLitellmLogs = "record_litellm_logs" needs RecordUsage;
        GetUsageSettings = "get_usage_settings" needs ReadUsage;
        SetUsageSettings = "set_usage_settings" needs ManageOrganisation;
        ListUnmatchedUsage = "list_unmatched_usage" needs ReadUsage;
        MatchUnmatchedUsage = "match_unmatched_usage" needs MatchUsage;
        DiscardUnmatchedUsage = "discard_unmatched_usage" needs MatchUsage;
        ListUsageAliases = "list_usage_aliases" needs ReadUsage;
        DeleteUsageAlias = "delete_usage_alias" needs MatchUsage;
        ListExchangeRates = "list_exchange_rates" needs ReadOverview;
        CreateExchangeRate = "create_exchange_rate" needs ManageExchangeRates;
        PlaceHold = "place_hold" needs PlaceHolds;
        CaptureHold = "capture_hold" needs PlaceHolds;
        ReleaseHold = "release_hold" needs ReleaseHolds;
        ListHolds = "list_holds" needs ReadHolds;

        GetCosts = "get_costs" needs ReadCosts;
        GetCostSeries = "get_cost_series" needs ReadCosts;
        ExportCosts = "export_costs" needs ReadCosts;
        ExportCostsWorkbook = "export_costs_workbook" needs ReadCosts;
        ListCostEvents = "list_cost_events" needs ReadCosts;
        ExportCostEvents = "export_cost_events" needs ReadCosts;
        ListAlerts = "list_alerts" needs ReadCosts;

        CreateCharge = "create_charge" needs Charge;
        ReverseCharge = "reverse_charge" needs Charge;
        ListLedgerEntries = "list_ledger_entries" needs ReadLedger;
        GetBooks = "get_books" needs ReadLedger;
        ListAuditEntries = "list_audit_entries" needs ReadAudit;
    }
}
