//! The help desk in the console: find, see, freeze, replace, revoke, take a sale back.

use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::providers::PaymentStatus;
use crate::sandbox::orders::Outcome;
use crate::web::page::belgian_time;
use crate::web::tests::House;
use serde_json::json;

const MEDIA: &str = "/console/pukkelfest/media";

fn medium(house: &House, band: usize) -> String {
    format!("{MEDIA}/{}", house.reference(band))
}

#[tokio::test]
async fn a_medium_is_found_by_anything_printed_on_it_and_its_pay_code_stays_off_the_page() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let desk = house.person(Role::HelpDesk).await;
        assert!(desk.sees(MEDIA).await.contains("Code or number"));
        let band = &house.festival.bands[0];
        let serial = band.serial.grouped().to_lowercase();
        for code in [band.qr_text.as_str(), house.reference(0), house.pay_code(0), &serial] {
            let found = desk.sends(MEDIA, &[("code", code)]).await;
            assert_eq!((found.status.as_u16(), found.header("location")), (303, medium(&house, 0).as_str()));
        }
        let page = desk.sees(&medium(&house, 0)).await;
        assert!(page.contains(&band.serial.grouped()) && !page.contains(house.pay_code(0)), "{page}");
        // A pay code has no place in an address, nor on the page of a mistake.
        desk.gets(&format!("{MEDIA}/{}", house.pay_code(0))).await.page(404);
        let wrong = house.pay_code(0).replace("PB1", "PB1 ").replace('A', "B") + "X";
        let refused = desk.sends(MEDIA, &[("code", &wrong)]).await.page(422);
        assert!(refused.contains("aria-invalid") && !refused.contains(&wrong), "{refused}");
        for (code, why) in [("", "code-mistake"), ("hello", "code-mistake"), ("00000000", "code-mistake")] {
            assert!(desk.sends(MEDIA, &[("code", code)]).await.page(422).contains(why));
        }
    })
    .await;
}

