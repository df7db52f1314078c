//! Accounts at MultiSafepay and WooshPay, and the limits of the top-up page, in the console.

use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::payments::test_festival::API_KEY;
use crate::providers::{OrderId, ProviderName};
use crate::sandbox::orders::{
    MULTISAFEPAY_KEY, MULTISAFEPAY_SITE, OrderFaults, WOOSHPAY_ACCOUNT, WOOSHPAY_KEY,
};
use crate::sandbox::{FaultsChange, RatesChange};
use crate::web::tests::House;
use crate::web::tests::console::set_up::shown_in;
use serde_json::json;

const ACCOUNTS: &str = "/console/pukkelfest/set-up/accounts";
const TOP_UPS: &str = "/console/pukkelfest/set-up/top-ups";

/// The form of a site at MultiSafepay, filled in.
fn site<'a>(id: &'a str, api: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("provider", "multisafepay"),
        ("profile_id", id),
        ("environment", "test"),
        ("api_key", MULTISAFEPAY_KEY),
        ("webhook_secret", ""),
        ("api_url", api),
    ]
}

/// The form with one field filled in otherwise.
fn instead<'a>(form: [(&'a str, &'a str); 6], field: &str, value: &'a str) -> [(&'a str, &'a str); 6] {
    form.map(|(name, typed)| (name, if name == field { value } else { typed }))
}

#[tokio::test]
async fn an_account_is_tried_before_it_is_kept_and_what_was_typed_stays_but_for_its_secrets() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        let api = house.festival.bank.orders().multisafepay_url();
        let site = site(MULTISAFEPAY_SITE, &api);
        let page = organiser.sees(ACCOUNTS).await;
        for part in [
            "There is none yet",
            "WooshPay</option>",
            "MultiSafepay: the site id; WooshPay: the account id. Payments",
            "WooshPay: the secret key. The provider",
            "usual (MultiSafepay: 600; WooshPay: 300)",
            "WooshPay: make the webhook first",
            "<code>http://127.0.0.1:8080/callbacks/wooshpay/pukkelfest</code>",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let doors = organiser.sees("/console/pukkelfest/set-up").await;
        assert!(doors.contains("MultiSafepay and WooshPay: their accounts"), "{doors}");
        for (field, value, why) in [
            ("provider", "bancontact", "is set up with the event"),
            ("provider", "paypal", "is not a provider"),
            ("profile_id", "shop", "profile_id-mistake"),
            ("api_key", "", "api_key-mistake"),
            ("api_key", "another-key", "A key belongs to one site"),
            ("webhook_secret", "whsec_1", "webhook_secret-mistake"),
            ("api_url", "ftp://x", "api_url-mistake"),
        ] {
            let refused = organiser.sends(ACCOUNTS, &instead(site, field, value)).await.page(422);
            assert!(refused.contains(why), "{field}: {why} is not in {refused}");
            assert!(field != "profile_id" || refused.contains("value=\"shop\""), "{refused}");
            for secret in ["another-key", "whsec_1", MULTISAFEPAY_KEY] {
                assert!(!refused.contains(secret), "{refused}");
            }
        }
        let nothing = site.map(|(name, _)| (name, if name == "provider" { "multisafepay" } else { "" }));
        let refused = organiser.sends(ACCOUNTS, &nothing).await.page(422);
        for mistake in ["id=\"profile_id-mistake\"", "id=\"api_key-mistake\""] {
            assert!(refused.contains(mistake), "{mistake} is not in {refused}");
        }
        // All at once: what was typed as a key has to be typed again each time.
        let wrong = [("profile_id", "shop"), ("api_key", "a key"), ("api_url", "ftp://x")];
        let all = wrong.iter().fold(site, |typed, (field, value)| instead(typed, field, value));
        let refused = organiser.sends(ACCOUNTS, &all).await.page(422);
        for (field, _) in wrong {
            assert!(refused.contains(&format!("id=\"{field}-mistake\"")), "{field} is not in {refused}");
        }
        assert!(organiser.sees(ACCOUNTS).await.contains("There is none yet"));
        let kept = organiser.does(ACCOUNTS, &site).await;
        for part in
            ["MultiSafepay answers to this key", "/callbacks/multisafepay/pukkelfest", "waiting\">test<"]
        {
            assert!(kept.contains(part), "{part} is not in {kept}");
        }
        assert!(!kept.contains(MULTISAFEPAY_KEY));
        assert_eq!(house.audit_log().await[0].1, "provider's account added");
        let listed = organiser.sees(ACCOUNTS).await;
        assert!(listed.contains("1001001") && !listed.contains("MultiSafepay</option>"), "{listed}");
        let twice = organiser.sends(ACCOUNTS, &site).await.page(422);
        assert!(twice.contains("provider-mistake"), "{twice}");
    })
    .await;
}

