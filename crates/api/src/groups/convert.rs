//! Between the contract and the application.

use allowance_api_types::groups as wire;
use allowance_app::groups::{CreateGroup, GroupCard, UpdateGroup};
use allowance_store::Group;

use crate::allocations::convert::person_ref;

pub(super) fn create_group(body: wire::CreateGroupBody) -> CreateGroup {
    let wire::CreateGroupBody { name, owner_id } = body;
    CreateGroup {
        name,
        owner: owner_id,
    }
}

pub(super) fn update_group(body: wire::UpdateGroupBody) -> UpdateGroup {
    let wire::UpdateGroupBody { name, owner_id } = body;
    UpdateGroup {
        name,
        owner: owner_id.into_change(),
    }
}

pub(super) fn group_view(card: &GroupCard) -> wire::GroupView {
    let GroupCard { group, owner } = card;
    let Group {
        id,
        name,
        is_default,
        owner: _,
        member_count,
        version: _,
    } = group;
    wire::GroupView {
        id: *id,
        name: name.clone(),
        is_default: *is_default,
        owner: owner.as_ref().map(person_ref),
        member_count: *member_count,
        etag: card.etag(),
    }
}
