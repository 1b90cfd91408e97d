//! `/people` and `/people/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, patch, post};
use allowance_api_types::Page;
use allowance_api_types::people::{CreatePersonBody, PeopleQuery, PersonView, UpdatePersonBody};
use allowance_app::people;
use allowance_domain::authz::operation;
use allowance_store::PageStart;
use allowance_values::PersonId;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{IfMatch, IfMatchHeader, Query, Valid};

/// People, by name
///
/// Searched by the beginnings of words of name and address. Under a search, counting ends at 1,000.
#[utoipa::path(
    tag = "people",
    params(PeopleQuery),
    responses((status = 200, description = "A page of people.", body = Page<PersonView>))
)]
#[get("/people")]
pub(crate) async fn list_people(
    allowed: Allowed<operation::ListPeople>,
    Query(query): Query<PeopleQuery>,
) -> Outcome {
    let (cursor, size) = (query.cursor.clone(), page_size(query.limit));
    let filter = convert::list_people(query);
    let cursors = CursorOf::list("people", &filter);
    let position: Option<(String, PersonId)> = cursors.decode(cursor.as_deref())?;
    let after = position.map(|(name_key, id)| PageStart { name_key, id });
    let (cards, next, total) = allowed
        .run(|Services { app, caller }| async move {
            people::list_people(&app, &caller, &filter, after.as_ref(), size).await
        })
        .await?;
    answer::json(&convert::people_page(&cards, next, total, &cursors))
}

/// Add a person
///
/// They join as a member, active, in the group given or in Default, and cannot sign in until they are invited.
#[utoipa::path(
    tag = "people",
    request_body = CreatePersonBody,
    responses(
        (status = 201, description = "The person.", body = PersonView),
        (status = 409, description = "Another person has the address.")
    )
)]
#[post("/people")]
pub(crate) async fn create_person(
    allowed: Allowed<operation::CreatePerson>,
    input: Valid<CreatePersonBody>,
) -> Outcome {
    let (new, key) = (convert::create_person(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::CREATED, convert::person_view);
            app.change(
                &caller,
                key,
                |tx| people::create_person(tx, &caller, &new),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}

/// One person
///
/// With the ETag that an edit needs.
#[utoipa::path(
    tag = "people",
    params(("id" = PersonId, Path, description = "The person.")),
    responses((status = 200, description = "The person.", body = PersonView))
)]
#[get("/people/{id}")]
pub(crate) async fn get_person(allowed: Allowed<operation::GetPerson>, id: Path<PersonId>) -> Outcome {
    let id = id.into_inner();
    let card = allowed
        .run(|Services { app, caller }| async move { people::get_person(&app, &caller, id).await })
        .await?;
    answer::tagged(&convert::person_view(&card), &people::etag(&card))
}

/// Change a person
///
/// What is absent stays, `null` clears. Role, status and group have addresses of their own.
#[utoipa::path(
    tag = "people",
    params(("id" = PersonId, Path, description = "The person."), IfMatchHeader),
    request_body = UpdatePersonBody,
    responses(
        (status = 200, description = "The person.", body = PersonView),
        (status = 409, description = "The address is taken, or the reporting line would run in a circle.")
    )
)]
#[patch("/people/{id}")]
pub(crate) async fn update_person(
    allowed: Allowed<operation::UpdatePerson>,
    id: Path<PersonId>,
    etag: IfMatch,
    input: Valid<UpdatePersonBody>,
) -> Outcome {
    let id = id.into_inner();
    let (change, key) = (convert::update_person(input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::person_view);
            let work = |tx| people::update_person(tx, &caller, id, &etag.0, &change);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}
