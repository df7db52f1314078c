//! The demo's festival: made at the first start, found again at the next, with fresh credentials each time.

use super::super::context::Context;
use super::super::output_file::OutputFile;
use super::bank::Bank;
use crate::db::Store;
use crate::events::products::{self, Colour, NewProduct};
use crate::events::{
    self, Event, EventError, NewEvent, NewPointOfSale, NewProfile, PointOfSale, ProfileChange, Rules,
};
use crate::ids::{BatchId, TokenId};
use crate::media::print_shop::{Printer, layout_named};
use crate::media::{self, BatchOptions, MediumKind, NewBatch, PieceSource, PrintJob, Product, SheetOrder};
use crate::money::Cents;
use crate::operators::{self, Email, OperatorError, Role};
use crate::print::Language;
use crate::sandbox::PrintedCode;
use crate::secrets::draw_token;
use crate::terminals;
use anyhow::anyhow;
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

const SLUG: &str = "demo";
const NAME: &str = "Polsband Demo";
const MERCHANT: &str = "Polsband Demo vzw";
/// In the shape of a Bancontact profile id; nobody has it.
const PROFILE_ID: &str = "de30de30de30de30de30de30";
const EMAIL: &str = "demo@polsband.example";
const WRISTBANDS: i64 = 24;
const LAYOUT: &str = "a4-band-25";
/// Bars, and who is owed what each of them takes.
const BARS: [(&str, &str); 3] =
    [("Main bar", "Polsband Demo vzw"), ("Cocktails", "Polsband Demo vzw"), ("Fries", "Frituur Marleen")];

/// The price list: where it is sold (none: everywhere), what, for how many cents, in which colour.
const PRICES: [(Option<&str>, &str, i64, Option<Colour>); 18] = [
    (Some("Main bar"), "Pils 25 cl", 350, Some(Colour::Yellow)),
    (Some("Main bar"), "Pils 50 cl", 650, Some(Colour::Yellow)),
    (Some("Main bar"), "Tripel", 550, Some(Colour::Orange)),
    (Some("Main bar"), "Kriek", 450, Some(Colour::Red)),
    (Some("Main bar"), "Pils 0,0", 350, Some(Colour::Green)),
    (Some("Main bar"), "Red wine", 500, Some(Colour::Red)),
    (Some("Main bar"), "White wine", 500, Some(Colour::Red)),
    (Some("Main bar"), "Coffee", 300, Some(Colour::Brown)),
    (Some("Cocktails"), "Mojito", 900, Some(Colour::Green)),
    (Some("Cocktails"), "Aperol Spritz", 850, Some(Colour::Orange)),
    (Some("Cocktails"), "Gin and tonic", 900, Some(Colour::Blue)),
    (Some("Cocktails"), "Virgin mojito", 650, Some(Colour::Green)),
    (Some("Fries"), "Small fries", 450, Some(Colour::Yellow)),
    (Some("Fries"), "Large fries", 550, Some(Colour::Yellow)),
    (Some("Fries"), "Frikandel", 350, Some(Colour::Brown)),
    (Some("Fries"), "Mayonnaise", 100, None),
    (None, "Water", 250, Some(Colour::Blue)),
    (None, "Cola", 300, Some(Colour::Brown)),
];

/// What somebody trying the demo needs.
pub(super) struct Festival {
    pub(super) event: String,
    pub(super) batch: String,
    pub(super) sheet: PathBuf,
    pub(super) email: String,
    pub(super) password: String,
    pub(super) operator_token: String,
    pub(super) terminal_token: String,
    /// Opens the bar's app and enrols the browser; none once the event is closed.
    pub(super) app_link: Option<String>,
}

pub(super) async fn set_up(context: &Context, bank: &Bank, data: &Path) -> anyhow::Result<Festival> {
    let event = event(context, bank).await?;
    prices(context, &event).await?;
    let batch = batch(context, &event).await?;
    offer_codes(context, bank, batch).await?;
    let sheet = sheet(context, batch, data).await?;
    let (password, operator_token) = operator(context).await?;
    let terminal_token = terminal(context, &event).await?;
    let app_link = app_link(context, &event).await?;
    Ok(Festival {
        event: event.slug.to_string(),
        batch: batch.to_string(),
        sheet,
        email: EMAIL.to_owned(),
        password,
        operator_token,
        terminal_token,
        app_link,
    })
}

