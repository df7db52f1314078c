//! API tokens: what programs show in place of a password.

use super::people::{held, write};
use super::{Email, Operator, OperatorError, store};
use crate::audit_log::Actor;
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::ids::TokenId;
use crate::secrets::{Token, draw_token, is_token, token_hash};
use serde::Serialize;

const TOKEN_PREFIX: &str = "pbo_";

/// A token that was just made.
#[derive(Debug)]
pub struct NewToken {
    /// Names it in the list.
    pub id: TokenId,
    /// Whose rights it has.
    pub operator: Operator,
    /// The token. Shown once.
    pub token: Token,
}

/// A token as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenInfo {
    /// What [`revoke_token`] takes.
    pub id: TokenId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Makes an API token with the rights of a person; it works until it is revoked.
///
/// # Errors
/// [`OperatorError::Unknown`], or the database's.
pub async fn token(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    email: &Email,
) -> Result<NewToken, OperatorError> {
    let (id, token) = (TokenId::new(), draw_token(TOKEN_PREFIX));
    let hash = token.hash();
    let operator = store
        .transact(|tx| {
            let (actor, email) = (actor.clone(), email.clone());
            Box::pin(async move {
                let operator = held(tx, &email).await?;
                store::insert_token(tx, hash, id, operator.id, now).await?;
                write(tx, now, &actor, "operator token made", &email, Some(format!("token {id}"))).await?;
                Ok::<_, OperatorError>(operator)
            })
        })
        .await?;
    Ok(NewToken { id, operator, token })
}

/// Ends a token, from this moment on. Revoking it again changes nothing and is no error.
///
/// # Errors
/// [`OperatorError::UnknownToken`], or the database's.
pub async fn revoke_token(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    id: TokenId,
) -> Result<Operator, OperatorError> {
    store
        .transact(|tx| {
            let actor = actor.clone();
            Box::pin(async move {
                let operator = store::by_token_id(tx, id).await?.ok_or(OperatorError::UnknownToken(id))?;
                if store::revoke_token(tx, id, now).await? {
                    let detail = Some(format!("token {id}"));
                    write(tx, now, &actor, "operator token revoked", &operator.email, detail).await?;
                }
                Ok(operator)
            })
        })
        .await
}

/// Who stands behind a token; none when it is unknown or revoked. What is no token is nobody's without a look.
///
/// # Errors
/// The database's.
pub async fn by_token(store: &Store, text: &str) -> Result<Option<Operator>, db::Error> {
    if !is_token(TOKEN_PREFIX, text) {
        return Ok(None);
    }
    store::by_token(&mut *store.read().await?, token_hash(text)).await
}
