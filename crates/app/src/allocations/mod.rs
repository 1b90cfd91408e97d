//! The allocation grid: reading its rows, saving its cells, grants, and what is behind a figure.

mod explain;
mod grants;
mod rows;
mod save;

pub use explain::{Explained, FigureEntries, explain_member};
pub use grants::{CreateGrant, GrantLine, create_grant, list_grants, revoke_grant};
pub use rows::{
    GroupLine, GroupLines, MemberLine, MemberPage, WalletItem, get_wallet, list_group_rows, list_member_rows,
    list_reports,
};
pub use save::{
    BulkAnswer, BulkItem, BulkSaved, ItemRefusal, MemberSaved, UpdateGroup, UpdateMember, save_members,
    update_group, update_member,
};
