//! The page that makes any provider a static code: choose, pay, come back, and be told how it ended.

use super::House;
use super::providers::MINUTE;
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::money::Cents;
use crate::operators::Role;
use crate::payments::orders::OrderState;
use crate::providers::{OrderId, PaymentStatus, Provider, ProviderName};
use crate::sandbox::orders::{Finish, Notify, OrderFaults, Outcome};
use axum::body::Body;
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::json;

pub(super) const PHONE: &str =
    "Mozilla/5.0 (Linux; Android 8.0; SM-G950F) AppleWebKit/537.36 Chrome/70.0 Mobile Safari/537.36";
const DESK: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

impl House {
    pub(super) async fn with_page(store: crate::db::Store) -> House {
        let house = House::open(store, 2).await;
        house.with_account(ProviderName::MultiSafepay).await;
        house
    }

    async fn form(&self, language: &str) -> String {
        let path = format!("/t/{}", self.reference(0));
        let answer =
            self.anonymous().sends(Method::GET, &path, &[("accept-language", language)], Body::empty()).await;
        answer.page(200)
    }

    pub(super) async fn sees(&self, order: OrderId, query: &str, agent: &str) -> String {
        let path = format!("/t/{}/{order}{query}", self.reference(0));
        let headers = [("accept-language", "en"), ("user-agent", agent)];
        self.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await.page(200)
    }

    pub(super) async fn bank_says(&self, order: OrderId, outcome: Outcome) {
        let finish = Finish::as_ordered(outcome, Notify::Deliver);
        let notice = self.festival.bank.orders().finish(&order.to_string(), &finish).unwrap();
        self.receives(&notice).await.is(200);
    }

    pub(super) async fn ordered(&self, euros: &str) -> OrderId {
        let order = OrderId::draw();
        let answer = self.orders(order, euros).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
        order
    }
}

#[tokio::test]
async fn amounts_are_offered_in_four_languages_and_nothing_is_told_but_the_last_four() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.tops_up(0, 4_321).await;
        let serial = &house.festival.bands[0].serial;
        for (language, words) in
            [("nl-BE", "Hoeveel"), ("fr", "Combien"), ("de", "Wie viel"), ("en", "How much")]
        {
            let page = house.form(language).await;
            for part in [words, "€ 20,00", serial.last_four(), "€ 250,00"] {
                assert!(page.contains(part), "{part} is not in {page}");
            }
            assert!(
                !page.contains(serial.as_str())
                    && !page.contains(&serial.grouped())
                    && !page.contains("43,21")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_phone_is_sent_to_the_page_of_a_provider_once_where_it_has_no_other_way_to_the_bank_app() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let order = house.ordered("25,00").await;
        let link = format!("{}/pay/{order}", house.festival.bank.api_url());
        let phone = house.sees(order, "?go", PHONE).await;
        assert!(phone.contains(&format!("content=\"0;url={link}\"")), "{phone}");
        let desk = house.sees(order, "?go", DESK).await;
        assert!(desk.contains("<svg") && desk.contains(&format!("href=\"{link}\"")), "{desk}");
        let back = house.sees(order, "", PHONE).await;
        assert!(!back.contains("content=\"0;") && !back.contains("<svg") && back.contains(&link), "{back}");
        let again = format!("/t/{}/{order}", house.reference(0));
        assert!(back.contains(&format!(
            "<noscript><meta http-equiv=\"refresh\" content=\"3;url={again}\"></noscript>"
        )));
        assert!(back.contains(&format!("data-next=\"{again}\" data-wait=\"3\"")), "{back}");
        let reloads = "<script nomodule defer src=\"/assets/reload.js\"></script>";
        assert!(back.contains(reloads) && !phone.contains(reloads), "it takes nobody away from the bank");
        let script = house.anonymous().gets("/assets/reload.js").await;
        assert_eq!((script.status.as_u16(), script.body.to_string().contains("data-wait")), (200, true));
        let follows = format!("data-next=\"{again}\"");
        assert!(desk.contains(&follows) && phone.contains(&follows), "a module follows it there as well");
        house.festival.clock.advance(MINUTE * 5);
        assert!(house.sees(order, "", PHONE).await.contains("data-wait=\"8\""));
        // Its time is over after a quarter of an hour, and money of the last moment may come for two hours more.
        let late = format!("data-next=\"{again}?late\" data-wait=\"30\"");
        for minutes in [20, 110] {
            house.festival.clock.advance(MINUTE * minutes);
            let over = house.sees(order, "?late", PHONE).await;
            assert!(over.contains("The time to pay is over") && over.contains(&late), "{over}");
            assert!(over.contains(&format!("content=\"30;url={again}?late\"></noscript>")), "{over}");
        }
        house.festival.clock.advance(MINUTE * 10);
        let over = house.sees(order, "?late", PHONE).await;
        assert!(!over.contains("http-equiv") && !over.contains("data-next"), "it does not look for ever");
    })
    .await;
}

