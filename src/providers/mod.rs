//! Payment providers: what they report and how we know it is true.
//!
//! An adapter turns a provider's own messages into one [`PaymentReport`], wrapped in [`Verified`]. Only code
//! in this room can make a `Verified`, and settling accepts nothing else, so that no unverified callback can
//! ever become money. Wire structs stay in the adapter's own folder.
//!
//! A payment becomes known in three ways, and all three end in the same report:
//!
//! | way | call | proof |
//! |---|---|---|
//! | callback | [`Provider::verify_callback`] | a signature over the raw bytes |
//! | details | [`Provider::details`] | our request over TLS to a host we configured |
//! | list | [`Provider::list`] | the same |
//!
//! Outgoing calls fail as [`CallError`]: try again, don't, or their answer makes no sense. A callback fails as
//! [`CallbackError`]: our side can't check it now (answer 503, the provider comes again), or it is not genuine
//! (answer 401). Nothing here retries, stores or rate-limits; that is for the rooms above, which know what they
//! are doing it for. The one thing kept is the provider's key set, because each callback needs it.
//!
//! Bancontact's Top-Up code is printed and paid without asking us. [`multisafepay`] and [`wooshpay`] make one payment
//! for each top-up ([`Provider::create`]): an [`OrderId`] of ours is drawn and stored before they hear of it, so that an
//! answer that never came is found again by asking for the order, and the wallet is the order's, whatever they report. An
//! id is taken once: the same order asked for again makes no second payment. MultiSafepay says so; of WooshPay's
//! idempotency key its public description lets it be concluded, and a payment that nobody was led to can't be paid.
//!
//! Money goes back with [`Provider::refund`], as often as [`Capabilities::refunds`] says, and never 0 by accident: a
//! [`RefundAmount`] can't be. Nothing above asks for refunds yet. One that somebody made in the provider's own pages
//! comes back as [`PaymentReport::refunded_cents`]; Bancontact tells of none.
//!
//! **A fourth provider** is one folder beside these, and its lines in the lists of this room:
//!
//! 1. the folder: wire structs, how a callback is verified, `details`, `list`, and `create` or a code to print; all of
//!    it behind [`Provider`], whose verification has no default;
//! 2. in it the table `FACTS`: its word in callback addresses and in the database, how it notifies and refunds, what an
//!    account of it needs, what is called how on its side;
//! 3. its [`ProviderName`], in [`ProviderName::ALL`] as well, and its arms in `facts.rs` and [`Adapter`]: the compiler asks
//!    for each arm.
//!
//! What it can't do it says in [`Capabilities`], and nothing offers that. The rooms above know no provider by its
//! messages: settling, reconciling and looking up take reports, and ask the adapter for everything else. Pages, commands
//! and refusals take its names and what is to be entered from its table. Bancontact alone they know by name, as the one
//! whose code is printed. What is left to be read over is prose: the README, the sandbox's help, and comments, from which
//! the API's description is made.

pub mod bancontact;
pub mod multisafepay;
pub mod wooshpay;

mod account;
mod adapter;
mod api_key;
mod connections;
mod environment;
mod error;
mod facts;
mod http;
mod names;
mod order;
mod payment_link;
mod refund;
mod report;
mod service_url;
#[cfg(test)]
pub(crate) mod test_server;
mod verified;

pub use account::{Account, AccountError, NewAccount, SIGNATURE_WINDOW_MAX};
pub use adapter::Adapter;
pub use api_key::{ApiKey, NotAnApiKey};
pub use connections::Connections;
pub use environment::Environment;
pub use error::{CallError, CallbackError, Check, CodeError};
pub use facts::AccountHints;
pub use names::{PaymentId, ProfileId, ProviderName};
pub use order::{NotAnOrderId, OrderId};
pub use payment_link::PaymentLink;
pub use refund::{NewRefund, NotARefund, Refund, RefundAmount, RefundId, RefundName, RefundState, Refunds};
pub use report::{Came, Debtor, PaymentReport, PaymentStatus, Received, Source};
pub use reqwest::header::HeaderMap;
pub use service_url::{NotAServiceUrl, ServiceUrl};
pub use verified::Verified;

