//! The head of a batch's manifest: everything that decided what was printed.

use super::print_shop::Artwork;
use super::{Batch, MediumKind};
use crate::clock::Timestamp;
use crate::events::Event;
use crate::ids::BatchId;
use crate::money::Cents;
use crate::print::{Language, Level, Plan};
use serde::Serialize;

/// The form of the file; a change that a reader must know of makes it another.
const FORM: &str = "polsband-manifest-1";

/// What stands before the pieces.
#[derive(Serialize)]
pub(super) struct Head {
    form: &'static str,
    program: &'static str,
    batch: BatchId,
    event: String,
    kind: MediumKind,
    count: i64,
    issued_at: Option<Timestamp>,
    top_up_address: String,
    wallet_address: Option<String>,
    description: String,
    amount_cents: Option<Cents>,
    level: Level,
    language: Language,
    colour: Option<String>,
    logo_sha256: Option<String>,
    layout: Option<LayoutHead>,
}

/// How the codes are on the sheet it is the manifest of.
#[derive(Serialize)]
struct LayoutHead {
    name: String,
    file_sha256: String,
    printer: Option<String>,
    top_up_version: i16,
    top_up_module: String,
    pay_version: i16,
    pay_module: String,
    dpi: Option<u32>,
    nudge_x: String,
    nudge_y: String,
    scale_ppm: u32,
}

impl Head {
    pub(super) fn of(
        batch: &Batch,
        event: &Event,
        artwork: &Artwork,
        (level, language): (Level, Language),
        sheet: Option<(&Plan, &str)>,
    ) -> Head {
        Head {
            form: FORM,
            program: concat!("polsband ", env!("CARGO_PKG_VERSION")),
            batch: batch.id,
            event: event.slug.to_string(),
            kind: batch.kind,
            count: batch.count,
            issued_at: batch.issued_at,
            top_up_address: batch.pay_url.clone(),
            wallet_address: batch.wallet_url.clone(),
            description: batch.description.clone(),
            amount_cents: batch.amount,
            level,
            language,
            colour: artwork.colour.map(|colour| colour.to_string()),
            logo_sha256: artwork.logo_hash(),
            layout: sheet.map(|(plan, printer)| LayoutHead {
                name: plan.layout().name().to_owned(),
                file_sha256: plan.layout().sha256().to_owned(),
                printer: Some(printer.to_owned()).filter(|name| !name.is_empty()),
                top_up_version: plan.top_up.version,
                top_up_module: plan.top_up.module.to_string(),
                pay_version: plan.pay.version,
                pay_module: plan.pay.module.to_string(),
                dpi: plan.options().dpi,
                nudge_x: plan.options().nudge_x.to_string(),
                nudge_y: plan.options().nudge_y.to_string(),
                scale_ppm: plan.options().scale_ppm,
            }),
        }
    }
}
