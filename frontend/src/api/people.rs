//! People.

use allowance_api_types::Page;
use allowance_api_types::consequences::DryRunQuery;
use allowance_api_types::people::{
    ChangeRoleBody, CreatePersonBody, DepartureView, MovePersonBody, PeopleQuery, PersonView,
    UpdatePersonBody,
};
use allowance_api_types::session::InvitationView;
use allowance_values::PersonId;

use super::Answer;
use super::client::Call;

pub async fn list(query: &PeopleQuery) -> Answer<Page<PersonView>> {
    Call::get("/people").query(query).read().await
}

pub async fn get(id: PersonId) -> Answer<PersonView> {
    Call::get(format!("/people/{id}")).read().await
}

pub async fn create(body: &CreatePersonBody, key: &str) -> Answer<PersonView> {
    Call::post("/people").json(body).key(key).read().await
}

pub async fn update(id: PersonId, body: &UpdatePersonBody, etag: &str, key: &str) -> Answer<PersonView> {
    Call::patch(format!("/people/{id}"))
        .json(body)
        .if_match(etag)
        .key(key)
        .read()
        .await
}

pub async fn change_role(id: PersonId, body: &ChangeRoleBody, key: &str) -> Answer<PersonView> {
    Call::put(format!("/people/{id}/role"))
        .json(body)
        .key(key)
        .read()
        .await
}

pub async fn move_to_group(id: PersonId, body: &MovePersonBody, key: &str) -> Answer<PersonView> {
    Call::put(format!("/people/{id}/group"))
        .json(body)
        .key(key)
        .read()
        .await
}

pub async fn suspend(id: PersonId, key: &str) -> Answer<PersonView> {
    Call::post(format!("/people/{id}/suspend")).key(key).read().await
}

pub async fn reinstate(id: PersonId, key: &str) -> Answer<PersonView> {
    Call::post(format!("/people/{id}/reinstate"))
        .key(key)
        .read()
        .await
}

/// Lets somebody leave; a dry run answers what it does and writes nothing.
pub async fn leave(id: PersonId, is_dry_run: bool, key: &str) -> Answer<DepartureView> {
    let query = DryRunQuery {
        dry_run: Some(is_dry_run),
    };
    Call::post(format!("/people/{id}/leave"))
        .query(&query)
        .key(key)
        .read()
        .await
}

/// A link that is shown once; asking again ends the one before.
pub async fn invite(id: PersonId) -> Answer<InvitationView> {
    Call::post(format!("/people/{id}/invitation")).read().await
}
