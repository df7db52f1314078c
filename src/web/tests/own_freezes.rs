//! A visitor freezes a wristband and unfreezes it, and nobody else does it for them.

use super::{Answer, House};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events;
use crate::operators::Role;
use axum::http::Method;
use serde_json::json;

/// What a page of ours says of a form that it sends.
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

impl House {
    /// A phone with this cookie sends a form of a page of ours.
    pub(super) async fn fills(&self, cookie: &str, path: &str, form: &str) -> Answer {
        self.fills_from("203.0.113.7:5000", cookie, path, form, OWN).await
    }

    async fn fills_from(
        &self,
        peer: &str,
        cookie: &str,
        path: &str,
        form: &str,
        site: (&str, &str),
    ) -> Answer {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let headers = [("cookie", cookie), ("accept-language", "en"), kind, site];
        self.anonymous_at(peer).sends(Method::POST, path, &headers, form.to_owned()).await
    }

    async fn looks(&self, cookie: &str, path: &str) -> Answer {
        let headers = [("cookie", cookie), ("accept-language", "en")];
        self.anonymous().sends(Method::GET, path, &headers, axum::body::Body::empty()).await
    }

    /// Freezes through the pages, and hands the code on.
    pub(super) async fn freezes(&self, cookie: &str) -> String {
        let asks = self.looks(cookie, "/w/freeze").await.page(200);
        assert!(asks.contains("Freeze this wristband?") && asks.contains("can’t pay anywhere"));
        assert!(asks.contains(&self.festival.event.name), "which festival it is of: {asks}");
        let (_, serial) = asks.split_once("name=\"serial\" value=\"").unwrap();
        let form = format!("serial={}", serial.split('"').next().unwrap());
        let page = self.fills(cookie, "/w/freeze", &form).await.page(200);
        let (_, code) = page.split_once("<p class=\"code\" aria-describedby=\"code-is\"><code>").unwrap();
        let code = code.split('<').next().unwrap();
        assert_eq!(code.len(), 9);
        assert!(!page.contains("?lang="), "a switch would lose the code");
        code.to_owned()
    }
}

fn leads_home(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/w"), "{}", answer.body);
}

#[tokio::test]
async fn a_visitor_freezes_and_unfreezes_with_the_code_that_is_shown_once() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 1).await;
        house.tops_up(0, 2_000).await;
        let (bar, cookie) = (house.bar("Bar 1").await, house.scanned(0).await);
        let code = house.freezes(&cookie).await;
        let refused = bar.charges(house.pay_code(0), 350).await.refused(409, "medium-not-active");
        assert_eq!((&refused["medium_status"], &refused["frozen_by"]), (&"frozen".into(), &"visitor".into()));
        let page = house.shown(&cookie, "en").await;
        assert!(page.contains("You froze this wristband") && page.contains("Frozen by you"));
        assert!(page.contains("€ 20,00") && page.contains("Code to unfreeze") && !page.contains(&code));
        // Once frozen there is nothing to freeze: no second code.
        leads_home(&house.looks(&cookie, "/w/freeze").await);
        leads_home(&house.fills(&cookie, "/w/freeze", "").await);
        // Money still comes; a wrong code opens nothing, and what was typed stays.
        house.tops_up(0, 500).await;
        let wrong = house.fills(&cookie, "/w/unfreeze", "code=%3Cb%3E0000").await.page(422);
        assert!(wrong.contains("not the code you were shown") && wrong.contains("value=\"&#60;b&#62;0000\""));
        bar.charges(house.pay_code(0), 350).await.refused(409, "medium-not-active");
        leads_home(&house.fills(&cookie, "/w/unfreeze", &format!("code={}", code.to_lowercase())).await);
        bar.charges(house.pay_code(0), 350).await.is(201);
        let page = house.shown(&cookie, "en").await;
        assert!(page.contains("Unfrozen by you") && !page.contains("Code to unfreeze"));
        let log = house.audit_log().await;
        let own: Vec<_> = log.iter().filter(|entry| entry.0 == "visitor").map(|entry| &entry.1).collect();
        assert_eq!(own, ["medium unfrozen", "medium frozen"]);
        assert!(log.iter().all(|entry| !format!("{entry:?}").contains(&code)));
    })
    .await;
}

