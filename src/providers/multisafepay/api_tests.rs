//! Create, details and list against a server on loopback: what is asked, and what each kind of answer means.

use super::callback_tests::{KEY, account, now};
use super::*;
use crate::money::Cents;
use crate::providers::PaymentStatus;
use crate::providers::test_server::{Reply, TestServer};
use serde_json::{Value, json};

pub(super) const ORDER: &str = "0123456789abcdef0123456789abcdef";
const CALLBACK_URL: &str = "https://wallet.example/callbacks/multisafepay/summer";

pub(super) struct Desk {
    server: TestServer,
    pub(super) adapter: MultiSafepay,
}

impl Desk {
    pub(super) async fn open(reply: Reply) -> Desk {
        let server = TestServer::answering(reply).await;
        let account = Account { api: server.url.clone(), ..account() };
        let adapter = MultiSafepay::new(account, CALLBACK_URL.to_owned(), &Connections::new());
        Desk { server, adapter }
    }

    pub(super) async fn create(&self) -> Result<Created, CallError> {
        self.adapter.create(&new_payment(), now()).await
    }

    async fn details(&self) -> Result<Option<PaymentReport>, CallError> {
        let payment = PaymentId(ORDER.to_owned());
        Ok(self.adapter.details(&payment, now()).await?.map(Verified::into_inner))
    }

    pub(super) async fn list(&self, page: Option<&str>) -> Result<ListPage, CallError> {
        let window = Window { from: now().before(Duration::from_secs(3600)), to: now() };
        self.adapter.list(window, page.map(|page| PageToken(page.to_owned())).as_ref(), now()).await
    }

    fn lines(&self) -> Vec<String> {
        self.server.asked().into_iter().map(|asked| asked.line).collect()
    }
}

fn new_payment() -> NewPayment<'static> {
    NewPayment {
        order: ORDER.parse().unwrap(),
        amount: Cents(2_500),
        description: "Pukkelfest, 4711",
        language: "fr",
        return_url: "https://wallet.example/t/X/back",
        payable_for: Duration::from_secs(900),
    }
}

fn made(payment_url: &str) -> Value {
    json!({"success": true, "data": {"order_id": ORDER, "payment_url": payment_url}})
}

fn order(id: &str) -> Value {
    json!({"order_id": id, "status": "completed", "financial_status": "completed", "amount": 2500, "currency": "EUR"})
}

fn row(id: &str) -> Value {
    json!({
        "transaction_id": 1, "order_id": id, "type": "payment", "status": "completed", "financial_status": "completed",
        "amount": 2500, "net": 2451, "costs": [], "currency": "EUR", "debit_credit": "D", "site_id": 1001001,
        "created": "2026-07-03T19:30:00",
    })
}

fn page(rows: &[Value], after: &str) -> Reply {
    let pager = json!({"after": "x", "before": "", "cursor": {"after": after, "before": ""}, "limit": 100});
    Reply::json(json!({"success": true, "data": rows, "pager": pager}))
}

#[tokio::test]
async fn an_order_is_made_for_bancontact_under_our_id_with_signed_notifications() {
    let page = "https://payv2.multisafepay.example/connect/1?lang=fr";
    let mut reply = made(page);
    reply["data"]["qr_url"] = json!("https://qr.multisafepay.example/1");
    let desk = Desk::open(Reply::json(reply)).await;
    let created = desk.create().await.unwrap();
    assert_eq!((created.payment.0.as_str(), created.link.as_str()), (ORDER, page));
    assert_eq!(created.qr.unwrap().as_str(), "https://qr.multisafepay.example/1");
    let asked = &desk.server.asked()[0];
    assert_eq!(asked.line, "POST /orders");
    assert_eq!(asked.headers["api_key"], KEY);
    let sent: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!((&sent["gateway"], &sent["type"]), (&json!("MISTERCASH"), &json!("redirect")));
    assert_eq!(
        (&sent["order_id"], &sent["amount"], &sent["currency"]),
        (&json!(ORDER), &json!(2500), &json!("EUR"))
    );
    let options = &sent["payment_options"];
    assert_eq!(
        (&options["notification_method"], &options["notification_url"]),
        (&json!("POST"), &json!(CALLBACK_URL))
    );
    let back = json!("https://wallet.example/t/X/back");
    assert_eq!((&options["redirect_url"], &options["cancel_url"]), (&back, &back));
    assert_eq!(options["close_window"], false);
    assert_eq!(sent["seconds_active"], 900);
    assert_eq!(sent["gateway_info"]["qr_enabled"], 1);
}

