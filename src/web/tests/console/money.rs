//! What needs a person, payments and comparisons, through the pages.

use super::Person;
use crate::audit_log::Actor;
use crate::codes::Reference;
use crate::db::testing::on_both_engines;
use crate::events::{RuleChanges, change_rules};
use crate::money::Cents;
use crate::operators::Role;
use crate::providers::{PaymentStatus, ProviderName};
use crate::sandbox::orders::Outcome;
use crate::sandbox::{CallbackMode, DebtorRequest, FaultsChange, PayRequest, Status};
use crate::web::tests::House;
use crate::web::tests::providers::Till;
use std::time::Duration;

const WAITING: &str = "/console/pukkelfest/waiting";
const PAYMENTS: &str = "/console/pukkelfest/payments";
const RECONCILE: &str = "/console/pukkelfest/reconcile";
const RETURNS: &str = "/console/pukkelfest/returns";

impl House {
    /// Parks money that names nobody's reference.
    async fn parks(&self, cents: i64) {
        let nobodys = Reference::draw(&mut rand::rng());
        let stranger = self.festival.bands[0].qr_text.replace(self.reference(0), nobodys.as_str());
        let callback = self.paid(&stranger, cents, CallbackMode::Deliver, Status::Succeeded).await;
        self.anonymous().calls_back("pukkelfest", &callback).await.is(200);
    }

    /// How a wristband is named where it has a link.
    fn link(&self, band: usize) -> String {
        let (reference, serial) = (self.reference(band), self.festival.bands[band].serial.grouped());
        format!("<a href=\"/console/pukkelfest/media/{reference}\">Wristband {serial}</a>")
    }
}

impl Person<'_> {
    /// The addresses of the open matters.
    async fn matters(&self) -> Vec<String> {
        let page = self.sees(WAITING).await;
        let link = format!("href=\"{WAITING}/");
        let ids = page.split(&link).skip(1);
        ids.map(|rest| format!("{WAITING}/{}", rest.split('"').next().unwrap())).collect()
    }
}

