//! What the console shows of a festival that is closed, and what it takes no more.

use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::media::print_shop::{ArtworkChange, change_artwork};
use crate::operators::Role;
use crate::providers::ProviderName;
use crate::sandbox::orders::MULTISAFEPAY_SITE;
use crate::web::tests::House;
use serde_json::json;

const SET_UP: &str = "/console/pukkelfest/set-up";

#[tokio::test]
async fn an_account_of_a_closed_festival_is_tried_and_corrected_and_neither_paused_nor_put_first() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        house.with_account(ProviderName::WooshPay).await;
        let organiser = house.person(Role::Organiser).await;
        let woosh = format!("{SET_UP}/accounts/wooshpay");
        let ways = ["first", "pause", "resume"];
        let open = organiser.sees(&woosh).await;
        assert!(open.contains(&format!("{woosh}/first\"")) && open.contains(&format!("{woosh}/pause\"")));
        let (accounts, asked) = (format!("{SET_UP}/accounts"), "asked for a payment in this order");
        assert!(organiser.sees(&accounts).await.contains(asked));
        house.ends().await;
        let page = organiser.sees(&woosh).await;
        assert!(page.contains("The festival was closed on") && page.contains("name=\"api_key\""), "{page}");
        let log = house.audit_log().await.len();
        for way in ways {
            assert!(!page.contains(&format!("{woosh}/{way}\"")), "{way}: {page}");
            let refused = organiser.sends(&format!("{woosh}/{way}"), &[]).await.page(409);
            assert!(refused.contains("no payments are made there any more"), "{refused}");
        }
        assert_eq!(house.audit_log().await.len(), log, "nothing was done");
        let site = format!("{SET_UP}/accounts/multisafepay");
        let tried = organiser.does(&site, &[("profile_id", MULTISAFEPAY_SITE)]).await;
        assert!(tried.contains("MultiSafepay answers to the key that is kept"), "{tried}");
        organiser.does(&site, &[("profile_id", "999")]).await;
        let listed = organiser.sees(&accounts).await;
        assert!(listed.contains("<code>999</code>") && !listed.contains(asked), "{listed}");
    })
    .await;
}

#[tokio::test]
async fn an_account_that_stays_after_the_end_is_not_to_be_paused() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.ordered("10").await;
        let organiser = house.person(Role::Organiser).await;
        let site = format!("{SET_UP}/accounts/multisafepay");
        assert!(organiser.sees(&site).await.contains("Pause it if nothing more is to be paid"));
        house.ends().await;
        let page = organiser.sees(&site).await;
        assert!(page.contains("this festival has orders there"), "{page}");
        assert!(!page.contains("Pause it") && !page.contains("pause it"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn the_set_up_says_that_the_festival_is_closed_and_its_logo_and_colour_are_shown() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        assert!(!organiser.sees(SET_UP).await.contains("was closed on"));
        let (festival, actor) = (&house.festival, Actor::System("test"));
        let logo =
            br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9H0z"/></svg>"##;
        let change =
            ArtworkChange { logo: Some(Some(logo.to_vec())), colour: Some(Some("#E4002B".to_owned())) };
        let now = festival.clock.now();
        change_artwork(&festival.store, &actor, now, festival.event.id, change).await.unwrap();
        house.ends().await;
        assert!(organiser.sees(SET_UP).await.contains("The festival was closed on"));
        let path = format!("{SET_UP}/artwork");
        let page = organiser.sees(&path).await;
        for part in [": its sheets keep theirs.", &format!("src=\"{path}/logo\""), "<code>#E4002B</code>"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("multipart/form-data"), "{page}");
        assert_eq!(organiser.gets(&format!("{path}/logo")).await.bytes.as_ref(), logo);
        let late = ArtworkChange { colour: Some(None), ..ArtworkChange::default() };
        let refused = change_artwork(&festival.store, &actor, now, festival.event.id, late).await;
        assert!(refused.unwrap_err().to_string().contains("the event is closed"));
    })
    .await;
}

#[tokio::test]
async fn what_a_closed_festivals_sheets_have_is_said_as_it_is() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let office = house.winterfest(json!({})).await;
        let (festival, actor) = (&house.festival, Actor::System("test"));
        let now = festival.clock.now();
        let colour = ArtworkChange { colour: Some(Some("#E4002B".to_owned())), ..ArtworkChange::default() };
        change_artwork(&festival.store, &actor, now, festival.event.id, colour).await.unwrap();
        house.ends().await;
        office.posts("/api/v1/events/winterfest/close", json!({})).await.is(200);
        for (event, said) in
            [("pukkelfest", "its sheets keep their colour"), ("winterfest", "its sheets have neither")]
        {
            let page = organiser.sees(&format!("/console/{event}/set-up/artwork")).await;
            assert!(page.contains(&format!(": {said}.")), "{said} is not in {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_told_of_a_closed_festival_that_holds_only_while_it_is_open() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let bar = house.bar("Main bar").await;
        let organiser = house.person(Role::Organiser).await;
        let office = house.winterfest(json!({})).await;
        let new = json!({ "count": 1, "kind": "card" });
        let batch = office.posts("/api/v1/events/pukkelfest/batches", new).await.is(201);
        let batch = format!("/console/pukkelfest/batches/{}", batch["id"].as_str().unwrap());
        let winter = "/console/winterfest";
        let told = [
            (format!("{SET_UP}/provider"), "once this one is closed", "another one may have the profile"),
            (format!("{SET_UP}/accounts"), "There is none yet", "There was none."),
            (format!("{SET_UP}/terminals/{}", bar.id), "enrolled again", "It can't be undone."),
            (batch, "can spend from every piece", "Nothing is spent from a piece any more"),
            (format!("{winter}/set-up/provider"), "takes the money", "no money is taken any more"),
            (format!("{winter}/batches"), "There is none yet", "There was none."),
        ];
        for (path, holds, _) in &told {
            let page = organiser.sees(path).await;
            assert!(page.contains(holds), "{holds} is not in {page}");
        }
        house.ends().await;
        office.posts("/api/v1/events/winterfest/close", json!({})).await.is(200);
        for (path, held, holds) in &told {
            let page = organiser.sees(path).await;
            assert!(page.contains(holds) && !page.contains(held), "{held}, {holds}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_can_still_be_done_with_a_wristband_after_the_end_is_said_as_it_is() {
    on_both_engines(async |store| {
        let house = House::open(store, 4).await;
        for band in [0, 1, 2] {
            house.tops_up(band, 500).await;
        }
        let desk = house.person(Role::HelpDesk).await;
        let path = |band| format!("/console/pukkelfest/media/{}", house.reference(band));
        desk.does(&format!("{}/freeze", path(1)), &[("reason", "lost")]).await;
        desk.does(&format!("{}/revoke", path(2)), &[("reason", "stolen")]).await;
        house.ends().await;
        for (band, said) in [
            (0, "One that is lost can still be frozen, replaced or revoked"),
            (1, "It can still be unfrozen, replaced or revoked"),
            (2, "and it stays as it is"),
            (3, "One that is lost can still be replaced or revoked"),
        ] {
            let page = desk.sees(&path(band)).await;
            assert!(page.contains(said), "{said} is not in {page}");
            for (word, done) in [("replace", "replaced"), ("revoke", "revoked")] {
                let is_offered = page.contains(&format!("{}/{word}\"", path(band)));
                assert_eq!(is_offered, said.contains(done), "{word}: {page}");
            }
        }
    })
    .await;
}