#[tokio::test]
async fn a_desk_shows_what_a_bank_app_scans_or_else_what_any_phone_does_and_a_phone_opens_the_bank_app() {
    for provider in [ProviderName::MultiSafepay, ProviderName::WooshPay] {
        on_both_engines(async |store| {
            let house = House::open(store, 1).await;
            house.with_account(provider).await;
            let order = house.ordered("25").await;
            let has_code = provider == ProviderName::MultiSafepay;
            let page = format!("{}/pay/{order}", house.festival.bank.api_url());
            let scanned = if has_code { format!("{page}?qr") } else { page.clone() };
            let drawn = crate::print::qr_svg(&scanned).unwrap();
            let path = format!("/t/{}/{order}", house.reference(0));
            for (language, of_a_bank, of_a_phone) in [
                ("nl", "met je bankapp", "met je telefoon"),
                ("fr", "avec votre app bancaire", "avec votre téléphone"),
                ("de", "mit deiner Bank-App", "mit deinem Handy"),
                ("en", "with your bank app", "with your phone"),
            ] {
                let headers = [("accept-language", language), ("user-agent", DESK)];
                let desk = house.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await;
                let desk = desk.page(200);
                assert!(desk.contains(&drawn) && desk.contains(&format!("href=\"{page}\"")), "{desk}");
                let says = (desk.contains(of_a_bank), desk.contains(of_a_phone));
                assert_eq!(says, (has_code, !has_code), "{desk}");
            }
            // Phones follow an address to an app only when it is tapped.
            let phone = house.sees(order, "?go", PHONE).await;
            assert!(!phone.contains("<svg") && phone.contains(&format!("href=\"{page}\"")), "{phone}");
            assert_eq!(phone.contains(&format!("href=\"{page}?qr\"")), has_code, "{phone}");
            assert_eq!(phone.contains("content=\"0;"), !has_code, "{phone}");
        })
        .await;
    }
}

#[tokio::test]
async fn the_page_of_an_expired_payment_that_was_left_open_says_that_its_money_came_and_asks_nobody_itself() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("10").await;
        let paid = Finish::as_ordered(Outcome::Paid, Notify::Drop);
        house.festival.clock.advance(MINUTE * 18);
        house.follows_orders().await;
        assert_eq!(house.state(order).await, OrderState::Expired);
        house.festival.bank.orders().finish(&order.to_string(), &paid).unwrap();
        for _ in 0..3 {
            let left_open = house.sees(order, "?late", PHONE).await;
            assert!(left_open.contains("The time to pay is over") && left_open.contains("data-next"));
        }
        house.app.finish().await;
        assert_eq!(house.balance().await, 0, "whoever left it open asks for nothing");
        house.festival.clock.advance(MINUTE * 3);
        house.follows_orders().await;
        let left_open = house.sees(order, "?late", PHONE).await;
        assert!(left_open.contains("The money is on your wristband") && !left_open.contains("data-next"));
        assert_eq!(house.balance().await, 1_000);
    })
    .await;
}

