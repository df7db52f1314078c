//! Providers that don't answer, answer late, or refuse: what the visitor who waits is told, and that nothing is made twice.

use super::providers::MINUTE;
use super::top_ups::PHONE;
use super::{House, PUBLIC_URL};
use crate::codes::Reference;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::payments::orders::{NewOrder, OrderState, resume};
use crate::providers::test_server::{Reply, TestServer};
use crate::providers::{OrderId, PaymentStatus, Provider, ProviderName};
use crate::sandbox::orders::{
    Finish, MULTISAFEPAY_KEY, MULTISAFEPAY_SITE, Notify, OrderFaults, Outcome, WOOSHPAY_ACCOUNT, WOOSHPAY_KEY,
};
use axum::body::Body;
use axum::http::{Method, Request};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

/// MultiSafepay refuses.
const REFUSING: OrderFaults = OrderFaults { unavailable: false, multisafepay_key_ended: true, ..AWAY };
/// Nothing answers but 503.
const AWAY: OrderFaults = OrderFaults {
    answers_lost: false,
    answers_hang: false,
    unavailable: true,
    silent: false,
    multisafepay_key_ended: false,
    page_rows: None,
    refunds_stay_reserved: false,
    search_lags: false,
};

impl House {
    fn providers_are(&self, faults: OrderFaults) {
        self.festival.bank.orders().change_faults(faults);
    }

    fn made(&self) -> Vec<String> {
        self.festival.bank.orders().made()
    }

    /// Gives the festival a MultiSafepay at a server of its own.
    async fn with_multisafepay_at(&self, server: &TestServer) {
        let office = self.office(Role::Organiser).await;
        let account = json!({
            "provider": "multisafepay", "profile_id": MULTISAFEPAY_SITE, "environment": "test",
            "api_url": server.url.to_string(), "api_key": MULTISAFEPAY_KEY,
        });
        office.posts("/api/v1/events/pukkelfest/providers", account).await.is(201);
    }

    /// Gives the festival a MultiSafepay that answers nothing but 503 once it has taken the account, and orders there.
    async fn orders_unanswered(&self, server: &TestServer) -> Vec<OrderId> {
        self.with_multisafepay_at(server).await;
        server.answers([Reply::status(503, "")]);
        let mut orders = Vec::new();
        for _ in 0..8 {
            orders.push(self.ordered("5").await);
        }
        orders
    }

    /// What a browser that waits on the page of an order is shown, once what it set off is done.
    async fn page_after_a_look(&self, order: OrderId) -> String {
        self.sees(order, "", PHONE).await;
        self.app.finish().await;
        self.sees(order, "", PHONE).await
    }

    /// The page that a phone is shown at an address of ours, or where that leads.
    async fn phone_sees(&self, address: &str) -> String {
        let mut path = address.strip_prefix(PUBLIC_URL).unwrap().to_owned();
        loop {
            let headers = [("accept-language", "en"), ("user-agent", PHONE)];
            let answer = self.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await;
            if answer.status.as_u16() != 303 {
                return answer.page(200);
            }
            path = answer.header("location").to_owned();
        }
    }

