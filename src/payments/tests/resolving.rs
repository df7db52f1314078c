//! Parked matters and what people make of them: resolved once, by two people where it is much.

use super::world::{Books, World, actor};
use crate::audit_log::{self, Actor};
use crate::db::testing::on_both_engines;
use crate::events::{Activation, Counterfeit, Rules};
use crate::ids::{ChargeId, ParkedId};
use crate::media::{LifecycleMove, MediumStatus};
use crate::money::Cents;
use crate::operators::{self, Role};
use crate::payments::Outcome;
use crate::payments::parked::store::ParkedView;
use crate::payments::parked::{Resolution, Resolve, Resolved};
use crate::providers::{PaymentReport, ProfileId};
use futures_util::future::join_all;

const DONE: Resolved = Resolved::Done { balance: None };

impl World {
    /// Parks money that names no reference.
    async fn parks(&self, payment: &str, cents: i64) -> ParkedView {
        let report = PaymentReport { reference: None, ..self.paid(payment, &self.bands[0], cents) };
        assert!(matches!(self.settle(report).await, Outcome::Suspended(_)));
        self.parked().await.into_iter().find(|matter| matter.payment.ends_with(payment)).unwrap()
    }

    /// Pays a code that shows something else than was printed.
    async fn counterfeits(&self, payment: &str, band: usize, cents: i64) -> ParkedView {
        let description = Some("Beer for free".to_owned());
        self.settle(PaymentReport { description, ..self.paid(payment, &self.bands[band], cents) }).await;
        self.parked().await.into_iter().find(|matter| matter.payment.ends_with(payment)).unwrap()
    }

    async fn log(&self, action: &str) -> Vec<String> {
        let mut session = self.store.read().await.unwrap();
        let page = audit_log::store::page(&mut session, Some(self.event.id), None, 200).await.unwrap();
        let actions = page.into_iter().filter(|entry| entry.action == action);
        actions.map(|entry| format!("{} {}", entry.actor, entry.subject)).collect()
    }
}

