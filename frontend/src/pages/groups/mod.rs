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
use crate::ui::{Button, Empty, Glyph, IconButton, Loaded, Look, PageHead, range_label};

use super::list_url::{ListUrl, UrlPager};

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
    let label = range_label(url.first_row(), page.items.len(), page.total.as_ref());
    let shown = page.items.len();
    let rows = page
        .items
        .into_iter()
        .map(|group| row(group, asked, is_admin))
        .collect_view();
    view! {
        <div class="card">
            <div class="scroll" tabindex="0" role="region" aria-label="Groups">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Group"</th>
                            <th scope="col" class="r">"Members"</th>
                            <th scope="col">"Owner"</th>
                            {is_admin.then(|| view! { <th scope="col" class="r">"Actions"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <UrlPager url label shown next_cursor=page.next_cursor />
        </div>
    }
    .into_any()
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
