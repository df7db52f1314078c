//! A festival's set-up in the console.

use super::{OWN, PASSWORD};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events::{self, NewPointOfSale};
use crate::operators::Role;
use crate::payments::test_festival::Festival;
use crate::sandbox::{FaultsChange, RatesChange};
use crate::terminals::ENROLMENT_CODE_LIVES;
use crate::web::page::belgian_time;
use crate::web::tests::House;
use serde_json::json;
use std::time::Duration;

const BARS: &str = "/console/pukkelfest/set-up/points-of-sale";

#[tokio::test]
async fn an_organiser_adds_bars_and_a_mistake_keeps_what_was_typed() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        assert!(organiser.sees(BARS).await.contains("There is none yet"));
        let added = organiser.does(BARS, &[("name", " Bar <één> "), ("vendor", "")]).await;
        for part in ["Bar &#60;één&#62; was added.", "data-label=\"Vendor\">Bar &#60;één&#62;</td>"] {
            assert!(added.contains(part), "{part} is not in {added}");
        }
        let shown = organiser.sees(BARS).await;
        assert!(!shown.contains("was added"), "a notice is shown once: {shown}");
        let taken = organiser.sends(BARS, &[("name", "Bar <één>"), ("vendor", "Jef & Co")]).await.page(422);
        for part in ["exists already in this event", "value=\"Jef &#38; Co\"", "aria-invalid=\"true\""] {
            assert!(taken.contains(part), "{part} is not in {taken}");
        }
        let long = "x".repeat(61);
        let refused = organiser.sends(BARS, &[("name", "Bar 2"), ("vendor", &long)]).await.page(422);
        assert!(refused.contains("id=\"vendor-mistake\">1 to 60 characters"), "{refused}");
        let turned =
            organiser.sends(BARS, &[("name", "Bar \u{202e}live"), ("vendor", "Jef")]).await.page(422);
        assert!(turned.contains("id=\"name-mistake\">1 to 60 characters on one line"), "{turned}");
        for (field, name, why) in [
            ("name", "Bar \u{1F37A}", "The printed font has no character “\u{1F37A}”"),
            ("vendor", "Bar \u{1F37A}", "The printed font has no character “\u{1F37A}”"),
            ("name", "\u{200b}", "at least one of them visible"),
        ] {
            let fields = [("name", "Bar 2"), ("vendor", "Jef")]
                .map(|(known, value)| (known, if known == field { name } else { value }));
            let refused = organiser.sends(BARS, &fields).await.page(422);
            assert!(
                refused.contains(&format!("id=\"{field}-mistake\">")) && refused.contains(why),
                "{refused}"
            );
        }
        // What was named before this was asked for keeps its name, and may have more bars.
        let old = NewPointOfSale { name: "Old".to_owned(), vendor: Some("Jef \u{1F37A}".to_owned()) };
        let Festival { store, clock, event, .. } = &house.festival;
        events::add_point_of_sale(store, &Actor::System("test"), clock.now(), event, &old).await.unwrap();
        organiser.does(BARS, &[("name", "New"), ("vendor", "Jef \u{1F37A}")]).await;
        assert_eq!(house.audit_log().await[0].1, "point of sale added");
    })
    .await;
}

#[tokio::test]
async fn a_bar_is_renamed_and_retired_and_is_no_choice_until_it_is_opened_again() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 500).await;
        let bar = house.bar("Bar 1").await;
        bar.charges(house.pay_code(0), 100).await.is(201);
        let organiser = house.person(Role::Organiser).await;
        organiser.does(BARS, &[("name", "Bar 2"), ("vendor", "Jef")]).await;
        let list = organiser.sees(BARS).await;
        let one = list.split("href=\"").find(|part| part.starts_with(&format!("{BARS}/"))).unwrap();
        let one = one.split('"').next().unwrap();
        assert!(organiser.sees(one).await.contains("value=\"Bar 1\""));
        for (name, why) in [
            ("", "1 to 60 characters"),
            ("Bar 2", "exists already in this event"),
            ("Bar \u{1F37A}", "The printed font has no character"),
        ] {
            let refused = organiser.sends(one, &[("name", name)]).await.page(422);
            assert!(refused.contains("name-mistake") && refused.contains(why), "{refused}");
            assert!(refused.contains("<a href=\"#name\">Name: "), "{refused}");
        }
        let renamed = organiser.does(one, &[("name", "Main <bar>")]).await;
        assert!(renamed.contains("Bar 1 is called Main &#60;bar&#62; now."), "{renamed}");
        // The till shows it, and so do the books.
        assert_eq!(bar.gets("/api/v1/terminal").await.is(200)["point_of_sale"], "Main <bar>");
        assert!(organiser.sees("/console/pukkelfest").await.contains("Main &#60;bar&#62;"));
        let retire = format!("{one}/retire");
        let silent = organiser.sends(&retire, &[("reason", "")]).await.page(422);
        assert!(silent.contains("<a href=\"#reason\">Reason: Say why"), "{silent}");
        let why = [("reason", "storm")];
        let refused = organiser.sends(&retire, &why).await.page(422);
        assert!(refused.contains(">storm</textarea>"), "{refused}");
        assert!(refused.contains(&format!("revoke till ({}) first", bar.id)), "{refused}");
        bar.charges(house.pay_code(0), 100).await.is(201);
        let terminal = format!("/console/pukkelfest/set-up/terminals/{}", bar.id);
        organiser.does(&terminal, &[("reason", "the bar is gone")]).await;
        let retired = organiser.does(&retire, &why).await;
        assert!(retired.contains("Main &#60;bar&#62; is retired.") && retired.contains(">retired</span>"));
        assert!(organiser.sees(one).await.contains("<h2 id=\"rename\">"));
        assert!(!organiser.sees(one).await.contains("<h2 id=\"retire\">"));
        for path in ["terminals", "products"] {
            let page = organiser.sees(&part(path)).await;
            assert!(
                page.contains(">Bar 2</option>") && !page.contains(">Main &#60;bar&#62;</option>"),
                "{page}"
            );
        }
        // It stays in the books.
        assert!(organiser.sees("/console/pukkelfest").await.contains("Main &#60;bar&#62;"));
        let entry = house.audit_log().await.remove(0);
        assert_eq!((entry.1.as_str(), entry.3.as_deref()), ("point of sale retired", Some("storm")));
        assert!(organiser.sees(one).await.contains("stays off sale: what is sold there only is added again"));
        let reopen = format!("{one}/reopen");
        assert!(organiser.sends(&reopen, &[]).await.page(422).contains("<h2 id=\"reopen\">"));
        let opened = organiser.does(&reopen, &[("reason", "dry again")]).await;
        assert!(
            opened.contains("Main &#60;bar&#62; is open again.") && !opened.contains(">retired</span>"),
            "{opened}"
        );
        let page = organiser.sees(one).await;
        assert!(page.contains("<h2 id=\"retire\">") && !page.contains("<h2 id=\"reopen\">"), "{page}");
        assert!(organiser.sees(&part("terminals")).await.contains(">Main &#60;bar&#62;</option>"));
        let entry = house.audit_log().await.remove(0);
        assert_eq!((entry.1.as_str(), entry.3.as_deref()), ("point of sale reopened", Some("dry again")));
        organiser.gets(&format!("{BARS}/{}", uuid::Uuid::now_v7())).await.page(404);
        house.person(Role::Finance).await.sends(&retire, &[]).await.page(403);
    })
    .await;
}