#[tokio::test]
async fn parked_money_is_given_to_the_wallet_of_what_was_scanned_and_marked_for_return() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.parks(700).await;
        house.parks(800).await;
        let finance = house.person(Role::Finance).await;
        let list = finance.sees(WAITING).await;
        for part in
            ["Money in suspense: names no wristband or card of this festival", ">€ 7,00<", ">€ 8,00<", "Payment <code>"]
        {
            assert!(list.contains(part), "{part} is not in {list}");
        }
        let matters = finance.matters().await;
        let [first, second] = matters.as_slice() else { panic!("{matters:?}") };
        let story = finance.sees(first).await;
        assert!(story.contains("Credit this wallet") && story.contains("Mark it for return"), "{story}");
        let payment =
            story.split("href=\"/console/pukkelfest/payments/").nth(1).unwrap().split('"').next().unwrap();
        let payment = format!("{PAYMENTS}/{payment}");
        let page = finance.sees(&payment).await;
        let link = format!("<a href=\"{first}\"><strong>Money in suspense</strong></a>");
        assert!(page.contains(&link) && page.contains(">waits</span>"), "{page}");
        // What is wrong stands beside its field, and what was typed stays.
        let serial = house.festival.bands[1].serial.grouped();
        for (to, reason, wrong) in [
            (serial.as_str(), " ", "Say why"),
            (house.pay_code(1), "", "Say why"),
            ("", "hers", "Scan the wristband or card, or type its number."),
            ("PB1ZZZZZZZZZZZZZZZZ", "hers", "no wristband or card with this code"),
            ("https://evil.example/", "hers", "it is not one of ours"),
        ] {
            let fields = [("do", "wallet"), ("to", to), ("reason", reason)];
            let page = finance.sends(first, &fields).await.page(422);
            // A pay code stands in no page: its wristband's number does, where it has one.
            let kept = match to {
                known if known == house.pay_code(1) => serial.as_str(),
                unknown if unknown.starts_with("PB1") => "",
                typed => typed,
            };
            let field = format!("name=\"to\" value=\"{kept}\"");
            assert!(page.contains(wrong) && page.contains(&field), "{page}");
        }
        let fields = [("do", "wallet"), ("to", serial.as_str()), ("reason", "she showed her bank app")];
        let after = finance.does(first, &fields).await;
        let done = format!("€ 7,00 is credited: the wallet holds € 7,00 now. {}", house.link(1));
        assert!(after.contains(&done) && !after.contains(first.as_str()), "{after}");
        assert!(finance.sees(first).await.contains("she showed her bank app"));
        let page = finance.sees(&payment).await;
        assert!(page.contains(&link) && page.contains(">resolved</span>"), "{page}");
        assert_eq!(finance.sees(second).await.matches("autofocus").count(), 1);
        let silent = finance.sends(second, &[("do", "back"), ("back_reason", "")]).await.page(422);
        assert!(silent.contains("id=\"back_reason-mistake\"") && !silent.contains("id=\"reason-mistake\""));
        let after = finance.does(second, &[("do", "back"), ("back_reason", "paid twice")]).await;
        let done = format!("€ 8,00 is marked for return. <a href=\"{RETURNS}\">On its way back</a>");
        assert!(after.contains(&done), "{after}");
        assert!(finance.matters().await.is_empty());
        // Each payment says what became of it, and so does one that never was money.
        let code = &house.festival.bands[0].qr_text;
        let failed = house.paid(code, 900, CallbackMode::Deliver, Status::Failed).await;
        house.anonymous().calls_back("pukkelfest", &failed).await.is(200);
        let list = finance.sees(PAYMENTS).await;
        for part in ["put on a wallet by a person", "on its way back to the payer", "no money came"] {
            assert!(list.contains(part), "{part} is not in {list}");
        }
        assert!(!list.contains("in suspense: ") && !list.contains("not money yet"), "{list}");
        assert!(finance.sees(&payment).await.contains("Succeeded, put on a wallet by a person"));
        // Resolved otherwise, it is said and not done.
        let late = [("do", "wallet"), ("to", serial.as_str()), ("reason", "again")];
        let page = finance.sends(second, &late).await.page(422);
        assert!(page.contains("resolved before, otherwise") || page.contains("Resolved"), "{page}");
        let log = house.audit_log().await;
        let resolved: Vec<_> = log.iter().filter(|entry| entry.1 == "parked matter resolved").collect();
        assert_eq!(resolved.len(), 2);
        assert_eq!(resolved[1].3.as_deref(), Some("she showed her bank app"));
        let log = finance.sees("/console/log").await;
        let named = ">€ 7,00: names no wristband or card of this festival</a><br><span class=\"quiet\">Pukkelfest</span>";
        let credited = format!("€ 7,00 to Wristband <span class=\"whole\">{serial}</span>");
        for part in [credited.as_str(), "€ 8,00 to whoever paid", named] {
            assert!(log.contains(part), "{part} is not in {log}");
        }
        assert!(!log.contains("suspense of bancontact"), "how a provider names it is on its page: {log}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn money_onto_a_stopped_medium_says_who_had_stopped_it_and_why() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let desk = house.person(Role::HelpDesk).await;
        let medium = format!("/console/pukkelfest/media/{}", house.reference(1));
        let quarantine = format!("{medium}/quarantine");
        desk.does(&quarantine, &[("reason", "van was opened")]).await;
        house.tops_up(1, 700).await;
        house.parks(800).await;
        // What became of it later is another story.
        house.festival.clock.advance(Duration::from_secs(60));
        desk.does(&format!("{medium}/release"), &[("reason", "found again")]).await;
        desk.does(&quarantine, &[("reason", "gone once more")]).await;
        let finance = house.person(Role::Finance).await;
        let matters = finance.matters().await;
        let [stolen, strangers] = matters.as_slice() else { panic!("{matters:?}") };
        let story = finance.sees(stolen).await;
        let printed = format!("{medium}\">{}</a>", house.festival.bands[1].serial.grouped());
        for part in ["quarantined by help-desk@fest.example on ", ": van was opened<", printed.as_str()] {
            assert!(story.contains(part), "{part} is not in {story}");
        }
        assert!(!story.contains("gone once more"), "{story}");
        assert!(!finance.sees(strangers).await.contains("<dt>It was</dt>"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn much_money_takes_two_people_who_say_the_same() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.parks(60_000).await;
        let (organiser, finance) = (house.person(Role::Organiser).await, house.person(Role::Finance).await);
        let matter = finance.matters().await.pop().unwrap();
        let shown = finance.sees(&matter).await;
        assert!(
            shown.contains("From € 500,00 on this takes two people") && shown.contains("Propose this wallet")
        );
        assert!(!shown.contains("credited at once") && shown.contains("before a second person"), "{shown}");
        let fields = [("do", "wallet"), ("to", house.reference(0)), ("reason", "it is hers")];
        let said = finance.does(&matter, &fields).await;
        assert!(said.contains("a second person has to say the same"), "{said}");
        assert!(said.contains("waits for a second person"));
        let list = organiser.sees(WAITING).await;
        assert!(
            list.contains("finance@fest.example: credit <a href=") && list.contains(&house.link(0)),
            "{list}"
        );
        let log = finance.sees(&format!("/console/log?what={}", house.reference(0))).await;
        assert!(log.contains("parked matter proposed") && log.contains("it is hers"), "{log}");
        // The same person again is still one person, and another reason of theirs is not dropped in silence.
        let again = finance.does(&matter, &fields).await;
        assert!(!again.contains("Nothing was changed"), "{again}");
        let other = [("do", "wallet"), ("to", house.reference(0)), ("reason", "she called")];
        let again = finance.does(&matter, &other).await;
        for part in ["Nothing was changed: you had said so before", "Reason: “it is hers”."] {
            assert!(again.contains(part), "{part} is not in {again}");
        }
        assert_eq!(house.balance().await, 0);
        // Nobody agrees with themselves, and nobody has said that it goes back.
        let own = finance.sees(&matter).await;
        assert!(own.contains(">Propose this wallet<") && own.contains(">Propose to return it<"), "{own}");
        let story = organiser.sees(&matter).await;
        assert!(story.contains(">Propose this wallet, or agree to it<"), "{story}");
        let serial = house.festival.bands[0].serial.grouped();
        assert!(
            story.contains(&format!("name=\"to\" value=\"{serial}\"")),
            "what was proposed is to be agreed to: {story}"
        );
        assert!(story.contains(">Propose to return it<"), "{story}");
        let link = house.link(0);
        for part in ["<strong>finance@fest.example</strong> proposed on ", &link, "Reason: “it is hers”."]
        {
            assert!(story.contains(part), "{part} is not in {story}");
        }
        assert!(!story.contains("operator:") && !story.contains("differ"), "{story}");
        organiser.does(&matter, &fields).await;
        assert_eq!(house.balance().await, 60_000);
        let after = organiser.sees(&matter).await;
        assert!(after.contains("by organiser@fest.example on ") && after.contains(&link), "{after}");
        assert!(!after.contains("proposed on"), "{after}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_proposal_awaits_nobody_once_the_limit_is_above_it() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.parks(60_000).await;
        let (organiser, finance) = (house.person(Role::Organiser).await, house.person(Role::Finance).await);
        let matter = finance.matters().await.pop().unwrap();
        finance.does(&matter, &[("do", "back"), ("back_reason", "nobody's")]).await;
        let awaits = "It happens when a second person says the same.";
        assert!(organiser.sees(&matter).await.contains(awaits));
        let limit = RuleChanges { second_person: Some(Cents(60_001)), ..RuleChanges::default() };
        let (store, now) = (&house.festival.store, house.festival.clock.now());
        change_rules(store, &Actor::System("test"), now, "pukkelfest", &limit).await.unwrap();
        let page = organiser.sees(&matter).await;
        assert!(page.contains("proposed on") && page.contains("The wallet is credited at once"), "{page}");
        assert!(!page.contains(awaits), "{page}");
        let fields = [("do", "wallet"), ("to", house.reference(0)), ("reason", "it is hers")];
        organiser.does(&matter, &fields).await;
        assert_eq!(house.balance().await, 60_000);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn equal_payments_are_told_apart_and_the_wallet_that_was_paid_is_offered_with_what_it_may_hold() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.holds_at_most("pukkelfest", 5_000).await;
        house.tops_up(0, 4_000).await;
        house.tops_up(0, 2_500).await;
        house.tops_up(0, 2_500).await;
        house.tops_up(1, 6_000).await;
        let finance = house.person(Role::Finance).await;
        let list = finance.sees(WAITING).await;
        let serials = [0, 1].map(|band: usize| house.festival.bands[band].serial.grouped());
        let rows = list.split("<th scope=\"row\">").skip(1);
        let mut titles: Vec<&str> =
            rows.map(|row| row.split_once("\">").unwrap().1.split("</a>").next().unwrap()).collect();
        assert!(titles[0].starts_with(&format!("€ 25,00 for {}<", serials[0])), "{titles:?}");
        assert!(titles[2].starts_with(&format!("€ 60,00 for {}<", serials[1])), "{titles:?}");
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), 3, "{titles:?}");
        assert!(list.contains("Money in suspense: its wallet would hold more than it may"), "{list}");
        let paid = format!(
            "<a class=\"serial\" href=\"/console/pukkelfest/media/{}\">{}</a>",
            house.reference(0),
            serials[0]
        );
        assert!(list.contains(&paid), "{list}");
        let matters = finance.matters().await;
        let story = finance.sees(&matters[0]).await;
        for part in [
            &format!(
                "Wristband {} holds € 40,00; with this it would hold € 65,00, and € 50,00 is the most.",
                serials[0]
            ),
            &format!("name=\"to\" value=\"{}\"", serials[0]),
        ] {
            assert!(story.contains(part), "{part} is not in {story}");
        }
        // What is said of a wallet is said of the one that stands in the form.
        let other = [("do", "wallet"), ("to", serials[1].as_str()), ("reason", "")];
        let page = finance.sends(&matters[0], &other).await.page(422);
        assert!(page.contains(&format!("<p class=\"notice\">Wristband {} holds ", serials[1])), "{page}");
        assert!(!page.contains("with this it would hold € 65,00"), "{page}");
        let warned = format!("{} 6500", house.reference(0));
        assert!(story.contains(&format!("name=\"warned\" value=\"{warned}\"")), "{story}");
        let fields =
            [("do", "wallet"), ("to", &*serials[0]), ("reason", "she wants it"), ("warned", &*warned)];
        let credited = finance.does(&matters[0], &fields).await;
        assert_eq!(house.balance().await, 6_500);
        let said = "the wallet holds € 65,00 now, which is more than the € 50,00 that it may";
        assert!(credited.contains(said), "{credited}");
        // What is emptied while its form waits is not filled in again.
        let emptied = [("do", "wallet"), ("to", ""), ("reason", "hers")];
        let page = finance.sends(&matters[1], &emptied).await.page(422);
        assert!(page.contains("name=\"to\" value=\"\""), "{page}");
        // A wallet that takes nothing is not offered.
        let desk = house.person(Role::HelpDesk).await;
        let revoke = format!("/console/pukkelfest/media/{}/revoke", house.reference(1));
        desk.does(&revoke, &[("reason", "stolen")]).await;
        let story = finance.sees(&matters[2]).await;
        assert!(story.contains("name=\"to\" value=\"\""), "{story}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn money_leads_over_what_a_wallet_may_hold_only_once_its_page_has_said_so_of_that_wallet() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        house.holds_at_most("pukkelfest", 5_000).await;
        for (band, cents) in [(0, 4_000), (1, 4_500), (0, 2_500)] {
            house.tops_up(band, cents).await;
        }
        let finance = house.person(Role::Finance).await;
        let matter = finance.matters().await.pop().unwrap();
        let [paid, other, free] = [0, 1, 2].map(|band: usize| house.festival.bands[band].serial.grouped());
        let on_other = |cents: i64| format!("{} {cents}", house.reference(1));
        let sent = async |to: &str, warned: &str| {
            let fields = [("do", "wallet"), ("to", to), ("reason", "it is his"), ("warned", warned)];
            finance.sends(&matter, &fields).await
        };
        // What was said of another wallet, or nothing at all, is not enough, and all that was typed stays.
        for warned in ["", "x", &format!("{} 6500", house.reference(0)), &on_other(6_999)] {
            let page = sent(&other, warned).await.page(422);
            for part in [
                "It would lead over what a wallet may hold",
                &format!("Wristband {other} holds € 45,00; with this it would hold € 70,00"),
                &format!("name=\"warned\" value=\"{}\"", on_other(7_000)),
                &format!("name=\"to\" value=\"{other}\""),
                ">it is his</textarea>",
            ] {
                assert!(page.contains(part), "{warned:?}: {part} is not in {page}");
            }
            assert!(!page.contains(&format!("Wristband {paid} holds")), "{page}");
        }
        // It came to hold more meanwhile: that is said anew.
        house.tops_up(1, 500).await;
        let page = sent(&other, &on_other(7_000)).await.page(422);
        assert!(page.contains("with this it would hold € 75,00"), "{page}");
        assert_eq!(sent(&other, &on_other(7_500)).await.header("location"), WAITING);
        let list = finance.sees(&format!("/console/log?what={other}")).await;
        assert!(list.contains("it is his"), "{list}");
        // What fits is credited at once.
        house.tops_up(0, 3_000).await;
        let matter = finance.matters().await.pop().unwrap();
        let fields = [("do", "wallet"), ("to", &*free), ("reason", "hers")];
        assert!(finance.does(&matter, &fields).await.contains("the wallet holds € 30,00 now."));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn each_of_two_people_is_told_before_much_money_leads_over_what_a_wallet_may_hold() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.holds_at_most("pukkelfest", 5_000).await;
        house.tops_up(0, 4_000).await;
        house.tops_up(0, 60_000).await;
        let (finance, organiser) = (house.person(Role::Finance).await, house.person(Role::Organiser).await);
        let matter = finance.matters().await.pop().unwrap();
        let serial = house.festival.bands[0].serial.grouped();
        let warned = format!("{} 64000", house.reference(0));
        let blind = [("do", "wallet"), ("to", &*serial), ("reason", "it is hers")];
        let told = [&blind[..], &[("warned", &*warned)]].concat();
        for person in [&finance, &organiser] {
            let page = person.sends(&matter, &blind).await.page(422);
            for part in ["It would lead over what a wallet may hold", "with this it would hold € 640,00"] {
                assert!(page.contains(part), "{part} is not in {page}");
            }
            assert_eq!(house.balance().await, 4_000);
            let done = person.does(&matter, &told).await;
            let said = match house.balance().await {
                4_000 => "a second person has to say the same",
                _ => "the wallet holds € 640,00 now, which is more than the € 50,00 that it may",
            };
            assert!(done.contains(said), "{done}");
        }
        assert_eq!(house.balance().await, 64_000);
        organiser.does(&matter, &told).await;
        assert_eq!(house.balance().await, 64_000);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_agreed_and_whoever_said_so_first_stand_on_the_list_of_what_goes_back() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let desk = house.person(Role::HelpDesk).await;
        let revoke = format!("/console/pukkelfest/media/{}/revoke", house.reference(0));
        desk.does(&revoke, &[("reason", "stolen")]).await;
        house.tops_up(0, 60_000).await;
        let (organiser, finance) = (house.person(Role::Organiser).await, house.person(Role::Finance).await);
        let matter = finance.matters().await.pop().unwrap();
        finance.does(&matter, &[("do", "back"), ("back_reason", "mail of 23 November")]).await;
        organiser.does(&matter, &[("do", "back"), ("back_reason", "I agree")]).await;
        let page = finance.sees(RETURNS).await;
        let words = "finance@fest.example: “mail of 23 November”<br>organiser@fest.example: “I agree”";
        let serial = house.festival.bands[0].serial.grouped();
        let paid = format!(
            "<a class=\"serial\" href=\"/console/pukkelfest/media/{}\">{serial}</a>",
            house.reference(0)
        );
        for part in [words, &paid] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_comparison_that_found_something_stays_on_the_page_behind_those_that_found_nothing() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let code = house.festival.bands[0].qr_text.clone();
        house.paid(&code, 2_000, CallbackMode::Drop, Status::Succeeded).await;
        let finance = house.person(Role::Finance).await;
        let told = "Before them: what found something, or went wrong";
        for _ in 0..10 {
            house.festival.clock.advance(Duration::from_secs(60));
            house.reconciles().await;
        }
        let settled = "data-label=\"Settled\">1<";
        let page = finance.sees(RECONCILE).await;
        assert!(page.contains(settled) && !page.contains(told), "{page}");
        house.festival.clock.advance(Duration::from_secs(60));
        house.reconciles().await;
        let page = finance.sees(RECONCILE).await;
        let (latest, before) = page.split_once(told).expect("it is told apart");
        assert!(!latest.contains(settled) && latest.matches("class=\"window\"").count() == 10, "{page}");
        assert!(before.contains(settled) && before.matches("class=\"window\"").count() == 1, "{page}");
    })
    .await;
}

