//! API tokens: what programs show in place of a password.

use super::people::{held, write};
use super::{Email, Operator, OperatorError, store};
use crate::audit_log::Actor;
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::ids::TokenId;
use crate::one_line::is_name;
use crate::secrets::{Token, draw_token, is_token, token_hash};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

const TOKEN_PREFIX: &str = "pbo_";
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 60;

/// What a token is for, as whoever makes it calls it: `accounting export`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TokenName(String);

/// Why a text is no name of a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token's name has 1 to {NAME_CHARS_MAX} characters in one line: say what it is for")]
pub struct NotATokenName;

impl TokenName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name read back from our own database.
    pub(super) fn from_stored(text: String) -> TokenName {
        TokenName(text)
    }
}

impl FromStr for TokenName {
    type Err = NotATokenName;

    fn from_str(text: &str) -> Result<TokenName, NotATokenName> {
        let text = text.trim();
        is_name(text, NAME_CHARS_MAX).then(|| TokenName(text.to_owned())).ok_or(NotATokenName)
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A token that was just made.
#[derive(Debug)]
pub struct NewToken {
    /// What [`revoke_token`] takes.
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
    /// What it is for.
    pub name: TokenName,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to within an hour; none where no use was noted.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Makes an API token with the rights of a person; it works until it is revoked. Its id comes from whoever asks, so that a
/// question that is sent twice makes one token.
///
/// # Errors
/// [`OperatorError::Unknown`], [`OperatorError::TokenExists`], or the database's.
pub async fn token(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    id: TokenId,
    email: &Email,
    name: &TokenName,
) -> Result<NewToken, OperatorError> {
    let token = draw_token(TOKEN_PREFIX);
    let hash = token.hash();
    let operator = store
        .transact(|tx| {
            let (actor, email, name) = (actor.clone(), email.clone(), name.clone());
            Box::pin(async move {
                let operator = held(tx, &email).await?;
                if let Some((_, made)) = store::by_token_id(tx, id).await? {
                    return Err(OperatorError::TokenExists(made));
                }
                store::insert_token(tx, hash, id, (operator.id, &name), now).await?;
                let detail = Some(format!("{name}, token {id}"));
                write(tx, now, &actor, "operator token made", &email, detail).await?;
                Ok::<_, OperatorError>(operator)
            })
        })
        .await?;
    Ok(NewToken { id, operator, token })
}

/// Ends a token, from this moment on, and says whose it is and what it was for. Revoking it again changes nothing and is
/// no error.
///
/// # Errors
/// [`OperatorError::UnknownToken`], or the database's.
pub async fn revoke_token(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    id: TokenId,
) -> Result<(Operator, TokenName), OperatorError> {
    store
        .transact(|tx| {
            let actor = actor.clone();
            Box::pin(async move {
                let known = store::by_token_id(tx, id).await?;
                let (operator, name) = known.ok_or(OperatorError::UnknownToken(id))?;
                if store::revoke_token(tx, id, now).await? {
                    let detail = Some(format!("{name}, token {id}"));
                    write(tx, now, &actor, "operator token revoked", &operator.email, detail).await?;
                }
                Ok((operator, name))
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
