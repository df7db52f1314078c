//! The naive model: plain maps and sums, written from the rules, sharing nothing with the books.

use super::asks::{Answer, Ask, BANDS, Charge, HouseRules};
use crate::media::LifecycleMove;
use crate::media::MediumStatus::{self, Active, Frozen, Issued, Quarantined, Replaced, Revoked, Spoiled};
use crate::payments::Suspended;
use crate::payments::tests::world::Books;
use std::collections::{BTreeMap, BTreeSet};

/// Minutes after which a terminal may not void any more.
const VOID_MINUTES: u32 = 5;

#[derive(Clone, PartialEq)]
pub(super) struct Model {
    rules: (bool, Option<i64>),
    minute: u32,
    closed: bool,
    revoked_bars: BTreeSet<usize>,
    pub(super) status: [MediumStatus; BANDS],
    /// Which wallet a wristband points at; each starts with its own.
    wallet: [usize; BANDS],
    /// Which wristband spends from a wallet.
    holder: [usize; BANDS],
    balance: [i64; BANDS],
    /// Band and cents of what was settled first.
    payments: BTreeMap<u8, (Option<usize>, i64)>,
    charges: BTreeMap<u8, Sale>,
    /// By id: which wristband, what was asked, and the new one.
    moves: BTreeMap<u8, (usize, LifecycleMove, Option<usize>)>,
    /// The payment, its cents, and how it was resolved.
    suspense: BTreeMap<u8, (i64, Option<Option<usize>>)>,
    /// The matters that were there before this step; who resolves one has seen it on a list.
    listed: BTreeSet<u8>,
    /// The payment, and the cents and the band that contradict what was settled first.
    mismatches: BTreeSet<(u8, Option<i64>, Option<usize>)>,
    pub(super) books: Books,
}

#[derive(Clone, PartialEq)]
struct Sale {
    bar: usize,
    band: usize,
    cents: i64,
    wallet: usize,
    minute: u32,
    balance: i64,
    voided: Option<i64>,
}

impl Model {
    pub(super) fn new(rules: HouseRules) -> Model {
        let own = std::array::from_fn(|band| band);
        Model {
            rules: (rules.by_hand, rules.full_at),
            minute: 0,
            closed: false,
            revoked_bars: BTreeSet::new(),
            status: [Issued; BANDS],
            wallet: own,
            holder: own,
            balance: [0; BANDS],
            payments: BTreeMap::new(),
            charges: BTreeMap::new(),
            moves: BTreeMap::new(),
            suspense: BTreeMap::new(),
            listed: BTreeSet::new(),
            mismatches: BTreeSet::new(),
            books: Books::default(),
        }
    }

    pub(super) fn waits(&mut self, minutes: u32) {
        self.minute += minutes;
    }

    /// Whoever resolves from now on has seen what is parked now.
    pub(super) fn lists_matters(&mut self) {
        self.listed = self.suspense.keys().copied().collect();
    }

    pub(super) fn balances(&self) -> [i64; BANDS] {
        self.wallet.map(|wallet| self.balance[wallet])
    }

    /// Kind and payment of what waits for a person, and how often.
    pub(super) fn open_matters(&self) -> BTreeMap<(&'static str, u8), usize> {
        let suspense = self.suspense.iter().filter(|(_, (_, resolved))| resolved.is_none());
        let suspense = suspense.map(|(payment, _)| ("suspense", *payment));
        let all = suspense.chain(self.mismatches.iter().map(|(payment, ..)| ("mismatch", *payment)));
        all.fold(BTreeMap::new(), |mut counts, matter| {
            *counts.entry(matter).or_default() += 1;
            counts
        })
    }

    pub(super) fn answer(&mut self, ask: &Ask) -> Answer {
        match *ask {
            Ask::Pay { payment, band, cents, .. } => self.pay(payment, band, cents),
            Ask::Charge(bar, charge) => self.charge(bar, charge),
            Ask::Void { bar, charge } => self.void(bar, charge),
            Ask::Move { id, band, asked } => self.moves(id, band, asked),
            Ask::Replace { id, old, new } => self.replace(id, old, new),
            Ask::Resolve { payment, to } => self.resolve(payment, to),
            Ask::RevokeBar(bar) => {
                self.revoked_bars.insert(bar);
                Answer::Done
            }
            Ask::Close if self.closed => Answer::EventClosed,
            Ask::Close => {
                self.closed = true;
                Answer::Done
            }
        }
    }