async fn event(context: &Context, bank: &Bank) -> anyhow::Result<Event> {
    let Context { store, keys, actor, settings, .. } = context;
    let callback_url = format!("{}/callbacks/bancontact/{SLUG}", settings.public_url);
    let api_key = bank.register(PROFILE_ID, MERCHANT, callback_url)?;
    let now = context.clock.now();
    if let Some(event) = events::store::by_slug(&mut *store.read().await?, SLUG).await? {
        // Another port, another address: what is printed stays as it is.
        let change = ProfileChange {
            api_key: Some(api_key),
            api_url: Some(bank.url().to_owned()),
            key_set_url: Some(bank.key_set_url()),
        };
        if event.is_open() {
            events::change_profile(store, keys, actor, now, SLUG, &change).await?;
        }
        return Ok(event);
    }
    let new = NewEvent {
        slug: SLUG.to_owned(),
        name: NAME.to_owned(),
        merchant: Some(MERCHANT.to_owned()),
        rules: Rules::default(),
        profile: Some(NewProfile {
            profile_id: PROFILE_ID.to_owned(),
            api_url: Some(bank.url().to_owned()),
            key_set_url: Some(bank.key_set_url()),
            api_key: Some(api_key),
            ..NewProfile::default()
        }),
    };
    let event = events::create(store, keys, actor, now, &new).await?;
    for (name, vendor) in BARS {
        let bar = NewPointOfSale { name: name.to_owned(), vendor: Some(vendor.to_owned()) };
        events::add_point_of_sale(store, actor, now, &event, &bar).await?;
    }
    Ok(event)
}

/// Where things are sold.
async fn live_bars(store: &Store, event: &Event) -> anyhow::Result<Vec<PointOfSale>> {
    let mut session = store.read().await?;
    let mut bars =
        events::store::points_of_sale(&mut session, event.id, "", events::store::POINTS_OF_SALE_MAX).await?;
    bars.retain(PointOfSale::is_live);
    Ok(bars)
}

/// The bar at which the demo's terminals stand: its own first one, or the first there is now; a new one where there is none.
async fn bar(context: &Context, event: &Event) -> anyhow::Result<String> {
    let Context { store, actor, .. } = context;
    let bars = live_bars(store, event).await?;
    let own = bars.iter().find(|bar| bar.name == BARS[0].0);
    if let Some(bar) = own.or(bars.first()) {
        return Ok(bar.name.clone());
    }
    let mut number = 1;
    loop {
        let name = format!("Demo bar {number}");
        let new = NewPointOfSale { name, vendor: Some(MERCHANT.to_owned()) };
        match events::add_point_of_sale(store, actor, context.now(), event, &new).await {
            // One that was retired keeps its name.
            Err(EventError::PointOfSaleTaken(_) | EventError::PointOfSaleNameKept(_)) => number += 1,
            added => return Ok(added?.name),
        }
    }
}

/// Where there is no price list yet, the demo's, but for what is sold at bars that are gone.
async fn prices(context: &Context, event: &Event) -> anyhow::Result<()> {
    let Context { store, actor, .. } = context;
    let known = products::sold_in(&mut *store.read().await?, event.id).await?;
    if !known.is_empty() || !event.is_open() {
        return Ok(());
    }
    let bars = live_bars(store, event).await?;
    let is_there = |place: Option<&str>| place.is_none_or(|place| bars.iter().any(|bar| bar.name == place));
    for (place, name, cents, colour) in PRICES.into_iter().filter(|(place, ..)| is_there(*place)) {
        let (name, point_of_sale) = (name.to_owned(), place.map(str::to_owned));
        let new = NewProduct { name, price: Cents(cents), point_of_sale, position: None, colour };
        products::add(store, actor, context.now(), event, &new).await?;
    }
    Ok(())
}

/// The newest whole batch, or the first one.
async fn batch(context: &Context, event: &Event) -> anyhow::Result<BatchId> {
    let Context { store, keys, clock, settings, actor } = context;
    let batches =
        media::store::batches(&mut *store.read().await?, event.id, None, media::store::BATCHES_MAX).await?;
    if let Some(batch) = batches.iter().find(|batch| batch.issued_at.is_some()) {
        return Ok(batch.id);
    }
    let new = NewBatch {
        id: BatchId::new(),
        count: WRISTBANDS,
        kind: MediumKind::Wristband,
        pay_url: context.codes(event).await?.address(&settings.public_url),
        public_url: settings.public_url.clone(),
        options: BatchOptions { language: Some(Language::English), ..BatchOptions::default() },
    };
    Ok(media::issue(store, keys, actor, clock, event, &new, |_| ()).await?.id)
}

