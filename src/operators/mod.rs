//! Operators: the people who run festivals, what each may do, and how they prove who they are.
//!
//! A person has one [`Role`], and [`Role::may`] is the one table of what it allows. They prove themselves in one of
//! three ways, all of them 256 random bits of which only a hash is stored:
//!
//! | proof | lives | for |
//! |---|---|---|
//! | one-time link (`pbl_`) | 24 hours, one use | setting a password: [`set_password`] |
//! | session (`pbs_`) | 24 hours | the console, in a cookie: [`sign_in`] |
//! | API token (`pbo_`) | until it is revoked | programs: [`token`] |
//!
//! A password may be asked together with a code of one's phone: see [`second_factor`](fn@second_factor).
//!
//! Each request asks again who stands behind its proof, so that a new role or the end of somebody's rights holds from
//! the moment the change returns. A new password ends the sessions of the old one. Every change writes the audit log
//! in its own transaction.

mod change_password;
mod email;
mod password;
mod people;
mod rights;
mod second_factor;
mod sessions;
pub mod store;
#[cfg(test)]
mod tests;
mod token_uses;
mod tokens;

pub use change_password::change_password;
pub use email::{Email, NotAnEmail};
pub use password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, check as check_password};
pub use people::{
    Invitation, LINK_HELD, Listed, add, by_link, change_role, invite, list, remove, set_password, who_may,
};
pub use rights::{Right, Role};
pub use second_factor::{
    HALF_WAY_HELD, HalfWay, NewFactor, RECOVERY_CODES, SecondFactor, begin_second_factor,
    confirm_second_factor, end_second_factor, finish_sign_in, new_factor, reset_second_factor, second_factor,
};
pub use sessions::{
    Entered, Purged, SESSION_HELD, SignedIn, by_session, log_wrong_password, purge, sign_in, sign_out,
};
pub use token_uses::TokenUses;
pub use tokens::{NewToken, NotATokenName, TokenInfo, TokenName, by_token, revoke_token, token};

use crate::audit_log::Actor;
use crate::clock::Timestamp;
use crate::db;
use crate::ids::{OperatorId, TokenId};
use serde::Serialize;

/// A person who signs in or holds an API token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Operator {
    /// Ours.
    pub id: OperatorId,
    /// Names them, to themselves and in the audit log.
    pub email: Email,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at: Timestamp,
}

impl Operator {
    /// As the audit log names them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Operator { id: self.id, email: self.email.as_str().to_owned() }
    }

    /// Whether their role allows it.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        self.role.may(right)
    }
}

/// Why something about an operator was refused.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The address is taken.
    #[error("{0} is an operator already, with the role {1}")]
    Exists(Email, Role),
    /// Nobody has this address.
    #[error("there is no operator {0}")]
    Unknown(Email),
    /// No token has this id.
    #[error("there is no token {0}: the list of operators shows the ids")]
    UnknownToken(TokenId),
    /// A token was made under this id before.
    #[error(
        "the token \"{0}\" was made, and its text was shown once: if nobody kept it, revoke this token and make another"
    )]
    TokenExists(TokenName),
    /// The link is unknown, was used, or is too old.
    #[error("this link is not valid any more: it works once and for 24 hours; ask for a new one")]
    LinkEnded,
    /// Not the password of whoever says so.
    #[error("this is not your password")]
    WrongPassword,
    /// Not a code of the phone that is to be taken over, or not of this moment.
    #[error("this is not the code that your app shows now")]
    WrongCode,
    /// There is one already.
    #[error("codes are on already")]
    SecondFactorIsOn,
    /// Too short.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    PasswordTooShort,
    /// Too long.
    #[error("a password has at most {PASSWORD_CHARS_MAX} characters")]
    PasswordTooLong,
    /// One that is guessed first, for this reason.
    #[error("{0}")]
    PasswordGuessable(&'static str),
    /// Too many passwords are being compared already.
    #[error("many people are signing in right now: try again in a moment")]
    Busy,
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl db::RetryHint for OperatorError {
    fn is_retryable(&self) -> bool {
        matches!(self, OperatorError::Database(error) if error.is_retryable())
    }
}
