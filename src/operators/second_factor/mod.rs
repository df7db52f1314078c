//! The second factor of signing in: a code that one's phone makes, after the password.
//!
//! It is each person's own choice. Turning it on takes a first code, so that nobody locks themselves out with a phone that was
//! never set up; turning it off takes the password. Whoever lost the phone signs in with one of the recovery codes that
//! were shown once, or has an admin reset it, which the audit log keeps.
//!
//! A code is taken once: the step of time it belongs to is written with the sign-in, and only later ones are taken after it.
//! The secret is sealed under the key file; recovery codes are kept as keyed hashes. A code that was wrong after a right
//! password is in the audit log: somebody may have the password.

mod store;
#[cfg(test)]
mod tests;

pub(super) use store::delete;

use super::people::{held, write};
use super::sessions::{SignedIn, begin_session};
use super::{Email, Operator, OperatorError, password};
use crate::audit_log::Actor;
use crate::clock::Timestamp;
use crate::codes::{draw_recovery_code, parse_recovery_code};
use crate::db::{self, Session, Store, Tx};
use crate::ids::OperatorId;
use crate::secrets::{KeyFile, TotpSecret, sha256};
use data_encoding::BASE64URL_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;
use uuid::Uuid;

/// Recovery codes that are shown when it is turned on.
pub const RECOVERY_CODES: usize = 10;
/// How long the second step may follow the first.
pub const HALF_WAY_HELD: Duration = Duration::from_mins(10);

const RECOVERY: &str = "recovery";
const HALF_WAY: &str = "half way to a session";

/// How it stands with somebody's second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// None is asked.
    Off,
    /// Turned on, and waiting for a first code. None is asked.
    Begun,
    /// Asked at each sign-in.
    On {
        /// Since when.
        since: Timestamp,
        /// Recovery codes that are left.
        recovery_left: i64,
    },
}

/// A secret that a phone is to take over.
#[derive(Debug)]
pub struct NewFactor {
    /// Scanned by an app.
    pub uri: String,
    /// Typed into one.
    pub text: String,
}

/// Whose password was right, and who has yet to show a code. Bound to that password: another one ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HalfWay {
    operator: OperatorId,
    password: [u8; 32],
}

impl HalfWay {
    pub(super) fn of(operator: OperatorId, password_hash: &str) -> HalfWay {
        HalfWay { operator, password: sha256(password_hash.as_bytes()) }
    }

    /// Whose it is.
    #[must_use]
    pub fn operator(&self) -> OperatorId {
        self.operator
    }

    /// What a browser keeps between the two steps.
    #[must_use]
    pub fn seal(&self, keys: &KeyFile, now: Timestamp) -> String {
        let until = now.after(HALF_WAY_HELD);
        let plain = [self.operator.0.as_bytes(), &self.password[..], &until.0.to_be_bytes()].concat();
        BASE64URL_NOPAD.encode(&keys.seal(HALF_WAY, &plain))
    }

    /// What a browser brought back; none when it is not ours or too old.
    #[must_use]
    pub fn open(keys: &KeyFile, text: &str, now: Timestamp) -> Option<HalfWay> {
        let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let plain = keys.open_sealed(HALF_WAY, &sealed).ok()?;
        let (operator, rest) = plain.split_first_chunk::<16>()?;
        let (password, until) = rest.split_first_chunk::<32>()?;
        let until = Timestamp(i64::from_be_bytes(until.try_into().ok()?));
        let half = HalfWay { operator: OperatorId(Uuid::from_bytes(*operator)), password: *password };
        (now < until && until <= now.after(HALF_WAY_HELD)).then_some(half)
    }
}

/// How it stands with somebody's.
///
/// # Errors
/// The database's.
pub async fn second_factor(session: &mut Session, operator: OperatorId) -> Result<SecondFactor, db::Error> {
    Ok(match store::factor(session, operator).await?.map(|factor| factor.confirmed_at()) {
        None => SecondFactor::Off,
        Some(None) => SecondFactor::Begun,
        Some(Some(since)) => {
            SecondFactor::On { since, recovery_left: store::recovery_left(session, operator).await? }
        }
    })
}