#[tokio::test]
async fn people_who_differ_are_all_named_until_two_say_the_same() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.parks(60_000).await;
        let (organiser, finance) = (house.person(Role::Organiser).await, house.person(Role::Finance).await);
        let matter = finance.matters().await.pop().unwrap();
        let hers = [("do", "wallet"), ("to", house.reference(0)), ("reason", "it is hers")];
        finance.does(&matter, &hers).await;
        let his = [("do", "wallet"), ("to", house.reference(1)), ("reason", "it is his")];
        house.festival.clock.advance(Duration::from_secs(7));
        let said = organiser.does(&matter, &his).await;
        let times = said.split(" proposed on ").skip(1).filter_map(|rest| rest.split(": ").next());
        let times: Vec<_> = times.collect();
        assert!(times.len() == 2 && times[0] < times[1], "one minute, told apart: {times:?}");
        for part in [
            "finance@fest.example and organiser@fest.example differ: nothing moves until two people say the same",
            &house.link(0),
            &house.link(1),
            "Reason: “it is hers”.",
            "Reason: “it is his”.",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        let back = [("do", "back"), ("back_reason", "nobody knows")];
        let said = finance.does(&matter, &back).await;
        assert!(said.contains("return it to whoever paid. Reason: “nobody knows”."), "{said}");
        assert!(organiser.sees(&matter).await.contains(">Agree to return it<"));
        assert!(said.contains("organiser@fest.example and finance@fest.example differ"), "{said}");
        // What was said of a wristband and taken back is found by its number, too.
        let log = finance.sees(&format!("/console/log?what={}", house.reference(0))).await;
        assert!(log.contains("it is hers") && !log.contains("it is his"), "{log}");
        let second = &house.festival.bands[1].reference;
        assert_eq!((house.balance().await, house.festival.balance(second).await), (0, 0));
        let admin = house.person(Role::Admin).await;
        let said = admin.does(&matter, &hers).await;
        let all = "organiser@fest.example, finance@fest.example and admin@fest.example differ";
        assert!(said.contains(all) && said.matches(" proposed on ").count() == 3, "{said}");
        // What the organiser said stands, whoever spoke since.
        let done = finance.does(&matter, &his).await;
        assert!(done.contains("the wallet holds € 600,00 now"), "{done}");
        assert_eq!((house.balance().await, house.festival.balance(second).await), (0, 60_000));
        let agreed = organiser.sees(&matter).await;
        for part in ["by finance@fest.example on ", "organiser@fest.example had said the same on ", &house.link(1)] {
            assert!(agreed.contains(part), "{part} is not in {agreed}");
        }
        assert!(!agreed.contains("differ") && !agreed.contains("admin@fest.example had said"), "{agreed}");
        // Whoever comes late is told that theirs did nothing, in the same way or another.
        let did_nothing = "What you sent did nothing: finance@fest.example had resolved this";
        let late = organiser.does(&matter, &his).await;
        assert!(late.contains(did_nothing) && late.contains("Decided: credit"), "{late}");
        let late = admin.sends(&matter, &hers).await.page(422);
        assert!(late.contains(did_nothing) && late.contains(&house.link(1)), "{late}");
        assert_eq!((house.balance().await, house.festival.balance(second).await), (0, 60_000));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_on_its_way_back_is_listed_page_by_page_until_it_has_gone() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let finance = house.person(Role::Finance).await;
        assert!(finance.sees(RETURNS).await.contains("Nothing is on its way back."));
        let nobodys = house.festival.bands[0].qr_text.replace(house.reference(0), "E98Y1AD8J3EWCF0");
        let request = PayRequest {
            payload: nobodys,
            amount_cents: Some(2_000),
            outcome: Status::Succeeded,
            callback: CallbackMode::Drop,
            description: None,
            debtor: Some(DebtorRequest { name: Some("Wannes Peeters".to_owned()), iban: None }),
        };
        house.festival.bank.pay(request).await.unwrap();
        house.festival.clock.advance(Duration::from_secs(1));
        finance.does(RECONCILE, &[("from", ""), ("to", "")]).await;
        house.app_settles().await;
        let back = [("do", "back"), ("back_reason", "paid by mistake")];
        finance.does(&finance.matters().await.pop().unwrap(), &back).await;
        for book in ["/console/pukkelfest", "/console/pukkelfest/books"] {
            let page = finance.sees(book).await;
            assert!(page.contains(&format!("<a href=\"{RETURNS}\">€ 20,00</a>")), "{page}");
        }
        let page = finance.sees(RETURNS).await;
        for part in [
            "€ 20,00",
            "through Bancontact",
            "finance@fest.example: “paid by mistake”",
            "Still to send",
            "tells nothing of that",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(page.contains("Show who paid") && !page.contains("Wannes"), "{page}");
        let page = finance.sees(&format!("{RETURNS}?payers=yes")).await;
        assert!(page.contains("Paid by Wannes Peeters"), "{page}");
        let log = house.audit_log().await;
        assert_eq!(log.iter().filter(|entry| entry.1 == "payers seen").count(), 1, "a look is written down");
        assert_eq!(house.person(Role::HelpDesk).await.gets(RETURNS).await.status.as_u16(), 403);
        // One page has fifty; the next begins behind it, though all were marked at one moment.
        for _ in 0..50 {
            house.parks(100).await;
        }
        for matter in finance.matters().await {
            finance.does(&matter, &back).await;
        }
        let first = finance.sees(RETURNS).await;
        let lines = |page: &str| page.matches("<th scope=\"row\">").count();
        assert_eq!(lines(&first), 50, "{first}");
        assert!(first.contains("not booked as gone: € 70,00 in all"), "{first}");
        let next =
            first.split(&format!("href=\"{RETURNS}?after=")).nth(1).unwrap().split('"').next().unwrap();
        let rest = finance.sees(&format!("{RETURNS}?after={next}")).await;
        assert!(lines(&rest) == 1 && !rest.contains("€ 20,00"), "{rest}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_possible_counterfeit_is_kept_or_taken_back_as_far_as_it_is_there() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        for band in 0..2 {
            let request = PayRequest {
                payload: house.festival.bands[band].qr_text.clone(),
                amount_cents: Some(1_000),
                outcome: Status::Succeeded,
                callback: CallbackMode::Drop,
                description: Some("Beer for free".to_owned()),
                debtor: None,
            };
            house.festival.bank.pay(request).await.unwrap();
        }
        let finance = house.person(Role::Finance).await;
        finance.does(RECONCILE, &[("from", ""), ("to", "")]).await;
        house.app_settles().await;
        let matters = finance.matters().await;
        let [kept, back] = matters.as_slice() else { panic!("{matters:?}") };
        let story = finance.sees(kept).await;
        assert!(story.contains("Keep it there") && story.contains("Take it back"), "{story}");
        let reference = story.split("name=\"to\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let wrong = [("do", "wallet"), ("to", "E98Y1AD8J3EWCF0"), ("reason", "guessed")];
        let page = finance.sends(kept, &wrong).await.page(422);
        assert!(page.contains("class=\"mistake\""), "{page}");
        finance.does(kept, &[("do", "wallet"), ("to", reference), ("reason", "her bank app cuts it")]).await;
        finance.does(back, &[("do", "return"), ("reason", "a sticker on the toilet door")]).await;
        for band in &house.festival.bands {
            let left = if band.reference.as_str() == reference { 1_000 } else { 0 };
            assert_eq!(house.festival.balance(&band.reference).await, left);
        }
        house.festival.expect_clean_books().await;
    })
    .await;
}