#[tokio::test]
async fn bars_come_in_pages() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        for number in 0..51 {
            organiser.sends(BARS, &[("name", &format!("Bar {number:02} & co"))]).await.is(303);
        }
        let first = organiser.sees(BARS).await;
        let next = format!("href=\"{BARS}?after=Bar%2049%20%26%20co\" rel=\"next\"");
        assert!(
            first.contains(&next) && !first.contains(">Bar 50") && !first.contains("First page"),
            "{first}"
        );
        let second = organiser.sees(&format!("{BARS}?after=Bar%2049%20%26%20co")).await;
        assert!(
            second.contains(">Bar 50") && !second.contains(">Bar 49") && !second.contains("rel=\"next\"")
        );
        assert!(second.contains("First page"));
    })
    .await;
}

#[tokio::test]
async fn set_up_is_for_admins_and_organisers_and_others_are_told_so() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        for role in Role::ALL {
            let person = house.person(*role).await;
            let may = matches!(role, Role::Admin | Role::Organiser);
            let called = role.as_str().replace('-', " ");
            let shown = person.sees("/console/pukkelfest").await;
            assert_eq!(shown.contains("href=\"/console/pukkelfest/set-up\""), may, "{role}");
            for path in ["/console/pukkelfest/set-up", BARS] {
                if may {
                    person.sees(path).await;
                    continue;
                }
                let refused = person.gets(path).await.page(403);
                let why = format!(
                    "Your role ({called}) may not set up events, points of sale, terminals or media. \
                     These roles may: admin, organiser."
                );
                assert!(refused.contains(&why), "{refused}");
            }
            if !may {
                person.sends(BARS, &[("name", "Bar")]).await.page(403);
            }
        }
        let nobody = house.anonymous().gets(BARS).await;
        assert_eq!(nobody.status.as_u16(), 303);
        assert!(nobody.header("location").starts_with("/console/sign-in?next="));
    })
    .await;
}

#[tokio::test]
async fn no_address_and_no_other_site_puts_words_on_a_page_or_a_bar_in_a_festival() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        for query in ["?done=Send+money", "?notice=Send+money", "?polsband-notice=Send+money"] {
            assert!(!organiser.sees(&format!("{BARS}{query}")).await.contains("Send money"));
        }
        let marked = house.opens(BARS, &format!("{}; polsband-notice=%3Cscript%3E", organiser.cookie)).await;
        assert!(marked.page(200).contains("role=\"status\">&#60;script&#62;</p>"));
        let elsewhere = [("sec-fetch-site", "cross-site"), ("cookie", organiser.cookie.as_str())];
        let refused = house.sends_form(BARS, "name=Bar", &elsewhere).await.page(403);
        assert!(refused.contains("<nav aria-label=\"Pukkelfest\">"), "{refused}");
        assert!(refused.contains("href=\"\">Open the page again</a>"), "{refused}");
        let nobody = house.sends_form(BARS, &format!("name={PASSWORD}"), &[OWN]).await;
        let ended = nobody.page(401);
        assert!(ended.contains("href=\"/console/sign-in?next=") && !ended.contains(PASSWORD), "{ended}");
        assert!(organiser.sees(BARS).await.contains("There is none yet"));
    })
    .await;
}