#[tokio::test]
async fn what_the_help_desk_froze_stays_frozen_whatever_code_is_typed() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let (desk, cookie) = (house.office(Role::HelpDesk).await, house.scanned(0).await);
        let code = house.freezes(&cookie).await;
        let path = |what: &str| format!("/api/v1/media/{}/{what}", house.reference(0));
        desk.posts(&path("freeze"), json!({"reason": "she called"})).await.is(200);
        leads_home(&house.fills(&cookie, "/w/unfreeze", &format!("code={code}")).await);
        let page = house.shown(&cookie, "en").await;
        assert!(page.contains("Frozen: it can’t pay. The info desk helps you."));
        assert!(page.contains("Frozen by the info desk") && !page.contains("Code to unfreeze"));
        house.bar("Bar 1").await.charges(house.pay_code(0), 350).await.refused(409, "medium-not-active");
        desk.posts(&path("unfreeze"), json!({})).await.is(200);
        assert!(house.shown(&cookie, "en").await.contains("Unfrozen by the info desk"));
        // And a visitor's own freeze the help desk ends without any code.
        house.freezes(&cookie).await;
        desk.posts(&path("unfreeze"), json!({})).await.is(200);
        house.bar("Bar 2").await.charges(house.pay_code(0), 350).await.is(201);
    })
    .await;
}

#[tokio::test]
async fn nobody_freezes_from_another_site_or_without_a_ticket() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let cookie = house.scanned(0).await;
        for site in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            let answer = house.fills_from("203.0.113.7:1", &cookie, "/w/freeze", "", site).await;
            let page = answer.page(403);
            assert!(page.contains("That did not work") && !page.contains("urn:"));
        }
        for path in ["/w/freeze", "/w/unfreeze"] {
            let page = house.fills("", path, "code=K7QM3XR9").await.page(200);
            assert!(page.contains("Scan your wristband"));
        }
        house.bar("Bar 1").await.charges(house.pay_code(0), 350).await.is(201);
    })
    .await;
}

#[tokio::test]
async fn a_wristband_that_was_never_used_is_not_frozen_and_offers_no_freezing() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let cookie = house.scanned(0).await;
        assert!(!house.shown(&cookie, "en").await.contains("/w/freeze"));
        leads_home(&house.looks(&cookie, "/w/freeze").await);
        leads_home(&house.fills(&cookie, "/w/freeze", "").await);
        assert!(house.shown(&cookie, "en").await.contains("Not used yet"));
    })
    .await;
}

#[tokio::test]
async fn unfreeze_codes_are_tried_a_few_times_a_minute_for_each_wristband_and_each_address() {
    on_both_engines(async |store| {
        let house = House::open(store, 6).await;
        let mut phones = Vec::new();
        for band in 0..6 {
            house.tops_up(band, 500).await;
            let cookie = house.scanned(band).await;
            let code = house.freezes(&cookie).await;
            phones.push((cookie, code));
        }
        let tries = async |street: u8, phone: usize, code: &str| {
            let peer = format!("198.51.100.{street}:1");
            let form = format!("code={code}");
            house.fills_from(&peer, &phones[phone].0, "/w/unfreeze", &form, OWN).await
        };
        for _ in 0..5 {
            tries(1, 0, "00000000").await.page(422);
        }
        // This wristband's turns are used up, from wherever, with the right code as well.
        let refused = tries(2, 0, &phones[0].1).await;
        assert!(!refused.header("retry-after").is_empty());
        assert!(refused.page(429).contains("One moment"));
        leads_home(&tries(2, 1, &phones[1].1).await);
        // And so are those of an address, for whatever wristband.
        for phone in [2, 3, 4] {
            for _ in 0..5 {
                tries(1, phone, "00000000").await.page(422);
            }
        }
        tries(1, 5, &phones[5].1).await.page(429);
        leads_home(&tries(2, 5, &phones[5].1).await);
        house.festival.clock.advance(std::time::Duration::from_secs(60));
        leads_home(&tries(1, 0, &phones[0].1).await);
    })
    .await;
}