#[tokio::test]
async fn the_payers_language_is_asked_for_by_the_name_of_its_region() {
    let desk = Desk::open(Reply::json(made("https://pay.example/1"))).await;
    for (language, locale) in [("nl", "nl_BE"), ("fr", "fr_BE"), ("de", "de_DE"), ("en", "en_GB")] {
        desk.adapter.create(&NewPayment { language, ..new_payment() }, now()).await.unwrap();
        let sent: Value = serde_json::from_slice(&desk.server.asked().pop().unwrap().body).unwrap();
        assert_eq!(sent["customer"]["locale"], locale);
    }
}

#[test]
fn an_address_that_they_would_not_notify_is_named_with_what_would_be_right() {
    let long = format!("https://{}.example/callbacks", "a".repeat(140));
    for (url, right) in [
        ("http://127.0.0.1:8080/callbacks/multisafepay/summer", "https://"),
        ("https://wallet.example:8443/callbacks/multisafepay/summer", "no port"),
        ("https://[2001:db8::1]/callbacks/multisafepay/summer", "digits and - _ . : /"),
        ("https://wallet.example/callbacks/multisafepay/summer?a=1", "digits and - _ . : /"),
        (long.as_str(), "150 characters"),
    ] {
        let why = account().check_callback_url(url).unwrap_err();
        assert!(why.contains(right), "{url}: {why}");
    }
    assert_eq!(account().check_callback_url(CALLBACK_URL), Ok(()));
    let sandbox = Account { api_url: Some("http://127.0.0.1:8081".to_owned()), ..account() };
    assert_eq!(sandbox.check_callback_url("http://127.0.0.1:8080/callbacks"), Ok(()));
}

#[tokio::test]
async fn an_answer_about_another_order_or_without_a_safe_address_is_no_payment() {
    let mut other = made("https://pay.example/1");
    other["data"]["order_id"] = json!("somebody's");
    for wrong in [
        other,
        made("javascript:alert(1)"),
        made(""),
        json!({"success": true}),
        json!({"success": true, "data": []}),
    ] {
        let desk = Desk::open(Reply::json(&wrong)).await;
        let error = desk.create().await.unwrap_err();
        assert!(matches!(error, CallError::Invalid { .. }), "{wrong}: {error:?}");
    }
    let unsafe_qr = json!({"success": true, "data": {"order_id": ORDER, "payment_url": "https://p.example/", "qr_url": "ftp://x"}});
    assert_eq!(Desk::open(Reply::json(unsafe_qr)).await.create().await.unwrap().qr, None);
}

#[tokio::test]
async fn what_they_would_refuse_anyway_is_not_sent() {
    let desk = Desk::open(Reply::json(made("https://pay.example/1"))).await;
    for cents in [0, -5] {
        let nothing = NewPayment { amount: Cents(cents), ..new_payment() };
        let error = desk.adapter.create(&nothing, now()).await.unwrap_err();
        assert!(matches!(error, CallError::Refused { .. }), "{error:?}");
    }
    let far = format!("https://{}.example/callbacks", "a".repeat(140));
    let adapter = MultiSafepay::new(account(), far, &Connections::new());
    let error = adapter.create(&new_payment(), now()).await.unwrap_err();
    assert!(error.to_string().contains("150"), "{error}");
    assert_eq!(desk.lines().len(), 0);
}

