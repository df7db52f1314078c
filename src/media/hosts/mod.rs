//! The addresses that codes of a festival were printed with, and which of them are retired.
//!
//! A printed address can't be changed any more, so that it is worth knowing how many wristbands hang on one that goes.
//! Three ways lead there: the provider gave an address up; a wallet link starts with what is no longer our public
//! address; or an operator says so, for the whole installation ([`retire`]).

pub mod store;

use super::batch_life::{self, Counts};
use super::store::{BATCHES_MAX, batches, printed_addresses};
use super::{Batch, MediumStatus, NewBatch, is_own_page, own_page};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::ids::{BatchId, EventId};
use crate::providers::ServiceUrl;
use crate::providers::bancontact::is_old_pay_host;
use crate::words;
use std::collections::{BTreeMap, BTreeSet};

words! {
    /// What an address is printed for.
    HostKind, "a kind of printed address" {
        /// Top-up codes start with it.
        TopUp = "top-up",
        /// Pay codes are links that start with it.
        Wallet = "wallet",
    }
}

words! {
    /// Why an address is retired.
    Retired, "a reason why an address is retired" {
        /// The provider has another one since.
        Provider = "replaced-by-provider",
        /// It is not our public address any more.
        Moved = "not-our-public-url",
        /// An operator says so.
        Marked = "marked",
    }
}

impl Retired {
    /// In a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Retired::Provider => {
                "Bancontact prints https://pay.bancontact.net since May 2026; whether codes with the old host go on \
                 working it has not said officially"
            }
            Retired::Moved => "it is not our public URL any more",
            Retired::Marked => "an operator marked it as retired",
        }
    }
}

/// Statuses in which a printed code still matters.
pub const MATTERING: [MediumStatus; 4] =
    [MediumStatus::Issued, MediumStatus::Active, MediumStatus::Frozen, MediumStatus::Quarantined];

/// An address with what was printed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// What for.
    pub kind: HostKind,
    /// The address.
    pub url: String,
    /// Why it is retired, if it is.
    pub retired: Option<Retired>,
    /// The batches, the newest first.
    pub batches: Vec<BatchId>,
    /// Their media by status, those that still matter.
    pub media: Counts,
}

/// Why an address is retired, if it is. Of `public_url` we know nothing when it is a plain one on this machine: such an
/// installation prints no links.
#[must_use]
pub fn retired(
    kind: HostKind,
    url: &str,
    public_url: &ServiceUrl,
    marked: &BTreeSet<String>,
) -> Option<Retired> {
    let is_public = !public_url.is_plain_http();
    match kind {
        _ if marked.contains(url) => Some(Retired::Marked),
        HostKind::TopUp if is_old_pay_host(url) => Some(Retired::Provider),
        HostKind::TopUp if is_public && is_own_page(url) && url != own_page(public_url).as_str() => {
            Some(Retired::Moved)
        }
        HostKind::Wallet if is_public && url != public_url.as_str() => Some(Retired::Moved),
        HostKind::TopUp | HostKind::Wallet => None,
    }
}

/// The addresses a batch was printed with.
#[must_use]
pub fn of_batch(batch: &Batch) -> Vec<(HostKind, &str)> {
    let mut printed = vec![(HostKind::TopUp, batch.pay_url.as_str())];
    printed.extend(batch.wallet_url.as_deref().map(|url| (HostKind::Wallet, url)));
    printed
}

/// All addresses of a festival's batches, with their media counted. One that was interrupted while it was issued was
/// never printed.
///
/// # Errors
/// The database's.
pub async fn hosts(db: &Store, event: EventId, public_url: &ServiceUrl) -> Result<Vec<Host>, db::Error> {
    let marked = store::marked(&mut *db.read().await?).await?;
    let mut found: BTreeMap<(HostKind, String), Host> = BTreeMap::new();
    for batch in printed_batches(db, event).await? {
        let mut media = batch_life::count(db, &batch).await?;
        media.retain(|status, _| MATTERING.contains(status));
        for (kind, url) in of_batch(&batch) {
            let host = found.entry((kind, url.to_owned())).or_insert_with(|| Host {
                kind,
                url: url.to_owned(),
                retired: retired(kind, url, public_url, &marked),
                batches: Vec::new(),
                media: Counts::new(),
            });
            host.batches.push(batch.id);
            media.iter().for_each(|(status, count)| *host.media.entry(*status).or_default() += count);
        }
    }
    Ok(found.into_values().collect())
}

