//! The visitors' pages: a scanned code becomes a balance, and nothing else gets out.

use super::House;
use crate::audit_log::Actor;
use crate::codes::Reference;
use crate::db::testing::on_both_engines;
use crate::events::{self, RuleChanges};
use crate::language::Language;
use crate::operators::Role;
use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use std::time::Duration;

impl House {
    /// What a phone gets that scanned a pay code: the cookie.
    pub(super) async fn scanned(&self, band: usize) -> String {
        let answer = self.anonymous().gets(&format!("/w/{}", self.pay_code(band))).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/w"));
        assert_eq!(
            (answer.header("cache-control"), answer.header("referrer-policy")),
            ("no-store", "no-referrer")
        );
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("HttpOnly; SameSite=Lax") && !cookie.contains(self.pay_code(band)));
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(super) async fn shown(&self, cookie: &str, language: &str) -> String {
        let headers = [("cookie", cookie), ("accept-language", language)];
        let answer = self.anonymous().sends(Method::GET, "/w", &headers, Body::empty()).await;
        answer.page(200)
    }
}

#[tokio::test]
async fn a_visitor_sees_the_balance_and_what_moved_in_their_language() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        house.bar("Bar Ümlaut").await.charges(house.pay_code(0), 750).await.is(201);
        let cookie = house.scanned(0).await;
        for (language, words) in [
            ("nl-BE", ["Saldo", "Opgeladen", "Betaald · Bar Ümlaut"]),
            ("fr", ["Solde", "Rechargé", "Payé · Bar Ümlaut"]),
            ("de", ["Guthaben", "Aufgeladen", "Bezahlt · Bar Ümlaut"]),
            ("en", ["Balance", "Topped up", "Paid · Bar Ümlaut"]),
        ] {
            let page = house.shown(&cookie, language).await;
            let serial = house.festival.bands[0].serial.grouped();
            let amounts = ["€ 12,50", "+€ 20,00", "−€ 7,50", "3/7/2026 20:00"];
            for part in words.into_iter().chain(amounts).chain([serial.as_str(), "Pukkelfest"]) {
                assert!(page.contains(part), "{part} is not in {page}");
            }
            let link = house.festival.bands[0].qr_text.replace('&', "&#38;");
            assert!(page.contains(&link), "{link} is not in {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn printed_links_are_in_capitals_and_work() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let answer = house.anonymous().gets(&format!("/W/{}", house.pay_code(0))).await;
        assert_eq!(answer.status.as_u16(), 303);
        let page = house.anonymous().gets(&format!("/T/{}", house.reference(0))).await.page(200);
        assert!(page.contains("Bancontact"));
    })
    .await;
}

#[tokio::test]
async fn codes_that_open_no_wallet_open_no_wallet() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let serial = house.festival.bands[0].serial.as_str();
        for wrong in
            [house.reference(0), serial, "PB1AAAAAAAAAAAAAAAA", "HELLO", "%FF", "%00", &"x".repeat(5_000)]
        {
            let answer = house.anonymous().gets(&format!("/w/{wrong}")).await;
            assert!(answer.header("set-cookie").is_empty());
            assert_eq!(answer.status.as_u16(), 404, "{wrong}");
        }
        let page = house.anonymous().gets("/w").await.page(200);
        assert!(page.contains("Scan je polsbandje") && !page.contains('€'));
        let cookie = house.scanned(0).await;
        let mut forged = cookie.clone();
        forged.pop();
        forged.push(if cookie.ends_with('A') { 'B' } else { 'A' });
        for wrong in [forged.as_str(), "polsband-wallet=", "polsband-wallet=AAAA"] {
            assert!(!house.shown(wrong, "nl").await.contains('€'), "{wrong}");
        }
        house.festival.clock.advance(Duration::from_secs(12 * 3600 + 1));
        assert!(!house.shown(&cookie, "nl").await.contains('€'));
    })
    .await;
}