#[tokio::test]
async fn the_page_follows_a_payment_to_each_of_its_ends() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        for (outcome, words, is_followed) in [
            (Outcome::Paid, "The money is on your wristband", false),
            (Outcome::Declined, "Nothing was paid", false),
            (Outcome::Expired, "The time to pay is over", true),
        ] {
            let order = house.ordered("10").await;
            assert!(house.sees(order, "", DESK).await.contains("Pay € 10,00"));
            house.bank_says(order, outcome).await;
            let page = house.sees(order, "", DESK).await;
            assert!(page.contains(words) && page.contains("€ 10,00"), "{page}");
            let is_added = page.contains("<h1>Added: € 10,00</h1>");
            assert_eq!(is_added, outcome == Outcome::Paid, "it is not what the wallet holds: {page}");
            assert_eq!(page.contains("http-equiv"), is_followed, "late money is money: {page}");
        }
        assert_eq!(house.balance().await, 1_000);
        let parked = house.ordered("10").await;
        house.festival.clock.advance(MINUTE);
        crate::events::close(
            &house.festival.store,
            &Actor::System("test"),
            house.festival.clock.now(),
            "pukkelfest",
        )
        .await
        .unwrap();
        house.bank_says(parked, Outcome::Paid).await;
        assert_eq!(house.state(parked).await, OrderState::Parked);
        assert!(house.sees(parked, "", DESK).await.contains("nothing is lost"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn coming_back_from_the_bank_asks_it_when_the_message_is_late() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("10").await;
        let paid = Finish::as_ordered(Outcome::Paid, Notify::Drop);
        house.festival.bank.orders().finish(&order.to_string(), &paid).unwrap();
        house.sees(order, "", PHONE).await;
        house.app.finish().await;
        assert_eq!(house.balance().await, 1_000);
    })
    .await;
}

