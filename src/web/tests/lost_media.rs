//! The help desk: lost, found, stolen.

use super::House;
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events;
use crate::operators::Role;
use serde_json::json;

#[tokio::test]
async fn a_lost_wristband_is_frozen_found_again_and_revoked() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 1_000).await;
        let (bar, desk) = (house.bar("Bar 1").await, house.office(Role::HelpDesk).await);
        let path = |what: &str| format!("/api/v1/media/{}/{what}", house.reference(0));
        let frozen = desk.posts(&path("freeze"), json!({ "reason": "lost" })).await.is(200);
        assert_eq!((&frozen["status"], &frozen["balance_cents"]), (&json!("frozen"), &json!(1_000)));
        let problem = bar.charges(house.pay_code(0), 100).await.refused(409, "medium-not-active");
        assert_eq!(problem["medium_status"], "frozen");
        let problem = desk.posts(&path("freeze"), json!({})).await.refused(409, "not-allowed-from");
        assert_eq!(problem["medium_status"], "frozen");
        let nobody = house.anonymous().posts(&path("unfreeze"), json!({})).await;
        nobody.refused(401, "unauthorized");
        assert_eq!(
            desk.sends(axum::http::Method::POST, &path("unfreeze"), "").await.is(200)["status"],
            "active"
        );
        bar.charges(house.pay_code(0), 100).await.is(201);
        assert_eq!(
            desk.posts(&path("revoke"), json!({})).await.refused(422, "invalid-request")["field"],
            "reason"
        );
        let revoked = desk.posts(&path("revoke"), json!({ "reason": "stolen" })).await.is(200);
        assert_eq!(revoked["status"], "revoked");
        bar.charges(house.pay_code(0), 100).await.refused(409, "medium-not-active");
        let (who, what, _, why) = house.audit_log().await[0].clone();
        assert!(who.starts_with("operator:help-desk-"));
        assert_eq!((what.as_str(), why.as_deref()), ("medium revoked", Some("stolen")));
        house.festival.expect_clean_books().await;
    })
    .await;
}

impl House {
    /// The festival is closed.
    pub(super) async fn ends(&self) {
        let (store, now) = (&self.festival.store, self.festival.clock.now());
        events::close(store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
    }
}

#[tokio::test]
async fn after_a_festival_a_lost_wristband_is_still_replaced_and_none_is_put_into_use() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        house.tops_up(0, 1_000).await;
        let desk = house.office(Role::HelpDesk).await;
        house.ends().await;
        let path = |band: usize, what: &str| format!("/api/v1/media/{}/{what}", house.reference(band));
        desk.posts(&path(1, "activate"), json!({})).await.refused(409, "event-closed");
        for (what, status) in [("freeze", "frozen"), ("unfreeze", "active")] {
            assert_eq!(desk.posts(&path(0, what), json!({})).await.is(200)["status"], status);
        }
        let with = json!({ "with": house.reference(1), "reason": "lost" });
        let replaced = desk.posts(&path(0, "replace"), with).await.is(200);
        assert_eq!((&replaced["status"], &replaced["balance_cents"]), (&json!("replaced"), &json!(1_000)));
        let revoked = desk.posts(&path(2, "revoke"), json!({ "reason": "found in the mud" })).await.is(200);
        assert_eq!(revoked["status"], "revoked");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_replaced_wristband_keeps_its_money_and_loses_its_pay_code() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        house.tops_up(0, 1_000).await;
        house.tops_up(2, 500).await;
        let (bar, desk) = (house.bar("Bar 1").await, house.office(Role::HelpDesk).await);
        let path = format!("/api/v1/media/{}/replace", house.festival.bands[0].serial.as_str());
        desk.posts(&path, json!({ "with": house.pay_code(0) })).await.refused(409, "same-successor");
        let used =
            desk.posts(&path, json!({ "with": house.reference(2) })).await.refused(409, "not-allowed-from");
        assert_eq!(used["medium_status"], "active");
        desk.posts(&path, json!({ "with": "PB1AAAAAAAAAAAAAAAA" })).await.refused(404, "unknown-medium");
        desk.posts(&path, json!({ "with": "HELLO" })).await.refused(422, "foreign-code");
        desk.posts(&path, json!({})).await.refused(422, "invalid-request");
        let replaced =
            desk.posts(&path, json!({ "with": house.pay_code(1), "reason": "torn" })).await.is(200);
        assert_eq!((&replaced["status"], &replaced["balance_cents"]), (&json!("replaced"), &json!(1_000)));
        bar.charges(house.pay_code(0), 100).await.refused(409, "medium-not-active");
        let old = bar.looks_up(house.pay_code(0)).await.is(200);
        assert_eq!((&old["status"], &old["can_spend"]), (&json!("replaced"), &json!(false)));
        assert_eq!(bar.charges(house.pay_code(1), 100).await.is(201)["balance_cents"], 900);
        house.tops_up(0, 300).await;
        assert_eq!(bar.looks_up(house.pay_code(1)).await.is(200)["balance_cents"], 1_200);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn media_are_named_by_what_is_public_and_moved_by_whoever_may() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let desk = house.office(Role::HelpDesk).await;
        for name in [house.pay_code(0), "AAAAAAAAAAAAAAB", "HELLO", "%F0%9F%8D%BA"] {
            let path = format!("/api/v1/media/{name}/activate");
            desk.posts(&path, json!({})).await.refused(404, "unknown-medium");
        }
        let path = format!("/api/v1/media/{}/activate", house.reference(0).to_lowercase());
        for role in [Role::Finance, Role::Viewer] {
            let problem = house.office(role).await.posts(&path, json!({})).await.refused(403, "not-allowed");
            assert_eq!(problem["right"], "move-media");
        }
        assert_eq!(desk.posts(&path, json!({})).await.is(200)["status"], "active");
        desk.posts(&path, json!({ "reason": "x".repeat(501) })).await.refused(422, "invalid-request");
    })
    .await;
}