/// Draws a secret for somebody who has none that is confirmed.
///
/// # Errors
/// [`OperatorError::SecondFactorIsOn`], or the database's.
pub async fn begin_second_factor(
    store: &Store,
    keys: &KeyFile,
    now: Timestamp,
    operator: &Operator,
) -> Result<(), OperatorError> {
    let sealed = keys.seal(&context(operator.id), TotpSecret::draw().as_bytes());
    store
        .transact(|tx| {
            let (id, sealed) = (operator.id, sealed.clone());
            Box::pin(async move {
                let is_begun = store::begin(tx, id, sealed, now).await?;
                is_begun.then_some(()).ok_or(OperatorError::SecondFactorIsOn)
            })
        })
        .await
}

/// The secret that waits for its first code, to be shown again; none where nothing waits.
///
/// # Errors
/// The database's, or a secret that doesn't open.
pub async fn new_factor(
    store: &Store,
    keys: &KeyFile,
    operator: &Operator,
) -> Result<Option<NewFactor>, OperatorError> {
    let found = store::factor(&mut *store.read().await?, operator.id).await?;
    let Some(factor) = found.filter(|factor| factor.confirmed_at().is_none()) else { return Ok(None) };
    let text = opened(keys, operator.id, &factor)?.text();
    let email = utf8_percent_encode(operator.email.as_str(), NON_ALPHANUMERIC);
    let uri = format!("otpauth://totp/Polsband:{email}?secret={text}&issuer=Polsband");
    Ok(Some(NewFactor { uri, text }))
}

/// Turns it on with a first code; the recovery codes, shown once.
///
/// # Errors
/// [`OperatorError::WrongCode`] where it is none, [`OperatorError::SecondFactorIsOn`], or the database's.
pub async fn confirm_second_factor(
    store: &Store,
    keys: &KeyFile,
    now: Timestamp,
    operator: &Operator,
    code: &str,
) -> Result<Vec<String>, OperatorError> {
    let factor = store::factor(&mut *store.read().await?, operator.id).await?;
    let factor = factor.ok_or(OperatorError::WrongCode)?;
    let step =
        opened(keys, operator.id, &factor)?.step_of(&digits(code), now).ok_or(OperatorError::WrongCode)?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| draw_recovery_code(&mut rand::rng())).collect();
    let hashes: Vec<_> = codes.iter().map(|code| recovery_hash(keys, operator.id, code)).collect();
    store
        .transact(|tx| {
            let (operator, hashes) = (operator.clone(), hashes.clone());
            Box::pin(async move {
                if !store::confirm(tx, operator.id, step, now).await? {
                    return Err(OperatorError::SecondFactorIsOn);
                }
                for hash in hashes {
                    store::insert_recovery(tx, operator.id, hash).await?;
                }
                write(tx, now, &operator.actor(), "operator turned codes on", &operator.email, None).await
            })
        })
        .await?;
    Ok(codes)
}

/// Turns it off for whoever knows their password, or gives up one that was only begun.
///
/// # Errors
/// [`OperatorError::WrongPassword`], or the database's.
pub async fn end_second_factor(
    store: &Store,
    now: Timestamp,
    operator: &Operator,
    typed: &str,
) -> Result<(), OperatorError> {
    let known = super::store::by_email(&mut *store.read().await?, &operator.email).await?;
    if !password::verify(typed, known.and_then(|known| known.password_hash)).await? {
        return Err(OperatorError::WrongPassword);
    }
    off(store, &operator.actor(), now, &operator.email, "operator turned codes off").await.map(drop)
}

/// Turns somebody's off, for an admin. Answers whether they were on.
///
/// # Errors
/// [`OperatorError::Unknown`], or the database's.
pub async fn reset_second_factor(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    email: &Email,
) -> Result<bool, OperatorError> {
    off(store, actor, now, email, "operator's codes reset").await
}

async fn off(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    email: &Email,
    action: &'static str,
) -> Result<bool, OperatorError> {
    store
        .transact(|tx| {
            let (actor, email) = (actor.clone(), email.clone());
            Box::pin(async move {
                let operator = held(tx, &email).await?;
                let were_on = store::delete(tx, operator.id).await?;
                if were_on {
                    write(tx, now, &actor, action, &email, None).await?;
                }
                Ok(were_on)
            })
        })
        .await
}

