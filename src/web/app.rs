//! What the web needs to answer, and the slices of it that handlers ask for.

use super::callbacks::Callbacks;
use super::client::{Client, TrustedProxies};
use super::console::books::Audits;
use super::console::today::Live;
use super::events_known::EventsKnown;
use super::health::Readiness;
use super::looks::Looks;
use super::problem::Problem;
use super::proven::Proven;
use super::setup::Setup;
use super::throttle::{Throttle, counted};
use super::turns::Turns;
use crate::clock::Clock;
use crate::db::{self, Store};
use crate::ids::OperatorId;
use crate::ledger::LaneHandle;
use crate::media::Scanner;
use crate::operators::TokenUses;
use crate::payments::Adapters;
use crate::payments::orders::Orders;
use crate::payments::reconcile::Reconciler;
use crate::providers::{OrderId, ServiceUrl};
use crate::secrets::{CodeHash, KeyFile};
use crate::terminals::Till;
use crate::terminals::sightings::Sightings;
use axum::extract::FromRef;
use ipnet::IpNet;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

/// Enrolment codes tried a minute by one address. A code has 40 bits and lives 15 minutes.
const ENROLMENTS_PER_MINUTE: u32 = 10;
/// Sign-ins and password links tried a minute by one address.
const SIGN_INS_PER_MINUTE: u32 = 10;
/// Codes of a phone tried a minute for one person. A code has a million values, and three are right at a time.
const CODES_PER_MINUTE: u32 = 5;
/// Wrong passwords of one person that are written down a minute, wherever they come from: whoever reads the log sees that
/// somebody guesses, and who guesses doesn't fill the database.
const WRONG_PASSWORDS_PER_MINUTE: u32 = 5;
/// Public pages a minute for one address: a festival's own network has one for many visitors, and a scan asks twice. No code
/// can be guessed: a pay code has 80 bits.
const PAGES_PER_MINUTE: u32 = 300;
/// And for one wallet.
const PAGES_PER_WALLET: u32 = 60;
/// Unfreeze codes tried a minute for one wristband. A code has 40 bits.
const UNFREEZES_PER_WALLET: u32 = 5;
/// And by one address: a festival's own network has one for many visitors.
const UNFREEZES_PER_ADDRESS: u32 = 20;
/// Payments a minute that one address has made.
const ORDERS_PER_MINUTE: u32 = 60;
/// How often a minute a provider is asked for one payment because somebody looks at its page.
const LOOK_UPS_PER_MINUTE: u32 = 6;
/// Public pages served at a time. Each takes a reading connection for a millisecond or two, so that these serve any
/// crowd; with the newcomers they are half of what there is at the least, so that the operators' reads find one free.
const PAGES_AT_ONCE: usize = db::READERS_MIN / 4;
/// Looked up at a time of what may well be nobody's: tokens, sessions and enrolment codes that were never seen to work,
/// callbacks for events that were never heard of.
const NEWCOMERS_AT_ONCE: usize = db::READERS_MIN / 4;
/// Camera pictures a minute that one terminal or operator has read: five a second, which is what our pages send at most.
const PICTURES_PER_MINUTE: u32 = 300;
/// Pictures read at a time. Each takes a core for some milliseconds, and charges need cores too.
const PICTURES_AT_ONCE: usize = 2;
/// Downloads of a batch at a time.
const DOWNLOADS_MAX: usize = 4;
/// Statements added up at a time: that takes seconds where there are millions of transfers, and a reading connection.
const STATEMENTS_MAX: usize = 2;

/// The running service: what all its pages and calls share. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    setup: Setup,
    proxies: TrustedProxies,
    metrics_allow: MetricsAllow,
    scanner: Arc<Scanner>,
    till: Till,
    events: EventsKnown,
    callbacks: Callbacks,
    limits: Limits,
    downloads: Downloads,
    statements: Statements,
    readiness: Readiness,
    background: TaskTracker,
    live: Live,
    audits: Audits,
    sightings: Arc<Sightings>,
    token_uses: Arc<TokenUses>,
}

impl App {
    /// Starts nothing; [`super::router`] and [`super::serve`] do.
    #[must_use]
    pub fn new(setup: Setup) -> App {
        let background = TaskTracker::new();
        let scanner =
            Arc::new(Scanner::new(setup.store.clone(), Arc::clone(&setup.keys), setup.public_url.clone()));
        let events = EventsKnown::new(setup.store.clone(), setup.clock.clone());
        let limits = Limits::new(&setup.clock);
        App(Arc::new(Inner {
            proxies: TrustedProxies(setup.trusted_proxies.clone().into()),
            metrics_allow: MetricsAllow(setup.metrics_allow.clone().into()),
            till: Till::new(setup.store.clone(), setup.lane.clone(), Arc::clone(&scanner)),
            scanner,
            callbacks: Callbacks::new(&setup, events.clone(), limits.clone(), background.clone()),
            events,
            limits,
            downloads: Downloads(Arc::new(Semaphore::new(DOWNLOADS_MAX))),
            statements: Statements(Arc::new(Semaphore::new(STATEMENTS_MAX))),
            readiness: Readiness::default(),
            live: Live::new(background.clone()),
            audits: Audits::new(background.clone()),
            sightings: Arc::default(),
            token_uses: Arc::default(),
            background,
            setup,
        }))
    }