    /// What stands between a reference and its wallet: its own state, or that of the wristband it leads to.
    fn unusable(&self, band: usize) -> Option<MediumStatus> {
        let end = self.holder[self.wallet[band]];
        let (by_hand, _) = self.rules;
        [self.status[band], self.status[end]].into_iter().find(|status| {
            matches!(status, Revoked | Spoiled | Quarantined) || (by_hand && *status == Issued)
        })
    }

    fn wristband_to_credit(&self, band: Option<usize>, cents: i64) -> Result<usize, Suspended> {
        if self.closed {
            return Err(Suspended::EventClosed);
        }
        let band = band.ok_or(Suspended::NoReference)?;
        match self.unusable(band) {
            Some(Revoked) => return Err(Suspended::Revoked),
            Some(Spoiled) => return Err(Suspended::Spoiled),
            Some(Quarantined) => return Err(Suspended::Quarantined),
            Some(_) => return Err(Suspended::NotActive),
            None => {}
        }
        let (_, full_at) = self.rules;
        let after = self.balance[self.wallet[band]] + cents;
        if full_at.is_some_and(|most| after > most) { Err(Suspended::OverBalance) } else { Ok(band) }
    }

    fn credit(&mut self, band: usize, cents: i64) -> i64 {
        if self.status[band] == Issued {
            self.status[band] = Active;
        }
        self.balance[self.wallet[band]] += cents;
        self.books.wallets += cents;
        self.balance[self.wallet[band]]
    }

    fn pay(&mut self, payment: u8, band: Option<usize>, cents: i64) -> Answer {
        if let Some((first, amount)) = self.payments.get(&payment) {
            // A report without a reference contradicts nothing.
            let said = (Some(cents).filter(|cents| cents != amount), band.filter(|_| band != *first));
            return match said {
                (None, None) => Answer::Known,
                (cents, band) => {
                    self.mismatches.insert((payment, cents, band));
                    Answer::Mismatch
                }
            };
        }
        self.payments.insert(payment, (band, cents));
        match self.wristband_to_credit(band, cents) {
            Ok(band) => Answer::Credited(self.credit(band, cents)),
            Err(reason) => {
                self.suspense.insert(payment, (cents, None));
                self.books.suspense += cents;
                Answer::Suspended(reason)
            }
        }
    }

    fn charge(&mut self, bar: usize, asked: Charge) -> Answer {
        let Charge { charge, band, cents } = asked;
        if self.revoked_bars.contains(&bar) {
            return Answer::TerminalRevoked;
        }
        if let Some(sale) = self.charges.get(&charge) {
            let replay =
                Answer::Charged { balance: sale.balance, voided: sale.voided.is_some(), replayed: true };
            return match () {
                () if sale.bar != bar => Answer::Reused("terminal"),
                () if sale.band != band => Answer::Reused("code"),
                () if sale.cents != cents => Answer::Reused("amount_cents"),
                () => replay,
            };
        }
        if self.closed {
            return Answer::EventClosed;
        }
        if self.status[band] != Active {
            return Answer::NotActive(self.status[band]);
        }
        let wallet = self.wallet[band];
        if self.balance[wallet] < cents {
            return Answer::Short(self.balance[wallet]);
        }
        self.balance[wallet] -= cents;
        self.books.wallets -= cents;
        self.books.vendors += cents;
        let (balance, minute) = (self.balance[wallet], self.minute);
        self.charges.insert(charge, Sale { bar, band, cents, wallet, minute, balance, voided: None });
        Answer::Charged { balance, voided: false, replayed: false }
    }

    fn void(&mut self, bar: usize, charge: u8) -> Answer {
        if self.revoked_bars.contains(&bar) {
            return Answer::TerminalRevoked;
        }
        let Some(sale) = self.charges.get_mut(&charge).filter(|sale| sale.bar == bar) else {
            return Answer::UnknownCharge;
        };
        if let Some(balance) = sale.voided {
            return Answer::Voided(balance);
        }
        if self.closed {
            return Answer::EventClosed;
        }
        if self.minute - sale.minute > VOID_MINUTES {
            return Answer::TooLateToVoid;
        }
        self.balance[sale.wallet] += sale.cents;
        self.books.wallets += sale.cents;
        self.books.vendors -= sale.cents;
        sale.voided = Some(self.balance[sale.wallet]);
        Answer::Voided(self.balance[sale.wallet])
    }

