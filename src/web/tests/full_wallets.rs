//! Where an event's wallets hold so much and no more: what still fits is told to whom the wallet belongs, and nothing is
//! offered that doesn't.

use super::House;
use super::providers::MINUTE;
use super::top_ups::PHONE;
use crate::audit_log::Actor;
use crate::db;
use crate::db::testing::on_both_engines;
use crate::events::{self, OrNone, OverBalance, RuleChanges};
use crate::money::Cents;
use crate::operators::Role;
use crate::payments::orders::OrderState;
use crate::providers::OrderId;
use crate::sandbox::orders::Outcome;
use crate::values;
use axum::body::Body;
use axum::http::Method;
use serde_json::json;

impl House {
    /// From now on a wallet of this festival holds so much, and what is over it waits in suspense.
    pub(super) async fn holds_at_most(&self, event: &str, cents: i64) {
        let rules = RuleChanges {
            balance_max: Some(OrNone(Some(Cents(cents)))),
            over_balance: Some(OverBalance::Suspense),
            ..RuleChanges::default()
        };
        let (store, now) = (&self.festival.store, self.festival.clock.now());
        events::change_rules(store, &Actor::System("test"), now, event, &rules).await.unwrap();
    }

    /// The same, of a festival of an older version: nobody compared it with what may be paid.
    async fn held_at_most(&self, event: &str, cents: i64) {
        let written: Result<u64, db::Error> = self
            .festival
            .store
            .transact(|tx| {
                let event = event.to_owned();
                Box::pin(async move {
                    db::close_gate(tx).await?;
                    tx.execute(
                        "UPDATE events SET balance_max_cents = $2, over_balance = 'suspense' WHERE slug = $1",
                        values![event, cents],
                    )
                    .await
                })
            })
            .await;
        assert_eq!(written.unwrap(), 1);
    }

    /// The top-up page of the first wristband, in a browser with this cookie.
    async fn top_up_page(&self, cookie: &str) -> String {
        let headers = [("cookie", cookie), ("accept-language", "en")];
        let path = format!("/t/{}", self.reference(0));
        self.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await.page(200)
    }
}

#[tokio::test]
async fn what_still_fits_on_a_wallet_is_said_and_kept_to_in_the_browser_in_which_it_is_open() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.holds_at_most("pukkelfest", 10_000).await;
        house.tops_up(0, 7_500).await;
        let (own, anothers) = (house.scanned(0).await, house.scanned(1).await);
        for (language, words) in [
            ("nl-BE", "Zoveel kan er hoogstens nog bij: € 25,00"),
            ("fr", "On peut encore ajouter au maximum : € 25,00"),
            ("de", "So viel passt höchstens noch darauf: € 25,00"),
            ("en", "The most that still fits on it: € 25,00"),
        ] {
            let page = house.shown(&own, language).await;
            assert!(page.contains(words), "{words} is not in {page}");
        }
        let page = house.top_up_page(&own).await;
        for part in ["The most that still fits on it: € 25,00", "to € 25,00", ">€ 20,00</button>"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains(">€ 50,00</button>"), "{page}");
        for stranger in ["", &anothers] {
            let page = house.top_up_page(stranger).await;
            assert!(page.contains(">€ 50,00</button>") && !page.contains("€ 25,00"), "{page}");
        }

        house.festival.clock.advance(MINUTE);
        let path = format!("/t/{}", house.reference(0));
        let pays = async |cookie: &str| {
            let body = format!("order={}&amount=30", OrderId::draw());
            let kind = ("content-type", "application/x-www-form-urlencoded");
            let headers = [("cookie", cookie), ("accept-language", "en"), kind];
            house.anonymous().sends(Method::POST, &path, &headers, body).await
        };
        let refused = pays(&own).await.page(422);
        assert!(refused.contains("This amount is too large. You can choose an amount from"), "{refused}");
        assert!(house.festival.bank.orders().made().is_empty());
        assert_eq!(pays("").await.status.as_u16(), 303, "a stranger is told nothing");
    })
    .await;
}

