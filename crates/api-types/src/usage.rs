//! How usage is counted, as admins set it, and usage that nobody could be found for. What platforms send is in
//! `metering`.

use allowance_values::{CreditTypeId, Credits, Money, PersonId, Timestamp, UsageAliasId};

use crate::ErrorCode;
use crate::people::PersonRef;

words! {
    /// What becomes of usage whose person is not known.
    pub enum UnknownPeople {
        /// It is refused.
        Refuse,
        /// It is kept aside until somebody says whose it is.
        Keep,
    }

    /// By what a platform named a person.
    pub enum PersonNameKind {
        /// By id.
        PersonId,
        /// By address.
        Email,
        /// By employee number.
        ExternalId,
        /// By nothing: nobody was named.
        Nobody,
    }
}

view! {
    /// One rule: usage that has everything it names counts against its credit type.
    pub struct UsageRuleView {
        /// Whose service was used; any when absent.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub provider: Option<String>,
        /// Which model or product; a `*` at its end stands for anything that follows; any when absent.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub model: Option<String>,
        /// A tag it must have; none needed when absent.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub tag: Option<String>,
        /// The credit type it counts against.
        pub credit_type_id: CreditTypeId,
    }

    /// How usage is counted.
    pub struct UsageSettingsView {
        /// The credit type of usage that names none and that no rule takes; the organisation's first when absent.
        #[serde(default)]
        pub credit_type_id: Option<CreditTypeId>,
        /// What becomes of usage whose person is not known.
        pub unknown_people: UnknownPeople,
        /// The rules, in order: the first that fits decides.
        #[cfg_attr(feature = "openapi", schema(max_items = 100))]
        pub rules: Vec<UsageRuleView>,
        /// Pass it as `If-Match` to edit.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub etag: String,
    }

    /// Usage that was kept aside, by the name it came under and who reported it.
    pub struct UnmatchedUsageView {
        /// By what the person was named.
        pub kind: PersonNameKind,
        /// The name, as it first came; empty where nobody was named.
        #[cfg_attr(feature = "openapi", schema(max_length = 320))]
        pub name: String,
        /// Who reported it.
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub source: String,
        /// How many events.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000_000))]
        pub events: u64,
        /// What those with a cost cost together; absent where none has one.
        #[serde(default)]
        pub cost: Option<Money>,
        /// Credits of those that came as credits.
        pub amount: Credits,
        /// When the first of them happened.
        pub first_at: Timestamp,
        /// When the last of them happened.
        pub last_at: Timestamp,
        /// Why counting it failed when it was matched last; it stays aside.
        #[serde(default)]
        pub problem: Option<ErrorCode>,
        /// Whoever is meant by that name by now.
        #[serde(default)]
        pub person: Option<PersonRef>,
    }

    /// Usage under one name that now is somebody's.
    pub struct MatchedUsageView {
        /// By what the person was named.
        pub kind: PersonNameKind,
        /// The name.
        #[cfg_attr(feature = "openapi", schema(max_length = 320))]
        pub name: String,
        /// Only what this source reported; what any did when absent.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub source: Option<String>,
        /// Whose it is.
        pub person_id: PersonId,
        /// How many events; none where nothing is kept under the name any more.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000_000))]
        pub events: u64,
        /// What counting them does; of a dry run alone.
        #[serde(default)]
        pub trial: Option<UsageTrialView>,
    }

    /// What counting kept usage does, found out by doing it and taking it back.
    pub struct UsageTrialView {
        /// How many events were tried, the oldest first: no more than 2,000.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 2_000))]
        pub tried: u64,
        /// What counts, by credit type.
        #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
        pub counted: Vec<UsageTrialLineView>,
        /// What cannot be counted and stays aside, by why.
        #[cfg_attr(feature = "openapi", schema(max_items = 20))]
        pub refused: Vec<UsageTrialRefusalView>,
    }

    /// What counting does to one credit type.
    pub struct UsageTrialLineView {
        /// Of which credits.
        pub credit_type_id: CreditTypeId,
        /// Their name.
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub name: String,
        /// How many events count.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 2_000))]
        pub events: u64,
        /// Of those: events of a cycle that has ended, which count in the open one.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 2_000))]
        pub late: u64,
        /// The credits they burn.
        pub credits: Credits,
        /// By how much they go beyond what the person has left; absent where they do not.
        #[serde(default)]
        pub over_by: Option<Credits>,
    }

    /// Events that cannot be counted for one reason.
    pub struct UsageTrialRefusalView {
        /// Why.
        pub problem: ErrorCode,
        /// How many events.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 2_000))]
        pub events: u64,
    }

    /// A name that stands for a person where a source uses it and nobody is known by it.
    pub struct UsageAliasView {
        /// The id.
        pub id: UsageAliasId,
        /// By what the source names people.
        pub kind: PersonNameKind,
        /// The name; empty where nobody is named.
        #[cfg_attr(feature = "openapi", schema(max_length = 320))]
        pub name: String,
        /// The source.
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub source: String,
        /// Whom it stands for.
        pub person: PersonRef,
        /// Since when.
        pub made_at: Timestamp,
        /// Who said so.
        #[serde(default)]
        pub made_by: Option<PersonRef>,
    }

    /// What became of the names that were matched.
    pub struct MatchedUsageListView {
        /// One result per name, in the order they came.
        #[cfg_attr(feature = "openapi", schema(max_items = 100))]
        pub results: Vec<MatchedUsageView>,
    }

    /// How much usage was discarded.
    pub struct DiscardedUsageView {
        /// How many events.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000_000))]
        pub discarded: u64,
    }
}

