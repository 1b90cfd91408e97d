//! The allocation grid: reading its rows, saving its cells, grants, and what is behind a figure.

mod desk;
mod explain;
mod grants;
mod many;
mod members;
mod past;
mod rows;
mod save;

pub use explain::{Explained, FigureEntries, explain_member};
pub use grants::{CreateGrant, GrantLine, create_grant, list_grants, revoke_grant};
pub use many::{AllocateMany, ManyAllocated, ManyChange, allocate_many};
pub use members::{
    MemberExport, MemberOrder, MemberPage, export_member_rows, list_member_rows, list_reports,
    look_up_member_rows, order_members,
};
pub use rows::{GroupLine, GroupLines, MemberLine, WalletItem, get_wallet, list_group_rows};
pub use save::{
    BulkAnswer, BulkItem, BulkSaved, ItemRefusal, MemberSaved, UpdateGroup, UpdateMember, save_members,
    update_group, update_member,
};
