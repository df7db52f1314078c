//! What is known and written of charges and voids.

use crate::clock::Timestamp;
use crate::codes::Serial;
use crate::ids::{AccountId, ChargeId, EventId, MediumId, PointOfSaleId, TerminalId, TransferId};
use crate::money::Cents;

/// What a batch must know of a terminal. Both change only behind the gate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) live: bool,
    pub(super) single_codes: bool,
}

/// A charge that happened.
#[derive(Clone, Debug)]
pub(super) struct Sale {
    pub(super) terminal_id: TerminalId,
    pub(super) point_of_sale_id: PointOfSaleId,
    pub(super) medium_id: MediumId,
    pub(super) serial: Serial,
    pub(super) lines: String,
    pub(super) amount: Cents,
    /// The wallet's balance after it.
    pub(super) balance: Cents,
    pub(super) wallet: AccountId,
    pub(super) vendor: AccountId,
    pub(super) at: Timestamp,
    /// The wallet's balance after its void.
    pub(super) voided: Option<Cents>,
}

/// What an id stands for already.
#[derive(Clone, Debug)]
pub(super) enum Taken {
    Sale(Box<Sale>),
    /// A transfer that is no sale.
    Otherwise,
}

/// A charge to be written beside its transfer.
#[derive(Clone, Debug)]
pub(super) struct NewSale {
    pub(super) event_id: EventId,
    pub(super) id: ChargeId,
    pub(super) sale: Sale,
}

/// A void to be written beside its transfer.
#[derive(Clone, Debug)]
pub(super) struct NewVoid {
    pub(super) event_id: EventId,
    pub(super) charge: ChargeId,
    pub(super) transfer: TransferId,
    pub(super) actor: String,
    pub(super) reason: String,
}
