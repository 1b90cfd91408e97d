//! What the viewer is offered: the pages of the route table that are for them, their organisation, their own menu.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::format;
use crate::inbox::Inbox;
use crate::pages::words;
use crate::routes::{ROUTES, Section, may_see};
use crate::session::use_session;
use crate::theme::Theme;
use crate::ui::{Glyph, Menu, MenuItem, avatar, icon};

/// The organisation's mark and name.
pub(super) fn organisation() -> AnyView {
    let session = use_session();
    let name = move || session.me().map(|me| me.organisation.name).unwrap_or_default();
    let mark = move || {
        name()
            .chars()
            .next()
            .map(|letter| letter.to_uppercase().collect::<String>())
    };
    view! {
        <div class="org">
            <span class="mark" aria-hidden="true">{mark}</span>
            <span class="org-name">{name}</span>
        </div>
    }
    .into_any()
}

/// The links, by section. A section without links is not shown.
#[component]
pub(super) fn Navigation() -> impl IntoView {
    let session = use_session();
    let inbox: Inbox = expect_context();
    let path = use_location().pathname;
    // The link that leads nearest to where the viewer is.
    let here = Memo::new(move |_| {
        path.with(|path| {
            let links = ROUTES.iter().filter(|route| route.nav.is_some());
            links
                .map(|route| route.path)
                .filter(|href| {
                    path.strip_prefix(href)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
                .max_by_key(|href| href.len())
        })
    });
    let link = move |href: &'static str, title: &'static str, glyph: Glyph| {
        let waiting = move || {
            let count = if glyph == Glyph::Inbox {
                inbox.to_decide()
            } else {
                0
            };
            count_badge(count)
        };
        view! {
            <li>
                <a href=href aria-current=move || (here.get() == Some(href)).then_some("page")>
                    {icon(glyph)} {title} {waiting}
                </a>
            </li>
        }
    };
    let section = move |section: Section| {
        let me = session.me()?;
        let links: Vec<_> = ROUTES
            .iter()
            .filter(|route| may_see(route.audience, &me))
            .filter_map(|route| {
                route
                    .nav
                    .filter(|nav| nav.0 == section)
                    .map(|(_, glyph)| (route, glyph))
            })
            .map(|(route, glyph)| link(route.path, route.title, glyph))
            .collect();
        (!links.is_empty()).then(|| {
            view! {
                {section.label().map(|label| view! { <h2 class="nav-section">{label}</h2> })}
                <ul>{links}</ul>
            }
        })
    };
    view! {
        <div class="nav">
            {move || Section::ALL.into_iter().map(section).collect_view()}
        </div>
    }
}

/// How many wait for the viewer; nothing when none do.
pub fn count_badge(count: u64) -> Option<AnyView> {
    (count > 0).then(|| {
        view! { <span class="count-badge">{format::count(count)}<span class="sr">" waiting for you"</span></span> }
            .into_any()
    })
}

/// Who is signed in, their theme, the way out.
#[component]
pub(super) fn UserMenu() -> impl IntoView {
    let session = use_session();
    let name = move || session.me().map(|me| me.display_name).unwrap_or_default();
    let role = move || session.me().map_or("", |me| words::role(me.role));
    let theme: RwSignal<Theme> = expect_context();
    let button = view! {
        {move || avatar(&name())}
        <span class="me-name"><span>{name}</span><small>{role}</small></span>
    }
    .into_any();
    let themes =
        move || {
            Theme::ALL
            .into_iter()
            .map(|choice| view! {
                <MenuItem is_chosen=theme.get_untracked() == choice on_press=move || choice.choose(theme)>
                    {choice.label()}
                </MenuItem>
            })
            .collect_view()
        };
    view! {
        <Menu button label=Signal::derive(move || format!("{}, {}, your menu", name(), role())) class="me">
            <div class="menu-title" role="presentation">"Appearance"</div>
            {themes()}
            <div class="menu-line" role="separator"></div>
            <MenuItem glyph=Glyph::SignOut on_press=move || session.sign_out()>"Sign out"</MenuItem>
        </Menu>
    }
}
