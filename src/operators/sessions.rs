//! Sessions of the console: signing in, who is signed in, signing out, and clearing away what has ended.

use super::{Email, HalfWay, Operator, OperatorError, password, people, second_factor, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store, Tx};
use crate::secrets::{Token, draw_token, is_token, token_hash};
use std::time::Duration;

/// How long a session lasts: one festival day, so that nobody is thrown out in the middle of a night.
pub const SESSION_HELD: Duration = Duration::from_hours(24);

const SESSION_PREFIX: &str = "pbs_";

/// A person who just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub operator: Operator,
    /// What the browser keeps. Shown once.
    pub session: Token,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What a known address and a password lead to.
#[derive(Debug)]
pub enum Entered {
    /// To a session.
    SignedIn(SignedIn),
    /// To the second step, [`finish_sign_in`](super::finish_sign_in).
    HalfWay(HalfWay),
    /// Nowhere: it is not the password of this person, which is for the log alone.
    Refused(Operator),
}

/// What [`purge`] removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purged {
    /// Sessions that had expired.
    pub sessions: u64,
    /// Links that had expired, used or not.
    pub links: u64,
}

/// Signs a person in. `None` when the address is no operator's; [`Entered::Refused`] when the password is not theirs, or
/// they have set none. Which of these it was takes no longer to find out, and is nobody's to hear. Throttling is for the
/// room above, which knows where a request comes from.
///
/// # Errors
/// The database's.
pub async fn sign_in(
    store: &Store,
    now: Timestamp,
    email: &str,
    password: &str,
) -> Result<Option<Entered>, OperatorError> {
    let known = match email.parse::<Email>() {
        Ok(email) => store::by_email(&mut *store.read().await?, &email).await?,
        Err(_) => None,
    };
    let stored = known.as_ref().and_then(|known| known.password_hash.clone());
    let is_theirs = password::verify(password, stored).await?;
    let (operator, stored) = match known {
        Some(store::Known { operator, password_hash: Some(stored) }) if is_theirs => (operator, stored),
        known => return Ok(known.map(|known| Entered::Refused(known.operator))),
    };
    store
        .transact(|tx| {
            let (operator, stored) = (operator.clone(), stored.clone());
            Box::pin(async move {
                // The password may have been changed, or the person removed, while it was compared.
                if !store::hold_password(tx, operator.id, &stored).await? {
                    return Ok(None);
                }
                if second_factor::is_asked(tx, operator.id).await? {
                    return Ok(Some(Entered::HalfWay(HalfWay::of(operator.id, &stored))));
                }
                begin_session(tx, now, operator, None)
                    .await
                    .map(|signed_in| Some(Entered::SignedIn(signed_in)))
            })
        })
        .await
}

/// Writes down that a password was not this person's. `actor` is whoever is signed in; at sign-in nobody is, and it is no deed
/// of the person whose password was guessed. To be done after the answer there, which would tell by its time who is known.
/// How often is for the room above.
///
/// # Errors
/// The database's.
pub async fn log_wrong_password(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    operator: &Operator,
) -> Result<(), db::Error> {
    let entry = Entry::new(actor, "operator's password refused", operator.email.as_str());
    audit_log::store::write_alone(store, now, &entry).await
}

/// A session for somebody who has proven who they are; `how` goes into the audit log.
pub(super) async fn begin_session(
    tx: &mut Tx,
    now: Timestamp,
    operator: Operator,
    how: Option<String>,
) -> Result<SignedIn, OperatorError> {
    let session = draw_token(SESSION_PREFIX);
    let expires_at = now.after(SESSION_HELD);
    store::insert_session(tx, session.hash(), operator.id, now, expires_at).await?;
    people::write(tx, now, &operator.actor(), "operator signed in", &operator.email, how).await?;
    Ok(SignedIn { operator, session, expires_at })
}

/// Who stands behind a session; none when it is unknown, ended or expired.
///
/// # Errors
/// The database's.
pub async fn by_session(store: &Store, now: Timestamp, text: &str) -> Result<Option<Operator>, db::Error> {
    if !is_token(SESSION_PREFIX, text) {
        return Ok(None);
    }
    store::by_session(&mut *store.read().await?, token_hash(text), now).await
}

/// Ends a session. An unknown one is ended already.
///
/// # Errors
/// The database's.
pub async fn sign_out(store: &Store, now: Timestamp, text: &str) -> Result<(), OperatorError> {
    let hash = token_hash(text);
    store
        .transact(|tx| {
            Box::pin(async move {
                let Some(operator) = store::by_session(tx, hash, now).await? else { return Ok(()) };
                if store::delete_session(tx, hash).await? {
                    let actor = operator.actor();
                    people::write(tx, now, &actor, "operator signed out", &operator.email, None).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Removes sessions and links that have expired. They are refused without it; this keeps the tables small.
///
/// # Errors
/// The database's.
pub async fn purge(store: &Store, now: Timestamp) -> Result<Purged, db::Error> {
    store
        .transact(|tx| {
            Box::pin(async move {
                let sessions = store::delete_expired_sessions(tx, now).await?;
                let links = store::delete_expired_links(tx, now).await?;
                Ok(Purged { sessions, links })
            })
        })
        .await
}
