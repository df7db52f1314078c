//! Money marked for return and the provider's word that it went back, in whichever order they come; and chargebacks.

use super::world::{Books, World, suspended};
use crate::db::testing::on_both_engines;
use crate::events::Rules;
use crate::ids::ParkedId;
use crate::money::Cents;
use crate::payments::parked::store::ParkedView;
use crate::payments::parked::{Resolution, Resolved};
use crate::payments::{Outcome, Suspended};
use crate::providers::{PaymentReport, PaymentStatus, ProfileId, ProviderName, Source};
use crate::values;
use std::time::Duration;

const DONE: Resolved = Resolved::Done { balance: None };

impl World {
    /// Money that names no reference.
    async fn lost(&self, payment: &str, cents: i64) -> ParkedView {
        let report = PaymentReport { reference: None, ..self.paid(payment, &self.bands[0], cents) };
        assert_eq!(self.settle(report).await, suspended(Suspended::NoReference));
        self.matter(payment, "suspense").await
    }

    async fn matter(&self, payment: &str, kind: &str) -> ParkedView {
        let is_meant = |matter: &ParkedView| matter.kind == kind && matter.payment.ends_with(payment);
        self.parked().await.into_iter().find(is_meant).expect("it is open")
    }

    async fn returns(&self, matter: &ParkedView) -> Resolved {
        self.resolves(matter, Resolution::Return, "anna").await
    }

    /// What the provider says of a payment of 100 cents once some of it went back.
    fn refunded(&self, payment: &str, cents: i64) -> PaymentReport {
        PaymentReport {
            status: PaymentStatus::Other("refunded/completed".to_owned()),
            refunded_cents: Some(cents),
            ..self.paid(payment, &self.bands[0], 100)
        }
    }

    fn charged_back(&self, payment: &str) -> PaymentReport {
        let status = PaymentStatus::Other("chargeback/completed".to_owned());
        PaymentReport { status, is_chargeback: true, ..self.refunded(payment, 100) }
    }

    /// Leaves the matter of a refund, and the money of its payment marked, as two processes do that each knew of one half.
    async fn raises_unseen(&self, payment: &str, cents: i64) {
        let mut tx = self.store.begin().await.unwrap();
        tx.execute(
            "INSERT INTO parked (event_id, id, kind, subject, said, went_back_by, went_back_cents, reason, detail, payment,
                 amount_cents, opened_at)
             SELECT event_id, $2, 'mismatch', subject, $4, 'refund', $3, 'refunded at the provider', 'Told.', payment, 100,
                 opened_at
             FROM parked WHERE event_id = $1 AND kind = 'suspense' AND subject = $5",
            values![
                self.event.id,
                ParkedId::new(),
                cents,
                format!("refunded {cents}"),
                format!("bancontact/{}/{payment}", self.profile)
            ],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// The open matter of what the provider sent.
    async fn part(&self, payment: &str) -> ParkedView {
        let is_meant = |matter: &ParkedView| {
            matter.payment.ends_with(payment) && matter.went_back_by.as_deref() == Some("refund")
        };
        self.parked().await.into_iter().find(is_meant).expect("it is open")
    }

    /// The open matter of what the payer's bank took.
    async fn chargeback(&self, payment: &str) -> ParkedView {
        let is_meant = |matter: &ParkedView| {
            matter.payment.ends_with(payment) && matter.went_back_by.as_deref() == Some("chargeback")
        };
        self.parked().await.into_iter().find(is_meant).expect("it is open")
    }

    /// The same at WooshPay, which tells of each refund alone.
    fn at_wooshpay(report: PaymentReport) -> PaymentReport {
        let profile = ProfileId("acct_1".to_owned());
        let creditor_profile = Some(profile.clone());
        PaymentReport { provider: ProviderName::WooshPay, profile, creditor_profile, ..report }
    }

    /// How much of what was marked for return is on its way.
    async fn in_transit(&self) -> i64 {
        let mut session = self.store.read().await.unwrap();
        let sql = "SELECT CAST(COALESCE(SUM(CASE code WHEN 'parked-returned' THEN amount_cents
                 WHEN 'refund-executed' THEN -amount_cents ELSE 0 END), 0) AS BIGINT)
             FROM transfers WHERE event_id = $1";
        let (cents,): (i64,) = session.one(sql, values![self.event.id]).await.unwrap();
        cents
    }

    /// Nothing waits, and nothing is owed to anybody.
    async fn is_settled(&self) {
        assert_eq!(self.matters().await, []);
        self.books_are(Books::default()).await;
    }
}

#[tokio::test]
async fn a_refund_of_what_was_marked_for_return_is_booked_once_however_often_and_late_it_is_told() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let (soon, late) = (world.lost("p1", 100).await, world.lost("p2", 100).await);
        assert_eq!((world.returns(&soon).await, world.returns(&late).await), (DONE, DONE));
        world.books_are(Books { in_transit: 200, ..Books::default() }).await;
        assert_eq!(world.settle(world.refunded("p1", 100)).await, Outcome::Recorded);
        for source in [Source::Callback, Source::Details, Source::List] {
            let again = PaymentReport { source, ..world.refunded("p1", 100) };
            assert_eq!(world.settle(again).await, Outcome::AlreadyKnown);
        }
        assert_eq!(world.returns(&soon).await, DONE, "the same decision again");
        assert_eq!(world.matters().await, []);
        world.books_are(Books { in_transit: 100, ..Books::default() }).await;

        world.waits(Duration::from_secs(40 * 24 * 3600));
        world.closes().await;
        let beside = world.on(&store);
        let (one, other) =
            tokio::join!(world.settle(world.refunded("p2", 100)), beside.settle(world.refunded("p2", 100)),);
        assert!(one != other && [one, other].contains(&Outcome::AlreadyKnown), "by two processes at once");
        world.is_settled().await;
    })
    .await;
}

