//! Between the contract and the application.

use allowance_api_types::people as wire;
use allowance_api_types::{Page, Patch};
use allowance_app::people::{CreatePerson, Departure, LeftCredits, ListPeople, UpdatePerson, etag};
use allowance_domain::allocations::WhenShort;
use allowance_domain::authz::Role;
use allowance_domain::people::{Field, PersonStatus, Profile};
use allowance_store::{PageStart, PersonCard, PersonRow};

use crate::allocations::convert::status_word;
use crate::credit_types::convert::credit_type_ref;
use crate::http::cursor::{CursorOf, total_view};
use crate::sessions::role_word;

pub(super) const fn role(word: wire::Role) -> Role {
    match word {
        wire::Role::Admin => Role::Admin,
        wire::Role::Finance => Role::Finance,
        wire::Role::Auditor => Role::Auditor,
        wire::Role::Member => Role::Member,
    }
}

const fn status(word: wire::PersonStatus) -> PersonStatus {
    match word {
        wire::PersonStatus::Active => PersonStatus::Active,
        wire::PersonStatus::Suspended => PersonStatus::Suspended,
        wire::PersonStatus::Left => PersonStatus::Left,
    }
}

pub(super) const fn when_short(word: Option<wire::WhenShort>) -> WhenShort {
    match word {
        None | Some(wire::WhenShort::Refuse) => WhenShort::Refuse,
        Some(wire::WhenShort::SmallerMonthly) => WhenShort::SmallerMonthly,
        Some(wire::WhenShort::BringCredits) => WhenShort::BringCredits,
    }
}

pub(super) fn create_person(body: wire::CreatePersonBody) -> CreatePerson {
    let wire::CreatePersonBody {
        email,
        display_name,
        title,
        department,
        division,
        location,
        employee_number,
        manager_id,
        hired_on,
        group_id,
    } = body;
    let optional = [
        (Field::Title, title),
        (Field::Department, department),
        (Field::Division, division),
        (Field::Location, location),
        (Field::EmployeeNumber, employee_number),
        (Field::HiredOn, hired_on.map(|day| day.to_string())),
    ];
    let mut texts = vec![(Field::DisplayName, display_name)];
    texts.extend(
        optional
            .into_iter()
            .filter_map(|(field, text)| Some((field, text?))),
    );
    CreatePerson {
        email,
        texts,
        manager: manager_id,
        group: group_id,
    }
}

pub(super) fn update_person(body: wire::UpdatePersonBody) -> UpdatePerson {
    let wire::UpdatePersonBody {
        email,
        display_name,
        title,
        department,
        division,
        location,
        employee_number,
        manager_id,
        hired_on,
    } = body;
    let hired_on = match hired_on {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(day) => Patch::Set(day.to_string()),
    };
    let cleared_or_set = [
        (Field::Title, title),
        (Field::Department, department),
        (Field::Division, division),
        (Field::Location, location),
        (Field::EmployeeNumber, employee_number),
        (Field::HiredOn, hired_on),
    ];
    let required = [
        (Field::Email, email.map(|email| email.to_string())),
        (Field::DisplayName, display_name),
    ];
    let mut texts: Vec<(Field, String)> = required
        .into_iter()
        .filter_map(|(field, text)| Some((field, text?)))
        .collect();
    texts.extend(
        cleared_or_set
            .into_iter()
            .filter_map(|(field, patch)| Some((field, patch.into_change()?.unwrap_or_default()))),
    );
    UpdatePerson {
        texts,
        manager: manager_id.into_change(),
    }
}

pub(super) fn list_people(query: wire::PeopleQuery) -> ListPeople {
    let wire::PeopleQuery {
        search,
        group_id,
        status: word,
        manager_id,
        cursor: _,
        limit: _,
    } = query;
    ListPeople {
        search,
        group: group_id,
        status: word.map(status),
        manager: manager_id,
    }
}

pub(super) fn person_view(card: &PersonCard) -> wire::PersonView {
    let PersonCard {
        row,
        manager,
        group_name,
        can_sign_in,
    } = card;
    let PersonRow {
        id,
        profile,
        manager: manager_id,
        status,
        role,
        group,
        version: _,
        created_at,
    } = row;
    let Profile {
        email,
        display_name,
        title,
        department,
        division,
        location,
        employee_number,
        hired_on,
    } = profile;
    let manager = manager_id
        .zip(manager.as_ref())
        .map(|(id, (display_name, email))| wire::PersonRef {
            id,
            display_name: display_name.clone(),
            email: email.clone(),
        });
    wire::PersonView {
        id: *id,
        email: email.clone(),
        display_name: display_name.clone(),
        title: title.clone(),
        department: department.clone(),
        division: division.clone(),
        location: location.clone(),
        employee_number: employee_number.clone(),
        manager,
        hired_on: *hired_on,
        status: status_word(*status),
        role: role_word(*role),
        group: wire::GroupRef {
            id: *group,
            name: group_name.clone(),
        },
        can_sign_in: *can_sign_in,
        created_at: *created_at,
        etag: etag(card),
    }
}

pub(super) fn people_page(
    cards: &[PersonCard],
    next: Option<PageStart>,
    total: allowance_store::Total,
    cursors: &CursorOf,
) -> Page<wire::PersonView> {
    Page {
        items: cards.iter().map(person_view).collect(),
        next_cursor: next.map(|PageStart { name_key, id }| cursors.encode((name_key, id))),
        total: Some(total_view(total)),
    }
}

pub(super) fn departure_view(departure: &Departure) -> wire::DepartureView {
    let Departure {
        card,
        credits,
        requests,
        is_dry_run,
    } = departure;
    let left = |left: &LeftCredits| {
        let LeftCredits {
            credit_type,
            monthly,
            returned,
            lapsed,
            holds,
        } = left;
        wire::LeftCreditsView {
            credit_type: credit_type_ref(credit_type),
            monthly: *monthly,
            returned: *returned,
            lapsed: *lapsed,
            holds_released: *holds,
        }
    };
    wire::DepartureView {
        person: person_view(card),
        credits: credits.iter().map(left).collect(),
        requests_withdrawn: *requests,
        is_dry_run: *is_dry_run,
    }
}
