//! Issues pieces in place of spoiled ones: a batch like the old one, with references, serials and pay codes of its own.
//! A code that was printed wrong is never printed again.

use super::batch_life::{self, store::hold_batch};
use super::hosts;
use super::issue::{Instead, IssueError, draw, expect_provider, open, write_all};
use super::{Batch, TopUpCodes, store};
use crate::audit_log::Actor;
use crate::clock::Clock;
use crate::db::{self, Store};
use crate::events::Event;
use crate::ids::BatchId;
use crate::providers::ServiceUrl;
use crate::secrets::{KeyFile, new_batch_key};

/// What is written as the reason where nobody gives one.
const REISSUE_REASON: &str = "misprints";

/// Why nothing was reissued.
#[derive(Debug, thiserror::Error)]
pub enum ReissueError {
    /// The old batch was never finished.
    #[error("this batch was interrupted while it was issued: issue a new one")]
    Unfinished,
    /// No piece of it is spoiled.
    #[error("no piece of this batch is spoiled: mark misprints with `polsband media spoil` first")]
    NothingSpoiled,
    /// All that are spoiled were reissued.
    #[error("{}", all_reissued(.0))]
    AllReissued(i64),
    /// Somebody else reissued them at the same time; the pieces made here were never shown.
    #[error("these pieces were reissued by somebody else at the same moment")]
    Meanwhile,
    /// The reason is too long, or holds a secret.
    #[error("a reason {0}")]
    Reason(String),
    /// As for any batch.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

fn all_reissued(count: &i64) -> String {
    match count {
        1 => "the one spoiled piece of this batch was reissued already".to_owned(),
        count => format!("all {count} spoiled pieces of this batch were reissued already"),
    }
}

impl db::RetryHint for ReissueError {
    fn is_retryable(&self) -> bool {
        matches!(self, ReissueError::Database(error) if error.is_retryable())
    }
}

/// Issues as many pieces as are spoiled in `old` and not reissued yet, with the same options. An address that is retired
/// is not printed again: the piece gets the one of today, `pay_url` or `public_url`. Without a `reason` it is
/// `misprints`. Interrupted, the new batch stays unfinished and counts for nothing: the same again reissues all.
///
/// # Errors
/// [`ReissueError`].
#[expect(clippy::too_many_arguments, reason = "what issuing takes, and the addresses of today")]
pub async fn reissue(
    db: &Store,
    keys: &KeyFile,
    actor: &Actor,
    clock: &Clock,
    event: &Event,
    old: &Batch,
    (pay_url, public_url): (&ServiceUrl, &ServiceUrl),
    reason: Option<&str>,
    progress: impl FnMut(i64),
) -> Result<Batch, ReissueError> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty()).unwrap_or(REISSUE_REASON);
    batch_life::check_note(reason).map_err(ReissueError::Reason)?;
    if !event.is_open() {
        return Err(IssueError::EventClosed.into());
    }
    if old.issued_at.is_none() {
        return Err(ReissueError::Unfinished);
    }
    expect_provider(db, event).await?;
    let life = batch_life::life(db, old).await?;
    let count = life.to_reissue();
    if count <= 0 {
        let reissued: i64 = life.reprints.iter().map(|reprint| reprint.count).sum();
        return Err(if reissued == 0 {
            ReissueError::NothingSpoiled
        } else {
            ReissueError::AllReissued(reissued)
        });
    }
    let marked = hosts::store::marked(&mut *db.read().await?).await?;
    let renewed = |url: &str, today: &ServiceUrl, kind| match hosts::retired(kind, url, public_url, &marked) {
        Some(_) => today.as_str().to_owned(),
        None => url.to_owned(),
    };
    let new = Batch {
        id: BatchId::new(),
        count,
        pay_url: renewed(&old.pay_url, pay_url, hosts::HostKind::TopUp),
        wallet_url: old.wallet_url.as_deref().map(|url| renewed(url, public_url, hosts::HostKind::Wallet)),
        created_at: clock.now(),
        issued_at: None,
        ..old.clone()
    };
    issue_instead(db, keys, actor, clock, (old, reason), new, progress).await
}

async fn issue_instead(
    db: &Store,
    keys: &KeyFile,
    actor: &Actor,
    clock: &Clock,
    (old, reason): (&Batch, &str),
    new: Batch,
    progress: impl FnMut(i64),
) -> Result<Batch, ReissueError> {
    let key = new_batch_key();
    let codes = TopUpCodes::of(&mut *db.read().await?, keys, new.event_id).await?;
    // One code as they will be printed: a new address may be too long.
    for fresh in draw(keys, &key, &new, 1, 1) {
        codes.text(&new, &fresh.medium).map_err(|error| match error {
            super::PieceError::Database(error) => IssueError::Database(error),
            super::PieceError::Code(error) => IssueError::Code(error),
        })?;
    }
    let instead = Instead { of: old.id, reason: reason.to_owned() };
    let new = open(db, keys, actor, new, &key, Some(instead)).await?;
    write_all(db, keys, &key, &new, progress).await?;
    let issued_at = clock.now();
    let new = Batch { issued_at: Some(issued_at), ..new };
    let spoiled = batch_life::life(db, old).await?;
    let spoiled = spoiled.media.get(&super::MediumStatus::Spoiled).copied().unwrap_or_default();
    db.transact(|tx| {
        let (old, new) = (old.clone(), new.clone());
        Box::pin(async move {
            // Whoever finishes first has reissued them.
            hold_batch(tx, &old).await?;
            let reprints = batch_life::store::reprints(tx, &old).await?;
            let reissued: i64 = reprints.iter().map(|reprint| reprint.count).sum();
            if reissued + new.count > spoiled {
                return Err(ReissueError::Meanwhile);
            }
            store::finish_batch(tx, &new, issued_at).await?;
            Ok(store::count_issued(tx).await?)
        })
    })
    .await?;
    Ok(new)
}
