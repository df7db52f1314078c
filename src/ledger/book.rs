//! The book: the working copy a batch decides against.

use super::posting::{Code, Side};
use super::{Account, Page, Pages, Transfer};
use crate::clock::Timestamp;
use crate::events::Event;
use crate::ids::{AccountId, EventId, MediumId, MoveId, PointOfSaleId, TransferId};
use crate::media::moves::store::{MadeMove, NewMove, StatusChange};
use crate::media::{CodeKind, LifecycleMove, Medium, MediumStatus, NotAllowedFrom, UnfreezeHash};
use crate::money::Cents;
use crate::secrets::CodeHash;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A wallet as the batch sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Whose.
    pub event_id: EventId,
    /// Its account.
    pub id: AccountId,
    /// What it holds.
    pub balance: Cents,
    /// Advanced by every transfer and lifecycle move.
    pub version: i64,
    /// The version that was read; a write is guarded by it.
    pub read_version: i64,
    /// The medium that spends from it now.
    pub holder_id: MediumId,
}

/// Why a transfer can't be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// The wallet holds less than is to be debited.
    #[error("the wallet holds {balance}")]
    Insufficient {
        /// What it holds.
        balance: Cents,
    },
    /// The balance would leave the range of an amount.
    #[error("the wallet can't hold that much")]
    OutOfRange,
}

/// What is to be posted; kinds of account come from the posting table.
#[derive(Clone, Debug)]
pub struct Posting {
    /// Made by the caller.
    pub id: TransferId,
    /// Whose books.
    pub event_id: EventId,
    /// The business reason.
    pub code: Code,
    /// Debited.
    pub debit: Account,
    /// Credited.
    pub credit: Account,
    /// Above zero.
    pub amount: Cents,
    /// What it stems from.
    pub fact_id: Uuid,
    /// Where it happened, if at a point of sale.
    pub place: Option<PointOfSaleId>,
}

/// A lifecycle move to be recorded.
#[derive(Clone, Debug)]
pub struct Moving {
    /// Named by who asks.
    pub id: MoveId,
    /// What is asked.
    pub asked: LifecycleMove,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// What a move brings with it: with whom the wallet changes hands, and what undoes a visitor's freeze.
#[derive(Default)]
struct Brings {
    successor: Option<MediumId>,
    predecessor: Option<MediumId>,
    own_freeze: Option<UnfreezeHash>,
}

/// The working copy.
#[derive(Default)]
pub struct Book {
    pub(super) now: Timestamp,
    pub(super) events: HashMap<EventId, Event>,
    pub(super) codes: HashMap<CodeHash, (CodeKind, MediumId)>,
    pub(super) media: HashMap<MediumId, Medium>,
    pub(super) wallets: BTreeMap<AccountId, Wallet>,
    pub(super) known_moves: HashMap<MoveId, MadeMove>,
    pub(super) transfers: Vec<Transfer>,
    pub(super) changes: BTreeMap<MediumId, StatusChange>,
    pub(super) moves: Vec<NewMove>,
    pub(super) pages: Pages,
}

impl Book {
    /// When the batch is decided.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// An event that a request touched.
    #[must_use]
    pub fn event(&self, id: EventId) -> Option<&Event> {
        self.events.get(&id)
    }

    /// The medium behind a code, and which of its codes that is.
    #[must_use]
    pub fn by_code(&self, hash: CodeHash) -> Option<(CodeKind, &Medium)> {
        let (kind, id) = self.codes.get(&hash)?;
        Some((*kind, self.media.get(id)?))
    }

    /// A medium that a request touched.
    #[must_use]
    pub fn medium(&self, id: MediumId) -> Option<&Medium> {
        self.media.get(&id)
    }

    /// A wallet that a request touched.
    #[must_use]
    pub fn wallet(&self, id: AccountId) -> Option<&Wallet> {
        self.wallets.get(&id)
    }

    /// The medium that spends from this wallet now.
    #[must_use]
    pub fn holder(&self, wallet: AccountId) -> Option<&Medium> {
        self.media.get(&self.wallets.get(&wallet)?.holder_id)
    }

    /// A room's own rows.
    pub fn page<P: Page>(&mut self) -> &mut P {
        self.pages.get()
    }

    /// Every wallet the batch looks at, in the order of their ids.
    pub(super) fn all_wallets(&self) -> Vec<(EventId, AccountId)> {
        self.wallets.values().map(|wallet| (wallet.event_id, wallet.id)).collect()
    }

    /// Posts a transfer; answers the wallet's balance after it, or zero where no wallet is touched.
    ///
    /// # Errors
    /// [`PostError`]; the book is unchanged then.
    ///
    /// # Panics
    /// When the accounts are not those of the posting table, the amount is not above zero, or the wallet was
    /// not touched: mistakes of the caller's, never of its input.
    pub fn post(&mut self, posting: Posting) -> Result<Cents, PostError> {
        let Posting { id, event_id, code, debit, credit, amount, fact_id, place } = posting;
        assert_eq!((debit.kind(), credit.kind()), code.posts(), "{code} posts other kinds of account");
        assert!(amount.is_positive(), "a transfer moves more than nothing");
        let (debit, credit) = (debit.id(event_id), credit.id(event_id));
        let wallet = match code.wallet_side() {
            None => None,
            Some(side) => {
                let account = if side == Side::Debit { debit } else { credit };
                let wallet = self.wallets.get_mut(&account).expect("a posted wallet was touched");
                assert_eq!(wallet.event_id, event_id, "a transfer stays in its event");
                let balance = match side {
                    Side::Debit => wallet.balance.minus(amount).filter(|left| *left >= Cents::ZERO),
                    Side::Credit => Some(wallet.balance.plus(amount).ok_or(PostError::OutOfRange)?),
                };
                wallet.balance = balance.ok_or(PostError::Insufficient { balance: wallet.balance })?;
                wallet.version += 1;
                Some((wallet.id, wallet.version, wallet.balance))
            }
        };
        let at = self.now;
        self.transfers.push(Transfer {
            event_id,
            id,
            code,
            debit,
            credit,
            amount,
            fact_id,
            place,
            wallet,
            at,
        });
        Ok(wallet.map_or(Cents::ZERO, |(_, _, balance)| balance))
    }

