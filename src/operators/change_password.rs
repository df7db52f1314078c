//! A new password for somebody who knows the old one.

use super::people::write;
use super::{Operator, OperatorError, password, store};
use crate::clock::Timestamp;
use crate::db::Store;

/// Sets another password. All sessions end, so that whoever may have known the old one is out; links that are still open
/// end as well.
///
/// # Errors
/// [`OperatorError::WrongPassword`], a password that can't be set, or the database's.
pub async fn change_password(
    store: &Store,
    now: Timestamp,
    operator: &Operator,
    old: &str,
    new: &str,
) -> Result<(), OperatorError> {
    password::check(new, &operator.email)?;
    let known = store::by_email(&mut *store.read().await?, &operator.email).await?;
    let known_hash = known.and_then(|known| known.password_hash);
    if !password::verify(old, known_hash.clone()).await? {
        return Err(OperatorError::WrongPassword);
    }
    let before = known_hash.ok_or(OperatorError::WrongPassword)?;
    let stored = password::hash(new).await?;
    store
        .transact(|tx| {
            let (operator, before, stored) = (operator.clone(), before.clone(), stored.clone());
            Box::pin(async move {
                // Somebody may have set another one meanwhile.
                if !store::hold_password(tx, operator.id, &before).await? {
                    return Err(OperatorError::WrongPassword);
                }
                store::update_password(tx, operator.id, &stored).await?;
                store::end_links(tx, operator.id, now).await?;
                store::delete_sessions(tx, operator.id).await?;
                write(tx, now, &operator.actor(), "operator set a password", &operator.email, None).await
            })
        })
        .await
}