impl House {
    /// Waits for the comparisons under way.
    async fn app_settles(&self) {
        let desk = self.office(Role::Finance).await;
        desk.posts("/api/v1/events/pukkelfest/reconcile", serde_json::json!({})).await.is(200);
    }
}

#[tokio::test]
async fn payments_are_found_by_anything_and_payers_seen_by_few_and_never_unnoticed() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.tops_up(0, 2_000).await;
        house.tops_up(1, 3_000).await;
        house.parks(700).await;
        let finance = house.person(Role::Finance).await;
        let all = finance.sees(PAYMENTS).await;
        assert!(all.contains("€ 20,00") && all.contains("€ 30,00") && all.contains("in suspense: "));
        // The newest stands first: the first one paid is the last.
        let id = payment_ids(&all)[2].clone();
        let band = &house.festival.bands[0];
        for q in [
            id.as_str(),
            band.reference.as_str(),
            &band.serial.grouped(),
            band.pay_code.reveal(),
            &band.qr_text,
            &band.reference.as_str().to_lowercase(),
        ] {
            let page = finance.seeks(&[("q", q)]).await;
            assert!(page.contains("€ 20,00") && !page.contains("€ 30,00"), "{q}: {page}");
        }
        for (query, found) in [
            ("?status=SUCCEEDED", true),
            ("?status=FAILED", false),
            ("?q=nothing", false),
            ("?from=2026-07-03T19:59", true),
            ("?from=2026-07-03T20:30", false),
            ("?from=2026-07-03T19:00&to=2026-07-03T19:30", false),
        ] {
            let page = finance.sees(&format!("{PAYMENTS}{query}")).await;
            assert_eq!(page.contains("€ 20,00"), found, "{query}");
        }
        let wrong = finance.gets(&format!("{PAYMENTS}?from=yesterday")).await.page(422);
        assert!(wrong.contains("value=\"yesterday\"") && wrong.contains("2026-07-03T20:04"));
        let backwards = [("from", "2026-07-03T20:30"), ("to", "2026-07-03T19:00")];
        let wrong = finance.sends(PAYMENTS, &backwards).await.page(422);
        assert!(wrong.contains("from-mistake") && wrong.contains("From is not before the end, "), "{wrong}");
        assert!(!wrong.contains("No payment answers"), "{wrong}");
        let wrong = finance.gets(&format!("{PAYMENTS}?status=b")).await.page(422);
        assert!(wrong.contains("status-mistake") && wrong.contains("there are PENDING, "), "{wrong}");
        // Who paid: for finance, on request, and written down.
        let seen = |log: &[(String, String, String, Option<String>)]| {
            log.iter().filter(|entry| entry.1 == "payers seen").count()
        };
        assert!(!all.contains("*****") && seen(&house.audit_log().await) == 0);
        let with = finance.sees(&format!("{PAYMENTS}?payers=yes")).await;
        assert!(with.contains("*****"), "{with}");
        assert_eq!(seen(&house.audit_log().await), 1);
        let organiser = house.person(Role::Organiser).await;
        let without = organiser.sees(&format!("{PAYMENTS}?payers=yes")).await;
        assert!(!without.contains("*****") && !without.contains("Show who paid"));
        assert_eq!(seen(&house.audit_log().await), 1);
    })
    .await;
}

