//! SUCCEEDED without an amount that can be credited: recorded for a person to look at, nothing credited, nothing lost.

use super::world::{Books, World, suspended};
use crate::db::testing::on_both_engines;
use crate::events::Rules;
use crate::media::{LifecycleMove, MediumStatus};
use crate::money::Cents;
use crate::payments::listing::by_payment_id;
use crate::payments::parked::{Resolution, Resolved};
use crate::payments::{Outcome, Suspended};
use crate::providers::{Came, PaymentId, PaymentReport, PaymentStatus, Received, Source};

fn review() -> (String, String) {
    ("needs-review".to_owned(), "no amount to credit".to_owned())
}

#[tokio::test]
async fn an_amount_that_cannot_be_credited_is_reviewed_until_a_good_report_comes() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let odd = |payment: &str, amount_cents: Option<i64>, currency: Option<&str>| PaymentReport {
            amount_cents,
            currency: currency.map(str::to_owned),
            ..world.paid(payment, band, 0)
        };
        let cases = [
            odd("zero", Some(0), Some("EUR")),
            odd("negative", Some(-1), Some("EUR")),
            odd("least", Some(i64::MIN), Some("EUR")),
            odd("missing", None, Some("EUR")),
            odd("absurd", Some(i64::MAX), Some("EUR")),
            odd("above-the-providers-own-limit", Some(1_000_000_000_000), Some("EUR")),
            odd("dollars", Some(100), Some("USD")),
            odd("small-letters", Some(100), Some("eur")),
            odd("no-currency", Some(100), None),
            odd("empty-currency", Some(100), Some("")),
        ];
        for report in &cases {
            assert_eq!(world.settle(report.clone()).await, Outcome::NeedsReview, "{report:?}");
            assert_eq!(world.settle(report.clone()).await, Outcome::AlreadyKnown, "{report:?}");
            let failed = PaymentReport { status: PaymentStatus::Failed, ..report.clone() };
            assert_eq!(world.settle(failed).await, Outcome::AlreadyKnown, "SUCCEEDED is final");
        }
        assert_eq!(world.matters().await, vec![review(); cases.len()]);
        assert_eq!(world.status(band).await, MediumStatus::Issued);
        world.books_are(Books::default()).await;

        for (number, report) in (1..).zip(&cases) {
            let good = PaymentReport {
                amount_cents: Some(10),
                currency: Some("EUR".to_owned()),
                source: Source::Details,
                ..report.clone()
            };
            let outcome = world.settle(good.clone()).await;
            let balance = Cents(10 * number);
            assert_eq!(outcome, Outcome::Credited { medium: band.id, amount: Cents(10), balance });
            assert_eq!(world.settle(good).await, Outcome::AlreadyKnown);
        }
        assert_eq!(world.matters().await, [], "a good report closes the review");
        let wallets = 10 * i64::try_from(cases.len()).unwrap();
        world.books_are(Books { wallets, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn another_amount_than_was_asked_for_waits_for_a_person_who_credits_it_or_marks_it_for_return() {
    on_both_engines(async |store| {
        let rules = Rules { second_person: Cents(400), ..Rules::default() };
        let world = World::open(&store, rules, 1).await;
        let band = &world.bands[0];
        let came = |payment: &str, cents, currency: &str| PaymentReport {
            amount_cents: None,
            received: Some(Received { came: Came::Cents(cents), of_cents: 1_000 }),
            currency: Some(currency.to_owned()),
            ..world.paid(payment, band, 0)
        };
        for (payment, cents, currency, said) in [
            ("p1", 0, "EUR", "€ 0,00 received of the € 10,00"),
            ("p2", -1, "EUR", "neither is credited"),
            ("p3", 400, "USD", "400 in the smallest unit of USD received"),
        ] {
            assert_eq!(world.settle(came(payment, cents, currency)).await, Outcome::NeedsReview);
            assert_eq!(world.settle(came(payment, cents, currency)).await, Outcome::AlreadyKnown);
            let told = world.parked().await.pop().unwrap();
            assert!(told.detail.contains(said), "{}", told.detail);
            let mut session = world.store.read().await.unwrap();
            let listed = by_payment_id(&mut session, world.event.id, payment).await.unwrap();
            assert_eq!(listed[0].amount_cents, Some(cents), "as it came");
        }
        world.books_are(Books::default()).await;

        for (payment, cents) in [("p4", 400), ("p5", 399), ("p6", 1_200)] {
            assert_eq!(world.settle(came(payment, cents, "EUR")).await, suspended(Suspended::OtherAmount));
            assert_eq!(world.settle(came(payment, cents, "EUR")).await, Outcome::AlreadyKnown);
        }
        world.books_are(Books { suspense: 1_999, ..Books::default() }).await;
        let waiting = world.parked().await;
        let [.., much, little, more] = waiting.as_slice() else { panic!("three of them") };
        let said = "€ 4,00 received of the € 10,00 that was asked for. It names reference";
        assert!(much.detail.contains(said), "{}", much.detail);
        assert!(much.detail.contains("otherwise leave it here and ask the provider"), "{}", much.detail);
        assert!(much.amount_cents == Some(400) && much.serial.as_ref() == Some(&band.serial));
        assert_eq!(world.resolves(much, world.to(band), "anna").await, Resolved::AwaitsSecondPerson);
        let done = Resolved::Done { balance: Some(Cents(400)) };
        assert_eq!(world.resolves(much, world.to(band), "bert").await, done);
        let done = Resolved::Done { balance: None };
        assert_eq!(world.resolves(little, Resolution::Return, "anna").await, done);
        world.books_are(Books { wallets: 400, suspense: 1_200, in_transit: 399, ..Books::default() }).await;

        // The rest came after it was settled; and what was reviewed is money once it says how much.
        assert_eq!(world.settle(world.paid("p6", band, 1_000)).await, Outcome::Mismatch);
        assert_eq!(more.amount_cents, Some(1_200));
        assert_eq!(world.settle(came("p1", 700, "EUR")).await, suspended(Suspended::OtherAmount));
        let reviews = world.matters().await.into_iter().filter(|matter| *matter == review());
        assert_eq!(reviews.count(), 2, "its review is closed");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_credited_is_told_as_the_provider_named_it() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let odd = |amount_cents: Option<i64>, currency: Option<&str>| PaymentReport {
            amount_cents,
            currency: currency.map(str::to_owned),
            ..world.paid("?", band, 0)
        };
        let unread = PaymentReport {
            received: Some(Received { came: Came::Unread("\"2000\"".to_owned()), of_cents: 1_000 }),
            ..odd(None, Some("EUR"))
        };
        let cases = [
            (odd(None, Some("EUR")), "with no amount: nothing"),
            (odd(Some(-1), Some("EUR")), "with −€ 0,01: nothing"),
            (odd(Some(2_000), Some("USD")), "with 2000 in the smallest unit of USD: nothing"),
            (odd(Some(100), None), "with 100 and no currency: nothing"),
            (odd(Some(100), Some("")), "with 100 and no currency: nothing"),
            (unread, "with \"2000\", which is no number of cents, received of the € 10,00 that was asked for: neither"),
        ];
        for (number, (report, said)) in cases.into_iter().enumerate() {
            let report = PaymentReport { payment_id: PaymentId(format!("p{number}")), ..report };
            assert_eq!(world.settle(report).await, Outcome::NeedsReview, "{said}");
            let told = world.parked().await.pop().unwrap();
            assert!(told.detail.contains(said), "{}", told.detail);
        }
        world.books_are(Books::default()).await;
    })
    .await;
}

#[tokio::test]
async fn a_review_stays_one_matter_however_the_odd_reports_differ() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        for amount_cents in [None, Some(0), Some(-5), None] {
            let odd = PaymentReport { amount_cents, ..world.paid("p1", band, 0) };
            assert_eq!(world.settle(odd).await, Outcome::NeedsReview);
        }
        assert_eq!(world.matters().await, [review()]);
        world.books_are(Books::default()).await;
    })
    .await;
}

