//! Groups: who is in which is decided on the people page; here they are made, named, given an owner, deleted.

mod delete;
mod edit;

use allowance_api_types::Page;
use allowance_api_types::groups::GroupView;
use allowance_api_types::paging::PageQuery;
use allowance_api_types::people::Role;
use leptos::prelude::*;

use crate::api;
use crate::format;
use crate::remote::Remote;
use crate::session::use_session;
use crate::ui::{Button, Empty, Glyph, IconButton, Loaded, Look, PageHead};

use super::list_url::ListUrl;
use super::table_card::{Table, Th, table_card};

/// Groups are few; a page holds them all in most organisations.
const ROWS: u32 = 100;

/// What a dialog is open for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    New,
    Edit(GroupView),
    Delete(GroupView),
}

/// The page.
#[component]
pub fn Groups() -> impl IntoView {
    let url = ListUrl::new();
    let session = use_session();
    let is_admin = Memo::new(move |_| session.me().is_some_and(|me| me.role == Role::Admin));
    let groups = Remote::new(move || {
        let query = PageQuery {
            cursor: url.cursor(),
            limit: Some(ROWS),
        };
        async move { api::groups::list(&query).await }
    });
    let asked = RwSignal::new(None::<Asked>);
    let on_change = Callback::new(move |()| groups.reload());
    let ready = move |page: Page<GroupView>| {
        let only_default = page.items.iter().all(|group| group.is_default) && url.first_row() == 1;
        view! {
            {table(url, page, asked, is_admin.get_untracked())}
            {only_default.then(|| view! {
                <Empty
                    title="Everybody is in Default"
                    text="Make groups to give departments or teams credits of their own."
                />
            })}
        }
        .into_any()
    };
    view! {
        <PageHead title="Groups">
            {move || is_admin.get().then(|| view! {
                <Button look=Look::Primary glyph=Glyph::Plus on_press=move || asked.set(Some(Asked::New))>"New group"</Button>
            })}
        </PageHead>
        <Loaded remote=groups lines=6 ready />
        <edit::EditDialog asked on_change />
        <delete::DeleteDialog asked on_change />
    }
}

fn table(url: ListUrl, page: Page<GroupView>, asked: RwSignal<Option<Asked>>, is_admin: bool) -> AnyView {
    let mut heads = vec![Th::Left("Group"), Th::Right("Members"), Th::Left("Owner")];
    heads.extend(is_admin.then_some(Th::Right("Actions")));
    let table = Table {
        label: "Groups",
        class: "",
        heads,
    };
    table_card(url, table, page, |group| row(group, asked, is_admin))
}

fn row(group: GroupView, asked: RwSignal<Option<Asked>>, is_admin: bool) -> AnyView {
    let people = format!("/people?group_id={}", group.id);
    let owner = group.owner.as_ref().map(|owner| owner.display_name.clone());
    let name = group.name.clone();
    let count = format::count(group.member_count);
    let (edited, deleted) = (group.clone(), group.clone());
    let actions = is_admin.then(|| {
        let buttons = (!group.is_default).then(|| {
            view! {
                <IconButton
                    label=format!("Edit {name}") glyph=Glyph::Edit
                    on_press=move || asked.set(Some(Asked::Edit(edited.clone())))
                />
                <IconButton
                    label=format!("Delete {name}") glyph=Glyph::Trash
                    on_press=move || asked.set(Some(Asked::Delete(deleted.clone())))
                />
            }
        });
        view! { <td class="r">{buttons}</td> }
    });
    view! {
        <tr>
            <td>
                <span class="strong">{group.name.clone()}</span>
                {group.is_default.then(|| view! { " " <small class="mut">"everyone else"</small> })}
            </td>
            <td class="r"><a href=people>{count}<span class="sr">" people in " {group.name}</span></a></td>
            <td>{owner.unwrap_or_else(|| "–".to_owned())}</td>
            {actions}
        </tr>
    }
    .into_any()
}
