//! The frame of the app: who is there, which page, its title, and where the focus goes.

use crate::reactive::effect;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use leptos_router::NavigateOptions;
use leptos_router::components::Router;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::location::{BrowserUrl, LocationProvider};
use wasm_bindgen::JsCast;

use crate::api::ApiError;
use crate::api::client::encode;
use crate::live::Live;
use crate::pages;
use crate::parts::Parts;
use crate::routes::{self, Audience, Route};
use crate::session::{Session, SessionState, use_session};
use crate::shell::Shell;
use crate::theme;
use crate::ui::{ErrorState, Skeleton, Toasts, toast_live};
use crate::unsaved::Unsaved;

const NAME: &str = "Allowance";

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    theme::start();
    Toasts::start();
    Unsaved::start();
    Parts::start();
    Live::start(Session::start());
    view! {
        <Router>
            <Frame />
        </Router>
    }
}

/// What surrounds the page. It changes rarely, so the navigation keeps its state from page to page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Surround {
    Starting,
    Unreachable(ApiError),
    /// Signing in and the like: a page of its own.
    Bare,
    Shell,
}

#[component]
fn Frame() -> impl IntoView {
    let session = use_session();
    let path = use_location().pathname;
    let route = Memo::new(move |_| path.with(|path| routes::find(path)));
    complete_navigations();
    send_where_they_belong(session, route);
    follow_navigation(route);
    let surround = Memo::new(move |_| match session.state() {
        SessionState::Starting => Surround::Starting,
        SessionState::Unreachable(error) => Surround::Unreachable(error),
        SessionState::SignedOut { .. } => Surround::Bare,
        SessionState::SignedIn(_) | SessionState::Expired(_) => Surround::Shell,
    });
    // A page's tabs are addresses of the one page, but not all of them are for everybody.
    let page = Memo::new(move |_| {
        let route = route.get();
        let may_see = route
            .zip(session.me())
            .is_none_or(|(route, me)| routes::may_see(route.audience, &me));
        (route.map(|route| route.page), may_see)
    });
    let show_page = move || {
        let (page, may_see) = page.get();
        pages::show(page, may_see)
    };
    // Until the address is the right one, no page of the signed-in is drawn: it would ask the server in vain.
    let is_public = Memo::new(move |_| {
        route
            .get()
            .is_some_and(|route| route.audience == Audience::SignedOut)
    });
    let show_public = move || is_public.get().then(show_page);
    view! {
        {move || match surround.get() {
            Surround::Starting => view! { <main class="bare"><Skeleton lines=3 /></main> }.into_any(),
            Surround::Unreachable(error) => {
                view! { <main class="bare"><ErrorState error on_retry=move || session.resume() /></main> }.into_any()
            }
            Surround::Bare => view! { <main class="bare" id="main">{show_public}</main> }.into_any(),
            Surround::Shell => view! { <Shell>{show_page}</Shell> }.into_any(),
        }}
        {toast_live()}
    }
}

/// The router waits for its own route component before it writes the address; this table is ours, so we tell it.
fn complete_navigations() {
    let path = use_location().pathname;
    let browser = use_context::<BrowserUrl>();
    effect(move || {
        path.track();
        if let Some(browser) = &browser {
            browser.ready_to_complete();
        }
    });
}

/// Signed out: to the sign-in page, which remembers the address. Signed in: away from it.
fn send_where_they_belong(session: Session, route: Memo<Option<&'static Route>>) {
    let location = use_location();
    let query = use_query_map();
    let navigate = use_navigate();
    effect(move || {
        let go = |path: &str| {
            navigate(
                path,
                NavigateOptions {
                    replace: true,
                    ..NavigateOptions::default()
                },
            )
        };
        let path = location.pathname.get();
        let is_public = route
            .get()
            .is_some_and(|route| route.audience == Audience::SignedOut);
        match session.state() {
            SessionState::Starting | SessionState::Unreachable(_) | SessionState::Expired(_) => {}
            SessionState::SignedOut {
                is_setup_needed: true,
            } if path != "/setup" => go("/setup"),
            SessionState::SignedOut { .. } if is_public => {}
            SessionState::SignedOut { .. } if path == "/" => go("/sign-in"),
            SessionState::SignedOut { .. } => {
                let search = location.search.get_untracked();
                let mark = if search.is_empty() { "" } else { "?" };
                go(&format!(
                    "/sign-in?next={}",
                    encode(&format!("{path}{mark}{search}"))
                ));
            }
            SessionState::SignedIn(me) if is_public || path == "/" => {
                let next = query.with_untracked(|query| query.get("next"));
                go(&routes::after_sign_in(next.as_deref(), &me));
            }
            SessionState::SignedIn(_) => {}
        }
    });
}

/// After a navigation the title names the page and the focus goes to its heading, as a page load would do; where a form
/// is all there is, to its first field.
fn follow_navigation(route: Memo<Option<&'static Route>>) {
    let parts: Parts = expect_context();
    let is_arriving = StoredValue::new(false);
    let mut is_first = true;
    effect(move || {
        let title = route.get().map_or("Not found", |route| route.title);
        document().set_title(&format!("{title} · {NAME}"));
        is_arriving.set_value(!is_first);
        is_first = false;
    });
    effect(move || {
        route.track();
        if parts.are_here() && is_arriving.get_value() {
            spawn_local(async move {
                tick().await;
                // The page may only now have found out that it has to be fetched.
                if !parts.are_here_untracked() || !is_arriving.get_value() {
                    return;
                }
                is_arriving.set_value(false);
                let find = |selector: &str| document().query_selector(selector).ok().flatten();
                let target = find("main.bare [autofocus]").or_else(|| find("main h1"));
                if let Some(target) = target.and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok())
                {
                    let _is_focused = target.focus();
                }
            });
        }
    });
}
