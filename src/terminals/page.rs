//! The terminals' own rows in a batch: which terminals may charge, which charge ids are taken, what was sold.

use super::sale::{NewSale, NewVoid, Standing, Taken};
use super::store;
use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use crate::ids::{AccountId, ChargeId, EventId, TerminalId};
use crate::ledger::{Page, Touches};
use crate::money::Cents;
use crate::secrets::CodeHash;
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// The window of the cap on what a wallet spends where top-up codes pay.
pub(super) const SPENDING_WINDOW: Duration = Duration::from_secs(600);

/// What a request asks of the page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) event: EventId,
    pub(super) charge: ChargeId,
    /// Whether this terminal may charge.
    pub(super) terminal: Option<TerminalId>,
    /// What the wallet behind this code has spent since, should the event cap that.
    pub(super) spent_by: Option<(CodeHash, Timestamp)>,
}

/// The page.
#[derive(Default)]
pub(super) struct TillPage {
    /// Kept from batch to batch while the gate stands.
    standings: HashMap<(EventId, TerminalId), Standing>,
    taken: HashMap<(EventId, ChargeId), Taken>,
    spent: HashMap<AccountId, Vec<(Timestamp, Cents)>>,
    sales: Vec<NewSale>,
    voids: Vec<NewVoid>,
}

impl TillPage {
    /// True for a terminal that was not revoked.
    pub(super) fn is_live(&self, event: EventId, terminal: TerminalId) -> bool {
        self.standings.get(&(event, terminal)).is_some_and(|standing| standing.live)
    }

    pub(super) fn taken(&self, event: EventId, id: ChargeId) -> Option<&Taken> {
        self.taken.get(&(event, id))
    }

    /// What a wallet was charged after `since`, this batch included; voided charges don't count.
    pub(super) fn spent(&self, wallet: AccountId, since: Timestamp) -> Cents {
        let charges = self.spent.get(&wallet).map(Vec::as_slice).unwrap_or_default();
        let sum = charges
            .iter()
            .filter(|(at, _)| *at > since)
            .try_fold(Cents::ZERO, |sum, (_, amount)| sum.plus(*amount));
        sum.unwrap_or(Cents(i64::MAX))
    }

    pub(super) fn sell(&mut self, new: NewSale) {
        self.spent.entry(new.sale.wallet).or_default().push((new.sale.at, new.sale.amount));
        self.taken.insert((new.event_id, new.id), Taken::Sale(Box::new(new.sale.clone())));
        self.sales.push(new);
    }

    /// Records a void; `balance` is the wallet's after it.
    pub(super) fn void(&mut self, new: NewVoid, balance: Cents) {
        if let Some(Taken::Sale(sale)) = self.taken.get_mut(&(new.event_id, new.charge)) {
            sale.voided = Some(balance);
            let charges = self.spent.entry(sale.wallet).or_default();
            if let Some(place) = charges.iter().position(|charge| *charge == (sale.at, sale.amount)) {
                charges.swap_remove(place);
            }
        }
        self.voids.push(new);
    }
}

impl Page for TillPage {
    type Key = Key;

    fn begin(&mut self, gate_moved: bool) {
        let standings = if gate_moved { HashMap::new() } else { std::mem::take(&mut self.standings) };
        *self = TillPage { standings, ..TillPage::default() };
    }

    fn load<'a>(&'a mut self, session: &'a mut Session, keys: Vec<Key>) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let missing: BTreeSet<_> = keys
                .iter()
                .filter_map(|key| Some((key.event, key.terminal?)))
                .filter(|terminal| !self.standings.contains_key(terminal))
                .collect();
            self.standings.extend(store::standings(session, missing).await?);
            let ids: BTreeSet<_> = keys.iter().map(|key| (key.event, key.charge)).collect();
            self.taken.extend(store::taken(session, ids).await?);
            let capped = keys.iter().filter_map(|key| {
                let standing = self.standings.get(&(key.event, key.terminal?))?;
                key.spent_by.filter(|_| standing.single_codes)
            });
            // Of a code asked for twice any window will do: all reach back further than a decision looks.
            let windows: BTreeMap<CodeHash, Timestamp> = capped.collect();
            self.spent.extend(store::spent(session, windows).await?);
            Ok(())
        })
    }

    /// The wallet of each charge, which a void pays back to. That a charge is voided once is held by the key of the
    /// voids, whatever version of its wallet this reads.
    fn touches(&self, touches: &mut Touches) {
        for ((event, _), taken) in &self.taken {
            if let Taken::Sale(sale) = taken {
                touches.wallet(*event, sale.wallet);
            }
        }
    }

    fn store<'a>(&'a mut self, tx: &'a mut Tx, _now: Timestamp) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            store::insert_sales(tx, &self.sales);
            store::insert_voids(tx, &self.voids);
            Ok(())
        })
    }
}
