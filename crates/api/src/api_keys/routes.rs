//! `/api-keys` and `/api-keys/{id}/revoke`.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{get, post};
use allowance_api_types::Page;
use allowance_api_types::api_keys::{ApiKeyView, CreateApiKeyBody, NewApiKeyView};
use allowance_api_types::paging::PageQuery;
use allowance_app::api_keys;
use allowance_domain::authz::operation;
use allowance_values::ApiKeyId;

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{Bodiless, Query, Valid};

/// Make a key for a platform
///
/// The key is shown this once; only its hash is kept. It acts for nobody and may do what its scopes say.
#[utoipa::path(
    tag = "api_keys",
    request_body = CreateApiKeyBody,
    responses((status = 201, description = "The key, shown once.", body = NewApiKeyView))
)]
#[post("/api-keys")]
pub(crate) async fn create_api_key(
    allowed: Allowed<operation::CreateApiKey>,
    input: Valid<CreateApiKeyBody>,
) -> Outcome {
    let new = convert::create_api_key(input.body);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let now = app.store.now();
            let answered = answer::render(StatusCode::CREATED, |made| convert::new_api_key_view(made, now));
            // No key: a stored answer would keep the secret readable.
            app.change(
                &caller,
                None,
                |tx| api_keys::create_api_key(tx, &caller, &new),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}

/// List keys
///
/// Newest first, those that have ended too. Secrets are never shown again.
#[utoipa::path(
    tag = "api_keys",
    params(PageQuery),
    responses((status = 200, description = "A page of keys.", body = Page<ApiKeyView>))
)]
#[get("/api-keys")]
pub(crate) async fn list_api_keys(
    allowed: Allowed<operation::ListApiKeys>,
    query: Query<PageQuery>,
) -> Outcome {
    let PageQuery { cursor, limit } = query.0;
    let list = CursorOf::list("api_keys", &());
    let before = list.decode::<ApiKeyId>(cursor.as_deref())?;
    let size = page_size(limit);
    let (rows, now) = allowed
        .run(move |Services { app, caller }| async move {
            let rows = api_keys::list_api_keys(&app, &caller, before, size.saturating_add(1)).await?;
            Ok((rows, app.store.now()))
        })
        .await?;
    answer::json(&list.page_of(rows, size, |row| row.id, |row| convert::api_key_view(&row, now)))
}

/// Revoke a key
///
/// From its next request on it is dead, on every instance.
#[utoipa::path(
    tag = "api_keys",
    params(("id" = ApiKeyId, Path, description = "The key.")),
    responses((status = 200, description = "The key.", body = ApiKeyView))
)]
#[post("/api-keys/{id}/revoke")]
pub(crate) async fn revoke_api_key(
    allowed: Allowed<operation::RevokeApiKey>,
    id: Path<ApiKeyId>,
    input: Bodiless,
) -> Outcome {
    let id = id.into_inner();
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let now = app.store.now();
            let answered = answer::render(StatusCode::OK, |row| convert::api_key_view(row, now));
            app.change(
                &caller,
                input.key,
                |tx| api_keys::revoke_api_key(tx, &caller, id),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}