#[tokio::test]
async fn each_later_part_of_a_purchase_is_told_as_a_part_of_a_shared_one() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Main bar").await;
        let line =
            |product: &str, cents: i64| json!({ "product": product, "quantity": 1, "unit_cents": cents });
        let middle = json!([line("Rest of a sale", 600), line("Paid by a second wristband", -200)]);
        for (cents, lines) in [(400, middle), (200, json!([line("Rest of a sale", 200)]))] {
            let (id, code) = (uuid::Uuid::now_v7(), house.pay_code(0));
            let body = json!({ "id": id, "code": code, "amount_cents": cents, "lines": lines });
            bar.posts("/api/v1/charges", body).await.is(201);
        }
        let page = house.person(Role::HelpDesk).await.sees(&medium(&house, 0)).await;
        assert_eq!(page.matches("part of a shared purchase").count(), 2, "{page}");
        assert!(!page.contains("Rest of a sale"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn every_movement_says_why_and_a_sale_is_taken_back_once_with_a_reason() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Main bar").await;
        let id = uuid::Uuid::now_v7();
        let lines = json!([{ "product": "Pils", "quantity": 2, "unit_cents": 350 }]);
        let body = json!({ "id": id, "code": house.pay_code(0), "amount_cents": 700, "lines": lines });
        bar.posts("/api/v1/charges", body).await.is(201);
        let lines = json!([
            { "product": "Pils", "quantity": 2, "unit_cents": 350 },
            { "product": "Paid by a second wristband", "quantity": 1, "unit_cents": -600 },
        ]);
        let part = json!({ "id": uuid::Uuid::now_v7(), "code": house.pay_code(0), "amount_cents": 100, "lines": lines });
        let part = bar.posts("/api/v1/charges", part).await.is(201);
        let at = belgian_time(house.festival.clock.now());
        let desk = house.person(Role::HelpDesk).await;
        let page = desk.sees(&medium(&house, 0)).await;
        assert!(page.contains("part of a purchase of € 7,00: 2 × Pils · on till"), "{page}");
        let void = format!("/api/v1/charges/{}/void", part["id"].as_str().unwrap());
        bar.posts(&void, json!({})).await.is(200);
        let page = desk.sees(&medium(&house, 0)).await;
        for part in [
            "€ 13,00",
            "Topped up",
            "Bancontact payment",
            "+€ 20,00",
            "Paid at Main bar",
            "2 × Pils · on till",
            "−€ 7,00",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let take_back = format!("/console/pukkelfest/charges/{id}/void?medium={}", house.reference(0));
        assert!(
            page.contains(&take_back) && !page.contains("/payments/"),
            "the desk sees no payments: {page}"
        );
        let asked = desk.sees(&take_back).await;
        let band = &house.festival.bands[0].serial.grouped();
        let sale = format!("€ 7,00 at Main bar, {at}, wristband {band}");
        for part in ["can't be undone", &sale, ">Take € 7,00 back<", &format!(">{band}</a>")] {
            assert!(asked.contains(part), "{part} is not in {asked}");
        }
        let unknown = take_back.replace(&id.to_string(), &uuid::Uuid::now_v7().to_string());
        desk.gets(&unknown).await.page(404);
        desk.sends(&unknown, &[("reason", "flat")]).await.page(404);
        let finance = house.person(Role::Finance).await;
        let told = finance.sees(&medium(&house, 0)).await;
        let payment =
            told.split("href=\"/console/pukkelfest/payments/").nth(1).unwrap().split('"').next().unwrap();
        finance.gets(&format!("/console/pukkelfest/payments/{payment}")).await.page(200);
        assert!(desk.sends(&take_back, &[("reason", "")]).await.page(422).contains("Say why"));
        let done = desk.does(&take_back, &[("reason", "beer was flat")]).await;
        for part in
            ["€ 7,00 went back", "€ 20,00", "taken back later", "by help-desk@fest.example · beer was flat"]
        {
            assert!(done.contains(part), "{part} is not in {done}");
        }
        assert!(!done.contains("/void?medium="), "it can't be taken back again");
        // Its page, reopened or left open, offers nothing more; whoever was later is told that theirs did nothing.
        let already = "help-desk@fest.example took it back on ";
        let reopened = desk.sees(&take_back).await;
        for part in [already, ": “beer was flat”.", "Back to it"] {
            assert!(reopened.contains(part), "{part} is not in {reopened}");
        }
        assert!(!reopened.contains(">Take € 7,00 back<"), "{reopened}");
        let tapped = desk.does(&take_back, &[("reason", "beer was flat")]).await;
        assert!(tapped.contains("€ 7,00 went back") && !tapped.contains("did nothing"), "{tapped}");
        let organiser = house.person(Role::Organiser).await;
        let late = organiser.does(&take_back, &[("reason", "wrong order")]).await;
        let said = format!("What you sent did nothing: {already}");
        assert!(late.contains(&said) && !late.contains("wrong order"), "{late}");
        let viewer = house.person(Role::Viewer).await;
        let page = viewer.sees(&medium(&house, 0)).await;
        assert!(
            page.contains("€ 20,00") && !page.contains("Main bar") && !page.contains("/freeze"),
            "{page}"
        );
        viewer.gets(&take_back).await.page(403);
        viewer.sends(&take_back, &[("reason", "mine")]).await.page(403);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_wristband_is_frozen_and_replaced_with_a_reason_and_the_chain_is_shown() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Main bar").await;
        let desk = house.person(Role::HelpDesk).await;
        let (old, new) = (medium(&house, 0), medium(&house, 1));
        let freeze = format!("{old}/freeze");
        assert!(desk.sees(&freeze).await.contains("From this moment no bar takes it"));
        assert!(desk.sends(&freeze, &[("reason", " ")]).await.page(422).contains("Say why"));
        let scanned = desk.sends(&freeze, &[("reason", "PB10123456789ABCDEF")]).await.page(422);
        assert!(
            scanned.contains("a secret that spends") && !scanned.contains("PB10123456789ABCDEF"),
            "{scanned}"
        );
        let frozen = desk.does(&freeze, &[("reason", "lost at the gate")]).await;
        assert!(frozen.contains("lost at the gate") && frozen.contains("tag waiting\">frozen"), "{frozen}");
        bar.charges(house.pay_code(0), 100).await.refused(409, "medium-not-active");
        // A double tap on a form without an id says what the first one did, and another person's what stands in its way.
        let tapped = desk.does(&freeze, &[("reason", "lost at the gate")]).await;
        assert!(tapped.contains("It is frozen: it pays nothing until it is unfrozen."), "{tapped}");
        let other = house.person(Role::Admin).await;
        let late = other.sends(&freeze, &[("reason", "lost at the gate")]).await.page(422);
        assert!(late.contains("It is frozen already."), "{late}");
        let moves = house.audit_log().await.into_iter().filter(|entry| entry.1 == "medium frozen").count();
        assert_eq!(moves, 1);
        let again = desk.sends(&freeze, &[("reason", "twice")]).await.page(422);
        assert!(again.contains("It is frozen already."), "{again}");
        let replace = format!("{old}/replace");
        assert!(desk.sees(&replace).await.contains("its € 20,00"));
        let pay_code = house.pay_code(1);
        let nothing = desk.sends(&replace, &[("with", ""), ("reason", "lost")]).await.page(422);
        assert!(nothing.contains("with-mistake"));
        let itself = desk.sends(&replace, &[("with", house.pay_code(0)), ("reason", "lost")]).await.page(422);
        assert!(
            itself.contains("A wristband or card can&#39;t replace itself")
                && !itself.contains(house.pay_code(0))
        );
        let mistyped = desk.sends(&replace, &[("with", "F17A-2VRX"), ("reason", "lost")]).await.page(422);
        assert!(mistyped.contains("value=\"F17A-2VRX\""), "what names no medium stays as typed: {mistyped}");
        let number = format!("value=\"{}\"", house.festival.bands[0].serial.grouped());
        assert!(itself.contains(&number), "what was scanned needs no second scan: {itself}");
        let done = desk.does(&replace, &[("with", pay_code), ("reason", "lost"), ("id", "not an id")]).await;
        let serial = house.festival.bands[0].serial.grouped();
        assert!(done.contains(&format!("It replaces {serial} and holds € 20,00 now.")), "{done}");
        assert!(done.contains(&format!("href=\"{old}\">{serial}</a>")), "{done}");
        let moved = desk.sees(&old).await;
        let details = moved.split("<dl class=\"details\">").nth(1).unwrap();
        assert!(
            details.contains(&format!("href=\"{new}\">moved to")),
            "no sentence among the figures: {moved}"
        );
        bar.charges(pay_code, 100).await.is(201);
        // Its payments are the old one's, and are found from the new one.
        let finance = house.person(Role::Finance).await;
        let (list, before) = ("/console/pukkelfest/payments", house.reference(0));
        let asked = finance.sends(list, &[("q", pay_code)]).await;
        let found = finance.sees(asked.header("location")).await;
        let question = format!("<a class=\"serial\" href=\"{list}?q={before}\">{serial}</a>");
        assert!(found.contains(&question) && found.contains("No payment answers to this"), "{found}");
        let found = finance.sees(&format!("{list}?q={before}")).await;
        assert!(found.contains("€ 20,00") && !found.contains("Its wallet was another"), "{found}");
        let third = format!("{}/replace", medium(&house, 2));
        let used = desk.sends(&third, &[("with", pay_code), ("reason", "x")]).await.page(422);
        assert!(used.contains("take one that was never used"));
        // Both faults at once, and the scanner's field has the focus.
        let both = desk.sends(&third, &[("with", pay_code), ("reason", "")]).await.page(422);
        assert!(both.contains("Say why") && both.contains("The new one is active"), "{both}");
        let focus = both.split("<textarea").next().unwrap();
        assert!(focus.contains(" autofocus") && both.matches(" autofocus").count() == 1, "{both}");
        let scanned = format!("it is torn{pay_code}\r\n");
        let kept = desk.sends(&third, &[("with", ""), ("reason", &scanned)]).await.page(422);
        assert!(kept.contains(">it is torn</textarea>") && kept.contains("taken out"), "{kept}");
        assert!(!kept.contains(pay_code), "{kept}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn what_its_visitor_froze_the_desk_may_freeze_and_says_first_what_becomes_of_their_code() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let cookie = house.scanned(0).await;
        let code = house.freezes(&cookie).await;
        let desk = house.person(Role::HelpDesk).await;
        let freeze = format!("{}/freeze", medium(&house, 0));
        let door = format!("href=\"{freeze}\"");
        let page = desk.sees(&medium(&house, 0)).await;
        assert!(page.contains(&door), "{page}");
        let asked = desk.sees(&freeze).await;
        assert!(
            asked.contains("Its visitor froze it") && asked.contains("that code is worth nothing"),
            "{asked}"
        );
        let done = desk.does(&freeze, &[("reason", "a thief has band and code")]).await;
        assert!(done.contains("a thief has band and code") && !done.contains(&door), "{done}");
        assert!(done.contains("freeze taken over from its visitor") && !done.contains("frozen → frozen"));
        house.fills(&cookie, "/w/unfreeze", &format!("code={code}")).await;
        let bar = house.bar("Main bar").await;
        bar.charges(house.pay_code(0), 100).await.refused(409, "medium-not-active");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_wristband_that_was_replaced_twice_names_who_has_its_wallet_and_offers_no_move() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        house.tops_up(0, 2_000).await;
        let desk = house.person(Role::HelpDesk).await;
        let [first, second, third] = [0, 1, 2].map(|band| medium(&house, band));
        let replace = format!("{first}/replace");
        let asked = desk.sees(&replace).await;
        assert!(asked.contains(&format!("action=\"{replace}\"")), "{asked}");
        desk.does(&replace, &[("with", house.reference(1)), ("reason", "torn")]).await;
        desk.does(&format!("{second}/replace"), &[("with", house.reference(2)), ("reason", "torn")]).await;
        let shown = desk.sees(&first).await;
        assert!(shown.contains(&format!("href=\"{third}\">moved to")), "{shown}");
        assert!(!shown.contains(&format!("href=\"{second}\">moved to")), "{shown}");
        for (word, why) in [
            ("freeze", "It is replaced: it can&#39;t be frozen."),
            ("unfreeze", "It is replaced: it can&#39;t be unfrozen."),
            ("replace", "It is replaced already."),
            ("revoke", "It is replaced: it can&#39;t be revoked."),
        ] {
            let path = format!("{first}/{word}");
            let looked = desk.sees(&path).await;
            let tried = desk.sends(&path, &[("reason", "x"), ("with", house.reference(2))]).await.page(422);
            assert!(!looked.contains("Nothing was changed"), "{looked}");
            assert!(tried.contains("Nothing was changed"), "{tried}");
            for page in [looked, tried] {
                assert_eq!(page.matches(why).count(), 1, "{page}");
                assert!(page.contains(&format!("href=\"{first}\">Back to it")), "{page}");
                assert!(!page.contains(&format!("action=\"{path}\"")), "{page}");
            }
        }
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_twice_moves_once_and_only_those_who_may_move_anything() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let desk = house.person(Role::HelpDesk).await;
        let (revoke, spoil) =
            (format!("{}/revoke", medium(&house, 0)), format!("{}/spoil", medium(&house, 1)));
        let id = uuid::Uuid::now_v7().to_string();
        for _ in 0..2 {
            let done = desk.does(&revoke, &[("reason", "stolen"), ("id", &id)]).await;
            assert!(done.contains("It is revoked for good.") && done.contains("tag bad\">revoked"), "{done}");
        }
        let revoked = house.audit_log().await.into_iter().filter(|entry| entry.1 == "medium revoked");
        let entries: Vec<_> = revoked.collect();
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].0.as_str(), entries[0].3.as_deref()),
            ("operator:help-desk@fest.example", Some("stolen"))
        );
        assert!(desk.does(&spoil, &[("reason", "smeared")]).await.contains("It is a misprint now"));
        desk.gets(&format!("{}/melt", medium(&house, 0))).await.page(404);
        for role in [Role::Finance, Role::Viewer] {
            let person = house.person(role).await;
            assert!(!person.sees(&medium(&house, 0)).await.contains("/replace"));
            person.gets(&revoke).await.page(403);
            person.sends(&revoke, &[("reason", "x")]).await.page(403);
        }
        let nobody = house.anonymous().gets(MEDIA).await;
        assert_eq!(nobody.header("location"), "/console/sign-in?next=%2Fconsole%2Fpukkelfest%2Fmedia");
    })
    .await;
}