/// The first thing of a list that its page leads to.
fn linked(page: &str, list: &str) -> String {
    let start = format!("{list}/");
    let found =
        page.split("href=\"").find(|part| part.starts_with(&start)).unwrap_or_else(|| panic!("{page}"));
    found.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_vendor_is_renamed_in_the_books_as_well_and_offered_to_the_next_bar() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 500).await;
        house.bar("Bar 1").await.charges(house.pay_code(0), 100).await.is(201);
        let organiser = house.person(Role::Organiser).await;
        organiser.does(BARS, &[("name", "Bar 2"), ("vendor", "Bar 1")]).await;
        let bars = organiser.does(BARS, &[("name", "Bar 3"), ("vendor", "Jef & Co")]).await;
        assert!(bars.contains("list=vendors") && bars.contains("<option value=\"Jef &#38; Co\">"), "{bars}");
        let vendors = part("vendors");
        assert!(organiser.sees("/console/pukkelfest/set-up").await.contains(&format!("href=\"{vendors}\"")));
        let list = organiser.sees(&vendors).await;
        for part in ["class=\"name\">Bar 1</th>", ">Bar 1, Bar 2</td>", ">Bar 3</td>"] {
            assert!(list.contains(part), "{part} is not in {list}");
        }
        let one = linked(&list, &vendors);
        assert!(organiser.sees(&one).await.contains("value=\"Bar 1\""));
        assert!(organiser.sees(&linked(&bars, BARS)).await.contains(&format!("owed to <a href=\"{one}\">")));
        for (name, why) in [
            ("", "1 to 60 characters"),
            ("Jef & Co", "exists already in this event"),
            ("Bar \u{1F37A}", "The printed font has no character"),
        ] {
            let refused = organiser.sends(&one, &[("name", name)]).await.page(422);
            assert!(refused.contains("name-mistake") && refused.contains(why), "{refused}");
        }
        let renamed = organiser.does(&one, &[("name", " De Brouwerij & Co ")]).await;
        assert!(renamed.contains("Bar 1 is called De Brouwerij &#38; Co now."), "{renamed}");
        let entry = &house.audit_log().await[0];
        assert_eq!((entry.1.as_str(), entry.2.as_str()), ("vendor renamed", "De Brouwerij & Co"));
        // The bars keep their names; the books say the new one, and so do their files.
        let listed = organiser.sees(BARS).await;
        assert!(listed.contains("class=\"name\">Bar 1</th>"), "{listed}");
        assert_eq!(listed.matches("data-label=\"Vendor\">De Brouwerij &#38; Co</td>").count(), 2, "{listed}");
        let finance = house.person(Role::Finance).await;
        let books = finance.sees("/console/pukkelfest/books").await;
        assert!(
            books.contains("vendor?name=De%20Brouwerij%20%26%20Co\"") && !books.contains("?name=Bar"),
            "{books}"
        );
        let csv = "/console/pukkelfest/books/vendor.csv?name=De%20Brouwerij%20%26%20Co";
        let file = finance.gets(csv).await;
        let name = file.header("content-disposition").to_owned();
        assert!(name.contains("filename=\"pukkelfest-de-brouwerij-co-2026-07-0"), "{name}");
        let rows = String::from_utf8(file.bytes.to_vec()).unwrap();
        assert!(rows.contains("De Brouwerij & Co") && rows.contains("1,00"), "{rows}");
        let balance = finance.sees("/console/pukkelfest/books/trial-balance").await;
        assert!(balance.contains("De Brouwerij &#38; Co"), "{balance}");
        organiser.gets(&format!("{vendors}/{}", uuid::Uuid::now_v7())).await.page(404);
        finance.gets(&vendors).await.page(403);
        finance.sends(&one, &[("name", "Mine")]).await.page(403);
    })
    .await;
}

#[tokio::test]
async fn a_product_changes_where_it_stands_and_is_never_missing() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let bar = house.bar("Main bar").await;
        let organiser = house.person(Role::Organiser).await;
        let path = part("products");
        for (name, colour) in [("Pils", "yellow"), ("Water", "blue")] {
            let fields =
                [("name", name), ("price", "3,50"), ("point_of_sale", "Main bar"), ("colour", colour)];
            organiser.does(&path, &fields).await;
        }
        organiser.does(&path, &[("name", "Wine"), ("price", "5"), ("position", "15")]).await;
        let sold = async || {
            let setup = bar.gets("/api/v1/terminal").await.is(200);
            let told = |product: &serde_json::Value| {
                format!("{} {} {}", product["name"], product["price_cents"], product["colour"])
                    .replace('"', "")
            };
            setup["products"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(sold().await, ["Pils 350 yellow", "Wine 500 null", "Water 350 blue"]);
        let pils = linked(&organiser.sees(&path).await, &path);
        let form = organiser.sees(&pils).await;
        for part in
            ["value=\"Pils\"", "value=\"3,50\"", "value=\"10\"", "value=\"yellow\" selected", "at Main bar"]
        {
            assert!(form.contains(part), "{part} is not in {form}");
        }
        let as_it_is = [("name", "Pils"), ("price", "3,50"), ("position", "10"), ("colour", "yellow")];
        for (name, value, why) in [
            ("name", "water", "is sold there already"),
            ("name", "", "name-mistake"),
            ("price", "501", "price-mistake"),
            ("price", "", "price-mistake"),
            ("position", "-1", "A whole number from 0 to 100.000."),
            ("colour", "beige", "colour-mistake"),
        ] {
            let fields = as_it_is.map(|(known, typed)| (known, if known == name { value } else { typed }));
            let refused = organiser.sends(&pils, &fields).await.page(422);
            assert!(refused.contains(why), "{why} is not in {refused}");
        }
        let long = "a".repeat(41);
        let all = [("name", long.as_str()), ("price", "501"), ("position", "-1"), ("colour", "beige")];
        let refused = organiser.sends(&pils, &all).await.page(422);
        for (field, _) in all {
            assert!(refused.contains(&format!("id=\"{field}-mistake\"")), "{field} is not in {refused}");
        }
        organiser.does(&pils, &as_it_is).await;
        assert_eq!(sold().await[0], "Pils 350 yellow");
        assert_ne!(house.audit_log().await[0].1, "product changed", "nothing was");
        let dearer = as_it_is.map(|(known, typed)| (known, if known == "price" { "4" } else { typed }));
        let changed = organiser.does(&pils, &dearer).await;
        assert_eq!(sold().await, ["Pils 400 yellow", "Wine 500 null", "Water 350 blue"]);
        assert_eq!(house.audit_log().await[0].1, "product changed");
        // Its page is another's now. The same sent twice is done once; whoever has the old one open puts nothing back
        // unawares.
        assert!(organiser.does(&pils, &dearer).await.contains("Pils is sold for € 4,00 now."));
        let colleague = house.person(Role::Admin).await;
        let last_look =
            as_it_is.map(|(known, typed)| (known, if known == "position" { "11" } else { typed }));
        let refused = colleague.sends(&pils, &last_look).await.page(422);
        let who = "This was changed by organiser@fest.example on 3/7/2026";
        for part in [who, "Price: It is “4,00” now.", "value=\"11\"", "value=\"3,50\""] {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
        assert!(refused.contains(&format!("action=\"{}\"", linked(&changed, &path))), "{refused}");
        assert_eq!(sold().await[0], "Pils 400 yellow");
        let last = [("name", "Pils 25 cl"), ("price", "4"), ("position", "99"), ("colour", "")];
        organiser.does(&linked(&changed, &path), &last).await;
        assert_eq!(sold().await, ["Wine 500 null", "Water 350 blue", "Pils 25 cl 400 null"]);
        // Under any page that was ever its own it is found, and not taken off sale unawares.
        assert!(organiser.sees(&pils).await.contains("value=\"Pils 25 cl\""));
        let refused = colleague.sends(&pils, &dearer).await.page(422);
        assert!(refused.contains("Name: It is “Pils 25 cl” now."), "{refused}");
        let still = organiser.does(&format!("{pils}/retire"), &[]).await;
        assert!(
            still.contains("Pils 25 cl was changed after the page was opened, and is on sale"),
            "{still}"
        );
        assert_eq!(sold().await.len(), 3);
        let finance = house.person(Role::Finance).await;
        finance.sends(&linked(&organiser.sees(&path).await, &path), &last).await.page(403);
    })
    .await;
}

