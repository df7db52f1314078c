//! Details and list against a server on loopback: what is asked, and what each kind of answer means.

use super::test_signer::{CALLBACK_URL, PROFILE, now};
use super::*;
use crate::providers::Environment;
use crate::providers::test_server::{Reply, TestServer};
use crate::providers::{PaymentStatus, Source};
use serde_json::{Value, json};
use std::time::Duration;

const ID: &str = "5bdb1685b93d1c000bde96f2";
const KEY: &str = "1b3d4c5e-0000-4000-8000-123456789abc";

pub(super) struct Desk {
    server: TestServer,
    pub(super) adapter: Bancontact,
}

impl Desk {
    pub(super) async fn open(reply: Reply) -> Desk {
        Desk::with(reply, Some(KEY), Duration::from_secs(20)).await
    }

    async fn with(reply: Reply, key: Option<&str>, patience: Duration) -> Desk {
        let server = TestServer::answering(reply).await;
        let overrides = Overrides { api_url: Some(server.url.as_str()), key_set_url: None, pay_url: None };
        let settings = Settings {
            profile: ProfileId(PROFILE.to_owned()),
            endpoints: Endpoints::of(Environment::Preprod, overrides).unwrap(),
            callback_url: CALLBACK_URL.to_owned(),
            api_key: key.map(|key| ApiKey::parse(key).unwrap()),
        };
        Desk { server, adapter: Bancontact::new(settings, &Connections::with_patience(patience)) }
    }

    async fn details(&self) -> Result<Option<PaymentReport>, CallError> {
        let found = self.adapter.details(&PaymentId(ID.to_owned()), now()).await?;
        Ok(found.map(Verified::into_inner))
    }

    pub(super) async fn list(&self, page: Option<&str>) -> Result<ListPage, CallError> {
        let window = Window { from: now().before(Duration::from_secs(3600)), to: now() };
        self.adapter.list(window, page.map(|page| PageToken(page.to_owned())).as_ref(), now()).await
    }

    fn lines(&self) -> Vec<String> {
        self.server.asked().into_iter().map(|asked| asked.line).collect()
    }
}

fn payment(id: &str) -> Value {
    json!({
        "paymentId": id, "status": "SUCCEEDED", "amount": 1000, "currency": "EUR", "reference": "R1",
        "createdAt": "2026-07-03T17:59:50.000Z", "expireAt": "2026-07-03T18:19:50.000Z",
        "succeededAt": "2026-07-03T17:59:58.000Z", "creditor": {"profileId": PROFILE, "name": "Fest"},
        "debtor": {"name": "An", "iban": "*************24680"}, "_links": {"self": {"href": "https://x"}},
    })
}

fn page(ids: &[&str], number: u32, pages: u32) -> Reply {
    let details: Vec<Value> = ids.iter().map(|id| payment(id)).collect();
    Reply::json(json!({
        "size": ids.len(), "totalPages": pages, "totalElements": 7, "number": number, "details": details,
    }))
}

fn retry(error: CallError) -> (Option<u64>, String) {
    match error {
        CallError::Retry { after, why } => (after.map(|wait| wait.as_secs()), why),
        other => panic!("not to be retried: {other:?}"),
    }
}