/// The providers' ids on a page of payments.
fn payment_ids(page: &str) -> Vec<String> {
    let ids = page.split("<th scope=\"row\"><a href=\"").skip(1);
    ids.map(|rest| rest.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned()).collect()
}

impl Person<'_> {
    /// The page of payments that a form leads to, or is answered with.
    async fn seeks(&self, fields: &[(&str, &str)]) -> String {
        let answer = self.sends(PAYMENTS, fields).await;
        match answer.status.as_u16() {
            303 => self.sees(answer.header("location")).await,
            _ => answer.page(200),
        }
    }

    /// The amounts of the payments that answer this.
    async fn finds(&self, fields: &[(&str, &str)]) -> Vec<String> {
        let page = self.seeks(fields).await;
        let cells = page.split("data-label=\"Amount\">€ ").skip(1);
        cells.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    }
}

/// The address of the page of payments that answers this.
fn asking(fields: &[(&str, &str)]) -> String {
    format!("{PAYMENTS}?{}", super::urlencoded(fields))
}

#[tokio::test]
async fn payments_are_found_by_amount_order_text_and_payer_and_all_that_is_asked_holds_together() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.with_account(ProviderName::MultiSafepay).await;
        house.tops_up(0, 2_000).await;
        house.tops_up(1, 3_000).await;
        let order = house.ordered("30").await;
        house.bank_says(order, Outcome::Paid).await;
        let stranger = PayRequest {
            payload: house.festival.bands[1].qr_text.clone(),
            amount_cents: Some(400),
            outcome: Status::Succeeded,
            callback: CallbackMode::Drop,
            description: Some("Drinks for 100% ÉLODIE".to_owned()),
            debtor: Some(DebtorRequest {
                name: Some("Wannes Peeters".to_owned()),
                iban: Some("BE68539007547034".to_owned()),
            }),
        };
        house.festival.bank.pay(stranger).await.unwrap();
        let finance = house.person(Role::Finance).await;
        finance.does(RECONCILE, &[("from", ""), ("to", "")]).await;
        house.app_settles().await;
        let order = order.to_string();
        let through = ("provider", "multisafepay");
        for (fields, found) in [
            (vec![("q", "30,00")], vec!["30,00", "30,00"]),
            (vec![("q", "€ 20")], vec!["20,00"]),
            (vec![("q", "31")], vec![]),
            (vec![("q", "30,00"), through], vec!["30,00"]),
            (vec![("q", "30,00"), ("status", "FAILED")], vec![]),
            (vec![("q", "30,00"), ("to", "2026-07-03T19:00")], vec![]),
            (vec![through], vec!["30,00"]),
            (vec![through, ("from", "2026-07-04T19:00")], vec![]),
            (vec![("q", order.as_str())], vec!["30,00"]),
            (vec![("q", order.as_str()), ("provider", "bancontact")], vec![]),
            (vec![("q", house.reference(0)), ("provider", "bancontact")], vec!["20,00"]),
            (vec![("q", "100% élodie")], vec!["4,00"]),
            (vec![("q", "100_")], vec![]),
            (vec![("q", "drinks"), through], vec![]),
            (vec![("payer", "wannes")], vec!["4,00"]),
            (vec![("payer", "BE68 5390 0754 7034"), ("q", "4")], vec!["4,00"]),
            (vec![("payer", "wannes"), ("q", "20")], vec![]),
        ] {
            assert_eq!(finance.finds(&fields).await, found, "{fields:?}");
        }
        // An id that is found is left out by what else is asked.
        let all = finance.sees(PAYMENTS).await;
        assert!(
            all.contains("through MultiSafepay, by ") && all.contains("through Bancontact, by "),
            "{all}"
        );
        for id in payment_ids(&all) {
            assert_eq!(finance.finds(&[("q", &id)]).await.len(), 1, "{id}");
            assert!(finance.finds(&[("q", &id), ("status", "FAILED")]).await.is_empty(), "{id}");
        }
        let doubtful = finance.gets(&asking(&[("q", "1.000")])).await.page(422);
        assert!(doubtful.contains("q-mistake") && doubtful.contains("reads only one way"), "{doubtful}");
        let nowhere = finance.gets(&asking(&[("provider", "paypal")])).await.page(422);
        assert!(nowhere.contains("is not a provider"), "{nowhere}");
        // A text is looked for in a span of time, which is said.
        let bounded = "Looked through what was made since ";
        assert!(finance.sees(&asking(&[("q", "drinks")])).await.contains(bounded));
        let asked = [("q", "drinks"), ("from", "2026-07-01T00:00")];
        assert!(!finance.sees(&asking(&asked)).await.contains(bounded));
        // Programs ask by provider, too.
        let office = house.office(Role::Finance).await;
        let listed = office.gets("/api/v1/payments?event=pukkelfest&provider=multisafepay").await.is(200);
        assert_eq!(listed["payments"].as_array().unwrap().len(), 1);
        assert_eq!(listed["payments"][0]["provider"], "multisafepay");
        let wrong = office.gets("/api/v1/payments?event=pukkelfest&provider=x").await;
        assert_eq!(wrong.refused(422, "invalid-request")["field"], "provider");
    })
    .await;
}

