//! The lists that operators see: filtered, in order, page by page, and of one event only.

use super::world::World;
use crate::clock::Timestamp;
use crate::db::testing::on_both_engines;
use crate::events::Rules;
use crate::ids::{EventId, ParkedId};
use crate::payments::listing::{PaymentFilter, PaymentRow, Sought, newest, page};
use crate::payments::parked::Resolution;
use crate::payments::parked::store::{by_ids, open};
use crate::providers::{Debtor, PaymentReport, PaymentStatus, ProviderName};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use uuid::Uuid;

const PAGE: usize = 3;

impl World {
    async fn page(&self, filter: &PaymentFilter, limit: i64) -> Vec<PaymentRow> {
        page(&mut self.store.read().await.unwrap(), self.event.id, filter, limit).await.unwrap()
    }

    async fn newest(&self, filter: &PaymentFilter, limit: i64) -> Vec<PaymentRow> {
        let (mut session, sought) = (self.store.read().await.unwrap(), Sought::default());
        newest(&mut session, self.event.id, filter, &sought, limit).await.unwrap()
    }
}

fn names(rows: &[PaymentRow]) -> Vec<&str> {
    rows.iter().map(|row| row.payment_id.as_str()).collect()
}

#[tokio::test]
async fn payments_are_listed_in_order_by_what_is_asked_for() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [band, other] = &world.bands[..] else { panic!("two wristbands") };
        let start = world.clock.now();
        let debtor = Some(Debtor { name: Some("An".to_owned()), iban: Some("*24680".to_owned()) });
        world.settle(PaymentReport { debtor, ..world.paid("p1", band, 100) }).await;
        world.waits(Duration::from_secs(60));
        world.settle(PaymentReport { status: PaymentStatus::Failed, ..world.paid("p2", other, 20) }).await;
        world.waits(Duration::from_secs(60));
        world.settle(PaymentReport { reference: None, ..world.paid("p3", band, 3) }).await;
        let beside = world.beside("autumn", Rules::default(), 1).await;
        beside.tops_up("q1", &beside.bands[0], 4).await;

        let all = world.page(&PaymentFilter::default(), 10).await;
        assert_eq!(names(&all), ["p1", "p2", "p3"]);
        assert_eq!(
            (all[0].debtor_name.as_deref(), all[0].debtor_iban.as_deref()),
            (Some("An"), Some("*24680"))
        );
        assert_eq!((all[0].settled_cents, all[0].parked_because.as_deref()), (Some(100), None));
        assert_eq!((all[1].settled_cents, all[1].status.as_str()), (None, "FAILED"));
        assert_eq!((all[2].settled_cents, all[2].parked_because.as_deref()), (Some(3), Some("no-reference")));

        let minute = |number: i64| Some(Timestamp(start.0 + number * 60_000_000));
        let by = |change: fn(&mut PaymentFilter)| {
            let mut filter = PaymentFilter::default();
            change(&mut filter);
            filter
        };
        let reference = PaymentFilter { reference: Some(other.reference.as_str().to_owned()), ..by(|_| {}) };
        for (filter, expected) in [
            (by(|filter| filter.status = Some("SUCCEEDED".to_owned())), vec!["p1", "p3"]),
            (by(|filter| filter.status = Some("succeeded".to_owned())), vec![]),
            (by(|filter| filter.status = Some("' OR 1=1 --".to_owned())), vec![]),
            (reference, vec!["p2"]),
            (PaymentFilter { from: minute(1), ..by(|_| {}) }, vec!["p2", "p3"]),
            (PaymentFilter { to: minute(1), ..by(|_| {}) }, vec!["p1", "p2"]),
            (PaymentFilter { from: minute(1), to: minute(1), ..by(|_| {}) }, vec!["p2"]),
            (PaymentFilter { from: minute(2), to: minute(0), ..by(|_| {}) }, vec![]),
            (PaymentFilter { after: Some(all[1].id), ..by(|_| {}) }, vec!["p3"]),
            (PaymentFilter { after: Some(Uuid::max()), ..by(|_| {}) }, vec![]),
        ] {
            assert_eq!(names(&world.page(&filter, 10).await), expected, "{filter:?}");
        }
        let succeeded = PaymentFilter { status: Some("SUCCEEDED".to_owned()), ..by(|_| {}) };
        for (mut filter, expected) in [
            (by(|_| {}), vec!["p1", "p2", "p3"]),
            (PaymentFilter { from: minute(0), ..by(|_| {}) }, vec!["p1", "p2", "p3"]),
            (PaymentFilter { to: minute(1), ..by(|_| {}) }, vec!["p1", "p2"]),
            (by(|filter| filter.provider = Some(ProviderName::Bancontact)), vec!["p1", "p2", "p3"]),
            (by(|filter| filter.provider = Some(ProviderName::WooshPay)), vec![]),
            (succeeded.clone(), vec!["p1", "p3"]),
            (PaymentFilter { from: minute(1), ..succeeded }, vec!["p3"]),
        ] {
            let (asked, mut walked) = (filter.clone(), Vec::new());
            loop {
                let rows = world.page(&filter, 1).await;
                let Some(last) = rows.last() else { break };
                filter.after = Some(last.id);
                walked.extend(rows);
            }
            assert_eq!(names(&walked), expected, "{asked:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn people_are_shown_the_newest_payments_first_whatever_they_ask_for() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [band, other] = &world.bands[..] else { panic!("two wristbands") };
        let start = world.clock.now();
        // Two of one instant, one a minute later, and one that becomes known last though it was made first.
        world.settle(world.paid("p1", band, 1)).await;
        world.settle(PaymentReport { status: PaymentStatus::Failed, ..world.paid("p2", other, 2) }).await;
        world.waits(Duration::from_secs(60));
        world.settle(world.paid("p3", band, 3)).await;
        let early = Some(Timestamp(start.0 - 60_000_000));
        world.settle(PaymentReport { created_at: early, ..world.paid("p4", band, 4) }).await;
        let beside = world.beside("autumn", Rules::default(), 1).await;
        beside.tops_up("q1", &beside.bands[0], 4).await;

        let all = PaymentFilter::default;
        let status = Some("SUCCEEDED".to_owned());
        let reference = Some(band.reference.as_str().to_owned());
        let later = Some(Timestamp(start.0 + 60_000_000));
        let bancontact = Some(ProviderName::Bancontact);
        for (mut filter, expected) in [
            (all(), vec!["p3", "p2", "p1", "p4"]),
            (PaymentFilter { from: Some(start), ..all() }, vec!["p3", "p2", "p1"]),
            (PaymentFilter { to: Some(start), ..all() }, vec!["p2", "p1", "p4"]),
            (PaymentFilter { from: later, to: Some(start), ..all() }, vec![]),
            (PaymentFilter { status: status.clone(), ..all() }, vec!["p4", "p3", "p1"]),
            (PaymentFilter { status, to: Some(start), ..all() }, vec!["p1", "p4"]),
            (PaymentFilter { reference: reference.clone(), ..all() }, vec!["p4", "p3", "p1"]),
            (PaymentFilter { reference, to: Some(start), ..all() }, vec!["p4", "p1"]),
            (PaymentFilter { provider: bancontact, ..all() }, vec!["p3", "p2", "p1", "p4"]),
            (PaymentFilter { provider: Some(ProviderName::WooshPay), ..all() }, vec![]),
        ] {
            assert_eq!(names(&world.newest(&filter, 10).await), expected, "{filter:?}");
            let (asked, mut walked) = (filter.clone(), Vec::new());
            loop {
                let rows = world.newest(&filter, 1).await;
                let Some(last) = rows.last() else { break };
                filter.after = Some(last.id);
                walked.extend(rows);
            }
            assert_eq!(names(&walked), expected, "{asked:?}");
        }
        let unknown = PaymentFilter { after: Some(Uuid::now_v7()), ..all() };
        assert!(world.newest(&unknown, 10).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_payer_and_a_description_are_found_in_any_script_whatever_their_capitals() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let payers = ["Ольга ПЕТРОВА", "Marie", "Élodie", "Andre", "ANDRÉ", "Ольга", "高橋 美咲"];
        for (number, name) in payers.into_iter().enumerate() {
            world.waits(Duration::from_secs(1));
            let debtor = Some(Debtor { name: Some(name.to_owned()), iban: None });
            let description = Some(format!("Fête de {name}"));
            let report = world.paid(&format!("p{number}"), &world.bands[0], 1);
            world.settle(PaymentReport { debtor, description, ..report }).await;
        }
        let mut session = store.read().await.unwrap();
        for (name, expected) in [
            ("Ольга", vec!["p5", "p0"]),
            ("ольга петрова", vec!["p0"]),
            ("ЛЬГ", vec!["p5", "p0"]),
            ("É", vec!["p4", "p2"]),
            ("é", vec!["p4", "p2"]),
            ("andré", vec!["p4"]),
            ("andre", vec!["p3"]),
            ("美咲", vec!["p6"]),
            ("Ирина", vec![]),
        ] {
            let payer = Sought { payer_name: Some(name.to_owned()), ..Sought::default() };
            let told = Sought { description: Some(format!("FÊTE DE {name}")), ..Sought::default() };
            let begins = |found: &&str| {
                let number: usize = found[1..].parse().unwrap();
                payers[number].to_lowercase().starts_with(&name.to_lowercase())
            };
            let told_of: Vec<&str> = expected.iter().copied().filter(begins).collect();
            for (sought, expected) in [(payer, expected), (told, told_of)] {
                let (mut filter, mut walked) = (PaymentFilter::default(), Vec::new());
                loop {
                    let rows = newest(&mut session, world.event.id, &filter, &sought, 1).await.unwrap();
                    let Some(last) = rows.last() else { break };
                    filter.after = Some(last.id);
                    walked.extend(rows);
                }
                assert_eq!(names(&walked), expected, "{name}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn open_matters_are_listed_page_by_page_and_of_one_event_only() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        for number in 0..5 {
            let report = world.paid(&format!("p{number}"), &world.bands[0], 10);
            world.settle(PaymentReport { reference: None, ..report }).await;
        }
        let beside = world.beside("autumn", Rules::default(), 1).await;
        let mut session = store.read().await.unwrap();
        let first = open(&mut session, world.event.id, Uuid::nil(), 3).await.unwrap();
        let rest = open(&mut session, world.event.id, first[2].id.0, 3).await.unwrap();
        let payments: Vec<&str> =
            first.iter().chain(&rest).map(|matter| matter.payment.rsplit('/').next().unwrap()).collect();
        assert_eq!(payments, ["p0", "p1", "p2", "p3", "p4"]);
        assert!(open(&mut session, beside.event.id, Uuid::nil(), 9).await.unwrap().is_empty());
        let asked = [
            (world.event.id, first[0].id),
            (beside.event.id, first[1].id),
            (world.event.id, ParkedId::new()),
            (EventId::new(), first[2].id),
        ];
        let found = by_ids(&mut session, &asked).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].id, found[0].amount.map(|cents| cents.0)), (first[0].id, Some(10)));
        assert!(by_ids(&mut session, &[]).await.unwrap().is_empty());
    })
    .await;
}

