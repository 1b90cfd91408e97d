//! Rows of organisations, credentials, sessions and invitations. Tokens come in as hashes only.

mod credentials;
mod invitations;
mod organisations;
mod session;

pub use credentials::Credential;
pub use invitations::Invitation;
pub use organisations::{Founder, Founding, Organisation, OrganisationSettings};
pub use session::{Me, NewSession, Session};
