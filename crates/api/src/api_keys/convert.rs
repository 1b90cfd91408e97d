//! Between the contract and the application.

use allowance_api_types::api_keys::{ApiKeyScope, ApiKeyView, CreateApiKeyBody, NewApiKeyView};
use allowance_app::api_keys::{CreateApiKey, MadeApiKey};
use allowance_domain::authz::KeyScope;
use allowance_store::ApiKeyRow;
use allowance_values::Timestamp;

pub(super) fn create_api_key(body: CreateApiKeyBody) -> CreateApiKey {
    let CreateApiKeyBody {
        name,
        scopes,
        expires_at,
    } = body;
    let scopes = scopes.into_iter().map(|scope| match scope {
        ApiKeyScope::UsageWrite => KeyScope::UsageWrite,
        ApiKeyScope::HoldsWrite => KeyScope::HoldsWrite,
        ApiKeyScope::Read => KeyScope::Read,
    });
    CreateApiKey {
        name,
        scopes: scopes.collect(),
        expires_at,
    }
}

/// A key as it stands at an instant.
pub(super) fn api_key_view(row: &ApiKeyRow, now: Timestamp) -> ApiKeyView {
    let ApiKeyRow {
        id,
        name,
        hint,
        scopes,
        created_at,
        created_by: _,
        expires_at,
        revoked_at,
        last_used_at,
    } = row.clone();
    let scopes = scopes.into_iter().map(|scope| match scope {
        KeyScope::UsageWrite => ApiKeyScope::UsageWrite,
        KeyScope::HoldsWrite => ApiKeyScope::HoldsWrite,
        KeyScope::Read => ApiKeyScope::Read,
    });
    ApiKeyView {
        id,
        name,
        hint,
        scopes: scopes.collect(),
        created_at,
        expires_at,
        revoked_at,
        last_used_at,
        is_active: revoked_at.is_none() && expires_at.is_none_or(|end| end > now),
    }
}

pub(super) fn new_api_key_view(made: &MadeApiKey, now: Timestamp) -> NewApiKeyView {
    NewApiKeyView {
        api_key: api_key_view(&made.row, now),
        secret: made.text.clone(),
    }
}
