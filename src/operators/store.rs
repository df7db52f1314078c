//! Operators in the database.

use super::{Email, Operator, Role, TokenInfo, TokenName};
use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Tx, Value, all_written};
use crate::ids::{OperatorId, TokenId};
use crate::secrets::TokenHash;
use crate::values;
use sqlx::FromRow;
use std::collections::HashMap;

#[derive(FromRow)]
struct OperatorRow {
    id: OperatorId,
    email: String,
    role: String,
    created_at: Timestamp,
}

impl OperatorRow {
    fn operator(self) -> Result<Operator, Error> {
        let role = self.role.parse().map_err(Error::Corrupt)?;
        Ok(Operator { id: self.id, email: Email::from_stored(self.email), role, created_at: self.created_at })
    }
}

#[derive(FromRow)]
struct KnownRow {
    #[sqlx(flatten)]
    operator: OperatorRow,
    password_hash: Option<String>,
}

/// A person with the stored form of their password.
pub(super) struct Known {
    pub(super) operator: Operator,
    pub(super) password_hash: Option<String>,
}

/// Writes a new operator; false when the address is taken.
pub(super) async fn insert(tx: &mut Tx, operator: &Operator) -> Result<bool, Error> {
    let written = tx
        .execute(
            "INSERT INTO operators (id, email, role, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            values![operator.id, operator.email.as_str(), operator.role, operator.created_at],
        )
        .await?;
    Ok(written == 1)
}

pub(super) async fn by_email(session: &mut Session, email: &Email) -> Result<Option<Known>, Error> {
    let row: Option<KnownRow> = session
        .optional(
            "SELECT id, email, role, created_at, password_hash FROM operators WHERE email = $1",
            values![email.as_str()],
        )
        .await?;
    row.map(|row| Ok(Known { operator: row.operator.operator()?, password_hash: row.password_hash }))
        .transpose()
}

pub(super) async fn by_id(session: &mut Session, id: OperatorId) -> Result<Option<Known>, Error> {
    let row: Option<KnownRow> = session
        .optional(
            "SELECT id, email, role, created_at, password_hash FROM operators WHERE id = $1",
            values![id],
        )
        .await?;
    row.map(|row| Ok(Known { operator: row.operator.operator()?, password_hash: row.password_hash }))
        .transpose()
}

/// All of them by address, each with whether they have a password; a thousand at most.
pub(super) async fn list(session: &mut Session) -> Result<Vec<(Operator, bool)>, Error> {
    let rows: Vec<KnownRow> = session
        .all(
            "SELECT id, email, role, created_at, password_hash FROM operators ORDER BY email LIMIT 1000",
            values![],
        )
        .await?;
    rows.into_iter().map(|row| Ok((row.operator.operator()?, row.password_hash.is_some()))).collect()
}

pub(super) async fn update_role(tx: &mut Tx, id: OperatorId, role: Role) -> Result<(), Error> {
    let written = tx.execute("UPDATE operators SET role = $2 WHERE id = $1", values![id, role]).await?;
    all_written(written, 1, "operator")
}

pub(super) async fn update_password(tx: &mut Tx, id: OperatorId, stored: &str) -> Result<(), Error> {
    let written =
        tx.execute("UPDATE operators SET password_hash = $2 WHERE id = $1", values![id, stored]).await?;
    all_written(written, 1, "operator")
}

/// Holds an operator's row until the commit; false when its password is another by now.
pub(super) async fn hold_password(tx: &mut Tx, id: OperatorId, stored: &str) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE operators SET password_hash = password_hash WHERE id = $1 AND password_hash = $2",
            values![id, stored],
        )
        .await?;
    Ok(written == 1)
}

/// Holds an operator's row until the commit.
pub(super) async fn hold(tx: &mut Tx, id: OperatorId) -> Result<(), Error> {
    let written = tx.execute("UPDATE operators SET role = role WHERE id = $1", values![id]).await?;
    all_written(written, 1, "operator")
}

pub(super) async fn delete(tx: &mut Tx, id: OperatorId) -> Result<(), Error> {
    let written = tx.execute("DELETE FROM operators WHERE id = $1", values![id]).await?;
    all_written(written, 1, "operator")
}

/// Everything by which an operator proves who they are.
pub(super) async fn delete_proofs(tx: &mut Tx, id: OperatorId) -> Result<(), Error> {
    delete_sessions(tx, id).await?;
    tx.execute("DELETE FROM operator_tokens WHERE operator_id = $1", values![id]).await?;
    tx.execute("DELETE FROM operator_links WHERE operator_id = $1", values![id]).await?;
    super::second_factor::delete(tx, id).await?;
    Ok(())
}

pub(super) async fn insert_link(
    tx: &mut Tx,
    hash: TokenHash,
    operator: OperatorId,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO operator_links (hash, operator_id, expires_at) VALUES ($1, $2, $3)",
        values![hash.0, operator, expires_at],
    )
    .await?;
    Ok(())
}

pub(super) async fn by_link(
    session: &mut Session,
    hash: TokenHash,
    now: Timestamp,
) -> Result<Option<Operator>, Error> {
    let row: Option<OperatorRow> = session
        .optional(
            "SELECT o.id, o.email, o.role, o.created_at
             FROM operator_links l JOIN operators o ON o.id = l.operator_id
             WHERE l.hash = $1 AND l.used_at IS NULL AND l.expires_at > $2",
            values![hash.0, now],
        )
        .await?;
    row.map(OperatorRow::operator).transpose()
}

