//! Between the contract and the application.

use allowance_api_types::people::Role as RoleWord;
use allowance_api_types::session::{InvitationView, MeView, OrganisationView, SessionView};
use allowance_app::sessions::{Invited, MyView, SignedIn};
use allowance_domain::authz::{Actor, Role};
use allowance_store::{Me, Organisation};

pub(super) fn session_view(signed_in: SignedIn) -> SessionView {
    let SignedIn {
        access_token,
        expires_in,
        refresh_token: _,
        refresh_expires_in: _,
    } = signed_in;
    SessionView {
        access_token,
        expires_in,
    }
}

pub(super) fn me_view(mine: MyView) -> MeView {
    let MyView {
        actor,
        me,
        organisation,
        position,
    } = mine;
    let Actor {
        person,
        organisation: _,
        role,
        is_manager,
        owned_groups,
    } = actor;
    let Me { email, display_name } = me;
    let Organisation {
        id,
        name,
        time_zone,
        currency,
        settings: _,
        version: _,
    } = organisation;
    MeView {
        id: person,
        email,
        display_name,
        role: role_word(role),
        is_manager,
        owned_groups,
        organisation: OrganisationView {
            id,
            name,
            time_zone,
            currency,
        },
        // Positions count from 0.
        position: u64::try_from(position).unwrap_or_default(),
    }
}

/// The contract's word for a role.
pub(crate) const fn role_word(role: Role) -> RoleWord {
    match role {
        Role::Admin => RoleWord::Admin,
        Role::Finance => RoleWord::Finance,
        Role::Auditor => RoleWord::Auditor,
        Role::Member => RoleWord::Member,
    }
}

pub(super) fn invitation_view(invited: &Invited) -> InvitationView {
    let Invited { token, expires_at } = invited;
    // Behind `#`, so that no log ever sees it.
    InvitationView {
        path: format!("/invitation#{token}"),
        expires_at: *expires_at,
    }
}
