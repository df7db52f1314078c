//! Issues a batch: media, their codes and their empty wallets, in pieces small enough for a live festival.

use super::print_shop::ShopError;
use super::scan::reference_hash;
use super::store::Fresh;
use super::{Batch, CodeKind, Medium, MediumKind, MediumStatus, batch_life, is_own_page, preview, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::{Clock, Timestamp};
use crate::codes::{Reference, Serial};
use crate::db::{self, Store};
use crate::events::{Behaviour, Event, accounts};
use crate::ids::{AccountId, BatchId, MediumId};
use crate::money::Cents;
use crate::one_line::plain_letters;
use crate::print::{Language, Level, Refusal};
use crate::providers::{CodeError, ProviderName, ServiceUrl};
use crate::secrets::{BatchKey, KeyFile, new_batch_key};

/// Most media in one batch.
pub const MEDIA_PER_BATCH_MAX: i64 = 1_000_000;
/// Media per transaction: about 30 ms on SQLite, so that charges hardly notice a batch being issued.
const MEDIA_PER_WRITE: i64 = 1_000;
/// How often a piece is drawn again before something else must be wrong. With a hundred million serials taken, one
/// piece in twenty meets none of them.
const ATTEMPTS_MAX: u32 = 1_000;
/// What top-up codes say to the payer unless told otherwise: the number printed on the medium, so that the
/// payer can compare. With a 15-character reference it costs not one module more.
const DESCRIPTION: &str = "{serial}";

/// What is to be issued.
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// Made by whoever asks: whatever is sent twice under one id is issued once.
    pub id: BatchId,
    /// 1 to [`MEDIA_PER_BATCH_MAX`].
    pub count: i64,
    /// What the media are.
    pub kind: MediumKind,
    /// What top-up codes start with: the host of the event's profile.
    pub pay_url: ServiceUrl,
    /// Our own public address: pay codes become links where it is https.
    pub public_url: ServiceUrl,
    /// How its codes are made and printed.
    pub options: BatchOptions,
}

impl NewBatch {
    /// That nobody else can open what its top-up codes lead to, where that is so.
    #[must_use]
    pub fn unreachable(&self) -> Option<&'static str> {
        let leads_here = self.public_url.is_plain_http() && is_own_page(self.pay_url.as_str());
        leads_here.then_some(
            "The public URL is not https: the top-up codes of this batch lead to a page that only this machine opens. \
             Print none of them.",
        )
    }
}

/// What may differ from batch to batch. The default is what suits most.
#[derive(Clone, Debug, Default)]
pub struct BatchOptions {
    /// Error correction of the top-up codes; M unless given.
    pub level: Option<Level>,
    /// Of what is printed beside the codes; Dutch unless given.
    pub language: Option<Language>,
    /// What top-up codes say to their payer, with `{serial}` and `{event}` replaced; `{serial}` unless given, nothing
    /// when empty.
    pub description: Option<String>,
    /// The amount in the top-up codes; the event's own unless given.
    pub amount: Option<Cents>,
}

/// Why no batch was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The count is out of range.
    #[error("count: {0} is not a number of media: 1 to 1000000")]
    Count(i64),
    /// The event is closed.
    #[error("the event is closed: no media are issued for it any more")]
    EventClosed,
    /// There is a batch of this id.
    #[error("this batch was issued already")]
    Begun(BatchId),
    /// Nobody takes the event's money.
    #[error(
        "the event has no provider yet, so that its codes would lead nowhere: give it an account at {}, or a Bancontact \
         profile, before anything is issued",
        ProviderName::list_with_accounts(ProviderName::title, "or")
    )]
    NoProvider,
    /// An option that can't be.
    #[error("{field}: {why}")]
    Option {
        /// Which one.
        field: &'static str,
        /// What would be right.
        why: String,
    },
    /// The top-up code can't be made.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// What would stand beside it can't be printed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The event's artwork can't be printed any more.
    #[error(transparent)]
    Shop(#[from] ShopError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl db::RetryHint for IssueError {
    fn is_retryable(&self) -> bool {
        matches!(self, IssueError::Database(error) if error.is_retryable())
    }
}