fn part(name: &str) -> String {
    format!("/console/pukkelfest/set-up/{name}")
}

#[tokio::test]
async fn products_are_put_on_sale_and_taken_off() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        organiser.does(BARS, &[("name", "Main bar")]).await;
        let path = part("products");
        let pils = [("name", "Pils"), ("price", "3,5"), ("point_of_sale", ""), ("colour", "yellow")];
        let added = organiser.does(&path, &pils).await;
        assert!(added.contains("Pils is sold for € 3,50 now.") && added.contains("everywhere"), "{added}");
        for (name, value, why) in [
            ("price", "", "price-mistake"),
            ("price", "501", "A product costs at most € 500,00."),
            ("price", "0", "A product costs at least € 0,01: bars can"),
            ("name", "Pils", "is sold there already"),
            ("colour", "beige", "colour-mistake"),
            ("point_of_sale", "Nowhere", "point_of_sale-mistake"),
        ] {
            let fields = pils.map(|(known, typed)| (known, if known == name { value } else { typed }));
            let refused = organiser.sends(&path, &fields).await.page(422);
            assert!(refused.contains(why), "{why} is not in {refused}");
        }
        let long = "a".repeat(41);
        let all = [("name", long.as_str()), ("price", "501"), ("position", "-1"), ("colour", "beige")];
        let refused = organiser.sends(&path, &all).await.page(422);
        for (field, _) in all {
            assert!(refused.contains(&format!("id=\"{field}-mistake\"")), "{field} is not in {refused}");
        }
        // It is asked about first.
        let one = linked(&added, &path);
        let asked = organiser.sees(&one).await;
        assert!(
            asked.contains("What was sold stays as it is.") && asked.contains("Leave it on sale"),
            "{asked}"
        );
        let retire = format!("{one}/retire");
        let off = organiser.does(&retire, &[]).await;
        assert!(off.contains("Pils is off sale.") && off.contains("There is none yet"));
        organiser.does(&retire, &[]).await;
        assert!(organiser.gets(&one).await.page(404).contains("Pils"));
        let unknown = format!("{path}/{}", uuid::Uuid::now_v7());
        organiser.sends(&unknown, &[]).await.page(404);
        organiser.sends(&format!("{unknown}/retire"), &[]).await.page(404);
        // What a page kept together is a plain blank again when the form comes back.
        let named = |name| pils.map(|(known, typed)| (known, if known == "name" { name } else { typed }));
        organiser.does(&path, &named("Cup of €\u{a0}1")).await;
        let again = organiser.sends(&path, &named("Cup of € 1")).await.page(422);
        assert!(again.contains("is sold there already"), "{again}");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_enrols_with_the_code_that_is_shown_once_and_is_revoked_with_a_reason() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 500).await;
        let organiser = house.person(Role::Organiser).await;
        let path = part("terminals");
        assert!(organiser.sees(&path).await.contains("Add a point of sale first"));
        organiser.does(BARS, &[("name", "Main bar")]).await;
        organiser.sends(&path, &[("point_of_sale", "Elsewhere")]).await.page(422);
        let shown = organiser.sends(&path, &[("point_of_sale", "Main bar")]).await.page(200);
        assert!(shown.contains("<svg") && shown.contains("127.0.0.1:8080/terminal"), "{shown}");
        let code = shown.split("class=\"serial\">").nth(1).unwrap().split('<').next().unwrap();
        let bar = house.enrolled(code).await;
        bar.charges(house.pay_code(0), 100).await.is(201);
        let listed = organiser.sees(&path).await;
        assert!(listed.contains("enrolled") && listed.contains("till") && !listed.contains(code), "{listed}");
        assert_eq!((code.len(), code.find('-')), (9, Some(4)), "four and four, to be typed");
        // It was heard of, and that is not written yet.
        assert!(
            listed.contains(
                "<span class=\"last-seen\" title=\"never\">never <span class=\"tag waiting\">offline</span>"
            ),
            "{listed}"
        );
        house.app.write_sightings().await;
        let at = belgian_time(house.festival.clock.now());
        let seen = |ago: &str| format!("<span class=\"last-seen\" title=\"{at}, {ago}\">{ago} ");
        let listed = organiser.sees(&path).await;
        assert!(
            listed.contains(&format!("{}<span class=\"tag good\">online</span>", seen("just now"))),
            "{listed}"
        );
        house.festival.clock.advance(Duration::from_secs(301));
        let listed = organiser.sees(&path).await;
        let quiet = format!("{}<span class=\"tag waiting\">offline</span>", seen("5 minutes ago"));
        assert!(listed.contains(&quiet), "{listed}");
        let revoke = format!("{path}/{}", bar.id);
        let asked = organiser.sees(&revoke).await;
        for part in ["The terminal till at Main bar</h2>", "nothing it sends is taken", "5 minutes ago"] {
            assert!(asked.contains(part), "{part} is not in {asked}");
        }
        assert!(organiser.sends(&revoke, &[("reason", "")]).await.page(422).contains("Say why"));
        let revoked = organiser.does(&revoke, &[("reason", "stolen tablet")]).await;
        let said = "The terminal till at Main bar is revoked: ";
        assert!(revoked.contains(said) && revoked.contains("tag bad"), "{revoked}");
        bar.charges(house.pay_code(0), 100).await.refused(401, "unauthorized");
        let asked = organiser.sees(&revoke).await;
        assert!(asked.contains("It is revoked already") && !asked.contains("<textarea"), "{asked}");
        let entry = &house.audit_log().await[0];
        assert_eq!((entry.1.as_str(), entry.3.as_deref()), ("terminal revoked", Some("stolen tablet")));
    })
    .await;
}

