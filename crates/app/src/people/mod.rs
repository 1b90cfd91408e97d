//! People: adding, finding, changing, moving them; what they may do and where they stand.

mod change;
mod leaving;
mod list;
mod moving;
mod standing;

pub use change::{CreatePerson, UpdatePerson, create_person, update_person};
pub use leaving::{Departure, LeftCredits, leave_person};
pub use list::{ListPeople, get_person, list_people};
pub(crate) use moving::move_as_fits;
pub use moving::move_person;
pub use standing::{change_role, reinstate_person, suspend_person};

use allowance_store::{PersonCard, PersonRow};

/// What an edit must have seen: rises with every edit of the person.
#[must_use]
pub fn etag(card: &PersonCard) -> String {
    card.row.version.to_string()
}

/// A person in the audit log.
pub(crate) fn audited(row: &PersonRow) -> serde_json::Value {
    let PersonRow {
        id: _,
        profile,
        manager,
        status,
        role,
        group,
        version: _,
        created_at: _,
    } = row;
    serde_json::json!({
        "email": profile.email.as_str(),
        "display_name": profile.display_name,
        "title": profile.title,
        "department": profile.department,
        "division": profile.division,
        "location": profile.location,
        "employee_number": profile.employee_number,
        "hired_on": profile.hired_on.map(|day| day.to_string()),
        "manager": manager.map(|manager| manager.to_string()),
        "status": status.as_str(),
        "role": role.as_str(),
        "group": group.to_string(),
    })
}