    /// Ends what is streamed until somebody ends it, and writes what was only noted.
    pub(in crate::web) async fn end_streams(&self) {
        self.0.live.end();
        self.0.audits.end();
        self.write_sightings().await;
    }

    /// Writes which terminals were heard of, and which tokens were used.
    pub(in crate::web) async fn write_sightings(&self) {
        let store = &self.0.setup.store;
        if let Err(error) = self.0.sightings.write(store).await {
            tracing::warn!(%error, "when terminals were heard of can't be written now");
        }
        if let Err(error) = self.0.token_uses.write(store).await {
            tracing::warn!(%error, "when tokens were used can't be written now");
        }
    }

    /// Waits for what was begun on behalf of requests that are answered already.
    pub async fn finish(&self) {
        self.0.background.close();
        self.0.background.wait().await;
    }
}

/// The rate limits of what anybody can call.
#[derive(Clone)]
pub(in crate::web) struct Limits {
    enrolments: Arc<Throttle>,
    sign_ins: Arc<Throttle>,
    codes: Arc<Throttle>,
    wrong_passwords: Arc<Throttle>,
    pages: Arc<Throttle>,
    wallets: Arc<Throttle>,
    unfreezes: Arc<Throttle>,
    unfrozen_wallets: Arc<Throttle>,
    pictures: Arc<Throttle>,
    orders: Arc<Throttle>,
    looks: Arc<Looks>,
    look_ups: Arc<Throttle>,
    pages_at_once: Turns,
    pictures_at_once: Turns,
    newcomers: Turns,
    proven: Arc<Proven>,
}

impl Limits {
    fn new(clock: &Clock) -> Limits {
        let limit = |per_minute| Arc::new(Throttle::per_minute(per_minute, clock.clone()));
        let newcomers = Turns::at_once(NEWCOMERS_AT_ONCE, "newcomers-at-once");
        Limits {
            enrolments: limit(ENROLMENTS_PER_MINUTE),
            sign_ins: limit(SIGN_INS_PER_MINUTE),
            codes: limit(CODES_PER_MINUTE),
            wrong_passwords: limit(WRONG_PASSWORDS_PER_MINUTE),
            pages: limit(PAGES_PER_MINUTE),
            wallets: limit(PAGES_PER_WALLET),
            unfreezes: limit(UNFREEZES_PER_ADDRESS),
            unfrozen_wallets: limit(UNFREEZES_PER_WALLET),
            pictures: limit(PICTURES_PER_MINUTE),
            orders: limit(ORDERS_PER_MINUTE),
            looks: Arc::new(Looks::new(clock.clone())),
            look_ups: limit(LOOK_UPS_PER_MINUTE),
            pictures_at_once: Turns::at_once(PICTURES_AT_ONCE, "pictures-at-once"),
            pages_at_once: Turns::at_once(PAGES_AT_ONCE, "pages-at-once"),
            proven: Arc::new(Proven::new(clock.clone(), newcomers.clone())),
            newcomers,
        }
    }

    /// Counts an enrolment.
    pub(in crate::web) fn count_enrolment(&self, client: &Client) -> Result<(), Problem> {
        counted("enrolment", self.enrolments.count(client.key()))
    }

    /// Counts a sign-in or a password link.
    pub(in crate::web) fn count_sign_in(&self, client: &Client) -> Result<(), Problem> {
        counted("sign-in", self.sign_ins.count(client.key()))
    }

    /// Counts a code that somebody's phone should have made, wherever it is tried from.
    pub(in crate::web) fn count_code(&self, of: OperatorId) -> Result<(), Problem> {
        counted("code", self.codes.count(of))
    }

    /// Counts a wrong password of a person; false where so many were written down that one more tells nothing.
    pub(in crate::web) fn writes_wrong_password(&self, of: OperatorId) -> bool {
        self.wrong_passwords.count(of).is_ok()
    }

    /// Counts a public page for whoever asks for it.
    pub(in crate::web) fn count_page(&self, client: &Client) -> Result<(), Problem> {
        counted("page", self.pages.count(client.key()))
    }

    /// Counts a public page for the wallet it shows.
    pub(in crate::web) fn count_wallet(&self, code: CodeHash) -> Result<(), Problem> {
        counted("wallet", self.wallets.count(code))
    }