#[tokio::test]
async fn a_code_that_is_sent_for_again_adds_no_terminal_and_one_that_waits_gets_another() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        organiser.does(BARS, &[("name", "Main bar")]).await;
        let path = part("terminals");
        let form = organiser.sees(&path).await;
        let id = &form.split_once("name=\"id\" value=\"").expect("the form has an id").1[..36];
        let fields = [("point_of_sale", "Main bar"), ("id", id)];
        organiser.sends(&path, &fields).await.page(200);
        let again = organiser.sends(&path, &fields).await.page(422);
        assert!(again.contains("was added already, and its code was shown once"), "{again}");
        assert_eq!(again.matches(">Revoke<").count(), 1, "one terminal was added: {again}");
        assert!(!again.contains(&format!("name=\"id\" value=\"{id}")), "the form adds another: {again}");
        assert!(again.contains("waits for its device") && !again.contains("has lapsed"), "{again}");
        house.festival.clock.advance(ENROLMENT_CODE_LIVES);
        let listed = organiser.sees(&path).await;
        assert!(listed.contains("its code has lapsed") && listed.contains("New code"), "{listed}");
        let renew = format!("{path}/{id}/code");
        let renewed = async || {
            let shown = organiser.sends(&renew, &[]).await.page(200);
            shown.split("class=\"serial\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
        };
        let (old, new) = (renewed().await, renewed().await);
        assert!(organiser.sees(&path).await.contains("waits for its device"));
        let enrol = json!({ "code": old, "device_name": "till" });
        let refused = house.anonymous().posts("/api/v1/terminals/enrol", enrol).await;
        assert!(refused.status.is_client_error(), "the old code works no more: {}", refused.body);
        assert_eq!(house.enrolled(&new).await.id, id);
        let late = organiser.does(&renew, &[]).await;
        assert!(late.contains("No code was made: the terminal till at Main bar waits for none."), "{late}");
        assert!(!late.contains("New code"), "{late}");
        let elsewhere = format!("{path}/{}", uuid::Uuid::now_v7());
        organiser.gets(&elsewhere).await.page(404);
        organiser.sends(&elsewhere, &[("reason", "lost")]).await.page(404);
        organiser.sends(&format!("{elsewhere}/code"), &[]).await.page(404);
        house.person(Role::Finance).await.sends(&renew, &[]).await.page(403);
    })
    .await;
}

#[tokio::test]
async fn the_provider_is_asked_with_the_key_that_is_kept_and_a_key_is_never_shown() {
    on_both_engines(async |store| {
        let house = House::open_with(store, 1, false).await;
        let organiser = house.person(Role::Organiser).await;
        let path = part("provider");
        let page = organiser.sees(&path).await;
        assert!(page.contains("/callbacks/bancontact/pukkelfest") && page.contains(">none</span>"), "{page}");
        let none = organiser.sends(&path, &[("api_key", "")]).await.page(422);
        assert!(none.contains("There is no API key yet"), "{none}");
        let wrong = "00000000-0000-4000-8000-000000000000";
        let refused = organiser.sends(&path, &[("api_key", wrong)]).await.page(422);
        assert!(refused.contains("This key is not kept") && !refused.contains(wrong), "{refused}");
        assert!(organiser.sees(&path).await.contains(">none</span>"));
        let fails = |percent| {
            let rates = RatesChange { search: Some(percent), ..RatesChange::default() };
            FaultsChange { server_errors_percent: Some(rates), ..FaultsChange::default() }
        };
        house.festival.faults(fails(100));
        let doubted = organiser.does(&path, &[("api_key", wrong)]).await;
        for part in ["has not been seen to work", ">kept</span>"] {
            assert!(doubted.contains(part), "{part} is not in {doubted}");
        }
        assert!(doubted.contains("and try it again.") && doubted.contains("list failed on"), "{doubted}");
        let next = "Try the provider&#39;s key again";
        assert!(organiser.sees("/console/pukkelfest/set-up").await.contains(next));
        let page = organiser.sees(&path).await;
        assert!(page.contains("list failed on") && page.contains("addresses can't be changed"), "{page}");
        organiser.sends(&path, &[("api_key", "")]).await.page(422);
        house.festival.faults(fails(0));
        house.tops_up(0, 500).await;
        let right = crate::payments::test_festival::API_KEY;
        let kept = organiser.does(&path, &[("api_key", right)]).await;
        assert!(kept.contains("lists 1 payment of the last day") && !kept.contains(right), "{kept}");
        assert!(
            !kept.contains("list failed on")
                && !organiser.sees("/console/pukkelfest/set-up").await.contains(next)
        );
        assert!(organiser.does(&path, &[("api_key", "")]).await.contains("The provider answers"));
    })
    .await;
}