#[tokio::test]
async fn a_review_that_a_person_closed_stays_closed_and_a_good_report_settles_its_payment() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let odd = |amount_cents| PaymentReport { amount_cents, ..world.paid("p1", band, 0) };
        assert_eq!(world.settle(odd(None)).await, Outcome::NeedsReview);
        let matter = world.parked().await.remove(0);
        let refused = world.resolves(&matter, world.to(band), "an").await;
        assert!(matches!(refused, Resolved::NotThatWay(_)), "{refused:?}");
        let done = Resolved::Done { balance: None };
        assert_eq!(world.resolves(&matter, Resolution::Return, "an").await, done);
        assert_eq!(world.settle(odd(None)).await, Outcome::AlreadyKnown);
        assert_eq!(world.settle(odd(Some(-5))).await, Outcome::NeedsReview);
        assert_eq!(world.matters().await, [], "nobody is asked again");
        world.books_are(Books::default()).await;
        assert_eq!(world.tops_up("p1", band, 60).await, Cents(60));
        assert_eq!(world.resolves(&matter, Resolution::Return, "an").await, done);
        world.books_are(Books { wallets: 60, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_review_is_closed_by_a_person_and_by_a_good_report_at_once() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let odd = PaymentReport { amount_cents: None, ..world.paid("p1", band, 0) };
        assert_eq!(world.settle(odd).await, Outcome::NeedsReview);
        let matter = world.parked().await.remove(0);
        let good = world.settle(world.paid("p1", band, 60));
        let (settled, closed) = tokio::join!(good, world.resolves(&matter, Resolution::Return, "an"));
        assert!(matches!(settled, Outcome::Credited { .. }), "{settled:?}");
        assert!(matches!(closed, Resolved::Done { .. } | Resolved::AlreadyResolved), "{closed:?}");
        assert_eq!(world.matters().await, []);
        world.books_are(Books { wallets: 60, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_review_ends_in_suspense_when_the_medium_was_revoked_meanwhile() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let odd = PaymentReport { amount_cents: None, ..world.paid("p1", band, 0) };
        assert_eq!(world.settle(odd).await, Outcome::NeedsReview);
        world.moves(band, LifecycleMove::Revoke).await.unwrap();
        assert_eq!(world.settle(world.paid("p1", band, 60)).await, suspended(Suspended::Revoked));
        assert_eq!(world.matters().await, [("suspense".to_owned(), "revoked".to_owned())]);
        world.books_are(Books { suspense: 60, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn largest_amounts_are_credited_and_a_full_wallet_overflows_into_suspense() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let most = crate::payments::PAYMENT_CENTS_MAX;
        assert_eq!(world.tops_up("p1", band, most).await, Cents(most));
        assert_eq!(world.tops_up("p2", band, most).await, Cents(2 * most));
        world.books_are(Books { wallets: 2 * most, ..Books::default() }).await;
    })
    .await;
}
