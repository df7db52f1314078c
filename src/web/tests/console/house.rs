//! The installation's own pages: a new festival, people and tokens, the log, oneself.

use super::{OWN, PASSWORD};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::operators::{self, Role};
use crate::web::tests::House;

const NEW: [(&str, &str); 23] = [
    ("name", "Zomer 2027"),
    ("slug", "zomer-2027"),
    ("merchant", ""),
    ("profile_id", "5c18cbd1296e9a26d3278519"),
    ("environment", "production"),
    ("api_url", ""),
    ("key_set_url", ""),
    ("pay_url", ""),
    ("behaviour", "defined"),
    ("amount", ""),
    ("codes", "separate"),
    ("counterfeit", "flag"),
    ("activation", "first-top-up"),
    ("balance_max", ""),
    ("over_balance", "credit"),
    ("charge_min", "0,01"),
    ("charge_max", "500"),
    ("single_charge_max", "25,00"),
    ("single_window_max", "50"),
    ("second_person", "500,00"),
    ("day_cut_hour", "6"),
    ("visitor_language", "nl"),
    ("till_language", ""),
];

pub(super) fn with<'a>(changes: &[(&str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let changed = |name: &str| changes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    NEW.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value))).collect()
}

#[tokio::test]
async fn a_newcomer_sets_a_festival_up_and_is_led_to_its_key() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        assert!(organiser.sees("/console").await.contains("href=\"/console/new\""));
        let form = organiser.sees("/console/new").await;
        for part in ["value=\"500,00\"", "value=\"0,01\"", "value=\"production\" selected"] {
            assert!(form.contains(part), "{part} is not in {form}");
        }
        assert_eq!(form.matches(" id=\"provider\"").count(), 1, "its label names the field: {form}");
        for (changes, why) in [
            (vec![("slug", "Zomer 2027")], "is not a short name (slug)"),
            (vec![("slug", "")], "<a href=\"#slug\">Short name: This is needed.</a>"),
            (vec![("profile_id", "")], "id=\"profile_id-mistake\">This is needed.<"),
            (vec![("slug", "people")], "is a page of the console"),
            (vec![("slug", "pukkelfest")], "choose another short name"),
            (vec![("name", "")], "name-mistake"),
            (vec![("profile_id", "12")], "profile_id-mistake"),
            (vec![("profile_id", "5c18cbd1296e9a26d3278518")], "already serves an open event"),
            (vec![("behaviour", "fixed")], "amount-mistake"),
            (vec![("charge_max", "much")], "charge_max-mistake"),
            (vec![("charge_min", "0")], "charge_min-mistake"),
            (vec![("single_charge_max", "0")], "single_charge_max-mistake"),
            (vec![("api_url", "http://elsewhere.example")], "api_url-mistake"),
        ] {
            let refused = organiser.sends("/console/new", &with(&changes)).await.page(422);
            assert!(refused.contains(why), "{why} is not in {refused}");
            assert!(refused.contains("value=\"500,00\""), "what was typed stays: {refused}");
        }
        let all = [
            ("slug", "Zomer 2027"),
            ("name", ""),
            ("profile_id", "12"),
            ("charge_max", "much"),
            ("api_url", "ftp:"),
        ];
        let refused = organiser.sends("/console/new", &with(&all)).await.page(422);
        for (field, _) in all {
            assert!(refused.contains(&format!("{field}-mistake")), "{field} is not named: {refused}");
        }
        // What is left out stands beside its field with the rest, whether or not the rules can be read.
        let all = [
            ("behaviour", "fixed"),
            ("balance_max", "0"),
            ("charge_min", "30,00"),
            ("charge_max", "20,00"),
            ("second_person", "0"),
        ];
        for other in [("day_cut_hour", "6"), ("day_cut_hour", "late"), ("single_charge_max", "some")] {
            let typed = with(&[&all[..], &[other]].concat());
            let refused = organiser.sends("/console/new", &typed).await.page(422);
            for field in ["amount", "balance_max", "charge_max", "second_person"] {
                let mistake = format!("id=\"{field}-mistake\"");
                assert!(refused.contains(&mistake), "{mistake} is not in {refused}");
            }
            assert!(!refused.contains("single_window_max-mistake"), "nothing is wrong with it: {refused}");
            for kept in ["value=\"fixed\" selected", "value=\"30,00\"", "value=\"20,00\""] {
                assert!(refused.contains(kept), "{kept} is not in {refused}");
            }
        }
        let next = organiser.does("/console/new", &NEW).await;
        for part in ["Zomer 2027 is set up", "/callbacks/bancontact/zomer-2027", "Give its key"] {
            assert!(next.contains(part), "{part} is not in {next}");
        }
        let set_up = organiser.sees("/console/zomer-2027/set-up").await;
        assert!(set_up.contains("Give the provider&#39;s key") || set_up.contains("Give the provider's key"));
        for role in [Role::HelpDesk, Role::Finance, Role::Viewer] {
            let person = house.person(role).await;
            person.gets("/console/new").await.page(403);
            person.sends("/console/new", &with(&[("slug", "other")])).await.page(403);
            assert!(!person.sees("/console").await.contains("/console/new"));
        }
    })
    .await;
}