#[tokio::test]
async fn an_account_gets_other_keys_is_tried_again_and_goes_only_while_it_is_unused() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let organiser = house.person(Role::Organiser).await;
        let path = format!("{ACCOUNTS}/wooshpay");
        let page = organiser.sees(&path).await;
        assert!(
            page.contains(WOOSHPAY_ACCOUNT) && page.contains("300 seconds") && !page.contains(WOOSHPAY_KEY)
        );
        assert!(page.contains("for the events payment_intent.*, charge.refund.updated"), "{page}");
        organiser.gets(&format!("{ACCOUNTS}/multisafepay")).await.page(404);
        organiser.gets(&format!("{ACCOUNTS}/paypal")).await.page(404);
        let tried = organiser.does(&path, &[("api_key", "")]).await;
        assert!(tried.contains("WooshPay answers to the key that is kept"), "{tried}");
        assert!(tried.contains("is right shows with the first callback"), "nobody tried the secret: {tried}");
        let live = organiser.sends(&path, &[("api_key", "sk_live_1")]).await.page(422);
        assert!(
            live.contains("not a secret key of the test environment") && !live.contains("sk_live_1"),
            "{live}"
        );
        let wrong = organiser.sends(&path, &[("api_key", "sk_test_wrong")]).await.page(422);
        assert!(wrong.contains("api_key-mistake") && !wrong.contains("sk_test_wrong"), "{wrong}");
        let longer = [("signature_window_seconds", "7200"), ("webhook_secret", "whsec_other")];
        let changed = organiser.does(&path, &longer).await;
        assert!(changed.contains("7200 seconds") && !changed.contains("whsec_other"), "{changed}");
        let soon = organiser.sends(&path, &[("signature_window_seconds", "soon")]).await.page(422);
        assert!(soon.contains("A whole number from 60 to 273.600"), "{soon}");
        let long = organiser.sends(&path, &[("api_key", &"k".repeat(257))]).await.page(422);
        assert!(
            long.contains("longer than 256 bytes") && long.contains("no provider has such keys"),
            "{long}"
        );
        let bank = house.festival.bank.orders();
        bank.change_faults(OrderFaults { unavailable: true, ..OrderFaults::default() });
        assert!(organiser.sends(&path, &[]).await.page(422).contains("Try again in a moment"));
        bank.change_faults(OrderFaults::default());
        house.orders(OrderId::draw(), "5").await.is(303);
        let used = organiser.sends(&format!("{path}/remove"), &[]).await.page(422);
        assert!(used.contains("role=\"alert\"") && used.contains("the event has orders there"), "{used}");
        house.with_account(ProviderName::MultiSafepay).await;
        let gone = organiser.does(&format!("{ACCOUNTS}/multisafepay/remove"), &[]).await;
        assert!(gone.contains("The account at MultiSafepay is taken away."), "{gone}");
        organiser.gets(&format!("{ACCOUNTS}/multisafepay")).await.page(404);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_cannot_be_compared_says_why_and_since_when_until_it_can_or_takes_a_key() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        house.with_account(ProviderName::WooshPay).await;
        let (organiser, finance) = (house.person(Role::Organiser).await, house.office(Role::Finance).await);
        let compares = async || finance.posts("/api/v1/events/pukkelfest/reconcile", json!({})).await;
        let (site, woosh) = (format!("{ACCOUNTS}/multisafepay"), format!("{ACCOUNTS}/wooshpay"));
        let bancontact = "/console/pukkelfest/set-up/provider";
        let why = "A key belongs to one site";
        let bank = house.festival.bank.orders();
        for is_tried in [false, true] {
            bank.change_faults(OrderFaults { multisafepay_key_ended: true, ..OrderFaults::default() });
            assert_ne!(compares().await.status.as_u16(), 200);
            for path in [ACCOUNTS, &site] {
                let page = organiser.sees(path).await;
                assert!(page.contains(why) && page.contains("3/7/2026 20:01"), "{page}");
            }
            for path in [bancontact, &woosh] {
                assert!(!organiser.sees(path).await.contains("list failed on"), "{path}");
            }
            bank.change_faults(OrderFaults::default());
            if is_tried {
                organiser.does(&site, &[("api_key", "")]).await;
            } else {
                compares().await.is(200);
            }
            for path in [ACCOUNTS, &site] {
                assert!(!organiser.sees(path).await.contains(why), "{path}");
            }
        }
        let fails = |percent| {
            let rates = RatesChange { search: Some(percent), ..RatesChange::default() };
            FaultsChange { server_errors_percent: Some(rates), ..FaultsChange::default() }
        };
        // Bancontact is tried with the key that is kept, and with one that is typed.
        for key in ["", API_KEY] {
            house.festival.faults(fails(100));
            compares().await;
            assert!(organiser.sees(bancontact).await.contains("list failed on 3/7/2026 20:01"));
            assert!(!organiser.sees(&site).await.contains("list failed on"));
            house.festival.faults(fails(0));
            let tried = organiser.does(bancontact, &[("api_key", key)]).await;
            assert!(tried.contains("The provider answers") && !tried.contains("list failed on"), "{tried}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_serves_another_festival_is_refused_whatever_site_is_typed() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let office = house.office(Role::Organiser).await;
        let winter = serde_json::json!({"slug": "winterfest", "name": "Winterfest"});
        office.posts("/api/v1/events", winter).await.is(201);
        let organiser = house.person(Role::Organiser).await;
        let api = house.festival.bank.orders().multisafepay_url();
        let site = site("999", &api);
        let path = "/console/winterfest/set-up/accounts";
        let refused = organiser.sends(path, &site).await.page(422);
        assert!(refused.contains("api_key-mistake") && refused.contains("nother open event"), "{refused}");
        assert!(!refused.contains(MULTISAFEPAY_KEY), "{refused}");
        house.orders(OrderId::draw(), "5").await.is(303);
        let refused = organiser.sends(path, &site).await.page(422);
        assert!(refused.contains("of account 1001001, and account 999 was entered"), "{refused}");
        assert!(organiser.sees(path).await.contains("There is none yet"));
    })
    .await;
}

