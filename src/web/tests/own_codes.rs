//! A festival without a Bancontact profile: its printed codes lead to our own page, where another provider takes the money.

use super::{Bar, House, Office};
use crate::db::testing::on_both_engines;
use crate::ledger;
use crate::operators::Role;
use crate::print::{self, SheetCode};
use crate::providers::OrderId;
use crate::sandbox::orders::{Finish, MULTISAFEPAY_KEY, MULTISAFEPAY_SITE, Notify, Outcome};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const EVENTS: &str = "/api/v1/events";
const BATCHES: &str = "/api/v1/events/winterfest/batches";
const PROVIDERS: &str = "/api/v1/events/winterfest/providers";
const PAGE: &str = "HTTP://127.0.0.1:8080/T/";

/// A batch of two, and the first piece's reference and the texts of its codes.
pub(super) struct Printed {
    pub(super) path: String,
    pub(super) reference: String,
    pub(super) top_up: String,
    pub(super) pay_code: String,
    texts: BTreeSet<String>,
}

impl House {
    /// A festival without a profile, and whoever set it up.
    pub(super) async fn winterfest(&self, more: Value) -> Office<'_> {
        let office = self.office(Role::Admin).await;
        let mut new = json!({ "slug": "winterfest", "name": "Winterfest" });
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let event = office.posts(EVENTS, new).await.is(201);
        assert_eq!(event["profiles"], json!([]));
        office
    }

    pub(super) async fn winter_account(&self, office: &Office<'_>) {
        let body = json!({
            "provider": "multisafepay", "profile_id": MULTISAFEPAY_SITE, "environment": "test",
            "api_url": self.festival.bank.orders().multisafepay_url(), "api_key": MULTISAFEPAY_KEY,
        });
        office.posts(PROVIDERS, body).await.is(201);
    }

    pub(super) async fn winter_bar(&self, office: &Office<'_>) -> Bar<'_> {
        let at = |rest: &str| format!("{EVENTS}/winterfest/{rest}");
        office.posts(&at("points-of-sale"), json!({"name": "Bar"})).await.is(201);
        let added = office.posts(&at("terminals"), json!({"point_of_sale": "Bar"})).await.is(201);
        self.enrolled(added["code"].as_str().unwrap()).await
    }

    /// Somebody chooses 20 euros on the page of a printed code and pays them.
    async fn pays_on_page(&self, printed: &Printed, euros: &str) -> u16 {
        let order = OrderId::draw();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept-language", "en")];
        let (path, body) = (format!("/t/{}", printed.reference), format!("order={order}&amount={euros}"));
        let answer = self.anonymous().sends(Method::POST, &path, &headers, body).await;
        if answer.status.as_u16() != 303 {
            return answer.status.as_u16();
        }
        let paid = Finish::as_ordered(Outcome::Paid, Notify::Deliver);
        let notice = self.festival.bank.orders().finish(&order.to_string(), &paid).unwrap();
        self.receives(&notice).await.is(200);
        303
    }

    pub(super) async fn winter_is_clean(&self) {
        let mut session = self.festival.store.read().await.unwrap();
        let event = crate::events::store::by_slug(&mut session, "winterfest").await.unwrap().unwrap();
        let names = crate::events::accounts::store::names(&mut session, event.id).await.unwrap();
        drop(session);
        let findings = ledger::audit(&self.festival.store, &event, &names, |_| ()).await.unwrap();
        assert!(findings.is_empty(), "{findings:?}");
    }
}

impl Office<'_> {
    pub(super) async fn prints(&self, body: Value) -> Printed {
        let batch = self.posts(BATCHES, body).await.is(201);
        let path = format!("/api/v1/batches/{}", batch["id"].as_str().unwrap());
        let list = self.gets(&format!("{path}/codes.csv")).await;
        let list = String::from_utf8(list.bytes.to_vec()).unwrap();
        let rows: Vec<Vec<&str>> = list
            .lines()
            .skip(1)
            .map(|row| row.split(',').map(|field| field.trim_matches('"')).collect())
            .collect();
        let texts = rows.iter().flat_map(|row| [row[3].to_owned(), row[5].to_owned()]).collect();
        let first = |place: usize| rows[0][place].to_owned();
        Printed { path, reference: first(2), top_up: first(3), pay_code: first(4), texts }
    }
}

