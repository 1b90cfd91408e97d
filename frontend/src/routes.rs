//! The one route table: path, page, who sees it, title, place in the navigation.

use allowance_api_types::people::Role;
use allowance_api_types::session::MeView;

use crate::ui::Glyph;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    SignIn,
    SetUp,
    Invitation,
    Wallet,
    Reports,
    /// Credits & Allocations; its tabs are addresses of the one page.
    Credits,
    People,
    Groups,
    Ledger,
    Books,
    Audit,
    Costs,
    /// What the viewer used, in the wallet.
    OwnCosts,
    Holds,
    /// Keys of platforms and how usage is counted; its tabs are addresses of the one page.
    Integrations,
}

/// Who sees a page. The server decides what they may see on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Without a session, and only then.
    SignedOut,
    /// Anybody who is signed in.
    Everyone,
    /// Whoever has direct reports.
    Managers,
    /// Admin, finance, auditor, and owners of a group.
    Allocators,
    /// Those, and whoever has direct reports.
    Deciders,
    /// Admin, finance, auditor.
    Readers,
    /// Admin, auditor.
    Auditors,
    /// Admin.
    Admins,
}

/// A heading of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Own,
    Finance,
    Organisation,
}

impl Section {
    pub const ALL: [Self; 3] = [Self::Own, Self::Finance, Self::Organisation];

    /// The words above the links; the viewer's own come without.
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::Own => None,
            Self::Finance => Some("Finance"),
            Self::Organisation => Some("Organisation"),
        }
    }
}

/// A route. `nav` is absent for pages that the navigation does not list.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    pub path: &'static str,
    pub page: Page,
    pub audience: Audience,
    pub title: &'static str,
    pub nav: Option<(Section, Glyph)>,
}

const fn route(
    path: &'static str,
    page: Page,
    audience: Audience,
    title: &'static str,
    nav: Option<(Section, Glyph)>,
) -> Route {
    Route {
        path,
        page,
        audience,
        title,
        nav,
    }
}

/// All routes, in the order of the navigation.
pub static ROUTES: &[Route] = &[
    route("/sign-in", Page::SignIn, Audience::SignedOut, "Sign in", None),
    route("/setup", Page::SetUp, Audience::SignedOut, "Set up", None),
    route(
        "/invitation",
        Page::Invitation,
        Audience::SignedOut,
        "Choose a password",
        None,
    ),
    route(
        "/wallet",
        Page::Wallet,
        Audience::Everyone,
        "My wallet",
        Some((Section::Own, Glyph::Wallet)),
    ),
    route(
        "/wallet/costs",
        Page::OwnCosts,
        Audience::Everyone,
        "What I used",
        None,
    ),
    route(
        "/reports",
        Page::Reports,
        Audience::Managers,
        "My reports",
        Some((Section::Own, Glyph::Reports)),
    ),
    route(
        "/allocations",
        Page::Credits,
        Audience::Allocators,
        "Credits & Allocations",
        Some((Section::Finance, Glyph::Credits)),
    ),
    route(
        "/allocations/requests",
        Page::Credits,
        Audience::Deciders,
        "Credit requests",
        Some((Section::Finance, Glyph::Inbox)),
    ),
    route(
        "/allocations/overview",
        Page::Credits,
        Audience::Readers,
        "Credits overview",
        None,
    ),
    route(
        "/allocations/settings",
        Page::Credits,
        Audience::Readers,
        "Credit settings",
        None,
    ),
    route(
        "/costs",
        Page::Costs,
        Audience::Deciders,
        "Cost tracking",
        Some((Section::Finance, Glyph::Costs)),
    ),
    route(
        "/holds",
        Page::Holds,
        Audience::Deciders,
        "Holds",
        Some((Section::Finance, Glyph::Holds)),
    ),
    route(
        "/people",
        Page::People,
        Audience::Readers,
        "People",
        Some((Section::Organisation, Glyph::People)),
    ),
    route(
        "/groups",
        Page::Groups,
        Audience::Readers,
        "Groups",
        Some((Section::Organisation, Glyph::Groups)),
    ),
    route(
        "/integrations",
        Page::Integrations,
        Audience::Admins,
        "Integrations",
        Some((Section::Organisation, Glyph::Integrations)),
    ),
    route(
        "/integrations/usage",
        Page::Integrations,
        Audience::Admins,
        "How usage is counted",
        None,
    ),
    route(
        "/integrations/unmatched",
        Page::Integrations,
        Audience::Admins,
        "Unmatched usage",
        None,
    ),
    route(
        "/ledger",
        Page::Ledger,
        Audience::Readers,
        "Ledger",
        Some((Section::Organisation, Glyph::Ledger)),
    ),
    route(
        "/books",
        Page::Books,
        Audience::Readers,
        "Books",
        Some((Section::Organisation, Glyph::Books)),
    ),
    route(
        "/audit",
        Page::Audit,
        Audience::Auditors,
        "Audit log",
        Some((Section::Organisation, Glyph::Audit)),
    ),
];