#[tokio::test]
async fn money_that_waits_for_a_person_stands_on_the_page_of_what_it_was_paid_onto() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        let desk = house.person(Role::HelpDesk).await;
        let (revoked, old, new) = (medium(&house, 0), medium(&house, 1), medium(&house, 2));
        desk.does(&format!("{revoked}/revoke"), &[("reason", "stolen")]).await;
        let before = desk.sees(&revoked).await;
        assert!(
            !before.contains("waits for a person") && before.contains("paid or topped up yet"),
            "{before}"
        );
        house.tops_up(0, 700).await;
        let shown = desk.sees(&revoked).await;
        let why =
            "Paid, waits for a person<br><span class=\"quiet\">paid onto a revoked wristband or card</span>";
        for part in ["€ 7,00", why, "Nothing reached its wallet yet"] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        assert!(!shown.contains("/waiting/"), "the help desk does not decide it: {shown}");
        assert!(!desk.sees(&old).await.contains("waits for a person"), "it was paid onto another");
        let viewer = house.person(Role::Viewer).await;
        assert!(!viewer.sees(&revoked).await.contains("€ 7,00"));
        let finance = house.person(Role::Finance).await;
        let shown = finance.sees(&revoked).await;
        let (_, matter) = shown.split_once("/console/pukkelfest/waiting/").expect("it leads to the matter");
        let matter = format!("/console/pukkelfest/waiting/{}", matter.split('"').next().unwrap());
        finance.does(&matter, &[("do", "back"), ("back_reason", "it was stolen")]).await;
        let decided = desk.sees(&revoked).await;
        assert!(!decided.contains("waits for a person"), "what is decided waits no more: {decided}");
        for part in [
            "Marked for return<br>",
            "Bancontact payment ",
            " · by finance@fest.example · it was stolen",
            "what was paid goes back",
            "€ 7,00",
        ] {
            assert!(decided.contains(part), "{part} is not in {decided}");
        }
        assert!(!desk.sees(&old).await.contains("Back to whoever paid"), "it was paid onto another");
        assert!(!viewer.sees(&revoked).await.contains("€ 7,00"));

        desk.does(&format!("{old}/replace"), &[("with", house.reference(2)), ("reason", "torn")]).await;
        let now = house.festival.clock.now();
        crate::events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        house.tops_up(1, 1_100).await;
        for page in [&old, &new] {
            let shown = desk.sees(page).await;
            assert!(
                shown.contains("€ 11,00") && shown.contains("came after the festival was closed"),
                "{shown}"
            );
        }
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_payment_of_which_nobody_knows_how_much_came_stands_on_the_page_of_what_it_was_paid_onto() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("10").await;
        house
            .hears(order, |report| {
                report.status = PaymentStatus::Succeeded;
                report.currency = Some("USD".to_owned());
            })
            .await;
        let page = house.person(Role::HelpDesk).await.sees(&medium(&house, 0)).await;
        let row = "Paid, waits for a person<br><span class=\"quiet\">no amount to credit</span>";
        assert!(page.contains(row) && !page.contains("€ 10,00"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_sale_of_a_revoked_wristband_is_taken_back_by_whoever_read_that_nobody_spends_it() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Main bar").await;
        let sold = bar.charges(house.pay_code(0), 700).await.is(201);
        let desk = house.person(Role::HelpDesk).await;
        let id = sold["id"].as_str().unwrap();
        let take_back = format!("/console/pukkelfest/charges/{id}/void?medium={}", house.reference(0));
        let warned =
            "What it goes back to is revoked: the money stays on its wallet, and nobody can spend it.";
        assert!(!desk.sees(&take_back).await.contains(warned));
        desk.does(&format!("{}/revoke", medium(&house, 0)), &[("reason", "stolen")]).await;
        let asked = desk.sees(&take_back).await;
        assert!(asked.contains(warned) && asked.contains(">Take € 7,00 back<"), "{asked}");
        desk.does(&take_back, &[("reason", "it was the thief's")]).await;
        assert_eq!(house.balance().await, 2_000);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn the_log_finds_what_was_done_to_a_wristband_by_the_number_that_it_prints() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.tops_up(0, 500).await;
        let desk = house.person(Role::HelpDesk).await;
        desk.does(&format!("{}/freeze", medium(&house, 0)), &[("reason", "lost at the gate")]).await;
        let finance = house.person(Role::Finance).await;
        let serial = &house.festival.bands[0].serial;
        let (printed, bare) = (serial.grouped(), serial.as_str().to_owned());
        let named = format!("Wristband {printed}");
        let shown = format!("Wristband <span class=\"whole\">{printed}</span></a>");
        for what in [&printed, &bare, &printed.to_lowercase(), &named, &named.to_lowercase()] {
            let query = super::urlencoded(&[("what", what)]);
            let page = finance.sees(&format!("/console/log?{query}")).await;
            assert!(page.contains("lost at the gate") && page.contains(&shown), "{what}: {page}");
        }
        let other = house.festival.bands[1].serial.grouped();
        let query = super::urlencoded(&[("what", &other)]);
        let page = finance.sees(&format!("/console/log?{query}")).await;
        assert!(!page.contains("lost at the gate"), "{page}");
        // Of its successor's entries one says that it replaced, and none what was done to the old one before.
        let fields = [("with", house.reference(1)), ("reason", "not found again")];
        desk.does(&format!("{}/replace", medium(&house, 0)), &fields).await;
        for what in [&*other, house.reference(1)] {
            let query = super::urlencoded(&[("what", what)]);
            let page = finance.sees(&format!("/console/log?{query}")).await;
            let by = format!("by Wristband <span class=\"whole\">{other}</span>");
            assert!(page.contains("not found again") && page.contains(&by), "{what}: {page}");
            assert!(!page.contains("lost at the gate"), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn money_that_was_credited_to_another_wristband_is_told_on_both_their_pages() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let desk = house.person(Role::HelpDesk).await;
        desk.does(&format!("{}/revoke", medium(&house, 1)), &[("reason", "stolen")]).await;
        house.tops_up(1, 900).await;
        let finance = house.person(Role::Finance).await;
        let list = finance.sees("/console/pukkelfest/waiting").await;
        let (_, matter) = list.split_once("/console/pukkelfest/waiting/").expect("a matter");
        let matter = format!("/console/pukkelfest/waiting/{}", matter.split('"').next().unwrap());
        assert!(!desk.sees(&medium(&house, 1)).await.contains("credited to"), "it waits");
        let [to, paid] = [0, 1].map(|band: usize| house.festival.bands[band].serial.grouped());
        let fields = [("do", "wallet"), ("to", to.as_str()), ("reason", "it was meant for her")];
        finance.does(&matter, &fields).await;
        let page = desk.sees(&medium(&house, 1)).await;
        for part in [
            &format!("Paid, waited, and credited to {to}"),
            "by finance@fest.example · it was meant for her",
            "€ 9,00",
            "what was paid was credited to another",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("/console/pukkelfest/waiting/"), "a help desk decides nothing of it: {page}");
        assert!(finance.sees(&medium(&house, 1)).await.contains(&matter));
        let page = desk.sees(&medium(&house, 0)).await;
        assert!(page.contains(&format!("paid onto {paid} · by finance@fest.example")), "{page}");
        assert!(page.contains("Bancontact payment ") && !page.contains("credited to another"), "{page}");
        // What was paid onto the wristband whose page it is names no other.
        house.ends().await;
        house.tops_up(0, 500).await;
        let list = finance.sees("/console/pukkelfest/waiting").await;
        let (_, matter) = list.split_once("/console/pukkelfest/waiting/").expect("a matter");
        let matter = format!("/console/pukkelfest/waiting/{}", matter.split('"').next().unwrap());
        finance.does(&matter, &fields).await;
        let page = desk.sees(&medium(&house, 0)).await;
        assert!(page.contains("+€ 5,00") && page.matches("paid onto").count() == 1, "{page}");
    })
    .await;
}

#[tokio::test]
async fn the_log_finds_sales_taken_back_and_money_credited_by_the_number_of_the_wristband() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Main bar").await;
        let sold = bar.charges(house.pay_code(0), 700).await.is(201);
        let finance = house.person(Role::Finance).await;
        let desk = house.person(Role::HelpDesk).await;
        let take_back = format!(
            "/console/pukkelfest/charges/{}/void?medium={}",
            sold["id"].as_str().unwrap(),
            house.reference(0)
        );
        desk.does(&take_back, &[("reason", "flat beer")]).await;
        desk.does(&format!("{}/revoke", medium(&house, 1)), &[("reason", "stolen")]).await;
        house.tops_up(1, 900).await;
        let list = finance.sees("/console/pukkelfest/waiting").await;
        let (_, matter) = list.split_once("/console/pukkelfest/waiting/").expect("a matter");
        let matter = format!("/console/pukkelfest/waiting/{}", matter.split('"').next().unwrap());
        let serials = [0, 1, 2].map(|band: usize| house.festival.bands[band].serial.grouped());
        let to = [("do", "wallet"), ("to", serials[0].as_str()), ("reason", "it was meant for her")];
        finance.does(&matter, &to).await;
        for (serial, taken_back, credited) in
            [(&serials[0], true, true), (&serials[1], false, true), (&serials[2], false, false)]
        {
            let query = super::urlencoded(&[("what", serial)]);
            let page = finance.sees(&format!("/console/log?{query}")).await;
            let found = ["flat beer", "it was meant for her"].map(|why| page.contains(why));
            assert_eq!(found, [taken_back, credited], "{serial}: {page}");
        }
        let id = matter.rsplit('/').next().unwrap();
        assert!(finance.sees(&format!("/console/log?what={id}")).await.contains("it was meant for her"));
    })
    .await;
}