    fn moved(&self, band: usize) -> Answer {
        Answer::Moved(self.status[band], self.balance[self.wallet[band]])
    }

    /// The answer to an id that made a move: where its medium is now, or what differs.
    fn asked_again(&self, id: u8, asks: (usize, LifecycleMove, Option<usize>)) -> Option<Answer> {
        let made = *self.moves.get(&id)?;
        Some(if made.0 != asks.0 {
            Answer::Reused("medium")
        } else if made.1 != asks.1 {
            Answer::Reused("move")
        } else if made.2 != asks.2 {
            Answer::Reused("with")
        } else {
            self.moved(asks.0)
        })
    }

    fn moves(&mut self, id: u8, band: usize, asked: LifecycleMove) -> Answer {
        if let Some(again) = self.asked_again(id, (band, asked, None)) {
            return again;
        }
        let from = self.status[band];
        self.status[band] = match (asked, from) {
            (LifecycleMove::Activate, Issued) | (LifecycleMove::Unfreeze, Frozen) => Active,
            (LifecycleMove::Freeze, Active) => Frozen,
            (LifecycleMove::Revoke, Issued | Active | Frozen | Quarantined) => Revoked,
            (LifecycleMove::Spoil, Issued | Quarantined) => Spoiled,
            (LifecycleMove::Quarantine, Issued) => Quarantined,
            (LifecycleMove::Release, Quarantined) => Issued,
            _ => return Answer::NotAllowed(from),
        };
        self.moves.insert(id, (band, asked, None));
        self.moved(band)
    }

    fn replace(&mut self, id: u8, old: usize, new: usize) -> Answer {
        if let Some(again) = self.asked_again(id, (old, LifecycleMove::Replace, Some(new))) {
            return again;
        }
        if !matches!(self.status[old], Issued | Active | Frozen) {
            return Answer::NotAllowed(self.status[old]);
        }
        if old == new {
            return Answer::OwnSuccessor;
        }
        if self.status[new] != Issued {
            return Answer::SuccessorUsed(self.status[new]);
        }
        self.moves.insert(id, (old, LifecycleMove::Replace, Some(new)));
        self.status[old] = Replaced;
        self.status[new] = Active;
        self.wallet[new] = self.wallet[old];
        self.holder[self.wallet[old]] = new;
        self.moved(old)
    }

    fn resolve(&mut self, payment: u8, to: Option<usize>) -> Answer {
        let listed = self.listed.contains(&payment);
        let Some((cents, resolved)) = self.suspense.get(&payment).copied().filter(|_| listed) else {
            return Answer::NoSuchMatter;
        };
        match resolved {
            Some(before) if before == to => return Answer::Resolved(None),
            Some(_) => return Answer::ResolvedOtherwise,
            None => {}
        }
        if let Some(status) = to.and_then(|band| self.unusable(band)) {
            return Answer::NotUsable(status);
        }
        self.suspense.insert(payment, (cents, Some(to)));
        self.books.suspense -= cents;
        match to {
            Some(band) => Answer::Resolved(Some(self.credit(band, cents))),
            None => {
                self.books.in_transit += cents;
                Answer::Resolved(None)
            }
        }
    }
}

/// The models that some order of these asks, answered like this, can have led to.
pub(super) fn explain(models: &[Model], asks: &[Ask], answers: &[Answer]) -> Vec<Model> {
    // Which asks were answered, as bits; with each way to get there.
    let mut ways: Vec<(u32, Model)> = models.iter().map(|model| (0, model.clone())).collect();
    for _ in asks {
        let mut longer: Vec<(u32, Model)> = Vec::new();
        for (answered, model) in &ways {
            for (index, ask) in asks.iter().enumerate().filter(|(index, _)| answered & (1 << index) == 0) {
                let mut next = model.clone();
                if next.answer(ask) == answers[index] {
                    let way = (answered | (1 << index), next);
                    if !longer.contains(&way) {
                        longer.push(way);
                    }
                }
            }
        }
        ways = longer;
    }
    let mut ends: Vec<Model> = Vec::new();
    for (_, model) in ways {
        if !ends.contains(&model) {
            ends.push(model);
        }
    }
    ends
}
