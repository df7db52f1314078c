//! Runs against lists that are odd, and how much of a list a run asks for.

use super::tests::{HOUR, MINUTE, open_matters, quick, run};
use super::{Asked, OVERLAP, OVERLAP_SHORT, RunState, store};
use crate::audit_log::Actor;
use crate::clock::Timestamp;
use crate::db::testing::on_both_engines;
use crate::events::{self, ProfileChange};
use crate::payments::Settle;
use crate::payments::test_festival::{Festival, PROFILE};
use crate::providers::test_server::{Reply, TestServer};
use crate::providers::{
    Connections, NewAccount, PaymentId, PaymentReport, PaymentStatus, ProfileId, ProviderName, Source,
    Verified,
};
use crate::values;
use serde_json::{Value, json};
use std::time::Duration;

/// A festival whose provider answers as it is told.
async fn festival_at(server: &TestServer, store: crate::db::Store) -> Festival {
    let festival = Festival::open(store, 1, true).await;
    let change = ProfileChange { api_url: Some(server.url.to_string()), ..ProfileChange::default() };
    let actor = Actor::System("test");
    let now = festival.clock.now();
    events::change_profile(&festival.store, &festival.keys, &actor, now, "pukkelfest", &change)
        .await
        .unwrap();
    festival
}

fn row(festival: &Festival, payment: &str, cents: i64) -> Value {
    json!({
        "paymentId": payment, "amount": cents, "currency": "EUR", "status": "SUCCEEDED",
        "createdAt": festival.clock.now().to_string(), "reference": festival.bands[0].reference.as_str(),
        "creditor": {"profileId": PROFILE},
    })
}

fn list(rows: &[Value], pages: u32, total: usize) -> Reply {
    Reply::json(json!({ "details": rows, "totalPages": pages, "totalElements": total }))
}

/// A callback of a payment that the provider will not list.
async fn settles(festival: &Festival, payment: &str) {
    let report = PaymentReport {
        provider: ProviderName::Bancontact,
        profile: ProfileId(PROFILE.to_owned()),
        profile_there: None,
        source: Source::Callback,
        payment_id: PaymentId(payment.to_owned()),
        status: PaymentStatus::Succeeded,
        amount_cents: Some(10),
        received: None,
        refunded_cents: None,
        reserved_cents: None,
        is_chargeback: false,
        link: None,
        currency: Some("EUR".to_owned()),
        reference: Some(festival.bands[0].reference.as_str().to_owned()),
        description: None,
        debtor: None,
        order: None,
        creditor_profile: None,
        created_at: Some(festival.clock.now()),
        succeeded_at: None,
    };
    let settle = Settle::new(&festival.keys, festival.event.id, Verified::unchecked(report));
    festival.lane.submit(settle).await.unwrap();
}

#[tokio::test]
async fn a_list_that_shows_less_than_it_counts_fails_the_run_and_what_it_shows_is_settled() {
    on_both_engines(async |store| {
        let server = TestServer::answering(Reply::status(500, "")).await;
        let festival = festival_at(&server, store).await;
        let reconciler = quick(&festival);
        let shown = [row(&festival, "p1", 700)];
        server.answers([list(&shown, 1, 3)]);
        // Two slices: the second is compared all the same.
        festival.clock.advance(7 * HOUR);
        let odd = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!((odd.state, odd.counts.settled, odd.done_to), (RunState::Failed, 1, odd.from));
        let problem = odd.problem.unwrap();
        assert!(problem.contains("counts 3") && problem.contains("lists 1"), "{problem}");
        assert_eq!(server.asked().len(), 6, "each slice is read three times");
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 700);

        server.answers([list(&shown, 1, 1)]);
        let whole = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!((whole.state, whole.problem), (RunState::Complete, None));
        assert!(whole.from <= odd.from, "{} is before the slice that was not whole", whole.from);
    })
    .await;
}

#[tokio::test]
async fn a_page_is_settled_before_the_next_is_asked_for() {
    on_both_engines(async |store| {
        let server = TestServer::answering(Reply::status(500, "")).await;
        let festival = festival_at(&server, store).await;
        let shown = [row(&festival, "p1", 700)];
        server.answers([list(&shown, 2, 101), Reply::status(500, "")]);
        let failed = run(&festival, &quick(&festival), Asked::default()).await;
        assert_eq!((failed.state, failed.counts.settled), (RunState::Failed, 1));
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 700);
    })
    .await;
}