#[tokio::test]
async fn of_two_wristbands_on_one_phone_none_is_frozen_for_the_other() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 2).await;
        house.tops_up(0, 2_000).await;
        house.tops_up(1, 2_000).await;
        let bar = house.bar("Bar 1").await;
        let first = house.scanned(0).await;
        let asks = house.looks(&first, "/w/freeze").await.page(200);
        let (_, serial) = asks.split_once("name=\"serial\" value=\"").unwrap();
        let form = format!("serial={}", serial.split('"').next().unwrap());
        // The other one is scanned in another tab: its cookie takes the place of the first.
        let second = house.scanned(1).await;
        let asked = house.fills(&second, "/w/freeze", &form).await.page(409);
        assert!(asked.contains("You scanned another wristband meanwhile"), "{asked}");
        assert!(asked.contains(house.festival.bands[1].serial.as_str()));
        for band in [0, 1] {
            bar.charges(house.pay_code(band), 100).await.is(201);
        }
        house.freezes(&second).await;
        bar.charges(house.pay_code(0), 100).await.is(201);
        bar.charges(house.pay_code(1), 100).await.refused(409, "medium-not-active");
    })
    .await;
}

/// What the page of a wristband can do about freezing: whether it offers to freeze, whether it asks for the code.
fn offers(page: &str) -> (bool, bool) {
    (page.contains("/w/freeze"), page.contains("action=\"/w/unfreeze\""))
}

#[tokio::test]
async fn a_page_offers_only_what_can_be_done_with_a_wristband_as_it_is() {
    on_both_engines(async |store| {
        let house = House::open(store, 5).await;
        for band in 0..4 {
            house.tops_up(band, 2_000).await;
        }
        let desk = house.office(Role::HelpDesk).await;
        let path = |band: usize, what: &str| format!("/api/v1/media/{}/{what}", house.reference(band));
        let mut cookies = Vec::new();
        for band in 0..4 {
            cookies.push(house.scanned(band).await);
            assert_eq!(offers(&house.shown(&cookies[band], "en").await), (true, false));
        }
        // Whoever froze the first may undo it; the others are the help desk's, replaced and revoked. Two were frozen before.
        for cookie in [&cookies[0], &cookies[2], &cookies[3]] {
            house.freezes(cookie).await;
        }
        desk.posts(&path(1, "freeze"), json!({"reason": "she called"})).await.is(200);
        desk.posts(&path(2, "replace"), json!({"with": house.reference(4)})).await.is(200);
        desk.posts(&path(3, "revoke"), json!({"reason": "stolen"})).await.is(200);
        for (language, said) in [
            ("nl", ["Je hebt dit bandje geblokkeerd", "Geblokkeerd:", "werd vervangen", "niet meer geldig"]),
            ("fr", ["Vous avez bloqué ce bracelet", "Bloqué :", "a été remplacé", "n’est plus valable"]),
            ("de", ["Du hast dieses Band gesperrt", "Gesperrt:", "wurde ersetzt", "nicht mehr gültig"]),
            ("en", ["You froze this wristband", "Frozen:", "was replaced", "not valid any more"]),
        ] {
            for (band, said) in said.into_iter().enumerate() {
                let page = house.shown(&cookies[band], language).await;
                assert!(page.contains(said), "{said} is not in {page}");
                assert_eq!(offers(&page), (false, band == 0), "{said}: {page}");
            }
        }
        for cookie in &cookies {
            leads_home(&house.looks(cookie, "/w/freeze").await);
            leads_home(&house.fills(cookie, "/w/freeze", "").await);
        }
        // After the end nothing is paid, frozen or not.
        let now = house.festival.clock.now();
        events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        for cookie in &cookies {
            assert_eq!(offers(&house.shown(cookie, "en").await), (false, false));
        }
    })
    .await;
}

#[tokio::test]
async fn the_top_up_page_tells_nobody_that_a_wristband_is_frozen_and_takes_money_for_it() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.tops_up(0, 1_000).await;
        let own = house.scanned(0).await;
        let path = format!("/t/{}", house.reference(0));
        assert!(!house.looks("", &path).await.page(200).contains("froze"));
        house.freezes(&own).await;
        let page = house.looks("", &path).await.page(200);
        assert!(!page.contains("froze") && page.contains("<form"), "{page}");
    })
    .await;
}