#[tokio::test]
async fn test_money_beside_live_money_is_refused_at_the_environment() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let winter = json!({"slug": "winterfest", "name": "W", "profile_id": "aaaaaaaaaaaaaaaaaaaaaaaa"});
        office.posts("/api/v1/events", winter).await.is(201);
        let organiser = house.person(Role::Organiser).await;
        let site = site("999", "");
        let refused = organiser.sends("/console/winterfest/set-up/accounts", &site).await.page(422);
        for part in ["environment-mistake", "Bancontact of this event is at its live service"] {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
        // This service's own address is no https address.
        let live = instead(site, "environment", "live");
        let refused = organiser.sends("/console/winterfest/set-up/accounts", &live).await.page(422);
        for part in ["role=\"alert\"", "must begin with https://", "POLSBAND_PUBLIC_URL"] {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_is_offered_no_more_and_again() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let organiser = house.person(Role::Organiser).await;
        let path = format!("{ACCOUNTS}/multisafepay");
        let paused = organiser.does(&format!("{path}/pause"), &[]).await;
        assert!(paused.contains("Nothing new is made at MultiSafepay."), "{paused}");
        assert_eq!(house.audit_log().await[0].1, "provider's account paused");
        let paused = "<span class=\"tag waiting\">paused</span>";
        assert!(organiser.sees(ACCOUNTS).await.contains(paused));
        let tried = organiser.does(&path, &[("api_key", "")]).await;
        assert!(tried.contains("Resume it"), "a key that is tried leaves it so: {tried}");
        let resumed = organiser.does(&format!("{path}/resume"), &[]).await;
        assert!(resumed.contains("Payments are made at MultiSafepay again."), "{resumed}");
        assert_eq!(house.audit_log().await[0].1, "provider's account resumed");
        assert!(!organiser.sees(ACCOUNTS).await.contains(paused));
        organiser.sends(&format!("{ACCOUNTS}/wooshpay/pause"), &[]).await.page(404);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_id_is_corrected_freely_before_the_first_order_and_then_to_what_the_keys_list_proves() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let admin = house.person(Role::Admin).await;
        let api = house.festival.bank.orders().multisafepay_url();
        let site = site("999", &api);
        let page = admin.does(ACCOUNTS, &site).await;
        assert!(page.contains("name=\"profile_id\" value=\"999\""), "{page}");
        let path = format!("{ACCOUNTS}/multisafepay");
        let wrong = admin.sends(&path, &[("profile_id", "shop")]).await.page(422);
        assert!(wrong.contains("profile_id-mistake") && wrong.contains("value=\"shop\""), "{wrong}");
        let corrected = admin.does(&path, &[("profile_id", "998")]).await;
        for part in [
            "name=\"profile_id\" value=\"998\"",
            "Changed: its id was 999 and is now 998.",
            "Whether the id is right shows with the first payment.",
        ] {
            assert!(corrected.contains(part), "{part} is not in {corrected}");
        }
        let same = admin.does(&path, &[("profile_id", "998")]).await;
        assert!(same.contains("Nothing is changed."), "{same}");
        let log = admin.sees("/console/log").await;
        assert!(log.contains("MultiSafepay 998, test; its id was 999 and is now 998"), "{log}");
        assert_eq!(
            log.matches("MultiSafepay 998, test").count(),
            1,
            "what changes nothing is not written down"
        );

        house.orders(OrderId::draw(), "5").await.is(303);
        let fixed = admin.sees(&path).await;
        for part in ["it can be corrected only to the account", "It stays: this festival has orders there"] {
            assert!(fixed.contains(part), "{part} is not in {fixed}");
        }
        assert!(!fixed.contains("/remove\""), "{fixed}");
        let refused = admin.sends(&path, &[("profile_id", "997")]).await.page(422);
        for part in
            ["profile_id-mistake", "keeps its id and its place", "on account 1001001", "value=\"997\""]
        {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
        let finance = house.office(Role::Finance).await;
        finance.posts("/api/v1/events/pukkelfest/reconcile", json!({})).await;
        let said = admin.sees(ACCOUNTS).await;
        for part in ["comparing failed", "account 998, whose id is kept", "stand on account 1001001"] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        // Trying the wrong id proves nothing for it, and what comparing found stays said.
        let tried = admin.does(&path, &[("profile_id", "998")]).await;
        for part in [
            "Nothing is changed. Mind: ",
            "orders on account 1001001, not on 998: correct the id to 1001001.",
            "account 998, whose id is kept",
        ] {
            assert!(tried.contains(part), "{part} is not in {tried}");
        }
        assert!(admin.sees(ACCOUNTS).await.contains("comparing failed"));
        let corrected = admin.does(&path, &[("profile_id", MULTISAFEPAY_SITE)]).await;
        for part in ["its id was 998 and is now 1001001.", "Entered as <code>998</code>", "value=\"1001001\""]
        {
            assert!(corrected.contains(part), "{part} is not in {corrected}");
        }
        finance.posts("/api/v1/events/pukkelfest/reconcile", json!({})).await.is(200);
        assert!(!admin.sees(ACCOUNTS).await.contains("comparing failed"));

        // WooshPay's list names no account.
        house.with_account(ProviderName::WooshPay).await;
        let woosh = format!("{ACCOUNTS}/wooshpay");
        assert!(admin.sees(&woosh).await.contains("name=\"profile_id\""));
        admin.does(&format!("{path}/pause"), &[]).await;
        house.orders(OrderId::draw(), "5").await.is(303);
        let fixed = admin.sees(&woosh).await;
        assert!(fixed.contains("keeps its id: this festival has orders there"), "{fixed}");
        assert!(!fixed.contains("name=\"profile_id\""), "{fixed}");
    })
    .await;
}