/// Uses a link up; false when somebody was faster or it is too old.
pub(super) async fn use_link(tx: &mut Tx, hash: TokenHash, now: Timestamp) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE operator_links SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2",
            values![hash.0, now],
        )
        .await?;
    Ok(written == 1)
}

/// Ends the links of an operator that are still open.
pub(super) async fn end_links(tx: &mut Tx, operator: OperatorId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE operator_links SET used_at = $2 WHERE operator_id = $1 AND used_at IS NULL",
        values![operator, now],
    )
    .await?;
    Ok(())
}

pub(super) async fn delete_expired_links(tx: &mut Tx, now: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM operator_links WHERE expires_at <= $1", values![now]).await
}

pub(super) async fn insert_token(
    tx: &mut Tx,
    hash: TokenHash,
    id: TokenId,
    (operator, name): (OperatorId, &TokenName),
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO operator_tokens (hash, id, operator_id, name, created_at) VALUES ($1, $2, $3, $4, $5)",
        values![hash.0, id, operator, name.as_str(), now],
    )
    .await?;
    Ok(())
}

pub(super) async fn by_token(session: &mut Session, hash: TokenHash) -> Result<Option<Operator>, Error> {
    let row: Option<OperatorRow> = session
        .optional(
            "SELECT o.id, o.email, o.role, o.created_at
             FROM operator_tokens t JOIN operators o ON o.id = t.operator_id
             WHERE t.hash = $1 AND t.revoked_at IS NULL",
            values![hash.0],
        )
        .await?;
    row.map(OperatorRow::operator).transpose()
}

#[derive(FromRow)]
struct NamedRow {
    #[sqlx(flatten)]
    operator: OperatorRow,
    name: String,
}

/// Whose token this is and what it is for, revoked or not.
pub(super) async fn by_token_id(
    session: &mut Session,
    id: TokenId,
) -> Result<Option<(Operator, TokenName)>, Error> {
    let row: Option<NamedRow> = session
        .optional(
            "SELECT o.id, o.email, o.role, o.created_at, t.name
             FROM operator_tokens t JOIN operators o ON o.id = t.operator_id
             WHERE t.id = $1",
            values![id],
        )
        .await?;
    row.map(|row| Ok((row.operator.operator()?, TokenName::from_stored(row.name)))).transpose()
}

/// Ends a token; false when it was ended before.
pub(super) async fn revoke_token(tx: &mut Tx, id: TokenId, now: Timestamp) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE operator_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
            values![id, now],
        )
        .await?;
    Ok(written == 1)
}

#[derive(FromRow)]
struct TokenRow {
    operator_id: OperatorId,
    id: TokenId,
    name: String,
    created_at: Timestamp,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

/// The newest tokens by operator, ten thousand at most.
pub(super) async fn tokens(session: &mut Session) -> Result<HashMap<OperatorId, Vec<TokenInfo>>, Error> {
    let rows: Vec<TokenRow> = session
        .all(
            "SELECT operator_id, id, name, created_at, last_used_at, revoked_at FROM operator_tokens
             ORDER BY id DESC LIMIT 10000",
            values![],
        )
        .await?;
    let mut tokens: HashMap<OperatorId, Vec<TokenInfo>> = HashMap::new();
    for row in rows {
        let info = TokenInfo {
            id: row.id,
            name: TokenName::from_stored(row.name),
            created_at: row.created_at,
            last_used_at: row.last_used_at.map(Timestamp),
            revoked_at: row.revoked_at.map(Timestamp),
        };
        tokens.entry(row.operator_id).or_default().push(info);
    }
    Ok(tokens)
}

/// Writes when tokens were used, unless a later use is known.
pub(super) async fn write_token_uses(tx: &mut Tx, uses: &[(TokenHash, Timestamp)]) -> Result<(), Error> {
    let rows = uses.iter().map(|(hash, at)| [Value::from(hash.0), Value::from(*at)]);
    tx.execute_rows(
        "UPDATE operator_tokens SET last_used_at = r.at FROM {rows}
         WHERE operator_tokens.hash = r.hash
             AND (operator_tokens.last_used_at IS NULL OR operator_tokens.last_used_at < r.at)",
        Rows::new(["hash", "at"], rows),
    )
    .await?;
    Ok(())
}

pub(super) async fn insert_session(
    tx: &mut Tx,
    hash: TokenHash,
    operator: OperatorId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO operator_sessions (hash, operator_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        values![hash.0, operator, now, expires_at],
    )
    .await?;
    Ok(())
}

pub(super) async fn by_session(
    session: &mut Session,
    hash: TokenHash,
    now: Timestamp,
) -> Result<Option<Operator>, Error> {
    let row: Option<OperatorRow> = session
        .optional(
            "SELECT o.id, o.email, o.role, o.created_at
             FROM operator_sessions s JOIN operators o ON o.id = s.operator_id
             WHERE s.hash = $1 AND s.expires_at > $2",
            values![hash.0, now],
        )
        .await?;
    row.map(OperatorRow::operator).transpose()
}

/// Ends a session; false when it was ended before.
pub(super) async fn delete_session(tx: &mut Tx, hash: TokenHash) -> Result<bool, Error> {
    let written = tx.execute("DELETE FROM operator_sessions WHERE hash = $1", values![hash.0]).await?;
    Ok(written == 1)
}

pub(super) async fn delete_sessions(tx: &mut Tx, operator: OperatorId) -> Result<(), Error> {
    tx.execute("DELETE FROM operator_sessions WHERE operator_id = $1", values![operator]).await?;
    Ok(())
}

pub(super) async fn delete_expired_sessions(tx: &mut Tx, now: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM operator_sessions WHERE expires_at <= $1", values![now]).await
}
