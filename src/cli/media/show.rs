//! A medium as it is printed.

use crate::cli::context::Context;
use crate::cli::event::BatchView;
use crate::cli::out::details;
use crate::clock::Timestamp;
use crate::codes::Serial;
use crate::events;
use crate::ids::{AccountId, MediumId};
use crate::media::moves::store::MoveRow;
use crate::media::store::MediumView;
use crate::media::{self, CodeKind, MediumKind, MediumStatus};
use crate::money::Cents;
use crate::providers::bancontact::{ImageFormat, image_url};
use anyhow::Context as _;
use serde::Serialize;

/// All of it, but for the pay code, which is nobody's to see.
#[derive(Serialize)]
pub(super) struct View {
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
    /// Bancontact draws its own codes only.
    qr_image_url: Option<String>,
    moves: Vec<MoveRow>,
    as_of: Timestamp,
}

impl View {
    pub(super) async fn of(context: &Context, found: MediumView) -> anyhow::Result<View> {
        let MediumView { medium, balance, code_kind } = found;
        let mut session = context.store.read().await?;
        let event = events::store::by_ids(&mut session, [medium.event_id]).await?.pop();
        let event = event.context("the event of this medium is missing")?;
        let batch = media::store::batch_with_key(&mut session, medium.batch_id).await?;
        let (batch, _) = batch.context("the batch of this medium is missing")?;
        let moves = media::moves::store::moves(&mut session, medium.event_id, medium.id).await?;
        drop(session);
        let codes = context.codes(&event).await?;
        let qr_text = codes.text(&batch, &medium)?;
        let drawn_by = codes.profile().filter(|_| !media::is_own_page(&batch.pay_url));
        let description = Some(medium.description).filter(|text| !text.is_empty());
        Ok(View {
            qr_image_url: drawn_by
                .map(|profile| image_url(&profile.endpoints.image, &qr_text, ImageFormat::Svg)),
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

    /// The serial as it is printed.
    pub(super) fn grouped(&self) -> String {
        Serial::from_stored(self.serial.clone()).grouped()
    }

    /// Where in its life it is.
    pub(super) fn status(&self) -> MediumStatus {
        self.status
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut lines = vec![
            ("serial", self.grouped()),
            ("reference", self.reference.clone()),
            ("kind", self.kind.to_string()),
            ("status", self.status.to_string()),
            ("balance", self.balance_cents.to_string()),
            ("event", self.event.clone()),
            ("batch", format!("{} (number {} of {})", self.batch.id, self.sequence, self.batch.count)),
            ("top-up code", self.qr_text.clone()),
        ];
        lines.extend(self.qr_image_url.clone().map(|url| ("as a picture", url)));
        lines.extend(self.moves.iter().map(|step| {
            let why = if step.reason.is_empty() { String::new() } else { format!(": {}", step.reason) };
            ("life", format!("{}  {} by {}{why}", step.at, step.what(), step.actor))
        }));
        details(lines)
    }
}