/// Issues a batch. `progress` hears how many media are written. Interrupted, the batch stays unfinished: it
/// can't be printed, and none of its codes were ever shown.
///
/// # Errors
/// [`IssueError`].
pub async fn issue(
    store: &Store,
    keys: &KeyFile,
    actor: &Actor,
    clock: &Clock,
    event: &Event,
    new: &NewBatch,
    mut progress: impl FnMut(i64),
) -> Result<Batch, IssueError> {
    if !(1..=MEDIA_PER_BATCH_MAX).contains(&new.count) {
        return Err(IssueError::Count(new.count));
    }
    if !event.is_open() {
        return Err(IssueError::EventClosed);
    }
    expect_provider(store, event).await?;
    preview::check(store, keys, event, new).await?;
    let key = new_batch_key();
    let batch = begin(store, keys, actor, clock.now(), event, new, &key).await?;
    write_all(store, keys, &key, &batch, &mut progress).await?;
    let issued_at = clock.now();
    store
        .transact(|tx| {
            let batch = batch.clone();
            Box::pin(async move {
                store::finish_batch(tx, &batch, issued_at).await?;
                store::count_issued(tx).await
            })
        })
        .await?;
    Ok(Batch { issued_at: Some(issued_at), ..batch })
}

/// Refuses an event whose codes nobody would take money for: what is printed can't be taken back.
pub(super) async fn expect_provider(db: &Store, event: &Event) -> Result<(), IssueError> {
    let names = accounts::store::names(&mut *db.read().await?, event.id).await?;
    if names.is_empty() { Err(IssueError::NoProvider) } else { Ok(()) }
}

/// What the batch's codes say to their payer, with the event's name filled in.
pub(super) fn template(event: &Event, options: &BatchOptions) -> Result<String, IssueError> {
    let given = options.description.as_deref().unwrap_or(DESCRIPTION).trim();
    let template = given.replace("{event}", &plain_letters(&event.name));
    if template.replace("{serial}", "").contains(['{', '}']) {
        let why = "only {serial} and {event} are replaced; there are no other braces".to_owned();
        return Err(IssueError::Option { field: "description", why });
    }
    Ok(template)
}

/// The amount in the batch's codes. Whether there is one was agreed with the provider for the whole event.
pub(super) fn amount(event: &Event, options: &BatchOptions) -> Result<Option<Cents>, IssueError> {
    match (options.amount, event.rules.behaviour) {
        (Some(_), Behaviour::Defined) => {
            let why = "the payers of this event type the amount: none is printed".to_owned();
            Err(IssueError::Option { field: "amount", why })
        }
        (given, _) => Ok(given.or(event.rules.amount)),
    }
}

async fn begin(
    store: &Store,
    keys: &KeyFile,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    new: &NewBatch,
    key: &BatchKey,
) -> Result<Batch, IssueError> {
    let batch = Batch {
        event_id: event.id,
        id: new.id,
        kind: new.kind,
        count: new.count,
        pay_url: new.pay_url.as_str().to_owned(),
        wallet_url: (!new.public_url.is_plain_http()).then(|| new.public_url.as_str().to_owned()),
        description: template(event, &new.options)?,
        amount: amount(event, &new.options)?,
        level: new.options.level.unwrap_or(Level::M),
        language: new.options.language.unwrap_or(Language::Dutch),
        created_at: now,
        issued_at: None,
    };
    open(store, keys, actor, batch, key, None).await
}

/// The batch whose spoiled pieces a new one stands in for, and why it was issued.
#[derive(Clone)]
pub(super) struct Instead {
    pub(super) of: BatchId,
    pub(super) reason: String,
}