#[tokio::test]
async fn rules_change_while_a_festival_runs_and_closing_asks_for_its_name() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Main bar").await;
        let organiser = house.person(Role::Organiser).await;
        let path = part("rules");
        let rules = [
            ("counterfeit", "hold"),
            ("activation", "first-top-up"),
            ("balance_max", "100"),
            ("over_balance", "suspense"),
            ("charge_min", "0,01"),
            ("charge_max", "5"),
            ("single_charge_max", "25"),
            ("single_window_max", "50"),
            ("second_person", "500"),
            ("day_cut_hour", "4"),
            ("visitor_language", "fr"),
            ("till_language", "de"),
        ];
        let changed = organiser.does(&path, &rules).await;
        assert!(changed.contains("hold from now on") && changed.contains("value=\"100,00\""), "{changed}");
        for part in ["\"4\" selected>4:00<", "\"fr\" selected>Français<", "\"de\" selected>Deutsch<"] {
            assert!(changed.contains(&format!("<option value={part}/option>")), "{part} is not in {changed}");
        }
        assert!(changed.contains("<dt>Amount</dt><dd>the payer types it</dd>"), "{changed}");
        let books = organiser.sees("/console/pukkelfest/books").await;
        assert!(books.contains("A day ends at 4:00 of the next date"), "{books}");
        bar.charges(house.pay_code(0), 501).await.refused(422, "invalid-amount");
        bar.charges(house.pay_code(0), 500).await.is(201);
        for charge_max in ["0", "10000"] {
            let wrong =
                rules.map(|(name, value)| (name, if name == "charge_max" { charge_max } else { value }));
            assert!(organiser.sends(&path, &wrong).await.page(422).contains("charge_max-mistake"));
        }
        let several = rules.map(|(name, value)| match name {
            "charge_max" | "second_person" => (name, "0"),
            "balance_max" => (name, "much"),
            _ => (name, value),
        });
        let refused = organiser.sends(&path, &several).await.page(422);
        for field in ["charge_max", "second_person", "balance_max"] {
            assert!(refused.contains(&format!("id=\"{field}-mistake\"")), "{field} is not named: {refused}");
        }
        let never = rules.map(|(name, value)| (name, if name == "day_cut_hour" { "24" } else { value }));
        assert!(organiser.sends(&path, &never).await.page(422).contains("day_cut_hour-mistake"));
        for field in ["visitor_language", "till_language"] {
            let odd = rules.map(|(name, value)| (name, if name == field { "xx" } else { value }));
            assert!(organiser.sends(&path, &odd).await.page(422).contains(&format!("{field}-mistake")));
        }
        let close = part("close");
        let meant = organiser.sends(&close, &[("slug", "pukkel")]).await.page(422);
        for part in [
            "<dt>On wallets</dt><dd>€ 15,00</dd>",
            "<dt>In suspense</dt><dd>€ 0,00</dd>",
            "Waiting for a person: 0 matters",
            "stopped by this: 1 terminal.",
            "What it has at Bancontact is free for another festival. It can",
        ] {
            assert!(meant.contains(part), "{part} is not in {meant}");
        }
        assert!(meant.contains("<a href=\"#slug\">Its short name: Type pukkelfest"), "{meant}");
        let closed = organiser.does(&close, &[("slug", "pukkelfest")]).await;
        assert!(closed.contains("is closed: nothing is charged any more"), "{closed}");
        bar.charges(house.pay_code(0), 100).await.refused(409, "event-closed");
        let closed = organiser.sees(&path).await;
        for part in
            ["The festival was closed on", "<dt>Smallest charge</dt>", "<dt>Two people decide from</dt>"]
        {
            assert!(closed.contains(part), "{part} is not in {closed}");
        }
        organiser.sends(&path, &rules).await.page(422);
        // Every page says that it is closed, and offers nothing that would be refused.
        for (page, offered) in [
            ("close", "<form method=\"post\" action=\"/console/pukkelfest"),
            ("products", "<h2 id=\"add\">"),
            ("terminals", "<h2 id=\"add\">"),
            ("points-of-sale", "<h2 id=\"add\">"),
            ("vendors", ">Change<span"),
        ] {
            let said = organiser.sees(&part(page)).await;
            assert!(said.contains("The festival is closed"), "{page}: {said}");
            assert!(!said.contains(offered) && !said.contains("There is none yet"), "{page}: {said}");
        }
    })
    .await;
}

