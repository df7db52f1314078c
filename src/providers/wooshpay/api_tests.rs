//! Create, details, search, list and cancel against a server on loopback: what is asked, what each answer means.

use super::callback_tests::{account, now};
use super::*;
use crate::money::Cents;
use crate::providers::PaymentStatus;
use crate::providers::test_server::{Reply, TestServer};
use serde_json::{Value, json};

const ORDER: &str = "0123456789abcdef0123456789abcdef";

pub(super) struct Desk {
    server: TestServer,
    pub(super) adapter: WooshPay,
}

impl Desk {
    pub(super) async fn open(reply: Reply) -> Desk {
        let server = TestServer::answering(reply).await;
        let account = Account { api: server.url.clone(), ..account() };
        Desk { adapter: WooshPay::new(account, &Connections::new()), server }
    }

    async fn create(&self) -> Result<Created, CallError> {
        let new = NewPayment {
            order: ORDER.parse().unwrap(),
            amount: Cents(2_500),
            description: "Pukkelfest, 4711",
            language: "nl",
            return_url: "https://wallet.example/t/X/back",
            payable_for: Duration::from_secs(900),
        };
        self.adapter.create(&new, now()).await
    }

    async fn details(&self) -> Result<Option<PaymentReport>, CallError> {
        let payment = PaymentId("pi_1".to_owned());
        Ok(self.adapter.details(&payment, now()).await?.map(Verified::into_inner))
    }

    async fn list(&self, page: Option<&str>) -> Result<ListPage, CallError> {
        let window = Window { from: now().before(Duration::from_secs(3600)), to: now() };
        self.adapter.list(window, page.map(|page| PageToken(page.to_owned())).as_ref(), now()).await
    }

    fn lines(&self) -> Vec<String> {
        self.server.asked().into_iter().map(|asked| asked.line).collect()
    }
}

/// Hand-made after the answer on WooshPay's Bancontact page; `examples` has those of its neighbours.
fn intent(id: &str, status: &str, ago: u64) -> Value {
    let created = now().before(Duration::from_secs(ago)).0 / 1_000;
    json!({
        "id": id, "object": "payment_intent", "created": created, "livemode": false, "currency": "EUR",
        "amount": 2500, "status": status, "merchant_order_id": ORDER, "client_secret": "x",
        "next_action": {"type": "bancontact_handle_redirect",
                        "bancontact_handle_redirect": {"url": "https://checkout.wooshpay.example/r/1"}},
    })
}

pub(super) fn rows(intents: &[Value], has_more: bool) -> Reply {
    Reply::json(
        json!({"object": "list", "url": "/v1/payment_intents", "has_more": has_more, "data": intents}),
    )
}

#[tokio::test]
async fn an_intent_is_made_and_confirmed_under_our_order_and_leads_to_their_page() {
    let desk = Desk::open(Reply::json(intent("pi_1", "requires_action", 0))).await;
    let created = desk.create().await.unwrap();
    assert_eq!((created.payment.0.as_str(), created.qr), ("pi_1", None));
    assert_eq!(created.link.as_str(), "https://checkout.wooshpay.example/r/1");
    let asked = &desk.server.asked()[0];
    assert_eq!(asked.line, "POST /v1/payment_intents");
    assert_eq!(asked.headers["authorization"], "Basic c2tfdGVzdF80NzExOg==");
    assert_eq!(asked.headers["idempotency-key"], ORDER);
    let sent: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(sent["amount"], 2500);
    assert_eq!((&sent["confirm"], &sent["merchant_order_id"]), (&json!(true), &json!(ORDER)));
    assert_eq!(sent["payment_method_types"], json!(["bancontact"]));
    assert_eq!(sent["return_url"], "https://wallet.example/t/X/back");
}

#[test]
fn a_webhook_leads_to_an_https_address() {
    assert!(account().check_callback_url("http://127.0.0.1:8080/c").unwrap_err().contains("https://"));
    assert_eq!(account().check_callback_url("https://wallet.example:8443/c"), Ok(()));
}