async fn offer_codes(context: &Context, bank: &Bank, batch: BatchId) -> anyhow::Result<()> {
    let Context { store, keys, .. } = context;
    let mut source = open(store, keys, batch).await?;
    let pieces = source.page(store).await?;
    let code = |piece: crate::print::Piece| PrintedCode {
        label: format!("Wristband {}", piece.serial.grouped()),
        payload: piece.qr_text,
    };
    bank.offer(pieces.into_iter().map(code).collect());
    Ok(())
}

async fn open(store: &Store, keys: &crate::secrets::KeyFile, batch: BatchId) -> anyhow::Result<PieceSource> {
    PieceSource::open(store, keys, batch).await?.map_err(|why| anyhow!(why))
}

/// The sheet to print, to look at, or to scan from the screen.
async fn sheet(context: &Context, batch: BatchId, data: &Path) -> anyhow::Result<PathBuf> {
    let Context { store, keys, .. } = context;
    let order = SheetOrder {
        layout: layout_named(store, LAYOUT).await?,
        language: None,
        level: None,
        printer: Printer::exact(""),
    };
    let product = Product::Sheet(order);
    let job = PrintJob::prepare(store, keys, batch, product).await?;
    let path = data.join("wristbands.pdf");
    let file = OutputFile::create(&path)?;
    let file = spawn_blocking(move || job.write(file.file(), |_| ()).map(|_| file)).await??;
    file.keep()?;
    Ok(path)
}

/// An administrator with a new password and a new API token; earlier ones end.
async fn operator(context: &Context) -> anyhow::Result<(String, String)> {
    let Context { store, actor, .. } = context;
    let email: Email = EMAIL.parse()?;
    let now = context.clock.now();
    let invited = match operators::add(store, actor, now, &email, Role::Admin).await {
        Err(OperatorError::Exists(..)) => operators::invite(store, actor, now, &email).await?,
        other => other?,
    };
    let password = draw_token("").reveal()[..20].to_owned();
    operators::set_password(store, now, invited.link.reveal(), &password).await?;
    let people = operators::list(&mut *store.read().await?).await?;
    let earlier =
        people.iter().filter(|person| person.operator.email == email).flat_map(|person| &person.tokens);
    for token in earlier.filter(|token| token.revoked_at.is_none()) {
        operators::revoke_token(store, actor, now, token.id).await?;
    }
    let token = operators::token(store, actor, now, TokenId::new(), &email, &"demo".parse()?).await?;
    Ok((password, token.token.reveal().to_owned()))
}

/// A terminal at a bar; the one of the last start ends.
async fn terminal(context: &Context, event: &Event) -> anyhow::Result<String> {
    let Context { store, keys, actor, .. } = context;
    let now = context.clock.now();
    if !event.is_open() {
        return Ok(String::new());
    }
    let earlier = terminals::list(&mut *store.read().await?, Some(event.id), None, 200).await?;
    for terminal in earlier.iter().filter(|terminal| terminal.revoked_at.is_none()) {
        if terminal.device_name.as_deref() == Some(DEVICE) {
            terminals::revoke(store, actor, now, terminal.id, Some("the demo started again")).await?;
        }
    }
    let added = terminals::add(store, keys, actor, now, event, &bar(context, event).await?).await?;
    let enrolled = terminals::enrol(store, keys, now, &added.code, DEVICE).await?;
    let enrolled = enrolled.map_err(|refusal| anyhow!(refusal.sentence()))?;
    Ok(enrolled.token.reveal().to_owned())
}

/// A terminal for whoever opens the link; those of earlier starts that nobody opened end.
async fn app_link(context: &Context, event: &Event) -> anyhow::Result<Option<String>> {
    let Context { store, keys, actor, settings, .. } = context;
    if !event.is_open() {
        return Ok(None);
    }
    let now = context.clock.now();
    for terminal in terminals::list(&mut *store.read().await?, Some(event.id), None, 200).await? {
        if terminal.enrolled_at.is_none() && terminal.revoked_at.is_none() {
            terminals::revoke(store, actor, now, terminal.id, Some("the demo started again")).await?;
        }
    }
    let added = terminals::add(store, keys, actor, now, event, &bar(context, event).await?).await?;
    Ok(Some(terminals::app_link(&settings.public_url, &added.code)))
}

const DEVICE: &str = "Demo terminal";
