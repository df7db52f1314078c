//! Batches in the console: looked at before they are issued, issued, printed, followed to the wrists.

use super::Person;
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events;
use crate::ids::BatchId;
use crate::operators::Role;
use crate::web::tests::House;
use serde_json::json;
use std::time::Duration;

const BATCHES: &str = "/console/pukkelfest/batches";
const OPTIONS: [(&str, &str); 6] = [
    ("count", "12"),
    ("kind", "wristband"),
    ("level", "Q"),
    ("language", "fr"),
    ("description", "{serial}"),
    ("amount", ""),
];

/// The address that a page was sent on to, and the page.
fn batch_in(page: &str) -> String {
    let at = page.find(&format!("{BATCHES}/01")).expect("a batch's address is on its page");
    page[at..].split(['"', '/', '?']).take(5).collect::<Vec<_>>().join("/")
}

/// Looks at what a batch of these options would be: the address of that look.
async fn looks(person: &Person<'_>, query: &str) -> String {
    let answer = person.gets(&format!("{BATCHES}/new?{query}")).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
    answer.header("location").to_owned()
}

/// Issues what was looked at; the page that leads to.
async fn issues(person: &Person<'_>, options: &[(&str, &str)]) -> String {
    let id = BatchId::new().to_string();
    person.does(&format!("{BATCHES}/new"), &[options, &[("id", &id)]].concat()).await
}