#[tokio::test]
async fn refusals_are_told_apart_by_what_to_do_next_and_show_no_key() {
    let numbered =
        |number: i64| json!({"success": false, "data": {}, "error_code": number, "error_info": "they say"});
    for (status, body, retry, word) in [
        (400, numbered(1000), true, "1000"),
        (400, numbered(9999), true, "9999"),
        (400, numbered(1006), true, "may exist already"),
        (
            400,
            json!({"success": "false", "data": [], "error_code": 1001, "error_info": "amount"}),
            false,
            "amount",
        ),
        (200, numbered(1023), false, "1023"),
        (401, numbered(1032), false, "belongs to one site"),
        (403, json!({"message": "Forbidden"}), false, "Forbidden"),
        (400, numbered(1019), false, "has to be asked"),
        (422, json!({"errors": [], "message": "wrong", "success": false}), false, "wrong"),
        (429, json!({}), true, "429"),
        (503, json!("x"), true, "503"),
        (410, json!(""), false, "410"),
    ] {
        let desk = Desk::open(Reply::status(status, &body)).await;
        let error = desk.create().await.unwrap_err();
        assert_eq!(matches!(error, CallError::Retry { .. }), retry, "{body}: {error:?}");
        assert!(error.to_string().contains(word) && !error.to_string().contains(KEY), "{error}");
    }
    for (status, body) in [(302, ""), (200, "<html>"), (200, "{}"), (201, r#"{"success": true}"#), (204, "")]
    {
        let desk = Desk::open(Reply::status(status, body)).await;
        assert!(matches!(desk.create().await, Err(CallError::Invalid { .. })), "{status} {body}");
    }
}

#[tokio::test]
async fn an_order_is_asked_for_by_our_id_and_number_1006_means_there_is_none() {
    let desk = Desk::open(Reply::json(json!({"success": true, "data": order(ORDER)}))).await;
    let report = desk.details().await.unwrap().unwrap();
    assert_eq!((report.status, report.amount_cents), (PaymentStatus::Succeeded, Some(2500)));
    assert_eq!(report.creditor_profile.unwrap().0, "1001001");
    let found = desk.adapter.find_order(&ORDER.parse().unwrap(), now()).await.unwrap();
    assert_eq!(found.unwrap().get().payment_id.0, ORDER);
    assert_eq!(desk.lines(), [format!("GET /orders/{ORDER}"), format!("GET /orders/{ORDER}")]);
    let unknown =
        json!({"success": false, "data": [], "error_code": 1006, "error_info": "Invalid transaction ID"});
    desk.server.answers([Reply::status(404, unknown)]);
    assert_eq!(desk.details().await, Ok(None));
    desk.server.answers([Reply::json(json!({"success": true, "data": order("182")}))]);
    assert!(matches!(desk.details().await, Err(CallError::Invalid { .. })));
    desk.server.answers([Reply::status(404, "")]);
    assert!(desk.details().await.is_err(), "a wrong address is not a missing order");
    let strange = PaymentId("../x".to_owned());
    assert!(matches!(desk.adapter.details(&strange, now()).await, Err(CallError::Refused { .. })));
}

#[tokio::test]
async fn an_order_that_is_asked_for_leads_to_its_payment_where_it_says_how_and_there_is_something_to_pay() {
    let open = |url: Value| {
        let mut open = order(ORDER);
        (open["status"], open["financial_status"]) = (json!("initialized"), json!("initialized"));
        open["payment_url"] = url;
        json!({"success": true, "data": open})
    };
    let page = "https://payv2.multisafepay.example/connect/1";
    let desk = Desk::open(Reply::json(open(json!(page)))).await;
    assert_eq!(desk.details().await.unwrap().unwrap().link.unwrap().as_str(), page);
    for wrong in [json!(null), json!(7), json!("javascript:alert(1)")] {
        desk.server.answers([Reply::json(open(wrong))]);
        assert_eq!(desk.details().await.unwrap().unwrap().link, None);
    }
    let mut paid = order(ORDER);
    paid["payment_url"] = json!(page);
    desk.server.answers([Reply::json(json!({"success": true, "data": paid}))]);
    assert_eq!(desk.details().await.unwrap().unwrap().link, None);
}

#[tokio::test]
async fn the_list_is_asked_for_in_seconds_and_goes_on_at_the_cursor() {
    let refund =
        json!({"order_id": ORDER, "type": "refund", "status": "completed", "financial_status": "completed"});
    let elsewhere =
        json!({"order_id": "b", "site_id": 7, "status": "completed", "financial_status": "completed"});
    let desk = Desk::open(page(&[row(ORDER), refund, json!({"amount": 5}), elsewhere], "c+1/=")).await;
    let first = desk.list(None).await.unwrap();
    assert_eq!((first.reports.len(), first.unreadable.len(), first.total), (2, 1, None));
    assert_eq!(first.reports[0].get().source, crate::providers::Source::List);
    assert_eq!(first.reports[1].get().creditor_profile.as_ref().unwrap().0, "7");
    assert_eq!(first.next, Some(PageToken("c+1/=".to_owned())));
    desk.server.answers([page(&[row("x")], "")]);
    assert_eq!(desk.list(Some("c+1/=")).await.unwrap().next, None);
    let asked = "GET /transactions?site_id=1001001&type=payment&created_from=1783098000&created_until=1783101601&limit=100";
    assert_eq!(desk.lines(), [asked.to_owned(), format!("{asked}&after=c%2B1%2F%3D")]);
}

#[tokio::test]
async fn refunds_are_asked_for_by_when_they_were_made_and_then_by_when_they_were_done() {
    let refund = |order: &str| json!({"order_id": order, "type": "refund", "status": "reserved"});
    let elsewhere = json!({"order_id": "b", "site_id": 7, "type": "refund"});
    let first = page(&[refund("a"), row(ORDER), elsewhere], "c:1");
    let desk = Desk::open(page(&[], "")).await;
    let (from, to) = ("2026-07-03T17:00:00Z".parse().unwrap(), "2026-07-03T18:00:00Z".parse().unwrap());
    let mut token = None;
    let mut found = Vec::new();
    desk.server.answers([first, page(&[refund("c")], ""), page(&[refund("a")], "")]);
    for _ in 0..3 {
        let page = desk.adapter.refunded(Window { from, to }, token.as_ref(), now()).await.unwrap();
        found.extend(page.payments.into_iter().map(|payment| payment.0));
        token = page.next;
    }
    assert_eq!((token, found), (None, vec!["a".to_owned(), "c".to_owned(), "a".to_owned()]));
    let asked = |by: &str| {
        let times = format!("{by}_from=1783098000&{by}_until=1783101601");
        format!("GET /transactions?site_id=1001001&type=refund&{times}&limit=100")
    };
    let made = asked("created");
    assert_eq!(desk.lines(), [made.clone(), format!("{made}&after=c%3A1"), asked("completed")]);
}

#[tokio::test]
async fn what_is_no_list_is_an_error_and_never_an_empty_one() {
    for wrong in
        [json!({"success": true}), json!({"success": true, "data": {}}), json!([]), json!({"data": []})]
    {
        let desk = Desk::open(Reply::json(&wrong)).await;
        assert!(matches!(desk.list(None).await, Err(CallError::Invalid { .. })), "{wrong}");
    }
    let desk = Desk::open(page(&[row("x")], "again")).await;
    assert!(matches!(desk.list(Some("again")).await, Err(CallError::Invalid { .. })));
    desk.server.answers([page(&[], "more")]);
    assert_eq!(desk.list(None).await.unwrap().next, None);
}

#[test]
fn an_account_is_checked_before_it_is_kept() {
    use crate::providers::NewAccount;
    let new =
        NewAccount { profile_id: " 1001001 ".to_owned(), api_key: KEY.to_owned(), ..NewAccount::default() };
    let live = Account::check(ProviderName::MultiSafepay, &new).unwrap();
    assert_eq!(
        (live.profile.0.as_str(), live.api.as_str()),
        ("1001001", "https://api.multisafepay.com/v1/json")
    );
    let field = |new: NewAccount| Account::check(ProviderName::MultiSafepay, &new).unwrap_err().field;
    assert_eq!(field(NewAccount { profile_id: "shop".to_owned(), ..new.clone() }), "profile_id");
    assert_eq!(field(NewAccount { api_key: " ".to_owned(), ..new.clone() }), "api_key");
    assert_eq!(field(NewAccount { webhook_secret: Some("x".to_owned()), ..new.clone() }), "webhook_secret");
    assert!(!format!("{new:?} {live:?}").contains(KEY));
}
