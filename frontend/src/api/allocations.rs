//! The allocation grid: rows of groups and members, their edits and explanations.

use allowance_api_types::Page;
use allowance_api_types::allocations::{
    AllocateManyBody, BulkSaveBody, BulkSavedView, GroupRowView, GroupRowsView, LookUpMembersBody,
    ManyAllocatedView, MemberOrderView, MemberRowView, MemberRowsView, MemberSavedView, MembersQuery,
    UpdateGroupAllocationBody, UpdateMemberAllocationBody,
};
use allowance_api_types::consequences::DryRunQuery;
use allowance_api_types::explain::ExplainView;
use allowance_values::{CreditTypeId, GroupId, PersonId};

use super::Answer;
use super::client::Call;

pub async fn groups(credit_type: CreditTypeId) -> Answer<GroupRowsView> {
    Call::get(format!("/credit-types/{credit_type}/groups"))
        .read()
        .await
}

pub async fn update_group(
    credit_type: CreditTypeId,
    group: GroupId,
    body: &UpdateGroupAllocationBody,
    etag: &str,
    key: &str,
) -> Answer<GroupRowView> {
    Call::patch(format!("/credit-types/{credit_type}/groups/{group}"))
        .json(body)
        .if_match(etag)
        .key(key)
        .read()
        .await
}

pub async fn members(
    credit_type: CreditTypeId,
    group: GroupId,
    query: &MembersQuery,
) -> Answer<Page<MemberRowView>> {
    Call::get(format!("/credit-types/{credit_type}/groups/{group}/members"))
        .query(query)
        .read()
        .await
}

pub async fn update_member(
    credit_type: CreditTypeId,
    person: PersonId,
    body: &UpdateMemberAllocationBody,
    etag: &str,
    key: &str,
) -> Answer<MemberSavedView> {
    let path = format!("/credit-types/{credit_type}/members/{person}");
    Call::patch(path).json(body).if_match(etag).key(key).read().await
}

pub async fn save_members(
    credit_type: CreditTypeId,
    body: &BulkSaveBody,
    key: &str,
) -> Answer<BulkSavedView> {
    Call::patch(format!("/credit-types/{credit_type}/members"))
        .json(body)
        .key(key)
        .read()
        .await
}

pub async fn explain(credit_type: CreditTypeId, person: PersonId) -> Answer<ExplainView> {
    Call::get(format!("/credit-types/{credit_type}/members/{person}/explain"))
        .read()
        .await
}

/// The rows of the viewer's direct reports.
pub async fn reports(credit_type: CreditTypeId, query: &MembersQuery) -> Answer<Page<MemberRowView>> {
    Call::get(format!("/credit-types/{credit_type}/reports"))
        .query(query)
        .read()
        .await
}

/// The members of a group in the order of a view: ids alone.
pub async fn member_order(
    credit_type: CreditTypeId,
    group: GroupId,
    query: &MembersQuery,
) -> Answer<MemberOrderView> {
    Call::get(format!("/credit-types/{credit_type}/groups/{group}/member-order"))
        .query(query)
        .read()
        .await
}

/// Rows by id, a thousand at most.
pub async fn look_up(
    credit_type: CreditTypeId,
    group: GroupId,
    body: &LookUpMembersBody,
) -> Answer<MemberRowsView> {
    Call::post(format!(
        "/credit-types/{credit_type}/groups/{group}/member-rows/look-up"
    ))
    .json(body)
    .read()
    .await
}

/// One change for all members of a view; a dry run answers what it would do and writes nothing.
pub async fn allocate_many(
    credit_type: CreditTypeId,
    group: GroupId,
    body: &AllocateManyBody,
    query: &DryRunQuery,
    key: &str,
) -> Answer<ManyAllocatedView> {
    Call::post(format!(
        "/credit-types/{credit_type}/groups/{group}/allocate-many"
    ))
    .query(query)
    .json(body)
    .key(key)
    .read()
    .await
}

/// The rows of a view as CSV.
pub async fn members_csv(credit_type: CreditTypeId, group: GroupId, query: &MembersQuery) -> Answer<String> {
    Call::get(format!("/credit-types/{credit_type}/groups/{group}/members.csv"))
        .query(query)
        .accept("text/csv")
        .text()
        .await
}
