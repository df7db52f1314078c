//! How much can be paid now onto one wallet, and what of that is told.

use super::Place;
use crate::events::top_up_limits::{self, TopUpLimits, holds, room};
use crate::money::Cents;
use crate::payments::orders::Orders;
use crate::web::app::PublicUrl;
use crate::web::problem::Problem;
use crate::web::visitor::holder::balance_in;
use axum::http::HeaderMap;

/// What can be paid.
#[derive(Clone, Copy)]
pub(super) struct Payable {
    /// Of what the event allows and its wallets hold, as much as fits.
    pub(super) allowed: TopUpLimits,
    /// How much that is, where it is less than can be paid onto another wallet.
    pub(super) room: Option<Cents>,
    /// The most that a wallet holds, where what is on this one is not told.
    pub(super) most: Option<Cents>,
}

impl Payable {
    /// On the form.
    pub(super) async fn of(
        orders: &Orders,
        public_url: &PublicUrl,
        place: &Place,
        headers: &HeaderMap,
    ) -> Result<Payable, Problem> {
        let allowed = top_up_limits::payable(&mut *orders.store.read().await?, &place.event).await?;
        Payable::onto(orders, public_url, place, headers, allowed).await
    }

    /// Of what is allowed. What fits is told, and kept to, where the wallet is open in this browser: elsewhere it would tell
    /// what is on it.
    pub(super) async fn onto(
        orders: &Orders,
        public_url: &PublicUrl,
        place: &Place,
        headers: &HeaderMap,
        allowed: TopUpLimits,
    ) -> Result<Payable, Problem> {
        let balance = balance_in(headers, public_url, orders, place.medium.wallet_id).await?;
        let most = holds(&place.event.rules).filter(|_| balance.is_none());
        let room = balance.and_then(|balance| room(&place.event.rules, balance));
        Ok(Payable { allowed: allowed.within(room), room: room.filter(|room| *room < allowed.max), most })
    }
}