#[tokio::test]
async fn a_replaced_wristband_shows_no_balance_any_more() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.tops_up(0, 2_000).await;
        let cookie = house.scanned(0).await;
        let path = format!("/api/v1/media/{}/replace", house.reference(0));
        let desk = house.office(Role::HelpDesk).await;
        desk.posts(&path, json!({ "with": house.reference(1) })).await.is(200);
        let old = house.shown(&cookie, "en").await;
        assert!(old.contains("was replaced") && !old.contains('€') && !old.contains("Topped up"));
        assert!(old.contains("money that is added here goes onto the new one"), "{old}");
        assert!(!old.contains("on your wristband within seconds"), "{old}");
        assert_eq!(old.matches(">Pukkelfest<").count(), 1, "the festival is named once: {old}");
        let new = house.shown(&house.scanned(1).await, "en").await;
        assert!(new.contains("€ 20,00") && new.contains("Topped up"));
    })
    .await;
}

#[tokio::test]
async fn a_top_up_link_leads_to_the_payment_and_tells_nothing() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let path = format!("/t/{}", house.reference(0));
        let page = house.anonymous().gets(&path).await.page(200);
        assert!(page.contains("https://pay.bancontact.net/t/1/"));
        assert!(!page.contains('€') && !page.contains("Pukkelfest"));
        let nobodys = Reference::draw(&mut rand::rng());
        for wrong in [nobodys.as_str(), house.pay_code(0), "HELLO", "0123456789ABCDE"] {
            house.anonymous().gets(&format!("/t/{wrong}")).await.page(404);
        }
        let now = house.festival.clock.now();
        events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        let anybody = house.anonymous();
        let closed = anybody.sends(Method::GET, &path, &[("accept-language", "en")], Body::empty());
        let closed = closed.await.page(410);
        assert!(
            closed.contains("No more money can be added") && closed.contains("The event is over"),
            "{closed}"
        );
        assert!(!closed.contains('€') && !closed.contains("20,00"), "{closed}");
    })
    .await;
}

#[tokio::test]
async fn public_pages_are_limited_for_each_address_and_each_wallet() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        for _ in 0..300 {
            house.anonymous().gets("/w").await.page(200);
        }
        house.anonymous().gets("/w").await.page(429);
        let anyone_else = house.anonymous_at("198.51.100.4:1");
        anyone_else.gets("/w").await.page(200);
        let path = format!("/w/{}", house.pay_code(0));
        for street in 0..60 {
            let phone = house.anonymous_at(&format!("198.51.100.{}:1", 10 + street % 2));
            assert_eq!(phone.gets(&path).await.status.as_u16(), 303);
        }
        anyone_else.gets(&path).await.page(429);
        house.bar("Bar 1").await.looks_up(house.pay_code(0)).await.is(200);
    })
    .await;
}

#[tokio::test]
async fn a_chosen_language_stays_whatever_the_browser_asks_for() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let cookie = house.scanned(0).await;
        for (path, back) in [("/w?lang=fr", "/w"), ("/t/HELLO?lang=fr", "/t/HELLO")] {
            let answer = house.anonymous().gets(path).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, back));
            let chosen = answer.header("set-cookie");
            assert!(
                chosen.starts_with("polsband-language=fr; Path=/; Max-Age=31536000; HttpOnly"),
                "{chosen}"
            );
        }
        let both = format!("{cookie}; polsband-language=fr");
        assert!(house.shown(&both, "de").await.contains("<html lang=\"fr\">"));
        // What is no language of ours is nobody's choice.
        for wrong in ["xx", "", "fr%0d%0aX: y", "nl&before=1"] {
            let answer = house.anonymous().gets(&format!("/w?lang={}", wrong.replace(' ', "%20"))).await;
            assert!(answer.header("set-cookie").is_empty());
            answer.page(200);
        }
        let odd = format!("{cookie}; polsband-language=xx");
        assert!(house.shown(&odd, "de").await.contains("<html lang=\"de\">"));
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_for_no_language_of_ours_reads_the_festivals() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let cookie = house.scanned(0).await;
        let top_up = format!("/t/{}", house.reference(0));
        let shown = async |path: &str, language: &str| {
            let headers = [("cookie", cookie.as_str()), ("accept-language", language)];
            let answer = house.anonymous().sends(Method::GET, path, &headers, Body::empty()).await;
            answer.header("content-language").to_owned()
        };
        for path in ["/w", &top_up] {
            assert_eq!([shown(path, "sv").await, shown(path, "").await], ["nl", "nl"], "{path}");
        }
        let (festival, actor) = (&house.festival, Actor::System("test"));
        let now = festival.clock.now();
        let rules = RuleChanges { visitor_language: Some(Language::French), ..RuleChanges::default() };
        events::change_rules(&festival.store, &actor, now, "pukkelfest", &rules).await.unwrap();
        for path in ["/w", &top_up] {
            assert_eq!([shown(path, "sv").await, shown(path, "").await], ["fr", "fr"], "{path}");
            assert_eq!([shown(path, "de").await, shown(path, "nl-BE").await], ["de", "nl"], "{path}");
        }
        // A page that knows no festival has no other language than ours.
        assert_eq!(shown("/t/HELLO", "sv").await, "nl");
    })
    .await;
}