#[tokio::test]
async fn what_is_left_after_a_festival_goes_to_a_new_wristband_and_nothing_else_is_done() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        house.tops_up(0, 2_000).await;
        let desk = house.person(Role::HelpDesk).await;
        let now = house.festival.clock.now();
        crate::events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        let (old, unused) = (medium(&house, 0), medium(&house, 2));
        let page = desk.sees(&old).await;
        for part in
            ["The festival was closed on ", "nothing is paid with it any more", "/freeze\"", "/replace\""]
        {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let page = desk.sees(&unused).await;
        for word in ["activate", "spoil", "quarantine"] {
            assert!(!page.contains(&format!("{unused}/{word}\"")), "{word}: {page}");
            let refused = desk.sends(&format!("{unused}/{word}"), &[("reason", "late")]).await.page(409);
            assert!(refused.contains("The festival was closed on"), "{refused}");
        }
        let asked = desk.sees(&format!("{old}/freeze")).await;
        assert!(asked.contains("no bar takes it anyway"), "{asked}");
        assert!(desk.does(&format!("{old}/freeze"), &[("reason", "lost")]).await.contains("It is frozen."));
        let said = desk.does(&format!("{old}/unfreeze"), &[("reason", "found")]).await;
        assert!(said.contains("It is not frozen any more."), "{said}");
        assert!(desk.sees(&format!("{old}/replace")).await.contains("neither of them pays"));
        let fields = [("with", house.reference(1)), ("reason", "lost after all")];
        let replaced = desk.does(&format!("{old}/replace"), &fields).await;
        assert!(replaced.contains("€ 20,00"), "{replaced}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_sale_that_a_terminal_took_back_is_told_by_the_name_of_the_device() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Main bar").await;
        let sold = bar.charges(house.pay_code(0), 700).await.is(201);
        let void = format!("/api/v1/charges/{}/void", sold["id"].as_str().unwrap());
        bar.posts(&void, json!({})).await.is(200);
        let page = house.person(Role::HelpDesk).await.sees(&medium(&house, 0)).await;
        assert!(page.contains("Taken back by Main bar") && page.contains("by till"), "{page}");
        assert!(!page.contains(&bar.id), "{page}");
    })
    .await;
}