#[tokio::test]
async fn a_full_wallet_is_called_full_and_offers_no_way_to_pay() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.holds_at_most("pukkelfest", 5_000).await;
        let own = house.scanned(0).await;
        let offers = format!("href=\"/t/{}\"", house.reference(0));
        let page = house.shown(&own, "en").await;
        assert!(page.contains("<p class=\"quiet\">The most that still fits on it: € 50,00"), "{page}");
        assert!(page.contains(&offers) && page.contains("Top up with Bancontact"), "{page}");
        house.tops_up(0, 5_000).await;
        for (language, words) in [
            ("nl-BE", "Er kan nu geen geld meer bij."),
            ("fr", "On ne peut rien ajouter de plus pour le moment."),
            ("de", "Mehr Geld passt zurzeit nicht darauf."),
            ("en", "No more money fits on it for now."),
        ] {
            let page = house.shown(&own, language).await;
            assert!(page.contains(words) && !page.contains(&offers), "{page}");
        }
        assert!(!house.shown(&own, "en").await.contains("Top up with Bancontact"));
        let page = house.top_up_page(&own).await;
        assert!(page.contains("No more money fits") && !page.contains("<button"), "{page}");
        // Room for something, and not for the least that may be paid.
        let office = house.office(Role::Organiser).await;
        let limits = json!({"min_cents": 1_000, "max_cents": 2_000});
        let path = "/api/v1/events/pukkelfest/top-up-limits";
        office.sends(Method::PUT, path, limits.to_string()).await.is(200);
        house.holds_at_most("pukkelfest", 5_500).await;
        house.festival.clock.advance(MINUTE);
        let page = house.shown(&own, "en").await;
        assert!(page.contains("<p class=\"notice\">The most that"), "little is left: {page}");
        assert!(page.contains("The most that still fits on it: € 5,00") && !page.contains(&offers), "{page}");
        assert!(page.contains("Top up with Bancontact"), "a bank app takes any amount: {page}");
    })
    .await;
}

