//! `polsband media`: wristbands and cards.

use super::context::Context;
use super::event::BatchView;
use super::out::{details, note};
use super::progress::Progress;
use super::shell::Shell;
use super::words::one_of;
use crate::clock::Timestamp;
use crate::events::{self, Event, Profile};
use crate::ids::{AccountId, BatchId, MediumId};
use crate::media::moves::store::MoveRow;
use crate::media::store::MediumView;
use crate::media::{self, CodeKind, MediumKind, MediumStatus, NewBatch, Scanned};
use crate::money::Cents;
use crate::providers::bancontact::{ImageFormat, image_url, top_up_payload};
use crate::providers::{ServiceUrl, TopUpCode};
use anyhow::{Context as _, anyhow, bail};
use clap::Subcommand;
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Subcommand)]
pub(super) enum MediaCommand {
    /// Issue a batch of media with empty wallets; prints the batch's id
    Issue {
        /// The event's name in addresses
        event: String,
        /// How many, up to a million
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=media::MEDIA_PER_BATCH_MAX))]
        count: i64,
        /// What they are
        #[arg(long, value_parser = one_of!(MediumKind))]
        kind: MediumKind,
    },
    /// Everything about one medium, but for its pay code
    Show {
        /// Any of its codes, scanned or typed, or its serial
        code: String,
    },
}

pub(super) async fn run(command: MediaCommand, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    match command {
        MediaCommand::Issue { event, count, kind } => issue(&context, shell, &event, count, kind).await?,
        MediaCommand::Show { code } => {
            let view = view(&context, find(&context, &code).await?).await?;
            shell.out.one(&view, view.text())?;
        }
    }
    context.close().await;
    Ok(())
}

/// What `media issue` prints of a batch.
#[derive(Serialize)]
struct Issued {
    id: BatchId,
    count: i64,
}

async fn issue(
    context: &Context,
    shell: &Shell,
    event: &str,
    count: i64,
    kind: MediumKind,
) -> anyhow::Result<()> {
    let event = context.event(event).await?;
    let profile = context.profile(&event).await?;
    let new = NewBatch {
        count,
        kind,
        pay_url: profile.endpoints.pay,
        public_url: context.settings.public_url.clone(),
    };
    let batch = {
        let progress = Progress::of(count.unsigned_abs(), "media");
        let at = |done: i64| progress.at(done.unsigned_abs());
        let Context { store, keys, actor, clock, .. } = context;
        media::issue(store, keys, actor, clock, &event, &new, at).await?
    };
    shell.out.one(&Issued { id: batch.id, count: batch.count }, batch.id)?;
    if batch.wallet_url.is_none() {
        note(
            "The public URL is not https: pay codes of this batch will be printed as bare codes, which open no page \
             when a phone scans them.",
        );
    }
    Ok(())
}

/// The medium behind any text a scanner or a person brings.
pub(super) async fn find(context: &Context, text: &str) -> anyhow::Result<MediumView> {
    let mut hosts = vec![context.settings.public_url.clone()];
    if text.contains("://") {
        hosts.extend(pay_urls(context).await?);
    }
    let shown: String = text.trim().chars().take(40).collect();
    let (hash, profile) = match media::scan(&context.keys, text, &hosts) {
        Scanned::Code { hash, profile, .. } => (hash, profile),
        Scanned::Mistyped => bail!("{shown:?} has a typing error: its check character is wrong"),
        Scanned::Foreign(why) => bail!("{shown:?}: {why}"),
    };
    let mut session = context.store.read().await?;
    let found = media::store::by_code(&mut session, hash).await?;
    let found = found.ok_or_else(|| anyhow!("no medium has the code {shown:?}"))?;
    drop(session);
    if let Some(profile) = profile {
        let event = event_of(context, &found).await?;
        let ours = context.profile(&event).await?.profile_id;
        if profile != ours {
            bail!(
                "this is a counterfeit: it names our reference, but pays to the profile {profile}, not {ours}"
            );
        }
    }
    Ok(found)
}

