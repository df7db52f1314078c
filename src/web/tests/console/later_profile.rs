//! A festival set up without a Bancontact profile, and the profile that is added to it later.

use super::house::with;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::web::tests::House;
use serde_json::json;

#[tokio::test]
async fn a_festival_set_up_for_another_provider_is_led_to_its_account() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let typed = with(&[("profile_id", "")]);
        let later = |profile_id: &'static str| -> Vec<(&'static str, &str)> {
            let mut form = with(&[("profile_id", profile_id)]);
            form.push(("provider", "later"));
            form
        };
        assert!(organiser.sends("/console/new", &typed).await.page(422).contains("profile_id-mistake"));
        let both = organiser.sends("/console/new", &later("5c18cbd1296e9a26d3278519")).await.page(422);
        assert!(both.contains("Leave it empty, or choose Bancontact"), "{both}");
        assert!(both.contains("value=\"later\" selected"), "what was chosen stays: {both}");
        let next = organiser.does("/console/new", &later("")).await;
        for part in [
            "Zomer 2027 is set up",
            "Next: an account at a provider",
            "There is none yet",
            "visitors can't pay at all",
        ] {
            assert!(next.contains(part), "{part} is not in {next}");
        }
        let beside = organiser.sees("/console/pukkelfest/set-up/accounts").await;
        assert!(beside.contains("visitors can only pay a printed Bancontact code"), "{beside}");
        let log = organiser.sees("/console/zomer-2027/set-up/provider").await;
        assert!(log.contains("http://127.0.0.1:8080/t"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn a_profile_that_comes_later_is_printed_from_then_on_and_old_codes_keep_leading_to_our_page() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.winterfest(json!({})).await;
        let organiser = house.person(Role::Organiser).await;
        let set_up = organiser.sees("/console/winterfest/set-up").await;
        assert!(set_up.contains("Give it an account at a provider"), "{set_up}");
        house.winter_account(&office).await;
        let set_up = organiser.sees("/console/winterfest/set-up").await;
        assert!(set_up.contains("Issue and print wristbands"), "{set_up}");
        let old = office.prints(json!({"count": 1, "kind": "card"})).await;
        let path = "/console/winterfest/set-up/provider";
        assert!(organiser.sees(path).await.contains("no Bancontact profile"));
        let typed = |id: &'static str| [("profile_id", id), ("environment", "preprod")];
        for (id, why) in [
            ("", "profile_id-mistake"),
            ("12", "profile_id-mistake"),
            (crate::payments::test_festival::PROFILE, "already serves an open event"),
        ] {
            let refused = organiser.sends(path, &typed(id)).await.page(422);
            assert!(refused.contains(why), "{why} is not in {refused}");
        }
        let several =
            [("profile_id", "12"), ("environment", "preprod"), ("api_url", "ftp:"), ("pay_url", "x")];
        let refused = organiser.sends(path, &several).await.page(422);
        for field in ["profile_id", "api_url", "pay_url"] {
            assert!(refused.contains(&format!("id=\"{field}-mistake\"")), "{field} is not named: {refused}");
        }
        house.person(Role::Viewer).await.sends(path, &typed("aaaaaaaaaaaaaaaaaaaaaaaa")).await.page(403);
        let added = organiser.does(path, &typed("aaaaaaaaaaaaaaaaaaaaaaaa")).await;
        for part in ["are Bancontact&#39;s", "/callbacks/bancontact/winterfest", "preprod"] {
            assert!(added.contains(part) || added.contains(&part.replace("&#39;", "'")), "{part}: {added}");
        }
        assert_eq!(house.audit_log().await[0].1, "event profile added");
        let new = office.prints(json!({"count": 1, "kind": "card"})).await;
        assert!(new.top_up.contains("/t/1/aaaaaaaaaaaaaaaaaaaaaaaa?"), "{}", new.top_up);
        let again = office.gets(&format!("{}/codes.csv", old.path)).await;
        assert!(String::from_utf8(again.bytes.to_vec()).unwrap().contains(&old.top_up));
        let bar = house.winter_bar(&office).await;
        for text in [&old.top_up, &new.top_up] {
            assert_eq!(bar.looks_up(text).await.is(200)["balance_cents"], 0);
        }
    })
    .await;
}
