//! `event provider add|list|set-key|remove`.

use crate::desk::{Desk, PROFILE, on_both_engines};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

/// A provider that lists nothing to whoever has a key without `wrong` in it.
fn provider() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let lines = reader.by_ref().lines().map_while(Result::ok);
            let head: Vec<String> =
                lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
            let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.parse().unwrap());
            reader.read_exact(&mut vec![0_u8; length]).unwrap();
            let (status, body) = match head.iter().any(|line| line.contains("wrong")) {
                true => (
                    "401 Unauthorized",
                    r#"{"success":false,"error_code":1032,"error_info":"Invalid API key"}"#,
                ),
                // MultiSafepay's and WooshPay's words, and Bancontact's.
                false => (
                    "200 OK",
                    r#"{"success":true,"data":[],"has_more":false,"details":[],"totalElements":0,"totalPages":0}"#,
                ),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    address
}

#[test]
fn an_account_is_tried_added_listed_changed_and_removed_and_its_key_is_never_shown() {
    on_both_engines(|desk| {
        desk.with_summer();
        let url = provider();
        let key = desk.path("msp.key");
        std::fs::write(&key, "msp-secret-key\n").unwrap();
        let add = ["event", "provider", "add", "summer", "multisafepay", "--profile-id", "1001001"];
        let with = ["--environment", "test", "--api-url", &url, "--api-key-file", key.to_str().unwrap()];
        let said = desk.does(&[&add[..], &with].concat());
        assert_eq!(said, "summer has an account of MultiSafepay");
        let listed = desk.prints(&["event", "provider", "list", "summer"]);
        assert_eq!(
            (&listed[0]["profile_id"], &listed[0]["environment"]),
            (&"1001001".into(), &"test".into())
        );
        desk.does(&["event", "top-up", "summer", "--min", "5"]);
        let shown = desk.does(&["event", "show", "summer"]);
        for part in ["1001001 (multisafepay, test)", "/callbacks/multisafepay/summer", "€ 5,00 to € 250,00"]
        {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        let compared = desk.run(&["reconcile", "summer"]);
        assert!(compared.code == 1 && compared.out.contains("listed"), "{}", compared.err);
        assert!(compared.err.contains("Bancontact's payment list can't be compared"), "{}", compared.err);
        assert!(listed[0]["callback_url"].as_str().unwrap().ends_with("/callbacks/multisafepay/summer"));
        assert!(!listed.to_string().contains("msp-secret-key"));
        let table = desk.does(&["event", "provider", "list", "summer"]);
        assert!(table.split_whitespace().any(|word| word == "test") && !table.contains("preprod"), "{table}");
        assert!(desk.refuses(&[&add[..], &with].concat()).contains("already"));
        std::fs::write(&key, "wrong-key").unwrap();
        let set = [
            "event",
            "provider",
            "set-key",
            "summer",
            "multisafepay",
            "--api-key-file",
            key.to_str().unwrap(),
        ];
        let refused = desk.refuses(&set);
        assert!(refused.contains("Invalid API key") && !refused.contains("wrong-key"), "{refused}");
        assert!(desk.rejects(&set[..5]).contains("nothing is to be changed: --api-key-file"));
        std::fs::write(&key, "another-key").unwrap();
        desk.does(&set);
        let correct = |id| ["event", "provider", "set-key", "summer", "multisafepay", "--profile-id", id];
        assert!(desk.rejects(&correct("shop")).contains("--profile-id: MultiSafepay's id"));
        let said = desk.does(&correct("1001002"));
        assert!(said.contains("Changed: its id was 1001001 and is now 1001002."), "{said}");
        assert!(desk.does(&correct("1001002")).contains("Nothing is changed."));
        assert_eq!(desk.prints(&["event", "provider", "list", "summer"])[0]["profile_id"], "1001002");
        for (verb, is_paused, state) in [("pause", true, "paused"), ("resume", false, "offered")] {
            desk.does(&["event", "provider", verb, "summer", "multisafepay"]);
            let listed = desk.prints(&["event", "provider", "list", "summer"]);
            assert_eq!(listed[0]["is_paused"], is_paused, "{listed}");
            let shown = desk.prints(&["event", "show", "summer"]);
            assert_eq!(shown["accounts"][0]["is_paused"], is_paused, "{shown}");
            let shown = desk.does(&["event", "show", "summer"]);
            assert_eq!(shown.contains("1001002 (multisafepay, test, paused)"), is_paused, "{shown}");
            let table = desk.does(&["event", "provider", "list", "summer"]);
            assert!(table.split_whitespace().any(|word| word == state), "{table}");
        }
        // Once something hangs on it, its payments and books go on naming the id that was entered.
        desk.tampers("UPDATE provider_profiles SET corrected_id = '1001003' WHERE provider = 'multisafepay'");
        let account = &desk.prints(&["event", "show", "summer"])["accounts"][0];
        assert!(account["profile_id"] == "1001003" && account["entered_as"] == "1001002", "{account}");
        let shown = desk.does(&["event", "show", "summer"]);
        assert!(shown.contains("1001003 (multisafepay, test, entered as 1001002)"), "{shown}");
        desk.tampers("UPDATE provider_profiles SET corrected_id = NULL WHERE provider = 'multisafepay'");
        // What comparing fails with stands in the list.
        assert!(desk.prints(&["event", "provider", "list", "summer"])[0].get("problem").is_none());
        desk.tampers(
            "UPDATE provider_profiles SET problem = 'it answered 503', problem_at = 1782000000000000
             WHERE provider = 'multisafepay'",
        );
        let failing = desk.prints(&["event", "provider", "list", "summer"]);
        let (why, at) = (&failing[0]["problem"], &failing[0]["problem_at"]);
        assert_eq!((why, at), (&"it answered 503".into(), &"2026-06-21T00:00:00.000000Z".into()));
        let listed = desk.run(&["event", "provider", "list", "summer"]);
        let said = "multisafepay: comparing failed at 2026-06-21T00:00:00.000000Z: it answered 503";
        assert!(listed.code == 0 && listed.err.contains(said), "{}", listed.err);
        assert!(desk.refuses(&["event", "provider", "pause", "summer", "wooshpay"]).contains("no account"));
        let keyless = desk.rejects(&[&add[..], &["--environment", "test"]].concat());
        assert!(keyless.contains("--api-key-file: it is missing"), "{keyless}");
        desk.does(&["event", "provider", "remove", "summer", "multisafepay"]);
        assert!(desk.prints(&["event", "provider", "list", "summer"]).as_array().unwrap().is_empty());
        let told =
            desk.audit_log().into_iter().filter(|[_, action, _]| action.starts_with("provider's account "));
        assert_eq!(told.count(), 6);
    });
}

#[test]
fn bancontacts_key_is_tried_before_it_is_kept_and_the_old_one_stays_where_it_is_refused() {
    on_both_engines(|desk| {
        let url = provider();
        let key = desk.path("bank.key");
        let with_key = ["--api-key-file", key.to_str().unwrap()];
        let create = |slug, profile, url| {
            let event = ["event", "create", slug, "--name", "A", "--profile-id", profile, "--api-url", url];
            [&event[..], &with_key].concat()
        };
        let set = |slug| [&["event", "set-key", slug][..], &with_key].concat();
        std::fs::write(&key, "right-key").unwrap();
        let made = desk.run(&create("summer", PROFILE, &url));
        assert!(made.code == 0 && !made.err.contains("API key"), "{}", made.err);
        std::fs::write(&key, "wrong-key").unwrap();
        let refused = desk.refuses(&set("summer"));
        assert!(refused.contains("it answered 401") && !refused.contains("wrong-key"), "{refused}");
        let changed = |desk: &Desk| {
            desk.audit_log().into_iter().filter(|[_, action, _]| action == "event profile changed").count()
        };
        assert_eq!(changed(desk), 0);
        std::fs::write(&key, "another-key").unwrap();
        let kept = desk.run(&set("summer"));
        assert!(kept.code == 0 && !kept.err.contains("API key"), "{}", kept.err);
        assert_eq!(changed(desk), 1);

        // A sandbox that does not run yet, and one that has not heard of the profile.
        std::fs::write(&key, "wrong-key").unwrap();
        let (one, other) = ("5c18cbd1296e9a26d3278519", "5c18cbd1296e9a26d3278520");
        for (slug, profile, url, why) in [
            ("autumn", one, "http://127.0.0.1:9", "can't be reached"),
            ("winter", other, url.as_str(), "it answered 401"),
        ] {
            let made = desk.run(&[&create(slug, profile, url)[..], &["--json"]].concat());
            assert_eq!((made.code, made.out.lines().count()), (0, 1), "{}", made.err);
            assert!(made.out.contains("\"has_api_key\":true"), "{}", made.out);
            assert!(made.err.contains("has not been seen to work") && made.err.contains(why), "{}", made.err);
        }
        let kept = desk.run(&set("autumn"));
        assert!(kept.code == 0 && kept.err.contains("has not been seen to work"), "{}", kept.err);
    });
}

#[test]
fn a_bank_that_never_answers_holds_nobody_up() {
    let desk = Desk::with_sqlite();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    std::fs::write(desk.path("bank.key"), "a-key").unwrap();
    let event = ["event", "create", "summer", "--name", "A", "--profile-id", PROFILE];
    let made = desk.run(&[&event[..], &["--api-url", &url, "--api-key-file", "bank.key"]].concat());
    assert!(made.code == 0 && made.err.contains("did not answer within 5 seconds"), "{}", made.err);
}

#[test]
fn test_money_beside_live_money_is_bad_usage() {
    on_both_engines(|desk| {
        desk.with_summer();
        std::fs::write(desk.path("msp.key"), "msp-secret-key").unwrap();
        let add = ["event", "provider", "add", "summer", "multisafepay", "--profile-id", "1001001"];
        let test = ["--environment", "test", "--api-key-file", "msp.key"];
        let refused = desk.rejects(&[&add[..], &test].concat());
        assert!(refused.contains("--environment: Bancontact of this event is at its live"), "{refused}");
        assert_eq!(desk.prints(&["event", "provider", "list", "summer"]), serde_json::json!([]));
    });
}

#[test]
fn a_key_that_serves_another_open_event_is_refused_when_an_account_is_added_and_when_its_key_changes() {
    on_both_engines(|desk| {
        desk.with_summer();
        desk.does(&["event", "create", "autumn", "--name", "Autumn"]);
        let url = provider();
        let (one, other) = (desk.path("one.key"), desk.path("other.key"));
        std::fs::write(&one, "msp-secret-key").unwrap();
        std::fs::write(&other, "msp-other-key").unwrap();
        let (one, other) = (one.to_str().unwrap(), other.to_str().unwrap());
        let add = |event, site, key| {
            let account = ["event", "provider", "add", event, "multisafepay", "--profile-id", site];
            [&account[..], &["--environment", "test", "--api-url", &url, "--api-key-file", key]].concat()
        };
        desk.does(&add("summer", "1001001", one));
        let refused = desk.rejects(&add("autumn", "1001002", one));
        assert!(refused.contains("--api-key-file") && refused.contains("another open event"), "{refused}");
        assert!(!refused.contains("msp-secret-key"), "{refused}");
        desk.does(&add("autumn", "1001002", other));
        let set = ["event", "provider", "set-key", "autumn", "multisafepay", "--api-key-file", one];
        assert!(desk.rejects(&set).contains("another open event"));
        desk.does(&["event", "close", "summer"]);
        desk.does(&set);
        for verb in ["first", "pause", "resume"] {
            let refused = desk.refuses(&["event", "provider", verb, "summer", "multisafepay"]);
            assert!(refused.contains("the event summer is closed"), "{verb}: {refused}");
        }
        assert!(desk.refuses(&["event", "top-up", "summer", "--min", "6"]).contains("is closed"));
        assert!(desk.does(&["event", "top-up", "summer"]).contains("€ 0,01"));
        desk.does(&["event", "provider", "set-key", "summer", "multisafepay", "--profile-id", "1001003"]);
    });
}

#[test]
fn what_may_be_paid_at_once_is_said_and_set() {
    on_both_engines(|desk| {
        desk.with_summer();
        assert_eq!(desk.does(&["event", "top-up", "summer"]), "summer: from € 0,01 to € 250,00 at once");
        let set = desk.prints(&["event", "top-up", "summer", "--min", "5", "--max", "100,00"]);
        assert_eq!((&set["min_cents"], &set["max_cents"]), (&500.into(), &10_000.into()));
        let kept = desk.prints(&["event", "top-up", "summer", "--max", "50"]);
        assert_eq!((&kept["min_cents"], &kept["max_cents"]), (&500.into(), &5_000.into()));
        assert!(desk.rejects(&["event", "top-up", "summer", "--max", "4"]).contains("--max"));
        assert!(desk.rejects(&["event", "top-up", "summer", "--min", "0"]).contains("--min"));
        for negative in ["-1", "-1,50"] {
            let refused = desk.rejects(&["event", "top-up", "summer", "--min", negative]);
            assert!(refused.contains("is not an amount in euros") && !refused.contains("tip:"), "{refused}");
        }
        for (flag, value, why) in [
            ("--charge-min-cents", "-1", "the smallest charge is € 0,01 at least"),
            ("--balance-max-cents", "-1", "a maximum balance is € 0,01 to € 1.000.000,00"),
            ("--balance-max-cents", "99999999999999999", "a maximum balance is € 0,01 to € 1.000.000,00"),
        ] {
            let refused = desk.rejects(&["event", "rules", "summer", flag, value]);
            assert!(refused.contains(&format!("{flag}: {why}")), "{refused}");
        }
        let most = "100000000";
        let help = desk.does(&["event", "rules", "--help"]);
        let help = help.split_whitespace().collect::<Vec<&str>>().join(" ");
        assert!(help.contains(&format!("The most a wallet should hold, {most} at most")), "{help}");
        desk.does(&["event", "rules", "summer", "--balance-max-cents", most]);
        let shown = desk.does(&["event", "show", "summer"]);
        assert!(shown.contains("€ 1.000.000,00; a top-up above it is credited"), "{shown}");
        let refused = desk.rejects(&["event", "rules", "summer", "--balance-max-cents", "100000001"]);
        assert!(refused.contains("a maximum balance is € 0,01 to € 1.000.000,00"), "{refused}");
        desk.does(&["event", "rules", "summer", "--balance-max-cents", "3000", "--over-balance", "suspense"]);
        let shown = desk.does(&["event", "show", "summer"]);
        assert!(shown.contains("€ 30,00; a top-up above it is kept in suspense"), "{shown}");
    });
}

#[test]
fn an_account_needs_a_key_an_id_and_for_wooshpay_a_secret() {
    on_both_engines(|desk| {
        desk.with_summer();
        let add = |provider, id| ["event", "provider", "add", "summer", provider, "--profile-id", id];
        assert!(desk.rejects(&add("paypal", "1")).contains("multisafepay"));
        assert!(desk.rejects(&add("multisafepay", "shop")).contains("--profile-id"));
        assert!(desk.rejects(&add("multisafepay", "1001001")).contains("--api-key-file"));
        let key = desk.path("woosh.key");
        std::fs::write(&key, "sk_live_1").unwrap();
        let with = ["--api-key-file", key.to_str().unwrap()];
        let without_secret = [&add("wooshpay", "acct_1")[..], &with].concat();
        let refused = desk.rejects(&without_secret);
        for part in ["--webhook-secret-file", "webhook must lead to http", "/callbacks/wooshpay/summer, for"]
        {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
        let key_as_secret = [&without_secret[..], &["--webhook-secret-file", with[1]]].concat();
        let refused = desk.rejects(&key_as_secret);
        assert!(refused.contains("--webhook-secret-file: this is a key of WooshPay's API"), "{refused}");
        assert!(!refused.contains("sk_live_1"), "{refused}");
        let test = [&without_secret[..], &["--environment", "test"]].concat();
        assert!(desk.rejects(&test).contains("sk_test_"));
        assert!(desk.refuses(&["event", "provider", "remove", "summer", "wooshpay"]).contains("no account"));
        // Here we are reached at http://127.0.0.1 only, which no provider would notify.
        let unreachable = desk.refuses(&[&add("multisafepay", "1001001")[..], &with].concat());
        assert!(unreachable.contains("can't notify http://127.0.0.1"), "{unreachable}");
        assert!(unreachable.contains("POLSBAND_PUBLIC_URL"), "{unreachable}");
        let help = desk.does(&["event", "provider", "add", "--help"]);
        let help = help.split_whitespace().collect::<Vec<&str>>().join(" ");
        assert!(help.contains("MultiSafepay: the site id; WooshPay: the account id; Bancontact"), "{help}");
        assert!(help.contains("must lead to PUBLIC-URL/callbacks/wooshpay/EVENT, for the events"), "{help}");
    });
}

#[test]
fn where_a_webhook_has_to_be_made_it_is_said_and_where_the_provider_is_told_the_address_that() {
    on_both_engines(|desk| {
        desk.with_summer();
        let url = provider();
        let (key, secret) = (desk.path("test.key"), desk.path("webhook.secret"));
        std::fs::write(&key, "sk_test_1").unwrap();
        std::fs::write(&secret, "whsec_1").unwrap();
        let add = |provider, id| {
            let account = ["event", "provider", "add", "summer", provider, "--profile-id", id];
            let with = ["--environment", "test", "--api-url", &url, "--api-key-file", key.to_str().unwrap()];
            [&account[..], &with].concat()
        };
        let told = desk.run(&add("multisafepay", "1001001")).err;
        assert!(told.contains("It notifies") && told.contains("/callbacks/multisafepay/summer"), "{told}");
        let with_secret =
            [&add("wooshpay", "acct_1")[..], &["--webhook-secret-file", secret.to_str().unwrap()]].concat();
        let told = desk.run(&with_secret).err;
        assert!(
            told.contains("webhook must lead to")
                && told.contains("/callbacks/wooshpay/summer, for the events payment"),
            "{told}"
        );
        let said = desk.does(&["event", "provider", "first", "summer", "wooshpay"]);
        assert!(said.starts_with("summer: WooshPay is asked first"), "{said}");
        let listed = desk.prints(&["event", "provider", "list", "summer"]);
        assert_eq!(
            (&listed[0]["provider"], &listed[1]["provider"]),
            (&"wooshpay".into(), &"multisafepay".into())
        );
        desk.does(&["event", "provider", "pause", "summer", "multisafepay"]);
        let said = desk.does(&["event", "provider", "first", "summer", "multisafepay"]);
        assert!(said.starts_with("summer: MultiSafepay is asked first once it is resumed;"), "{said}");
    });
}

#[test]
fn an_event_without_a_profile_prints_our_page_once_a_provider_is_there_and_bancontacts_code_once_it_has_one()
{
    on_both_engines(|desk| {
        let winter = ["event", "create", "winter", "--name", "Winter"];
        for (option, value) in
            [("--api-key-file", "k"), ("--environment", "preprod"), ("--pay-url", "https://x")]
        {
            assert!(
                desk.rejects(&[&winter[..], &[option, value]].concat()).contains("--profile-id"),
                "{option}"
            );
        }
        desk.does(&winter);
        let shown = desk.prints(&["event", "show", "winter"]);
        assert!(shown["profile_id"].is_null() && shown["callback_url"].is_null(), "{shown}");
        assert_eq!(shown["pay_url"], "http://127.0.0.1:8080/t");
        let key = desk.path("msp.key");
        std::fs::write(&key, "msp-secret-key").unwrap();
        let with = ["--api-key-file", key.to_str().unwrap()];
        assert!(desk.refuses(&[&["event", "set-key", "winter"][..], &with].concat()).contains("Bancontact"));
        let issue = ["media", "issue", "winter", "--count", "1", "--kind", "card"];
        assert!(desk.refuses(&issue).contains("lead nowhere"));

        let url = provider();
        let add = ["event", "provider", "add", "winter", "multisafepay", "--profile-id", "1001001"];
        let key_set = ["--key-set-url", "https://x"];
        assert!(desk.rejects(&[&add[..], &with, &key_set].concat()).contains("--key-set-url"));
        desk.does(&[&add[..], &with, &["--environment", "test", "--api-url", &url]].concat());
        assert_eq!(desk.prints(&["event", "show", "winter"])["accounts"][0]["provider"], "multisafepay");
        for dead in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/x", "https://127.0.0.1:8080/t"] {
            let refused = desk.rejects(&[&issue[..], &["--pay-url", dead]].concat());
            assert!(
                refused.contains("--pay-url: ") && refused.contains("http://127.0.0.1:8080/t"),
                "{refused}"
            );
        }
        let batch = desk.prints(&issue)["id"].as_str().unwrap().to_owned();
        let code = desk.codes(&batch)[0].qr_text.clone();
        assert!(code.starts_with("HTTP://127.0.0.1:8080/T/"), "{code}");
        let medium = desk.prints(&["media", "show", &code]);
        assert_eq!(medium["qr_text"], code.as_str());
        assert!(medium["qr_image_url"].is_null(), "Bancontact draws no code of ours");
        desk.prints(&["sheet", &batch, "--layout", "cr80", "--out", "winter.pdf"]);
        desk.does(&["sheet", &batch, "--verify", "winter.pdf"]);

        let add = |id| ["event", "provider", "add", "winter", "bancontact", "--profile-id", id];
        assert!(desk.rejects(&add("12")).contains("--profile-id"));
        let id = "5c18cbd1296e9a26d3278519";
        let window = ["--signature-window", "600"];
        assert!(desk.rejects(&[&add(id)[..], &window].concat()).contains("--signature-window"));
        desk.does(&[&add(id)[..], &["--environment", "test"]].concat());
        let refused = desk.refuses(&add("5c18cbd1296e9a26d3278520"));
        assert!(refused.contains("already") && refused.contains("event set-key"), "{refused}");
        let told = desk.run(&["event", "provider", "list", "winter"]).err;
        assert!(told.contains("beside its Bancontact profile"), "{told}");
        let shown = desk.prints(&["event", "show", "winter"]);
        assert_eq!(
            (shown["profile_id"].as_str(), shown["environment"].as_str()),
            (Some(id), Some("preprod"))
        );
        let later = desk.prints(&issue)["id"].as_str().unwrap().to_owned();
        assert!(desk.codes(&later)[0].qr_text.contains(id));
        assert_eq!(desk.codes(&batch)[0].qr_text, code, "what is printed stays");
    });
}

#[test]
fn what_of_a_window_was_not_compared_and_that_nothing_of_the_event_lies_in_it_is_said() {
    on_both_engines(|desk| {
        let (url, key) = (provider(), desk.path("bank.key"));
        std::fs::write(&key, "right-key").unwrap();
        let creates = |slug| {
            let event = ["event", "create", slug, "--name", "A", "--profile-id", PROFILE, "--api-url", &url];
            desk.does(&[&event[..], &["--api-key-file", key.to_str().unwrap()]].concat());
            let shown = desk.prints(&["event", "show", slug]);
            shown["created_at"].as_str().unwrap().to_owned()
        };
        let compares = |window: &[&str]| {
            let compared = desk.run(&[&["reconcile"][..], window].concat());
            assert!(compared.code == 0 && compared.out.contains("listed         0"), "{}", compared.err);
            compared.err
        };
        let created_at = creates("summer");
        let said = compares(&["summer", "--to", "2999-01-01T00:00:00Z"]);
        assert!(said.contains("compared until 2") && !said.contains("on: before"), "{said}");
        let last_year = created_at[..4].parse::<i32>().unwrap() - 1;
        let [from, to] = [1, 2].map(|day| format!("{last_year}-12-0{day}T00:00:00Z"));
        let said = compares(&["summer", "--from", &from, "--to", &to]);
        assert!(said.contains("all of this window lies before the event was set up"), "{said}");
        assert!(!said.contains("compared"), "all of it was: {said}");
        let said = compares(&["summer"]);
        assert!(!said.contains("compared") && !said.contains("window"), "{said}");
        let before = desk.run(&["reconcile", "summer", "--to", &to.replace("-12-02", "-12-03")]);
        assert!(before.code != 0 && before.err.contains("choose a later end"), "{}", before.err);

        // The profile's next event has nothing of what was paid before.
        desk.does(&["event", "close", "summer"]);
        let created_at = creates("winter");
        let said = compares(&["winter", "--from", &format!("{}T00:00:00Z", &created_at[..10])]);
        let cut =
            format!("compared from {created_at} on: before, its profile or account was another event's");
        assert!(said.contains(&cut), "{said}");
    });
}