#[tokio::test]
async fn every_page_offers_every_language_and_says_sorry_in_the_one_that_is_asked_for() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let cookie = house.scanned(0).await;
        let top_up = format!("/t/{}", house.reference(0));
        for (language, sorry) in
            [("nl", "Even geduld"), ("fr", "Un instant"), ("de", "Einen Moment"), ("en", "One moment")]
        {
            let headers = [("cookie", cookie.as_str()), ("accept-language", language)];
            let open =
                async |path: &str| house.anonymous().sends(Method::GET, path, &headers, Body::empty()).await;
            for (path, status) in [
                ("/w", 200),
                (top_up.as_str(), 200),
                ("/t/HELLO", 404),
                ("/w/HELLO", 404),
                ("/t", 404),
                ("/w/x/y", 404),
                ("/t/x/y/z", 404),
            ] {
                let answer = open(path).await;
                assert_eq!(answer.header("content-language"), language);
                let page = answer.page(status);
                assert!(page.contains(&format!("<html lang=\"{language}\">")));
                for name in ["Nederlands", "Français", "Deutsch", "English"] {
                    assert!(page.contains(name), "{path} in {language} does not offer {name}");
                }
            }
            while house.anonymous().gets("/w").await.status.as_u16() == 200 {}
            let refused = open("/w").await;
            assert!(!refused.header("retry-after").is_empty());
            let refused = refused.page(429);
            assert!(refused.contains(sorry) && !refused.to_lowercase().contains("minu"), "it is a second");
            house.festival.clock.advance(Duration::from_secs(60));
        }
    })
    .await;
}