/// Walks a list in small pages, and lets more arrive between any two of them.
async fn walk<T>(
    page: impl AsyncFn(Uuid) -> Vec<T>,
    id: impl Fn(&T) -> Uuid,
    arrive: impl AsyncFn(usize),
) -> Vec<T> {
    let (mut after, mut walked) = (Uuid::nil(), Vec::new());
    for number in 0.. {
        let rows = page(after).await;
        assert!(rows.len() <= PAGE, "a page is never longer than asked");
        let Some(last) = rows.last() else { break };
        after = id(last);
        walked.extend(rows);
        arrive(number).await;
    }
    walked
}

fn numbers(names: &[&str]) -> Vec<u32> {
    names.iter().map(|name| name.rsplit(['/', 'p']).next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn payments_and_matters_are_walked_whole_and_once_while_more_of_them_arrive() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let beside = world.beside("autumn", Rules::default(), 1).await;
        let total = AtomicU32::new(0);
        // Nobody knows where they belong, so each is a payment and a matter at once.
        let arrive = async |count: u32| {
            for _ in 0..count {
                let number = total.fetch_add(1, Ordering::SeqCst);
                let report = world.paid(&format!("p{number}"), &world.bands[0], 10);
                world.settle(PaymentReport { reference: None, ..report }).await;
                let elsewhere = beside.paid(&format!("p{number}"), &beside.bands[0], 10);
                beside.settle(PaymentReport { reference: None, ..elsewhere }).await;
            }
        };
        arrive(10).await;
        let some_more = async |page| arrive(if page < 4 { 2 } else { 0 }).await;
        let payments = async |after| {
            let filter = PaymentFilter { after: Some(after), ..PaymentFilter::default() };
            world.page(&filter, i64::try_from(PAGE).unwrap()).await
        };
        let walked = walk(payments, |row| row.id, some_more).await;
        let all: Vec<u32> = (0..18).collect();
        assert_eq!(numbers(&names(&walked)), all);
        let matters = async |after| {
            let limit = i64::try_from(PAGE).unwrap();
            open(&mut store.read().await.unwrap(), world.event.id, after, limit).await.unwrap()
        };
        let walked = walk(matters, |matter| matter.id.0, some_more).await;
        let payments: Vec<&str> = walked.iter().map(|matter| matter.payment.as_str()).collect();
        let all: Vec<u32> = (0..26).collect();
        assert_eq!(numbers(&payments), all);
    })
    .await;
}

#[tokio::test]
async fn matters_resolved_while_somebody_walks_the_list_hide_none_of_the_others() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        for number in 0..9 {
            let report = world.paid(&format!("p{number}"), &world.bands[0], 10);
            world.settle(PaymentReport { reference: None, ..report }).await;
        }
        let resolve_the_first = async |_| {
            let first = world.parked().await.remove(0);
            world.resolves(&first, Resolution::Return, "anna").await;
        };
        let matters = async |after| {
            let limit = i64::try_from(PAGE).unwrap();
            open(&mut store.read().await.unwrap(), world.event.id, after, limit).await.unwrap()
        };
        let walked = walk(matters, |matter| matter.id.0, resolve_the_first).await;
        let payments: Vec<&str> = walked.iter().map(|matter| matter.payment.as_str()).collect();
        assert_eq!(numbers(&payments), (0..9).collect::<Vec<u32>>());
        assert_eq!(world.parked().await.len(), 6);
    })
    .await;
}