/// A form with a file, as a browser sends it.
fn multipart(fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    if let Some((name, bytes)) = file {
        let head = format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"logo\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    body
}

#[tokio::test]
async fn a_logo_is_uploaded_checked_and_shown_on_a_piece() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let path = part("artwork");
        let cookie = organiser.cookie.clone();
        let sends = async |site: &str, body: Vec<u8>| {
            let kind = ("content-type", "multipart/form-data; boundary=x");
            let headers = [kind, ("sec-fetch-site", site), ("cookie", cookie.as_str())];
            house.anonymous().sends(axum::http::Method::POST, &path, &headers, body).await
        };
        let logo = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path fill="#e4002b" d="M0 0h10v10H0z"/></svg>"##;
        let written = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text>a</text></svg>"##;
        let colour = |text| [("colour", text)];
        sends("cross-site", multipart(&colour("#E4002B"), Some(("logo", logo)))).await.page(403);
        let refused = sends("same-origin", multipart(&colour("#E4002B"), Some(("logo", written)))).await.page(422);
        assert!(refused.contains("logo-mistake") && refused.contains("value=\"#E4002B\""), "{refused}");
        let refused = sends("same-origin", multipart(&colour("reddish"), None)).await.page(422);
        assert!(refused.contains("colour-mistake"), "{refused}");
        // What was typed beside a file that is too large stays; of one that is not read to its end only that is said.
        let large = vec![b'x'; (3 << 20) + 1];
        let refused = sends("same-origin", multipart(&colour("#E4002B"), Some(("logo", large.as_slice())))).await.page(422);
        let said = "This file has 3073 kB: 1024 kB at most.";
        assert!(refused.contains("logo-mistake") && refused.contains(said), "{refused}");
        assert!(refused.contains("value=\"#E4002B\""), "{refused}");
        let refused = sends("same-origin", vec![b'x'; 33 << 20]).await.page(413);
        assert!(refused.contains("A file may have 1024 kB"), "{refused}");
        assert!(refused.contains("<nav aria-label=\"Pukkelfest\">"), "{refused}");
        organiser.gets(&format!("{path}/logo")).await.page(404);
        sends("same-origin", multipart(&colour("#E4002B"), Some(("logo", logo)))).await.is(303);
        let page = organiser.sees(&path).await;
        assert!(page.contains("value=\"#E4002B\""), "it comes back as typed: {page}");
        let again = sends("same-origin", multipart(&colour("#e4002b"), None)).await;
        assert!(again.header("set-cookie").contains("Nothing%20was%20changed"), "{}", again.header("set-cookie"));
        let log = house.audit_log().await;
        assert_eq!(log.iter().filter(|entry| entry.1 == "artwork changed").count(), 1, "once it was changed");
        let shown = organiser.gets(&format!("{path}/logo")).await;
        assert!(shown.header("content-security-policy").contains("sandbox"));
        assert_eq!(shown.bytes.as_ref(), logo);
        let query = "kind=wristband&level=M&language=nl&description=%7Bserial%7D&layout=cr80";
        let picture = organiser.gets(&format!("/console/pukkelfest/batches/new/specimen.svg?{query}")).await;
        assert!(picture.is(200).as_str().unwrap().contains("data:image/svg+xml;base64,"));
        let both = [("colour", "reddish"), ("remove", "yes")];
        let refused = sends("same-origin", multipart(&both, None)).await.page(422);
        assert!(refused.contains("name=\"remove\" value=\"yes\" checked"), "{refused}");
        // The file that was not chosen again stays; it goes when that is said.
        sends("same-origin", multipart(&colour(""), Some(("logo", b"")))).await.is(303);
        assert_eq!(organiser.gets(&format!("{path}/logo")).await.status.as_u16(), 200);
        sends("same-origin", multipart(&[("colour", ""), ("remove", "yes")], None)).await.is(303);
        organiser.gets(&format!("{path}/logo")).await.page(404);
    })
    .await;
}

#[tokio::test]
async fn a_printer_is_remembered_calibrated_and_forgotten() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let path = part("printers");
        let office =
            [("name", "office"), ("nudge_x", "0,4"), ("nudge_y", "-1"), ("scale", "100,2"), ("dpi", "600")];
        for (name, value) in
            [("name", "Office!"), ("nudge_x", "far"), ("scale", "a lot"), ("scale", "10"), ("dpi", "1")]
        {
            let fields = office.map(|(known, typed)| (known, if known == name { value } else { typed }));
            let refused = organiser.sends(&path, &fields).await.page(422);
            assert!(refused.contains("class=\"mistake\"") || refused.contains("role=\"alert\""), "{refused}");
        }
        let all = [("name", ""), ("nudge_x", "far"), ("nudge_y", "30"), ("scale", "0"), ("dpi", "1")];
        let refused = organiser.sends(&path, &all).await.page(422);
        for (field, _) in all {
            assert!(refused.contains(&format!("id=\"{field}-mistake\"")), "{field} is not named: {refused}");
        }
        let kept = organiser.does(&path, &office).await;
        for part in ["office is remembered.", "0,4 mm right, 1 mm up", "100,2 %", "600 dpi"] {
            assert!(kept.contains(part), "{part} is not in {kept}");
        }
        organiser.does(&path, &office).await;
        let log = organiser.sees("/console/log").await;
        let said = "600 dpi, 0,4 mm right, 1 mm up, size 100,2 %";
        assert_eq!(log.matches(said).count(), 1, "what changes nothing is not written: {log}");
        let page = organiser.gets(&format!("{path}/calibration.pdf?layout=cr80&printer=office")).await;
        assert!(page.bytes.starts_with(b"%PDF"));
        let none = organiser.gets(&format!("{path}/calibration.pdf?layout=none")).await.page(422);
        assert!(none.contains("<nav class=\"house\"") && none.contains(">To Pukkelfest</a>"), "{none}");
        let forgotten = organiser.does(&format!("{path}/office"), &[]).await;
        assert!(forgotten.contains("office is forgotten."));
        organiser.sends(&format!("{path}/office"), &[]).await.page(422);
    })
    .await;
}