#[tokio::test]
async fn a_refund_that_was_told_before_the_money_was_marked_for_return_is_booked_with_the_marking() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        // It waited in suspense; somebody closed the refund's matter, or nobody did.
        for (payment, is_closed) in [("p1", false), ("p2", true)] {
            let matter = world.lost(payment, 100).await;
            assert_eq!(world.settle(world.refunded(payment, 100)).await, Outcome::Mismatch);
            let refund = world.matter(payment, "mismatch").await;
            if is_closed {
                assert_eq!(world.returns(&refund).await, DONE);
            }
            assert_eq!(world.returns(&matter).await, DONE);
            assert_eq!(world.settle(world.refunded(payment, 100)).await, Outcome::AlreadyKnown);
            world.is_settled().await;
        }
        // The refund was heard of before the payment itself.
        assert_eq!(world.settle(world.refunded("p3", 100)).await, Outcome::Mismatch);
        let paid = world.paid("p3", &world.bands[0], 100);
        assert_eq!(world.settle(paid).await, suspended(Suspended::RefundedAtProvider));
        assert_eq!(world.returns(&world.matter("p3", "suspense").await).await, DONE);
        world.is_settled().await;
        // Both in one batch, either way round.
        let (first, second) = (world.lost("p4", 100).await, world.lost("p5", 100).await);
        let (marked, told) = tokio::join!(world.returns(&first), world.settle(world.refunded("p4", 100)));
        assert!(marked == DONE && matches!(told, Outcome::Recorded | Outcome::Mismatch), "{told:?}");
        let (_, marked) = tokio::join!(world.settle(world.refunded("p5", 100)), world.returns(&second));
        assert_eq!(marked, DONE);
        world.is_settled().await;
    })
    .await;
}

#[tokio::test]
async fn what_nobody_tells_of_stays_on_its_way_and_another_payments_refund_changes_nothing() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let matter = world.lost("p1", 100).await;
        assert_eq!(world.returns(&matter).await, DONE);
        world.tops_up("p2", &world.bands[0], 100).await;
        assert_eq!(world.settle(world.refunded("p2", 100)).await, Outcome::Mismatch);
        assert_eq!(world.returns(&world.matter("p2", "mismatch").await).await, DONE);
        world.waits(Duration::from_secs(400 * 24 * 3600));
        assert_eq!(world.settle(world.paid("p2", &world.bands[0], 100)).await, Outcome::AlreadyKnown);
        assert_eq!(world.matters().await, []);
        world.books_are(Books { wallets: 100, in_transit: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_part_of_what_was_marked_is_booked_when_it_went_and_a_person_told_of_the_rest_can_close_that() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let matter = world.lost("p1", 100).await;
        assert_eq!(world.returns(&matter).await, DONE);
        for outcome in [Outcome::Mismatch, Outcome::AlreadyKnown] {
            assert_eq!(world.settle(world.refunded("p1", 40)).await, outcome);
            world.books_are(Books { in_transit: 60, ..Books::default() }).await;
        }
        assert_eq!(world.matters().await.len(), 1);
        let told = world.matter("p1", "mismatch").await;
        for part in
            ["sent € 0,40 of € 1,00 back", "€ 1,00 is marked for return here", "€ 0,60 stays on its way"]
        {
            assert!(told.detail.contains(part), "{part} is not in {}", told.detail);
        }
        assert_eq!((told.went_back_cents, told.amount_cents), (Some(40), Some(100)));
        assert_eq!(world.returns(&told).await, DONE);
        assert_eq!(world.settle(world.refunded("p1", 40)).await, Outcome::AlreadyKnown);
        assert_eq!(world.matters().await, []);
        world.books_are(Books { in_transit: 60, ..Books::default() }).await;
        assert_eq!(world.settle(world.refunded("p1", 100)).await, Outcome::Recorded, "all of it by now");
        world.is_settled().await;
        // More than was marked can't be a part of it.
        assert_eq!(world.returns(&world.lost("p2", 100).await).await, DONE);
        assert_eq!(world.settle(world.refunded("p2", 101)).await, Outcome::Mismatch);
        world.books_are(Books { in_transit: 100, ..Books::default() }).await;
        assert_eq!(world.returns(&world.matter("p2", "mismatch").await).await, DONE);
        world.books_are(Books { in_transit: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn money_taken_back_from_a_wallet_for_return_is_booked_when_the_provider_sent_it() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let description = Some("Beer for free".to_owned());
        world.settle(PaymentReport { description, ..world.paid("p1", &world.bands[0], 100) }).await;
        assert_eq!(world.returns(&world.matter("p1", "counterfeit").await).await, DONE);
        world.books_are(Books { in_transit: 100, ..Books::default() }).await;
        assert_eq!(world.settle(world.refunded("p1", 100)).await, Outcome::Recorded);
        world.is_settled().await;
    })
    .await;
}

#[tokio::test]
async fn a_refunds_matter_that_was_left_open_beside_marked_money_books_it_when_it_is_closed() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        assert_eq!(world.returns(&world.lost("p1", 100).await).await, DONE);
        world.raises_unseen("p1", 100).await;
        let refund = world.matter("p1", "mismatch").await;
        for _ in 0..2 {
            assert_eq!(world.returns(&refund).await, DONE);
        }
        assert_eq!(world.settle(world.refunded("p1", 100)).await, Outcome::AlreadyKnown);
        world.is_settled().await;
        // Of a part: it is booked, once, and what is left stays on its way.
        assert_eq!(world.returns(&world.lost("p2", 100).await).await, DONE);
        world.raises_unseen("p2", 40).await;
        let part = world.matter("p2", "mismatch").await;
        for _ in 0..2 {
            assert_eq!(world.returns(&part).await, DONE);
            world.books_are(Books { in_transit: 60, ..Books::default() }).await;
        }
        assert_eq!(world.settle(world.refunded("p2", 40)).await, Outcome::AlreadyKnown);
        assert_eq!(world.settle(world.refunded("p2", 100)).await, Outcome::Recorded);
        world.is_settled().await;
        // More than was marked, and a part of what a bank took.
        assert_eq!(world.returns(&world.lost("p3", 100).await).await, DONE);
        world.raises_unseen("p3", 101).await;
        assert_eq!(world.returns(&world.matter("p3", "mismatch").await).await, DONE);
        world.books_are(Books { in_transit: 100, ..Books::default() }).await;
        assert_eq!(world.settle(world.charged_back("p3")).await, Outcome::Mismatch);
        assert_eq!(world.returns(&world.matter("p3", "mismatch").await).await, DONE);
        world.raises_unseen("p3", 40).await;
        assert_eq!(world.returns(&world.matter("p3", "mismatch").await).await, DONE);
        world.is_settled().await;
    })
    .await;
}

