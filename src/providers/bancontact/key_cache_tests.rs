//! The key set through rotation, throttling and outage, against a server on loopback.

use super::test_signer::{BODY, CALLBACK_URL, PROFILE, Signer, headers, key_set, now};
use super::*;
use crate::providers::Check;
use crate::providers::Environment;
use crate::providers::test_server::{Reply, TestServer};
use futures_util::future::join_all;
use std::time::Duration;

struct Desk {
    server: TestServer,
    adapter: Bancontact,
}

impl Desk {
    async fn open(reply: Reply) -> Desk {
        let server = TestServer::answering(reply).await;
        let adapter = adapter(&server, &Connections::with_patience(Duration::from_secs(20)));
        Desk { server, adapter }
    }

    async fn takes(&self, bank: &Signer, seconds: u64) -> Result<Verified<PaymentReport>, CallbackError> {
        let headers = headers(&bank.sign(BODY));
        let callback = CallbackRequest { headers: &headers, query: "", body: BODY };
        self.adapter.verify_callback(&callback, now().after(Duration::from_secs(seconds))).await
    }

    fn fetches(&self) -> usize {
        self.server.asked().len()
    }
}

fn adapter(server: &TestServer, connections: &Connections) -> Bancontact {
    let overrides = Overrides { api_url: None, key_set_url: Some(server.url.as_str()), pay_url: None };
    let settings = Settings {
        profile: ProfileId(PROFILE.to_owned()),
        endpoints: Endpoints::of(Environment::Preprod, overrides).unwrap(),
        callback_url: CALLBACK_URL.to_owned(),
        api_key: None,
    };
    Bancontact::new(settings, connections)
}

fn served(signers: &[&Signer]) -> Reply {
    Reply::json(key_set(signers))
}

fn check(result: Result<Verified<PaymentReport>, CallbackError>) -> Check {
    match result {
        Err(CallbackError::Refused { check, .. }) => check,
        other => panic!("not refused: {other:?}"),
    }
}