#[tokio::test]
async fn no_part_of_the_set_up_is_for_those_who_do_not_set_up() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let parts = [
            "provider",
            "accounts",
            "accounts/multisafepay",
            "accounts/multisafepay/pause",
            "accounts/multisafepay/resume",
            "accounts/multisafepay/remove",
            "top-ups",
            "products",
            "terminals",
            "rules",
            "close",
            "artwork",
            "artwork/logo",
            "printers",
        ];
        for role in [Role::HelpDesk, Role::Finance, Role::Viewer] {
            let person = house.person(role).await;
            for name in parts {
                if !["/pause", "/resume", "/remove"].iter().any(|verb| name.ends_with(verb)) {
                    person.gets(&part(name)).await.page(403);
                }
                if name != "artwork/logo" {
                    person.sends(&part(name), &[("slug", "pukkelfest"), ("api_key", "x")]).await.page(403);
                }
            }
        }
        let entries = house.audit_log().await;
        assert!(!entries.iter().any(|entry| entry.1 == "event closed"));
    })
    .await;
}

/// What a page's form says that it was filled with.
pub(super) fn shown_in(page: &str) -> String {
    let found = page.split("name=\"shown\" value=\"").nth(1).unwrap_or_else(|| panic!("{page}"));
    found.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_that_was_opened_before_somebody_elses_change_puts_nothing_back_unawares() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let (anna, bert) = (house.person(Role::Organiser).await, house.person(Role::Admin).await);
        let path = part("rules");
        let opened = shown_in(&anna.sees(&path).await);
        let fields = [
            ("counterfeit", "flag"),
            ("activation", "first-top-up"),
            ("balance_max", ""),
            ("over_balance", "credit"),
            ("charge_min", "0,01"),
            ("charge_max", "500"),
            ("single_charge_max", "25"),
            ("single_window_max", "50"),
            ("second_person", "500"),
            ("day_cut_hour", "6"),
            ("visitor_language", "nl"),
            ("till_language", ""),
            ("shown", opened.as_str()),
        ];
        let but = |name: &str, value: &'static str| {
            fields.map(|(known, typed)| (known, if known == name { value } else { typed }))
        };
        let hers = but("over_balance", "suspense");
        bert.does(&path, &but("charge_max", "20")).await;
        bert.does(&path, &but("charge_max", "20")).await;
        let refused = anna.sends(&path, &hers).await.page(422);
        for part in [
            "This was changed by admin@fest.example on 3/7/2026",
            "Largest charge: It is “20,00” now.",
            "A top-up that leads over it: It is “Credit it all the same” now.",
            "value=\"500\"",
            "value=\"suspense\" selected",
        ] {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
        assert_eq!(refused.matches(" now.</a>").count(), 2, "what both leave as it is: {refused}");
        assert!(anna.sees(&path).await.contains("value=\"20,00\""), "nothing was put back");
        // Who has seen it and sends it all the same means it.
        let seen = shown_in(&refused);
        let again = hers.map(|(name, value)| (name, if name == "shown" { seen.as_str() } else { value }));
        let holds = anna.does(&path, &again).await;
        assert!(holds.contains("value=\"500,00\"") && holds.contains("\"suspense\" selected"), "{holds}");

        let limits = part("top-ups");
        let opened = shown_in(&anna.sees(&limits).await);
        let typed = |max: &'static str| [("min", "5"), ("max", max), ("shown", opened.as_str())];
        bert.does(&limits, &typed("50")).await;
        let refused = anna.sends(&limits, &typed("60")).await.page(422);
        assert!(
            refused.contains("At most: It is “50,00” now.") && refused.contains("value=\"60\""),
            "{refused}"
        );

        let bars = bert.does(BARS, &[("name", "Bar 1"), ("vendor", "Jef")]).await;
        let vendors = part("vendors");
        for (one, was) in
            [(linked(&bars, BARS), "Bar 1"), (linked(&bert.sees(&vendors).await, &vendors), "Jef")]
        {
            let opened = shown_in(&anna.sees(&one).await);
            let typed = |name: &'static str| [("name", name), ("shown", opened.as_str())];
            bert.does(&one, &typed("North")).await;
            let refused = anna.sends(&one, &typed("South")).await.page(422);
            assert!(refused.contains("Name: It is “North” now."), "{was}: {refused}");
            assert!(refused.contains("by admin@fest.example on") && refused.contains("value=\"South\""));
            bert.does(&one, &typed("North")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn names_that_differ_in_their_case_only_are_one_and_the_refusal_names_it() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let one = linked(&organiser.does(BARS, &[("name", "Élan"), ("vendor", "Frituur Jef")]).await, BARS);
        organiser.does(BARS, &[("name", "Main bar"), ("vendor", "De Brouwerij")]).await;
        let taken = "A point of sale &#34;Élan&#34; exists already in this event.";
        let refused = organiser.sends(BARS, &[("name", "ÉLAN"), ("vendor", "Frituur Jef")]).await.page(422);
        assert!(refused.contains(taken), "{refused}");
        let other =
            "a vendor &#34;Frituur Jef&#34; exists already in this event: write the name as it is there";
        let refused = organiser.sends(BARS, &[("name", "Bar 3"), ("vendor", "frituur JEF")]).await.page(422);
        assert!(refused.contains(&other[1..]) && refused.contains("id=\"vendor-mistake\""), "{refused}");
        let vendors = part("vendors");
        let first = linked(&organiser.sees(&vendors).await, &vendors);
        for (path, name, why) in [
            (&one, "MAIN BAR", "A point of sale &#34;Main bar&#34; exists already in this event."),
            (&first, "FRITUUR JEF", "A vendor &#34;Frituur Jef&#34; exists already in this event."),
        ] {
            let refused = organiser.sends(path, &[("name", name)]).await.page(422);
            assert!(refused.contains(why), "{refused}");
        }
        // Its own name may be written otherwise.
        organiser.does(&one, &[("name", "ÉLAN")]).await;
        organiser.does(&first, &[("name", "DE BROUWERIJ")]).await;
    })
    .await;
}
