//! Random festivals: whatever is asked in whatever order, the books answer and end as a naive model in memory does.

use crate::db::Store;
use crate::db::testing::on_both_engines;
use crate::events::Rules;
use crate::ids::ChargeId;
use crate::media::MediumStatus::{Active, Frozen, Issued, Replaced, Revoked, Spoiled};
use crate::media::{LifecycleMove, MediumStatus};
use crate::money::Cents;
use crate::payments::parked::store::ParkedView;
use crate::payments::parked::{Resolution, Resolved};
use crate::payments::tests::world::{Bar, Books, World};
use crate::payments::{Outcome, Suspended};
use crate::terminals::{ChargeStatus, Refusal};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::runtime::Handle;
use uuid::Uuid;

const BANDS: usize = 4;
/// Few, so that replays and conflicts are common.
const PAYMENTS: u8 = 12;
const CHARGES: u8 = 8;
const CASES: u32 = 16;

#[derive(Clone, Debug)]
enum Step {
    /// Sent together, decided in their order: mostly in one batch.
    Together(Vec<Quick>),
    Move(usize, LifecycleMove),
    Replace(usize, usize),
    Void(u8),
    /// The matter with this number, counted from the first; to a wristband or back.
    Resolve(usize, Option<usize>),
}

#[derive(Clone, Debug)]
enum Quick {
    Pay { payment: u8, band: usize, cents: i64 },
    Charge { charge: u8, band: usize, cents: i64 },
}

/// What is answered, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Credited(i64),
    Suspended(Suspended),
    Known,
    Mismatch,
    Charged { balance: i64, voided: bool, replayed: bool },
    Short(i64),
    NotActive(MediumStatus),
    Reused(&'static str),
    UnknownCharge,
    Voided(i64),
    Moved(Option<MediumStatus>),
    NotAllowed(MediumStatus),
    Resolved(Option<i64>),
    ResolvedOtherwise,
    NotUsable(MediumStatus),
    NoSuchMatter,
}

fn a_step() -> impl Strategy<Value = Step> {
    use LifecycleMove::{Activate, Freeze, Revoke, Spoil, Unfreeze};
    let band = 0..BANDS;
    let asked = prop::sample::select(vec![Activate, Freeze, Freeze, Unfreeze, Unfreeze, Revoke, Spoil]);
    let two = (0..BANDS, 1..BANDS).prop_map(|(old, on)| (old, (old + on) % BANDS));
    prop_oneof![
        8 => prop::collection::vec(a_quick_one(), 1..8).prop_map(Step::Together),
        2 => (band.clone(), asked).prop_map(|(band, asked)| Step::Move(band, asked)),
        1 => two.prop_map(|(old, new)| Step::Replace(old, new)),
        2 => (0..CHARGES).prop_map(Step::Void),
        2 => (0..4_usize, prop::option::weighted(0.7, band)).prop_map(|(matter, to)| Step::Resolve(matter, to)),
    ]
}

fn a_quick_one() -> impl Strategy<Value = Quick> {
    let cents = prop_oneof![3 => Just(100_i64), 1 => 1..300_i64];
    prop_oneof![
        (0..PAYMENTS, 0..BANDS, cents.clone()).prop_map(|(payment, band, cents)| Quick::Pay {
            payment,
            band,
            cents
        }),
        (0..CHARGES, 0..BANDS, cents).prop_map(|(charge, band, cents)| Quick::Charge { charge, band, cents }),
    ]
}

/// The model: written from the rules, sharing nothing with the books.
struct Model {
    status: [MediumStatus; BANDS],
    /// Which wallet a wristband points at; each starts with its own.
    wallet: [usize; BANDS],
    /// Which wristband spends from a wallet.
    holder: [usize; BANDS],
    balance: [i64; BANDS],
    /// Band and cents of what was settled first.
    payments: BTreeMap<u8, (usize, i64)>,
    charges: BTreeMap<u8, Sale>,
    /// Cents, and how it was resolved.
    matters: Vec<(i64, Option<Option<usize>>)>,
    books: Books,
}

struct Sale {
    band: usize,
    cents: i64,
    wallet: usize,
    balance: i64,
    voided: Option<i64>,
}

impl Model {
    fn new() -> Model {
        let own = [0, 1, 2, 3];
        Model {
            status: [Issued; BANDS],
            wallet: own,
            holder: own,
            balance: [0; BANDS],
            payments: BTreeMap::new(),
            charges: BTreeMap::new(),
            matters: Vec::new(),
            books: Books::default(),
        }
    }

    /// The end that a reference leads to, unless it is a dead one.
    fn dead_end(&self, band: usize) -> Option<MediumStatus> {
        let end = self.holder[self.wallet[band]];
        [self.status[band], self.status[end]].into_iter().find(|status| matches!(status, Revoked | Spoiled))
    }

