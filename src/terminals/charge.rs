//! Charges a wallet: the one function that judges a sale.

use super::page::{Key, SPENDING_WINDOW, TillPage};
use super::sale::{NewSale, Sale, Taken};
use super::{AmountProblem, Line, Refusal, Terminal, Till, TillError, lines};
use crate::clock::Timestamp;
use crate::codes::Serial;
use crate::events::{Codes, Rules};
use crate::ids::{AccountId, ChargeId, TransferId};
use crate::ledger::{Account, Book, Code, LaneError, PostError, Posting, Request, Touches};
use crate::media::{CodeKind, MediumStatus, Scanned};
use crate::money::Cents;
use crate::secrets::CodeHash;
use crate::words;
use std::sync::Arc;

words! {
    /// What became of a charge.
    ChargeStatus, "a charge's status" {
        /// The wallet paid.
        Accepted = "accepted",
        /// It got its money back.
        Voided = "voided",
    }
}

/// A sale as a terminal asks for it. It has no `Debug`, because the code spends.
#[derive(Clone)]
pub struct NewCharge {
    /// Made by the terminal when the basket opened; any UUID but the one of zeros.
    pub id: ChargeId,
    /// Any scanned text.
    pub code: String,
    /// How much.
    pub amount: Cents,
    /// What for; may be empty.
    pub lines: Vec<Line>,
}

/// A charge that happened, the same each time it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    /// Its id.
    pub id: ChargeId,
    /// Whether it still stands.
    pub status: ChargeStatus,
    /// How much.
    pub amount: Cents,
    /// What the wallet held after it.
    pub balance: Cents,
    /// The number printed on the medium.
    pub serial: Serial,
    /// When.
    pub created_at: Timestamp,
    /// True when this request changed nothing: the charge had happened before.
    pub replayed: bool,
}

impl Charged {
    pub(super) fn of(id: ChargeId, sale: &Sale, replayed: bool) -> Charged {
        Charged {
            id,
            status: if sale.voided.is_some() { ChargeStatus::Voided } else { ChargeStatus::Accepted },
            amount: sale.amount,
            balance: sale.balance,
            serial: sale.serial.clone(),
            created_at: sale.at,
            replayed,
        }
    }
}

/// The answer to a charge.
pub(super) type Answer = Result<Charged, Refusal>;

impl Till {
    /// Charges the wallet behind a code. `now` is when the request came in.
    ///
    /// # Errors
    /// [`TillError`]: nothing is known of the outcome then. A refusal is not an error but an answer.
    pub async fn charge(
        &self,
        terminal: &Arc<Terminal>,
        now: Timestamp,
        new: NewCharge,
    ) -> Result<Answer, TillError> {
        let request = self.charge_request(terminal, now, new).await?;
        Ok(self.submit(request).await?)
    }

    pub(super) async fn charge_request(
        &self,
        terminal: &Arc<Terminal>,
        now: Timestamp,
        new: NewCharge,
    ) -> Result<ChargeRequest, TillError> {
        let code = match self.scanner.scan(Some(terminal.event_id), &new.code).await? {
            Scanned::Code { hash, kind, .. } => Ok((hash, kind)),
            Scanned::Mistyped => Err(Refusal::UnknownMedium),
            Scanned::Foreign(why) => Err(Refusal::ForeignCode(why)),
        };
        Ok(ChargeRequest {
            terminal: terminal.clone(),
            received_at: now,
            id: new.id,
            code,
            amount: new.amount,
            sum: lines::check(&new.lines, new.amount),
            lines: lines::written(&new.lines),
        })
    }

    /// Every charge passes here, so that this is where they are counted.
    pub(super) async fn submit(&self, request: ChargeRequest) -> Result<Answer, LaneError> {
        let answer = self.lane.submit(request).await;
        let result = match &answer {
            Ok(Ok(charged)) if charged.replayed => "replayed",
            Ok(Ok(_)) => "accepted",
            Ok(Err(refusal)) => refusal.name(),
            Err(_) => "unavailable",
        };
        metrics::counter!("polsband_charges_total", "result" => result).increment(1);
        answer
    }
}

/// A charge to be decided.
pub(super) struct ChargeRequest {
    terminal: Arc<Terminal>,
    received_at: Timestamp,
    id: ChargeId,
    /// What was scanned. Whatever it is, the id is asked for first: a charge may have happened under it.
    code: Result<(CodeHash, CodeKind), Refusal>,
    amount: Cents,
    lines: String,
    sum: Result<(), AmountProblem>,
}