    /// The page of a provider that a phone is sent to at once, or that it can go to where it is offered the bank app.
    async fn is_sent_to(&self, order: OrderId) -> Option<String> {
        let page = self.sees(order, "?go", PHONE).await;
        let at_once = page.split_once("content=\"0;url=");
        let (_, rest) = at_once.or_else(|| page.split_once("<a class=\"button plain\" href=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    }
}

#[tokio::test]
async fn who_waits_for_a_provider_that_is_away_is_told_and_goes_on_to_the_payment_when_it_is_back() {
    for provider in [ProviderName::MultiSafepay, ProviderName::WooshPay] {
        on_both_engines(async |store| {
            let house = House::open(store, 1).await;
            house.with_account(provider).await;
            house.providers_are(AWAY);
            let order = house.ordered("15").await;
            assert!(house.page_after_a_look(order).await.contains("being prepared"));
            // It is back at once; for all we know the first call is still under way.
            house.providers_are(OrderFaults::default());
            assert!(house.page_after_a_look(order).await.contains("being prepared"));
            assert!(house.made().is_empty());

            house.providers_are(AWAY);
            house.festival.clock.advance(MINUTE / 2);
            let waiting = house.page_after_a_look(order).await;
            let (form, here) =
                (format!("/t/{}", house.reference(0)), format!("/t/{}/{order}", house.reference(0)));
            for part in [
                "is not answering",
                "Nothing was paid",
                &format!("<a class=\"button\" href=\"{form}\">Try again</a>"),
                &format!("data-next=\"{here}\""),
                &format!("data-here=\"{here}?go\""),
            ] {
                assert!(waiting.contains(part), "{part} is not in {waiting}");
            }

            house.providers_are(OrderFaults::default());
            house.festival.clock.advance(MINUTE);
            assert!(house.page_after_a_look(order).await.contains("Pay € 15,00"));
            let link = format!("{}/pay/{order}", house.festival.bank.api_url());
            assert_eq!(house.is_sent_to(order).await.as_deref(), Some(link.as_str()));
            house.page_after_a_look(order).await;
            assert_eq!(house.made(), [order.to_string()], "made once");
            house.bank_says(order, Outcome::Paid).await;
            assert_eq!((house.balance().await, house.state(order).await), (1_500, OrderState::Credited));
            house.festival.expect_clean_books().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_page_that_stays_open_goes_on_within_seconds_of_its_providers_answer_at_whichever_address() {
    for query in ["", "?go"] {
        on_both_engines(async |store| {
            let house = House::with_page(store).await;
            house.providers_are(AWAY);
            let order = house.ordered("15").await;
            let looks = async |times: u32| {
                for _ in 0..times {
                    house.festival.clock.advance(Duration::from_secs(3));
                    house.sees(order, query, PHONE).await;
                    house.app.finish().await;
                }
            };
            looks(12).await;
            assert!(house.sees(order, query, PHONE).await.contains("is not answering"));
            house.providers_are(OrderFaults::default());
            looks(5).await;
            assert_eq!(house.made(), [order.to_string()], "at {query:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn each_language_says_that_the_provider_does_not_answer() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.providers_are(AWAY);
        let order = house.ordered("15").await;
        house.festival.clock.advance(MINUTE / 2);
        let path = format!("/t/{}/{order}", house.reference(0));
        for (language, words) in [
            ("nl-BE", ["De betaaldienst antwoordt niet", "Er is niets betaald"]),
            ("fr", ["Le prestataire de paiement ne répond pas", "Rien n’a été payé"]),
            ("de", ["Der Zahlungsdienst antwortet nicht", "Es wurde nichts bezahlt"]),
            ("en", ["The payment provider is not answering", "Nothing was paid"]),
        ] {
            let headers = [("accept-language", language)];
            let page = house.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await.page(200);
            assert!(words.iter().all(|words| page.contains(words)), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_tries_again_gets_another_payment_and_a_late_one_of_the_first_is_credited_too() {
    for provider in [ProviderName::MultiSafepay, ProviderName::WooshPay] {
        on_both_engines(async |store| {
            let house = House::open(store, 1).await;
            house.with_account(provider).await;
            house.providers_are(AWAY);
            let first = house.ordered("15").await;
            house.festival.clock.advance(MINUTE);
            house.providers_are(OrderFaults::default());
            let second = house.ordered("15").await;
            house.bank_says(second, Outcome::Paid).await;
            assert_eq!(house.balance().await, 1_500);
            // The other page was left open.
            house.page_after_a_look(first).await;
            assert_eq!(house.made(), [second.to_string(), first.to_string()]);
            house.bank_says(first, Outcome::Paid).await;
            assert_eq!((house.balance().await, house.state(first).await), (3_000, OrderState::Credited));
            house.festival.expect_clean_books().await;
        })
        .await;
    }
}

#[tokio::test]
async fn nothing_is_made_for_an_order_whose_time_is_over() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.providers_are(AWAY);
        let order = house.ordered("15").await;
        house.providers_are(OrderFaults::default());
        house.festival.clock.advance(MINUTE * 16);
        let page = house.page_after_a_look(order).await;
        assert!(page.contains("The time to pay is over") && house.made().is_empty(), "{page}");
    })
    .await;
}

#[tokio::test]
async fn where_a_provider_refuses_the_next_one_is_asked_and_a_form_sent_twice_makes_one_payment() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        house.providers_are(REFUSING);
        let order = OrderId::draw();
        let next = order.at_next_provider();
        let answer = house.orders(order, "20").await;
        assert!(answer.header("location").ends_with(&format!("/{next}?go")), "{}", answer.header("location"));
        let again = house.orders(order, "20").await;
        assert_eq!(answer.header("location"), again.header("location"));
        assert_eq!(house.made(), [next.to_string()]);
        assert_eq!(house.order(next).await.provider, ProviderName::WooshPay);
        assert_eq!(house.state(order).await, OrderState::Failed);
        // Who is on the first one's page is led to the one that can be paid, and on to the bank only on the way there.
        for query in ["", "?go"] {
            let page = |order: OrderId| format!("/t/{}/{order}{query}", house.reference(0));
            let led = house.anonymous().gets(&page(order)).await;
            assert_eq!((led.status.as_u16(), led.header("location")), (303, page(next).as_str()));
        }
        house.bank_says(next, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(next).await), (2_000, OrderState::Credited));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn where_nobody_listens_at_a_provider_nothing_was_made_and_the_next_one_is_asked_at_once() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let (headers, body) =
            (vec![("connection", "close".to_owned())], json!({"success": true, "data": []}));
        let server = Reply::Whole { status: 200, headers, body: body.to_string() };
        let server = TestServer::answering(server).await;
        house.with_multisafepay_at(&server).await;
        server.closes().await;
        let alone = OrderId::draw();
        let page = house.orders(alone, "20").await.page(502);
        assert!(page.contains("Nothing was paid") && page.contains("<form"), "{page}");
        assert!(house.order(alone).await.was_unmade());

        house.with_account(ProviderName::WooshPay).await;
        let order = OrderId::draw();
        let next = order.at_next_provider();
        for _ in 0..2 {
            let answer = house.orders(order, "20").await;
            assert!(answer.header("location").ends_with(&format!("/{next}?go")), "{}", answer.body);
        }
        assert!(house.order(order).await.was_unmade());
        assert_eq!(
            (house.made(), house.order(next).await.provider),
            (vec![next.to_string()], ProviderName::WooshPay)
        );
        house.bank_says(next, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(next).await), (2_000, OrderState::Credited));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn who_comes_back_from_the_next_provider_before_its_message_is_not_sent_there_again_and_it_is_asked() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        house.providers_are(REFUSING);
        let bank = house.festival.bank.orders();
        for (outcome, state) in
            [(Outcome::Paid, OrderState::Credited), (Outcome::Cancelled, OrderState::Failed)]
        {
            for comes_to_the_first in [false, true] {
                let order = OrderId::draw();
                let next = order.at_next_provider();
                house.orders(order, "20").await;
                let finish = Finish::as_ordered(outcome, Notify::Drop);
                bank.finish(&next.to_string(), &finish).unwrap();
                let back = match comes_to_the_first {
                    true => format!("{PUBLIC_URL}/t/{}/{order}", house.reference(0)),
                    false => bank.return_url(&next.to_string()).unwrap(),
                };
                let page = house.phone_sees(&back).await;
                assert!(!page.contains("content=\"0;url="), "{page}");
                house.app.finish().await;
                assert_eq!(house.state(next).await, state, "its provider was asked");
            }
        }
        assert_eq!(house.balance().await, 4_000);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_of_the_next_provider_is_gone_on_with_by_the_same_request_and_made_once() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        house.providers_are(OrderFaults { answers_lost: true, search_lags: true, ..REFUSING });
        let order = OrderId::draw();
        let next = order.at_next_provider();
        house.orders(order, "20").await;
        assert_eq!((house.state(next).await, house.made()), (OrderState::Asked, vec![next.to_string()]));

        house.providers_are(OrderFaults { search_lags: true, ..REFUSING });
        house.festival.clock.advance(MINUTE / 2);
        assert!(house.page_after_a_look(next).await.contains("Pay € 20,00"));
        let link = format!("{}/pay/{next}", house.festival.bank.api_url());
        assert_eq!(house.is_sent_to(next).await, Some(link));
        assert_eq!(house.made(), [next.to_string()], "made once");
        house.bank_says(next, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(next).await), (2_000, OrderState::Credited));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn the_sandboxs_wooshpay_answers_a_key_again_for_the_same_body_only() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let first = json!({
            "amount": 2_000, "currency": "EUR", "confirm": true, "payment_method_data": {"type": "bancontact"},
            "merchant_order_id": "a", "return_url": "https://wallet.example/t/X/a",
        });
        let asks = async |key: &str, body: &Value| {
            let basic = BASE64.encode(format!("{WOOSHPAY_KEY}:").as_bytes());
            let request = Request::post("/wooshpay/v1/payment_intents")
                .header("authorization", format!("Basic {basic}"))
                .header("content-type", "application/json")
                .header("idempotency-key", key)
                .body(Body::from(body.to_string()));
            house.festival.bank.router().oneshot(request.unwrap()).await.unwrap().status().as_u16()
        };
        assert_eq!((asks("a", &first).await, asks("a", &first).await), (200, 200));
        for (name, other) in [("amount", json!(2_001)), ("return_url", json!("https://wallet.example/t/X/b"))] {
            let mut body = first.clone();
            body[name] = other;
            assert_eq!(asks("a", &body).await, 400, "another {name}");
        }
        assert_eq!(asks("b", &first).await, 400, "another key");
        assert_eq!(house.made(), ["a"]);
    })
    .await;
}

#[tokio::test]
async fn the_next_provider_has_its_own_time_however_long_the_first_took_to_refuse() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        house.providers_are(OrderFaults { silent: true, ..OrderFaults::default() });
        let order = OrderId::draw();
        let refuses_late = async {
            while house.making().by_id(order).await.unwrap().is_none() {
                tokio::task::yield_now().await;
            }
            house.festival.clock.advance(Duration::from_secs(15));
            house.providers_are(REFUSING);
        };
        let began = house.festival.clock.now();
        let (answer, ()) = tokio::join!(house.orders(order, "20"), refuses_late);
        let next = order.at_next_provider();
        assert!(answer.header("location").ends_with(&format!("/{next}?go")), "{}", answer.body);
        let (first, next) = (house.order(order).await, house.order(next).await);
        assert_eq!((first.created_at, next.created_at), (began, began.after(Duration::from_secs(15))));
        assert_eq!(next.expires_at.since(next.created_at), first.expires_at.since(first.created_at));
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_may_have_made_the_payment_and_no_other_is_asked() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        for faults in [AWAY, OrderFaults { answers_lost: true, ..OrderFaults::default() }] {
            house.providers_are(faults);
            let order = house.ordered("20").await;
            assert_eq!(house.order(order).await.provider, ProviderName::MultiSafepay);
            assert!(house.making().by_id(order.at_next_provider()).await.unwrap().is_none());
        }
        assert_eq!(house.made().len(), 2, "the one whose answer got lost, and the one in its place");
    })
    .await;
}

#[tokio::test]
async fn where_an_answer_gets_lost_the_same_provider_makes_another_payment_at_once_and_the_first_is_ended() {
    on_both_engines(async |store| {
        let server = TestServer::answering(Reply::json(json!({"success": true, "data": []}))).await;
        let house = House::open(store, 1).await;
        let account = json!({
            "provider": "multisafepay", "profile_id": MULTISAFEPAY_SITE, "environment": "test",
            "api_url": server.url.to_string(), "api_key": MULTISAFEPAY_KEY,
        });
        let office = house.office(Role::Organiser).await;
        office.posts("/api/v1/events/pukkelfest/providers", account).await.is(201);
        house.with_account(ProviderName::WooshPay).await;
        let first = OrderId::draw();
        let second = first.made_again();
        let said = |order: OrderId| {
            json!({
                "order_id": order.to_string(), "status": "initialized", "financial_status": "initialized",
                "amount": 500, "currency": "EUR",
            })
        };
        let mut made = said(second);
        made["payment_url"] = json!("http://127.0.0.1/pay");
        let reply = |data: Value| Reply::json(json!({"success": true, "data": data}));
        server.answers([Reply::status(504, ""), reply(said(first)), reply(made)]);
        let before = server.asked().len();
        let answer = house.orders(first, "5").await;
        let path = format!("/t/{}/{second}?go", house.reference(0));
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, path.as_str()));
        assert_eq!(house.is_sent_to(second).await.as_deref(), Some("http://127.0.0.1/pay"));
        let asked = server.asked().split_off(before);
        for (line, times) in [("POST /orders".to_owned(), 2), (format!("POST /orders/{first}/cancel"), 1)] {
            assert_eq!(asked.iter().filter(|one| one.line == line).count(), times, "{asked:?}");
        }
        assert!(house.made().is_empty(), "no other provider is asked");
    })
    .await;
}