use crate::clock::Timestamp;
use crate::money::Cents;
use std::time::Duration;

/// Largest callback body that is looked at, in bytes. The real ones have under 400.
pub const CALLBACK_BODY_BYTES_MAX: usize = 64 * 1024;

/// What an adapter can do, so that nothing is offered that its provider (or a missing key) can't do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// A payment can be made for an order of ours.
    pub creates: bool,
    /// A payment we made and nobody finished can be ended; where not, it ends by itself.
    pub cancels: bool,
    /// A payment can be asked for by its id.
    pub details: bool,
    /// The payments of a window of time can be listed.
    pub list: bool,
    /// How often a payment can be refunded.
    pub refunds: Refunds,
}

/// What a printed code is to say.
#[derive(Clone, Copy, Debug)]
pub struct TopUpCode<'a> {
    /// Comes back with each payment; names the wallet. At most 35 characters.
    pub reference: &'a str,
    /// Shown to the payer. At most 35 characters.
    pub description: Option<&'a str>,
    /// The amount the payer sees first, or can't change; how binding it is was agreed with the provider.
    pub amount: Option<Cents>,
    /// The host a batch was ordered with; `None` takes the adapter's own.
    pub pay_url: Option<&'a ServiceUrl>,
}

/// A payment to be made at a provider.
#[derive(Clone, Copy, Debug)]
pub struct NewPayment<'a> {
    /// Ours; stored before this is sent.
    pub order: OrderId,
    /// How much, above zero.
    pub amount: Cents,
    /// Shown to the payer; 1 to 100 characters.
    pub description: &'a str,
    /// The payer's language: `nl`, `fr`, `de` or `en`.
    pub language: &'a str,
    /// Our page that the payer comes back to, whatever happened.
    pub return_url: &'a str,
    /// How long it can be paid.
    pub payable_for: Duration,
}

/// A payment that was made at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The provider's name for it.
    pub payment: PaymentId,
    /// Where the payer goes to pay.
    pub link: PaymentLink,
    /// What a QR code to be scanned with a bank app says, where the provider gives one. Opened on a phone it leads to the app.
    pub qr: Option<PaymentLink>,
}

/// A callback as it came in. The body is the raw bytes, before anything has parsed or changed them.
#[derive(Clone, Copy, Debug)]
pub struct CallbackRequest<'a> {
    /// All request headers.
    pub headers: &'a HeaderMap,
    /// What followed the `?` of the address; never signed.
    pub query: &'a str,
    /// The body as received.
    pub body: &'a [u8],
}

/// Payments made from `from` up to and including `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub from: Timestamp,
    /// Last instant.
    pub to: Timestamp,
}

/// Where a list goes on: a provider's own word (a page number, a cursor), to be handed back unchanged. It may be
/// stored, to resume later.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageToken(pub String);

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// Newest first. New payments shift rows from page to page, so the same payment may come twice.
    pub reports: Vec<Verified<PaymentReport>>,
    /// Rows that can't be read as a payment. They spoil nothing else, but somebody should look at them.
    pub unreadable: Vec<UnreadableRow>,
    /// The next page, or `None` at the end.
    pub next: Option<PageToken>,
    /// How many payments the provider counts in the whole window.
    pub total: Option<u64>,
}

/// One page of the payments of which money went back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefundPage {
    /// Their ids; the same one may come again. They prove nothing: [`Provider::details`] tells how much went back.
    pub payments: Vec<PaymentId>,
    /// The next page, or `None` at the end.
    pub next: Option<PageToken>,
}

/// A row of a list that is not a payment as we know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Its id, where there was one.
    pub payment_id: Option<PaymentId>,
    /// What was wrong with it.
    pub why: String,
}

/// What every provider does for us, on behalf of one profile (one event).
pub trait Provider {
    /// Which provider.
    fn name(&self) -> ProviderName;

    /// Our profile there, as it is known here.
    fn profile(&self) -> &ProfileId;

    /// What the provider calls it, where a wrong id was corrected after payments were known by it.
    fn profile_there(&self) -> &ProfileId {
        self.profile()
    }

    /// What can be asked of it.
    fn capabilities(&self) -> Capabilities;