/// Writes a batch that has no media yet, with its entry in the audit log.
pub(super) async fn open(
    store: &Store,
    keys: &KeyFile,
    actor: &Actor,
    batch: Batch,
    key: &BatchKey,
    instead: Option<Instead>,
) -> Result<Batch, IssueError> {
    let now = batch.created_at;
    let sealed = keys.seal(&store::key_context(batch.id), key.reveal());
    let spoiled = instead.as_ref().map(|old| format!(" in place of spoiled ones of batch {}", old.of));
    let entry = Entry {
        event: Some(batch.event_id),
        actor: actor.clone(),
        action: "batch issued",
        subject: format!("batch:{}", batch.id),
        reason: instead.as_ref().map(|old| old.reason.clone()),
        detail: Some(format!("{} {}s{}", batch.count, batch.kind, spoiled.unwrap_or_default())),
    };
    store
        .transact(|tx| {
            let (batch, sealed, entry, instead) =
                (batch.clone(), sealed.clone(), entry.clone(), instead.clone());
            Box::pin(async move {
                if !store::insert_batch(tx, &batch, sealed).await? {
                    return Err(IssueError::Begun(batch.id));
                }
                if let Some(old) = &instead {
                    batch_life::store::set_reprint_of(tx, &batch, old.of, &old.reason).await?;
                }
                Ok(audit_log::store::write(tx, now, &entry).await?)
            })
        })
        .await?;
    Ok(batch)
}

/// Writes all media of a batch.
pub(super) async fn write_all(
    store: &Store,
    keys: &KeyFile,
    key: &BatchKey,
    batch: &Batch,
    mut progress: impl FnMut(i64),
) -> Result<(), IssueError> {
    let mut written = 0;
    while written < batch.count {
        let piece = MEDIA_PER_WRITE.min(batch.count - written);
        write_piece(store, keys, key, batch, written + 1, piece).await?;
        written += piece;
        progress(written);
    }
    Ok(())
}

/// Writes media `first .. first + count`. A code that exists already is drawn again with its whole piece: at
/// 70 bits that is rarer than a broken disk, at the 35 bits of a serial it happens.
async fn write_piece(
    store: &Store,
    keys: &KeyFile,
    key: &BatchKey,
    batch: &Batch,
    first: i64,
    count: i64,
) -> Result<(), IssueError> {
    let mut attempt = 1;
    loop {
        let mut media = draw(keys, key, batch, first, count);
        let mut tx = store.begin().await?;
        let written = match store::insert_media(&mut tx, &mut media).await {
            Ok(()) => tx.commit().await,
            Err(error) => Err(error),
        };
        match written {
            Err(error) if error.is_retryable() && attempt < ATTEMPTS_MAX => attempt += 1,
            other => return Ok(other?),
        }
    }
}

pub(super) fn draw(keys: &KeyFile, key: &BatchKey, batch: &Batch, first: i64, count: i64) -> Vec<Fresh> {
    let mut random = rand::rng();
    (first..first + count)
        .map(|sequence| {
            let id = MediumId::new();
            let reference = Reference::draw(&mut random);
            let serial = Serial::draw(&mut random);
            let pay_code = key.pay_code(id);
            let hashes = [
                (CodeKind::Reference, reference_hash(keys, &reference)),
                (CodeKind::Serial, keys.code_hash(CodeKind::Serial.as_str(), serial.as_str())),
                (CodeKind::Pay, keys.code_hash(CodeKind::Pay.as_str(), pay_code.reveal())),
            ];
            let medium = Medium {
                event_id: batch.event_id,
                id,
                batch_id: batch.id,
                sequence,
                kind: batch.kind,
                description: batch.description_of(&serial),
                reference,
                serial,
                wallet_id: AccountId::new(),
                status: MediumStatus::Issued,
                own_freeze: None,
            };
            Fresh { medium, hashes }
        })
        .collect()
}
