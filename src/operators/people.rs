//! Who is an operator: adding, inviting again, another role, removing, and the password that starts it all.

use super::{Email, Operator, OperatorError, Right, Role, TokenInfo, password, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Session, Store, Tx};
use crate::ids::OperatorId;
use crate::secrets::{Token, draw_token, token_hash};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a one-time link works.
pub const LINK_HELD: Duration = Duration::from_hours(24);

const LINK_PREFIX: &str = "pbl_";

/// A person with the link that lets them set a password.
#[derive(Debug)]
pub struct Invitation {
    /// Whom it is for.
    pub operator: Operator,
    /// What [`set_password`] takes. Shown once.
    pub link: Token,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A person as the list shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Who.
    #[serde(flatten)]
    pub operator: Operator,
    /// Whether they have set a password.
    pub has_password: bool,
    /// Their API tokens, revoked ones included.
    pub tokens: Vec<TokenInfo>,
}

/// Adds a person. They can sign in once they have set a password with the link.
///
/// # Errors
/// [`OperatorError::Exists`], or the database's.
pub async fn add(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    email: &Email,
    role: Role,
) -> Result<Invitation, OperatorError> {
    let operator = Operator { id: OperatorId::new(), email: email.clone(), role, created_at: now };
    let link = draw_token(LINK_PREFIX);
    let (hash, expires_at) = (link.hash(), now.after(LINK_HELD));
    store
        .transact(|tx| {
            let (actor, operator) = (actor.clone(), operator.clone());
            Box::pin(async move {
                if !store::insert(tx, &operator).await? {
                    let known = held(tx, &operator.email).await?;
                    return Err(OperatorError::Exists(known.email, known.role));
                }
                store::insert_link(tx, hash, operator.id, expires_at).await?;
                let detail = format!("role {}", operator.role);
                write(tx, now, &actor, "operator added", &operator.email, Some(detail)).await
            })
        })
        .await?;
    Ok(Invitation { operator, link, expires_at })
}

/// A new one-time link for a person who lost the first or forgot their password; older links end. Until it is used,
/// their password and sessions stay as they are.
///
/// # Errors
/// [`OperatorError::Unknown`], or the database's.
pub async fn invite(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    email: &Email,
) -> Result<Invitation, OperatorError> {
    let link = draw_token(LINK_PREFIX);
    let (hash, expires_at) = (link.hash(), now.after(LINK_HELD));
    let operator = store
        .transact(|tx| {
            let (actor, email) = (actor.clone(), email.clone());
            Box::pin(async move {
                let operator = held(tx, &email).await?;
                store::end_links(tx, operator.id, now).await?;
                store::insert_link(tx, hash, operator.id, expires_at).await?;
                write(tx, now, &actor, "operator invited", &email, None).await?;
                Ok::<_, OperatorError>(operator)
            })
        })
        .await?;
    Ok(Invitation { operator, link, expires_at })
}

/// Gives a person another role, from this moment on.
///
/// # Errors
/// [`OperatorError::Unknown`], or the database's.
pub async fn change_role(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    email: &Email,
    role: Role,
) -> Result<Operator, OperatorError> {
    store
        .transact(|tx| {
            let (actor, email) = (actor.clone(), email.clone());
            Box::pin(async move {
                let operator = held(tx, &email).await?;
                store::update_role(tx, operator.id, role).await?;
                let detail = format!("role {}, before {}", role, operator.role);
                write(tx, now, &actor, "operator given another role", &email, Some(detail)).await?;
                Ok(Operator { role, ..operator })
            })
        })
        .await
}

/// Ends all rights of a person: sessions, tokens, links and password go. The audit log keeps what they did.
///
/// # Errors
/// [`OperatorError::Unknown`], or the database's.
pub async fn remove(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    email: &Email,
) -> Result<Operator, OperatorError> {
    store
        .transact(|tx| {
            let (actor, email) = (actor.clone(), email.clone());
            Box::pin(async move {
                let operator = held(tx, &email).await?;
                store::delete_proofs(tx, operator.id).await?;
                store::delete(tx, operator.id).await?;
                let detail = format!("role {}", operator.role);
                write(tx, now, &actor, "operator removed", &email, Some(detail)).await?;
                Ok(operator)
            })
        })
        .await
}

/// All operators by address, with their tokens; a thousand at most.
///
/// # Errors
/// The database's.
pub async fn list(session: &mut Session) -> Result<Vec<Listed>, db::Error> {
    let mut tokens = store::tokens(session).await?;
    let people = store::list(session).await?;
    let listed = people.into_iter().map(|(operator, has_password)| {
        let tokens = tokens.remove(&operator.id).unwrap_or_default();
        Listed { operator, has_password, tokens }
    });
    Ok(listed.collect())
}

/// Whoever's role allows something now, as the audit log names them; of a thousand people.
///
/// # Errors
/// The database's.
pub async fn who_may(session: &mut Session, right: Right) -> Result<BTreeSet<String>, db::Error> {
    let people = store::list(session).await?.into_iter().map(|(operator, _)| operator);
    Ok(people.filter(|operator| operator.may(right)).map(|operator| operator.actor().to_string()).collect())
}

/// Whose link this is; none when it was used or is too old.
///
/// # Errors
/// The database's.
pub async fn by_link(store: &Store, now: Timestamp, link: &str) -> Result<Option<Operator>, db::Error> {
    store::by_link(&mut *store.read().await?, token_hash(link), now).await
}

/// Sets the password of the person a link was made for. The link is used up; their other links and all sessions end.
///
/// # Errors
/// [`OperatorError::LinkEnded`], a password that can't be set (which leaves the link as it is), or the
/// database's.
pub async fn set_password(
    store: &Store,
    now: Timestamp,
    link: &str,
    password: &str,
) -> Result<Operator, OperatorError> {
    let link = token_hash(link);
    // Asked first, so that nobody has hashes computed with an invented link.
    let invited = store::by_link(&mut *store.read().await?, link, now).await?;
    let invited = invited.ok_or(OperatorError::LinkEnded)?;
    password::check(password, &invited.email)?;
    let stored = password::hash(password).await?;
    store
        .transact(|tx| {
            let stored = stored.clone();
            Box::pin(async move {
                let operator = store::by_link(tx, link, now).await?.ok_or(OperatorError::LinkEnded)?;
                if !store::use_link(tx, link, now).await? {
                    return Err(OperatorError::LinkEnded);
                }
                // The row is written before the sessions go: a sign-in under way with the old password waits for it.
                store::update_password(tx, operator.id, &stored).await?;
                store::end_links(tx, operator.id, now).await?;
                store::delete_sessions(tx, operator.id).await?;
                let actor = operator.actor();
                write(tx, now, &actor, "operator set a password", &operator.email, None).await?;
                Ok(operator)
            })
        })
        .await
}

/// The operator of this address, held until the commit: whoever removes them or gives them a proof waits.
pub(super) async fn held(tx: &mut Tx, email: &Email) -> Result<Operator, OperatorError> {
    let known = store::by_email(tx, email).await?.ok_or_else(|| OperatorError::Unknown(email.clone()))?;
    store::hold(tx, known.operator.id).await?;
    Ok(known.operator)
}

pub(super) async fn write(
    tx: &mut Tx,
    now: Timestamp,
    actor: &Actor,
    action: &'static str,
    email: &Email,
    detail: Option<String>,
) -> Result<(), OperatorError> {
    let entry = Entry { detail, ..Entry::new(actor, action, email.as_str()) };
    Ok(audit_log::store::write(tx, now, &entry).await?)
}
