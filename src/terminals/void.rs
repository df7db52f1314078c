//! Takes a charge back: its mirror entry, once.

use super::page::{Key, TillPage};
use super::sale::{NewVoid, Sale, Taken};
use super::{Refusal, Terminal, Till, TillError, store};
use crate::audit_log::{Actor, Entry};
use crate::codes::holds_pay_code;
use crate::ids::{ChargeId, EventId, TransferId, VendorId};
use crate::ledger::{Account, Book, Code, Entries, Posting, Request, Touches};
use crate::money::Cents;
use std::sync::Arc;
use std::time::Duration;

/// How long a terminal may void its own charges. Later it takes an operator.
pub const TERMINAL_VOID_WINDOW: Duration = Duration::from_secs(5 * 60);
/// Longest reason, in characters.
pub(super) const REASON_CHARS_MAX: usize = 500;

/// A charge that was taken back, the same each time it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voided {
    /// The charge.
    pub id: ChargeId,
    /// How much went back.
    pub amount: Cents,
    /// What the wallet held after it.
    pub balance: Cents,
}

impl Till {
    /// Voids a terminal's own charge within five minutes. The money goes back to the wallet it came from, whatever
    /// became of the medium since.
    ///
    /// # Errors
    /// [`TillError`]: nothing is known of the outcome then, ask again. A refusal is not an error but an answer.
    pub async fn void(
        &self,
        terminal: &Arc<Terminal>,
        id: ChargeId,
        reason: Option<&str>,
    ) -> Result<Result<Voided, Refusal>, TillError> {
        self.void_of(terminal.event_id, id, By::Terminal(terminal.clone()), reason).await
    }

    /// Voids any charge of an open event for an operator. Charge ids are unique within an event: `event` is needed
    /// only where two events have a charge of this id.
    ///
    /// # Errors
    /// [`TillError`]: nothing is known of the outcome then, ask again. A refusal is not an error but an answer.
    pub async fn void_anywhere(
        &self,
        actor: &Actor,
        event: Option<EventId>,
        id: ChargeId,
        reason: Option<&str>,
    ) -> Result<Result<Voided, Refusal>, TillError> {
        let event = match event {
            Some(event) => event,
            None => {
                let events = store::charged_in(&mut *self.store.read().await?, id).await?;
                match events.as_slice() {
                    [] => return Ok(Err(Refusal::UnknownCharge)),
                    [event] => *event,
                    _ => return Ok(Err(Refusal::AmbiguousCharge)),
                }
            }
        };
        self.void_of(event, id, By::Operator(actor.clone()), reason).await
    }

    async fn void_of(
        &self,
        event: EventId,
        id: ChargeId,
        by: By,
        reason: Option<&str>,
    ) -> Result<Result<Voided, Refusal>, TillError> {
        // A sale is taken back whatever was scanned into the reason; what spends is not kept.
        let reason = reason.map(str::trim).filter(|reason| !holds_pay_code(reason)).unwrap_or_default();
        if reason.chars().count() > REASON_CHARS_MAX {
            return Ok(Err(Refusal::ReasonTooLong));
        }
        let reason = reason.to_owned();
        Ok(self.lane.submit(VoidRequest { event, id, by, reason }).await?)
    }
}

#[derive(Clone)]
enum By {
    Terminal(Arc<Terminal>),
    Operator(Actor),
}

struct VoidRequest {
    event: EventId,
    id: ChargeId,
    by: By,
    reason: String,
}

impl Request for VoidRequest {
    type Answer = Result<Voided, Refusal>;

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.event);
        let terminal = match &self.by {
            By::Terminal(terminal) => Some(terminal.id),
            By::Operator(_) => None,
        };
        touches.page::<TillPage>(Key { event: self.event, charge: self.id, terminal, spent_by: None });
    }

    fn decide(&self, book: &mut Book) -> Result<Voided, Refusal> {
        let sale = self.sale(book)?;
        match sale.voided {
            Some(balance) => Ok(Voided { id: self.id, amount: sale.amount, balance }),
            None => self.void(book, &sale),
        }
    }
}

impl VoidRequest {
    /// The charge, if whoever asks may know of it.
    fn sale(&self, book: &mut Book) -> Result<Sale, Refusal> {
        let page = book.page::<TillPage>();
        let own = match &self.by {
            By::Terminal(terminal) if !page.is_live(self.event, terminal.id) => {
                return Err(Refusal::TerminalRevoked);
            }
            By::Terminal(terminal) => Some(terminal.id),
            By::Operator(_) => None,
        };
        match page.taken(self.event, self.id) {
            Some(Taken::Sale(sale)) if own.is_none_or(|own| own == sale.terminal_id) => Ok((**sale).clone()),
            _ => Err(Refusal::UnknownCharge),
        }
    }

    fn void(&self, book: &mut Book, sale: &Sale) -> Result<Voided, Refusal> {
        if !book.event(self.event).is_some_and(crate::events::Event::is_open) {
            return Err(Refusal::EventClosed);
        }
        let actor = match &self.by {
            By::Terminal(_) if book.now().since(sale.at) > TERMINAL_VOID_WINDOW => {
                return Err(Refusal::TooLateToVoid);
            }
            By::Terminal(terminal) => Actor::Terminal(terminal.id),
            By::Operator(actor) => actor.clone(),
        };
        let transfer = TransferId::new();
        let balance = book
            .post(Posting {
                id: transfer,
                event_id: self.event,
                code: Code::Void,
                debit: Account::Vendor(VendorId(sale.vendor.0)),
                credit: Account::Wallet(sale.wallet),
                amount: sale.amount,
                fact_id: self.id.0,
                place: Some(sale.point_of_sale_id),
            })
            .map_err(|_| Refusal::WalletFull)?;
        if let By::Operator(_) = self.by {
            book.page::<Entries>().add(Entry {
                event: Some(self.event),
                reason: (!self.reason.is_empty()).then(|| self.reason.clone()),
                detail: Some(format!("{} back to {}", sale.amount, sale.serial.grouped())),
                ..Entry::new(&actor, "charge voided", self.id.to_string())
            });
        }
        let new = NewVoid {
            event_id: self.event,
            charge: self.id,
            transfer,
            actor: actor.to_string(),
            reason: self.reason.clone(),
        };
        book.page::<TillPage>().void(new, balance);
        Ok(Voided { id: self.id, amount: sale.amount, balance })
    }
}
