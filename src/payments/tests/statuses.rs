//! Every other status: recorded, in whatever order they come; only SUCCEEDED is money.

use super::world::{Books, World, suspended};
use crate::db::testing::on_both_engines;
use crate::events::Rules;
use crate::money::Cents;
use crate::payments::listing::{PaymentFilter, page};
use crate::payments::{Outcome, PaymentKey, Suspended};
use crate::providers::{PaymentReport, PaymentStatus, Source};

/// Each word of the provider's, and words it has never said.
const OTHERS: [&str; 13] = [
    "PENDING",
    "IDENTIFIED",
    "AUTHORIZED",
    "PENDING_MERCHANT_ACKNOWLEDGEMENT",
    "PENDING_MERCHANT_AKNOWLEDGMENT",
    "AUTHORIZATION_FAILED",
    "FAILED",
    "CANCELLED",
    "EXPIRED",
    "VOIDED",
    "BLOCKED",
    "succeeded",
    "",
];

#[tokio::test]
async fn any_other_status_is_recorded_and_a_later_success_settles() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        for (number, word) in OTHERS.iter().enumerate() {
            let payment = format!("p{number}");
            let status = PaymentStatus::from_wire(word);
            let report = PaymentReport { status: status.clone(), ..world.paid(&payment, band, 100) };
            assert_eq!(world.settle(report.clone()).await, Outcome::Recorded, "{word}");
            assert_eq!(world.settle(report).await, Outcome::AlreadyKnown, "{word} again");
            assert_eq!(stored_status(&world, &payment).await, status.as_str());
        }
        assert_eq!(world.matters().await, []);
        world.books_are(Books::default()).await;
        for number in 0..OTHERS.len() {
            world.tops_up(&format!("p{number}"), band, 100).await;
        }
        let wallets = 100 * i64::try_from(OTHERS.len()).unwrap();
        world.books_are(Books { wallets, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_final_state_never_goes_back() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let said = |payment: &str, word: &str| PaymentReport {
            status: PaymentStatus::from_wire(word),
            ..world.paid(payment, band, 100)
        };
        for (number, last) in
            ["FAILED", "AUTHORIZATION_FAILED", "CANCELLED", "EXPIRED", "VOIDED"].iter().enumerate()
        {
            let payment = format!("p{number}");
            assert_eq!(world.settle(said(&payment, last)).await, Outcome::Recorded);
            for late in ["PENDING", "AUTHORIZED", "BLOCKED", "EXPIRED", "FAILED"] {
                assert_eq!(
                    world.settle(said(&payment, late)).await,
                    Outcome::AlreadyKnown,
                    "{late} after {last}"
                );
            }
            assert_eq!(stored_status(&world, &payment).await, *last);
            world.tops_up(&payment, band, 100).await;
            for late in OTHERS {
                assert_eq!(world.settle(said(&payment, late)).await, Outcome::AlreadyKnown, "{late}");
            }
            assert_eq!(stored_status(&world, &payment).await, "SUCCEEDED");
        }
        assert_eq!(world.matters().await, []);
        world.books_are(Books { wallets: 500, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn states_that_come_in_any_order_leave_the_same_books() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let words = ["PENDING", "AUTHORIZED", "SUCCEEDED", "IDENTIFIED"];
        let mut payments = 0;
        for first in 0..4 {
            for second in (0..4).filter(|i| *i != first) {
                for third in (0..4).filter(|i| *i != first && *i != second) {
                    let payment = format!("p{payments}");
                    for index in [first, second, third, 6 - first - second - third] {
                        let status = PaymentStatus::from_wire(words[index]);
                        world.settle(PaymentReport { status, ..world.paid(&payment, band, 7) }).await;
                    }
                    assert_eq!(stored_status(&world, &payment).await, "SUCCEEDED");
                    payments += 1;
                }
            }
        }
        assert_eq!((payments, world.balance(band).await), (24, 168));
        world.books_are(Books { wallets: 168, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_later_report_leaves_out_stays_and_what_it_adds_is_kept() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let pending = PaymentReport {
            status: PaymentStatus::Pending,
            amount_cents: None,
            currency: None,
            description: None,
            reference: None,
            source: Source::List,
            ..world.paid("p1", band, 0)
        };
        assert_eq!(world.settle(pending.clone()).await, Outcome::Recorded);
        let fuller = PaymentReport { status: PaymentStatus::Authorized, ..world.paid("p1", band, 30) };
        assert_eq!(world.settle(fuller).await, Outcome::Recorded);
        let barer = PaymentReport { status: PaymentStatus::Identified, ..pending };
        assert_eq!(world.settle(barer).await, Outcome::Recorded);
        let mut session = world.store.read().await.unwrap();
        let rows = page(&mut session, world.event.id, &PaymentFilter::default(), 10).await.unwrap();
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!((row.status.as_str(), row.source.as_str()), ("IDENTIFIED", "list"));
        assert_eq!((row.amount_cents, row.currency.as_deref()), (Some(30), Some("EUR")));
        assert_eq!(row.reference.as_deref(), Some(band.reference.as_str()));
        assert_eq!(row.description.as_deref(), Some(band.description.as_str()));
    })
    .await;
}

async fn stored_status(world: &World, payment: &str) -> String {
    let report = world.paid(payment, &world.bands[0], 1);
    let mut session = world.store.read().await.unwrap();
    let records = crate::payments::store::records(&mut session, &[PaymentKey::of(&report)]).await.unwrap();
    assert_eq!(records.len(), 1, "{payment} is recorded");
    records[0].status.as_str().to_owned()
}

#[tokio::test]
async fn a_success_that_names_no_reference_settles_on_the_one_an_earlier_report_named() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [band, other] = &world.bands[..] else { panic!("two wristbands") };
        let pending = |report| PaymentReport { status: PaymentStatus::Pending, ..report };
        let unnamed = |payment: &str| PaymentReport {
            reference: None,
            description: None,
            ..world.paid(payment, band, 40)
        };
        // The bare state first, the reference later, the money without it.
        assert_eq!(world.settle(pending(unnamed("p1"))).await, Outcome::Recorded);
        assert_eq!(world.settle(pending(world.paid("p1", band, 40))).await, Outcome::Recorded);
        let credited = Outcome::Credited { medium: band.id, amount: Cents(40), balance: Cents(40) };
        assert_eq!(world.settle(unnamed("p1")).await, credited);
        assert_eq!(world.settle(world.paid("p1", band, 40)).await, Outcome::AlreadyKnown);
        assert_eq!(world.settle(world.paid("p1", other, 40)).await, Outcome::Mismatch);
        // A blank one is none. What the last report names is what was paid.
        world.settle(pending(world.paid("p2", other, 5))).await;
        world.settle(pending(world.paid("p2", band, 5))).await;
        let blank = PaymentReport { reference: Some(" ".to_owned()), ..world.paid("p2", band, 5) };
        assert!(matches!(world.settle(blank).await, Outcome::Credited { medium, .. } if medium == band.id));
        // Waiting in the lane together.
        let (first, second) = tokio::join!(
            world.settle(pending(world.paid("p3", band, 6))),
            world.settle(PaymentReport { reference: None, ..world.paid("p3", band, 6) })
        );
        assert_eq!(first, Outcome::Recorded);
        assert!(matches!(second, Outcome::Credited { .. }), "{second:?}");
        // A description that the earlier report gave away counts as well.
        let forged = PaymentReport { description: Some("Free beer".to_owned()), ..world.paid("p4", band, 7) };
        world.settle(pending(forged)).await;
        assert!(matches!(world.settle(unnamed("p4")).await, Outcome::Credited { .. }));
        // Nobody ever named one.
        world.settle(pending(unnamed("p5"))).await;
        assert_eq!(world.settle(unnamed("p5")).await, suspended(Suspended::NoReference));

        assert_eq!(world.balance(other).await, 0);
        let kinds: Vec<String> = world.matters().await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["mismatch", "counterfeit", "suspense"]);
        world.books_are(Books { wallets: 91, suspense: 40, ..Books::default() }).await;
    })
    .await;
}
