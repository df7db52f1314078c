//! Takes a charge back: its mirror entry, once.

use super::page::{Key, NewVoid, Sale, Taken, TillPage};
use super::{Refusal, Terminal, Till, TillError, store};
use crate::audit_log::{Actor, Entry};
use crate::db::Error;
use crate::ids::{AccountId, ChargeId, EventId, TransferId, VendorId};
use crate::ledger::{Account, Book, Code, Entries, Posting, Request, Touches};
use crate::money::Cents;
use std::sync::Arc;
use std::time::Duration;

/// How long a terminal may void its own charges. Later it takes an operator.
pub const TERMINAL_VOID_WINDOW: Duration = Duration::from_secs(5 * 60);
/// Longest reason, in characters; what is longer is cut.
const REASON_CHARS_MAX: usize = 500;

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
        let reason: String = reason.unwrap_or_default().trim().chars().take(REASON_CHARS_MAX).collect();
        let mut wallet = store::charged_wallet(&mut *self.store.read().await?, event, id).await?;
        loop {
            let request = VoidRequest { event, id, wallet, by: by.clone(), reason: reason.clone() };
            match self.lane.submit(request).await? {
                Decision::Answered(answer) => return Ok(answer),
                Decision::WalletIs(found) if wallet == Some(found) => {
                    return Err(Error::Corrupt(format!("charge {id} without its wallet")).into());
                }
                // The charge was committed since its wallet was looked for.
                Decision::WalletIs(found) => wallet = Some(found),
            }
        }
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
    wallet: Option<AccountId>,
    by: By,
    reason: String,
}

enum Decision {
    Answered(Result<Voided, Refusal>),
    /// Can't be decided without this wallet: ask again with it.
    WalletIs(AccountId),
}

impl Request for VoidRequest {
    type Answer = Decision;

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.event);
        if let Some(wallet) = self.wallet {
            touches.wallet(self.event, wallet);
        }
        let terminal = match &self.by {
            By::Terminal(terminal) => Some(terminal.id),
            By::Operator(_) => None,
        };
        touches.page::<TillPage>(Key { event: self.event, charge: self.id, terminal, spent_by: None });
    }

    fn decide(&self, book: &mut Book) -> Decision {
        match self.sale(book) {
            Err(refusal) => Decision::Answered(Err(refusal)),
            Ok(sale) => match sale.voided {
                Some(balance) => Decision::Answered(Ok(Voided { id: self.id, amount: sale.amount, balance })),
                None if book.wallet(sale.wallet).is_none() => Decision::WalletIs(sale.wallet),
                None => Decision::Answered(self.void(book, &sale)),
            },
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
            })
            .map_err(|_| Refusal::WalletFull)?;
        if let By::Operator(_) = self.by {
            book.page::<Entries>().add(Entry {
                event: Some(self.event),
                reason: (!self.reason.is_empty()).then(|| self.reason.clone()),
                detail: Some(format!("{} cents back to serial {}", sale.amount.0, sale.serial.as_str())),
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