/// The address of somebody's page.
fn person_in(people: &str, email: &str) -> String {
    let is_theirs =
        |part: &&str| part.starts_with("/console/people/") && part.contains(&format!(">{email}</a>"));
    let link = people.split("href=\"").find(is_theirs);
    link.unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_admin_adds_people_gives_roles_and_tokens_and_takes_them_away() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let admin = house.person(Role::Admin).await;
        let refused = admin.sends("/console/people", &[("email", "no address"), ("role", "viewer")]).await;
        assert!(refused.page(422).contains("email-mistake"));
        let added =
            admin.sends("/console/people", &[("email", "Bert@Fest.example"), ("role", "viewer")]).await;
        let added = added.page(200);
        let link = added.split("<code class=\"secret\">").nth(1).unwrap().split('<').next().unwrap();
        let link = link.strip_prefix("http://127.0.0.1:8080").unwrap();
        let form = format!("password={PASSWORD}&again={PASSWORD}");
        house.sends_form(link, &form, &[OWN]).await.is(303);
        let again =
            admin.sends("/console/people", &[("email", "bert@fest.example"), ("role", "admin")]).await;
        assert!(again.page(422).contains("bert@fest.example is an operator already"));
        let people = admin.sees("/console/people").await;
        let bert = &person_in(&people, "bert@fest.example");
        assert!(admin.sees(bert).await.contains("<p>Role: viewer · added on "));
        let promoted = admin.does(bert, &[("do", "role"), ("role", "finance")]).await;
        assert!(promoted.contains("has the role finance from now on"));
        for name in ["", " ", &"x".repeat(61)] {
            let unnamed = admin.sends(bert, &[("do", "token"), ("name", name)]).await.page(422);
            assert!(unnamed.contains("name-mistake"), "{unnamed}");
            assert!(unnamed.contains("value=\"finance\" selected"), "their role stays picked: {unnamed}");
        }
        let page = admin.sees(bert).await;
        let id = &page.split_once("name=\"id\" value=\"").expect("the form has an id").1[..36];
        let export = [("do", "token"), ("name", "accounting export"), ("id", id)];
        let made = admin.sends(bert, &export).await.page(200);
        let again = admin.sends(bert, &export).await.page(422);
        assert!(again.contains("accounting export&#34; was made, and its text was shown once"), "{again}");
        assert_eq!(again.matches("/console/people/tokens/").count(), 1, "one token was made: {again}");
        assert!(!again.contains(&format!("name=\"id\" value=\"{id}")), "the form makes another: {again}");
        let token = made.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let bearer = format!("Bearer {token}");
        let calls = async || {
            let headers = [("authorization", bearer.as_str())];
            house.anonymous().sends(axum::http::Method::GET, "/api/v1/events", &headers, "").await
        };
        let page = admin.sees(bert).await;
        assert!(page.contains("accounting export") && page.contains("no use noted"), "{page}");
        calls().await.is(200);
        house.app.write_sightings().await;
        let page = admin.sees(bert).await;
        assert!(!page.contains(&token), "a token is shown once");
        let used = crate::web::page::belgian_time(house.festival.clock.now());
        assert!(page.contains(&format!("data-label=\"Last used\">{used}<")), "{used} is not in {page}");
        let revoke = page.split("href=\"").find(|part| part.starts_with("/console/people/tokens/")).unwrap();
        let revoke = revoke.split('"').next().unwrap();
        let asked = admin.sees(revoke).await;
        assert!(asked.contains("the token \"accounting export\" is refused"), "{asked}");
        assert!(asked.contains(&format!("<a href=\"{bert}\">Leave it as it is</a>")), "{asked}");
        calls().await.is(200);
        let revoked = admin.does(revoke, &[]).await;
        assert!(revoked.contains("The token &#34;accounting export&#34; is revoked."), "{revoked}");
        calls().await.refused(401, "unauthorized");
        admin.gets(revoke).await.page(404);
        let log = admin.sees("/console/log").await;
        assert_eq!(log.matches("accounting export, token ").count(), 2, "made and revoked: {log}");
        admin.sends(bert, &[("do", "link")]).await.page(200);
        assert!(admin.sends(bert, &[("do", "remove")]).await.page(422).contains("Say that you are sure"));
        admin.does(bert, &[("do", "remove"), ("sure", "yes")]).await;
        admin.gets(bert).await.page(404);
        admin.sends(bert, &[("do", "melt")]).await.page(404);
        // Somebody must remain who says who may do what.
        let own = &person_in(&people, "admin@fest.example");
        for what in [vec![("do", "role"), ("role", "viewer")], vec![("do", "remove"), ("sure", "yes")]] {
            assert!(admin.sends(own, &what).await.page(422).contains("This is yourself"));
        }
        for role in [Role::Organiser, Role::HelpDesk, Role::Finance, Role::Viewer] {
            let person = house.person(role).await;
            for path in ["/console/people", own.as_str()] {
                person.gets(path).await.page(403);
                person.sends(path, &[("do", "token")]).await.page(403);
            }
            assert!(!person.sees("/console").await.contains("/console/people"));
        }
    })
    .await;
}

