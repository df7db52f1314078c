//! Several processes and many tasks on the same few wallets: nobody is turned away, and the sums are right.

use crate::db::Store;
use crate::db::testing::on_both_addresses;
use crate::events::Rules;
use crate::ids::ChargeId;
use crate::media::LifecycleMove;
use crate::payments::Outcome;
use crate::payments::tests::world::{Bar, Books, World};
use crate::terminals::Refusal;
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const WALLETS: usize = 3;
const TASKS: u64 = 48;
const STEPS: usize = 10;

/// What one task has done to the wallets and the vendor.
type Sums = ([i64; WALLETS], i64);

async fn work(world: World, bar: Bar, task: u64) -> Sums {
    let mut random = StdRng::seed_from_u64(task);
    let (mut wallets, mut vendor) = ([0; WALLETS], 0);
    let mut sales: Vec<(ChargeId, usize, i64)> = Vec::new();
    for step in 0..STEPS {
        let index = random.random_range(0..WALLETS);
        let (band, cents) = (&world.bands[index], random.random_range(1..60));
        match random.random_range(0..10) {
            0..3 => {
                // Its own payment, or one that every task reports.
                let own = random.random_bool(0.7);
                let payment = if own { format!("t{task}-{step}") } else { format!("all-{step}-{index}") };
                let cents = if own { cents } else { 10 };
                if let Outcome::Credited { amount, .. } =
                    world.settle(world.paid(&payment, band, cents)).await
                {
                    wallets[index] += amount.0;
                }
            }
            3..8 => {
                let id = ChargeId::new();
                match world.sells(&bar, id, band, cents).await {
                    Ok(_) => {
                        wallets[index] -= cents;
                        vendor += cents;
                        sales.push((id, index, cents));
                        let again = world.sells(&bar, id, band, cents).await.unwrap();
                        assert!(again.replayed);
                    }
                    Err(Refusal::InsufficientFunds { .. } | Refusal::MediumNotActive(_)) => {}
                    Err(refusal) => panic!("{refusal:?}"),
                }
            }
            8 => {
                if let Some((id, index, cents)) = sales.pop() {
                    world.voids(&bar, id).await.unwrap();
                    world.voids(&bar, id).await.unwrap();
                    wallets[index] += cents;
                    vendor -= cents;
                }
            }
            _ => {
                let asked =
                    if random.random_bool(0.5) { LifecycleMove::Freeze } else { LifecycleMove::Unfreeze };
                let _ = world.moves(band, asked).await;
            }
        }
    }
    (wallets, vendor)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_on_the_same_wallets_lose_nothing_and_refuse_nobody() {
    on_both_addresses(async |url| {
        let (first, second) = (Store::open(&url).await.unwrap(), Store::open(&url).await.unwrap());
        let world = World::open(&first, Rules::default(), i64::try_from(WALLETS).unwrap()).await;
        let bar = world.opens_bar("Bar").await;
        for (number, band) in world.bands.iter().enumerate() {
            world.tops_up(&format!("start-{number}"), band, 500).await;
        }
        let beside = world.on(&second);
        let tasks = (0..TASKS).map(|task| {
            let world = if task % 2 == 0 { world.clone() } else { beside.clone() };
            tokio::spawn(work(world, bar.clone(), task))
        });
        let (mut wallets, mut vendors) = ([500; WALLETS], 0);
        for done in join_all(tasks).await {
            let (changed, sold) = done.unwrap();
            wallets.iter_mut().zip(changed).for_each(|(sum, cents)| *sum += cents);
            vendors += sold;
        }
        for (band, expected) in world.bands.iter().zip(wallets) {
            assert_eq!(world.balance(band).await, expected);
        }
        let wallets = wallets.iter().sum();
        world.books_are(Books { wallets, vendors, ..Books::default() }).await;
        drop((world, beside));
        first.close().await;
        second.close().await;
    })
    .await;
}