#[tokio::test]
async fn a_double_tap_and_going_back_make_one_payment_and_another_amount_makes_another() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = OrderId::draw();
        let first = house.orders(order, "20").await;
        let second = house.orders(order, "20,00").await;
        assert_eq!(first.header("location"), second.header("location"));
        assert_eq!(house.festival.bank.orders().made(), [order.to_string()]);
        let other = house.orders(order, "30").await;
        assert_eq!(other.status.as_u16(), 303);
        assert_ne!(other.header("location"), first.header("location"));
        assert_eq!(house.orders(order, "30,00").await.header("location"), other.header("location"));
        let mut ended = order;
        for before in [1, 2] {
            house.bank_says(ended, Outcome::Declined).await;
            let next = order.next_of_form(before, Cents(2_000));
            let path = format!("/t/{}/{next}?go", house.reference(0));
            let taps = tokio::join!(house.orders(order, "20"), house.orders(order, "20"));
            for tap in [taps.0, taps.1, house.orders(order, "20").await] {
                assert_eq!(tap.header("location"), path, "one that ended is not paid again");
            }
            ended = next;
        }
        assert_eq!(house.festival.bank.orders().made().len(), 4);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_amount_or_outside_the_limits_is_said_beside_the_field_and_nothing_is_made() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let office = house.office(Role::Organiser).await;
        let path = "/api/v1/events/pukkelfest/top-up-limits";
        let put = async |body: serde_json::Value| office.sends(Method::PUT, path, body.to_string()).await;
        put(json!({"min_cents": 500, "max_cents": 400})).await.refused(422, "invalid-request");
        put(json!({"min_cents": 500, "max_cents": 5_000})).await.is(200);
        assert_eq!(office.gets(path).await.is(200), json!({"min_cents": 500, "max_cents": 5_000}));
        let viewer = house.office(Role::Viewer).await;
        viewer.sends(Method::PUT, path, "{}").await.refused(403, "not-allowed");
        let providers = "/api/v1/events/pukkelfest/providers";
        viewer.posts(providers, json!({})).await.refused(403, "not-allowed");
        assert_eq!(viewer.gets(providers).await.is(200)["providers"][0]["profile_id"], "1001001");
        for (typed, words) in [
            ("", "not an amount"),
            ("much", "not an amount"),
            ("-5", "€ 5,00"),
            ("4,99", "from € 5,00 to € 50,00"),
            ("50,01", "from € 5,00 to € 50,00"),
        ] {
            let answer = house.orders(OrderId::draw(), typed).await;
            let page = answer.page(422);
            assert!(page.contains(words) && page.contains("aria-invalid"), "{typed}: {page}");
            assert_eq!(
                page.matches("€ 50,00").count() - page.matches(">€ 50,00</button>").count(),
                1,
                "{page}"
            );
            assert!(typed.is_empty() || page.contains(&format!("value=\"{typed}\"")), "{typed} is kept");
        }
        assert!(!house.form("en").await.contains("€ 100,00"));
        assert!(house.festival.bank.orders().made().is_empty());
        house.orders(OrderId::draw(), "5,00").await;
        assert_eq!(house.festival.bank.orders().made().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_got_lost_is_found_by_our_order_and_its_money_too() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let bank = house.festival.bank.orders();
        bank.change_faults(OrderFaults { answers_lost: true, ..OrderFaults::default() });
        let order = house.ordered("15").await;
        assert_eq!(house.state(order).await, OrderState::Open, "it was asked for by its id");
        let link = format!("content=\"0;url={}/pay/{order}\"", house.festival.bank.api_url());
        let page = house.sees(order, "?go", PHONE).await;
        assert!(page.contains(&link), "{page}");
        assert_eq!(bank.made(), [order.to_string()]);
        house.bank_says(order, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(order).await), (1_500, OrderState::Credited));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_got_lost_and_is_told_to_nobody_again_ends_that_payment_and_another_is_made() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let bank = house.festival.bank.orders();
        // What MultiSafepay tells of an order doesn't say where it is paid.
        bank.change_faults(OrderFaults { answers_lost: true, ..OrderFaults::default() });
        let first = OrderId::draw();
        let (second, third) = (first.made_again(), first.made_again().made_again());
        let path = |order: OrderId, query: &str| format!("/t/{}/{order}{query}", house.reference(0));
        let answer = house.orders(first, "15").await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, path(second, "?go").as_str()));
        let states = (house.state(first).await, house.state(second).await);
        assert_eq!(states, (OrderState::Failed, OrderState::Open), "the second answer got lost, too");
        bank.change_faults(OrderFaults::default());
        assert!(house.sees(second, "", PHONE).await.contains("being prepared"));
        house.app.finish().await;
        assert_eq!(
            bank.made(),
            [first, second].map(|order| order.to_string()),
            "its answer may only be late"
        );

        house.festival.clock.advance(MINUTE / 2);
        house.sees(second, "", PHONE).await;
        house.app.finish().await;
        for (order, query) in [(first, ""), (first, "?go"), (second, ""), (second, "?go")] {
            let led = house.anonymous().gets(&path(order, query)).await;
            assert_eq!((led.status.as_u16(), led.header("location")), (303, path(third, query).as_str()));
        }
        let again = house.orders(first, "15").await;
        assert_eq!(again.header("location"), path(third, "?go"));
        assert_eq!(bank.made(), [first, second, third].map(|order| order.to_string()));
        let page = house.sees(third, "?go", PHONE).await;
        let link = format!("href=\"{}/pay/{third}\"", house.festival.bank.api_url());
        assert!(page.contains("Pay € 15,00") && page.contains(&link), "{page}");
        assert_eq!(house.order(third).await.expires_at, house.order(first).await.expires_at);

        let adapters = &house.festival.adapters;
        let adapter = adapters.one(&house.festival.event, ProviderName::MultiSafepay).await.unwrap().unwrap();
        for order in [first, second] {
            let payment = house.order(order).await.payment.unwrap();
            let report = adapter.details(&payment, house.festival.clock.now()).await.unwrap().unwrap();
            assert_eq!(report.get().status, PaymentStatus::Cancelled);
        }
        house.bank_says(third, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(third).await), (1_500, OrderState::Credited));
        house.bank_says(first, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(first).await), (3_000, OrderState::Credited));
        assert!(house.sees(first, "", PHONE).await.contains("The money is on your wristband"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_is_away_leaves_an_order_that_ends_by_itself() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house
            .festival
            .bank
            .orders()
            .change_faults(OrderFaults { unavailable: true, ..OrderFaults::default() });
        let order = house.ordered("15").await;
        assert_eq!(house.state(order).await, OrderState::Asked);
        house.festival.clock.advance(MINUTE * 20);
        house.follows_orders().await;
        assert_eq!(house.state(order).await, OrderState::Expired);
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_says_nothing_keeps_nobody_elses_page_waiting() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let bank = house.festival.bank.orders();
        bank.change_faults(OrderFaults { silent: true, ..OrderFaults::default() });
        let orders: Vec<_> = (0..4).map(|_| OrderId::draw()).collect();
        let asking = join_all(orders.iter().map(|order| house.orders(*order, "5")));
        let others = async {
            for order in &orders {
                while house.making().by_id(*order).await.unwrap().is_none() {
                    tokio::task::yield_now().await;
                }
            }
            for _ in 0..4 {
                house.anonymous().gets("/w").await.page(200);
            }
            bank.change_faults(OrderFaults::default());
        };
        let (answers, ()) = tokio::join!(asking, others);
        for answer in answers {
            assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_code_a_strangers_order_and_a_closed_event_show_nothing() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("15").await;
        let anyone = house.anonymous();
        for path in [
            "/t/ABCDEFGHJKMNPQR".to_owned(),
            format!("/t/{}/{}", house.reference(0), OrderId::draw()),
            format!("/t/{}/{order}", house.reference(1)),
            format!("/t/{}/x", house.reference(0)),
        ] {
            anyone.gets(&path).await.page(404);
        }
        let now = house.festival.clock.now();
        crate::events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        anyone.gets(&format!("/t/{}", house.reference(0))).await.page(410);
        house.orders(OrderId::draw(), "15").await.page(410);
        assert_eq!(house.festival.bank.orders().made().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn one_address_has_no_more_than_sixty_payments_made_a_minute() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        for _ in 0..60 {
            house.ordered("5").await;
        }
        let refused = house.orders(OrderId::draw(), "5").await.page(429);
        assert!(refused.contains("One moment") && refused.contains("href=\"?lang=nl\""), "{refused}");
        house.festival.clock.advance(MINUTE);
        house.ordered("5").await;
    })
    .await;
}

#[tokio::test]
async fn a_printed_link_to_our_page_is_scanned_paid_and_refused_where_nobody_takes_money() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let batch = |pay_url: &str| json!({"count": 1, "kind": "wristband", "pay_url": pay_url});
        let path = "/api/v1/events/pukkelfest/batches";
        let elsewhere = office.posts(path, batch("https://elsewhere.example/t")).await;
        elsewhere.refused(422, "invalid-request");
        for dead in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/x", "https://127.0.0.1:8080/"] {
            for path in [path.to_owned(), format!("{path}/preview")] {
                let refused = office.posts(&path, batch(dead)).await.refused(422, "invalid-request");
                assert_eq!(refused["field"], "pay_url", "{dead}: {refused}");
                assert!(
                    refused["detail"].as_str().unwrap().ends_with("http://127.0.0.1:8080/t"),
                    "{refused}"
                );
            }
        }
        let made = office.posts(path, batch("http://127.0.0.1:8080/t")).await.is(201);
        let csv = format!("/api/v1/batches/{}/codes.csv", made["id"].as_str().unwrap());
        let admin = house.office(Role::Admin).await;
        let codes = admin.gets(&csv).await;
        let codes = String::from_utf8(codes.bytes.to_vec()).unwrap();
        let at = codes.find("HTTP://127.0.0.1:8080/T/").expect("the code leads to us");
        let printed = &codes[at..at + "HTTP://127.0.0.1:8080/T/".len() + 15];
        let bar = house.bar("Bar").await;
        assert_eq!(bar.looks_up(printed).await.is(200)["balance_cents"], 0);
        let page = printed.strip_prefix("HTTP://127.0.0.1:8080").unwrap();
        let nobody = house.anonymous().gets(page).await.page(503);
        assert!(!nobody.contains("know this code"), "{nobody}");
        house.with_account(ProviderName::WooshPay).await;
        house.festival.clock.advance(MINUTE);
        assert!(house.anonymous().gets(page).await.page(200).contains("€ 20,00"));
    })
    .await;
}