#[tokio::test]
async fn a_part_that_was_told_before_the_money_was_marked_says_from_then_on_what_is_left() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        // Its matter is open, or a person has closed it; of two parts the larger sum says it.
        for (payment, told, is_closed) in
            [("p1", &[40][..], false), ("p2", &[40][..], true), ("p3", &[30, 40][..], true)]
        {
            let waits = world.lost(payment, 100).await;
            for cents in told {
                assert_eq!(world.settle(world.refunded(payment, *cents)).await, Outcome::Mismatch);
            }
            let before = world.matter(payment, "mismatch").await;
            assert!(before.detail.contains("mark it for return"), "{}", before.detail);
            if is_closed {
                assert_eq!(world.returns(&before).await, DONE);
            }
            assert_eq!(world.returns(&waits).await, DONE);
            assert_eq!(world.matters().await.len(), 1, "{payment}");
            let now = world.matter(payment, "mismatch").await;
            assert_eq!((now.id, now.went_back_cents), (before.id, Some(40)));
            for part in ["sent € 0,40 of € 1,00 back", "this part is booked", "€ 0,60 stays on its way"]
            {
                assert!(now.detail.contains(part), "{part} is not in {}", now.detail);
            }
            world.books_are(Books { in_transit: 60, ..Books::default() }).await;
            assert_eq!(world.settle(world.refunded(payment, 100)).await, Outcome::Recorded);
            world.is_settled().await;
        }
        // The bank took the rest: nothing is on its way, and the payer may have the part twice.
        let waits = world.lost("p4", 100).await;
        assert_eq!(world.settle(world.charged_back("p4")).await, Outcome::Mismatch);
        assert_eq!(world.returns(&world.matter("p4", "mismatch").await).await, DONE);
        assert_eq!(world.settle(world.refunded("p4", 40)).await, Outcome::Mismatch);
        assert_eq!(world.returns(&waits).await, DONE);
        let now = world.matter("p4", "mismatch").await;
        assert!(now.detail.contains("€ 0,60 is booked as taken back by the payer's bank"), "{}", now.detail);
        world.books_are(Books::default()).await;
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_tells_of_each_refund_alone_has_one_of_them_booked() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let sent = |payment: &str, cents| World::at_wooshpay(world.refunded(payment, cents));
        let waits = async |payment: &str| {
            let paid = PaymentReport { reference: None, ..world.paid(payment, &world.bands[0], 100) };
            assert_eq!(world.settle(World::at_wooshpay(paid)).await, suspended(Suspended::NoReference));
            world.matter(payment, "suspense").await
        };
        // Marked first: the same again is known, and any other is another one, whichever is more.
        assert_eq!(world.returns(&waits("p1").await).await, DONE);
        assert_eq!(world.settle(sent("p1", 40)).await, Outcome::Mismatch);
        assert_eq!(world.settle(sent("p1", 40)).await, Outcome::AlreadyKnown);
        for (number, cents) in [(2, 30), (3, 60), (4, 100)] {
            assert_eq!(world.settle(sent("p1", cents)).await, Outcome::Mismatch);
            let matters = world.parked().await;
            assert_eq!(matters.len(), number, "each is a matter");
            let told = matters.iter().find(|matter| matter.went_back_cents == Some(cents)).unwrap();
            for part in ["€ 0,40 is booked as sent back before", "This books nothing"] {
                assert!(told.detail.contains(part), "{part} is not in {}", told.detail);
            }
            assert!(!told.detail.contains("this part is booked"), "{}", told.detail);
        }
        assert_eq!(world.in_transit().await, 60);
        for matter in world.parked().await {
            assert_eq!(world.returns(&matter).await, DONE);
        }
        assert_eq!((world.in_transit().await, world.matters().await.len()), (60, 0));
        // Told first: the largest is booked with the marking, and the other one stays for a person.
        for (payment, larger, left) in [("p2", 70, 2), ("p3", 100, 1)] {
            let (matter, before) = (waits(payment).await, world.in_transit().await);
            for cents in [30, larger] {
                assert_eq!(world.settle(sent(payment, cents)).await, Outcome::Mismatch);
            }
            assert_eq!(world.returns(&matter).await, DONE);
            assert_eq!(world.in_transit().await, before + 100 - larger);
            let open = world.parked().await;
            assert_eq!(open.len(), left, "{payment}");
            for matter in open {
                assert_eq!(world.returns(&matter).await, DONE);
            }
            assert_eq!(world.in_transit().await, before + 100 - larger);
        }
    })
    .await;
}

