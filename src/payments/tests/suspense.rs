//! Money that belongs to no spendable wallet: kept in suspense with its reason, never dropped.

use super::world::{Books, World, suspended};
use crate::codes::Reference;
use crate::db::testing::on_both_engines;
use crate::events::{Activation, Counterfeit, OverBalance, Rules};
use crate::media::{LifecycleMove, MediumStatus};
use crate::money::Cents;
use crate::payments::parked::Resolved;
use crate::payments::{Outcome, Suspended};
use crate::providers::{PaymentReport, PaymentStatus};

#[tokio::test]
async fn money_without_a_usable_reference_goes_to_suspense_with_the_reason() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 5).await;
        let [active, revoked, spoiled, replaced, stolen] = &world.bands[..] else {
            panic!("five wristbands")
        };
        world.tops_up("p0", active, 1_000).await;
        world.moves(revoked, LifecycleMove::Revoke).await.unwrap();
        world.moves(spoiled, LifecycleMove::Spoil).await.unwrap();
        world.moves(stolen, LifecycleMove::Quarantine).await.unwrap();
        // The chain of successors ends in a revoked one.
        world.replaces(active, replaced).await.unwrap();
        world.moves(replaced, LifecycleMove::Revoke).await.unwrap();
        let foreign = Reference::draw(&mut rand::rng());
        let with = |payment: &str, reference: Option<&str>| PaymentReport {
            reference: reference.map(str::to_owned),
            ..world.paid(payment, active, 10)
        };
        let cases = [
            (with("p1", None), Suspended::NoReference),
            (with("p2", Some("")), Suspended::NoReference),
            (with("p3", Some("  ")), Suspended::NoReference),
            (with("p4", Some("R1")), Suspended::UnknownReference),
            (with("p5", Some(foreign.as_str())), Suspended::UnknownReference),
            (with("p6", Some(&"x".repeat(256))), Suspended::UnknownReference),
            (with("p7", Some("\u{1F37A}\u{FFFD}é")), Suspended::UnknownReference),
            (with("p8", Some(active.serial.as_str())), Suspended::UnknownReference),
            (world.paid("p9", revoked, 10), Suspended::Revoked),
            (world.paid("p10", spoiled, 10), Suspended::Spoiled),
            (world.paid("p11", replaced, 10), Suspended::Revoked),
            (world.paid("p12", active, 10), Suspended::Revoked),
            (world.paid("p13", stolen, 10), Suspended::Quarantined),
        ];
        let count = i64::try_from(cases.len()).unwrap();
        for (report, reason) in cases {
            assert_eq!(world.settle(report.clone()).await, suspended(reason), "{report:?}");
            assert_eq!(world.settle(report.clone()).await, Outcome::AlreadyKnown, "{report:?}");
            let matter = world.parked().await.pop().expect("it is parked");
            assert_eq!((matter.kind.as_str(), matter.reason.as_str()), ("suspense", reason.as_str()));
            assert_eq!(matter.amount_cents, Some(10));
            assert!(matter.payment.ends_with(&report.payment_id.0), "{}", matter.payment);
        }
        assert_eq!(world.parked().await.len(), usize::try_from(count).unwrap());
        assert_eq!(world.balance(active).await, 1_000);
        world.books_are(Books { wallets: 1_000, suspense: 10 * count, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn money_onto_a_quarantined_medium_waits_and_once_it_is_released_the_next_is_credited() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [stolen, other] = &world.bands[..] else { panic!("two wristbands") };
        world.moves(stolen, LifecycleMove::Quarantine).await.unwrap();
        assert_eq!(world.settle(world.paid("p1", stolen, 700)).await, suspended(Suspended::Quarantined));
        assert_eq!(world.status(stolen).await, MediumStatus::Quarantined, "money activates it not");
        assert_eq!(world.matters().await, [("suspense".to_owned(), "quarantined".to_owned())]);
        let matter = world.parked().await.remove(0);
        let refused = world.resolves(&matter, world.to(stolen), "anna").await;
        assert_eq!(refused, Resolved::NotUsable(MediumStatus::Quarantined));
        // No way around: it can't be a successor either.
        world.tops_up("p2", other, 50).await;
        assert!(world.moves(stolen, LifecycleMove::Activate).await.is_err());
        world.moves(stolen, LifecycleMove::Release).await.unwrap();
        assert_eq!(world.settle(world.paid("p1", stolen, 700)).await, Outcome::AlreadyKnown);
        assert_eq!(world.tops_up("p3", stolen, 20).await, Cents(20));
        assert_eq!(world.status(stolen).await, MediumStatus::Active);
        let done = world.resolves(&matter, world.to(stolen), "anna").await;
        assert_eq!(done, Resolved::Done { balance: Some(Cents(720)) });
        world.books_are(Books { wallets: 770, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn money_for_a_closed_event_goes_to_suspense() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        world.tops_up("p1", band, 1_000).await;
        world.closes().await;
        assert_eq!(world.settle(world.paid("p1", band, 1_000)).await, Outcome::AlreadyKnown);
        assert_eq!(world.settle(world.paid("p2", band, 50)).await, suspended(Suspended::EventClosed));
        assert_eq!(world.settle(world.paid("p2", band, 50)).await, Outcome::AlreadyKnown);
        assert_eq!(world.matters().await, [("suspense".to_owned(), "event-closed".to_owned())]);
        world.books_are(Books { wallets: 1_000, suspense: 50, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn events_that_share_a_profile_one_after_the_other_never_settle_one_payment_twice() {
    on_both_engines(async |store| {
        let old = World::open(&store, Rules::default(), 1).await;
        old.tops_up("p1", &old.bands[0], 1_000).await;
        let pending = PaymentReport { status: PaymentStatus::Pending, ..old.paid("p2", &old.bands[0], 300) };
        assert_eq!(old.settle(pending).await, Outcome::Recorded);
        old.closes().await;
        let new = old.another("autumn", Rules::default(), 1).await;
        // What the old event settled stays there, wherever it is reported now.
        assert_eq!(new.settle(old.paid("p1", &old.bands[0], 1_000)).await, Outcome::AlreadyKnown);
        // What the old event saw and did not settle is money of the old event: kept there, not dropped.
        let late = old.paid("p2", &old.bands[0], 300);
        assert_eq!(new.settle(late.clone()).await, suspended(Suspended::EventClosed));
        assert_eq!(old.settle(late.clone()).await, Outcome::AlreadyKnown);
        assert_eq!(new.settle(late).await, Outcome::AlreadyKnown);
        // An old wristband paid now, reported to the new event: none of its references.
        let reused = old.paid("p3", &old.bands[0], 40);
        assert_eq!(new.settle(reused.clone()).await, suspended(Suspended::UnknownReference));
        assert_eq!(old.settle(reused).await, Outcome::AlreadyKnown);
        assert_eq!(new.tops_up("p4", &new.bands[0], 2_000).await, Cents(2_000));
        // A payment the new event knows as pending, which succeeds at the address of the old one.
        let pending = PaymentReport { status: PaymentStatus::Authorized, ..new.paid("p5", &new.bands[0], 5) };
        assert_eq!(new.settle(pending).await, Outcome::Recorded);
        let astray = old.settle(new.paid("p5", &new.bands[0], 5)).await;
        assert!(matches!(astray, Outcome::Credited { balance: Cents(2_005), .. }), "{astray:?}");
        old.books_are(Books { wallets: 1_000, suspense: 300, ..Books::default() }).await;
        new.books_are(Books { wallets: 2_005, suspense: 40, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_medium_that_is_activated_by_hand_takes_no_money_before() {
    on_both_engines(async |store| {
        let rules = Rules { activation: Activation::Explicit, ..Rules::default() };
        let world = World::open(&store, rules, 1).await;
        let band = &world.bands[0];
        assert_eq!(world.settle(world.paid("p1", band, 700)).await, suspended(Suspended::NotActive));
        assert_eq!(world.status(band).await, MediumStatus::Issued);
        world.moves(band, LifecycleMove::Activate).await.unwrap();
        assert_eq!(world.tops_up("p2", band, 100).await, Cents(100));
        assert_eq!(world.settle(world.paid("p1", band, 700)).await, Outcome::AlreadyKnown);
        world.books_are(Books { wallets: 100, suspense: 700, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn another_description_is_flagged_and_credited_where_the_event_flags() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let says = |payment: &str, text: Option<&str>| PaymentReport {
            description: text.map(str::to_owned),
            ..world.paid(payment, band, 100)
        };
        for (payment, text) in [("p1", None), ("p2", Some("")), ("p3", Some(band.serial.as_str()))] {
            let outcome = world.settle(says(payment, text)).await;
            assert!(matches!(outcome, Outcome::Credited { .. }), "{outcome:?}");
        }
        assert_eq!(world.matters().await, [], "no description, or the printed one, is nothing to raise");
        for (payment, text) in [("p4", "Beer for free"), ("p5", " "), ("p6", "\u{0}")] {
            let outcome = world.settle(says(payment, Some(text))).await;
            assert!(matches!(outcome, Outcome::Credited { .. }), "{outcome:?}");
            assert_eq!(world.settle(says(payment, Some(text))).await, Outcome::AlreadyKnown);
        }
        let matters = world.parked().await;
        assert_eq!(matters.len(), 3);
        assert!(matters.iter().all(|matter| matter.kind == "counterfeit"));
        assert!(matters[0].detail.contains("Beer for free"), "{}", matters[0].detail);
        assert!(matters[0].detail.contains(band.serial.as_str()), "{}", matters[0].detail);
        world.books_are(Books { wallets: 600, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn another_description_is_kept_in_suspense_where_the_event_holds() {
    on_both_engines(async |store| {
        let rules = Rules { counterfeit: Counterfeit::Hold, ..Rules::default() };
        let world = World::open(&store, rules, 1).await;
        let band = &world.bands[0];
        let foreign =
            PaymentReport { description: Some("Other festival".to_owned()), ..world.paid("p1", band, 100) };
        let held = suspended(Suspended::PossibleCounterfeit);
        assert_eq!(world.settle(foreign.clone()).await, held);
        assert_eq!(world.settle(foreign).await, Outcome::AlreadyKnown);
        assert_eq!(world.status(band).await, MediumStatus::Issued, "money that is held activates nothing");
        assert_eq!(world.tops_up("p2", band, 20).await, Cents(20));
        let matters = world.parked().await;
        assert_eq!(matters.len(), 1);
        assert_eq!(matters[0].reason, "possible-counterfeit");
        assert!(matters[0].detail.contains("Other festival"), "{}", matters[0].detail);
        world.books_are(Books { wallets: 20, suspense: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_top_up_over_the_maximum_balance_is_treated_as_the_event_says() {
    on_both_engines(async |store| {
        let rules = Rules {
            balance_max: Some(Cents(1_000)),
            over_balance: OverBalance::Suspense,
            ..Rules::default()
        };
        let strict = World::open(&store, rules.clone(), 1).await;
        let band = &strict.bands[0];
        assert_eq!(strict.tops_up("p1", band, 999).await, Cents(999));
        assert_eq!(strict.settle(strict.paid("p2", band, 2)).await, suspended(Suspended::OverBalance));
        assert_eq!(strict.tops_up("p3", band, 1).await, Cents(1_000), "up to the maximum is allowed");
        assert_eq!(strict.settle(strict.paid("p4", band, 1)).await, suspended(Suspended::OverBalance));
        strict.books_are(Books { wallets: 1_000, suspense: 3, ..Books::default() }).await;
        strict.closes().await;

        let rules = Rules { over_balance: OverBalance::Credit, ..rules };
        let mild = strict.another("autumn", rules, 1).await;
        assert_eq!(mild.tops_up("q1", &mild.bands[0], 5_000).await, Cents(5_000));
        mild.books_are(Books { wallets: 5_000, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn money_for_the_next_event_of_a_profile_says_that_the_callback_address_is_the_old_one() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        world.closes().await;
        world.waits(std::time::Duration::from_secs(60));
        let next = world.another("autumn", Rules::default(), 1).await;
        // The provider still calls the closed event.
        let outcome = world.settle(next.paid("p1", &next.bands[0], 100)).await;
        assert_eq!(outcome, suspended(Suspended::EventClosed));
        assert_eq!(world.settle(world.paid("p2", &world.bands[0], 50)).await, outcome);
        let matters = world.parked().await;
        assert!(matters[0].detail.contains("change the callback URL"), "{}", matters[0].detail);
        assert!(!matters[1].detail.contains("callback"), "{}", matters[1].detail);
        world.books_are(Books { suspense: 150, ..Books::default() }).await;
    })
    .await;
}