#[tokio::test]
async fn the_page_of_a_printed_code_says_what_fits_where_that_may_be_told_and_else_the_most() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.holds_at_most("pukkelfest", 5_000).await;
        house.tops_up(0, 3_000).await;
        let (own, anothers) = (house.scanned(0).await, house.scanned(1).await);
        let page = house.top_up_page(&own).await;
        assert!(page.contains("The most that still fits on it: € 20,00"), "{page}");
        assert!(page.contains("Top up with Bancontact"), "{page}");
        house.tops_up(0, 2_000).await;
        for stranger in ["", &anothers] {
            let page = house.top_up_page(stranger).await;
            let told = "The most that a wristband holds: € 50,00. What goes above that waits";
            assert!(page.contains(told) && page.contains("Top up with Bancontact"), "{page}");
            assert!(!page.contains("fits"), "what is on it is told to nobody: {page}");
        }
        let path = format!("/t/{}", house.reference(0));
        for (language, words) in [
            ("nl-BE", "Er kan nu geen geld meer bij."),
            ("fr", "On ne peut rien ajouter de plus pour le moment."),
            ("de", "Mehr Geld passt zurzeit nicht darauf."),
            ("en", "No more money fits on it for now."),
        ] {
            let headers = [("cookie", own.as_str()), ("accept-language", language)];
            let page = house.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await.page(200);
            assert!(page.contains(words) && !page.contains("pay.bancontact.net"), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_of_another_fixed_amount_than_the_page_takes_is_offered_where_that_amount_fits() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Admin).await;
        let new = json!({
            "slug": "winterfest", "name": "Winterfest", "profile_id": "aaaaaaaaaaaaaaaaaaaaaaaa",
            "behaviour": "fixed", "amount_cents": 2_000,
        });
        office.posts("/api/v1/events", new).await.is(201);
        house.winter_account(&office).await;
        for (amount, room, by_code, on_page) in
            [(5_000, 3_000, false, true), (1_000, 1_500, true, false), (1_000, 900, false, false)]
        {
            house.held_at_most("winterfest", room).await;
            let batch = json!({"count": 1, "kind": "wristband", "amount_cents": amount});
            let printed = office.prints(batch).await;
            let opened = house.anonymous().gets(&format!("/w/{}", printed.pay_code)).await;
            let own = opened.header("set-cookie").split(';').next().unwrap();
            let page = house.shown(own, "en").await;
            let says = match by_code || on_page {
                true => format!("The most that still fits on it: {}", Cents(room)),
                false => "No more money fits on it for now.".to_owned(),
            };
            assert!(page.contains(&says), "{says} is not in {page}");
            assert_eq!(page.contains("Top up with Bancontact"), by_code, "{page}");
            assert_eq!(page.contains(&format!("href=\"/t/{}\"", printed.reference)), on_page, "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_offered_more_than_a_wallet_holds() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.tops_up(0, 1_000).await;
        house.holds_at_most("pukkelfest", 3_000).await;
        house.festival.clock.advance(MINUTE);
        let page = house.top_up_page("").await;
        assert!(page.contains(">€ 20,00</button>") && page.contains("to € 30,00."), "{page}");
        assert!(
            !page.contains("€ 50,00") && !page.contains("fits"),
            "what is on it is told to nobody: {page}"
        );
        let refused = house.orders(OrderId::draw(), "30,01").await.page(422);
        assert!(refused.contains("to € 30,00."), "{refused}");
        assert!(house.festival.bank.orders().made().is_empty());
        house.ordered("30").await;

        let office = house.office(Role::Organiser).await;
        let path = "/api/v1/events/pukkelfest/top-up-limits";
        let sets = async |min: i64| {
            let limits = json!({"min_cents": min, "max_cents": 5_000});
            office.sends(Method::PUT, path, limits.to_string()).await
        };
        let refused = sets(3_001).await.refused(422, "invalid-request");
        let why = refused["detail"].as_str().unwrap();
        assert!(
            refused["field"] == "min_cents" && why.contains("€ 30,01") && why.contains("€ 30,00"),
            "{why}"
        );
        let set = sets(3_000).await.is(200);
        let warning = set["warning"].as_str().unwrap();
        assert!(warning.contains("€ 30,00 at most") && warning.contains("up to € 50,00"), "{warning}");
        assert_eq!(office.gets(path).await.is(200), sets(3_000).await.is(200));
        let log = house.audit_log().await;
        let told = log.iter().filter(|entry| entry.1 == "top-up limits set").count();
        assert_eq!(told, 1, "what stays as it is has no entry");
        let changes = async |rules: serde_json::Value| {
            office.sends(Method::PATCH, "/api/v1/events/pukkelfest/rules", rules.to_string()).await
        };
        let less = json!({"balance_max_cents": 2_999});
        let refused = changes(less.clone()).await.refused(422, "invalid-request");
        let why = refused["detail"].as_str().unwrap();
        assert_eq!(refused["field"], "balance_max_cents");
        assert!(why.contains("€ 30,00") && why.contains("€ 29,99"), "{why}");
        let dearer = json!({"charge_min_cents": 3_001});
        assert_eq!(changes(dearer).await.refused(422, "invalid-request")["field"], "charge_min_cents");
        let both = json!({"charge_min_cents": 4_001, "balance_max_cents": 4_000});
        assert_eq!(changes(both).await.refused(422, "invalid-request")["field"], "balance_max_cents");

        // A festival that has such rules is called full, and is led out of it.
        house.held_at_most("pukkelfest", 2_000).await;
        house.festival.clock.advance(MINUTE);
        let page = house.top_up_page("").await;
        assert!(page.contains("No more money fits") && !page.contains("<button"), "{page}");
        changes(json!({"day_cut_hour": 4})).await.is(200);
        changes(less).await.refused(422, "invalid-request");
        let changed = changes(json!({"balance_max_cents": 3_000})).await.is(200);
        assert_eq!(changed["warning"], warning);
        assert!(changes(json!({"over_balance": "credit"})).await.is(200).get("warning").is_none());
        house.held_at_most("pukkelfest", 2_000).await;
        sets(2_000).await.is(200);
    })
    .await;
}