#[tokio::test]
async fn a_chargeback_is_called_one_and_says_what_to_do_and_is_no_refund_of_what_was_marked() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        world.tops_up("p1", &world.bands[0], 100).await;
        for _ in 0..2 {
            assert_eq!(world.settle(world.charged_back("p1")).await, Outcome::Mismatch);
        }
        assert_eq!(world.settle(world.refunded("p1", 100)).await, Outcome::Mismatch, "another matter");
        // One that was never heard of before, and one that was to be returned.
        assert_eq!(world.settle(world.charged_back("p2")).await, Outcome::Mismatch);
        let paid = world.paid("p2", &world.bands[0], 100);
        assert_eq!(world.settle(paid).await, suspended(Suspended::RefundedAtProvider));
        assert_eq!(world.returns(&world.lost("p3", 100).await).await, DONE);
        assert_eq!(world.settle(world.charged_back("p3")).await, Outcome::Mismatch);

        let matters = world.parked().await;
        let called: Vec<&ParkedView> = matters.iter().filter(|m| m.reason.contains("charged back")).collect();
        assert_eq!((called.len(), matters.len()), (3, 5));
        for matter in called {
            for words in
                ["The payer's bank took € 1,00 of € 1,00 back", "don't send the money back", "dispute it"]
            {
                assert!(matter.detail.contains(words), "{words} is not in {}", matter.detail);
            }
            assert!(!matter.detail.contains("The provider sent"), "{}", matter.detail);
        }
        world.books_are(Books { wallets: 100, suspense: 100, in_transit: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_chargeback_of_what_was_marked_is_booked_once_when_a_person_closes_it_before_or_after() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        // Marked, told, closed.
        assert_eq!(world.returns(&world.lost("p1", 100).await).await, DONE);
        for _ in 0..2 {
            assert_eq!(world.settle(world.charged_back("p1")).await, Outcome::Mismatch);
        }
        world.books_are(Books { in_transit: 100, ..Books::default() }).await;
        let chargeback = world.matter("p1", "mismatch").await;
        for _ in 0..2 {
            assert_eq!(world.returns(&chargeback).await, DONE);
            world.is_settled().await;
        }
        assert_eq!(world.settle(world.charged_back("p1")).await, Outcome::Mismatch, "raised once");
        world.is_settled().await;
        // Told first; then closed and marked, one after the other and both in one batch.
        for (number, is_closed_first) in [(2, true), (3, false)] {
            for is_at_once in [false, true] {
                let payment = format!("p{number}{is_at_once}");
                let marked = world.lost(&payment, 100).await;
                assert_eq!(world.settle(world.charged_back(&payment)).await, Outcome::Mismatch);
                let told = world.matter(&payment, "mismatch").await;
                let (first, then) = if is_closed_first { (&told, &marked) } else { (&marked, &told) };
                if is_at_once {
                    assert_eq!(tokio::join!(world.returns(first), world.returns(then)), (DONE, DONE));
                } else {
                    assert_eq!((world.returns(first).await, world.returns(then).await), (DONE, DONE));
                }
                assert_eq!((world.returns(first).await, world.returns(then).await), (DONE, DONE), "again");
                world.is_settled().await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_chargeback_of_another_amount_or_of_money_that_nobody_marked_books_nothing_when_it_is_closed() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        world.tops_up("p1", &world.bands[0], 100).await;
        assert_eq!(world.returns(&world.lost("p2", 100).await).await, DONE);
        let in_part = PaymentReport { refunded_cents: Some(40), ..world.charged_back("p2") };
        for report in [world.charged_back("p1"), in_part] {
            let payment = report.payment_id.0.clone();
            assert_eq!(world.settle(report).await, Outcome::Mismatch);
            assert_eq!(world.returns(&world.matter(&payment, "mismatch").await).await, DONE);
        }
        let books = Books { wallets: 100, in_transit: 100, ..Books::default() };
        world.books_are(books).await;
        // One that went back by a refund before is not booked again.
        assert_eq!(world.settle(world.refunded("p2", 100)).await, Outcome::Recorded);
        assert_eq!(world.settle(world.charged_back("p2")).await, Outcome::Mismatch);
        assert_eq!(world.returns(&world.matter("p2", "mismatch").await).await, DONE);
        world.books_are(Books { in_transit: 0, ..books }).await;
    })
    .await;
}

#[tokio::test]
async fn a_person_is_told_once_when_the_provider_is_asked_and_shows_less_sent_back_than_is_booked() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        assert_eq!(world.returns(&world.lost("p1", 100).await).await, DONE);
        let shown = |source, cents| PaymentReport {
            source,
            reference: None,
            refunded_cents: Some(cents),
            ..world.paid("p1", &world.bands[0], 100)
        };
        assert_eq!(world.settle(shown(Source::Details, 0)).await, Outcome::AlreadyKnown, "none is booked");
        assert_eq!(world.settle(shown(Source::Callback, 100)).await, Outcome::Recorded);
        for (source, cents) in [(Source::Callback, 0), (Source::List, 0), (Source::Details, 100)] {
            let older = shown(source, cents);
            assert_eq!(world.settle(older).await, Outcome::AlreadyKnown, "{source:?} of {cents}");
        }
        world.is_settled().await;
        for _ in 0..2 {
            assert_eq!(world.settle(shown(Source::Details, 0)).await, Outcome::Mismatch);
            assert_eq!(world.matters().await.len(), 1);
        }
        let told = world.matter("p1", "mismatch").await;
        assert!(told.detail.contains("the provider shows € 0,00"), "{}", told.detail);
        assert_eq!(world.returns(&told).await, DONE);
        assert_eq!(world.settle(shown(Source::Details, 0)).await, Outcome::Mismatch, "raised once");
        world.is_settled().await;
    })
    .await;
}