#[tokio::test]
async fn an_answer_about_another_order_or_without_a_safe_address_is_no_payment() {
    let mut other = intent("pi_1", "requires_action", 0);
    other["merchant_order_id"] = json!("fedcba9876543210fedcba9876543210");
    let mut nowhere = intent("pi_1", "requires_action", 0);
    nowhere["next_action"]["bancontact_handle_redirect"]["url"] = json!("javascript:alert(1)");
    let mut live = intent("pi_1", "requires_action", 0);
    live["livemode"] = json!(true);
    for wrong in [other, nowhere, live, json!({"id": "pi_1", "merchant_order_id": ORDER}), json!([])] {
        let desk = Desk::open(Reply::json(&wrong)).await;
        let error = desk.create().await.unwrap_err();
        assert!(matches!(error, CallError::Invalid { .. }), "{wrong}: {error:?}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart_by_what_to_do_next_and_show_no_key() {
    // Hand-made: their pages name the fields of an error and show none.
    let wrapped =
        json!({"error": {"type": "invalid_request_error", "code": "amount_small", "message": "no"}});
    for (status, body, retry) in [
        (400, wrapped, false),
        (401, json!({"type": "api_error", "message": "bad key"}), false),
        (402, json!({"type": "card_error"}), false),
        (409, json!({"type": "idempotency_error"}), true),
        (429, json!({}), true),
        (500, json!("x"), true),
    ] {
        let desk = Desk::open(Reply::status(status, &body)).await;
        let error = desk.create().await.unwrap_err();
        assert_eq!(matches!(error, CallError::Retry { .. }), retry, "{status}: {error:?}");
        assert!(
            error.to_string().contains(&status.to_string()) && !error.to_string().contains("sk_test_4711")
        );
    }
    let desk = Desk::open(Reply::status(302, "")).await;
    assert!(matches!(desk.details().await, Err(CallError::Invalid { .. })));
}

#[tokio::test]
async fn an_intent_is_asked_for_by_its_id_and_a_strange_id_is_not_sent() {
    let desk = Desk::open(Reply::json(intent("pi_1", "succeeded", 0))).await;
    let report = desk.details().await.unwrap().unwrap();
    assert_eq!(
        (report.status, report.creditor_profile.unwrap().0.as_str()),
        (PaymentStatus::Succeeded, "acct_77")
    );
    assert_eq!(desk.lines(), ["GET /v1/payment_intents/pi%5F1"]);
    desk.server.answers([Reply::status(404, "")]);
    assert_eq!(desk.details().await, Ok(None));
    desk.server.answers([Reply::json(intent("pi_2", "succeeded", 0))]);
    assert!(matches!(desk.details().await, Err(CallError::Invalid { .. })));
    let strange = PaymentId("../refunds".to_owned());
    assert!(matches!(desk.adapter.details(&strange, now()).await, Err(CallError::Refused { .. })));
    assert!(matches!(desk.adapter.cancel(&strange, now()).await, Err(CallError::Refused { .. })));
    assert_eq!(desk.lines().len(), 3);
}

#[tokio::test]
async fn the_intent_of_an_order_is_searched_for_and_the_one_that_succeeded_counts() {
    let other = json!({"id": "pi_9", "status": "succeeded", "merchant_order_id": "somebody's"});
    let desk =
        Desk::open(rows(&[other, intent("pi_1", "canceled", 9), intent("pi_2", "succeeded", 5)], false))
            .await;
    let order = ORDER.parse().unwrap();
    let found = desk.adapter.find_order(&order, now()).await.unwrap().unwrap();
    assert_eq!(found.get().payment_id.0, "pi_2");
    assert_eq!(
        desk.lines(),
        [format!("GET /v1/payment_intents/search?query=merchant%5Forder%5Fid%3A%27{ORDER}%27&limit=10")]
    );
    desk.server.answers([rows(&[], false)]);
    assert_eq!(desk.adapter.find_order(&order, now()).await, Ok(None));
}

#[tokio::test]
async fn an_intent_that_is_found_again_leads_to_their_page_as_long_as_it_waits_for_the_payer() {
    let order = ORDER.parse().unwrap();
    let desk = Desk::open(rows(&[intent("pi_1", "requires_action", 5)], false)).await;
    let found = desk.adapter.find_order(&order, now()).await.unwrap().unwrap();
    let page = "https://checkout.wooshpay.example/r/1";
    assert_eq!(found.get().link.as_ref().unwrap().as_str(), page);
    desk.server.answers([Reply::json(intent("pi_1", "requires_action", 5))]);
    assert_eq!(desk.details().await.unwrap().unwrap().link.unwrap().as_str(), page);
    let mut nowhere = intent("pi_1", "requires_action", 5);
    nowhere["next_action"]["bancontact_handle_redirect"]["url"] = json!("javascript:alert(1)");
    for unpayable in [nowhere, intent("pi_1", "succeeded", 5), intent("pi_1", "canceled", 5)] {
        desk.server.answers([Reply::json(unpayable)]);
        assert_eq!(desk.details().await.unwrap().unwrap().link, None);
    }
}

#[tokio::test]
async fn the_list_is_read_until_it_is_older_than_the_window() {
    let young = [intent("pi_3", "succeeded", 60), intent("pi_2", "requires_action", 120)];
    let desk = Desk::open(rows(&young, true)).await;
    let page = desk.list(None).await.unwrap();
    assert_eq!((page.reports.len(), page.next), (2, Some(PageToken("pi_2".to_owned()))));
    desk.server
        .answers([rows(&[intent("pi_1", "succeeded", 3500), intent("pi_0", "succeeded", 9000)], true)]);
    let last = desk.list(Some("pi_2")).await.unwrap();
    assert_eq!((last.reports.len(), last.next), (1, None));
    assert_eq!(desk.lines()[1], "GET /v1/payment_intents?limit=100&starting_after=pi%5F2");
}

#[tokio::test]
async fn a_list_in_another_order_is_read_to_its_end() {
    let mixed = [
        intent("pi_1", "succeeded", 9000),
        intent("pi_2", "succeeded", 60),
        intent("pi_3", "succeeded", 9500),
    ];
    let desk = Desk::open(rows(&mixed, true)).await;
    let page = desk.list(None).await.unwrap();
    assert_eq!((page.reports.len(), page.next.is_some()), (1, true));
    desk.server.answers([rows(&mixed, true)]);
    assert!(
        matches!(desk.list(Some("pi_3")).await, Err(CallError::Invalid { .. })),
        "it goes round in circles"
    );
}

#[tokio::test]
async fn what_is_no_list_is_an_error_and_odd_rows_spoil_nothing() {
    for wrong in [json!({"object": "list"}), json!([]), json!("x"), json!({"data": {}})] {
        let desk = Desk::open(Reply::json(&wrong)).await;
        assert!(matches!(desk.list(None).await, Err(CallError::Invalid { .. })), "{wrong}");
    }
    let mut live = intent("pi_8", "succeeded", 30);
    live["livemode"] = json!(true);
    let desk = Desk::open(rows(&[intent("pi_1", "succeeded", 10), json!({"amount": 5}), live], false)).await;
    let page = desk.list(None).await.unwrap();
    assert_eq!((page.reports.len(), page.unreadable.len(), page.next), (1, 2, None));
}

#[tokio::test]
async fn an_unpaid_intent_is_ended_by_its_id() {
    let desk = Desk::open(Reply::json(intent("pi_1", "canceled", 0))).await;
    desk.adapter.cancel(&PaymentId("pi_1".to_owned()), now()).await.unwrap();
    assert_eq!(desk.lines(), ["POST /v1/payment_intents/pi%5F1/cancel"]);
    desk.server.answers([Reply::status(400, json!({"code": "already_paid"}))]);
    let refused = desk.adapter.cancel(&PaymentId("pi_1".to_owned()), now()).await.unwrap_err();
    assert!(matches!(refused, CallError::Refused { .. }), "{refused:?}");
}

#[test]
fn an_account_is_checked_before_it_is_kept() {
    use crate::providers::NewAccount;
    let new = NewAccount {
        profile_id: "acct_77".to_owned(),
        environment: Some("live".to_owned()),
        api_key: "sk_live_1".to_owned(),
        webhook_secret: Some(" whsec_1 \n".to_owned()),
        ..NewAccount::default()
    };
    let live = Account::check(ProviderName::WooshPay, &new).unwrap();
    assert_eq!(
        (live.api.as_str(), live.webhook_secret.unwrap().reveal()),
        ("https://api.wooshpay.com", "whsec_1")
    );
    let wrong = |change: fn(&mut NewAccount)| {
        let mut new = new.clone();
        change(&mut new);
        let error = Account::check(ProviderName::WooshPay, &new).unwrap_err();
        assert!(!error.why.contains("sk_test_4711"), "{error}");
        error.field
    };
    assert_eq!(wrong(|new| new.api_key = "sk_test_4711".to_owned()), "api_key");
    assert_eq!(wrong(|new| new.environment = Some("test".to_owned())), "api_key");
    assert_eq!(wrong(|new| new.webhook_secret = None), "webhook_secret");
    for other in ["sk_test_4711", "sk_live_4711", "pk_live_4711", "we_4711"] {
        let new = NewAccount { webhook_secret: Some(other.to_owned()), ..new.clone() };
        let error = Account::check(ProviderName::WooshPay, &new).unwrap_err();
        assert_eq!(error.field, "webhook_secret", "{other}");
        assert!(!error.why.contains("4711"), "{error}");
    }
    let unmarked = NewAccount { webhook_secret: Some("c2stbm8tbWFyaw==".to_owned()), ..new.clone() };
    assert!(Account::check(ProviderName::WooshPay, &unmarked).is_ok(), "secrets are not all marked");
    assert_eq!(wrong(|new| new.profile_id = "sk_test_4711".to_owned()), "profile_id");
    assert_eq!(wrong(|new| new.profile_id = "whsec_1".to_owned()), "profile_id");
    assert_eq!(wrong(|new| new.profile_id = "a b".to_owned()), "profile_id");
    assert_eq!(wrong(|new| new.api_url = Some("http://bank.example".to_owned())), "api_url");
    assert_eq!(wrong(|new| new.signature_window_seconds = Some(5)), "signature_window_seconds");
    assert_eq!(wrong(|new| new.environment = Some("demo".to_owned())), "environment");
    assert_eq!(Account::check(ProviderName::Bancontact, &new).unwrap_err().field, "provider");
}
