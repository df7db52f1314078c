//! One account that two events know by two names, one of which was entered wrong and corrected: a payment is of one of them.

use super::world::{Books, World};
use crate::db::Store;
use crate::db::testing::{on_both_addresses, on_both_engines};
use crate::events::Rules;
use crate::payments::{Outcome, Suspended};
use crate::providers::{PaymentReport, ProfileId, Source};

const PAYMENTS: usize = 12;
const CENTS: i64 = 700;

/// What a shop sold on the account that the provider calls `there`, as the list that an event asked for tells of it.
fn listed(world: &World, there: &ProfileId, payment: &str) -> PaymentReport {
    PaymentReport {
        reference: None,
        description: None,
        source: Source::List,
        profile_there: Some(there.clone()).filter(|there| *there != world.profile),
        creditor_profile: Some(there.clone()),
        ..world.paid(payment, &world.bands[0], CENTS)
    }
}

/// How many cents wait in an event, where the books of both are right.
async fn waiting(world: &World) -> i64 {
    let parked = world.parked().await;
    assert!(parked.iter().all(|matter| matter.reason == Suspended::NoReference.as_str()));
    let suspense = CENTS * i64::try_from(parked.len()).unwrap();
    world.books_are(Books { suspense, ..Books::default() }).await;
    suspense
}

#[tokio::test]
async fn whichever_event_hears_of_a_payment_first_keeps_it_by_its_own_name() {
    on_both_engines(async |store| {
        let entered = World::open(&store, Rules::default(), 1).await;
        let right = entered.beside("winter", Rules::default(), 1).await;
        let parked = Outcome::Suspended(Suspended::NoReference);
        for (payment, first, second) in [("p1", &entered, &right), ("p2", &right, &entered)] {
            assert_eq!(first.settle(listed(first, &right.profile, payment)).await, parked);
            for again in [second, first, second] {
                let known = again.settle(listed(again, &right.profile, payment)).await;
                assert_eq!(known, Outcome::AlreadyKnown);
            }
            let matter = first.parked().await.pop().unwrap();
            assert!(matter.payment.contains(&first.profile.0), "{} of {}", matter.payment, first.event.slug);
        }
        // What contradicts it is raised where it is, by the name that it has there.
        let more = |world: &World, payment: &str| PaymentReport {
            amount_cents: Some(CENTS + 1),
            ..listed(world, &right.profile, payment)
        };
        for payment in ["p1", "p2"] {
            for world in [&entered, &right] {
                assert_eq!(world.settle(more(world, payment)).await, Outcome::Mismatch);
            }
        }
        for world in [&entered, &right] {
            let subjects: Vec<String> = world.parked().await.into_iter().map(|found| found.payment).collect();
            assert_eq!(subjects.len(), 2, "{subjects:?}");
            assert_eq!(subjects[0], subjects[1]);
            world.books_are(Books { suspense: CENTS, ..Books::default() }).await;
        }
    })
    .await;
}

#[tokio::test]
async fn orders_that_shops_on_two_sites_number_alike_are_two_payments() {
    on_both_engines(async |store| {
        let one = World::open(&store, Rules::default(), 1).await;
        let other = one.beside("winter", Rules::default(), 1).await;
        for payment in ["1001", "1002"] {
            for world in [&one, &other] {
                let parked = Outcome::Suspended(Suspended::NoReference);
                assert_eq!(world.settle(listed(world, &world.profile, payment)).await, parked);
            }
            for world in [&one, &other] {
                let again = world.settle(listed(world, &world.profile, payment)).await;
                assert_eq!(again, Outcome::AlreadyKnown);
            }
        }
        for world in [&one, &other] {
            assert_eq!(waiting(world).await, 2 * CENTS);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_hear_of_a_payment_by_two_names_at_once_park_it_once() {
    on_both_addresses(async |url| {
        let store = Store::open(&url).await.unwrap();
        let entered = World::open(&store, Rules::default(), 1).await;
        let right = entered.beside("winter", Rules::default(), 1).await;
        let right = right.on(&Store::open(&url).await.unwrap());
        for number in 0..PAYMENTS {
            let payment = format!("p{number}");
            let reports = [&entered, &right, &entered, &right].map(|world| {
                let (report, world) = (listed(world, &right.profile, &payment), world.clone());
                tokio::spawn(async move { world.settle(report).await })
            });
            let mut parked = 0;
            for report in reports {
                match report.await.unwrap() {
                    Outcome::Suspended(Suspended::NoReference) => parked += 1,
                    Outcome::AlreadyKnown => {}
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(parked, 1, "{payment}");
        }
        let all = CENTS * i64::try_from(PAYMENTS).unwrap();
        assert_eq!(waiting(&entered).await + waiting(&right).await, all);
    })
    .await;
}