#[tokio::test]
async fn the_wallet_page_leads_to_ours_where_a_provider_makes_payments_and_only_there() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let cookie = house.scanned(0).await;
        let link = format!("href=\"/t/{}\"", house.reference(0));
        let before = house.shown(&cookie, "en").await;
        assert!(!before.contains(&link) && before.contains("Top up with Bancontact"), "{before}");
        house.with_account(ProviderName::MultiSafepay).await;
        house.festival.clock.advance(MINUTE);
        let page = house.shown(&cookie, "en").await;
        for part in [link.as_str(), "Add money another way", "Top up with Bancontact"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_language_is_chosen_on_the_page_of_a_payment_too() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("10").await;
        let path = format!("/t/{}/{order}", house.reference(0));
        let english = house.sees(order, "", DESK).await;
        assert!(english.contains(&format!("href=\"{path}?lang=fr\"")), "{english}");
        let chosen = house.anonymous().gets(&format!("{path}?lang=fr")).await;
        assert_eq!((chosen.status.as_u16(), chosen.header("location")), (303, path.as_str()));
        let cookie = chosen.header("set-cookie").split(';').next().unwrap().to_owned();
        let headers = [("accept-language", "en"), ("cookie", cookie.as_str())];
        let french = house.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await.page(200);
        assert!(french.contains("Payer € 10,00"), "{french}");
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_for_a_payment_behind_the_address_of_a_crowd_sees_its_end_and_whoever_guesses_one_waits()
 {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let (order, other) = (house.ordered("10").await, house.ordered("10").await);
        let form = format!("/t/{}", house.reference(0));
        let page = |order: OrderId| format!("{form}/{order}");
        for _ in 0..300 {
            house.anonymous().gets("/w").await;
        }
        let guessed = house.anonymous().gets(&page(OrderId::draw())).await;
        assert_eq!(guessed.header("refresh"), "20");
        let guessed = guessed.page(429);
        assert!(guessed.contains("href=\"?lang=nl\"") && !guessed.contains("/w?lang"), "{guessed}");
        let choosing = house.anonymous().gets(&form).await;
        assert_eq!(choosing.header("refresh"), "");
        choosing.page(429);

        let chosen = house.anonymous().gets(&format!("{}?lang=nl", page(order))).await;
        assert_eq!((chosen.status.as_u16(), chosen.header("location")), (303, page(order).as_str()));
        for _ in 0..39 {
            house.sees(order, "", PHONE).await;
        }
        let waiting = house.anonymous().gets(&page(order)).await;
        assert_eq!((waiting.header("refresh"), waiting.header("retry-after")), ("20", "2"));
        waiting.page(429);
        house.sees(other, "", PHONE).await;
    })
    .await;
}

/// What they can't read they don't run, and the page would stand still: it is followed without scripts only where there are
/// none.
#[test]
fn phones_of_2018_read_what_follows_a_payment() {
    let script = include_str!("../../../assets/web/follow.js");
    for newer in ["?.", "??", "||=", "signal:", "replaceAll", "await import", "catch {"] {
        assert!(!script.contains(newer), "{newer}");
    }
}

/// Browsers that pass over modules run scripts all the same.
#[test]
fn browsers_without_modules_read_what_loads_the_page_again() {
    let script = include_str!("../../../assets/web/reload.js");
    for newer in
        ["=>", "let ", "const ", "class ", "async", "await", "`", "...", "fetch(", "import", "dataset"]
    {
        assert!(!script.contains(newer), "{newer}");
    }
}