#[tokio::test]
async fn a_refund_in_parts_of_what_was_marked_closes_every_matter_of_a_part_when_the_whole_has_gone() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        // Marked, then told of in parts.
        assert_eq!(world.returns(&world.lost("p1", 100).await).await, DONE);
        let told = [(30, Outcome::Mismatch), (30, Outcome::AlreadyKnown), (70, Outcome::Mismatch)];
        for (cents, outcome) in told {
            assert_eq!(world.settle(world.refunded("p1", cents)).await, outcome);
            world.books_are(Books { in_transit: 100 - cents, ..Books::default() }).await;
        }
        assert_eq!(world.matters().await.len(), 1, "the larger sum takes the place of the smaller");
        assert_eq!(world.matter("p1", "mismatch").await.went_back_cents, Some(70));
        assert_eq!(world.settle(world.refunded("p1", 100)).await, Outcome::Recorded);
        world.is_settled().await;
        // The parts again, and one that comes after the whole.
        for cents in [30, 70, 50, 100] {
            assert_eq!(world.settle(world.refunded("p1", cents)).await, Outcome::AlreadyKnown);
        }
        world.is_settled().await;
        // Told of in part, marked, and then the rest.
        let waits = world.lost("p2", 100).await;
        assert_eq!(world.settle(world.refunded("p2", 30)).await, Outcome::Mismatch);
        let told = world.matter("p2", "mismatch").await;
        assert!(told.detail.contains("€ 1,00 went to suspense here"), "{}", told.detail);
        assert!(!told.detail.contains("stays settled"), "{}", told.detail);
        assert_eq!(world.returns(&waits).await, DONE);
        assert_eq!(world.matters().await.len(), 1, "the rest has not gone");
        world.books_are(Books { in_transit: 70, ..Books::default() }).await;
        assert_eq!(world.settle(world.refunded("p2", 100)).await, Outcome::Recorded);
        world.is_settled().await;
        // Both parts before it is marked.
        let waits = world.lost("p3", 100).await;
        for cents in [30, 100] {
            assert_eq!(world.settle(world.refunded("p3", cents)).await, Outcome::Mismatch);
        }
        assert_eq!(world.returns(&waits).await, DONE);
        world.is_settled().await;
        // Another payment's matters stay, and so does the one of money on a wallet.
        world.tops_up("p4", &world.bands[0], 100).await;
        assert_eq!(world.settle(world.refunded("p4", 30)).await, Outcome::Mismatch);
        assert_eq!(world.returns(&world.lost("p5", 100).await).await, DONE);
        assert_eq!(world.settle(world.refunded("p5", 100)).await, Outcome::Recorded);
        assert_eq!(world.matters().await.len(), 1);
        let told = world.matter("p4", "mismatch").await;
        assert!(told.detail.contains("€ 1,00 was settled here and stays settled"), "{}", told.detail);
    })
    .await;
}