impl House {
    /// What somebody sends who asks for the other provider on the page of an order that nobody answers for.
    async fn asks_the_other(&self, order: OrderId) -> super::Answer {
        let form = self.form_for_the_other(order).await;
        self.puts_form(form).await
    }

    async fn form_for_the_other(&self, order: OrderId) -> String {
        let page = self.sees(order, "", PHONE).await;
        let value = |name: &str| {
            let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the form has it");
            rest.split_once('"').unwrap().0
        };
        format!("order={}&provider={}&cents={}", value("order"), value("provider"), value("cents"))
    }

    async fn puts_form(&self, form: String) -> super::Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept-language", "en")];
        self.anonymous().sends(Method::POST, &format!("/t/{}", self.reference(0)), &headers, form).await
    }
}

#[tokio::test]
async fn who_waits_for_a_provider_that_does_not_answer_may_pay_through_the_other_one() {
    on_both_engines(async |store| {
        let server = TestServer::answering(Reply::json(json!({"success": true, "data": []}))).await;
        let house = House::open(store, 1).await;
        let first = house.orders_unanswered(&server).await[0];
        house.with_account(ProviderName::WooshPay).await;
        house.festival.clock.advance(MINUTE / 2);
        let path = format!("/t/{}/{first}", house.reference(0));
        for (language, words) in [
            ("nl", "Betalen via WooshPay"),
            ("fr", "Payer via WooshPay"),
            ("de", "Bezahlen über WooshPay"),
            ("en", "Pay through WooshPay"),
        ] {
            let headers = [("accept-language", language)];
            let page = house.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await.page(200);
            assert!(page.contains(words), "{words} is not in {page}");
        }
        house.app.finish().await;
        let other = first.at_next_provider();
        let asked = server.asked().len();
        let form = house.form_for_the_other(first).await;
        for _ in 0..2 {
            let answer = house.puts_form(form.clone()).await;
            let location = format!("/t/{}/{other}?go", house.reference(0));
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, location.as_str()));
            house.app.finish().await;
        }
        assert_eq!(house.made(), [other.to_string()], "asked twice, made once");
        // It says late that it has made nothing, or that it did and not where that is paid.
        let there =
            json!({"order_id": first.to_string(), "status": "initialized", "amount": 500, "currency": "EUR"});
        for said in [
            Reply::status(
                404,
                json!({"success": false, "error_code": 1006, "error_info": "Invalid transaction ID"}),
            ),
            Reply::json(json!({"success": true, "data": there})),
        ] {
            server.answers([said]);
            let (making, text) = (house.making(), house.reference(0));
            let order = house.order(first).await;
            let new = NewOrder {
                id: first,
                reference: (&Reference::parse(text).unwrap(), order.hash),
                amount: order.amount,
                only: None,
                description: "Pukkelfest 0000",
                language: "en",
                orders_url: "https://wallet.example/t",
            };
            resume(&making, &house.festival.event, &order, &new).await.unwrap();
            let led = house.anonymous().gets(&path).await;
            assert_eq!(
                (led.status.as_u16(), led.header("location")),
                (303, format!("/t/{text}/{other}").as_str())
            );
        }
        assert_eq!(house.state(first).await, OrderState::Open);
        let news = server.asked().split_off(asked);
        assert!(
            news.iter().all(|one| one.line.starts_with("GET ")),
            "the first was asked to make nothing: {news:?}"
        );
        assert_eq!(house.order(other).await.provider, ProviderName::WooshPay);
        house.bank_says(other, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(other).await), (500, OrderState::Credited));
        let answer = house.puts_form(form).await;
        assert_eq!(answer.header("location"), format!("/t/{}/{other}?go", house.reference(0)), "it is paid");
        house.app.finish().await;
        assert_eq!(house.made(), [other.to_string()], "nothing is asked for again");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_shown_that_a_payment_is_prepared_may_pay_through_the_other_provider_at_once() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        house.providers_are(OrderFaults { answers_lost: true, ..OrderFaults::default() });
        let sent = house.orders(OrderId::draw(), "15").await;
        let (path, _) = sent.header("location").split_once('?').unwrap();
        let first: OrderId = path.rsplit('/').next().unwrap().parse().unwrap();
        let page = house.page_after_a_look(first).await;
        assert!(page.contains("being prepared") && page.contains("Pay through WooshPay"), "{page}");
        assert!(!page.contains("Pay through MultiSafepay"), "{page}");
        let mut made = house.made();
        let other = first.at_next_provider();
        let form = house.form_for_the_other(first).await;
        for _ in 0..2 {
            let answer = house.puts_form(form.clone()).await;
            let location = format!("/t/{}/{other}?go", house.reference(0));
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, location.as_str()));
            house.app.finish().await;
        }
        // Whoever goes back to the first page, or left it open, comes to the one that they chose.
        let path = format!("/t/{}/{first}", house.reference(0));
        let back = house.anonymous().sends(Method::GET, &path, &[], Body::empty()).await;
        let location = format!("/t/{}/{other}", house.reference(0));
        assert_eq!((back.status.as_u16(), back.header("location")), (303, location.as_str()));
        house.providers_are(OrderFaults::default());
        made.push(other.to_string());
        assert_eq!(house.made(), made, "asked twice, made once");
        house.bank_says(other, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(other).await), (1_500, OrderState::Credited));
        // The first one ends with its time; its money would be credited to its own order.
        house.festival.clock.advance(MINUTE * 18);
        house.follows_orders().await;
        assert_eq!((house.balance().await, house.state(first).await), (1_500, OrderState::Expired));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn where_the_first_provider_refused_and_the_second_is_silent_only_the_second_is_offered() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        house.providers_are(OrderFaults { answers_lost: true, search_lags: true, ..REFUSING });
        let first = OrderId::draw();
        house.orders(first, "20").await.is(303);
        let mut order = first.at_next_provider();
        for answers in [false, false, true] {
            assert_eq!(house.state(order).await, OrderState::Asked);
            house.festival.clock.advance(MINUTE / 2);
            let page = house.sees(order, "", PHONE).await;
            assert!(page.contains("Pay through WooshPay") && !page.contains("MultiSafepay"), "{page}");
            house.app.finish().await;
            if answers {
                house.providers_are(OrderFaults { search_lags: true, ..REFUSING });
            }
            let asked = house.asks_the_other(order).await;
            order = order.at_next_provider();
            let location = format!("/t/{}/{order}?go", house.reference(0));
            assert_eq!((asked.status.as_u16(), asked.header("location")), (303, location.as_str()));
            assert_eq!(house.order(order).await.provider, ProviderName::WooshPay);
            house.app.finish().await;
        }
        house.bank_says(order, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(order).await), (2_000, OrderState::Credited));
        assert_eq!(house.state(first).await, OrderState::Failed);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn where_the_first_provider_is_silent_and_the_second_refused_the_first_is_offered_again() {
    on_both_engines(async |store| {
        let silent = TestServer::answering(Reply::json(json!({"success": true, "data": []}))).await;
        let refusing = TestServer::answering(Reply::json(json!({"data": []}))).await;
        let house = House::open(store, 1).await;
        let first = house.orders_unanswered(&silent).await[0];
        let account = json!({
            "provider": "wooshpay", "profile_id": WOOSHPAY_ACCOUNT, "environment": "test",
            "api_url": refusing.url.to_string(), "api_key": WOOSHPAY_KEY, "webhook_secret": "whsec_other",
        });
        let office = house.office(Role::Organiser).await;
        office.posts("/api/v1/events/pukkelfest/providers", account).await.is(201);
        refusing.answers([Reply::status(401, json!({"error": {"type": "invalid_request_error"}}))]);
        house.festival.clock.advance(MINUTE / 2);
        assert_eq!(house.asks_the_other(first).await.status.as_u16(), 502);
        let page = house.sees(first, "", PHONE).await;
        assert!(page.contains("Pay through MultiSafepay") && !page.contains("WooshPay"), "{page}");
        let asked = house.asks_the_other(first).await;
        assert_eq!(asked.status.as_u16(), 303, "{}", asked.body);
        let (path, _) = asked.header("location").split_once('?').unwrap();
        let again: OrderId = path.rsplit('/').next().unwrap().parse().unwrap();
        assert_eq!(house.order(again).await.provider, ProviderName::MultiSafepay);
        assert!(again != first && again != first.at_next_provider());
        house.app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_nobody_has_is_refused_with_the_amount_kept_and_one_alone_offers_no_other() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.providers_are(AWAY);
        let order = house.ordered("15").await;
        house.festival.clock.advance(MINUTE / 2);
        let page = house.sees(order, "", PHONE).await;
        assert!(page.contains("is not answering") && !page.contains("Pay through"), "{page}");
        house.app.finish().await;
        house.providers_are(OrderFaults::default());
        let before = house.made();
        let sends = async |order: OrderId, provider: &str, language: &str| {
            let form = format!("order={order}&provider={provider}&cents=1500");
            let headers =
                [("content-type", "application/x-www-form-urlencoded"), ("accept-language", language)];
            let path = format!("/t/{}", house.reference(0));
            house.anonymous().sends(Method::POST, &path, &headers, form).await
        };
        for (provider, language, words) in [
            ("wooshpay", "nl-BE", "Er is geen nieuwe betaling gemaakt. Kies opnieuw"),
            ("bancontact", "fr", "Aucun nouveau paiement n’a été créé. Choisissez à nouveau"),
            ("paypal", "de", "Es wurde keine neue Zahlung angelegt. Wähle noch einmal"),
            ("MultiSafepay", "en", "You can’t pay this way here now. No new payment was made."),
        ] {
            let page = sends(OrderId::draw(), provider, language).await.page(422);
            assert!(page.contains(words) && page.contains("value=\"15,00\""), "{page}");
            assert!(page.contains("<form"), "another amount or the same one is sent from here: {page}");
        }
        assert_eq!(house.made(), before, "nobody is asked in its place");
        for provider in ["multisafepay", ""] {
            let order = OrderId::draw();
            sends(order, provider, "en").await.is(303);
            assert_eq!(house.order(order).await.provider, ProviderName::MultiSafepay);
        }
    })
    .await;
}