#[tokio::test]
async fn the_history_says_where_what_and_why_and_goes_back_page_by_page() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.tops_up(0, 10_000).await;
        let tick = || house.festival.clock.advance(Duration::from_secs(60));
        let (bar, desk) = (house.bar("Bar 1").await, house.office(Role::HelpDesk).await);
        for number in 1..=23 {
            tick();
            let lines = json!([{"product": format!("Round {number}"), "quantity": 2, "unit_cents": 50}]);
            let id = uuid::Uuid::now_v7();
            let sale = json!({"id": id, "code": house.pay_code(0), "amount_cents": 100, "lines": lines});
            bar.posts("/api/v1/charges", sale).await.is(201);
            if number == 2 {
                tick();
                bar.posts(&format!("/api/v1/charges/{id}/void"), json!({})).await.is(200);
                let path = format!("/api/v1/media/{}/freeze", house.reference(0));
                desk.posts(&path, json!({"reason": "secret suspicion"})).await.is(200);
                desk.posts(&path.replace("/freeze", "/unfreeze"), json!({})).await.is(200);
            }
        }
        tick();
        let path = format!("/api/v1/media/{}/replace", house.reference(0));
        desk.posts(&path, json!({ "with": house.reference(1), "reason": "lost" })).await.is(200);
        let (cookie, old) = (house.scanned(1).await, house.festival.bands[0].serial.grouped());
        let newest = house.shown(&cookie, "en").await;
        let replaced = format!("Replaces {old}");
        for part in [replaced.as_str(), "Paid · Bar 1", "2\u{a0}×\u{a0}Round 23", "Round 4<"] {
            assert!(newest.contains(part), "{part} is not in {newest}");
        }
        for part in ["Round 3<", "Topped up", "Frozen by the info desk", "suspicion", "lost"] {
            assert!(!newest.contains(part) || part == "lost", "{part}");
        }
        let (_, rest) = newest.split_once("/w?before=").unwrap();
        let older = format!("/w?before={}", rest.split('#').next().unwrap());
        let headers = [("cookie", cookie.as_str()), ("accept-language", "en")];
        let page = house.anonymous().sends(Method::GET, &older, &headers, Body::empty()).await.page(200);
        for part in ["Round 3<", "Paid back · Bar 1", "Topped up", "Frozen by the info desk", "Unfrozen by"]
        {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        for part in [replaced.as_str(), "Round 4<", "suspicion", "?before="] {
            assert!(!page.contains(part), "{part}");
        }
        for odd in ["/w?before=x", "/w?before=-1", "/w?before=9223372036854775807", "/w?before"] {
            house.anonymous().sends(Method::GET, odd, &headers, Body::empty()).await.page(200);
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_till_writes_on_a_sale_itself_is_read_in_the_visitors_language() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 10_000).await;
        let bar = house.bar("Bar 1").await;
        for (product, cents) in [("Other amount", 700), ("Rest of a sale", 300), ("Altbier", 400)] {
            let lines = json!([{"product": product, "quantity": 1, "unit_cents": cents}]);
            let code = house.pay_code(0);
            let sale =
                json!({"id": uuid::Uuid::now_v7(), "code": code, "amount_cents": cents, "lines": lines});
            bar.posts("/api/v1/charges", sale).await.is(201);
        }
        let cookie = house.scanned(0).await;
        for (language, words) in [
            ("nl", ["Ander bedrag", "Rest van een aankoop", "Altbier"]),
            ("fr", ["Autre montant", "Reste d’un achat", "Altbier"]),
            ("de", ["Anderer Betrag", "Rest eines Einkaufs", "Altbier"]),
            ("en", ["Another amount", "Rest of a purchase", "Altbier"]),
        ] {
            let page = house.shown(&cookie, language).await;
            for word in words {
                assert!(page.contains(word), "{word} is not in {page}");
            }
            assert!(!page.contains("Rest of a sale"), "{page}");
        }
        let middle = json!([
            {"product": "Rest of a sale", "quantity": 1, "unit_cents": 600},
            {"product": "Paid by a second wristband", "quantity": 1, "unit_cents": -200},
        ]);
        let part = json!({"id": uuid::Uuid::now_v7(), "code": house.pay_code(0), "amount_cents": 400, "lines": middle});
        bar.posts("/api/v1/charges", part).await.is(201);
        let page = house.shown(&cookie, "de").await;
        assert!(page.contains("Rest eines Einkaufs, mit einem anderen Band oder"), "{page}");
        let lines = json!([
            {"product": "Altbier", "quantity": 2, "unit_cents": 400},
            {"product": "Paid by a second wristband", "quantity": 1, "unit_cents": -550},
        ]);
        let part = json!({"id": uuid::Uuid::now_v7(), "code": house.pay_code(0), "amount_cents": 250, "lines": lines});
        bar.posts("/api/v1/charges", part).await.is(201);
        for (language, words) in [
            ("nl", "Deel van een aankoop van € 8,00 · 2"),
            ("fr", "Partie d’un achat de € 8,00 · 2"),
            ("de", "Teil eines Einkaufs von € 8,00 · 2"),
            ("en", "Part of a purchase of € 8,00 · 2"),
        ] {
            let page = house.shown(&cookie, language).await;
            assert!(page.contains(words), "{words} is not in {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn money_that_waits_for_a_person_is_told_to_its_visitor_in_their_language_until_it_is_decided() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        let (desk, finance) = (house.office(Role::HelpDesk).await, house.office(Role::Finance).await);
        let path = |band: usize, what: &str| format!("/api/v1/media/{}/{what}", house.reference(band));
        desk.posts(&path(0, "revoke"), json!({"reason": "secret suspicion"})).await.is(200);
        let (revoked, old, new) = (house.scanned(0).await, house.scanned(1).await, house.scanned(2).await);
        assert!(!house.shown(&revoked, "en").await.contains('€'));
        house.tops_up(0, 700).await;
        for (language, words) in [
            ("nl", ["Betaald, wacht op een medewerker", "niets verloren"]),
            ("fr", ["Payé, en attente d’une personne", "Rien n’est perdu"]),
            ("de", ["Bezahlt, wartet auf einen Mitarbeiter", "Nichts ist verloren"]),
            ("en", ["Paid, waits for a person", "Nothing is lost"]),
        ] {
            let page = house.shown(&revoked, language).await;
            for part in words.into_iter().chain(["€ 7,00", "3/7/2026 "]) {
                assert!(page.contains(part), "{part} is not in {page}");
            }
            assert!(!page.contains("suspicion") && !page.contains("revoked"), "{page}");
        }
        assert!(!house.shown(&new, "en").await.contains("waits for a person"), "it was paid onto another");
        let parked = finance.gets("/api/v1/events/pukkelfest/parked").await.is(200);
        let id = parked["parked"][0]["id"].as_str().unwrap();
        let resolve = format!("/api/v1/events/pukkelfest/parked/{id}/resolve");
        finance.posts(&resolve, json!({"return": true, "reason": "stolen"})).await.is(200);
        let page = house.shown(&revoked, "en").await;
        assert!(!page.contains("waits for a person"), "what is decided waits no more: {page}");
        assert!(page.contains("Money that goes back to whoever paid") && page.contains("€ 7,00"), "{page}");

        desk.posts(&path(1, "replace"), json!({ "with": house.reference(2), "reason": "torn" }))
            .await
            .is(200);
        let now = house.festival.clock.now();
        events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        house.tops_up(1, 1_100).await;
        let page = house.shown(&new, "en").await;
        assert!(page.contains("€ 11,00") && page.contains("Paid, waits for a person"), "{page}");
        assert!(!page.contains("Nothing paid or topped up yet"), "{page}");
        let page = house.shown(&old, "en").await;
        assert!(!page.contains('€'), "a replaced one leaves it to its successor: {page}");
    })
    .await;
}