impl Request for ChargeRequest {
    type Answer = Answer;

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.terminal.event_id);
        let code = self.code.as_ref().ok().map(|(hash, _)| *hash);
        if let Some(hash) = code {
            touches.code(hash);
        }
        touches.page::<TillPage>(Key {
            event: self.terminal.event_id,
            charge: self.id,
            terminal: Some(self.terminal.id),
            spent_by: code.map(|hash| (hash, self.received_at.before(SPENDING_WINDOW))),
        });
    }

    fn decide(&self, book: &mut Book) -> Answer {
        let event_id = self.terminal.event_id;
        let page = book.page::<TillPage>();
        if !page.is_live(event_id, self.terminal.id) {
            return Err(Refusal::TerminalRevoked);
        }
        if let Some(taken) = page.taken(event_id, self.id).cloned() {
            return self.replay(book, &taken);
        }
        let event = book.event(event_id).filter(|event| event.is_open()).ok_or(Refusal::EventClosed)?;
        let rules = event.rules.clone();
        let Rules { charge_min: min, charge_max: max, .. } = rules;
        if self.amount < min || self.amount > max {
            return Err(Refusal::InvalidAmount(AmountProblem::OutOfBounds { min, max }));
        }
        self.sum.map_err(Refusal::InvalidAmount)?;
        self.pay(book, &rules)
    }
}

impl ChargeRequest {
    fn pay(&self, book: &mut Book, rules: &Rules) -> Answer {
        let event_id = self.terminal.event_id;
        let (hash, kind) = self.code.clone()?;
        let (_, medium) = book
            .by_code(hash)
            .filter(|(_, medium)| medium.event_id == event_id)
            .ok_or(Refusal::UnknownMedium)?;
        match kind {
            CodeKind::Serial => return Err(Refusal::SerialCannotPay),
            CodeKind::Reference if rules.codes != Codes::Single => return Err(Refusal::TopUpCodeCannotPay),
            CodeKind::Reference | CodeKind::Pay => {}
        }
        if medium.own_freeze.is_some() && medium.status == MediumStatus::Frozen {
            return Err(Refusal::FrozenByVisitor);
        }
        if medium.status != MediumStatus::Active {
            return Err(Refusal::MediumNotActive(medium.status));
        }
        let (medium_id, serial, wallet) = (medium.id, medium.serial.clone(), medium.wallet_id);
        if rules.codes == Codes::Single {
            self.within_caps(book, rules, wallet)?;
        }
        let vendor = Account::Vendor(self.terminal.vendor_id);
        let vendor_id = vendor.id(event_id);
        let balance = book
            .post(Posting {
                id: TransferId(self.id.0),
                event_id,
                code: Code::Charge,
                debit: Account::Wallet(wallet),
                credit: vendor,
                amount: self.amount,
                fact_id: self.id.0,
                place: Some(self.terminal.point_of_sale_id),
            })
            .map_err(|error| self.short(error))?;
        let sale = Sale {
            terminal_id: self.terminal.id,
            point_of_sale_id: self.terminal.point_of_sale_id,
            medium_id,
            serial,
            lines: self.lines.clone(),
            amount: self.amount,
            balance,
            wallet,
            vendor: vendor_id,
            at: book.now(),
            voided: None,
        };
        let charged = Charged::of(self.id, &sale, false);
        book.page::<TillPage>().sell(NewSale { event_id, id: self.id, sale });
        Ok(charged)
    }

    /// The original answer, if this is the original charge.
    fn replay(&self, book: &Book, taken: &Taken) -> Answer {
        let Taken::Sale(sale) = taken else {
            return Err(Refusal::IdReused { field: "id" });
        };
        let medium = self.code.as_ref().ok().and_then(|(hash, _)| book.by_code(*hash));
        let differs = if sale.terminal_id != self.terminal.id {
            Some("terminal")
        } else if medium.is_none_or(|(_, medium)| medium.id != sale.medium_id) {
            Some("code")
        } else if sale.amount != self.amount {
            Some("amount_cents")
        } else if sale.lines != self.lines {
            Some("lines")
        } else {
            None
        };
        match differs {
            Some(field) => Err(Refusal::IdReused { field }),
            None => Ok(Charged::of(self.id, sale, true)),
        }
    }

    /// A photographed top-up code is a copied one: where those pay, what a thief can take is capped.
    fn within_caps(&self, book: &mut Book, rules: &Rules, wallet: AccountId) -> Result<(), Refusal> {
        if self.amount > rules.single_charge_max {
            let problem = AmountProblem::OverChargeCap { max: rules.single_charge_max };
            return Err(Refusal::InvalidAmount(problem));
        }
        let since = book.now().before(SPENDING_WINDOW);
        let spent = book.page::<TillPage>().spent(wallet, since);
        let left = rules.single_window_max.minus(spent).map_or(Cents::ZERO, |left| left.max(Cents::ZERO));
        if self.amount > left {
            return Err(Refusal::InvalidAmount(AmountProblem::OverWindowCap { left }));
        }
        Ok(())
    }

    fn short(&self, error: PostError) -> Refusal {
        match error {
            PostError::Insufficient { balance } => Refusal::InsufficientFunds {
                balance,
                missing: self.amount.minus(balance).unwrap_or(self.amount),
            },
            PostError::OutOfRange => Refusal::WalletFull,
        }
    }
}