    /// Counts an unfreeze code for whoever types it and for the wallet it would open.
    pub(in crate::web) fn count_unfreeze(&self, client: &Client, code: CodeHash) -> Result<(), Problem> {
        counted("unfreeze", self.unfreezes.count(client.key()))?;
        counted("unfreeze", self.unfrozen_wallets.count(code))
    }

    /// Counts a payment for whoever has it made.
    pub(in crate::web) fn count_order(&self, client: &Client) -> Result<(), Problem> {
        counted("order", self.orders.count(client.key()))
    }

    /// Counts a look at the page of a payment: for the payment where it is known that there is one, and else as any page.
    pub(in crate::web) fn count_look(&self, client: &Client, order: OrderId) -> Result<(), Problem> {
        self.looks.count(order).unwrap_or_else(|| self.count_page(client))
    }

    /// Remembers that there is a payment.
    pub(in crate::web) fn knows_order(&self, order: OrderId) {
        self.looks.know(order);
    }

    /// Counts a look at the provider for the page of a payment.
    pub(in crate::web) fn count_look_up(&self, order: OrderId) -> Result<(), Problem> {
        self.look_ups.count(order)
    }

    /// Counts a picture of the camera of a terminal or an operator, and waits for its turn, not for long.
    pub(in crate::web) async fn picture_turn(&self, of: uuid::Uuid) -> Result<OwnedSemaphorePermit, Problem> {
        counted("picture", self.pictures.count(of))?;
        self.pictures_at_once.take().await
    }

    /// Waits for a public page's turn, not for long.
    pub(in crate::web) async fn page_turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.pages_at_once.take().await
    }

    /// Waits for the turn of somebody nobody knows yet, not for long.
    pub(in crate::web) async fn newcomers_turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.newcomers.take().await
    }

    /// Whoever `look_up` finds behind a token or a session, which is counted unless it worked lately.
    pub(in crate::web) async fn holder<T, E>(
        &self,
        client: &Client,
        secret: &str,
        look_up: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Option<T>, Problem>
    where
        Problem: From<E>,
    {
        self.proven.holder(client, secret, look_up).await
    }
}

/// Who besides this machine reads `/metrics`.
#[derive(Clone)]
pub(in crate::web) struct MetricsAllow(pub(in crate::web) Arc<[IpNet]>);

/// Files that are written while they are sent, so many at a time: each takes a thread, a connection to the database
/// and, for sheets and pictures, all cores for moments.
#[derive(Clone)]
pub(in crate::web) struct Downloads(pub(in crate::web) Arc<Semaphore>);

/// Who adds books up, so many at a time: operators who ask for them again and again leave the connections to the bars.
#[derive(Clone)]
pub(in crate::web) struct Statements(Arc<Semaphore>);

impl Statements {
    /// Waits for a turn; it ends when the answer is dropped.
    pub(in crate::web) async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.0).acquire_owned().await.expect("it is never closed")
    }
}

/// Where we are reached from outside.
#[derive(Clone)]
pub(in crate::web) struct PublicUrl(pub(in crate::web) ServiceUrl);

macro_rules! slices {
    ($($slice:ty = $from:expr;)*) => {$(
        impl FromRef<App> for $slice {
            fn from_ref(app: &App) -> $slice {
                let from: fn(&Inner) -> $slice = $from;
                from(&app.0)
            }
        }
    )*};
}

slices! {
    Store = |app| app.setup.store.clone();
    Arc<KeyFile> = |app| Arc::clone(&app.setup.keys);
    LaneHandle = |app| app.setup.lane.clone();
    Clock = |app| app.setup.clock.clone();
    PublicUrl = |app| PublicUrl(app.setup.public_url.clone());
    TrustedProxies = |app| app.proxies.clone();
    MetricsAllow = |app| app.metrics_allow.clone();
    Arc<Scanner> = |app| Arc::clone(&app.scanner);
    Till = |app| app.till.clone();
    Adapters = |app| app.setup.adapters.clone();
    Orders = |app| Orders {
        store: app.setup.store.clone(),
        keys: Arc::clone(&app.setup.keys),
        lane: app.setup.lane.clone(),
        adapters: app.setup.adapters.clone(),
        clock: app.setup.clock.clone(),
    };
    Reconciler = |app| app.setup.reconciler.clone();
    EventsKnown = |app| app.events.clone();
    Callbacks = |app| app.callbacks.clone();
    Limits = |app| app.limits.clone();
    Downloads = |app| app.downloads.clone();
    Statements = |app| app.statements.clone();
    Readiness = |app| app.readiness.clone();
    TaskTracker = |app| app.background.clone();
    Live = |app| app.live.clone();
    Audits = |app| app.audits.clone();
    Arc<Sightings> = |app| Arc::clone(&app.sightings);
    Arc<TokenUses> = |app| Arc::clone(&app.token_uses);
}