#[tokio::test]
async fn one_payment_that_cannot_be_asked_for_keeps_nothing_else_from_being_compared() {
    on_both_engines(async |store| {
        let server = TestServer::answering(Reply::status(500, "")).await;
        let festival = festival_at(&server, store).await;
        for payment in ["an odd id", "refused", "unknown"] {
            settles(&festival, payment).await;
            festival.clock.advance(MINUTE);
        }
        festival.clock.advance(2 * HOUR);
        let unknown = Reply::status(404, json!({ "code": "PAYMENT_NOT_FOUND" }));
        server.answers([list(&[], 0, 0), Reply::status(400, ""), unknown]);
        let run = run(&festival, &quick(&festival), Asked::default()).await;
        assert_eq!((run.state, run.counts.mismatched), (RunState::Failed, 2));
        let problem = run.problem.unwrap();
        assert!(problem.contains("payment refused") && problem.contains("can't be asked for"), "{problem}");
        let raised = ("mismatch".to_owned(), "settled here, unknown to the provider".to_owned());
        assert_eq!(open_matters(&festival).await, [raised.clone(), raised]);
        let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.line).collect();
        assert_eq!(asked[1..], ["GET /v3/payments/refused", "GET /v3/payments/unknown"]);
    })
    .await;
}

#[tokio::test]
async fn a_list_that_misses_too_many_payments_fails_the_run() {
    on_both_engines(async |store| {
        let server = TestServer::answering(Reply::status(500, "")).await;
        let festival = festival_at(&server, store).await;
        for number in 0..101 {
            settles(&festival, &format!("p{number}")).await;
        }
        festival.clock.advance(2 * HOUR);
        let unknown = Reply::status(404, json!({ "code": "PAYMENT_NOT_FOUND" }));
        server.answers([list(&[], 0, 0), unknown]);
        let run = run(&festival, &quick(&festival), Asked::default()).await;
        assert_eq!((run.state, run.counts.mismatched), (RunState::Failed, 100));
        assert!(
            run.problem.as_ref().is_some_and(|why| why.starts_with("Bancontact: 101 payments")),
            "{:?}",
            run.problem
        );
    })
    .await;
}

/// A festival with an account at a MultiSafepay that answers as it is told.
async fn festival_with_account(server: &TestServer, store: crate::db::Store) -> Festival {
    let festival = Festival::open(store, 1, true).await;
    let Festival { store, keys, event, clock, .. } = &festival;
    let account = NewAccount {
        profile_id: "1001001".to_owned(),
        environment: Some("test".to_owned()),
        api_url: Some(server.url.to_string()),
        api_key: "msp-key-0815".to_owned(),
        ..NewAccount::default()
    };
    let (connections, actor) = (Connections::new(), Actor::System("test"));
    let by = (&actor, clock.now());
    let account = (ProviderName::MultiSafepay, &account);
    let url = "https://wallet.example";
    events::accounts::add(store, keys, &connections, url, by, event, account).await.unwrap();
    festival
}

fn multisafepay_lists(rows: Value) -> Reply {
    Reply::json(json!({"success": true, "data": rows}))
}

