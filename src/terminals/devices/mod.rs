//! Devices: added with a code that works once, enrolled for a token, listed, revoked.

mod add;
mod enrol;
mod revoke;
pub(super) mod store;
mod tokens;

pub use add::{AddError, Added, ENROLMENT_CODE_LIVES, add, add_as, app_link, renew_code};
pub use enrol::{EnrolRefusal, Enrolled, enrol};
pub use revoke::{end, revoke};
pub use store::{TERMINALS_PER_PAGE_MAX, TerminalView, by_id, list, with_code};
pub use tokens::TOKENS_KEPT_MAX;
pub(super) use tokens::Tokens;

/// What an enrolment code is hashed under.
const ENROLMENT: &str = "enrolment";