/// The addresses printed codes of any event may begin with.
async fn pay_urls(context: &Context) -> anyhow::Result<Vec<ServiceUrl>> {
    let mut session = context.store.read().await?;
    let mut urls = BTreeSet::new();
    for event in events::store::list(&mut session).await? {
        let profiles = events::store::profiles(&mut session, &context.keys, event.id).await?;
        urls.extend(profiles.into_iter().map(|profile| profile.endpoints.pay.as_str().to_owned()));
    }
    Ok(urls.iter().filter_map(|url| ServiceUrl::parse(url).ok()).collect())
}

async fn event_of(context: &Context, found: &MediumView) -> anyhow::Result<Event> {
    let events = events::store::by_ids(&mut *context.store.read().await?, [found.medium.event_id]).await?;
    events.into_iter().next().context("the event of this medium is missing")
}

/// A medium as it is printed.
#[derive(Serialize)]
struct View {
    reference: String,
    serial: String,
    kind: MediumKind,
    status: MediumStatus,
    event: String,
    balance_cents: Cents,
    currency: &'static str,
    /// Which of its codes was asked for.
    code: CodeKind,
    id: MediumId,
    wallet_id: AccountId,
    sequence: i64,
    batch: BatchView,
    description: Option<String>,
    amount_cents: Option<Cents>,
    qr_text: String,
    qr_image_url: String,
    moves: Vec<MoveRow>,
    as_of: Timestamp,
}

async fn view(context: &Context, found: MediumView) -> anyhow::Result<View> {
    let event = event_of(context, &found).await?;
    let Profile { profile_id, endpoints, .. } = context.profile(&event).await?;
    let MediumView { medium, balance, code_kind } = found;
    let mut session = context.store.read().await?;
    let batch = media::store::batch_with_key(&mut session, medium.batch_id).await?;
    let (batch, _) = batch.context("the batch of this medium is missing")?;
    let moves = media::moves::store::moves(&mut session, medium.event_id, medium.id).await?;
    let description = Some(medium.description).filter(|text| !text.is_empty());
    let code = TopUpCode {
        reference: medium.reference.as_str(),
        description: description.as_deref(),
        amount: batch.amount,
        pay_url: None,
    };
    let qr_text = top_up_payload(&ServiceUrl::parse(&batch.pay_url)?, &profile_id, &code)?;
    Ok(View {
        qr_image_url: image_url(&endpoints.image, &qr_text, ImageFormat::Svg),
        qr_text,
        reference: medium.reference.to_string(),
        serial: medium.serial.as_str().to_owned(),
        kind: medium.kind,
        status: medium.status,
        event: event.slug.to_string(),
        balance_cents: balance,
        currency: "EUR",
        code: code_kind,
        id: medium.id,
        wallet_id: medium.wallet_id,
        sequence: medium.sequence,
        amount_cents: batch.amount,
        batch: BatchView::of(batch),
        description,
        moves,
        as_of: context.now(),
    })
}

impl View {
    fn text(&self) -> String {
        let serial = crate::codes::Serial::from_stored(self.serial.clone()).grouped();
        let mut lines = vec![
            ("serial", serial),
            ("reference", self.reference.clone()),
            ("kind", self.kind.to_string()),
            ("status", self.status.to_string()),
            ("balance", self.balance_cents.to_string()),
            ("event", self.event.clone()),
            ("batch", format!("{} (number {} of {})", self.batch.id, self.sequence, self.batch.count)),
            ("top-up code", self.qr_text.clone()),
            ("as a picture", self.qr_image_url.clone()),
        ];
        lines.extend(self.moves.iter().map(|step| {
            let why = if step.reason.is_empty() { String::new() } else { format!(": {}", step.reason) };
            ("life", format!("{}  {} → {} by {}{why}", step.at, step.from_status, step.to_status, step.actor))
        }));
        details(lines)
    }
}
