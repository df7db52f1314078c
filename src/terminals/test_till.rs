//! A bar for the tests: an enrolled terminal at a festival, with verbs.

use super::charge::Answer;
use super::{Balance, Charged, Line, NewCharge, Refusal, Terminal, Till, Voided, add, enrol, revoke};
use crate::db::Store;
use crate::events::Rules;
use crate::ids::ChargeId;
use crate::ledger::LaneHandle;
use crate::ledger::test_festival::{Festival, actor};
use crate::money::Cents;
use crate::print::Piece;
use std::ops::Deref;
use std::sync::Arc;
use uuid::Uuid;

/// A terminal of a festival.
pub(super) struct Bar {
    pub(super) festival: Festival,
    pub(super) till: Till,
    pub(super) terminal: Arc<Terminal>,
    pub(super) token: String,
}

impl Deref for Bar {
    type Target = Festival;
    fn deref(&self) -> &Festival {
        &self.festival
    }
}

impl Bar {
    pub(super) async fn open(store: Store) -> Bar {
        Bar::at(Festival::open(store).await).await
    }

    pub(super) async fn with_rules(store: Store, rules: Rules) -> Bar {
        Bar::at(Festival::with_rules(store, rules).await).await
    }

    pub(super) async fn at(festival: Festival) -> Bar {
        let till = Till::new(festival.store.clone(), festival.lane.clone(), festival.scanner());
        let token = new_token(&festival).await;
        let terminal = till.terminal(&token).await.unwrap().expect("it was enrolled a moment ago");
        Bar { festival, till, terminal, token }
    }

    /// Another terminal at the same bar.
    pub(super) async fn another_terminal(&self) -> Arc<Terminal> {
        let token = new_token(&self.festival).await;
        self.till.terminal(&token).await.unwrap().expect("it was enrolled a moment ago")
    }

    /// The till of another process.
    pub(super) fn till_on(&self, lane: LaneHandle) -> Till {
        Till::new(self.store.clone(), lane, self.scanner())
    }

    pub(super) async fn sells(&self, piece: &Piece, cents: i64) -> Answer {
        self.charges(sale(&piece.pay_qr_text, cents)).await
    }

    pub(super) async fn charges(&self, new: NewCharge) -> Answer {
        self.till.charge(&self.terminal, self.clock.now(), new).await.unwrap()
    }

    /// A sale that must be accepted.
    pub(super) async fn sold(&self, piece: &Piece, cents: i64) -> Charged {
        self.sells(piece, cents).await.unwrap()
    }

    pub(super) async fn looks_up(&self, text: &str) -> Result<Balance, Refusal> {
        self.till.look_up(&self.terminal, self.clock.now(), text).await.unwrap()
    }

    pub(super) async fn voids(&self, id: ChargeId) -> Result<Voided, Refusal> {
        self.till.void(&self.terminal, id, None).await.unwrap()
    }

    pub(super) async fn reads_back(&self, id: ChargeId) -> Result<Option<Charged>, Refusal> {
        self.till.read_back(&self.terminal, id).await.unwrap()
    }

    pub(super) async fn is_revoked(&self) {
        let now = self.clock.now();
        revoke(&self.store, &actor(), now, self.terminal.id, Some("stolen")).await.unwrap().unwrap();
    }
}

/// A sale of anything, under a new id.
pub(super) fn sale(code: &str, cents: i64) -> NewCharge {
    let id = ChargeId(Uuid::now_v7());
    NewCharge { id, code: code.to_owned(), amount: Cents(cents), lines: Vec::new() }
}

pub(super) fn line(product: &str, quantity: i64, unit_cents: i64) -> Line {
    Line { product: product.to_owned(), quantity, unit_cents: Cents(unit_cents) }
}

async fn new_token(festival: &Festival) -> String {
    let (store, keys, now) = (&festival.store, &festival.keys, festival.clock.now());
    let added = add(store, keys, &actor(), now, &festival.event, &festival.bar.name).await.unwrap();
    let enrolled = enrol(store, keys, now, &added.code, "till").await.unwrap().unwrap();
    enrolled.token.reveal().to_owned()
}