    fn credit(&mut self, band: usize, cents: i64) -> i64 {
        if self.status[band] == Issued {
            self.status[band] = Active;
        }
        self.balance[self.wallet[band]] += cents;
        self.books.wallets += cents;
        self.balance[self.wallet[band]]
    }

    fn quick(&mut self, quick: &Quick) -> Answer {
        match *quick {
            Quick::Pay { payment, band, cents } => self.pay(payment, band, cents),
            Quick::Charge { charge, band, cents } => self.charge(charge, band, cents),
        }
    }

    fn pay(&mut self, payment: u8, band: usize, cents: i64) -> Answer {
        if let Some(first) = self.payments.get(&payment) {
            return if *first == (band, cents) { Answer::Known } else { Answer::Mismatch };
        }
        self.payments.insert(payment, (band, cents));
        match self.dead_end(band) {
            None => Answer::Credited(self.credit(band, cents)),
            Some(status) => {
                self.matters.push((cents, None));
                self.books.suspense += cents;
                let reason = if status == Spoiled { Suspended::Spoiled } else { Suspended::Revoked };
                Answer::Suspended(reason)
            }
        }
    }

    fn charge(&mut self, charge: u8, band: usize, cents: i64) -> Answer {
        if let Some(sale) = self.charges.get(&charge) {
            return match () {
                () if sale.band != band => Answer::Reused("code"),
                () if sale.cents != cents => Answer::Reused("amount_cents"),
                () => {
                    Answer::Charged { balance: sale.balance, voided: sale.voided.is_some(), replayed: true }
                }
            };
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
        let balance = self.balance[wallet];
        self.charges.insert(charge, Sale { band, cents, wallet, balance, voided: None });
        Answer::Charged { balance, voided: false, replayed: false }
    }

    fn void(&mut self, charge: u8) -> Answer {
        let Some(sale) = self.charges.get_mut(&charge) else { return Answer::UnknownCharge };
        if let Some(balance) = sale.voided {
            return Answer::Voided(balance);
        }
        self.balance[sale.wallet] += sale.cents;
        self.books.wallets += sale.cents;
        self.books.vendors -= sale.cents;
        sale.voided = Some(self.balance[sale.wallet]);
        Answer::Voided(self.balance[sale.wallet])
    }

    fn moves(&mut self, band: usize, asked: LifecycleMove) -> Answer {
        let from = self.status[band];
        let to = match (asked, from) {
            (LifecycleMove::Activate, Issued) | (LifecycleMove::Unfreeze, Frozen) => Active,
            (LifecycleMove::Freeze, Active) => Frozen,
            (LifecycleMove::Revoke, Issued | Active | Frozen) => Revoked,
            (LifecycleMove::Spoil, Issued) => Spoiled,
            _ => return Answer::NotAllowed(from),
        };
        self.status[band] = to;
        Answer::Moved(Some(to))
    }

    fn replace(&mut self, old: usize, new: usize) -> Answer {
        if !matches!(self.status[old], Issued | Active | Frozen) {
            return Answer::NotAllowed(self.status[old]);
        }
        if self.status[new] != Issued {
            return Answer::NotAllowed(self.status[new]);
        }
        self.status[old] = Replaced;
        self.status[new] = Active;
        self.wallet[new] = self.wallet[old];
        self.holder[self.wallet[old]] = new;
        Answer::Moved(None)
    }

    fn resolve(&mut self, matter: usize, to: Option<usize>) -> Answer {
        let Some((cents, resolved)) = self.matters.get(matter).copied() else { return Answer::NoSuchMatter };
        match (resolved, to) {
            (Some(before), to) if before == to => return Answer::Resolved(None),
            (Some(_), _) => return Answer::ResolvedOtherwise,
            _ => {}
        }
        if let Some(status) = to.and_then(|band| self.dead_end(band)) {
            return Answer::NotUsable(status);
        }
        self.matters[matter].1 = Some(to);
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

/// The festival that is compared with the model.
struct Festival {
    world: World,
    bar: Bar,
    charges: Vec<ChargeId>,
    matters: Vec<ParkedView>,
}

impl Festival {
    fn ask(&self, quick: Quick) -> BoxFuture<'_, Answer> {
        match quick {
            Quick::Pay { payment, band, cents } => async move {
                let report = self.world.paid(&format!("p{payment}"), &self.world.bands[band], cents);
                match self.world.settle(report).await {
                    Outcome::Credited { balance, .. } => Answer::Credited(balance.0),
                    Outcome::Suspended(reason) => Answer::Suspended(reason),
                    Outcome::AlreadyKnown => Answer::Known,
                    Outcome::Mismatch => Answer::Mismatch,
                    other => panic!("{other:?}"),
                }
            }
            .boxed(),
            Quick::Charge { charge, band, cents } => async move {
                let (id, band) = (self.charges[usize::from(charge)], &self.world.bands[band]);
                match self.world.sells(&self.bar, id, band, cents).await {
                    Ok(charged) => Answer::Charged {
                        balance: charged.balance.0,
                        voided: charged.status == ChargeStatus::Voided,
                        replayed: charged.replayed,
                    },
                    Err(refusal) => refused(refusal),
                }
            }
            .boxed(),
        }
    }

    async fn step(&mut self, step: &Step) -> Vec<Answer> {
        let world = &self.world;
        let band = |index: usize| &world.bands[index];
        let answer = match step {
            Step::Together(quick) => return self.together(quick).await,
            Step::Move(index, asked) => match world.moves(band(*index), *asked).await {
                Ok(status) => Answer::Moved(Some(status)),
                Err(refusal) => Answer::NotAllowed(refusal.0),
            },
            Step::Replace(old, new) => match world.replaces(band(*old), band(*new)).await {
                Ok(()) => Answer::Moved(None),
                Err(refusal) => Answer::NotAllowed(refusal.0),
            },
            Step::Void(charge) => match world.voids(&self.bar, self.charges[usize::from(*charge)]).await {
                Ok(voided) => Answer::Voided(voided.balance.0),
                Err(refusal) => refused(refusal),
            },
            Step::Resolve(matter, to) => match self.matters.get(*matter) {
                None => Answer::NoSuchMatter,
                Some(matter) => {
                    let resolution = to.map_or(Resolution::Return, |index| world.to(band(index)));
                    match world.resolves(matter, resolution, "anna").await {
                        Resolved::Done { balance } => Answer::Resolved(balance.map(|cents| cents.0)),
                        Resolved::AlreadyResolved => Answer::ResolvedOtherwise,
                        Resolved::NotUsable(status) => Answer::NotUsable(status),
                        other => panic!("{other:?}"),
                    }
                }
            },
        };
        vec![answer]
    }

    async fn together(&mut self, quick: &[Quick]) -> Vec<Answer> {
        let answers = join_all(quick.iter().map(|quick| self.ask(quick.clone()))).await;
        for matter in self.world.parked().await {
            let new = self.matters.iter().all(|known| known.id != matter.id);
            if new && matter.kind == "suspense" {
                self.matters.push(matter);
            }
        }
        answers
    }
}

fn refused(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::InsufficientFunds { balance: Cents(balance), .. } => Answer::Short(balance),
        Refusal::MediumNotActive(status) => Answer::NotActive(status),
        Refusal::IdReused { field } => Answer::Reused(field),
        Refusal::UnknownCharge => Answer::UnknownCharge,
        other => panic!("{other:?}"),
    }
}

async fn play(world: World, steps: Vec<Step>) {
    let bar = world.opens_bar("Bar").await;
    let charges = (0..CHARGES).map(|_| ChargeId(Uuid::now_v7())).collect();
    let mut festival = Festival { world, bar, charges, matters: Vec::new() };
    let mut model = Model::new();
    for step in &steps {
        let expected = match step {
            Step::Together(quick) => quick.iter().map(|quick| model.quick(quick)).collect(),
            Step::Move(band, asked) => vec![model.moves(*band, *asked)],
            Step::Replace(old, new) => vec![model.replace(*old, *new)],
            Step::Void(charge) => vec![model.void(*charge)],
            Step::Resolve(matter, to) => vec![model.resolve(*matter, *to)],
        };
        assert_eq!(festival.step(step).await, expected, "{step:?}");
    }
    let world = &festival.world;
    for (index, band) in world.bands.iter().enumerate() {
        let view = world.now(band).await;
        assert_eq!(view.balance.0, model.balance[model.wallet[index]], "wristband {index}");
        assert_eq!(view.medium.status, model.status[index], "wristband {index}");
    }
    world.books_are(model.books).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_festivals_answer_and_end_as_the_model_does() {
    on_both_engines(async |store: Store| {
        let first = World::open(&store, Rules::default(), 1).await;
        let config = Config {
            cases: CASES,
            rng_seed: RngSeed::Fixed(7),
            failure_persistence: None,
            max_shrink_iters: 60,
            ..Config::default()
        };
        let played = AtomicU32::new(0);
        let steps = prop::collection::vec(a_step(), 1..24);
        let outcome = TestRunner::new(config).run(&steps, |steps| {
            let number = played.fetch_add(1, Ordering::SeqCst);
            tokio::task::block_in_place(|| {
                Handle::current().block_on(async {
                    let bands = i64::try_from(BANDS).unwrap();
                    let world = first.beside(&format!("case-{number}"), Rules::default(), bands).await;
                    play(world, steps).await;
                });
            });
            Ok(())
        });
        if let Err(failure) = outcome {
            panic!("{failure}");
        }
        assert!(played.load(Ordering::SeqCst) >= CASES);
    })
    .await;
}