#[tokio::test]
async fn parked_money_goes_to_a_wallet_or_back_once() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 3).await;
        let [band, old, new] = &world.bands[..] else { panic!("three wristbands") };
        let first = world.parks("p1", 100).await;
        let done = world.resolves(&first, world.to(band), "anna").await;
        assert_eq!(done, Resolved::Done { balance: Some(Cents(100)) });
        assert_eq!(world.status(band).await, MediumStatus::Active, "money on it: it is in use");
        assert_eq!(world.resolves(&first, world.to(band), "bert").await, DONE, "the same again");
        assert_eq!(world.resolves(&first, Resolution::Return, "anna").await, Resolved::AlreadyResolved);
        assert_eq!(world.resolves(&first, world.to(old), "anna").await, Resolved::AlreadyResolved);

        let second = world.parks("p2", 20).await;
        assert_eq!(world.resolves(&second, Resolution::Return, "anna").await, DONE);
        assert_eq!(world.resolves(&second, Resolution::Return, "anna").await, DONE);
        assert_eq!(world.resolves(&second, world.to(band), "anna").await, Resolved::AlreadyResolved);

        // An old reference leads to the wallet its successor spends from.
        world.tops_up("p3", old, 5).await;
        world.replaces(old, new).await.unwrap();
        world.moves(new, LifecycleMove::Freeze).await.unwrap();
        let third = world.parks("p4", 1).await;
        let done = world.resolves(&third, world.to(old), "anna").await;
        assert_eq!(done, Resolved::Done { balance: Some(Cents(6)) });
        assert_eq!(world.balance(new).await, 6);

        assert_eq!(world.parked().await.len(), 0);
        let subjects =
            [&third, &second, &first].map(|m| format!("operator:anna@bar.example parked:{}", m.id));
        assert_eq!(world.log("parked matter resolved").await, subjects, "each once, by who did it");
        world.books_are(Books { wallets: 106, in_transit: 20, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn much_money_takes_two_people_who_say_the_same() {
    on_both_engines(async |store| {
        let rules = Rules { second_person: Cents(1_000), ..Rules::default() };
        let world = World::open(&store, rules, 2).await;
        let [band, other] = &world.bands[..] else { panic!("two wristbands") };
        let little = world.parks("p1", 999).await;
        assert_eq!(world.resolves(&little, Resolution::Return, "anna").await, DONE);

        let much = world.parks("p2", 1_000).await;
        let waits = Resolved::AwaitsSecondPerson;
        assert_eq!(world.resolves(&much, world.to(band), "anna").await, waits);
        assert_eq!(
            world.resolves(&much, world.to(band), "anna").await,
            waits,
            "the same person twice is one"
        );
        assert_eq!(world.resolves(&much, world.to(other), "bert").await, waits, "another proposal");
        assert_eq!(world.resolves(&much, world.to(band), "anna").await, waits, "and back again");
        let open = &world.parked().await[0];
        assert_eq!(open.proposed_by.as_deref(), Some("operator:anna@bar.example"));
        assert_eq!(open.proposal.as_deref(), Some(format!("to {}", band.reference).as_str()));
        assert_eq!(world.balance(band).await, 0);
        let done = world.resolves(&much, world.to(band), "bert").await;
        assert_eq!(done, Resolved::Done { balance: Some(Cents(1_000)) });
        assert_eq!(world.resolves(&much, world.to(band), "anna").await, DONE);
        assert_eq!(world.log("parked matter proposed").await.len(), 3);
        assert_eq!(world.log("parked matter resolved").await.len(), 2);

        let flagged = world.counterfeits("p3", 1, 1_000).await;
        assert_eq!(world.resolves(&flagged, Resolution::Return, "anna").await, waits);
        assert_eq!(world.resolves(&flagged, Resolution::Return, "bert").await, DONE);
        // Keeping it takes two as well, whatever somebody else proposed.
        let flagged = world.counterfeits("p4", 1, 1_000).await;
        assert_eq!(world.resolves(&flagged, Resolution::Return, "anna").await, waits);
        assert_eq!(world.resolves(&flagged, world.to(other), "bert").await, waits);
        assert_eq!(world.resolves(&flagged, world.to(other), "anna").await, DONE);
        world.books_are(Books { wallets: 2_000, in_transit: 1_999, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn of_several_people_the_latest_word_of_each_counts() {
    on_both_engines(async |store| {
        let rules = Rules { second_person: Cents(1), ..Rules::default() };
        let world = World::open(&store, rules, 2).await;
        let [one, two] = &world.bands[..] else { panic!("two wristbands") };
        let waits = Resolved::AwaitsSecondPerson;
        let matter = world.parks("p1", 100).await;
        assert_eq!(world.resolves(&matter, world.to(one), "anna").await, waits);
        assert_eq!(world.resolves(&matter, world.to(two), "bert").await, waits);
        assert_eq!(world.resolves(&matter, Resolution::Return, "carl").await, waits);
        // Another process knows what was said at the first. What somebody took back counts no more, nor their own again.
        let beside = world.on(&store);
        let done = beside.resolves(&matter, world.to(two), "anna").await;
        assert_eq!(done, Resolved::Done { balance: Some(Cents(100)) }, "bert said so before carl spoke");
        let matter = world.parks("p2", 100).await;
        assert_eq!(world.resolves(&matter, world.to(one), "anna").await, waits);
        assert_eq!(world.resolves(&matter, Resolution::Return, "anna").await, waits);
        assert_eq!(beside.resolves(&matter, world.to(one), "bert").await, waits, "she took it back");
        assert_eq!(beside.resolves(&matter, Resolution::Return, "anna").await, waits, "she alone");
        assert_eq!(world.resolves(&matter, Resolution::Return, "bert").await, DONE);
        world.books_are(Books { wallets: 100, in_transit: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn the_word_of_whoever_may_not_decide_any_more_counts_no_more() {
    on_both_engines(async |store| {
        let rules = Rules { second_person: Cents(1), ..Rules::default() };
        let world = World::open(&store, rules, 1).await;
        let (one, waits) = (world.to(&world.bands[0]), Resolved::AwaitsSecondPerson);
        let (actor, now) = (Actor::System("test"), world.clock.now());
        let [anna, bert] = ["anna@bar.example", "bert@bar.example"].map(|email| email.parse().unwrap());
        let matter = world.parks("p1", 100).await;
        assert_eq!(world.resolves(&matter, one.clone(), "anna").await, waits);
        operators::change_role(&store, &actor, now, &anna, Role::Viewer).await.unwrap();
        assert_eq!(world.resolves(&matter, one.clone(), "bert").await, waits);
        operators::remove(&store, &actor, now, &bert).await.unwrap();
        assert_eq!(world.resolves(&matter, one.clone(), "carl").await, waits);
        operators::change_role(&store, &actor, now, &anna, Role::Organiser).await.unwrap();
        assert_eq!(world.resolves(&matter, one, "carl").await, Resolved::Done { balance: Some(Cents(100)) });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_people_who_agree_at_once_move_the_money_once() {
    on_both_engines(async |store| {
        let rules = Rules { second_person: Cents(1), ..Rules::default() };
        let world = World::open(&store, rules, 2).await;
        let beside = world.on(&store);
        let matter = world.parks("p1", 100).await;
        world.resolves(&matter, world.to(&world.bands[0]), "anna").await;
        world.resolves(&matter, world.to(&world.bands[1]), "bert").await;
        let tasks = (0..16).map(|number: usize| {
            let world = if number.is_multiple_of(2) { world.clone() } else { beside.clone() };
            let matter = matter.clone();
            tokio::spawn(async move {
                let to = world.to(&world.bands[number / 2 % 2]);
                world.resolves(&matter, to, &format!("person{number}")).await
            })
        });
        let answers: Vec<Resolved> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        let moved = answers.iter().filter(|answer| matches!(answer, Resolved::Done { balance: Some(_) }));
        assert_eq!(moved.count(), 1, "{answers:?}");
        assert!(
            answers.iter().all(|answer| matches!(answer, Resolved::Done { .. } | Resolved::AlreadyResolved)),
            "{answers:?}"
        );
        world.books_are(Books { wallets: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_who_race_resolve_a_matter_once() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 8).await;
        let beside = world.on(&store);
        let matter = world.parks("p1", 100).await;
        let tasks = (0..16).map(|number: usize| {
            let world = if number.is_multiple_of(2) { world.clone() } else { beside.clone() };
            let matter = matter.clone();
            tokio::spawn(async move {
                let to = world.to(&world.bands[number % 8]);
                world.resolves(&matter, to, "anna").await
            })
        });
        let answers: Vec<Resolved> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        let moved = answers.iter().filter(|answer| matches!(answer, Resolved::Done { balance: Some(_) }));
        assert_eq!(moved.count(), 1, "{answers:?}");
        assert!(
            answers.iter().all(|answer| matches!(answer, Resolved::Done { .. } | Resolved::AlreadyResolved)),
            "{answers:?}"
        );
        world.books_are(Books { wallets: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn two_people_who_propose_at_once_leave_one_proposal() {
    on_both_engines(async |store| {
        let rules = Rules { second_person: Cents(1), ..Rules::default() };
        let world = World::open(&store, rules, 2).await;
        let matter = world.parks("p1", 100).await;
        let (to, back) = (world.to(&world.bands[0]), Resolution::Return);
        // Sent before either is awaited: the lane decides them in one batch.
        let (first, second) =
            tokio::join!(world.resolves(&matter, to.clone(), "anna"), world.resolves(&matter, back, "bert"));
        assert_eq!((first, second), (Resolved::AwaitsSecondPerson, Resolved::AwaitsSecondPerson));
        assert_eq!(world.parked().await[0].proposal.as_deref(), Some("return"));
        // A proposal and its second in one batch.
        let (first, second) =
            tokio::join!(world.resolves(&matter, to.clone(), "anna"), world.resolves(&matter, to, "bert"));
        assert_eq!(first, Resolved::AwaitsSecondPerson);
        assert_eq!(second, Resolved::Done { balance: Some(Cents(100)) });
        world.books_are(Books { wallets: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_matter_of_another_event_is_unknown() {
    on_both_engines(async |store| {
        let old = World::open(&store, Rules::default(), 1).await;
        let matter = old.parks("p1", 100).await;
        old.closes().await;
        let new = old.another("autumn", Rules::default(), 1).await;
        let here = new.to(&new.bands[0]);
        assert_eq!(new.resolves_in(new.event.id, &matter, here.clone(), "anna").await, Resolved::Unknown);
        // In one batch with somebody who may.
        let (right, wrong) = tokio::join!(
            old.resolves(&matter, old.to(&old.bands[0]), "anna"),
            new.resolves_in(new.event.id, &matter, here, "bert"),
        );
        assert_eq!((right, wrong), (Resolved::Done { balance: Some(Cents(100)) }, Resolved::Unknown));
        let never = Resolve {
            event: new.event.id,
            parked: ParkedId::new(),
            resolution: Resolution::Return,
            actor: actor(),
            reason: String::new(),
            up_to: None,
        };
        assert_eq!(new.lane.submit(never).await, Ok(Resolved::Unknown));
        old.books_are(Books { wallets: 100, ..Books::default() }).await;
        new.books_are(Books::default()).await;
    })
    .await;
}

#[tokio::test]
async fn money_is_not_given_to_a_reference_that_cannot_be_credited() {
    on_both_engines(async |store| {
        let rules = Rules { activation: Activation::Explicit, ..Rules::default() };
        let world = World::open(&store, rules, 5).await;
        let [issued, revoked, spoiled, old, end] = &world.bands[..] else { panic!("five wristbands") };
        world.moves(revoked, LifecycleMove::Revoke).await.unwrap();
        world.moves(spoiled, LifecycleMove::Spoil).await.unwrap();
        world.replaces(old, end).await.unwrap();
        world.moves(end, LifecycleMove::Revoke).await.unwrap();
        let elsewhere = world.clone();
        elsewhere.closes().await;
        let autumn = world.another("autumn", Rules::default(), 1).await;
        let matter = world.parks("p1", 100).await;
        let unknown = crate::codes::Reference::draw(&mut rand::rng());
        let hash = crate::media::reference_hash(&world.keys, &unknown);
        for (resolution, refusal) in [
            (Resolution::To { reference: unknown, hash }, Resolved::UnknownReference),
            (autumn.to(&autumn.bands[0]), Resolved::UnknownReference),
            (world.to(revoked), Resolved::NotUsable(MediumStatus::Revoked)),
            (world.to(spoiled), Resolved::NotUsable(MediumStatus::Spoiled)),
            (world.to(old), Resolved::NotUsable(MediumStatus::Revoked)),
            (world.to(issued), Resolved::NotUsable(MediumStatus::Issued)),
        ] {
            assert_eq!(world.resolves(&matter, resolution, "anna").await, refusal);
        }
        assert_eq!(world.parked().await.len(), 1, "it stays open");
        world.moves(issued, LifecycleMove::Activate).await.unwrap();
        let done = world.resolves(&matter, world.to(issued), "anna").await;
        assert_eq!(done, Resolved::Done { balance: Some(Cents(100)) });
        world.books_are(Books { wallets: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_possible_counterfeit_is_kept_or_returned_as_far_as_the_money_is_there() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [band, other] = &world.bands[..] else { panic!("two wristbands") };
        let bar = world.opens_bar("Bar").await;
        let kept = world.counterfeits("p1", 0, 100).await;
        let elsewhere = world.resolves(&kept, world.to(other), "anna").await;
        assert!(matches!(elsewhere, Resolved::NotThatWay(_)), "{elsewhere:?}");
        assert_eq!(world.resolves(&kept, world.to(band), "anna").await, DONE);
        assert_eq!(world.resolves(&kept, Resolution::Return, "anna").await, Resolved::AlreadyResolved);
        assert_eq!(world.balance(band).await, 100);

        let returned = world.counterfeits("p2", 0, 50).await;
        assert_eq!(world.resolves(&returned, Resolution::Return, "anna").await, DONE);
        assert_eq!(world.resolves(&returned, Resolution::Return, "anna").await, DONE);
        assert_eq!(world.balance(band).await, 100);

        let spent = world.counterfeits("p3", 0, 30).await;
        let charge = ChargeId::new();
        world.sells(&bar, charge, band, 110).await.unwrap();
        let short = Resolved::Insufficient { balance: Cents(20) };
        assert_eq!(world.resolves(&spent, Resolution::Return, "anna").await, short);
        assert_eq!(world.parked().await.len(), 1);
        world.voids(&bar, charge).await.unwrap();
        assert_eq!(world.resolves(&spent, Resolution::Return, "anna").await, DONE);
        world.books_are(Books { wallets: 100, in_transit: 80, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_counterfeit_held_in_suspense_is_money_in_suspense() {
    on_both_engines(async |store| {
        let rules = Rules { counterfeit: Counterfeit::Hold, ..Rules::default() };
        let world = World::open(&store, rules, 1).await;
        let held = world.counterfeits("p1", 0, 70).await;
        assert_eq!((held.kind.as_str(), held.amount_cents), ("suspense", Some(70)));
        let done = world.resolves(&held, world.to(&world.bands[0]), "anna").await;
        assert_eq!(done, Resolved::Done { balance: Some(Cents(70)) });
        world.books_are(Books { wallets: 70, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn reviews_close_themselves_and_mismatches_are_looked_at() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        world.settle(PaymentReport { amount_cents: None, ..world.paid("p1", band, 0) }).await;
        world.tops_up("p2", band, 100).await;
        world.settle(world.paid("p2", band, 99)).await;
        let foreign = Some(ProfileId("000000000000000000000001".to_owned()));
        world.settle(PaymentReport { creditor_profile: foreign, ..world.paid("p3", band, 5) }).await;
        let [review, disagree, foreign] = &world.parked().await[..] else { panic!("three matters") };
        let answer = world.resolves(review, world.to(band), "anna").await;
        assert!(matches!(answer, Resolved::NotThatWay(_)), "{answer:?}");
        for matter in [disagree, foreign] {
            let answer = world.resolves(matter, world.to(band), "anna").await;
            assert!(matches!(answer, Resolved::NotThatWay(_)), "{answer:?}");
            assert_eq!(world.resolves(matter, Resolution::Return, "anna").await, DONE);
            assert_eq!(world.resolves(matter, Resolution::Return, "bert").await, DONE);
        }
        assert_eq!(world.matters().await.len(), 1, "the review is open");
        world.tops_up("p1", band, 1).await;
        let late = world.resolves(review, Resolution::Return, "anna").await;
        assert_eq!(late, Resolved::AlreadyResolved);
        assert_eq!(world.matters().await, []);
        world.books_are(Books { wallets: 101, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_medium_that_got_parked_money_is_not_an_unused_successor_any_more() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [old, new] = &world.bands[..] else { panic!("two wristbands") };
        world.tops_up("p1", old, 10).await;
        let matter = world.parks("p2", 100).await;
        world.resolves(&matter, world.to(new), "anna").await;
        assert!(world.replaces(old, new).await.is_err(), "its money would be on a wallet nobody spends from");
        world.books_are(Books { wallets: 110, ..Books::default() }).await;
    })
    .await;
}