/// MultiSafepay has made the payment of an order of the festival.
async fn ordered(festival: &Festival, payment: &str) {
    let mut tx = festival.store.begin().await.unwrap();
    let now = festival.clock.now();
    tx.execute(
        "INSERT INTO top_up_orders (event_id, id, provider, profile_id, reference, reference_hash, amount_cents, state,
             payment_id, created_at, expires_at)
         VALUES ($1, $2, 'multisafepay', '1001001', 'R', $3, 2500, 'open', $4, $5, $5)",
        values![festival.event.id, uuid::Uuid::now_v7(), [1_u8; 16], payment, now],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_list_without_our_first_order_which_stands_on_another_account_fails_the_run_at_once() {
    on_both_engines(async |store| {
        let listed = |order: &str, site: u32| {
            multisafepay_lists(json!([{
                "order_id": order, "type": "payment", "status": "initialized", "financial_status": "initialized",
                "amount": 2_500, "currency": "EUR", "created": "2026-07-03T19:55:00", "site_id": site,
            }]))
        };
        let nothing = || multisafepay_lists(json!([]));
        let server = TestServer::answering(nothing()).await;
        let festival = festival_with_account(&server, store).await;
        let reconciler = quick(&festival);
        ordered(&festival, "o1").await;
        // What is listed of this account is nothing: refunds twice, then payments. Last come those of whatever the key opens.
        for (order, site, is_right) in
            [("shop 1", 2_002_002, true), ("o1", 1_001_001, true), ("o1", 2_002_002, false)]
        {
            let before = server.asked().len();
            server.answers([nothing(), nothing(), nothing(), listed(order, site)]);
            let run = run(&festival, &reconciler, Asked::default()).await;
            assert_eq!((run.state == RunState::Complete, run.counts.listed), (is_right, 0), "{order} {site}");
            assert_eq!(run.problem.is_none(), is_right, "{:?}", run.problem);
            let said = run.problem.unwrap_or_default();
            for part in ["MultiSafepay: ", "account 1001001", "account 2002002"] {
                assert!(is_right || said.contains(part), "{part} is not in {said}");
            }
            let asked = server.asked().split_off(before);
            assert!(asked.len() == 4 && !asked[3].line.contains("site_id"), "{asked:?}");
        }
        // One of ours that is listed proves the id, and nothing more is asked for.
        let before = server.asked().len();
        server.answers([nothing(), nothing(), listed("o1", 1_001_001)]);
        let right = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!((right.state, right.counts.listed), (RunState::Complete, 1));
        assert_eq!(server.asked().len(), before + 3);
    })
    .await;
}

#[tokio::test]
async fn a_chargeback_that_the_list_tells_of_is_a_contradiction_of_the_run_that_finds_it_first() {
    on_both_engines(async |store| {
        let listed = |status: &str| {
            multisafepay_lists(json!([{
                "order_id": "shop 1", "type": "payment", "status": status, "financial_status": "completed",
                "amount": 2_500, "currency": "EUR", "created": "2026-07-03T19:55:00", "site_id": 1_001_001,
            }]))
        };
        let server = TestServer::answering(multisafepay_lists(json!([]))).await;
        let festival = festival_with_account(&server, store).await;
        let reconciler = quick(&festival);
        let runs = [("completed", (1, 0)), ("chargeback", (0, 1)), ("chargeback", (0, 0))];
        for (status, found) in runs {
            server.answers([listed(status)]);
            let counts = run(&festival, &reconciler, Asked::default()).await.counts;
            assert_eq!((counts.listed, (counts.parked, counts.mismatched)), (1, found), "{status}");
        }
        let told = ("mismatch".to_owned(), "charged back by the payer's bank".to_owned());
        let waits = ("suspense".to_owned(), "no-reference".to_owned());
        assert_eq!(open_matters(&festival).await, [waits, told]);
        festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_settled_already_never_reaches_the_lane() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        for _ in 0..3 {
            festival.pays(0, 100).await;
        }
        let batches = async || -> (i64,) {
            let mut session = festival.store.read().await.unwrap();
            session.one("SELECT CAST(SUM(number) AS BIGINT) FROM lanes", values![]).await.unwrap()
        };
        assert_eq!(run(&festival, &reconciler, Asked::default()).await.counts.settled, 3);
        let before = batches().await;
        let again = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!((again.counts.listed, again.counts.already_known), (3, 3));
        assert_eq!(batches().await, before);
    })
    .await;
}

#[tokio::test]
async fn most_runs_reach_back_a_little_and_one_in_five_minutes_the_long_way() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        let mut covered_to = run(&festival, &reconciler, Asked::default()).await.to;
        let mut long = 0;
        for _ in 0..45 {
            festival.clock.advance(Duration::from_secs(20));
            let run = run(&festival, &reconciler, Asked::default()).await;
            let back = covered_to.since(run.from);
            assert!([OVERLAP_SHORT, OVERLAP].contains(&back), "{back:?}");
            long += u32::from(back == OVERLAP);
            covered_to = run.to;
        }
        assert_eq!(long, 3, "a quarter of an hour");
        // One that is due and fails is due again.
        festival.clock.advance(5 * MINUTE);
        festival.faults(crate::sandbox::FaultsChange {
            server_errors_percent: Some(crate::sandbox::RatesChange {
                search: Some(100),
                ..crate::sandbox::RatesChange::default()
            }),
            ..crate::sandbox::FaultsChange::default()
        });
        assert_eq!(run(&festival, &reconciler, Asked::default()).await.state, RunState::Failed);
        festival.faults(crate::sandbox::FaultsChange { reset: true, ..Default::default() });
        let healed = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!((healed.state, healed.from), (RunState::Complete, covered_to.before(OVERLAP)));
    })
    .await;
}

#[tokio::test]
async fn runs_that_found_nothing_are_soon_forgotten() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        festival.pays(0, 100).await;
        let mut runs = Vec::new();
        for _ in 0..4 {
            runs.push(run(&festival, &reconciler, Asked::default()).await);
            festival.clock.advance(40 * MINUTE);
        }
        let mut session = festival.store.read().await.unwrap();
        let mut kept = Vec::new();
        for run in &runs {
            kept.push(store::by_id(&mut session, run.event_id, run.id).await.unwrap().is_some());
        }
        assert_eq!(kept, [true, false, true, true], "the first one settled something");
        let covered_to: Option<Timestamp> = store::covered_to(&mut session, festival.event.id).await.unwrap();
        assert_eq!(covered_to, Some(runs[3].to));
    })
    .await;
}