#[tokio::test]
async fn a_page_opened_before_an_id_was_corrected_puts_the_wrong_one_back_only_once_it_was_seen() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        house.with_account(ProviderName::WooshPay).await;
        let (anna, bert) = (house.person(Role::Organiser).await, house.person(Role::Admin).await);
        let path = format!("{ACCOUNTS}/multisafepay");
        let opened = shown_in(&anna.sees(&path).await);
        let stale =
            [("profile_id", MULTISAFEPAY_SITE), ("api_key", MULTISAFEPAY_KEY), ("shown", opened.as_str())];
        bert.does(&path, &[("profile_id", "999"), ("shown", opened.as_str())]).await;
        anna.does(&format!("{ACCOUNTS}/wooshpay"), &[("api_key", WOOSHPAY_KEY)]).await;
        let refused = anna.sends(&path, &stale).await.page(422);
        for part in [
            "This was changed by admin@fest.example on",
            "Account: It is “999” now.",
            "name=\"profile_id\" value=\"1001001\"",
        ] {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
        assert!(!refused.contains(MULTISAFEPAY_KEY), "{refused}");
        assert!(anna.sees(&path).await.contains("name=\"profile_id\" value=\"999\""));
        let seen = shown_in(&refused);
        let meant = anna.does(&path, &[("profile_id", MULTISAFEPAY_SITE), ("shown", seen.as_str())]).await;
        assert!(meant.contains("name=\"profile_id\" value=\"1001001\""), "{meant}");
    })
    .await;
}