/// The finished batches of a festival, the newest first, page by page.
async fn printed_batches(db: &Store, event: EventId) -> Result<Vec<Batch>, db::Error> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = batches(&mut *db.read().await?, event, after, BATCHES_MAX).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.id);
        all.extend(page.into_iter().filter(|batch| batch.issued_at.is_some()));
    }
}

/// Why the addresses of a batch that is still to be issued are retired, those that are.
///
/// # Errors
/// The database's.
pub async fn retired_of_new(db: &Store, new: &NewBatch) -> Result<Vec<(String, Retired)>, db::Error> {
    let marked = store::marked(&mut *db.read().await?).await?;
    let mut printed = vec![(HostKind::TopUp, &new.pay_url)];
    if !new.public_url.is_plain_http() {
        printed.push((HostKind::Wallet, &new.public_url));
    }
    let why = |(kind, url): (HostKind, &ServiceUrl)| {
        retired(kind, url.as_str(), &new.public_url, &marked).map(|why| (url.as_str().to_owned(), why))
    };
    Ok(printed.into_iter().filter_map(why).collect())
}

/// The batches of a festival that were printed with a retired address, each with those addresses, the newest first.
///
/// # Errors
/// The database's.
pub async fn batches_on_retired(
    db: &Store,
    event: EventId,
    public_url: &ServiceUrl,
) -> Result<Vec<(Batch, Vec<String>)>, db::Error> {
    let marked = store::marked(&mut *db.read().await?).await?;
    let concerned = printed_batches(db, event).await?.into_iter().filter_map(|batch| {
        let printed = of_batch(&batch).into_iter();
        let gone: Vec<String> = printed
            .filter(|(kind, url)| retired(*kind, url, public_url, &marked).is_some())
            .map(|(_, url)| url.to_owned())
            .collect();
        (!gone.is_empty()).then_some((batch, gone))
    });
    Ok(concerned.collect())
}

/// Why an address was not marked, or its mark not taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkRefusal {
    /// No batch was printed with it; these are the addresses that were.
    NotPrinted(Vec<String>),
    /// It is marked already.
    Marked,
    /// It is not marked.
    NotMarked,
}

impl MarkRefusal {
    /// What to tell whoever asked.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            MarkRefusal::NotPrinted(printed) if printed.is_empty() => "nothing was printed yet".to_owned(),
            MarkRefusal::NotPrinted(printed) => {
                format!("no batch was printed with it; these were: {}", printed.join(", "))
            }
            MarkRefusal::Marked => "it is marked as retired already".to_owned(),
            MarkRefusal::NotMarked => "no operator marked it as retired".to_owned(),
        }
    }
}

/// Marks a printed address as retired, for the whole installation, or takes the mark back.
///
/// # Errors
/// The database's. A refusal is not an error but an answer.
pub async fn retire(
    db: &Store,
    now: Timestamp,
    actor: &Actor,
    url: &ServiceUrl,
    undo: bool,
) -> Result<Result<(), MarkRefusal>, db::Error> {
    let action = if undo { "printed host taken back" } else { "printed host retired" };
    let entry = Entry::new(actor, action, url.as_str());
    db.transact(|tx| {
        let (url, entry) = (url.as_str().to_owned(), entry.clone());
        Box::pin(async move {
            if undo {
                if !store::unmark(tx, &url).await? {
                    return Ok(Err(MarkRefusal::NotMarked));
                }
            } else {
                let printed = printed_addresses(tx).await?;
                if !printed.contains(&url) {
                    return Ok(Err(MarkRefusal::NotPrinted(printed)));
                }
                if !store::mark(tx, &url, &entry.actor.to_string(), now).await? {
                    return Ok(Err(MarkRefusal::Marked));
                }
            }
            audit_log::store::write(tx, now, &entry).await?;
            Ok(Ok(()))
        })
    })
    .await
}