    /// True when this move was done by an earlier request of the same name.
    #[must_use]
    pub fn knows_move(&self, id: MoveId) -> bool {
        self.known_moves.contains_key(&id)
    }

    /// What an earlier request of this name did, if there was one.
    #[must_use]
    pub fn made_move(&self, id: MoveId) -> Option<&MadeMove> {
        self.known_moves.get(&id)
    }

    /// Moves a medium along its life; answers its new status.
    ///
    /// # Errors
    /// [`NotAllowedFrom`]; the book is unchanged then.
    ///
    /// # Panics
    /// When the medium was not touched.
    pub fn move_medium(&mut self, id: MediumId, moving: Moving) -> Result<MediumStatus, NotAllowedFrom> {
        let medium = self.media.get(&id).expect("a moved medium was touched");
        let to = medium.status.after(moving.asked)?;
        self.record_move(id, to, Brings::default(), moving);
        Ok(to)
    }

    /// Freezes a medium for its visitor, who undoes that with the code of this hash. Any other move forgets it.
    ///
    /// # Errors
    /// [`NotAllowedFrom`]; the book is unchanged then.
    ///
    /// # Panics
    /// When the medium was not touched.
    pub fn freeze_own(
        &mut self,
        id: MediumId,
        code: UnfreezeHash,
        moving: Moving,
    ) -> Result<(), NotAllowedFrom> {
        let medium = self.media.get(&id).expect("a moved medium was touched");
        let to = medium.status.after(LifecycleMove::Freeze)?;
        self.record_move(id, to, Brings { own_freeze: Some(code), ..Brings::default() }, moving);
        Ok(())
    }

    /// Records that a medium stays where it is, by somebody else's will from now on: the help desk freezes what its
    /// visitor froze.
    ///
    /// # Panics
    /// When the medium was not touched.
    pub fn confirm_medium(&mut self, id: MediumId, moving: Moving) {
        let status = self.media.get(&id).expect("a confirmed medium was touched").status;
        self.record_move(id, status, Brings::default(), moving);
    }

    /// Gives the wallet of `old` to the unused medium `new`, which becomes active.
    ///
    /// # Errors
    /// [`NotAllowedFrom`] with the status of the one that does not allow it; the book is unchanged then.
    ///
    /// # Panics
    /// When one of them was not touched, they are one, or of two events: mistakes of the caller's.
    pub fn replace_medium(
        &mut self,
        old: MediumId,
        new: MediumId,
        moving: Moving,
    ) -> Result<(), NotAllowedFrom> {
        let wallet_id = self.media.get(&old).expect("a replaced medium was touched").wallet_id;
        let replaced = self.media[&old].status.after(LifecycleMove::Replace)?;
        let fresh = self.media.get(&new).expect("a successor was touched");
        assert_ne!(old, new, "a medium does not replace itself");
        assert_eq!(fresh.event_id, self.media[&old].event_id, "a wallet stays in its event");
        let active = fresh.status.after(LifecycleMove::Activate)?;
        let abandoned = fresh.wallet_id;
        self.record_move(old, replaced, Brings { successor: Some(new), ..Brings::default() }, moving.clone());
        let second = Moving { id: MoveId::new(), asked: LifecycleMove::Activate, ..moving };
        self.record_move(new, active, Brings { predecessor: Some(old), ..Brings::default() }, second);
        self.bump(abandoned);
        self.media.get_mut(&new).expect("checked above").wallet_id = wallet_id;
        self.changes.get_mut(&new).expect("recorded above").medium.wallet_id = wallet_id;
        self.wallets.get_mut(&wallet_id).expect("a medium comes with its wallet").holder_id = new;
        Ok(())
    }

    fn record_move(&mut self, id: MediumId, to: MediumStatus, brings: Brings, moving: Moving) {
        let medium = self.media.get_mut(&id).expect("a moved medium was touched");
        let from = medium.status;
        medium.status = to;
        medium.own_freeze = brings.own_freeze;
        let (event_id, wallet_id, medium) = (medium.event_id, medium.wallet_id, medium.clone());
        self.changes
            .entry(id)
            .and_modify(|change| change.medium = medium.clone())
            .or_insert(StatusChange { medium, from });
        let (successor, reason) = (brings.successor, moving.reason.clone());
        self.known_moves.insert(moving.id, MadeMove { medium: id, from, to, successor, reason });
        self.moves.push(NewMove {
            event_id,
            id: moving.id,
            medium_id: id,
            from,
            to,
            successor: brings.successor,
            predecessor: brings.predecessor,
            actor: moving.actor,
            reason: moving.reason,
            at: self.now,
        });
        self.bump(wallet_id);
    }

    /// Advances a wallet's version, so that whatever was decided on the older one can't be written.
    fn bump(&mut self, wallet: AccountId) {
        self.wallets.get_mut(&wallet).expect("a medium comes with its wallet").version += 1;
    }
}