#[tokio::test]
async fn payments_are_found_by_what_their_matters_are_called() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        house.parks(700).await;
        house.parks(800).await;
        let order = house.ordered("30").await;
        house.bank_says(order, Outcome::Paid).await;
        let notice = house.festival.bank.orders().refund_by_hand(&order.to_string(), 1_000).unwrap();
        house.receives(&notice).await.is(200);
        let finance = house.person(Role::Finance).await;
        let why = "names no wristband or card of this festival";
        let serial = house.festival.bands[0].serial.grouped();
        for (typed, found) in [
            (format!("€ 7,00: {why}"), vec!["7,00"]),
            (format!("Money in suspense: {why}"), vec!["8,00", "7,00"]),
            (format!("€ 9,00: {why}"), vec![]),
            (format!("€ 10,00 of a payment of € 30,00 for {serial}"), vec!["30,00"]),
            (format!("€ 7,00 for {serial}"), vec![]),
            ("€ 10,00: refunded at the provider".to_owned(), vec!["30,00"]),
            ("€ 30,00: refunded at the provider".to_owned(), vec!["30,00"]),
        ] {
            assert_eq!(finance.finds(&[("q", &typed)]).await, found, "{typed}");
        }
    })
    .await;
}

#[tokio::test]
async fn payers_are_looked_for_by_few_and_each_look_is_written_down_even_when_it_finds_nobody() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let looks = async || {
            let log = house.audit_log().await;
            log.iter().filter(|entry| entry.1 == "payers looked for").count()
        };
        let finance = house.person(Role::Finance).await;
        assert!(finance.sees(PAYMENTS).await.contains("name=\"payer\""));
        assert!(!finance.seeks(&[("payer", "nobody at all")]).await.contains("€ 20,00"));
        assert_eq!(looks().await, 1);
        assert!(house.audit_log().await.iter().all(|entry| !format!("{entry:?}").contains("nobody at all")));
        let organiser = house.person(Role::Organiser).await;
        assert!(!organiser.sees(PAYMENTS).await.contains("name=\"payer\""));
        let refused = organiser.sends(PAYMENTS, &[("payer", "nobody at all")]).await.page(422);
        assert!(refused.contains("Your role may not see who paid."), "{refused}");
        assert_eq!(looks().await, 1);
    })
    .await;
}

#[tokio::test]
async fn no_address_holds_a_pay_code_or_who_paid_and_no_page_prints_a_pay_code() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let finance = house.person(Role::Finance).await;
        let band = &house.festival.bands[0];
        for cents in 101..=151 {
            let request = PayRequest {
                payload: band.qr_text.clone(),
                amount_cents: Some(cents),
                outcome: Status::Succeeded,
                callback: CallbackMode::Drop,
                description: None,
                debtor: Some(DebtorRequest { name: Some("Wannes Peeters".to_owned()), iban: None }),
            };
            house.festival.bank.pay(request).await.unwrap();
        }
        house.festival.clock.advance(Duration::from_secs(1));
        finance.does(RECONCILE, &[("from", ""), ("to", "")]).await;
        house.app_settles().await;
        let (code, nobodys) = (house.pay_code(0), "PB1ZZZZZZZZZZZZZZZZ");
        let answer = finance.sends(PAYMENTS, &[("q", code), ("status", "SUCCEEDED")]).await;
        let found = format!("{PAYMENTS}?q={}&status=SUCCEEDED", band.reference);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, found.as_str()));
        let page = finance.sees(&found).await;
        assert!(page.contains("€ 1,01") && page.contains(">Older</a>") && !page.contains(code), "{page}");
        let both = finance.sends(PAYMENTS, &[("q", code), ("payer", "wannes")]).await.page(200);
        let field = format!("name=\"q\" value=\"{}\"", band.reference);
        assert!(both.contains(&field) && both.contains("€ 1,01") && !both.contains(code), "{both}");
        let unknown = finance.sends(PAYMENTS, &[("q", nobodys)]).await.page(422);
        assert!(
            unknown.contains("no wristband or card with this code") && !unknown.contains(nobodys),
            "{unknown}"
        );
        // Whoever wrote the address, nothing is looked for by it.
        for (field, typed) in [("q", code), ("q", nobodys), ("payer", "wannes")] {
            let page = finance.gets(&asking(&[(field, typed)])).await.page(422);
            assert!(page.contains("no place in an address") && !page.contains(typed), "{page}");
        }
        // The form itself has the pages of what is found by who paid.
        let first = finance.sends(PAYMENTS, &[("payer", "wannes")]).await.page(200);
        assert!(
            first.contains("name=\"payer\" value=\"wannes\"") && first.contains("Paid by Wannes Peeters")
        );
        assert_eq!((payment_ids(&first).len(), first.matches("wannes").count()), (50, 1), "{first}");
        let after = first.split("name=\"after\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let second = finance.sends(PAYMENTS, &[("payer", "wannes"), ("after", after)]).await.page(200);
        assert_eq!((payment_ids(&second).len(), second.matches("wannes").count()), (1, 1), "{second}");
        assert!(second.contains(">Newest</a>") && !second.contains("name=\"after\""), "{second}");
    })
    .await;
}

#[tokio::test]
async fn a_payment_without_an_amount_is_closed_with_a_reason_and_settled_when_one_is_reported() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let finance = house.person(Role::Finance).await;
        let hides = |is_hidden| {
            let change = FaultsChange { open_amounts_as_zero: Some(is_hidden), ..FaultsChange::default() };
            house.festival.bank.change_faults(change).unwrap();
        };
        hides(true);
        let code = house.festival.bands[0].qr_text.clone();
        house.paid(&code, 2_000, CallbackMode::Drop, Status::Succeeded).await;
        house.festival.clock.advance(Duration::from_secs(1));
        assert_eq!(house.reconciles().await["parked"], 1);
        let matter = finance.matters().await.pop().expect("a matter");
        let story = finance.sees(&matter).await;
        for part in ["A payment to look at", "Close it", "reported later is settled all the same"] {
            assert!(story.contains(part), "{part} is not in {story}");
        }
        let payment = story.split(&format!("href=\"{PAYMENTS}/")).nth(1).unwrap().split('"').next().unwrap();
        let page = finance.sees(&format!("{PAYMENTS}/{payment}")).await;
        assert!(page.contains(&format!("<a href=\"{matter}\"><strong>A payment to look at<")), "{page}");
        let silent = finance.sends(&matter, &[("do", "return"), ("reason", "")]).await.page(422);
        assert!(silent.contains("id=\"reason-mistake\""), "{silent}");
        let credit = [("do", "wallet"), ("to", house.reference(0)), ("reason", "it is hers")];
        let refused = finance.sends(&matter, &credit).await.page(422);
        assert!(refused.contains("No amount is known that could be credited"), "{refused}");
        finance.does(&matter, &[("do", "return"), ("reason", "the bank knows of none")]).await;
        let closed = finance.sees(&matter).await;
        assert!(
            closed.contains("Decided: close it") && closed.contains("the bank knows of none"),
            "{closed}"
        );
        // The same again asks nobody again.
        assert_eq!(house.reconciles().await["parked"], 0);
        assert!(finance.matters().await.is_empty());
        house.festival.expect_clean_books().await;
        hides(false);
        assert_eq!(house.reconciles().await["settled"], 1);
        assert_eq!(house.balance().await, 2_000);
        assert!(finance.matters().await.is_empty());
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_payment_has_a_page_that_names_its_provider_and_shows_who_paid_on_request() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let finance = house.person(Role::Finance).await;
        let all = finance.sees(PAYMENTS).await;
        assert!(!all.contains("through Bancontact") && !all.contains("name=\"provider\""), "{all}");
        let link = all.split("<th scope=\"row\"><a href=\"").nth(1).unwrap().split('"').next().unwrap();
        let page = finance.sees(link).await;
        let (reference, serial) = (house.reference(0), house.festival.bands[0].serial.grouped());
        let onto = format!("<a class=\"serial\" href=\"/console/pukkelfest/media/{reference}\">{serial}</a>");
        assert!(all.contains(&onto) && all.contains(&format!("<code>{reference}</code>")), "{all}");
        for part in
            ["€ 20,00", "Succeeded, on its wallet", "Bancontact, account ", onto.as_str(), "Show who paid"]
        {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("For a person to decide"), "{page}");
        let seen = async || house.audit_log().await.iter().filter(|entry| entry.1 == "payers seen").count();
        assert!(!page.contains("*****") && seen().await == 0);
        assert!(finance.sees(&format!("{link}?payers=yes")).await.contains("*****"));
        assert_eq!(seen().await, 1);
        let organiser = house.person(Role::Organiser).await;
        assert!(!organiser.sees(&format!("{link}?payers=yes")).await.contains("*****"));
        assert_eq!(seen().await, 1);
        finance.gets(&format!("{PAYMENTS}/{}", uuid::Uuid::now_v7())).await.page(404);
        house.person(Role::HelpDesk).await.gets(link).await.page(403);
    })
    .await;
}