#[tokio::test]
async fn a_payment_is_asked_for_with_the_key_and_read_with_its_creditor() {
    let desk = Desk::open(Reply::json(payment(ID))).await;
    let report = desk.details().await.unwrap().unwrap();
    assert_eq!(
        (report.status, report.amount_cents, report.source),
        (PaymentStatus::Succeeded, Some(1000), Source::Details)
    );
    assert_eq!(report.creditor_profile.unwrap().0, PROFILE);
    let asked = &desk.server.asked()[0];
    assert_eq!(asked.line, format!("GET /v3/payments/{ID}"));
    assert_eq!(asked.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(asked.headers["accept"], "application/json");
}

#[tokio::test]
async fn an_unusual_id_is_encoded_and_one_that_could_change_the_address_is_not_sent() {
    let id = "5f91483d-78a7-4914-bc6f=";
    let desk = Desk::open(Reply::json(payment(id))).await;
    assert!(desk.adapter.details(&PaymentId(id.to_owned()), now()).await.unwrap().is_some());
    assert_eq!(desk.lines(), ["GET /v3/payments/5f91483d%2D78a7%2D4914%2Dbc6f%3D"]);
    let refused = desk.adapter.details(&PaymentId("../payments/search".to_owned()), now()).await.unwrap_err();
    assert!(matches!(refused, CallError::Refused { .. }), "{refused:?}");
    assert_eq!(desk.lines().len(), 1);
}

#[tokio::test]
async fn a_payment_they_do_not_know_is_none_and_a_missing_profile_is_not() {
    let error = json!({"code": "PAYMENT_NOT_FOUND", "message": "none", "traceId": "t", "spanId": "s"});
    let desk = Desk::open(Reply::status(404, error)).await;
    assert_eq!(desk.details().await, Ok(None));
    desk.server.answers([Reply::status(404, "")]);
    assert_eq!(desk.details().await, Ok(None));
    desk.server.answers([Reply::status(404, json!({"code": "MERCHANT_PROFILE_NOT_FOUND", "message": "no"}))]);
    let refused = desk.details().await.unwrap_err();
    assert!(
        matches!(&refused, CallError::Refused { why } if why.contains("MERCHANT_PROFILE_NOT_FOUND")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn busy_and_broken_servers_are_to_be_asked_again_when_they_say() {
    let busy =
        Reply::Whole { status: 429, headers: vec![("retry-after", "7".to_owned())], body: String::new() };
    let desk = Desk::open(busy.clone()).await;
    assert_eq!(retry(desk.details().await.unwrap_err()).0, Some(7));
    assert_eq!(retry(desk.list(None).await.unwrap_err()).0, Some(7));
    let dated = "Fri, 03 Jul 2026 18:00:30 GMT".to_owned();
    desk.server.answers([Reply::Whole {
        status: 503,
        headers: vec![("retry-after", dated)],
        body: String::new(),
    }]);
    assert_eq!(retry(desk.details().await.unwrap_err()).0, Some(30));
    for status in [408, 500, 502, 503, 504, 509] {
        let body = json!({"code": "TECHNICAL_ERROR", "message": "oops", "traceId": "t1", "spanId": "s1"});
        desk.server.answers([Reply::status(status, body)]);
        let (after, why) = retry(desk.details().await.unwrap_err());
        assert_eq!(after, None);
        assert!(
            why.contains("TECHNICAL_ERROR, oops, trace t1") && why.contains(&status.to_string()),
            "{why}"
        );
        desk.server.answers([Reply::status(status, "")]);
        retry(desk.list(None).await.unwrap_err());
    }
}

#[tokio::test]
async fn a_key_they_do_not_take_is_refused_with_what_to_look_at() {
    for (status, body) in
        [(401, json!({"code": "UNAUTHORIZED", "message": "no"}).to_string()), (403, String::new())]
    {
        let desk = Desk::open(Reply::status(status, body)).await;
        for refused in [desk.details().await.unwrap_err(), desk.list(None).await.unwrap_err()] {
            match refused {
                CallError::Refused { why } => {
                    assert!(why.contains("old hosts under payconiq.com") && !why.contains(KEY), "{why}");
                }
                other => panic!("not refused: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn other_refusals_carry_what_was_said() {
    let desk =
        Desk::open(Reply::status(422, json!({"code": "FIELD_IS_INVALID", "message": "from\u{7}"}))).await;
    let refused = desk.list(None).await.unwrap_err();
    assert!(
        matches!(&refused, CallError::Refused { why } if why.ends_with("422: FIELD_IS_INVALID, from)")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_invalid() {
    let redirect =
        Reply::Whole { status: 302, headers: vec![("location", "/other".to_owned())], body: String::new() };
    let desk = Desk::open(redirect).await;
    let too_large = format!("{{\"paymentId\":\"{ID}\",\"description\":\"{}\"}}", "x".repeat(70_000));
    for reply in [
        None,
        Some(Reply::json("")),
        Some(Reply::json("<html>")),
        Some(Reply::json("[]")),
        Some(Reply::json("{}")),
        Some(Reply::json(payment("000000000000000000000001"))),
        Some(Reply::json(too_large)),
        Some(Reply::Endless),
        Some(Reply::status(204, "")),
    ] {
        reply.into_iter().for_each(|reply| desk.server.answers([reply]));
        let error = desk.details().await.unwrap_err();
        assert!(matches!(error, CallError::Invalid { .. }), "{error:?}");
    }
    assert!(desk.lines().iter().all(|line| line.starts_with("GET /v3/payments/")), "a redirect was followed");
}

#[tokio::test]
async fn a_server_that_stalls_or_is_not_there_is_to_be_asked_again() {
    let desk = Desk::with(Reply::Stalled, Some(KEY), Duration::from_millis(100)).await;
    assert!(retry(desk.details().await.unwrap_err()).1.contains("did not answer in time"));
    assert!(retry(desk.list(None).await.unwrap_err()).1.contains("did not answer in time"));

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hangs_up = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    let asks = async |url: &str| {
        let overrides = Overrides { api_url: Some(url), key_set_url: None, pay_url: None };
        let settings = Settings {
            endpoints: Endpoints::of(Environment::Preprod, overrides).unwrap(),
            ..(*desk.adapter.settings).clone()
        };
        let adapter = Bancontact::new(settings, &Connections::new());
        adapter.details(&PaymentId(ID.to_owned()), now()).await.unwrap_err()
    };
    assert!(!asks(&hangs_up).await.did_nothing(), "who was connected to may have read the request");
    let error = asks(&nobody).await;
    let why = error.to_string();
    assert!(
        matches!(error, CallError::Unsent { .. }) && error.may_pass() && error.did_nothing(),
        "{error:?}"
    );
    // Plain words: no address of a call, no query, no error of a library.
    assert_eq!(why, format!("{nobody} can't be reached: the connection is refused"));
}

#[tokio::test]
async fn without_a_key_nothing_is_asked_and_nothing_is_offered() {
    let desk = Desk::with(Reply::json(payment(ID)), None, Duration::from_secs(20)).await;
    let can = desk.adapter.capabilities();
    assert!(!can.creates && !can.details && !can.list);
    for refused in [desk.details().await.unwrap_err(), desk.list(None).await.unwrap_err()] {
        assert!(
            matches!(&refused, CallError::Refused { why } if why.contains("has no API key")),
            "{refused:?}"
        );
    }
    assert!(desk.lines().is_empty());
}

#[tokio::test]
async fn a_list_is_read_page_by_page_to_its_end() {
    let desk = Desk::open(page(&["a", "b"], 0, 3)).await;
    desk.server.answers([page(&["a", "b"], 0, 3), page(&["b", "c"], 1, 3), page(&["d"], 2, 3)]);
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let page = desk.list(token.as_deref()).await.unwrap();
        assert_eq!(page.total, Some(7));
        seen.extend(page.reports.into_iter().map(|report| report.into_inner().payment_id.0));
        let Some(next) = page.next else { break };
        token = Some(next.0);
    }
    assert_eq!(seen, ["a", "b", "b", "c", "d"]);
    let line = |page: u32| format!("POST /v3/payments/search?page={page}&size=100");
    assert_eq!(desk.lines(), [line(0), line(1), line(2)]);
    let asked = &desk.server.asked()[0];
    let query: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(query, json!({"from": "2026-07-03T17:00:00.000Z", "to": "2026-07-03T18:00:00.000Z"}));
    assert_eq!(asked.headers["content-type"], "application/json");
    assert_eq!(asked.headers["authorization"], format!("Bearer {KEY}"));
}

#[tokio::test]
async fn a_window_is_never_shrunk_by_rounding() {
    let desk = Desk::open(page(&[], 0, 0)).await;
    let window = Window { from: Timestamp(1_783_000_000_123_456), to: Timestamp(1_783_000_001_000_001) };
    let page = desk.adapter.list(window, None, now()).await.unwrap();
    assert_eq!((page.reports.len(), page.next), (0, None));
    let query: Value = serde_json::from_slice(&desk.server.asked()[0].body).unwrap();
    assert_eq!(query["from"], "2026-07-02T13:46:40.123Z");
    assert_eq!(query["to"], "2026-07-02T13:46:41.001Z");
}

#[tokio::test]
async fn an_unreadable_row_is_reported_by_itself() {
    let rows = json!([payment("a"), {"paymentId": 7}, "row", {"amount": 1}, payment("b")]);
    let desk = Desk::open(Reply::json(json!({"totalPages": 1, "totalElements": 5, "details": rows}))).await;
    let page = desk.list(None).await.unwrap();
    assert_eq!((page.reports.len(), page.unreadable.len(), page.next), (2, 3, None));
    assert!(page.unreadable.iter().all(|row| row.payment_id.is_none() && row.why.contains("it ")));
}

#[tokio::test]
async fn a_list_without_counts_goes_on_until_a_page_is_empty() {
    let desk = Desk::open(Reply::json(json!({"details": [payment("a")]}))).await;
    assert_eq!(desk.list(None).await.unwrap().next, Some(PageToken("1".to_owned())));
    desk.server.answers([Reply::json(json!({"details": []}))]);
    assert_eq!(desk.list(Some("1")).await.unwrap().next, None);
    desk.server.answers([Reply::json(json!({"totalPages": 1, "totalElements": 3, "number": 1}))]);
    assert_eq!(desk.list(Some("1")).await.unwrap().next, None);
}

#[tokio::test]
async fn what_does_not_look_like_a_page_is_never_taken_for_an_empty_one() {
    let desk = Desk::open(Reply::json("{}")).await;
    for body in [
        json!({}).to_string(),
        json!({"totalPages": 1, "totalElements": 3}).to_string(),
        json!({"totalElements": 3, "totalPages": 1, "details": {}}).to_string(),
        json!({"code": "TECHNICAL_ERROR", "message": "oops"}).to_string(),
        String::new(),
        "null".to_owned(),
    ] {
        desk.server.answers([Reply::json(body.clone())]);
        let error = desk.list(None).await.unwrap_err();
        assert!(matches!(error, CallError::Invalid { .. }), "{body}: {error:?}");
    }
    desk.server.answers([Reply::Endless]);
    assert!(matches!(desk.list(None).await, Err(CallError::Invalid { .. })));
    let not_ours = desk.list(Some("cursor-abc")).await.unwrap_err();
    assert!(matches!(&not_ours, CallError::Refused { why } if why.contains("cursor-abc")), "{not_ours:?}");
}
