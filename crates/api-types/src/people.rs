//! People.

use allowance_values::{Credits, Day, Email, GroupId, PersonId, Timestamp};

use crate::Patch;
use crate::credit_types::CreditTypeRef;

words! {
    /// What a person may do in the organisation.
    pub enum Role {
        /// Everything.
        Admin,
        /// Payments, charges, exports.
        Finance,
        /// Reads everything, changes nothing.
        Auditor,
        /// Their own wallet and requests.
        Member,
    }

    /// Where a person stands.
    pub enum PersonStatus {
        /// Can spend.
        Active,
        /// Keeps, cannot spend.
        Suspended,
        /// Gone; kept because the books mention them.
        Left,
    }
}

view! {
    /// A person, in short.
    pub struct PersonRef {
        /// The id.
        pub id: PersonId,
        /// The name.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub display_name: String,
        /// The address.
        pub email: Email,
    }

    /// A group, in short.
    pub struct GroupRef {
        /// The id.
        pub id: GroupId,
        /// The name.
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub name: String,
    }

    /// A person.
    pub struct PersonView {
        /// The id.
        pub id: PersonId,
        /// The address; unique in the organisation whatever the case.
        pub email: Email,
        /// The name.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub display_name: String,
        /// Job title.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub title: Option<String>,
        /// Department.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub department: Option<String>,
        /// Division.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub division: Option<String>,
        /// Location.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub location: Option<String>,
        /// The number HR knows them by.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub employee_number: Option<String>,
        /// Whom they report to.
        #[serde(default)]
        pub manager: Option<PersonRef>,
        /// First day.
        #[serde(default)]
        pub hired_on: Option<Day>,
        /// Where they stand.
        pub status: PersonStatus,
        /// What they may do.
        pub role: Role,
        /// The group they are in.
        pub group: GroupRef,
        /// Whether they can sign in.
        pub can_sign_in: bool,
        /// When they were added.
        pub created_at: Timestamp,
        /// Pass it as `If-Match` to edit.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub etag: String,
    }
}

view! {
    /// What leaving does in one credit type.
    pub struct LeftCreditsView {
        /// Of which credits.
        pub credit_type: CreditTypeRef,
        /// The Monthly that ends.
        pub monthly: Credits,
        /// What is unspent and returns to the group.
        pub returned: Credits,
        /// What was carried and ends unused.
        pub lapsed: Credits,
        /// How many holds are given back.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub holds_released: u64,
    }

    /// Somebody who left.
    pub struct DepartureView {
        /// As they stand now, or would.
        pub person: PersonView,
        /// By credit type, where it does anything.
        #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
        pub credits: Vec<LeftCreditsView>,
        /// How many of their requests are withdrawn.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub requests_withdrawn: u64,
        /// Whether nothing was written.
        pub is_dry_run: bool,
    }
}

body! {
    /// A new person.
    pub struct CreatePersonBody {
        /// The address.
        pub email: Email,
        /// The name.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
        pub display_name: String,
        /// Job title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub title: Option<String>,
        /// Department.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub department: Option<String>,
        /// Division.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub division: Option<String>,
        /// Location.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub location: Option<String>,
        /// The number HR knows them by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub employee_number: Option<String>,
        /// Whom they report to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub manager_id: Option<PersonId>,
        /// First day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub hired_on: Option<Day>,
        /// The group; Default when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub group_id: Option<GroupId>,
    }

    /// Changes to a person. An absent field stays, `null` clears.
    pub struct UpdatePersonBody {
        /// The address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub email: Option<Email>,
        /// The name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
        pub display_name: Option<String>,
        /// Job title.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
        pub title: Patch<String>,
        /// Department.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
        pub department: Patch<String>,
        /// Division.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
        pub division: Patch<String>,
        /// Location.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
        pub location: Patch<String>,
        /// The number HR knows them by.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 64))]
        pub employee_number: Patch<String>,
        /// Whom they report to.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<PersonId>))]
        pub manager_id: Patch<PersonId>,
        /// First day.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<Day>))]
        pub hired_on: Patch<Day>,
    }

    /// A new role. Nobody changes their own.
    pub struct ChangeRoleBody {
        /// The role.
        pub role: Role,
    }

    /// A move to another group.
    pub struct MovePersonBody {
        /// Where to.
        pub group_id: GroupId,
        /// What to do when the new group lacks the credits; refused when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub when_short: Option<WhenShort>,
    }
}

words! {
    /// What to do when the new group lacks what the person has.
    pub enum WhenShort {
        /// Answer by how much it is short and change nothing.
        Refuse,
        /// Lower the person's Monthly to what fits.
        SmallerMonthly,
        /// Take the missing credits along from the old group.
        BringCredits,
    }
}

query! {
    /// Filters of the list of people.
    pub struct PeopleQuery {
        /// Words that the name or the address begins with.
        #[cfg_attr(feature = "openapi", param(max_length = 200))]
        pub search: Option<String>,
        /// Only this group.
        pub group_id: Option<GroupId>,
        /// Only this status.
        #[cfg_attr(feature = "openapi", param(inline))]
        pub status: Option<PersonStatus>,
        /// Only direct reports of this person.
        pub manager_id: Option<PersonId>,
        /// Where the page starts.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