#[tokio::test]
async fn what_can_be_done_about_a_wrong_id_is_advised_and_nothing_else() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let organiser = house.person(Role::Organiser).await;
        let path = format!("{ACCOUNTS}/wooshpay");
        house.orders(OrderId::draw(), "5").await.is(303);
        let (beside, only) = ("pause it and add an account", "If it is the wrong one, pause it.");
        assert!(organiser.sees(&path).await.contains(beside));
        let refused = organiser.sends(&format!("{path}/remove"), &[]).await.page(422);
        assert!(refused.contains("Pausing it, while the event is open"), "{refused}");
        house.with_account(ProviderName::MultiSafepay).await;
        let page = organiser.sees(&path).await;
        assert!(page.contains(only) && !page.contains("beside it"), "{page}");
        let paused = organiser.does(&format!("{path}/pause"), &[]).await;
        assert!(!paused.contains(only) && !paused.contains("Pause it"), "{paused}");
    })
    .await;
}

#[tokio::test]
async fn of_several_accounts_one_is_asked_first() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let organiser = house.person(Role::Organiser).await;
        let (site, woosh) = (format!("{ACCOUNTS}/multisafepay"), format!("{ACCOUNTS}/wooshpay"));
        assert!(!organiser.sees(&site).await.contains("sked first"), "it is alone");
        assert!(!organiser.sees(ACCOUNTS).await.contains("in this order"));
        house.with_account(ProviderName::WooshPay).await;
        assert!(organiser.sees(&site).await.contains("It is asked first"));
        assert!(organiser.sees(&woosh).await.contains("Ask it first</button>"));
        let first = organiser.does(&format!("{woosh}/first"), &[]).await;
        assert!(
            first.contains("WooshPay is asked first.") && first.contains(">It is asked first<"),
            "{first}"
        );
        assert!(organiser.sees(&site).await.contains("Ask it first</button>"));
        let listed = organiser.sees(ACCOUNTS).await;
        let place = |title: &str| listed.find(&format!("\">{title}</a>")).unwrap();
        assert!(place("WooshPay") < place("MultiSafepay") && listed.contains("in this order"), "{listed}");
        // A paused one is asked for nothing, wherever it stands.
        organiser.does(&format!("{site}/pause"), &[]).await;
        let first = organiser.does(&format!("{site}/first"), &[]).await;
        for part in
            ["MultiSafepay is asked first once it is resumed.", ">It is asked first once it is resumed<"]
        {
            assert!(first.contains(part), "{part} is not in {first}");
        }
        let resumed = organiser.does(&format!("{site}/resume"), &[]).await;
        assert!(resumed.contains(">It is asked first<"), "{resumed}");
    })
    .await;
}

#[tokio::test]
async fn what_may_be_paid_at_once_is_set_in_euros() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        assert!(organiser.sees(TOP_UPS).await.contains("value=\"250,00\""));
        for (min, max, field) in
            [("", "5", "min"), ("5", "4,99", "max"), ("0", "5", "min"), ("1", "10000", "max")]
        {
            let refused = organiser.sends(TOP_UPS, &[("min", min), ("max", max)]).await.page(422);
            assert!(refused.contains(&format!("{field}-mistake")), "{min} to {max}: {refused}");
        }
        let set = organiser.does(TOP_UPS, &[("min", "5"), ("max", "50,00")]).await;
        assert!(set.contains("From € 5,00 to € 50,00 can be paid at once."), "{set}");
        assert!(set.contains("value=\"5,00\"") && set.contains("value=\"50,00\""), "{set}");
        assert_eq!(house.audit_log().await[0].1, "top-up limits set");
        house.holds_at_most("pukkelfest", 3_000).await;
        let shown = organiser.sees(TOP_UPS).await;
        assert!(shown.contains("to take up to € 50,00: it offers no more than € 30,00."), "{shown}");
        let refused = organiser.sends(TOP_UPS, &[("min", "40"), ("max", "50,00")]).await.page(422);
        for part in ["min-mistake", "The smallest top-up is € 40,00, and a wallet holds € 30,00 at most"]
        {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
        let set = organiser.does(TOP_UPS, &[("min", "1"), ("max", "30")]).await;
        assert!(!set.contains("A wallet holds"), "{set}");
    })
    .await;
}