#[tokio::test]
async fn one_amount_is_one_button_and_an_amount_that_comes_without_our_form_gets_it_anew() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let path = format!("/t/{}", house.reference(0));
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept-language", "en")];
        for body in ["cents=2000", "order=&amount=20"] {
            let form = house.anonymous().sends(Method::POST, &path, &headers, body).await.page(422);
            assert!(form.contains("value=\"20,00\"") && !form.contains("not an amount"), "{form}");
        }
        let office = house.office(Role::Organiser).await;
        let limits = json!({"min_cents": 777, "max_cents": 777});
        let set =
            office.sends(Method::PUT, "/api/v1/events/pukkelfest/top-up-limits", limits.to_string()).await;
        set.is(200);
        let page = house.top_up_page("").await;
        assert_eq!(page.matches("<button").count(), 1, "{page}");
        assert!(page.contains(">€ 7,77</button>") && !page.contains("name=\"amount\""), "{page}");
        let refused = house.orders(OrderId::draw(), "5").await.page(422);
        assert!(refused.contains("This amount is not possible.") && !refused.contains("from €"), "{refused}");
        assert!(house.festival.bank.orders().made().is_empty());
    })
    .await;
}

#[tokio::test]
async fn chips_are_round_amounts_whatever_may_be_paid() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let office = house.office(Role::Organiser).await;
        for (min, max, chips) in [
            (1, 999, ["€ 0,50", "€ 1,00", "€ 2,00", "€ 5,00"].as_slice()),
            (1_250, 1_750, &["€ 12,50", "€ 17,50"]),
            (20_000, 100_000, &["€ 200,00", "€ 500,00", "€ 1.000,00"]),
        ] {
            let limits = json!({"min_cents": min, "max_cents": max});
            let path = "/api/v1/events/pukkelfest/top-up-limits";
            office.sends(Method::PUT, path, limits.to_string()).await.is(200);
            let page = house.top_up_page("").await;
            for chip in chips {
                assert!(page.contains(&format!(">{chip}</button>")), "{chip} is not in {page}");
            }
            assert_eq!(page.matches("name=\"cents\"").count(), chips.len(), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_is_not_told_what_fits_is_warned_of_the_most_and_told_why_their_money_waits() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.holds_at_most("pukkelfest", 10_000).await;
        house.tops_up(0, 7_500).await;
        let own = house.scanned(0).await;
        let reads = async |path: &str, language: &str| {
            let headers = [("accept-language", language)];
            house.anonymous().sends(Method::GET, path, &headers, Body::empty()).await.page(200)
        };
        let form = format!("/t/{}", house.reference(0));
        for (language, words) in [
            ("nl-BE", "Zoveel past er hoogstens op een bandje: € 100,00. Wat daarboven komt, wacht"),
            ("fr", "Au maximum sur un bracelet : € 100,00. Ce qui dépasse vous attend"),
            ("de", "Höchstens passen auf ein Band: € 100,00. Was darüber hinausgeht, wartet"),
            ("en", "The most that a wristband holds: € 100,00. What goes above that waits"),
        ] {
            let page = reads(&form, language).await;
            assert!(page.contains(words), "{words} is not in {page}");
        }
        let page = house.top_up_page(&own).await;
        assert!(!page.contains("The most that a wristband holds"), "the room is told: {page}");

        house.festival.clock.advance(MINUTE);
        let order = house.ordered("30").await;
        house.bank_says(order, Outcome::Paid).await;
        assert_eq!(house.order(order).await.state, OrderState::Parked);
        for (language, words) in [
            ("nl-BE", "Daarmee zou er op je bandje meer staan dan € 100,00, dus wacht ze"),
            ("fr", "Avec lui, votre bracelet dépasserait € 100,00, il est donc en attente"),
            ("de", "Damit wären auf deinem Band mehr als € 100,00, also wartet sie"),
            ("en", "With it your wristband would hold more than € 100,00, so it waits"),
        ] {
            let page = reads(&format!("{form}/{order}"), language).await;
            assert!(page.contains(words) && page.contains("€ 30,00"), "{words} is not in {page}");
        }
        assert!(!house.sees(order, "", PHONE).await.contains("could not be put on"));
    })
    .await;
}