body! {
    /// One rule; what is absent fits anything. Name at least one of the three.
    pub struct UsageRuleBody {
        /// Whose service was used, whatever the case of its letters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
        pub provider: Option<String>,
        /// Which model or product; a `*` at its end stands for anything that follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
        pub model: Option<String>,
        /// A tag it must have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
        pub tag: Option<String>,
        /// The credit type it counts against.
        pub credit_type_id: CreditTypeId,
    }

    /// How usage is to be counted, all of it: what is absent is unset.
    pub struct SetUsageSettingsBody {
        /// The credit type of usage that names none and that no rule takes; the organisation's first when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub credit_type_id: Option<CreditTypeId>,
        /// What becomes of usage whose person is not known.
        pub unknown_people: UnknownPeople,
        /// The rules, in order: the first that fits decides.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_items = 100))]
        pub rules: Vec<UsageRuleBody>,
    }

    /// Whose the usage under a name is.
    pub struct UsageMatchBody {
        /// By what the person was named.
        pub kind: PersonNameKind,
        /// The name; absent where nobody was named.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        #[cfg_attr(feature = "openapi", schema(max_length = 320))]
        pub name: String,
        /// Only what this source reported; what any did when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
        pub source: Option<String>,
        /// Whose it is.
        pub person_id: PersonId,
        /// Whether the name stands for that person from now on, wherever those sources use it and nobody is known by it.
        /// An id is one person's for good and cannot.
        #[serde(default)]
        pub remember: bool,
    }

    /// Names to match.
    pub struct MatchUsageBody {
        /// Each name once.
        #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
        pub matches: Vec<UsageMatchBody>,
    }

    /// A name that usage was kept under.
    pub struct UsageNameBody {
        /// By what the person was named.
        pub kind: PersonNameKind,
        /// The name; absent where nobody was named.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        #[cfg_attr(feature = "openapi", schema(max_length = 320))]
        pub name: String,
        /// Only what this source reported; what any did when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
        pub source: Option<String>,
    }

    /// Names whose usage is to count for nobody.
    pub struct DiscardUsageBody {
        /// Each name once.
        #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
        pub names: Vec<UsageNameBody>,
        /// Why; it stays in the audit log.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 500))]
        pub reason: String,
    }
}

query! {
    /// Which page of the usage kept aside.
    pub struct UnmatchedUsageQuery {
        /// Where the page starts: `next_cursor` of the page before.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
    /// Which page of the names that stand for people.
    pub struct UsageAliasesQuery {
        /// Where the page starts: `next_cursor` of the page before.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