#[tokio::test]
async fn payments_are_shown_the_newest_first_with_the_older_behind_a_link() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        for cents in 101..=152 {
            house.tops_up(0, cents).await;
        }
        let finance = house.person(Role::Finance).await;
        let amounts = |page: &str| -> Vec<i64> {
            let cells = page.split("data-label=\"Amount\">€ ").skip(1);
            cells.map(|rest| rest.split('<').next().unwrap().replace(',', "").parse().unwrap()).collect()
        };
        for query in ["", "?status=SUCCEEDED", "?from=2026-07-03T19:59"] {
            let first = finance.sees(&format!("{PAYMENTS}{query}")).await;
            assert_eq!(amounts(&first), (103..=152).rev().collect::<Vec<i64>>(), "{query}");
            assert!(!first.contains("Next page") && !first.contains(">Newest</a>"), "{first}");
            let (before, _) = first.split_once("\" rel=\"next\">Older</a>").unwrap();
            let older = before.rsplit("href=\"").next().unwrap().replace("&#38;", "&");
            let second = finance.sees(&older).await;
            assert_eq!(amounts(&second), [102, 101], "{older}");
            assert!(second.contains(">Newest</a>") && !second.contains(">Older</a>"), "{second}");
        }
        // Programs read them in the order they became known, as before.
        let office = house.office(Role::Finance).await;
        let listed = office.gets("/api/v1/payments?event=pukkelfest&limit=2").await.is(200);
        assert_eq!(listed["payments"][0]["amount_cents"], 101);
        assert_eq!(listed["payments"][1]["amount_cents"], 102);
    })
    .await;
}

#[tokio::test]
async fn a_comparison_is_started_and_watched() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let code = house.festival.bands[0].qr_text.clone();
        house.paid(&code, 2_000, CallbackMode::Drop, Status::Succeeded).await;
        let finance = house.person(Role::Finance).await;
        let wrong = finance.sends(RECONCILE, &[("from", "2026-07-03T20:00"), ("to", "2026-07-03T19:00")]);
        let wrong = wrong.await.page(422);
        for part in ["value=\"2026-07-03T20:00\"", "From is not before the end, 3/7/2026 19:00."] {
            assert!(wrong.contains(part), "{part} is not in {wrong}");
        }
        let early = [("from", "2040-01-01T00:00"), ("to", "2041-01-01T00:00")];
        let early = finance.sends(RECONCILE, &early).await.page(422);
        for part in ["id=\"from-mistake\">This moment has not come yet.", "value=\"2040-01-01T00:00\""] {
            assert!(early.contains(part), "{part} is not in {early}");
        }
        let run = finance.does(RECONCILE, &[("from", ""), ("to", "")]).await;
        assert!(run.contains("This comparison is "), "{run}");
        house.app_settles().await;
        let list = finance.sees(RECONCILE).await;
        let id = list.split(&format!("href=\"{RECONCILE}/")).nth(1).unwrap().split('"').next().unwrap();
        let page = finance.sees(&format!("{RECONCILE}/{id}")).await;
        assert!(page.contains("complete") && page.contains("Listed by the provider"), "{page}");
        assert_eq!(house.balance().await, 2_000);
        finance.gets(&format!("{RECONCILE}/{}", uuid::Uuid::now_v7())).await.page(404);
    })
    .await;
}

#[tokio::test]
async fn a_comparison_of_a_window_finds_what_was_paid_in_it_and_nothing_else() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        // Paid at eight, nine and ten in the evening, and no callback came.
        for cents in [100, 2_000, 40_000] {
            house.festival.pays(0, cents).await;
            house.festival.clock.advance(Duration::from_secs(3_600));
        }
        let finance = house.person(Role::Finance).await;
        let window = [("from", "2026-07-03T20:30"), ("to", "2026-07-03T21:30")];
        let run = finance.does(RECONCILE, &window).await;
        assert!(run.contains("This comparison is "), "{run}");
        // Whoever asks for the same waits for the end of the one under way.
        let same = serde_json::json!({ "from": "2026-07-03T18:30:00Z", "to": "2026-07-03T19:30:00Z" });
        let desk = house.office(Role::Finance).await;
        desk.posts("/api/v1/events/pukkelfest/reconcile", same).await.is(200);
        let list = finance.sees(RECONCILE).await;
        let first = list.split(&format!("href=\"{RECONCILE}/")).last().unwrap();
        let page = finance.sees(&format!("{RECONCILE}/{}", first.split('"').next().unwrap())).await;
        assert!(page.contains("complete") && page.contains("3/7/2026"), "{page}");
        assert_eq!(house.balance().await, 2_000);
        let found = finance.sees(PAYMENTS).await;
        assert!(found.contains("€ 20,00") && !found.contains("€ 1,00") && !found.contains("€ 400,00"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_window_before_the_festival_was_set_up_is_compared_and_said_to_have_nothing_of_it() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let created_at = house.festival.event.created_at;
        let hours = |count: u64| created_at.before(Duration::from_secs(count * 3_600)).to_string();
        let desk = house.office(Role::Finance).await;
        let compares = async |window: serde_json::Value| {
            desk.posts("/api/v1/events/pukkelfest/reconcile", window).await.is(200)
        };
        let run = compares(serde_json::json!({ "from": hours(2), "to": hours(1) })).await;
        assert_eq!((&run["listed"], &run["state"]), (&0.into(), &"complete".into()));
        let warning = run["warning"].as_str().unwrap();
        assert!(warning.contains("before the event was set up"), "{warning}");
        let finance = house.person(Role::Finance).await;
        let page = finance.sees(&format!("{RECONCILE}/{}", run["run"].as_str().unwrap())).await;
        assert!(
            page.contains("All of this window lies before the event was set up: nothing of the"),
            "{page}"
        );
        let run = compares(serde_json::json!({ "from": hours(2) })).await;
        assert!(run.get("warning").is_none(), "{run}");
    })
    .await;
}