#[tokio::test]
async fn money_whose_refund_is_reserved_is_not_credited_before_a_person_closed_that_and_each_amount_is_told()
{
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let reserved = |payment: &str, cents: i64| PaymentReport {
            refunded_cents: None,
            reserved_cents: Some(cents),
            ..world.refunded(payment, cents)
        };
        let to = || world.to(&world.bands[0]);
        let is_refused = |resolved: Resolved| match resolved {
            Resolved::NotThatWay(why) => why.contains("close the mismatch"),
            _ => false,
        };
        let waits = world.lost("p1", 100).await;
        for _ in 0..2 {
            assert_eq!(world.settle(reserved("p1", 40)).await, Outcome::Mismatch);
        }
        let told = world.matter("p1", "mismatch").await;
        assert!(told.detail.contains("€ 0,40 of it reserved"), "{}", told.detail);
        assert_eq!(world.parked().await.len(), 2, "told once");
        assert!(is_refused(world.resolves(&waits, to(), "anna").await));
        // It was stopped, and begun again.
        assert_eq!(world.returns(&told).await, DONE);
        assert_eq!(world.settle(reserved("p1", 40)).await, Outcome::Mismatch);
        assert!(is_refused(world.resolves(&waits, to(), "anna").await));
        // Beside what else contradicts.
        let more = PaymentReport { reserved_cents: Some(70), ..world.paid("p1", &world.bands[0], 90) };
        assert_eq!(world.settle(more).await, Outcome::Mismatch);
        let matters = world.parked().await;
        let [.., differs, again] = matters.as_slice() else { panic!("{matters:?}") };
        assert!(
            differs.reason == "two reports disagree" && again.detail.contains("€ 0,70 of it"),
            "{matters:?}"
        );
        assert_eq!((world.returns(&told).await, world.returns(differs).await), (DONE, DONE));
        assert!(is_refused(world.resolves(&waits, to(), "anna").await));
        assert_eq!(world.returns(again).await, DONE);
        let credited = world.resolves(&waits, to(), "anna").await;
        assert!(matches!(credited, Resolved::Done { balance: Some(_) }), "{credited:?}");
        // Of money that is decided nothing is told before it has gone.
        world.tops_up("p2", &world.bands[0], 100).await;
        for payment in ["p1", "p2"] {
            assert_eq!(world.settle(reserved(payment, 40)).await, Outcome::AlreadyKnown, "{payment}");
        }
        assert_eq!(world.parked().await.len(), 0);
        world.books_are(Books { wallets: 200, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn what_tells_of_a_reserved_refund_closes_itself_once_money_has_gone_or_is_decided_whichever_is_told_first()
 {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let reserved = |payment: &str| PaymentReport {
            refunded_cents: None,
            reserved_cents: Some(40),
            ..world.refunded(payment, 40)
        };
        let open = async || -> Vec<String> {
            world.parked().await.into_iter().map(|matter| matter.reason).collect()
        };
        let reason = "a refund is reserved at the provider";
        // It went; the report that it was to go comes first, late, and in one batch.
        for (payment, order) in [("p1", [0, 1]), ("p2", [1, 0]), ("p3", [0, 0])] {
            let waits = world.lost(payment, 100).await;
            let reports = [reserved(payment), world.refunded(payment, 40)];
            if order == [0, 0] {
                let [first, second] = reports;
                tokio::join!(world.settle(first), world.settle(second));
            } else {
                for which in order {
                    assert_eq!(world.settle(reports[which].clone()).await, Outcome::Mismatch);
                }
            }
            assert_eq!(open().await, ["no-reference", "refunded at the provider"], "{payment}");
            assert_eq!(world.returns(&waits).await, DONE);
            let part = world.matter(payment, "mismatch").await;
            assert_eq!(world.returns(&part).await, DONE);
        }
        // A person marked the money while it was reserved: the refund of it is booked when it has gone.
        let waits = world.lost("p4", 40).await;
        assert_eq!(world.settle(reserved("p4")).await, Outcome::Mismatch);
        assert_eq!(open().await, ["no-reference", reason]);
        assert_eq!(world.returns(&waits).await, DONE);
        assert_eq!(world.settle(reserved("p4")).await, Outcome::AlreadyKnown);
        assert_eq!(world.settle(world.refunded("p4", 40)).await, Outcome::Recorded);
        assert_eq!(open().await, [""; 0]);
        // Heard of before the payment: nothing of it is credited, and what has gone is told in its place.
        for _ in 0..2 {
            assert_eq!(world.settle(reserved("p5")).await, Outcome::Mismatch);
        }
        assert_eq!(open().await, [reason]);
        let paid = world.paid("p5", &world.bands[0], 40);
        assert_eq!(world.settle(paid).await, suspended(Suspended::RefundedAtProvider));
        assert_eq!(open().await, [reason, "refunded-at-provider"]);
        assert_eq!(world.settle(world.refunded("p5", 40)).await, Outcome::Mismatch);
        assert_eq!(open().await, ["refunded-at-provider", "refunded at the provider"]);
        let waits = world.matter("p5", "suspense").await;
        assert_eq!(world.returns(&waits).await, DONE);
        assert_eq!(open().await, [""; 0]);
        world.books_are(Books { in_transit: 180, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn parked_money_of_which_any_went_back_is_not_credited_and_can_still_be_returned() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let to = || world.to(&world.bands[0]);
        let is_refused = |resolved: Resolved| match resolved {
            Resolved::NotThatWay(why) => why.contains("mark it for return"),
            _ => false,
        };
        // In part, wholly, and by the payer's bank; its own matter open, or closed.
        let told = [world.refunded("p1", 40), world.refunded("p2", 100), world.charged_back("p3")];
        for report in told {
            let payment = report.payment_id.0.clone();
            let waits = world.lost(&payment, 100).await;
            assert_eq!(world.settle(report).await, Outcome::Mismatch);
            assert!(is_refused(world.resolves(&waits, to(), "anna").await), "{payment}");
            assert_eq!(world.returns(&world.matter(&payment, "mismatch").await).await, DONE);
            for who in ["anna", "bert"] {
                assert!(is_refused(world.resolves(&waits, to(), who).await), "{payment} is closed");
            }
            assert_eq!(world.returns(&waits).await, DONE);
        }
        world.books_are(Books { in_transit: 60, ..Books::default() }).await;
        // Only reserved to go, and told of by the payment itself.
        let reserved = PaymentReport { reserved_cents: Some(40), ..world.paid("p4", &world.bands[0], 100) };
        assert_eq!(world.settle(reserved).await, suspended(Suspended::RefundedAtProvider));
        let waits = world.matter("p4", "suspense").await;
        assert!(is_refused(world.resolves(&waits, to(), "anna").await));
        // Both in one batch: whichever was first.
        let waits = world.lost("p5", 100).await;
        let (told, resolved) =
            tokio::join!(world.settle(world.refunded("p5", 40)), world.resolves(&waits, to(), "anna"));
        assert_eq!(told, Outcome::Mismatch);
        let credited = if is_refused(resolved.clone()) { 0 } else { 100 };
        assert!(credited == 0 || matches!(resolved, Resolved::Done { .. }), "{resolved:?}");
        // Another payment's refund stops nothing.
        let waits = world.lost("p6", 100).await;
        assert!(matches!(world.resolves(&waits, to(), "anna").await, Resolved::Done { balance: Some(_) }));
        let books =
            Books { wallets: 100 + credited, suspense: 200 - credited, in_transit: 60, ..Books::default() };
        world.books_are(books).await;
    })
    .await;
}

#[tokio::test]
async fn a_chargeback_that_books_marked_money_leaves_the_matters_of_refunds_to_a_person() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        // A part was refunded, and then the bank took it: nobody can tell whether the payer has that part twice. The chargeback
        // is closed before the money is marked, after it, and in one batch with it.
        for (number, is_closed_first, is_at_once) in [(1, true, false), (2, false, false), (3, false, true)] {
            let payment = format!("p{number}");
            let marked = world.lost(&payment, 100).await;
            assert_eq!(world.settle(world.refunded(&payment, 40)).await, Outcome::Mismatch);
            let part = world.matter(&payment, "mismatch").await;
            assert_eq!(world.settle(world.charged_back(&payment)).await, Outcome::Mismatch);
            let is_chargeback = |matter: &ParkedView| {
                matter.payment.ends_with(&payment) && matter.reason.starts_with("charged back")
            };
            let chargeback = world.parked().await.into_iter().find(is_chargeback).unwrap();
            let (first, then) = if is_closed_first { (&chargeback, &marked) } else { (&marked, &chargeback) };
            if is_at_once {
                assert_eq!(tokio::join!(world.returns(first), world.returns(then)), (DONE, DONE));
            } else {
                assert_eq!((world.returns(first).await, world.returns(then).await), (DONE, DONE));
            }
            world.books_are(Books::default()).await;
            let left: Vec<ParkedId> = world.parked().await.iter().map(|matter| matter.id).collect();
            assert_eq!(left, [part.id], "{payment}");
            assert_eq!(world.returns(&part).await, DONE);
            world.is_settled().await;
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_told_to_send_what_a_bank_took_whichever_was_told_first_and_however_often() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let says = async |payment: &str, what: &str| {
            let detail = world.part(payment).await.detail;
            assert!(detail.contains(what), "{what} is not in {detail}");
            for wrong in ["Send the rest", "stays on its way"] {
                assert!(!detail.contains(wrong), "{wrong} is in {detail}");
            }
        };
        // Told in either order, by one batch or two, before the money is marked or after.
        for (number, is_marked_first) in [true, false].into_iter().enumerate() {
            for order in ["part first", "chargeback first", "at once"] {
                let payment = format!("p{number} {order}");
                let (sent, taken) = (world.refunded(&payment, 40), world.charged_back(&payment));
                let waits = world.lost(&payment, 100).await;
                if is_marked_first {
                    assert_eq!(world.returns(&waits).await, DONE);
                }
                let told = match order {
                    "part first" => (world.settle(sent).await, world.settle(taken.clone()).await),
                    "chargeback first" => {
                        let taken = world.settle(taken.clone()).await;
                        (world.settle(sent).await, taken)
                    }
                    _ => tokio::join!(world.settle(sent), world.settle(taken.clone())),
                };
                assert_eq!(told, (Outcome::Mismatch, Outcome::Mismatch), "{payment}");
                if !is_marked_first {
                    assert_eq!(world.returns(&waits).await, DONE);
                }
                says(&payment, "don't send the other € 0,60").await;
                assert_eq!(world.settle(taken.clone()).await, Outcome::Mismatch, "told again");
                says(&payment, "don't send the other € 0,60").await;
                world.books_are(Books { in_transit: 60, ..Books::default() }).await;
                let chargeback = world.chargeback(&payment).await;
                for _ in 0..2 {
                    assert_eq!(world.returns(&chargeback).await, DONE);
                    says(&payment, "€ 0,60 is booked as taken back by the payer's bank").await;
                }
                assert_eq!(world.settle(taken).await, Outcome::Mismatch, "told late");
                says(&payment, "€ 0,60 is booked as taken back by the payer's bank").await;
                assert_eq!(world.returns(&world.part(&payment).await).await, DONE);
                world.is_settled().await;
            }
        }
        // What a person has closed stays closed.
        assert_eq!(world.returns(&world.lost("p9", 100).await).await, DONE);
        assert_eq!(world.settle(world.refunded("p9", 40)).await, Outcome::Mismatch);
        assert_eq!(world.returns(&world.part("p9").await).await, DONE);
        assert_eq!(world.settle(world.charged_back("p9")).await, Outcome::Mismatch);
        assert_eq!(world.matters().await.len(), 1);
        // Nor does a refusal say it of money that still waits.
        let waits = world.lost("p10", 100).await;
        assert_eq!(world.settle(world.refunded("p10", 40)).await, Outcome::Mismatch);
        assert_eq!(world.settle(world.charged_back("p10")).await, Outcome::Mismatch);
        let refused = world.resolves(&waits, world.to(&world.bands[0]), "anna").await;
        let Resolved::NotThatWay(why) = refused else { panic!("{refused:?}") };
        assert!(why.contains("don't send it back as well"), "{why}");
    })
    .await;
}

#[tokio::test]
async fn money_marked_in_one_process_and_its_chargeback_closed_in_another_at_once_are_booked_once() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let beside = world.on(&store);
        for number in 0..10 {
            let payment = format!("p{number}");
            let marked = world.lost(&payment, 100).await;
            assert_eq!(world.settle(world.charged_back(&payment)).await, Outcome::Mismatch);
            let told = world.matter(&payment, "mismatch").await;
            let (one, other) = if number % 2 == 0 { (&world, &beside) } else { (&beside, &world) };
            assert_eq!(tokio::join!(one.returns(&marked), other.returns(&told)), (DONE, DONE));
            world.is_settled().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_refund_that_is_told_after_a_chargeback_was_booked_is_for_a_person_and_moves_nothing() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        // Booked as taken: all of it, and what was left after a part had been sent.
        for (payment, sent) in [("p1", None), ("p2", Some(40))] {
            assert_eq!(world.returns(&world.lost(payment, 100).await).await, DONE);
            if let Some(cents) = sent {
                assert_eq!(world.settle(world.refunded(payment, cents)).await, Outcome::Mismatch);
                assert_eq!(world.returns(&world.matter(payment, "mismatch").await).await, DONE);
            }
            assert_eq!(world.settle(world.charged_back(payment)).await, Outcome::Mismatch);
            assert_eq!(world.returns(&world.matter(payment, "mismatch").await).await, DONE);
            world.is_settled().await;
            if let Some(cents) = sent {
                assert_eq!(world.settle(world.refunded(payment, cents)).await, Outcome::AlreadyKnown);
            }
            for _ in 0..2 {
                assert_eq!(world.settle(world.refunded(payment, 100)).await, Outcome::Mismatch);
                assert_eq!(world.matters().await.len(), 1);
            }
            let told = world.matter(payment, "mismatch").await;
            assert!(told.detail.contains("the payer may have it twice"), "{}", told.detail);
            world.books_are(Books::default()).await;
            assert_eq!(world.returns(&told).await, DONE);
            world.is_settled().await;
        }
        // Both in one batch.
        assert_eq!(world.returns(&world.lost("p3", 100).await).await, DONE);
        assert_eq!(world.settle(world.charged_back("p3")).await, Outcome::Mismatch);
        let chargeback = world.matter("p3", "mismatch").await;
        let (closed, told) =
            tokio::join!(world.returns(&chargeback), world.settle(world.refunded("p3", 100)));
        assert_eq!(closed, DONE);
        assert_eq!(world.matters().await.len(), usize::from(told == Outcome::Mismatch), "{told:?}");
        world.books_are(Books::default()).await;
    })
    .await;
}