/// The second step: a code of the phone, or a recovery code. None when it is wrong, was used before, or the password was
/// changed meanwhile. Throttling is for the room above.
///
/// # Errors
/// The database's.
pub async fn finish_sign_in(
    store: &Store,
    keys: &KeyFile,
    now: Timestamp,
    half: &HalfWay,
    code: &str,
) -> Result<Option<SignedIn>, OperatorError> {
    let mut session = store.read().await?;
    let known = super::store::by_id(&mut session, half.operator).await?;
    let factor = store::factor(&mut session, half.operator).await?;
    drop(session);
    let Some((super::store::Known { operator, password_hash: Some(stored) }, factor)) = known.zip(factor)
    else {
        return Ok(None);
    };
    if HalfWay::of(operator.id, &stored) != *half {
        return Ok(None);
    }
    let shown = Shown::of(keys, now, operator.id, factor, code)?;
    store
        .transact(|tx| {
            let (operator, stored, shown) = (operator.clone(), stored.clone(), shown.clone());
            Box::pin(async move {
                if !super::store::hold_password(tx, operator.id, &stored).await? {
                    return Ok(None);
                }
                if !shown.is_taken(tx, operator.id).await? {
                    let actor = operator.actor();
                    write(tx, now, &actor, "operator's code refused", &operator.email, None).await?;
                    return Ok(None);
                }
                let detail = format!(
                    "with a {}",
                    if matches!(shown, Shown::Recovery(_)) { "recovery code" } else { "code" }
                );
                begin_session(tx, now, operator, Some(detail)).await.map(Some)
            })
        })
        .await
}

/// Whether a second step has to follow the first.
pub(super) async fn is_asked(tx: &mut Tx, operator: OperatorId) -> Result<bool, db::Error> {
    let found = store::factor(tx, operator).await?;
    Ok(found.is_some_and(|factor| factor.confirmed_at().is_some()))
}

/// What somebody typed after a right password.
#[derive(Clone)]
enum Shown {
    /// The code of a step, made from this secret.
    Step(i64, Vec<u8>),
    /// The hash of a recovery code.
    Recovery([u8; 32]),
    /// Neither.
    Nothing,
}

impl Shown {
    fn of(
        keys: &KeyFile,
        now: Timestamp,
        operator: OperatorId,
        factor: store::Factor,
        typed: &str,
    ) -> Result<Shown, OperatorError> {
        if let Some(step) = opened(keys, operator, &factor)?.step_of(&digits(typed), now) {
            return Ok(Shown::Step(step, factor.sealed_secret));
        }
        let recovery = parse_recovery_code(typed);
        Ok(recovery.map_or(Shown::Nothing, |code| Shown::Recovery(recovery_hash(keys, operator, &code))))
    }

    /// Uses it up; false when it was used before.
    async fn is_taken(&self, tx: &mut Tx, operator: OperatorId) -> Result<bool, db::Error> {
        match self {
            Shown::Step(step, secret) => store::use_step(tx, operator, *step, secret.clone()).await,
            Shown::Recovery(hash) => store::use_recovery(tx, operator, *hash).await,
            Shown::Nothing => Ok(false),
        }
    }
}

fn opened(keys: &KeyFile, operator: OperatorId, factor: &store::Factor) -> Result<TotpSecret, OperatorError> {
    let opened = keys.open_sealed(&context(operator), &factor.sealed_secret).ok();
    let secret = opened.as_deref().and_then(TotpSecret::from_bytes);
    secret.ok_or_else(|| db::Error::Corrupt("an operator's secret that doesn't open".to_owned()).into())
}

fn context(operator: OperatorId) -> String {
    format!("second factor of {operator}")
}

/// One person's code is nothing to another.
fn recovery_hash(keys: &KeyFile, operator: OperatorId, code: &str) -> [u8; 32] {
    keys.short_code_hash(RECOVERY, &format!("{operator}/{code}"))
}

/// Without the spaces that apps show.
fn digits(typed: &str) -> String {
    typed.chars().filter(|letter| !letter.is_whitespace()).take(16).collect()
}