#[tokio::test]
async fn a_festival_without_a_profile_is_printed_scanned_paid_on_our_page_and_its_books_are_clean() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.winterfest(json!({})).await;
        let wristbands = json!({"count": 2, "kind": "wristband"});
        let refused = office.posts(BATCHES, wristbands.clone()).await.refused(409, "no-provider");
        assert!(refused["detail"].as_str().unwrap().contains("lead nowhere"), "{refused}");
        house.winter_account(&office).await;
        let printed = office.prints(wristbands).await;
        assert_eq!(printed.top_up, format!("{PAGE}{}", printed.reference));

        let sheet = office.gets(&format!("{}/sheet.pdf?layout=a4-band-19", printed.path)).await;
        let mut decoded = BTreeSet::new();
        print::read_codes(&sheet.bytes, |codes| {
            decoded.extend(codes.into_iter().filter_map(|SheetCode { text, .. }| text));
        })
        .unwrap();
        assert_eq!(decoded, printed.texts);
        let bar = house.winter_bar(&office).await;
        assert_eq!(bar.looks_up(&printed.top_up).await.is(200)["balance_cents"], 0);

        let page = printed.top_up.strip_prefix("HTTP://127.0.0.1:8080").unwrap();
        assert!(house.anonymous().gets(page).await.page(200).contains("€ 20,00"));
        assert_eq!(house.pays_on_page(&printed, "20").await, 303);
        assert_eq!(bar.looks_up(&printed.top_up).await.is(200)["balance_cents"], 2_000);
        bar.charges(&printed.top_up, 500).await.refused(403, "top-up-code-cannot-pay");
        bar.charges(&printed.pay_code, 500).await.is(201);
        house.winter_is_clean().await;
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn the_code_a_bar_shows_without_bancontact_is_the_link_and_names_no_amount_that_it_lacks() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.winterfest(json!({"behaviour": "modifiable", "amount_cents": 1_500})).await;
        house.winter_account(&office).await;
        let printed = office.prints(json!({"count": 1, "kind": "card"})).await;
        let bar = house.winter_bar(&office).await;
        let asked = json!({"code": printed.pay_code, "amount_cents": 550});
        let shown = bar.posts("/api/v1/terminal/top-up-code", asked).await.is(200);
        assert_eq!(shown["svg"], print::qr_svg(&printed.top_up).unwrap());
        assert_eq!(shown["amount_cents"], Value::Null);
        let page = house.anonymous().gets(&format!("/t/{}", printed.reference)).await.page(200);
        assert!(page.contains("€ 15,00") && page.contains("€ 20,00"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_fixed_amount_without_bancontact_is_the_only_one_our_page_takes() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.winterfest(json!({"behaviour": "fixed", "amount_cents": 2_000})).await;
        house.winter_account(&office).await;
        let other = json!({"count": 1, "kind": "card", "amount_cents": 1_000});
        let refused = office.posts(BATCHES, other).await.refused(422, "invalid-amount");
        assert_eq!(refused["field"], "amount_cents");
        let printed = office.prints(json!({"count": 1, "kind": "card"})).await;
        assert_eq!(house.pays_on_page(&printed, "10").await, 422);
        assert_eq!(house.pays_on_page(&printed, "20").await, 303);
        house.winter_is_clean().await;
    })
    .await;
}

#[tokio::test]
async fn what_only_bancontact_has_is_refused_by_its_name_where_there_is_no_profile() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Admin).await;
        for (field, value) in
            [("api_key", "k"), ("environment", "preprod"), ("pay_url", "https://qr.example")]
        {
            let new = json!({"slug": "winterfest", "name": "Winterfest", field: value});
            let refused = office.posts(EVENTS, new).await.refused(422, "invalid-request");
            assert_eq!(refused["field"], "profile_id", "{field}");
        }
        let office = house.winterfest(json!({})).await;
        let run = format!("{EVENTS}/winterfest/reconcile");
        office.posts(&run, json!({})).await.refused(409, "no-api-key");
        house.winter_account(&office).await;
        let called = house.anonymous().posts("/callbacks/bancontact/winterfest", json!({})).await;
        let called = called.refused(404, "unknown-provider");
        assert!(called["detail"].as_str().unwrap().contains("Bancontact"), "{called}");
        house
            .anonymous()
            .posts("/callbacks/bancontact/pukkelfest", json!({}))
            .await
            .refused(401, "bad-signature");
        let host = json!({"count": 1, "kind": "card", "pay_url": "https://pay.bancontact.net"});
        let refused = office.posts(BATCHES, host).await.refused(422, "invalid-request");
        assert!(refused["detail"].as_str().unwrap().contains("no Bancontact profile"), "{refused}");
        assert_eq!(office.posts(&run, json!({})).await.is(200)["listed"], 0);
    })
    .await;
}
