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
//! Another provider is one more folder beside [`bancontact`], one more [`ProviderName`] and one more arm in
//! [`Adapter`]. A provider without a static code of its own says so in [`Capabilities`]; what is printed then is
//! the address of our own page, which makes the payment.

pub mod bancontact;

mod adapter;
mod api_key;
mod connections;
mod error;
mod http;
mod names;
mod report;
mod service_url;
#[cfg(test)]
pub(crate) mod test_server;
mod verified;

pub use adapter::Adapter;
pub use api_key::{ApiKey, NotAnApiKey};
pub use connections::Connections;
pub use error::{CallError, CallbackError, Check, CodeError};
pub use names::{PaymentId, ProfileId, ProviderName};
pub use report::{Debtor, PaymentReport, PaymentStatus, Source};
pub use reqwest::header::HeaderMap;
pub use service_url::{NotAServiceUrl, ServiceUrl};
pub use verified::Verified;

use crate::clock::Timestamp;
use crate::money::Cents;

/// Largest callback body that is looked at, in bytes. The real ones have under 400.
pub const CALLBACK_BODY_BYTES_MAX: usize = 64 * 1024;

/// What an adapter can do, so that nothing is offered that its provider (or a missing key) can't do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The provider has a code that can be printed once and paid many times.
    pub printed_code: bool,
    /// A payment can be asked for by its id.
    pub details: bool,
    /// The payments of a window of time can be listed.
    pub list: bool,
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

/// A callback as it came in. The body is the raw bytes, before anything has parsed or changed them.
#[derive(Clone, Copy, Debug)]
pub struct CallbackRequest<'a> {
    /// All request headers.
    pub headers: &'a HeaderMap,
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

    /// Our profile there.
    fn profile(&self) -> &ProfileId;

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
}