fn retry_after_s(result: Result<Verified<PaymentReport>, CallbackError>) -> u64 {
    match result {
        Err(CallbackError::KeysUnavailable { retry_after, .. }) => retry_after.as_secs(),
        other => panic!("not put off: {other:?}"),
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept_for_twelve_hours() {
    let bank = Signer::new("es.1");
    let desk = Desk::open(served(&[&bank])).await;
    for seconds in [0, 1, 3600, 12 * 3600 - 1] {
        desk.takes(&bank, seconds).await.unwrap();
    }
    assert_eq!(desk.fetches(), 1);
    desk.takes(&bank, 12 * 3600).await.unwrap();
    assert_eq!(desk.fetches(), 2);
}

#[tokio::test]
async fn callbacks_at_the_same_time_share_one_fetch() {
    let bank = Signer::new("es.1");
    let desk = Desk::open(served(&[&bank])).await;
    desk.server.hold().await;
    let calls = join_all((0..50).map(|_| desk.takes(&bank, 0)));
    let (results, ()) = tokio::join!(calls, async {
        desk.server.arrival().await;
        desk.server.let_go();
    });
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(desk.fetches(), 1);
}

#[tokio::test]
async fn profiles_with_one_key_set_share_its_keys() {
    let bank = Signer::new("es.1");
    let server = TestServer::answering(served(&[&bank])).await;
    let connections = Connections::new();
    let headers = headers(&bank.sign(BODY));
    let callback = CallbackRequest { headers: &headers, query: "", body: BODY };
    for _ in 0..2 {
        adapter(&server, &connections).verify_callback(&callback, now()).await.unwrap();
    }
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_when_a_callback_names_it() {
    let (old, new) = (Signer::new("es.1"), Signer::new("es.2"));
    let desk = Desk::open(served(&[&old])).await;
    desk.takes(&old, 0).await.unwrap();
    desk.server.answers([served(&[&old, &new])]);
    desk.takes(&new, 60).await.unwrap();
    desk.takes(&old, 61).await.unwrap();
    assert_eq!(desk.fetches(), 2);
}

#[tokio::test]
async fn a_key_replaced_under_its_old_name_is_found_after_a_bad_signature() {
    let (old, new) = (Signer::new("es.1"), Signer::new("es.1"));
    let desk = Desk::open(served(&[&old])).await;
    desk.takes(&old, 0).await.unwrap();
    desk.server.answers([served(&[&new])]);
    desk.takes(&new, 60).await.unwrap();
    assert_eq!(check(desk.takes(&old, 61).await), Check::Signature);
}

#[tokio::test]
async fn unknown_keys_cause_one_fetch_in_ten_seconds_and_are_put_off_meanwhile() {
    let (bank, stranger) = (Signer::new("es.1"), Signer::new("es.9"));
    let desk = Desk::open(served(&[&bank])).await;
    desk.takes(&bank, 0).await.unwrap();
    assert_eq!(check(desk.takes(&stranger, 60).await), Check::Key);
    assert_eq!(desk.fetches(), 2);
    assert_eq!(retry_after_s(desk.takes(&stranger, 60).await), 10);
    assert_eq!(retry_after_s(desk.takes(&stranger, 67).await), 3);
    assert_eq!(desk.fetches(), 2);
    assert_eq!(check(desk.takes(&stranger, 70).await), Check::Key);
    assert_eq!(desk.fetches(), 3);
    desk.takes(&bank, 71).await.unwrap();
}

#[tokio::test]
async fn an_unknown_key_is_refused_at_once_when_the_keys_were_fetched_for_it() {
    let (bank, stranger) = (Signer::new("es.1"), Signer::new("es.9"));
    let desk = Desk::open(served(&[&bank])).await;
    assert_eq!(check(desk.takes(&stranger, 0).await), Check::Key);
    assert_eq!(desk.fetches(), 1);
}

#[tokio::test]
async fn a_bad_signature_is_refused_even_while_no_newer_keys_can_be_had() {
    let (bank, forger) = (Signer::new("es.1"), Signer::new("es.1"));
    let desk = Desk::open(served(&[&bank])).await;
    desk.takes(&bank, 0).await.unwrap();
    assert_eq!(check(desk.takes(&forger, 5).await), Check::Signature);
    assert_eq!(desk.fetches(), 1);
    desk.server.answers([Reply::status(500, "")]);
    assert_eq!(check(desk.takes(&forger, 60).await), Check::Signature);
    assert_eq!(desk.fetches(), 2);
}

#[tokio::test]
async fn a_message_that_is_not_for_us_never_causes_a_fetch() {
    let stranger = Signer::new("es.9");
    let desk = Desk::open(served(&[&stranger])).await;
    let signature =
        stranger.sign_with("https://payconiq.com/sub", serde_json::json!("000000000000000000000001"));
    let callback = CallbackRequest { headers: &headers(&signature), query: "", body: BODY };
    assert_eq!(check(desk.adapter.verify_callback(&callback, now()).await), Check::Subject);
    assert_eq!(desk.fetches(), 0);
}

#[tokio::test]
async fn old_keys_stay_in_use_while_the_key_set_is_out_of_reach() {
    let (bank, stranger) = (Signer::new("es.1"), Signer::new("es.9"));
    let desk = Desk::open(served(&[&bank])).await;
    desk.takes(&bank, 0).await.unwrap();
    let day = 24 * 3600;
    for (n, outage) in
        [Reply::status(503, ""), Reply::json("<html>"), Reply::json("{\"keys\":[]}"), Reply::Endless]
            .into_iter()
            .enumerate()
    {
        desk.server.answers([outage]);
        let at = day + 60 * n as u64;
        desk.takes(&bank, at).await.unwrap();
        assert_eq!(desk.fetches(), n + 2);
        assert_eq!(retry_after_s(desk.takes(&stranger, at + 1).await), 9);
        assert_eq!(desk.fetches(), n + 2);
    }
    desk.server.answers([served(&[&bank])]);
    desk.takes(&bank, 2 * day).await.unwrap();
}

#[tokio::test]
async fn only_one_callback_waits_while_old_keys_are_being_renewed() {
    let bank = Signer::new("es.1");
    let desk = Desk::open(served(&[&bank])).await;
    desk.takes(&bank, 0).await.unwrap();
    desk.server.arrival().await;
    let day = 24 * 3600;
    desk.server.hold().await;
    let first = desk.takes(&bank, day);
    let others = async {
        desk.server.arrival().await;
        for _ in 0..10 {
            desk.takes(&bank, day + 1).await.unwrap();
        }
        desk.server.let_go();
    };
    let (first, ()) = tokio::join!(first, others);
    first.unwrap();
    assert_eq!(desk.fetches(), 2);
}

#[tokio::test]
async fn without_any_keys_a_callback_is_put_off_and_the_next_attempt_waits() {
    let bank = Signer::new("es.1");
    let desk = Desk::open(Reply::status(503, "")).await;
    assert_eq!(retry_after_s(desk.takes(&bank, 0).await), 10);
    assert_eq!(retry_after_s(desk.takes(&bank, 4).await), 6);
    assert_eq!(desk.fetches(), 1);
    desk.server.answers([served(&[&bank])]);
    desk.takes(&bank, 10).await.unwrap();
}

#[tokio::test]
async fn a_key_set_that_does_not_answer_in_time_puts_the_callback_off() {
    let bank = Signer::new("es.1");
    let server = TestServer::answering(Reply::Stalled).await;
    let adapter = adapter(&server, &Connections::with_patience(Duration::from_millis(100)));
    let callback = CallbackRequest { headers: &headers(&bank.sign(BODY)), query: "", body: BODY };
    match adapter.verify_callback(&callback, now()).await {
        Err(CallbackError::KeysUnavailable { why, .. }) => {
            assert!(why.contains("did not answer in time"), "{why}")
        }
        other => panic!("not put off: {other:?}"),
    }
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_cost_the_others_their_keys() {
    let bank = Signer::new("es.1");
    let desk = Desk::open(served(&[&bank])).await;
    desk.server.hold().await;
    tokio::select! {
        biased;
        _ = desk.takes(&bank, 0) => panic!("answered while the server held back"),
        () = desk.server.arrival() => {}
    }
    desk.server.let_go();
    desk.takes(&bank, 1).await.unwrap();
    assert_eq!(desk.fetches(), 1);
}

#[tokio::test]
async fn a_clock_set_back_does_not_block_new_attempts() {
    let (bank, new) = (Signer::new("es.1"), Signer::new("es.2"));
    let desk = Desk::open(served(&[&bank])).await;
    desk.takes(&bank, 7200).await.unwrap();
    desk.server.answers([served(&[&new])]);
    desk.takes(&new, 0).await.unwrap();
    assert_eq!(desk.fetches(), 2);
}