#[tokio::test]
async fn parts_that_two_processes_are_told_of_at_once_are_booked_once_each() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let beside = world.on(&store);
        for number in 0..10 {
            let payment = format!("p{number}");
            assert_eq!(world.returns(&world.lost(&payment, 100).await).await, DONE);
            let (small, large) = (world.refunded(&payment, 40), world.refunded(&payment, 70));
            let (one, other) = if number % 2 == 0 { (&world, &beside) } else { (&beside, &world) };
            let (small, large) = tokio::join!(one.settle(small), other.settle(large));
            assert!([Outcome::Mismatch, Outcome::AlreadyKnown].contains(&small), "{small:?}");
            assert_eq!(large, Outcome::Mismatch);
            world.books_are(Books { in_transit: 30, ..Books::default() }).await;
            assert_eq!(world.matters().await.len(), 1);
            assert_eq!(world.settle(world.refunded(&payment, 100)).await, Outcome::Recorded);
            world.is_settled().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_chargeback_that_is_told_after_a_refund_and_before_the_money_names_its_payment() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        assert_eq!(world.settle(world.refunded("p1", 100)).await, Outcome::Mismatch);
        assert_eq!(world.settle(world.charged_back("p1")).await, Outcome::Mismatch);
        let mut session = world.store.read().await.unwrap();
        let nameless = "SELECT COUNT(*) FROM parked WHERE event_id = $1 AND payment IS NULL";
        let (nameless,): (i64,) = session.one(nameless, values![world.event.id]).await.unwrap();
        drop(session);
        assert_eq!((nameless, world.matters().await.len()), (0, 2));
        // The money comes, is marked, and has gone: by the refund, and once.
        let paid = world.paid("p1", &world.bands[0], 100);
        assert_eq!(world.settle(paid).await, suspended(Suspended::RefundedAtProvider));
        assert_eq!(world.returns(&world.matter("p1", "suspense").await).await, DONE);
        world.books_are(Books::default()).await;
        assert_eq!(world.returns(&world.matter("p1", "mismatch").await).await, DONE);
        world.is_settled().await;
    })
    .await;
}