#[tokio::test]
async fn after_the_festival_a_wristband_that_is_not_valid_any_more_says_so_and_who_has_its_money() {
    on_both_engines(async |store| {
        let house = House::open(store, 5).await;
        for band in [0, 1, 3, 4] {
            house.tops_up(band, 2_000).await;
        }
        let desk = house.office(Role::HelpDesk).await;
        let path = |band: usize, what: &str| format!("/api/v1/media/{}/{what}", house.reference(band));
        desk.posts(&path(0, "freeze"), json!({"reason": "secret suspicion"})).await.is(200);
        let lost = json!({"with": house.reference(2), "reason": "secret suspicion"});
        desk.posts(&path(1, "replace"), lost).await.is(200);
        desk.posts(&path(3, "revoke"), json!({"reason": "secret suspicion"})).await.is(200);
        let now = house.festival.clock.now();
        events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        let (frozen, replaced) = (house.scanned(0).await, house.scanned(1).await);
        let (revoked, active) = (house.scanned(3).await, house.scanned(4).await);
        for (language, asks, replaced, revoked) in [
            ("nl", "vraag het aan de organisator", "werd vervangen", "Vraag de organisator"),
            ("fr", "demandez à l’organisateur", "a été remplacé", "Demandez à l’organisateur"),
            ("de", "frag den Veranstalter", "wurde ersetzt", "Frag den Veranstalter"),
            ("en", "ask the organiser", "was replaced", "Ask the organiser"),
        ] {
            // Whoever scans the top-up code hears whom to ask, and nothing of what a wallet holds.
            for (band, said) in [(0, asks), (1, replaced), (3, revoked), (4, asks)] {
                let path = format!("/t/{}", house.reference(band));
                let (anybody, wanted) = (house.anonymous(), [("accept-language", language)]);
                let page = anybody.sends(Method::GET, &path, &wanted, Body::empty()).await.page(410);
                assert!(page.contains("id=\"leftover\"") && page.contains(said), "{said} is not in {page}");
                assert!(!page.contains('€') && !page.contains("suspicion"), "{page}");
            }
        }
        for (language, over, words) in [
            ("nl", "Het evenement is afgelopen", ["is geblokkeerd", "werd vervangen", "is niet meer geldig"]),
            ("fr", "L’événement est terminé", ["est bloqué", "a été remplacé", "n’est plus valable"]),
            (
                "de",
                "Die Veranstaltung ist vorbei",
                ["ist gesperrt", "wurde ersetzt", "ist nicht mehr gültig"],
            ),
            (
                "en",
                "The event is over",
                ["is frozen", "the newer one holds the money", "is not valid any more"],
            ),
        ] {
            for (cookie, word) in [&frozen, &replaced, &revoked].into_iter().zip(words) {
                let page = house.shown(cookie, language).await;
                assert!(page.contains(over) && page.contains(word), "{word} is not in {page}");
                let tells_money = page.contains('€');
                assert_eq!(tells_money, cookie == &frozen, "only who has a say over it: {page}");
                assert!(!page.contains("suspicion"), "{page}");
            }
            let page = house.shown(&active, language).await;
            assert!(page.contains(over) && words.iter().all(|word| !page.contains(word)), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_left_after_the_end_is_told_to_whoever_has_money_left_only() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.tops_up(0, 2_000).await;
        let (full, empty) = (house.scanned(0).await, house.scanned(1).await);
        let desk = house.office(Role::HelpDesk).await;
        let path = |what: &str| format!("/api/v1/media/{}/{what}", house.reference(1));
        desk.posts(&path("activate"), json!({"reason": "worn"})).await.is(200);
        let left = "What if there is money left?";
        for cookie in [&full, &empty] {
            assert!(house.shown(cookie, "en").await.contains(left), "money may still be added");
        }
        house.ends().await;
        assert!(house.shown(&full, "en").await.contains("What you didn’t spend is still on your wristband"));
        let page = house.shown(&empty, "en").await;
        assert!(page.contains("€ 0,00") && !page.contains(left), "{page}");
        desk.posts(&path("freeze"), json!({"reason": "lost"})).await.is(200);
        for (language, words) in
            [("nl", "is geblokkeerd."), ("fr", "est bloqué."), ("de", "ist gesperrt."), ("en", "is frozen.")]
        {
            let page = house.shown(&empty, language).await;
            assert!(page.contains(words) && page.contains("€ 0,00"), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn money_that_was_put_on_another_wristband_is_told_on_the_page_of_the_one_that_was_paid() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        let (desk, finance) = (house.office(Role::HelpDesk).await, house.office(Role::Finance).await);
        let credits = async || {
            let parked = finance.gets("/api/v1/events/pukkelfest/parked").await.is(200);
            let id = parked["parked"][0]["id"].as_str().unwrap();
            let resolve = format!("/api/v1/events/pukkelfest/parked/{id}/resolve");
            let credit = json!({"to": house.reference(1), "reason": "secret suspicion"});
            finance.posts(&resolve, credit).await.is(200);
        };
        let path = format!("/api/v1/media/{}/revoke", house.reference(0));
        desk.posts(&path, json!({"reason": "stolen"})).await.is(200);
        house.tops_up(0, 700).await;
        credits().await;
        house.holds_at_most("pukkelfest", 5_000).await;
        for cents in [5_000, 1_000] {
            house.tops_up(2, cents).await;
        }
        credits().await;
        let (revoked, full) = (house.scanned(0).await, house.scanned(2).await);
        let (credited, serial) = (house.scanned(1).await, house.festival.bands[1].serial.grouped());
        for (language, words) in [
            ("nl", "Betaald, en door de organisator op een ander bandje gezet"),
            ("fr", "Payé, et mis sur un autre bracelet par l’organisateur"),
            ("de", "Bezahlt und vom Veranstalter auf ein anderes Band gebucht"),
            ("en", "Paid, and put on another wristband by the organiser"),
        ] {
            for (cookie, amount) in [(&revoked, "€ 7,00"), (&full, "€ 10,00")] {
                let page = house.shown(cookie, language).await;
                let row =
                    format!("<span class=\"what\">{words}</span> <span class=\"amount\">{amount}</span>");
                assert!(page.contains(&row), "{row} is not in {page}");
                assert!(!page.contains(&serial) && !page.contains("suspicion"), "{page}");
            }
            let page = house.shown(&credited, language).await;
            assert!(page.contains("+€ 7,00") && !page.contains(words), "{page}");
        }
        let page = house.shown(&full, "en").await;
        assert!(page.contains("Topped up") && page.contains("+€ 50,00"), "{page}");
        assert!(!house.shown(&revoked, "en").await.contains("Balance</span>"), "it has no say over it");
    })
    .await;
}

#[tokio::test]
async fn a_replaced_wristband_whose_successor_is_not_valid_any_more_sends_nobody_to_that_one() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.tops_up(0, 2_000).await;
        let desk = house.office(Role::HelpDesk).await;
        let path = |band: usize, what: &str| format!("/api/v1/media/{}/{what}", house.reference(band));
        desk.posts(&path(0, "replace"), json!({ "with": house.reference(1) })).await.is(200);
        let old = house.scanned(0).await;
        assert!(house.shown(&old, "en").await.contains("Scan the new one"));
        desk.posts(&path(1, "revoke"), json!({"reason": "secret suspicion"})).await.is(200);
        house.tops_up(0, 700).await;
        let page = house.shown(&old, "en").await;
        assert!(page.contains("not valid any more. The info desk helps you."), "{page}");
        assert!(page.contains("€ 7,00") && page.contains("Paid, waits for a person"), "{page}");
        house.ends().await;
        for (language, words, helps) in [
            ("nl", "Vraag de organisator wat er met het geld gebeurt.", "Vraag het aan de organisator."),
            ("fr", "Demandez à l’organisateur ce que devient son argent.", "Adressez-vous à l’organisateur."),
            ("de", "Frag den Veranstalter, was mit dem Geld wird.", "Frag den Veranstalter."),
            ("en", "Ask the organiser what becomes of its money.", "Ask the organiser."),
        ] {
            let page = house.shown(&old, language).await;
            assert!(page.contains(words) && page.contains(helps), "{words}: {page}");
            assert!(!page.contains("€ 20,00") && !page.contains("suspicion"), "{page}");
        }
        let page = house.shown(&old, "en").await;
        assert!(!page.contains("Scan that one") && !page.contains("info desk"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn whoever_mistypes_an_address_reads_that_in_their_language_and_is_led_to_no_sign_in() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let anyone = house.anonymous();
        for (language, words) in [
            ("nl-BE", "Op dit adres is er niets"),
            ("fr", "Il n’y a rien à cette adresse"),
            ("de", "Unter dieser Adresse gibt es nichts"),
            ("en", "There is nothing at this address"),
        ] {
            let headers = [("accept", "text/html,*/*;q=0.8"), ("accept-language", language)];
            for path in ["/foo", "/console2", "/demo/x"] {
                let page = anyone.sends(Method::GET, path, &headers, Body::empty()).await.page(404);
                assert!(page.contains(words), "{path}: {page}");
                assert!(!page.contains("console") && !page.contains("href=\"/\""), "{path}: {page}");
            }
            let page = anyone.sends(Method::GET, "/console/a/b/c/d", &headers, Body::empty()).await;
            assert!(page.page(404).contains("To the first page"), "an operator's is the console's to answer");
        }
        for path in ["/foo", "/api/v1/foo"] {
            anyone.gets(path).await.refused(404, "not-found");
        }
    })
    .await;
}