#[tokio::test]
async fn the_log_is_searched_by_who_and_by_what_and_read_page_by_page() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let bars = "/console/pukkelfest/set-up/points-of-sale";
        for number in 0..52 {
            organiser.sends(bars, &[("name", &format!("Bar {number:02}"))]).await.is(303);
        }
        let finance = house.person(Role::Finance).await;
        let first = finance.sees("/console/log?who=Organiser%40fest.example&what=").await;
        assert!(first.contains("Bar 51") && !first.contains(">Bar 01<"), "{first}");
        let next = first.split("<a href=\"").find(|part| part.contains("rel=\"next\"")).unwrap();
        let next = next.split('"').next().unwrap().replace("&#38;", "&");
        let second = finance.sees(&next).await;
        assert!(
            second.contains(">Bar 01<")
                && second.contains("operator signed in")
                && !second.contains("Bar 51")
        );
        let one = finance.sees("/console/log?what=Bar+07").await;
        assert!(one.contains("Bar 07") && one.contains("vendor Bar 07") && !one.contains("Bar 08"));
        assert!(finance.sees("/console/log?who=nobody%40a.example").await.contains("Nothing of that kind"));
        finance.gets("/console/log?after=garbage").await.page(404);
        // What can be no name is not looked for, and stays whole.
        let long = ", ".repeat(151);
        for field in ["who", "what"] {
            let query = super::urlencoded(&[(field, &format!("x{long}x"))]);
            let page = finance.gets(&format!("/console/log?{query}")).await.page(422);
            for part in ["At most 300 characters.", &format!("{field}-mistake"), &format!("\"x{long}x\"")] {
                assert!(page.contains(part), "{part} is not in {page}");
            }
            assert!(!page.contains("Nothing of that kind"), "{page}");
        }
        for role in [Role::HelpDesk, Role::Viewer] {
            let person = house.person(role).await;
            person.gets("/console/log").await.page(403);
            assert!(!person.sees("/console").await.contains("/console/log"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_pay_code_that_is_looked_for_in_the_log_stands_in_no_address_and_finds_its_wristband() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 500).await;
        let desk = house.person(Role::HelpDesk).await;
        let medium = format!("/console/pukkelfest/media/{}", house.reference(0));
        desk.does(&format!("{medium}/freeze"), &[("reason", "lost at the gate")]).await;
        let finance = house.person(Role::Finance).await;
        assert!(finance.sees("/console/log").await.contains("method=\"post\" action=\"/console/log\""));
        for code in [house.pay_code(0), &house.festival.bands[0].qr_text] {
            let fields = [("who", "helpdesk@fest.example"), ("what", code)];
            let answer = finance.sends("/console/log", &fields).await;
            let address = answer.header("location").to_owned();
            let asked = super::urlencoded(&[("who", fields[0].1), ("what", house.reference(0))]);
            assert_eq!((answer.status.as_u16(), &*address), (303, &*format!("/console/log?{asked}")));
            let fields = [("what", code)];
            let answer = finance.sends("/console/log", &fields).await;
            let page = finance.sees(answer.header("location")).await;
            assert!(page.contains("lost at the gate"), "{page}");
        }
        // One that is nobody's, in the other field or in an address is refused, and not shown again.
        let strange = "PB10000000000000000";
        for fields in [[("who", house.pay_code(0))], [("what", strange)]] {
            let page = finance.sends("/console/log", &fields).await.page(422);
            assert!(page.contains(&format!("{}-mistake", fields[0].0)), "{page}");
            assert!(!page.contains(fields[0].1), "{page}");
            let query = super::urlencoded(&fields);
            let page = finance.gets(&format!("/console/log?{query}")).await.page(422);
            assert!(page.contains("has no place in an address") && !page.contains(fields[0].1), "{page}");
        }
        let answer = finance.sends("/console/log", &[("who", ""), ("what", "")]).await;
        assert_eq!(answer.header("location"), "/console/log");
        desk.sends("/console/log", &[("what", "x")]).await.page(403);
        let cookie = ("cookie", finance.cookie.as_str());
        let foreign = [cookie, ("sec-fetch-site", "cross-site")];
        house.sends_form("/console/log", "what=x", &foreign).await.page(403);
    })
    .await;
}