#[tokio::test]
async fn a_payment_that_was_parked_says_how_much_of_it_has_gone_back_to_its_payer() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("20").await;
        let desk = house.person(Role::HelpDesk).await;
        let quarantine = format!("/console/pukkelfest/media/{}/quarantine", house.reference(0));
        desk.does(&quarantine, &[("reason", "van was opened")]).await;
        house.bank_says(order, Outcome::Paid).await;
        let finance = house.person(Role::Finance).await;
        assert!(
            finance.sees(PAYMENTS).await.contains("in suspense: paid onto a wristband or card in quarantine")
        );
        let matter = finance.matters().await.remove(0);
        finance.does(&matter, &[("do", "back"), ("back_reason", "not handed out")]).await;
        for (cents, became, left) in [
            (
                700,
                "€ 7,00 of € 20,00 gone back to the payer, the rest on its way",
                "€ 13,00 <span class=\"quiet\">of € 20,00</span>",
            ),
            (1_300, ">gone back to the payer<", "Nothing is on its way back."),
        ] {
            let notice = house.festival.bank.orders().refund_by_hand(&order.to_string(), cents).unwrap();
            house.receives(&notice).await.is(200);
            let list = finance.sees(PAYMENTS).await;
            assert!(list.contains(became), "{became} is not in {list}");
            let list = finance.sees(RETURNS).await;
            assert!(list.contains(left), "{left} is not in {list}");
        }
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn what_wooshpay_sent_back_names_the_whole_payment_and_what_was_paid_as_well() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let order = house.ordered("50").await;
        house.bank_says(order, Outcome::Paid).await;
        let notice = house.festival.bank.orders().refund_by_hand(&order.to_string(), 500).unwrap();
        house.receives(&notice).await.is(200);
        let finance = house.person(Role::Finance).await;
        let matter = finance.sees(&finance.matters().await[0]).await;
        let went = "The provider sent € 5,00 of € 50,00 back to the payer.";
        for part in [went, "Paid onto", house.reference(0)] {
            assert!(matter.contains(part), "{part} is not in {matter}");
        }
    })
    .await;
}

#[tokio::test]
async fn beside_a_refund_stands_what_of_its_payment_went_back() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("30").await;
        house.bank_says(order, Outcome::Paid).await;
        let notice = house.festival.bank.orders().refund_by_hand(&order.to_string(), 1_000).unwrap();
        house.receives(&notice).await.is(200);
        let finance = house.person(Role::Finance).await;
        let list = finance.sees(WAITING).await;
        assert!(list.contains("A contradiction"), "{list}");
        let serial = house.festival.bands[0].serial.grouped();
        let title = format!(">€ 10,00 of a payment of € 30,00 for {serial}<");
        assert!(list.contains(&title), "{list}");
        let matter = finance.sees(&finance.matters().await[0]).await;
        assert!(matter.contains(">€ 10,00: refunded at the provider<"), "{matter}");
        let office = house.office(Role::Finance).await;
        let listed = office.gets("/api/v1/events/pukkelfest/parked").await.is(200);
        let told = &listed["parked"][0];
        assert_eq!(told["went_back_by"], "refund");
        assert_eq!(
            (told["went_back_cents"].as_i64(), told["amount_cents"].as_i64()),
            (Some(1_000), Some(3_000))
        );
    })
    .await;
}

#[tokio::test]
async fn a_dispute_is_said_where_its_money_is_decided_while_it_is_open_and_after() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let (order, other) = (house.ordered("25").await, house.ordered("5").await);
        let desk = house.person(Role::HelpDesk).await;
        let quarantine = format!("/console/pukkelfest/media/{}/quarantine", house.reference(0));
        desk.does(&quarantine, &[("reason", "van was opened")]).await;
        house.bank_says(order, Outcome::Paid).await;
        house.bank_says(other, Outcome::Paid).await;
        house
            .hears(order, |report| {
                report.status = PaymentStatus::Other("?disputed".to_owned());
                report.is_chargeback = true;
            })
            .await;
        let finance = house.person(Role::Finance).await;
        let matters = finance.matters().await;
        let [disputed, quiet, dispute] = matters.as_slice() else { panic!("{matters:?}") };
        let notice = "The provider told of a dispute about this payment.";
        let story = finance.sees(dispute).await;
        for part in ["This is told once", "Close it once the provider has answered", "No wallet changes."] {
            assert!(story.contains(part), "{part} is not in {story}");
        }
        assert!(!story.contains(notice), "{story}");
        for is_closed in [false, true] {
            if is_closed {
                finance.does(dispute, &[("do", "return"), ("reason", "answered there")]).await;
            }
            let shown = finance.sees(disputed).await;
            assert!(shown.contains(notice) && shown.contains("Mark it for return"), "{shown}");
            assert!(!finance.sees(quiet).await.contains(notice));
        }
        // A refund that somebody began there is said as long as nobody has closed it.
        let notice = "reserved to go back to its payer";
        assert!(!finance.sees(quiet).await.contains(notice));
        house.hears(other, |report| report.reserved_cents = Some(100)).await;
        assert!(finance.sees(quiet).await.contains(notice));
        let matters = finance.matters().await;
        assert!(!finance.sees(quiet).await.contains("Credit this wallet"));
        let [_, _, reserved] = matters.as_slice() else { panic!("{matters:?}") };
        assert!(finance.sees(reserved).await.contains("€ 1,00 of it reserved to go back to the payer"));
        finance.does(reserved, &[("do", "return"), ("reason", "it was stopped")]).await;
        let shown = finance.sees(quiet).await;
        assert!(!shown.contains(notice) && shown.contains("Credit this wallet"), "{shown}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn money_pages_are_for_admins_organisers_and_finance() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.parks(700).await;
        let matter = house.person(Role::Admin).await.matters().await.pop().unwrap();
        for role in [Role::HelpDesk, Role::Viewer] {
            let person = house.person(role).await;
            for path in [WAITING, PAYMENTS, RECONCILE, matter.as_str()] {
                person.gets(path).await.page(403);
            }
            person.sends(&matter, &[("do", "return"), ("reason", "mine")]).await.page(403);
            person.sends(RECONCILE, &[]).await.page(403);
            let today = person.sees("/console/pukkelfest").await;
            assert!(!today.contains(WAITING) && !today.contains(PAYMENTS));
        }
        let nobody = house.anonymous().gets(WAITING).await;
        assert_eq!(nobody.status.as_u16(), 303);
        assert!(nobody.header("location").starts_with("/console/sign-in?next="));
        let elsewhere = house.person(Role::Organiser).await;
        elsewhere.gets(&format!("{WAITING}/{}", uuid::Uuid::now_v7())).await.page(404);
    })
    .await;
}

#[tokio::test]
async fn the_page_of_parked_money_says_how_its_provider_sends_it_back() {
    for (provider, words) in [
        (ProviderName::Bancontact, "the transfer is made by the organiser."),
        (ProviderName::MultiSafepay, "in MultiSafepay&#39;s own pages, at once or in parts."),
        (ProviderName::WooshPay, "in WooshPay&#39;s own pages, once for a payment: all of it, or a part"),
    ] {
        on_both_engines(async |store| {
            let house = House::open(store, 1).await;
            house.with_account(provider).await;
            let till = Till { house: &house, provider };
            let mut begun = till.begins(2_500).await;
            house.festival.clock.advance(Duration::from_secs(60));
            let (store, now) = (&house.festival.store, house.festival.clock.now());
            crate::events::close(store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
            till.tells(&mut begun, Outcome::Paid).await;
            let finance = house.person(Role::Finance).await;
            let matter = finance.matters().await.pop().expect("a matter");
            let page = finance.sees(&matter).await;
            assert!(page.contains(words), "{words} is not in {page}");
            let late = "nothing is spent from a wallet any more.";
            assert!(page.contains("The festival was closed on ") && page.contains(late), "{page}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_comparison_says_which_provider_it_leaves_out_for_want_of_a_key() {
    on_both_engines(async |store| {
        let house = House::open_with(store, 1, false).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let page = house.person(Role::Finance).await.does(RECONCILE, &[("from", ""), ("to", "")]).await;
        assert!(page.contains("Bancontact&#39;s payment list can&#39;t be compared"), "{page}");
    })
    .await;
}