    /// The text of the QR code to print: a link that a bank app pays and a phone opens.
    ///
    /// # Errors
    /// Names the part that does not fit the provider's limits.
    fn top_up_code(&self, code: &TopUpCode<'_>) -> Result<String, CodeError>;

    /// Checks a callback. It has no default on purpose: whoever writes an adapter has to think about it.
    ///
    /// # Errors
    /// See [`CallbackError`]; its variants ask for different answers.
    fn verify_callback(
        &self,
        callback: &CallbackRequest<'_>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Verified<PaymentReport>, CallbackError>> + Send;

    /// Asks for one payment. `None`: the provider knows no such payment (or not yet: right after a callback it is
    /// worth asking again).
    ///
    /// # Errors
    /// See [`CallError`].
    fn details(
        &self,
        payment: &PaymentId,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Verified<PaymentReport>>, CallError>> + Send;

    /// Asks for one page of the payments made in a window; `page` is `None` for the first one.
    ///
    /// # Errors
    /// See [`CallError`].
    fn list(
        &self,
        window: Window,
        page: Option<&PageToken>,
        now: Timestamp,
    ) -> impl Future<Output = Result<ListPage, CallError>> + Send;

    /// Asks for one page of the payments of which money went back in a window, or was reserved to go, whenever they were
    /// made; `page` is `None` for the first one. Empty where the provider lists no refunds.
    ///
    /// # Errors
    /// See [`CallError`].
    fn refunded(
        &self,
        _window: Window,
        _page: Option<&PageToken>,
        _now: Timestamp,
    ) -> impl Future<Output = Result<RefundPage, CallError>> + Send {
        async { Ok(RefundPage::default()) }
    }

    /// The profiles that recent payments name, of all that our key opens: ours is among them, or it is not the one the key is
    /// for. Empty where they tell nothing.
    ///
    /// # Errors
    /// See [`CallError`].
    fn profiles_named(
        &self,
        _now: Timestamp,
    ) -> impl Future<Output = Result<Vec<ProfileId>, CallError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// The profile, as the provider calls it, under which one of these payments, which were made for us in a window, stands in
    /// the provider's list of all that our key opens: proof of whose the key is. `None` where none of them stands there, or
    /// rows name no profile.
    ///
    /// # Errors
    /// See [`CallError`].
    fn profile_of(
        &self,
        _payments: &[PaymentId],
        _window: Window,
        _now: Timestamp,
    ) -> impl Future<Output = Result<Option<ProfileId>, CallError>> + Send {
        async { Ok(None) }
    }

    /// Makes a payment for an order of ours. After [`CallError::Retry`] nobody knows whether it was made:
    /// [`Provider::find_order`] tells. After [`CallError::Unsent`] none was.
    ///
    /// # Errors
    /// See [`CallError`].
    fn create(
        &self,
        new: &NewPayment<'_>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Created, CallError>> + Send;

    /// Asks for the payment of an order of ours. `None`: none was made, or not yet.
    ///
    /// # Errors
    /// See [`CallError`].
    fn find_order(
        &self,
        order: &OrderId,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Verified<PaymentReport>>, CallError>> + Send;

    /// Ends a payment we made and that nobody finished. One that succeeds all the same is still reported.
    ///
    /// # Errors
    /// See [`CallError`].
    fn cancel(
        &self,
        payment: &PaymentId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Sends money back. It may be asked for again under the same id, as after [`CallError::Retry`]: money goes once.
    ///
    /// # Errors
    /// See [`CallError`]. After a refusal no money has gone.
    fn refund(
        &self,
        new: &NewRefund<'_>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Refund, CallError>> + Send;

    /// Asks where a refund is. `None`: they know no such refund.
    ///
    /// # Errors
    /// See [`CallError`].
    fn find_refund(
        &self,
        payment: &PaymentId,
        refund: &RefundName,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Refund>, CallError>> + Send;

    /// The payment that an unsigned message is about, where the provider sends such: worth asking for, and proof of
    /// nothing.
    fn hint(&self, _query: &str) -> Option<PaymentId> {
        None
    }

    /// What the provider wants to read in the answer to a callback.
    fn thanks(&self) -> &'static str {
        "{}"
    }
}