#[tokio::test]
async fn money_that_went_back_after_a_person_credited_it_is_told_with_whom_and_by_whom() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let credited =
            format!("€ 1,00 was credited to {} by anna@bar.example.", world.bands[0].serial.grouped());
        for (payment, gone) in [("p1", world.refunded("p1", 40)), ("p2", world.charged_back("p2"))] {
            let lost = world.lost(payment, 100).await;
            let resolved = world.resolves(&lost, world.to(&world.bands[0]), "anna").await;
            assert!(matches!(resolved, Resolved::Done { balance: Some(_) }), "{resolved:?}");
            assert_eq!(world.settle(gone).await, Outcome::Mismatch);
            let told = world.matter(payment, "mismatch").await.detail;
            assert!(told.contains(&credited) && !told.contains("suspense"), "{told}");
        }
        world.books_are(Books { wallets: 200, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn closing_a_chargeback_that_books_much_money_takes_two_people_and_its_story_says_how_it_stands() {
    on_both_engines(async |store| {
        let rules = Rules { second_person: Cents(100), ..Rules::default() };
        let world = World::open(&store, rules, 1).await;
        let lost = world.lost("p1", 100).await;
        assert_eq!(world.settle(world.charged_back("p1")).await, Outcome::Mismatch);
        let told = world.chargeback("p1").await;
        assert!(told.detail.contains("Where it still waits there"), "{}", told.detail);
        assert_eq!(world.returns(&lost).await, Resolved::AwaitsSecondPerson);
        assert_eq!(world.chargeback("p1").await.detail, told.detail, "nothing is marked yet");
        assert_eq!(world.resolves(&lost, Resolution::Return, "bert").await, DONE);
        let told = world.chargeback("p1").await;
        assert!(told.detail.contains("back. € 1,00 is marked for return here. This is"), "{}", told.detail);
        assert!(!told.detail.contains("waits"), "{}", told.detail);
        for _ in 0..2 {
            assert_eq!(world.returns(&told).await, Resolved::AwaitsSecondPerson);
            world.books_are(Books { in_transit: 100, ..Books::default() }).await;
        }
        assert_eq!(world.resolves(&told, Resolution::Return, "bert").await, DONE);
        world.is_settled().await;
        // One that moves nothing takes one person.
        world.tops_up("p2", &world.bands[0], 100).await;
        assert_eq!(world.settle(world.charged_back("p2")).await, Outcome::Mismatch);
        let told = world.chargeback("p2").await;
        assert!(told.detail.contains("€ 1,00 was settled here and stays settled."), "{}", told.detail);
        assert_eq!(world.returns(&told).await, DONE);
    })
    .await;
}
