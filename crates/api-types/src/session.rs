//! Signing in and who am I.

use allowance_values::{Currency, Email, GroupId, OrganisationId, PersonId, Timestamp};

use crate::allocations::MemberRowView;
use crate::costs::ThresholdAlertView;
use crate::credit_types::{CreditTypeRef, CycleView};
use crate::people::Role;

body! {
    /// Sign in with e-mail address and password.
    pub struct SignInBody {
        /// The person's address.
        pub email: Email,
        /// The password.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 128))]
        pub password: String,
    }

    /// Choose a password with a one-time invitation.
    pub struct AcceptInvitationBody {
        /// The token from the invitation's link.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
        pub token: String,
        /// At least 8 characters, at most 128.
        #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 128))]
        pub password: String,
    }
}

view! {
    /// A session: a short access token; the refresh token travels in a cookie.
    pub struct SessionView {
        /// Send it as `Authorization: Bearer …`.
        #[cfg_attr(feature = "openapi", schema(max_length = 2_048))]
        pub access_token: String,
        /// Seconds until it expires.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 86_400))]
        pub expires_in: u32,
    }

    /// An invitation to sign in, shown once.
    pub struct InvitationView {
        /// The path of the page where the person chooses a password, with the token in it.
        #[cfg_attr(feature = "openapi", schema(max_length = 300))]
        pub path: String,
        /// When it ends.
        pub expires_at: Timestamp,
    }

    /// The viewer's organisation.
    pub struct OrganisationView {
        /// Its id.
        pub id: OrganisationId,
        /// Its name.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub name: String,
        /// IANA name of its time zone.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub time_zone: String,
        /// Its currency.
        pub currency: Currency,
    }

    /// Who is signed in, and what the app should offer them.
    pub struct MeView {
        /// The person.
        pub id: PersonId,
        /// Their address.
        pub email: Email,
        /// Their name.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub display_name: String,
        /// Their role.
        pub role: Role,
        /// Whether they have direct reports.
        pub is_manager: bool,
        /// Groups they own.
        #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
        pub owned_groups: Vec<GroupId>,
        /// Their organisation.
        pub organisation: OrganisationView,
        /// Where the organisation stands: sent to `/live` as `Last-Event-ID`, nothing that changes from here on is missed.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub position: u64,
    }

    /// One credit type in the viewer's wallet.
    pub struct WalletItemView {
        /// The credit type.
        pub credit_type: CreditTypeRef,
        /// The open cycle.
        pub cycle: CycleView,
        /// The viewer's own figures.
        pub figures: MemberRowView,
        /// Thresholds that the viewer's own use has crossed in the cycle, newest first.
        #[cfg_attr(feature = "openapi", schema(max_items = 10))]
        pub alerts: Vec<ThresholdAlertView>,
    }

    /// The viewer's wallet.
    pub struct WalletView {
        /// One per credit type.
        #[cfg_attr(feature = "openapi", schema(max_items = 100))]
        pub items: Vec<WalletItemView>,
    }
}