#[tokio::test]
async fn what_a_provider_sent_back_or_a_bank_took_stands_with_its_why_on_the_page_of_what_was_paid() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let (refunded, charged_back) = (house.ordered("30").await, house.ordered("20").await);
        house.bank_says(refunded, Outcome::Paid).await;
        house.bank_says(charged_back, Outcome::Paid).await;
        let notice = house.festival.bank.orders().refund_by_hand(&refunded.to_string(), 1_000).unwrap();
        house.receives(&notice).await.is(200);
        house.bank_says(charged_back, Outcome::ChargedBack).await;
        let desk = house.person(Role::HelpDesk).await;
        // Whoever took its wallet over is asked about it as well.
        let (old, new) = (medium(&house, 0), medium(&house, 1));
        desk.does(&format!("{old}/replace"), &[("with", house.reference(1)), ("reason", "torn")]).await;
        for path in [&old, &new] {
            let page = desk.sees(path).await;
            for part in [
                "Back to whoever paid",
                "Sent back at the provider<br>",
                "The provider sent € 10,00 of € 30,00 back to the payer",
                "Charged back<br>",
                "took € 20,00 of € 20,00 back",
                "MultiSafepay payment ",
            ] {
                assert!(page.contains(part), "{part} is not in {page}");
            }
            assert!(!page.contains("/waiting/"), "the help desk does not decide it: {page}");
        }
        let shown = house.person(Role::Finance).await.sees(&new).await;
        assert_eq!(shown.matches("/console/pukkelfest/waiting/").count(), 2, "{shown}");
        assert!(!house.person(Role::Viewer).await.sees(&new).await.contains("back to the payer"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_again_with_something_else_in_it_is_refused_and_says_what_differs() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        house.tops_up(0, 2_000).await;
        let desk = house.person(Role::HelpDesk).await;
        let replace = format!("{}/replace", medium(&house, 0));
        let id = uuid::Uuid::now_v7().to_string();
        let sent = |band, reason| [("with", house.reference(band)), ("reason", reason), ("id", id.as_str())];
        desk.does(&replace, &sent(1, "torn")).await;
        let revoke = format!("{}/revoke", medium(&house, 0));
        let spoil = format!("{}/spoil", medium(&house, 2));
        for (path, fields, why) in [
            (&replace, sent(2, "torn"), "with another new one"),
            (&replace, sent(1, "lost"), "with another reason"),
            (&revoke, sent(1, "torn"), "for something else"),
            (&spoil, sent(1, "torn"), "for another wristband or card"),
        ] {
            let page = desk.sends(path, &fields).await.page(422);
            let said = format!("Nothing was changed: This form was already used {why}");
            assert!(page.contains(&said) && page.contains("open the page again"), "{said} is not in {page}");
            assert!(!page.contains("name=\"id\""), "what is used up is not offered again: {page}");
        }
        let unused = desk.sees(&medium(&house, 2)).await;
        assert!(unused.contains("never moved since"), "{unused}");
        // The same again is the same answer.
        let again = desk.does(&replace, &sent(1, "torn")).await;
        assert!(again.contains("It replaces ") && again.contains("€ 20,00"), "{again}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn all_codes_of_a_piece_count_as_one_piece() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let desk = house.person(Role::HelpDesk).await;
        let [first, second] = &house.festival.bands[..] else { panic!("two wristbands") };
        let serial = first.serial.grouped();
        let first = [first.qr_text.as_str(), first.pay_qr_text.as_str(), house.reference(0), serial.as_str()];
        for (codes, pieces) in [
            (String::new(), 0),
            (first.join("\n"), 1),
            (format!("{}\r\n{}\r\n", first[0], second.pay_qr_text), 2),
            (format!("{}\nnobody's\nnobody's", first[0]), 2),
        ] {
            let counted = desk.sends(&format!("{MEDIA}/pieces"), &[("codes", &codes)]).await.is(200);
            assert_eq!(counted["pieces"], pieces, "{codes}");
        }
    })
    .await;
}