/// The route of an address; a slash at the end does not matter.
pub fn find(path: &str) -> Option<&'static Route> {
    let path = path.strip_suffix('/').unwrap_or(path);
    ROUTES.iter().find(|route| route.path == path)
}

/// Whether a page is for this viewer.
pub fn may_see(audience: Audience, me: &MeView) -> bool {
    match audience {
        Audience::SignedOut | Audience::Everyone => true,
        Audience::Managers => me.is_manager,
        Audience::Readers => reads_all(me),
        Audience::Admins => me.role == Role::Admin,
        Audience::Auditors => matches!(me.role, Role::Admin | Role::Auditor),
        Audience::Allocators => reads_all(me) || !me.owned_groups.is_empty(),
        Audience::Deciders => reads_all(me) || decides(me),
    }
}

/// Where a viewer lands after signing in.
pub fn home(me: &MeView) -> &'static str {
    if reads_all(me) { "/allocations" } else { "/wallet" }
}

/// Whether a viewer reads everything in the organisation.
pub fn reads_all(me: &MeView) -> bool {
    matches!(me.role, Role::Admin | Role::Finance | Role::Auditor)
}

/// Whether credit requests may wait for a viewer: for admins, group owners and managers.
pub fn decides(me: &MeView) -> bool {
    me.role == Role::Admin || me.is_manager || !me.owned_groups.is_empty()
}

/// The address after signing in: the one asked for where it is one of ours, else the viewer's home.
pub fn after_sign_in(next: Option<&str>, me: &MeView) -> String {
    let asked = next.filter(|next| {
        let path = next.split(['?', '#']).next().unwrap_or_default();
        find(path).is_some_and(|route| route.audience != Audience::SignedOut && may_see(route.audience, me))
    });
    asked.map_or_else(|| home(me).to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn viewer(role: &str, is_manager: bool, owned: &[&str]) -> MeView {
        serde_json::from_value(serde_json::json!({
            "id": "per_00000000000000000000000000000001", "email": "a@b", "display_name": "A", "role": role,
            "is_manager": is_manager, "owned_groups": owned,
            "organisation": {
                "id": "org_00000000000000000000000000000001", "name": "O", "time_zone": "UTC", "currency": "EUR",
            },
            "position": 0,
        }))
        .unwrap()
    }

    fn sees(me: &MeView) -> Vec<&'static str> {
        let listed = ROUTES
            .iter()
            .filter(|route| route.nav.is_some() && may_see(route.audience, me));
        listed.map(|route| route.path).collect()
    }

    #[test]
    fn each_viewer_is_offered_what_is_theirs() {
        let group = "grp_00000000000000000000000000000001";
        assert_eq!(sees(&viewer("member", false, &[])), ["/wallet"]);
        let manager = ["/wallet", "/reports", "/allocations/requests", "/costs", "/holds"];
        assert_eq!(sees(&viewer("member", true, &[])), manager);
        let owner = [
            "/wallet",
            "/allocations",
            "/allocations/requests",
            "/costs",
            "/holds",
        ];
        assert_eq!(sees(&viewer("member", false, &[group])), owner);
        let finance = [
            "/wallet",
            "/allocations",
            "/allocations/requests",
            "/costs",
            "/holds",
            "/people",
            "/groups",
            "/ledger",
            "/books",
        ];
        assert_eq!(sees(&viewer("finance", false, &[])), finance);
        let auditor = [finance.as_slice(), &["/audit"]].concat();
        assert_eq!(sees(&viewer("auditor", false, &[])), auditor);
        let mut admin = auditor;
        admin.insert(7, "/integrations");
        assert_eq!(sees(&viewer("admin", false, &[])), admin);
    }

    #[test]
    fn paths_are_unique_and_a_trailing_slash_finds_the_same_route() {
        let mut paths = HashSet::new();
        for route in ROUTES {
            assert!(paths.insert(route.path), "{} twice", route.path);
            assert_eq!(find(&format!("{}/", route.path)), Some(route));
        }
        assert_eq!(find("/nowhere"), None);
    }

    #[test]
    fn after_sign_in_only_own_addresses_are_followed() {
        let member = viewer("member", false, &[]);
        let admin = viewer("admin", false, &[]);
        assert_eq!(
            after_sign_in(Some("/people?search=k"), &admin),
            "/people?search=k"
        );
        assert_eq!(after_sign_in(Some("/people"), &member), "/wallet");
        for foreign in [
            "https://evil.example/people",
            "//evil.example",
            "/sign-in",
            "javascript:alert(1)",
            "",
        ] {
            assert_eq!(after_sign_in(Some(foreign), &admin), "/allocations");
        }
        assert_eq!(after_sign_in(None, &member), "/wallet");
    }
}
