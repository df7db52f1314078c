//! Random festivals: whatever is asked, in whatever order and however much of it at once, the books answer and end as
//! a naive model in memory does.
//!
//! What happens at once has no order that could be foretold: it is right when some order of it explains every answer.
//! `PROPTEST_CASES` plays more festivals, `PROPTEST_RNG_SEED` others.

mod asks;
mod festival;
mod naive;

use crate::db::Store;
use crate::db::testing::on_both_addresses;
use crate::events::Rules;
use crate::media::MediumStatus;
use crate::payments::tests::world::World;
use crate::providers::Source;
use asks::{Answer, Ask, BANDS, Case, Charge, HouseRules, Step, a_case};
use festival::{Festival, payment_of};
use naive::{Model, explain};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

/// Festivals on each engine.
const CASES: u32 = 24;
const SEED: u64 = 7;
const WAIT_MINUTES: u32 = 6;

async fn play(mut festival: Festival, case: Case, seen: &Seen) {
    // More than one while it is open in which order something happened.
    let mut models = vec![Model::new(case.rules)];
    for step in &case.steps {
        if let Step::Wait = step {
            festival.worlds[0].waits(Duration::from_secs(u64::from(WAIT_MINUTES) * 60));
            models.iter_mut().for_each(|model| model.waits(WAIT_MINUTES));
            continue;
        }
        let (asks, answers) = (step.asks(), festival.step(step).await);
        seen.add(&answers);
        models = match step {
            Step::AtOnce(_) => in_some_order(&models, &asks, &answers),
            _ => in_order(models, &asks, &answers),
        };
        models.iter_mut().for_each(Model::lists_matters);
    }
    ends_as_one_of(&models, &festival).await;
}

/// The models that give these answers in this order.
fn in_order(models: Vec<Model>, asks: &[Ask], answers: &[Answer]) -> Vec<Model> {
    let mut expected = Vec::new();
    let mut right = Vec::new();
    for mut model in models {
        expected = asks.iter().map(|ask| model.answer(ask)).collect();
        if expected == answers {
            right.push(model);
        }
    }
    assert!(!right.is_empty(), "answered:\n{}\nexpected:\n{}", told(asks, answers), told(asks, &expected));
    right
}

/// The models that give these answers in any order.
fn in_some_order(models: &[Model], asks: &[Ask], answers: &[Answer]) -> Vec<Model> {
    let ends = explain(models, asks, answers);
    assert!(!ends.is_empty(), "no order explains these answers:\n{}", told(asks, answers));
    ends
}

fn told(asks: &[Ask], answers: &[Answer]) -> String {
    asks.iter().zip(answers).map(|(ask, answer)| format!("    {ask:?}: {answer:?}\n")).collect()
}

async fn ends_as_one_of(models: &[Model], festival: &Festival) {
    let world = &festival.worlds[0];
    let (mut status, mut balances) = (Vec::new(), Vec::new());
    for band in &world.bands {
        let view = world.now(band).await;
        status.push(view.medium.status);
        balances.push(view.balance.0);
    }
    let open = festival.open_matters().await;
    let mut matters: BTreeMap<_, usize> = BTreeMap::new();
    for matter in &open {
        *matters.entry((matter.kind.as_str(), payment_of(matter))).or_default() += 1;
    }
    let same = models.iter().find(|model| {
        (&model.status[..], &model.balances()[..]) == (&status, &balances) && model.open_matters() == matters
    });
    let Some(model) = same else {
        let of = &models[0];
        assert_eq!((&of.status[..], &of.balances()[..]), (&status[..], &balances[..]), "the wristbands");
        assert_eq!(of.open_matters(), matters, "what waits for a person");
        panic!("none of {} models ends like this", models.len());
    };
    world.books_are(model.books).await;
}

/// How often each kind of answer was given.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<String, usize>>);

impl Seen {
    /// A model that only ever sees refusals proves little.
    fn expect_everything(&self) {
        let seen = self.0.lock().unwrap();
        for kind in [
            "Credited",
            "Suspended",
            "Known",
            "Mismatch",
            "Charged",
            "Short",
            "NotActive",
            "Reused",
            "TerminalRevoked",
            "EventClosed",
            "UnknownCharge",
            "Voided",
            "Moved",
            "NotAllowed",
            "OwnSuccessor",
            "SuccessorUsed",
            "Resolved",
            "NoSuchMatter",
        ] {
            assert!(seen.contains_key(kind), "no festival was ever answered {kind}, only {seen:?}");
        }
    }

    fn add(&self, answers: &[Answer]) {
        let mut seen = self.0.lock().unwrap();
        for answer in answers {
            let shown = format!("{answer:?}");
            let kind = shown.split(['(', ' ']).next().unwrap();
            *seen.entry(kind.to_owned()).or_default() += 1;
        }
    }
}

fn config() -> Config {
    let from_environment = Config::default();
    Config {
        cases: if std::env::var_os("PROPTEST_CASES").is_some() { from_environment.cases } else { CASES },
        rng_seed: match from_environment.rng_seed {
            RngSeed::Random => RngSeed::Fixed(SEED),
            fixed @ RngSeed::Fixed(_) => fixed,
        },
        failure_persistence: None,
        max_shrink_iters: 1_000,
        ..from_environment
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_festivals_answer_and_end_as_the_model_does() {
    on_both_addresses(async |url| {
        let (store, beside) = (Store::open(&url).await.unwrap(), Store::open(&url).await.unwrap());
        let first = World::open(&store, Rules::default(), 1).await;
        let second = first.on(&beside);
        let played = AtomicU32::new(0);
        let seen = Seen::default();
        let config = config();
        let meant = config.cases;
        let outcome = TestRunner::new(config).run(&a_case(), |case| {
            let slug = format!("case-{}", played.fetch_add(1, Ordering::SeqCst));
            tokio::task::block_in_place(|| {
                Handle::current().block_on(async {
                    let bands = i64::try_from(BANDS).unwrap();
                    play(Festival::open(&first, &second, &slug, case.rules, bands).await, case, &seen).await;
                });
            });
            Ok(())
        });
        if let Err(failure) = outcome {
            panic!("{failure}");
        }
        assert!(played.load(Ordering::SeqCst) >= meant);
        if meant >= CASES {
            seen.expect_everything();
        }
        drop((first, second));
        store.close().await;
        beside.close().await;
    })
    .await;
}

#[test]
fn what_happens_at_once_is_explained_by_an_order_or_not_at_all() {
    let models = [Model::new(HouseRules { by_hand: false, full_at: None })];
    let pay = Ask::Pay { payment: 0, band: Some(0), cents: 100, source: Source::Callback };
    let sell = |charge| Ask::Charge(0, Charge { charge, band: 0, cents: 60 });
    let sold = Answer::Charged { balance: 40, voided: false, replayed: false };
    let asks = [sell(1), sell(2), pay];
    let explained = |first: Answer, second: Answer| {
        explain(&models, &asks, &[first, second, Answer::Credited(100)]).len()
    };
    assert_eq!(explained(Answer::Short(40), sold.clone()), 1, "paid, the second sold, the first short");
    assert_eq!(
        explained(Answer::NotActive(MediumStatus::Issued), sold.clone()),
        1,
        "the first came too early"
    );
    assert_eq!(explained(sold.clone(), sold.clone()), 0, "nobody sells the same money twice");
    assert_eq!(explained(Answer::Short(0), sold), 0, "a wristband is paid before it is empty");
}
