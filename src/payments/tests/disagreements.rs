//! Reports that contradict each other or us: the first settlement stands, and a person hears of it.

use super::world::{Books, World, suspended};
use crate::db::testing::on_both_engines;
use crate::events::Rules;
use crate::payments::parked::{Resolution, Resolved};
use crate::payments::{Outcome, Suspended};
use crate::providers::{PaymentReport, PaymentStatus, ProfileId, Source};

#[tokio::test]
async fn two_reports_that_disagree_leave_the_first_settlement_and_raise_one_mismatch() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [band, other] = &world.bands[..] else { panic!("two wristbands") };
        let from = |source, report: PaymentReport| PaymentReport { source, ..report };
        let currency = |word: &str, report| PaymentReport { currency: Some(word.to_owned()), ..report };
        let cases = [
            from(Source::List, world.paid("p0", band, 2_001)),
            from(Source::Callback, world.paid("p1", other, 2_000)),
            from(Source::Callback, world.paid("p2", band, -2_000)),
            from(Source::Callback, world.paid("p3", band, 0)),
            from(Source::Details, currency("USD", world.paid("p4", band, 2_000))),
            PaymentReport { reference: Some("R1".to_owned()), ..world.paid("p5", band, 2_000) },
        ];
        for (number, report) in cases.iter().enumerate() {
            world.tops_up(&format!("p{number}"), band, 2_000).await;
            assert_eq!(world.settle(report.clone()).await, Outcome::Mismatch, "{report:?}");
            assert_eq!(world.settle(report.clone()).await, Outcome::Mismatch, "said again, raised once");
            let matters = world.parked().await;
            assert_eq!(matters.len(), number + 1);
            assert_eq!(
                (matters[number].kind.as_str(), matters[number].amount_cents),
                ("mismatch", Some(2_000))
            );
        }
        let first = &world.parked().await[0];
        let said = "Reported with € 20,00 before, and now with € 20,01 (source: list). € 20,00 was settled here and stays \
            settled. Look in the provider's own pages how much came.";
        assert_eq!(first.detail, said);
        assert_eq!(world.balance(other).await, 0);
        let wallets = 2_000 * i64::try_from(cases.len()).unwrap();
        world.books_are(Books { wallets, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_disagreement_says_whether_the_money_waits_was_credited_or_is_marked_for_return() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let reports =
            |payment: &str, cents| PaymentReport { reference: None, ..world.paid(payment, band, cents) };
        let told = async |payment: &str| -> Vec<String> {
            let mut matters = world.parked().await;
            matters.retain(|matter| matter.kind == "mismatch" && matter.payment.ends_with(payment));
            matters.into_iter().map(|matter| matter.detail).collect()
        };
        let credited = format!("was credited to {} by anna@bar.example.", band.serial.grouped());
        for (payment, resolution, became) in [
            ("p1", world.to(band), credited.as_str()),
            ("p2", Resolution::Return, "is marked for return here."),
        ] {
            assert_eq!(world.settle(reports(payment, 100)).await, suspended(Suspended::NoReference));
            assert_eq!(world.settle(reports(payment, 90)).await, Outcome::Mismatch);
            let said = |cents: &str, became: &str| {
                let both =
                    format!("Reported with € 1,00 before, and now with € 0,{cents} (source: callback).");
                format!("{both} € 1,00 {became} Look in the provider's own pages how much came.")
            };
            assert_eq!(told(payment).await, [said("90", "waits in suspense here.")]);
            let mut matters = world.parked().await;
            matters.retain(|matter| matter.kind == "suspense");
            let resolved = world.resolves(&matters[0], resolution, "anna").await;
            assert!(matches!(resolved, Resolved::Done { .. }), "{resolved:?}");
            assert_eq!(told(payment).await, [said("90", became)]);
            // And so does one that is told of later, from its first moment.
            assert_eq!(world.settle(reports(payment, 80)).await, Outcome::Mismatch);
            assert_eq!(told(payment).await, [said("90", became), said("80", became)]);
        }
        world.books_are(Books { wallets: 100, in_transit: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn the_booked_amount_named_again_is_said_once_where_another_one_was_named() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let reports = |payment: &str, source, cents| {
            let report = world.paid(payment, band, cents);
            world.settle(PaymentReport { source, ..report })
        };
        let stories = async || -> Vec<String> {
            world.parked().await.into_iter().map(|matter| matter.detail).collect()
        };
        let again = |story: &str, source: &str| {
            format!("{story} The provider has named € 15,00 again (source: {source}).")
        };
        world.tops_up("p1", band, 1_500).await;
        assert_eq!(reports("p1", Source::List, 1_800).await, Outcome::Mismatch);
        let more = stories().await.remove(0);
        // A report that names no amount says nothing about it.
        let silent = PaymentReport { amount_cents: None, ..world.paid("p1", band, 0) };
        assert_eq!(world.settle(silent).await, Outcome::AlreadyKnown);
        assert_eq!(stories().await, std::slice::from_ref(&more));
        for source in [Source::Details, Source::Details, Source::Callback, Source::List] {
            assert_eq!(reports("p1", source, 1_500).await, Outcome::AlreadyKnown);
            assert_eq!(stories().await, [again(&more, "details")]);
        }
        // Another amount is another matter, which is told for itself; the one that was named before changes nothing.
        assert_eq!(reports("p1", Source::List, 1_800).await, Outcome::Mismatch);
        assert_eq!(reports("p1", Source::List, 1_200).await, Outcome::Mismatch);
        let less = stories().await.remove(1);
        assert_eq!(reports("p1", Source::Callback, 1_500).await, Outcome::AlreadyKnown);
        assert_eq!(stories().await, [again(&more, "details"), again(&less, "callback")]);
        // All of it at once, as one batch takes it.
        world.tops_up("p2", band, 1_500).await;
        let (other, booked, repeated) = tokio::join!(
            reports("p2", Source::List, 1_800),
            reports("p2", Source::List, 1_500),
            reports("p2", Source::Details, 1_500)
        );
        assert_eq!(
            (other, booked, repeated),
            (Outcome::Mismatch, Outcome::AlreadyKnown, Outcome::AlreadyKnown)
        );
        assert_eq!(stories().await[2], again(&more, "list"));
        world.books_are(Books { wallets: 3_000, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_report_leaves_out_contradicts_nothing() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        world.tops_up("p1", band, 2_000).await;
        let whole = world.paid("p1", band, 2_000);
        let typed = format!(" {}-{} ", &band.reference.as_str()[..5], &band.reference.as_str()[5..]);
        for silent in [
            PaymentReport { reference: None, ..whole.clone() },
            PaymentReport { currency: None, ..whole.clone() },
            PaymentReport { amount_cents: None, ..whole.clone() },
            // An open code's amount may be listed as 0.
            PaymentReport { amount_cents: Some(0), source: Source::Details, ..whole.clone() },
            PaymentReport { amount_cents: Some(0), source: Source::List, ..whole.clone() },
            PaymentReport { reference: Some(typed.to_lowercase()), ..whole.clone() },
            PaymentReport { description: Some("something else".to_owned()), ..whole.clone() },
        ] {
            assert_eq!(world.settle(silent.clone()).await, Outcome::AlreadyKnown, "{silent:?}");
        }
        assert_eq!(world.matters().await, []);
        world.books_are(Books { wallets: 2_000, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_reference_that_comes_after_the_money_was_parked_is_a_mismatch() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let without = PaymentReport { reference: None, ..world.paid("p1", band, 100) };
        assert_eq!(world.settle(without).await, suspended(Suspended::NoReference));
        assert_eq!(world.settle(world.paid("p1", band, 100)).await, Outcome::Mismatch);
        let kinds: Vec<String> = world.parked().await.into_iter().map(|matter| matter.kind).collect();
        assert_eq!(kinds, ["suspense", "mismatch"]);
        world.books_are(Books { suspense: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn money_paid_to_a_profile_that_is_not_ours_is_never_credited() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let to = |payment: &str, profile: &str| PaymentReport {
            source: Source::List,
            creditor_profile: Some(ProfileId(profile.to_owned())),
            ..world.paid(payment, band, 100)
        };
        let foreign = "000000000000000000000001";
        for _ in 0..2 {
            assert_eq!(world.settle(to("p1", foreign)).await, Outcome::Mismatch);
        }
        let matters = world.parked().await;
        assert_eq!(matters.len(), 1);
        assert!(matters[0].detail.contains(foreign), "{}", matters[0].detail);
        world.books_are(Books::default()).await;
        // Our own profile named is fine, and a good callback of the same payment still settles.
        let ours = world.settle(to("p2", super::world::PROFILE)).await;
        assert!(matches!(ours, Outcome::Credited { .. }), "{ours:?}");
        world.tops_up("p1", band, 100).await;
        assert_eq!(world.settle(to("p2", foreign)).await, Outcome::Mismatch, "settled already, and raised");
        world.books_are(Books { wallets: 200, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn money_that_is_listed_without_its_profile_is_not_credited_and_no_contradiction_once_it_is_known() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let unnamed =
            |source| PaymentReport { creditor_profile: None, source, ..world.paid("p1", band, 100) };
        for source in [Source::Details, Source::List, Source::List] {
            assert_eq!(world.settle(unnamed(source)).await, Outcome::Mismatch);
        }
        assert_eq!(world.parked().await.len(), 1, "one matter, from whichever source");
        world.books_are(Books::default()).await;
        let called_back = world.settle(unnamed(Source::Callback)).await;
        assert!(matches!(called_back, Outcome::Credited { .. }), "{called_back:?}");
        assert_eq!(world.settle(unnamed(Source::List)).await, Outcome::AlreadyKnown);
        world.books_are(Books { wallets: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn another_contradiction_is_another_matter_and_the_same_one_never_is() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [band, other] = &world.bands[..] else { panic!("two wristbands") };
        world.tops_up("p1", band, 2_000).await;
        let more = world.paid("p1", band, 2_001);
        assert_eq!(world.settle(more.clone()).await, Outcome::Mismatch);
        let matter = world.parked().await.remove(0);
        assert_eq!(
            world.resolves(&matter, Resolution::Return, "anna").await,
            Resolved::Done { balance: None }
        );
        // Said again by each source, with or without what doesn't contradict.
        for source in [Source::Callback, Source::Details, Source::List] {
            for reference in [None, more.reference.clone()] {
                let again = PaymentReport { source, reference, ..more.clone() };
                assert_eq!(world.settle(again).await, Outcome::Mismatch);
            }
        }
        assert_eq!(world.matters().await, []);
        for (number, report) in
            [world.paid("p1", band, 1_999), world.paid("p1", other, 2_000), world.paid("p1", other, 1_999)]
                .into_iter()
                .enumerate()
        {
            for _ in 0..2 {
                assert_eq!(world.settle(report.clone()).await, Outcome::Mismatch);
            }
            assert_eq!(world.matters().await.len(), number + 1, "{report:?}");
        }
        world.books_are(Books { wallets: 2_000, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn money_that_went_back_before_it_settled_is_parked_and_what_was_settled_before_stays() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let parked = suspended(Suspended::RefundedAtProvider);
        let with = |payment: &str, status| PaymentReport { status, ..world.paid(payment, band, 100) };
        let refunded = |payment: &str| PaymentReport {
            refunded_cents: Some(40),
            ..with(payment, PaymentStatus::Other("refunded/completed".to_owned()))
        };
        // The report that would settle it says so itself.
        let telling = PaymentReport { refunded_cents: Some(40), ..world.paid("p1", band, 100) };
        assert_eq!(world.settle(telling.clone()).await, parked);
        assert_eq!(world.settle(telling).await, Outcome::Mismatch);
        assert_eq!(world.settle(world.paid("p1", band, 100)).await, Outcome::AlreadyKnown);
        // The bare refund first; no later state makes it forgotten, nor does money without an amount.
        let bare = PaymentReport { amount_cents: None, currency: None, reference: None, ..refunded("p2") };
        for _ in 0..2 {
            assert_eq!(world.settle(bare.clone()).await, Outcome::Mismatch);
        }
        assert_eq!(world.settle(with("p2", PaymentStatus::Pending)).await, Outcome::Recorded);
        assert_eq!(world.settle(with("p2", PaymentStatus::Failed)).await, Outcome::AlreadyKnown);
        let odd = PaymentReport { amount_cents: None, ..world.paid("p2", band, 0) };
        assert_eq!(world.settle(odd).await, Outcome::NeedsReview);
        // One that had ended, and one in review.
        assert_eq!(world.settle(with("p3", PaymentStatus::Expired)).await, Outcome::Recorded);
        let odd = PaymentReport { amount_cents: None, ..world.paid("p4", band, 0) };
        assert_eq!(world.settle(odd).await, Outcome::NeedsReview);
        world.books_are(Books { suspense: 100, ..Books::default() }).await;
        for payment in ["p2", "p3", "p4"] {
            assert_eq!(world.settle(refunded(payment)).await, Outcome::Mismatch);
            assert_eq!(world.settle(world.paid(payment, band, 100)).await, parked, "{payment}");
            assert_eq!(world.settle(refunded(payment)).await, Outcome::Mismatch);
        }
        // What is only reserved to go back keeps it from being spent, and is no contradiction.
        let reserved = PaymentReport { reserved_cents: Some(40), ..world.paid("p6", band, 100) };
        assert_eq!(world.settle(reserved.clone()).await, parked);
        assert_eq!(world.settle(reserved).await, Outcome::AlreadyKnown);
        world.tops_up("p5", band, 100).await;
        assert_eq!(world.settle(refunded("p5")).await, Outcome::Mismatch);

        let matters = world.matters().await;
        let count = |why: &str| matters.iter().filter(|(_, reason)| reason == why).count();
        assert_eq!((count("refunded-at-provider"), count("refunded at the provider")), (5, 5));
        assert_eq!(matters.len(), 10, "no review is left open");
        world.books_are(Books { wallets: 100, suspense: 500, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_dispute_is_told_to_a_person_once_whenever_and_however_often_it_is_reported_and_moves_nothing() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let disputed = |payment: &str| PaymentReport {
            status: PaymentStatus::Other("?disputed".to_owned()),
            is_chargeback: true,
            amount_cents: None,
            currency: None,
            reference: None,
            description: None,
            ..world.paid(payment, band, 100)
        };
        world.tops_up("p1", band, 100).await;
        // The second one is heard of before the payment itself, which is credited all the same.
        for payment in ["p1", "p1", "p2"] {
            assert_eq!(world.settle(disputed(payment)).await, Outcome::Mismatch);
        }
        world.tops_up("p2", band, 100).await;
        assert_eq!(world.settle(disputed("p2")).await, Outcome::Mismatch);
        let matter = ("mismatch".to_owned(), "disputed by the payer".to_owned());
        assert_eq!(world.matters().await, [matter.clone(), matter.clone()]);
        let told = world.parked().await.remove(0);
        assert!(told.detail.contains("answer there in time"), "{}", told.detail);
        assert_eq!(world.resolves(&told, Resolution::Return, "anna").await, Resolved::Done { balance: None });
        assert_eq!(world.settle(disputed("p1")).await, Outcome::Mismatch, "raised once");
        assert_eq!(world.matters().await, [matter]);
        world.books_are(Books { wallets: 200, ..Books::default() }).await;
    })
    .await;
}