#[tokio::test]
async fn codes_that_only_this_machine_could_open_are_looked_at_with_a_warning() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.winterfest(json!({})).await;
        house.winter_account(&office).await;
        let organiser = house.person(Role::Organiser).await;
        let query = "count=12&kind=wristband&level=M&language=nl&description=&amount=";
        let look = organiser.gets(&format!("/console/winterfest/batches/new?{query}")).await;
        let looked = organiser.sees(look.header("location")).await;
        for part in
            ["lead to a page that only this machine opens. Print none of them.", ">Issue 12 wristbands<"]
        {
            assert!(looked.contains(part), "{part} is not in {looked}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_looked_at_on_every_layout_before_anything_is_issued() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let form = organiser.sees(&format!("{BATCHES}/new")).await;
        assert!(form.contains(">Look at it</button>") && !form.contains("On each layout"), "{form}");
        assert!(
            !form.contains("method=\"post\" action=\"/console/pukkelfest"),
            "issued after a look: {form}"
        );
        let query = "count=12&kind=wristband&level=Q&language=nl&description=%7Bserial%7D&amount=";
        let looked = organiser.sees(&looks(&organiser, query).await).await;
        for part in
            ["a4-band-25", " modules of 0.", "does not fit", "specimen.svg?count=12&#38;kind=wristband"]
        {
            assert!(looked.contains(part), "{part} is not in {looked}");
        }
        for part in [
            "class=\"plain\">Look at it</button>",
            ">Issue 12 wristbands</button>",
            "name=\"count\" value=\"12\"",
            "the picture is not to scale",
        ] {
            assert!(looked.contains(part), "{part} is not in {looked}");
        }
        assert!(!looked.contains("Print none of them"), "the codes are Bancontact's: {looked}");
        // Those of its kind come first.
        let cards = organiser.sees(&looks(&organiser, &query.replace("wristband", "card")).await).await;
        for (page, first, later) in [(&looked, "a4-band-25", "cr80"), (&cards, "cr80", "a4-band-25")] {
            let place = |name: &str| page.find(&format!("layout={name}#picture"));
            assert!(
                place(first).is_some() && place(later).is_none_or(|at| Some(at) > place(first)),
                "{page}"
            );
        }
        let countless = query.replace("count=12", "count=");
        let countless = organiser.gets(&format!("{BATCHES}/new?{countless}")).await.page(422);
        let why = "<a href=\"#count\">How many: A whole number from 1 to 200.000.</a>";
        assert!(countless.contains(why) && !countless.contains("On each layout"), "{countless}");
        // All that is wrong is said at once, with what was typed as it was.
        let both = super::urlencoded(&[("count", ""), ("kind", "wristband"), ("description", "a \"b\" [c]")]);
        let both = organiser.gets(&format!("{BATCHES}/new?{both}")).await.page(422);
        assert!(both.contains(why) && both.contains("description-mistake"), "{both}");
        assert!(both.contains("“a &#34;b&#34; [c]”"), "{both}");
        let picture = organiser.gets(&format!("{BATCHES}/new/specimen.svg?{query}&layout=cr80")).await;
        assert_eq!(picture.header("content-type"), "image/svg+xml");
        assert!(picture.header("content-security-policy").contains("sandbox"));
        let picture = picture.is(200);
        assert!(picture.as_str().unwrap().contains("Pukkelfest"), "{picture}");
        organiser.gets(&format!("{BATCHES}/new/specimen.svg?{query}&layout=avery-l4731")).await.page(404);
        organiser.gets(&format!("{BATCHES}/new/specimen.svg?{query}&layout=none")).await.page(422);
        for (name, wrong, why) in [
            ("count", "0", "A whole number from 1 to 200.000."),
            ("count", "", "A whole number from 1 to 200.000."),
            ("count", "many", "count-mistake"),
            ("kind", "hat", "kind-mistake"),
            ("amount", "20", "amount"),
        ] {
            let id = BatchId::new().to_string();
            let fields = OPTIONS.map(|(known, value)| (known, if known == name { wrong } else { value }));
            let fields = [&fields[..], &[("id", &id)]].concat();
            let refused = organiser.sends(&format!("{BATCHES}/new"), &fields).await.page(422);
            assert!(refused.contains(why), "{name}: {why} is not in {refused}");
            assert!(refused.contains("value=\"fr\" selected"), "what was chosen stays: {refused}");
        }
        assert_eq!(organiser.sees(BATCHES).await.matches("scope=\"row\"").count(), 1, "nothing was issued");
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_issued_printed_received_handed_out_and_its_misprints_are_made_anew() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let issued = issues(&organiser, &OPTIONS).await;
        assert!(
            issued.contains("12 wristbands are issued") && issued.contains("Français, correction Q"),
            "{issued}"
        );
        let batch = batch_in(&issued);
        let looked = organiser.sees(&format!("{batch}?layout=a4-band-25")).await;
        assert!(looked.contains("PDF on a4-band-25") && looked.contains("specimen.svg?layout=a4-band-25"));
        // What a module counts a file's pages, rows and pictures against.
        for (file, total) in [
            ("sheet.pdf?layout=cr80&amp;printer=\"", "page\" data-total=\"24"),
            ("sheet.pdf?layout=a4-band-25&amp;printer=\"", "page\" data-total=\"2"),
            ("codes.csv\"", "row\" data-total=\"12"),
            ("codes.zip\"", "picture\" data-total=\"48"),
            ("manifest.json\"", "piece\" data-total=\"12"),
        ] {
            let link = format!("{file} download data-thing=\"{total}\"");
            assert!(looked.contains(&link), "{link} is not in {looked}");
        }
        let picture =
            organiser.gets(&format!("{batch}/specimen.svg?layout=a4-band-25&printer=")).await.is(200);
        assert!(picture.as_str().unwrap().to_lowercase().contains("recharger"));
        let pdf = organiser.gets(&format!("{batch}/sheet.pdf?layout=a4-band-25&printer=")).await;
        assert!(
            pdf.bytes.starts_with(b"%PDF") && pdf.header("content-disposition").contains("a4-band-25.pdf")
        );
        organiser.gets(&format!("{batch}/sheet.pdf?layout=avery-l4731")).await.page(422);
        let last = |step: &str| format!("data-label=\"Last recorded\">{step}</td>");
        let listed = organiser.sees(BATCHES).await;
        assert!(listed.contains(&last("file made")) && listed.contains(&last("issued")), "{listed}");
        organiser.gets(&format!("{batch}/codes.zip")).await.is(200);
        organiser.gets(&format!("{batch}/manifest.json")).await.is(200);
        let list = organiser.gets(&format!("{batch}/codes.csv")).await;
        let list = String::from_utf8(list.bytes.to_vec()).unwrap();
        let texts: Vec<&str> = list.lines().skip(1).map(|line| line.split("\",\"").nth(3).unwrap()).collect();
        let printed = organiser.does(&format!("{batch}/printed"), &[("note", "by Jef")]).await;
        assert!(printed.contains("It is recorded as printed.") && printed.contains("by Jef"), "{printed}");
        assert!(organiser.sees(BATCHES).await.contains(&last("printed")));
        let receive = format!("{batch}/receive");
        let asked = organiser.sees(&receive).await;
        assert!(asked.contains("data-scan") && asked.contains("/assets/console/scan.js"), "{asked}");
        // What was scanned stays, a number in place of each pay code.
        let second: Vec<&str> = list.lines().nth(2).unwrap().split("\",\"").collect();
        let (number, pay_code) = (second[1], second[4]);
        // The number of a misprint would hide what is printed wrong.
        let misprint = format!("https://elsewhere.example/w/{pay_code}");
        // Of another batch: its number says no less than its pay code.
        let (other, stranger) = (house.pay_code(0), house.festival.bands[0].serial.grouped());
        let scanned =
            format!("{}\r\n{pay_code}\r\n{misprint}\r\nPB1ZZZZZZZZZZZZZZZZ\r\nhello\r\n{other}", texts[0]);
        let few = organiser.sends(&receive, &[("codes", &scanned)]).await.page(422);
        assert!(few.contains("samples are not pieces of this batch") && few.contains("piece 1"), "{few}");
        let typed = texts[0].replace('&', "&#38;");
        let number = format!("{}-{}", &number[..4], &number[4..]);
        let kept = format!("\">{typed}\n{number}\nhello\n{stranger}</textarea>");
        assert!(few.contains(&kept) && !few.contains("PB1Z"), "{few}");
        assert!(!few.contains(pay_code) && !few.contains(other), "{few}");
        for named in [
            "4 of 6 samples are not pieces".to_owned(),
            "Code 3: this code leads elsewhere: it is not one of ours.".to_owned(),
            "Code 4: unknown: there is no medium with this code.".to_owned(),
            "Code 5: this is not a wristband&#39;s or card&#39;s code.".to_owned(),
            "Code 6: of another batch: ".to_owned(),
            format!("Code 6</th><td data-label=\"Number\">{stranger}</td>"),
        ] {
            assert!(few.contains(&named), "{named} is not in {few}");
        }
        let one = organiser.sends(&receive, &[("codes", texts[0])]).await.page(422);
        assert!(
            one.contains("5 different pieces: this was 1.")
                && one.contains(&format!("\">{typed}</textarea>")),
            "{one}"
        );
        assert!(organiser.sends(&receive, &[("codes", " \r\n ")]).await.page(422).contains("a line each"));
        let five = texts[..5].join("\r\n");
        assert!(organiser.does(&receive, &[("codes", &five)]).await.contains("5 different pieces"));
        assert!(organiser.does(&format!("{batch}/active"), &[]).await.contains("recorded as handed out"));
        let late = organiser.sends(&format!("{batch}/printed"), &[]).await.page(422);
        assert!(late.contains("it takes no step back"), "{late}");
        let reissue = format!("{batch}/reissue");
        assert!(organiser.sees(&reissue).await.contains("No misprint here waits for a new piece."));
        let none = organiser.sends(&reissue, &[("reason", "to have some")]).await.page(422);
        assert!(none.contains("No piece of this batch is spoiled"), "{none}");
        let media = "/console/pukkelfest/media";
        let medium = organiser.sends(media, &[("code", texts[7])]).await.header("location").to_owned();
        assert!(!organiser.sees(&medium).await.contains(">Reissue</a>"));
        organiser.does(&format!("{medium}/spoil"), &[("reason", "smeared")]).await;
        // From the misprint's own page, with what that means before it is done.
        let reference = medium.rsplit('/').next().unwrap();
        let own = format!("{reissue}?medium={reference}");
        let page = organiser.sees(&medium).await;
        assert!(page.contains(&format!("href=\"{own}\">Reissue</a>")), "{page}");
        let desk = house.person(Role::HelpDesk).await;
        assert!(!desk.sees(&medium).await.contains(">Reissue</a>"));
        let asked = organiser.sees(&own).await;
        assert!(
            asked.contains("is one of them") && asked.contains("A new batch of 1 piece is issued"),
            "{asked}"
        );
        organiser.gets(&format!("{reissue}?medium={}", house.reference(0))).await.page(404);
        let long = "x".repeat(501);
        for (reason, wrong) in [("", "Say why"), (pay_code, "a pay code"), (long.as_str(), "501")] {
            let refused = organiser.sends(&own, &[("reason", reason)]).await.page(422);
            assert!(refused.contains("reason-mistake") && refused.contains(wrong), "{wrong}: {refused}");
        }
        let anew = organiser.does(&own, &[("reason", "the ink was wet")]).await;
        assert!(anew.contains("1 new piece is issued") && anew.contains("Stands in for"), "{anew}");
        assert!(anew.contains("</a>: the ink was wet"), "{anew}");
        assert!(!organiser.sees(&medium).await.contains(">Reissue</a>"));
        let log = house.audit_log().await;
        assert!(
            log.iter()
                .any(|entry| entry.1 == "batch issued" && entry.3.as_deref() == Some("the ink was wet"))
        );
        for action in
            ["sheet downloaded", "code list downloaded", "code pictures downloaded", "manifest downloaded"]
        {
            assert_eq!(log.iter().filter(|entry| entry.1 == action).count(), 1, "{action}");
        }
        // Each of them, however often: the way to the wrists has the first alone.
        organiser.gets(&format!("{batch}/codes.csv")).await;
        let page = organiser.sees(&batch).await;
        for (action, times) in [("sheet", 1), ("code list", 2), ("code pictures", 1), ("manifest", 1)] {
            let row = format!("<th scope=\"row\">{action} downloaded</th>");
            assert_eq!(page.matches(&row).count(), times, "{action}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_issues_one_batch_and_a_new_page_another() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let path = format!("{BATCHES}/new");
        let id_in = |page: String| {
            let (_, rest) = page.split_once("name=\"id\" value=\"").expect("the form has an id");
            rest[..36].to_owned()
        };
        let looked = looks(&organiser, "count=12&kind=wristband").await;
        let id = id_in(organiser.sees(&looked).await);
        assert_eq!(id, id_in(organiser.sees(&looked).await), "whoever comes back looks at the same one");
        let anew = looks(&organiser, "count=12&kind=wristband").await;
        assert_ne!(id, id_in(organiser.sees(&anew).await));
        let with_id = [&OPTIONS[..], &[("id", &id)]].concat();
        let (once, twice) = tokio::join!(organiser.sends(&path, &with_id), organiser.sends(&path, &with_id));
        for answer in [once, twice, organiser.sends(&path, &with_id).await] {
            assert_eq!(answer.header("location"), format!("{BATCHES}/{id}"), "{}", answer.body);
        }
        // Back on the page it says so, and issues nothing.
        let back = organiser.sees(&looked).await;
        let link = format!("From here this batch was issued: <a href=\"{BATCHES}/{id}\">12 wristbands of ");
        assert!(back.contains(&link), "{back}");
        assert!(!back.contains("method=\"post\" action=\"/console/pukkelfest"), "{back}");
        assert!(organiser.sees(&anew).await.contains(">Issue 12 wristbands</button>"));
        let changed = organiser.sees(&looked.replace("count=12", "count=7")).await;
        let link = link.replace("this batch was", "another batch than what you look at was");
        assert!(changed.contains(&link) && !changed.contains(">Issue "), "{changed}");
        // From the same page with something else in it: what it says is true of that, too.
        let other = [&with_id[..], &[("count", "7")]].concat();
        assert!(organiser.does(&path, &other).await.contains("this is its batch, as it was sent first."));
        // One that is nobody's look, and would stand before all others in the list for ever.
        for made_up in
            ["", "x", "ffffffff-ffff-ffff-ffff-ffffffffffff", "7b6ab6f2-7b0f-4cd1-8b0a-6f0d5c8f7a11"]
        {
            let sent = organiser.sends(&path, &[&OPTIONS[..], &[("id", made_up)]].concat()).await;
            let location = sent.header("location");
            let own = location.starts_with(&format!("{path}?count=12&")) && location.contains("&id=01");
            assert!(own, "{made_up}: {location}");
        }
        let log = house.audit_log().await;
        let issued = log.iter().filter(|entry| entry.1 == "batch issued").count();
        assert_eq!(issued, 2, "the house's own and this one");
        for count in ["abc", "0", "200001", "1,5"] {
            let wrong = [("count", count), ("kind", "wristband")];
            let refused = organiser.sends(&path, &wrong).await.page(422);
            assert!(refused.contains("A whole number from 1 to 200.000."), "{count}: {refused}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_newest_ten_files_are_shown_and_the_older_ones_on_demand() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let batch = batch_in(&organiser.sees(BATCHES).await);
        for _ in 0..10 {
            organiser.gets(&format!("{batch}/manifest.json")).await.is(200);
        }
        assert!(!organiser.sees(&batch).await.contains(" older</summary>"));
        house.festival.clock.advance(Duration::from_secs(1));
        organiser.gets(&format!("{batch}/codes.csv")).await;
        let page = organiser.sees(&batch).await;
        let (newest, older) = page.split_once("<summary>1 older</summary>").expect("one is older");
        assert!(newest.contains("code list downloaded") && !older.contains("code list downloaded"), "{page}");
        assert_eq!(newest.matches("<th scope=\"row\">manifest downloaded</th>").count(), 9, "{page}");
    })
    .await;
}

#[tokio::test]
async fn nothing_of_a_closed_festival_is_issued_or_moved_and_no_form_is_shown() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let batch = batch_in(&organiser.sees(BATCHES).await);
        let (actor, now) = (Actor::System("test"), house.festival.clock.now());
        events::close(&house.festival.store, &actor, now, "pukkelfest").await.unwrap();
        let log = house.audit_log().await.len();
        let mut pages = vec![
            format!("{BATCHES}/new"),
            format!("/console/pukkelfest/media/{}/activate", house.reference(0)),
            "/console/pukkelfest/set-up/artwork".to_owned(),
            "/console/pukkelfest/set-up/top-ups".to_owned(),
        ];
        pages.extend(
            ["printed", "receive", "active", "quarantine", "reissue"].map(|word| format!("{batch}/{word}")),
        );
        for path in pages {
            let page = organiser.sees(&path).await;
            assert!(
                page.contains("The festival was closed on") && !page.contains("<label"),
                "{path}: {page}"
            );
            if !path.ends_with("artwork") {
                let fields = [&OPTIONS[..], &[("reason", "lost"), ("min", "1"), ("max", "2")]].concat();
                let refused = organiser.sends(&path, &fields).await.page(409);
                assert!(refused.contains("The festival was closed on"), "{path}: {refused}");
            }
        }
        assert_eq!(house.audit_log().await.len(), log, "nothing was done");
        for (path, said) in [
            (BATCHES, "nothing is issued for it any more"),
            (batch.as_str(), "nothing is changed about its batches"),
        ] {
            let page = organiser.sees(path).await;
            assert!(page.contains("The festival was closed on") && page.contains(said), "{path}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_stolen_roll_is_stopped_and_released_as_a_range() {
    on_both_engines(async |store| {
        let house = House::open(store, 5).await;
        house.tops_up(3, 500).await;
        let desk = house.person(Role::HelpDesk).await;
        let batch = batch_in(&desk.sees(BATCHES).await);
        let path = format!("{batch}/quarantine");
        let (from, to) = (house.pay_code(1), house.reference(4));
        assert!(desk.sees(&path).await.contains("Nothing between the two ends"));
        let fields = [("from", from), ("to", to), ("move", "quarantine"), ("reason", "")];
        assert!(desk.sends(&path, &fields).await.page(422).contains("Say why"));
        let fields = [("from", "hello"), ("to", "you"), ("move", "quarantine"), ("reason", "")];
        let refused = desk.sends(&path, &fields).await.page(422);
        for field in ["from", "to", "reason"] {
            assert!(
                refused.contains(&format!("id=\"{field}-mistake\"")),
                "{field} is not named in {refused}"
            );
        }
        let fields = [("from", "hello"), ("to", to), ("move", "quarantine"), ("reason", "van was opened")];
        assert!(desk.sends(&path, &fields).await.page(422).contains("from-mistake"));
        let fields = [("from", from), ("to", to), ("move", "quarantine"), ("reason", "van was opened")];
        let stopped = desk.does(&path, &fields).await;
        let said = "Pieces 2 to 5: 3 in quarantine now, 0 already before, 1 left alone.";
        assert!(stopped.contains(said), "{stopped}");
        let fields = [("from", from), ("to", to), ("move", "release"), ("reason", "found")];
        assert!(desk.does(&path, &fields).await.contains("3 released now"));
    })
    .await;
}

#[tokio::test]
async fn a_list_of_thousands_is_received_whole_and_one_that_is_too_long_is_kept() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let options = OPTIONS.map(|(name, value)| (name, if name == "count" { "2000" } else { value }));
        let batch = batch_in(&issues(&organiser, &options).await);
        let list = organiser.gets(&format!("{batch}/codes.csv")).await;
        let list = String::from_utf8(list.bytes.to_vec()).unwrap();
        let links: Vec<&str> = list.lines().skip(1).map(|line| line.split("\",\"").nth(3).unwrap()).collect();
        assert_eq!(links.len(), 2_000);
        let (receive, all) = (format!("{batch}/receive"), links.join("\r\n"));
        let more = format!("{all}\r\n{}", links[0]);
        let refused = organiser.sends(&receive, &[("codes", &more)]).await.page(422);
        assert!(refused.contains("2000 pieces at a time at most: these are 2001."));
        assert_eq!(refused.matches("/t/1/").count(), 2_001, "all of them are kept");
        // Of pay codes the pieces' numbers are kept, and what has none is told.
        let column = |row: &str, at: usize| row.split("\",\"").nth(at).unwrap().to_owned();
        let rows: Vec<&str> = list.lines().skip(1).collect();
        let mut secret: Vec<String> = rows.iter().map(|row| column(row, 4)).collect();
        secret.extend([secret[0].clone(), "PB1ZZZZZZZZZZZZZZZZ".to_owned()]);
        let refused = organiser.sends(&receive, &[("codes", &secret.join("\r\n"))]).await.page(422);
        assert!(refused.contains("these are 2002.") && refused.contains("1 pay code is left out below"));
        let kept = refused.split_once("</textarea>").unwrap().0.rsplit_once("\">").unwrap().1;
        let number = column(rows[1], 1);
        assert_eq!(kept.lines().nth(1), Some(format!("{}-{}", &number[..4], &number[4..]).as_str()));
        assert_eq!(kept.lines().count(), 2_001);
        assert!(!secret.iter().any(|code| refused.contains(code)), "a secret is shown");
        let long = "x".repeat(512_001);
        let refused = organiser.sends(&receive, &[("codes", &long)]).await.page(422);
        assert!(refused.contains("512.000 characters at most: these are 512.001."));
        assert!(refused.contains(&format!("{long}</textarea>")), "it is kept whole");
        let endless = "x".repeat(5 << 20);
        let refused = organiser.sends(&receive, &[("codes", &endless)]).await.page(413);
        assert!(refused.contains("a list of codes 512.000 characters"), "{refused}");
        assert!(organiser.does(&receive, &[("codes", &all)]).await.contains("000 different pieces"));
    })
    .await;
}

#[tokio::test]
async fn files_are_for_those_who_print_and_steps_for_those_who_set_up() {
    on_both_engines(async |store| {
        let house = House::open(store, 5).await;
        for role in [Role::HelpDesk, Role::Finance, Role::Viewer] {
            let person = house.person(role).await;
            let batch = batch_in(&person.sees(BATCHES).await);
            let page = person.sees(&batch).await;
            assert!(!page.contains("sheet.pdf") && !page.contains("/printed"), "{role}: {page}");
            let files = [
                "sheet.pdf?layout=cr80",
                "codes.csv",
                "codes.zip",
                "manifest.json",
                "specimen.svg?layout=cr80",
            ];
            for part in files.into_iter().chain(["printed", "receive", "reissue"]) {
                person.gets(&format!("{batch}/{part}")).await.page(403);
            }
            person.gets(&format!("{BATCHES}/new")).await.page(403);
            person.sends(&format!("{BATCHES}/new"), &OPTIONS).await.page(403);
            person.sends(&format!("{batch}/printed"), &[]).await.page(403);
        }
        let viewer = house.person(Role::Admin).await;
        let batch = batch_in(&viewer.sees(BATCHES).await);
        viewer.gets(&format!("{batch}/melted")).await.page(404);
        viewer.gets(&format!("{BATCHES}/{}", uuid::Uuid::now_v7())).await.page(404);
        viewer.gets(&format!("{BATCHES}/none")).await.page(404);
    })
    .await;
}