#[tokio::test]
async fn the_log_calls_things_by_their_names_and_leads_to_them() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Main bar").await;
        let sold = bar.charges(house.pay_code(0), 750).await.is(201);
        let organiser = house.person(Role::Organiser).await;
        let medium = format!("/console/pukkelfest/media/{}", house.reference(0));
        let take_back = format!(
            "/console/pukkelfest/charges/{}/void?medium={}",
            sold["id"].as_str().unwrap(),
            house.reference(0)
        );
        let taken = organiser.does(&take_back, &[("reason", "flat")]).await;
        assert!(taken.contains("Taken back, paid at Main bar") && taken.contains("by organiser@"), "{taken}");
        assert!(
            !taken.contains("on till · by") && !taken.contains("Taken back by"),
            "who did it is named once"
        );
        organiser.does(&format!("{medium}/freeze"), &[("reason", "lost")]).await;
        let log = organiser.sees("/console/log").await;
        let terminals = "<a href=\"/console/pukkelfest/set-up/terminals\">till, Main bar</a>";
        for part in [
            &format!("<a href=\"{medium}\">Wristband "),
            terminals,
            "<td class=\"name\" data-label=\"Who\">till, Main bar</td>",
            "a charge",
            "€ 7,50 back to ",
            "<a href=\"/console/pukkelfest\">",
            "\">1 wristband of ",
            "a charge<br><span class=\"quiet\">Pukkelfest</span>",
            "money that waited are found by their wristband or card, or by their id",
        ] {
            assert!(log.contains(part), "{part} is not in {log}");
        }
        assert!(!log.contains(&bar.id) && !log.contains(house.reference(0).to_lowercase().as_str()));
        // By each of these names it is found; a letter with an accent has two cases as well.
        house.bar("Café Één").await;
        let (store, now) = (&house.festival.store, house.festival.clock.now());
        let (root, gina) = (Actor::CommandLine("root".to_owned()), "gina@fest.example".parse().unwrap());
        operators::add(store, &root, now, &gina, Role::Viewer).await.unwrap();
        let batch = log.split("\">1 wristband of ").nth(1).unwrap().split('<').next().unwrap();
        let batch = format!("1 wristband of {batch}");
        for (field, name, what) in [
            ("who", "till, Main bar", "terminal enrolled"),
            ("who", "ORGANISER@fest.example", "medium frozen"),
            ("what", "till, Main bar", "terminal enrolled"),
            ("who", "root, at the server", "operator added"),
            ("what", "Gina@Fest.example", "operator added"),
            ("what", "MAIN bar", "point of sale added"),
            ("what", "TILL, main bar", "terminal enrolled"),
            ("what", "CAFÉ ÉÉN", "point of sale added"),
            ("who", "till, café één", "terminal enrolled"),
            ("what", "PUKKELFEST", "event"),
            ("what", batch.as_str(), "batch issued"),
        ] {
            let page = organiser.sees(&format!("/console/log?{}", super::urlencoded(&[(field, name)]))).await;
            assert!(page.contains(&format!("data-label=\"What\">{what}")), "{name}: {page}");
        }
        let page = organiser.sees("/console/log?who=till,%20Other%20bar").await;
        assert!(page.contains("Nothing of that kind"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn whoever_knows_their_password_sets_another_and_every_session_ends() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let viewer = house.person(Role::Viewer).await;
        assert!(viewer.sees("/console/me").await.contains("viewer@fest.example"));
        let new = "another horse, another battery";
        for (old, password, again, why) in [
            ("wrong", new, new, "old-mistake"),
            (PASSWORD, new, "other", "again-mistake"),
            (PASSWORD, "short", "short", "password-mistake"),
            (PASSWORD, "Viewer@Fest.example", "Viewer@Fest.example", "password-mistake"),
        ] {
            let fields = [("old", old), ("password", password), ("again", again)];
            let refused = viewer.sends("/console/me", &fields).await.page(422);
            assert!(refused.contains(why) && !refused.contains(password), "{refused}");
        }
        let all = [("old", ""), ("password", "short"), ("again", "other")];
        let refused = viewer.sends("/console/me", &all).await.page(422);
        assert!(all.iter().all(|(field, _)| refused.contains(&format!("{field}-mistake"))), "{refused}");
        let set = viewer.sends("/console/me", &[("old", PASSWORD), ("password", new), ("again", new)]).await;
        assert_eq!((set.status.as_u16(), set.header("location")), (303, "/console/sign-in?set"));
        assert_eq!(viewer.gets("/console").await.header("location"), "/console/sign-in");
        let sign_in = async |password: &str| {
            let form = super::urlencoded(&[("email", "viewer@fest.example"), ("password", password)]);
            house.sends_form("/console/sign-in", &form, &[OWN]).await.status.as_u16()
        };
        assert_eq!((sign_in(PASSWORD).await, sign_in(new).await), (422, 303));
    })
    .await;
}