#[tokio::test]
async fn where_all_refuse_nothing_was_paid_and_the_form_says_so() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.providers_are(REFUSING);
        let page = house.orders(OrderId::draw(), "20").await.page(502);
        assert!(page.contains("Nothing was paid") && house.made().is_empty(), "{page}");
    })
    .await;
}

#[tokio::test]
async fn an_order_ends_with_its_time_though_its_provider_says_nothing_and_its_money_is_found_later() {
    for provider in [ProviderName::MultiSafepay, ProviderName::WooshPay] {
        on_both_engines(async |store| {
            let house = House::open(store, 1).await;
            house.with_account(provider).await;
            let (paid, unpaid) = (house.ordered("15").await, house.ordered("5").await);
            let finish = Finish::as_ordered(Outcome::Paid, Notify::Drop);
            house.festival.bank.orders().finish(&paid.to_string(), &finish).unwrap();
            house.providers_are(AWAY);
            let clock = &house.festival.clock;
            for (minutes, state) in
                [(16, OrderState::Open), (2, OrderState::Expired), (2, OrderState::Expired)]
            {
                clock.advance(MINUTE * minutes);
                house.follows_orders().await;
                assert_eq!((house.state(paid).await, house.state(unpaid).await), (state, state));
                let page = house.page_after_a_look(paid).await;
                assert!(page.contains("the money will reach your wristband by itself"), "{page}");
            }
            house.providers_are(OrderFaults::default());
            clock.advance(MINUTE * 5);
            house.follows_orders().await;
            assert_eq!((house.balance().await, house.state(paid).await), (1_500, OrderState::Credited));
            assert!(house.sees(paid, "", PHONE).await.contains("The money is on your wristband"));
            // Nobody can pay the other one any more.
            assert_eq!(house.state(unpaid).await, OrderState::Expired);
            let adapter =
                house.festival.adapters.one(&house.festival.event, provider).await.unwrap().unwrap();
            let payment = house.order(unpaid).await.payment.unwrap();
            let report = adapter.details(&payment, clock.now()).await.unwrap().unwrap();
            assert!(report.get().status.is_final(), "{:?}", report.get().status);
            for _ in 0..3 {
                clock.advance(MINUTE * 60);
                house.follows_orders().await;
            }
            assert_eq!(house.balance().await, 1_500);
            house.festival.expect_clean_books().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_provider_that_leaves_calls_unanswered_is_asked_three_times_a_round_and_its_orders_end() {
    on_both_engines(async |store| {
        let server = TestServer::answering(Reply::json(json!({"success": true, "data": []}))).await;
        let house = House::open(store, 1).await;
        let orders = house.orders_unanswered(&server).await;
        for (minutes, state) in [(3, OrderState::Asked), (16, OrderState::Expired)] {
            house.festival.clock.advance(MINUTE * minutes);
            let before = server.asked().len();
            house.follows_orders().await;
            assert_eq!(server.asked().len() - before, 3);
            for order in &orders {
                assert_eq!(house.state(*order).await, state);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn orders_that_a_provider_never_answers_for_keep_no_other_from_being_asked_for_in_time_or_later() {
    on_both_engines(async |store| {
        let server = TestServer::answering(Reply::json(json!({"success": true, "data": []}))).await;
        let house = House::open(store, 1).await;
        let orders = house.orders_unanswered(&server).await;
        for rounds in [[(3, 3), (2, 6), (2, 8)], [(13, 3), (2, 6), (2, 8)]] {
            let before = server.asked().len();
            for (minutes, reached) in rounds {
                house.festival.clock.advance(MINUTE * minutes);
                house.follows_orders().await;
                let asked = server.asked().split_off(before);
                let is_named = |order: &&OrderId| {
                    let name = order.to_string();
                    asked.iter().any(|one| one.line.contains(&name))
                };
                assert_eq!(orders.iter().filter(is_named).count(), reached, "{asked:?}");
            }
        }
        for order in &orders {
            assert_eq!(house.state(*order).await, OrderState::Expired);
        }
    })
    .await;
}

#[tokio::test]
async fn a_payment_whose_order_expired_is_ended_at_its_provider_once_and_never_where_that_says_it_expired() {
    for (status, times) in [("requires_action", 1), ("expired", 0)] {
        on_both_engines(async |store| {
            let server = TestServer::answering(Reply::json(json!({"data": []}))).await;
            let house = House::open(store, 1).await;
            let account = json!({
                "provider": "wooshpay", "profile_id": WOOSHPAY_ACCOUNT, "environment": "test",
                "api_url": server.url.to_string(), "api_key": WOOSHPAY_KEY, "webhook_secret": "whsec_other",
            });
            let office = house.office(Role::Organiser).await;
            office.posts("/api/v1/events/pukkelfest/providers", account).await.is(201);
            let order = OrderId::draw();
            let intent = |status: &str| {
                Reply::json(json!({
                    "id": "pi_1", "status": status, "amount": 500, "currency": "EUR",
                    "merchant_order_id": order.to_string(),
                    "next_action": {"type": "redirect", "redirect": {"url": "http://127.0.0.1/pay"}},
                }))
            };
            server.answers([intent("requires_action")]);
            house.orders(order, "5").await.is(303);
            server.answers([Reply::status(503, "")]);
            house.festival.clock.advance(MINUTE * 18);
            house.follows_orders().await;
            assert_eq!(house.state(order).await, OrderState::Expired);
            server.answers([intent(status), intent("canceled")]);
            let before = server.asked().len();
            for minutes in [3, 5, 15, 35, 60] {
                house.festival.clock.advance(MINUTE * minutes);
                house.follows_orders().await;
            }
            let asked = server.asked().split_off(before);
            let ended = asked.iter().filter(|one| one.line.ends_with("/cancel")).count();
            assert_eq!((ended, asked.len()), (times, 5 + 2 * times), "{asked:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn an_order_that_multisafepay_left_open_is_cancelled_once_and_late_money_is_credited_all_the_same() {
    for (status, times) in [("initialized", 1), ("uncleared", 0), ("expired", 0)] {
        on_both_engines(async |store| {
            let server = TestServer::answering(Reply::json(json!({"success": true, "data": []}))).await;
            let house = House::open(store, 1).await;
            let account = json!({
                "provider": "multisafepay", "profile_id": MULTISAFEPAY_SITE, "environment": "test",
                "api_url": server.url.to_string(), "api_key": MULTISAFEPAY_KEY,
            });
            let office = house.office(Role::Organiser).await;
            office.posts("/api/v1/events/pukkelfest/providers", account).await.is(201);
            let order = OrderId::draw();
            let said = |status: &str| {
                Reply::json(json!({"success": true, "data": {
                    "order_id": order.to_string(), "status": status, "financial_status": status, "amount": 500,
                    "currency": "EUR", "payment_url": "http://127.0.0.1/pay",
                }}))
            };
            server.answers([said("initialized")]);
            house.orders(order, "5").await.is(303);
            let made: Value = serde_json::from_slice(&server.asked().last().unwrap().body).unwrap();
            assert_eq!(made["seconds_active"], 900, "it ends there by itself, too");

            server.answers([said(status), Reply::status(403, json!({"message": "Forbidden"})), said(status)]);
            house.festival.clock.advance(MINUTE * 18);
            let before = server.asked().len();
            house.follows_orders().await;
            assert_eq!(house.state(order).await, OrderState::Expired, "whatever the provider says to it");
            let asked = server.asked().split_off(before);
            let cancel = format!("POST /orders/{order}/cancel");
            assert_eq!(asked.iter().filter(|one| one.line == cancel).count(), times, "{asked:?}");

            server.answers([said("completed")]);
            house.festival.clock.advance(MINUTE * 5);
            house.follows_orders().await;
            assert_eq!((house.balance().await, house.state(order).await), (500, OrderState::Credited));
            house.festival.expect_clean_books().await;
        })
        .await;
    }
}

#[tokio::test]
async fn the_sandboxs_multisafepay_cancels_what_nobody_has_paid_and_nothing_else() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let (open, paid) = (house.ordered("5").await, house.ordered("6").await);
        house.bank_says(paid, Outcome::Paid).await;
        let adapters = &house.festival.adapters;
        let adapter = adapters.one(&house.festival.event, ProviderName::MultiSafepay).await.unwrap().unwrap();
        let now = house.festival.clock.now();
        for (order, status) in [(open, PaymentStatus::Cancelled), (paid, PaymentStatus::Succeeded)] {
            let payment = house.order(order).await.payment.unwrap();
            let cancelled = adapter.cancel(&payment, now).await;
            assert_eq!(cancelled.is_ok(), order == open, "{cancelled:?}");
            let report = adapter.details(&payment, now).await.unwrap().unwrap();
            assert_eq!(report.get().status, status);
        }
        house.page_after_a_look(open).await;
        assert_eq!((house.state(open).await, house.balance().await), (OrderState::Failed, 600));
        house.festival.expect_clean_books().await;
    })
    .await;
}
