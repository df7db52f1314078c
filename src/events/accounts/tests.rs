//! Accounts: proven before they are kept, sealed, one of each, and one open event at a time.

use super::*;
use crate::db::Store;
use crate::db::testing::on_both_engines;
use crate::events::{self, NewEvent, NewProfile, Rules};
use crate::providers::test_server::{Reply, TestServer};
use crate::values;
use serde_json::json;

const KEY: &str = "msp-key-0815";
const PUBLIC_URL: &str = "https://wallet.example";

struct Office {
    store: Store,
    keys: KeyFile,
    bank: TestServer,
    event: Event,
}

fn now() -> Timestamp {
    "2026-07-03T18:00:00Z".parse().unwrap()
}

fn actor() -> Actor {
    Actor::System("test")
}

impl Office {
    async fn open(store: Store) -> Office {
        let keys = KeyFile::from_secret([7; 32]);
        let event = event(&store, &keys, "summer", "5c18cbd1296e9a26d3278518").await;
        let nothing = json!({"success": true, "data": [], "has_more": false});
        Office { store, keys, event, bank: TestServer::answering(Reply::json(nothing)).await }
    }

    fn site(&self) -> NewAccount {
        NewAccount {
            profile_id: "1001001".to_owned(),
            environment: Some("test".to_owned()),
            api_url: Some(self.bank.url.to_string()),
            api_key: KEY.to_owned(),
            ..NewAccount::default()
        }
    }

    fn woosh(&self) -> NewAccount {
        NewAccount {
            profile_id: "acct_77".to_owned(),
            api_key: "sk_test_1".to_owned(),
            webhook_secret: Some("whsec_1".to_owned()),
            signature_window_seconds: Some(3600),
            ..self.site()
        }
    }

    async fn adds(
        &self,
        event: &Event,
        provider: ProviderName,
        new: &NewAccount,
    ) -> Result<Account, EventError> {
        let (connections, actor) = (Connections::new(), actor());
        let by = (&actor, now());
        add(&self.store, &self.keys, &connections, PUBLIC_URL, by, event, (provider, new)).await
    }

    async fn changes(&self, provider: ProviderName, to: &AccountChange) -> Result<Account, EventError> {
        Ok(self.tries(provider, to).await?.account)
    }

    async fn tries(&self, provider: ProviderName, to: &AccountChange) -> Result<Changed, EventError> {
        let (connections, actor) = (Connections::new(), actor());
        let by = (&actor, now());
        let what = (provider, to);
        change(&self.store, &self.keys, &connections, PUBLIC_URL, by, &self.event, what).await
    }

    /// Why an account can't be compared with its list.
    async fn trouble(&self, provider: ProviderName) -> Option<String> {
        let mut session = self.store.read().await.unwrap();
        store::trouble(&mut session, self.event.id, provider).await.unwrap().map(|trouble| trouble.why)
    }

    async fn removes(&self, provider: ProviderName) -> Result<(), EventError> {
        remove(&self.store, &self.keys, (&actor(), now()), &self.event, provider).await
    }

    /// An event was told of a payment on a WooshPay account.
    async fn knows_payment(&self, account: &str, event: EventId) {
        let mut tx = self.store.begin().await.unwrap();
        tx.execute(
            "INSERT INTO payment_directory (provider, profile_id, payment_id, event_id, id)
             VALUES ('wooshpay', $1, 'pi_1', $2, $3)",
            values![account, event, uuid::Uuid::now_v7()],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// An order was written for an account of the event, and its provider made a payment or has not.
    async fn has_order(&self, provider: ProviderName, account: &str, payment: Option<&str>) {
        let mut tx = self.store.begin().await.unwrap();
        self.writes_order(&mut tx, (provider, account), payment).await;
        tx.commit().await.unwrap();
    }

    async fn writes_order(
        &self,
        tx: &mut Tx,
        (provider, account): (ProviderName, &str),
        payment: Option<&str>,
    ) {
        tx.execute(
            "INSERT INTO top_up_orders (event_id, id, provider, profile_id, reference, reference_hash, amount_cents,
                 state, payment_id, created_at, expires_at)
             VALUES ($1, $2, $3, $4, 'R', $5, 100, 'asked', $6, 1, 2)",
            values![
                self.event.id,
                uuid::Uuid::now_v7(),
                provider.as_str(),
                account,
                [1_u8; 16],
                payment.map(str::to_owned)
            ],
        )
        .await
        .unwrap();
    }

    /// What the log tells of changed accounts, the newest first.
    async fn told(&self) -> Vec<String> {
        let mut session = self.store.read().await.unwrap();
        let log = audit_log::store::page(&mut session, None, None, 200).await.unwrap();
        let told = log.into_iter().filter(|entry| entry.action == "provider's account changed");
        told.filter_map(|entry| entry.detail).collect()
    }

    async fn all(&self) -> Vec<Account> {
        store::all(&mut self.store.read().await.unwrap(), &self.keys, self.event.id).await.unwrap()
    }
}

async fn event(store: &Store, keys: &KeyFile, slug: &str, profile: &str) -> Event {
    let new = NewEvent {
        slug: slug.to_owned(),
        name: slug.to_owned(),
        merchant: None,
        rules: Rules::default(),
        profile: Some(NewProfile { profile_id: profile.to_owned(), ..NewProfile::default() }),
    };
    events::create(store, keys, &actor(), now(), &new).await.unwrap()
}

#[tokio::test]
async fn several_accounts_stand_beside_the_printed_profile_and_are_read_back_whole() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        office.adds(&office.event, ProviderName::MultiSafepay, &office.site()).await.unwrap();
        office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
        let all = office.all().await;
        assert_eq!(
            all.iter().map(|a| a.provider).collect::<Vec<_>>(),
            [ProviderName::MultiSafepay, ProviderName::WooshPay]
        );
        assert_eq!((all[0].api_key.reveal(), all[0].signature_window.as_secs()), (KEY, 600));
        assert_eq!(all[1].webhook_secret.as_ref().unwrap().reveal(), "whsec_1");
        assert_eq!((all[1].signature_window.as_secs(), all[1].environment.as_str()), (3600, "preprod"));
        let mut session = office.store.read().await.unwrap();
        let printed = events::store::profiles(&mut session, &office.keys, office.event.id).await.unwrap();
        assert_eq!(printed.len(), 1, "the printed profile stays alone in its list");
        let names = store::names(&mut session, office.event.id).await.unwrap();
        assert_eq!(names.len(), 3);
        assert!(names.contains(&(ProviderName::WooshPay, ProfileId("acct_77".to_owned()))));
    })
    .await;
}

#[tokio::test]
async fn secrets_are_stored_sealed_and_open_under_the_key_file_only() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
        let mut session = office.store.read().await.unwrap();
        let (key, secret): (Vec<u8>, Vec<u8>) = session
            .one(
                "SELECT api_key, webhook_secret FROM provider_profiles WHERE provider = 'wooshpay'",
                values![],
            )
            .await
            .unwrap();
        let holds = |sealed: &[u8], text: &[u8]| sealed.windows(text.len()).any(|part| part == text);
        assert!(!holds(&key, b"sk_test_1") && !holds(&secret, b"whsec_1"));
        let other = KeyFile::from_secret([8; 32]);
        assert!(store::all(&mut session, &other, office.event.id).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn what_the_provider_does_not_take_is_not_kept() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let refused = json!({"success": false, "error_code": 1032, "error_info": "Invalid API key"});
        for (reply, word) in [
            (Reply::status(401, &refused), "Invalid API key"),
            (Reply::status(503, ""), "Try again"),
            (Reply::json(json!({"data": "hello"})), "neither yes nor no"),
        ] {
            office.bank.answers([reply]);
            let error =
                office.adds(&office.event, ProviderName::MultiSafepay, &office.site()).await.unwrap_err();
            let is_silent = matches!(error, EventError::NotAnswered { .. });
            assert_eq!(is_silent, word == "Try again", "{error}");
            assert!(is_silent || matches!(error, EventError::NotTaken { .. }), "{error}");
            assert!(error.to_string().contains(word) && !error.to_string().contains(KEY), "{error}");
        }
        let wrong = NewAccount { profile_id: "shop".to_owned(), ..office.site() };
        let error = office.adds(&office.event, ProviderName::MultiSafepay, &wrong).await.unwrap_err();
        assert!(matches!(error, EventError::Invalid { field: "profile_id", .. }), "{error}");
        let printed = office.adds(&office.event, ProviderName::Bancontact, &office.site()).await.unwrap_err();
        assert!(matches!(printed, EventError::Invalid { field: "provider", .. }), "{printed}");
        assert!(office.all().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_event_has_one_account_of_each_and_an_account_one_open_event() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let autumn = event(&office.store, &office.keys, "autumn", "5c18cbd1296e9a26d3278519").await;
        office.adds(&office.event, ProviderName::MultiSafepay, &office.site()).await.unwrap();
        let twice = NewAccount { profile_id: "2".to_owned(), ..office.site() };
        let error = office.adds(&office.event, ProviderName::MultiSafepay, &twice).await.unwrap_err();
        assert!(matches!(error, EventError::AccountTaken(ProviderName::MultiSafepay)), "{error}");
        let error = office.adds(&autumn, ProviderName::MultiSafepay, &office.site()).await.unwrap_err();
        assert!(matches!(error, EventError::ProfileTaken(_)), "{error}");
        let closed = events::close(&office.store, &actor(), now(), "summer").await.unwrap();
        office.adds(&autumn, ProviderName::MultiSafepay, &office.site()).await.unwrap();
        let error = office.adds(&closed, ProviderName::WooshPay, &office.woosh()).await.unwrap_err();
        assert!(matches!(error, EventError::Closed(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_account_with_an_order_stays_even_before_a_payment_is_heard_of() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
        office.adds(&office.event, ProviderName::MultiSafepay, &office.site()).await.unwrap();
        office.has_order(ProviderName::WooshPay, "acct_77", None).await;
        let refused = office.removes(ProviderName::WooshPay).await.unwrap_err();
        assert!(refused.to_string().contains("the event has orders there. Pausing it"), "{refused}");
        office.removes(ProviderName::MultiSafepay).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_account_waits_for_an_order_that_is_being_written_and_stays_with_its_id() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let woosh = ProviderName::WooshPay;
        let named = ProfileId("acct_77".to_owned());
        for is_corrected in [false, true] {
            office.adds(&office.event, woosh, &office.woosh()).await.unwrap();
            let goes = async || match is_corrected {
                true => office.changes(woosh, &id("acct_78")).await.map(drop),
                false => office.removes(woosh).await,
            };
            let mut tx = office.store.begin().await.unwrap();
            assert!(hanging::keep(&mut tx, office.event.id, (woosh, &named)).await.unwrap());
            office.writes_order(&mut tx, (woosh, "acct_77"), None).await;
            let mut going = std::pin::pin!(goes());
            let waits = tokio::time::timeout(Duration::from_millis(200), going.as_mut()).await;
            assert!(waits.is_err(), "{waits:?}");
            tx.commit().await.unwrap();
            let refused = going.await.unwrap_err();
            assert!(matches!(refused, EventError::AccountUsed { .. }), "{refused}");

            let mut tx = office.store.begin().await.unwrap();
            tx.execute("DELETE FROM top_up_orders", values![]).await.unwrap();
            tx.commit().await.unwrap();
            goes().await.unwrap();
            let mut tx = office.store.begin().await.unwrap();
            assert!(!hanging::keep(&mut tx, office.event.id, (woosh, &named)).await.unwrap());
            tx.commit().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_closed_events_id_is_corrected_to_none_that_an_open_event_has() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let woosh = ProviderName::WooshPay;
        let autumn = event(&office.store, &office.keys, "autumn", "5c18cbd1296e9a26d3278519").await;
        office.adds(&office.event, woosh, &office.woosh()).await.unwrap();
        events::close(&office.store, &actor(), now(), "summer").await.unwrap();
        let theirs = NewAccount { profile_id: "acct_78".to_owned(), ..office.woosh() };
        office.adds(&autumn, woosh, &theirs).await.unwrap();
        let refused = office.changes(woosh, &id("acct_78")).await.unwrap_err();
        assert!(matches!(refused, EventError::ProfileTaken(_)), "{refused}");
        assert_eq!(office.changes(woosh, &id("acct_79")).await.unwrap().profile.0, "acct_79");
    })
    .await;
}

#[tokio::test]
async fn a_new_key_is_proven_and_the_rest_stays() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let key = AccountChange { api_key: Some("sk_test_2".to_owned()), ..AccountChange::default() };
        let error = office.changes(ProviderName::WooshPay, &key).await.unwrap_err();
        assert!(matches!(error, EventError::NoAccount(ProviderName::WooshPay)), "{error}");
        office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
        office.changes(ProviderName::WooshPay, &key).await.unwrap();
        let kept = office.all().await.remove(0);
        assert_eq!((kept.api_key.reveal(), kept.signature_window.as_secs()), ("sk_test_2", 3600));
        assert_eq!(kept.webhook_secret.unwrap().reveal(), "whsec_1");
        office.bank.answers([Reply::status(401, "")]);
        let wrong = AccountChange { api_key: Some("sk_test_3".to_owned()), ..AccountChange::default() };
        assert!(matches!(
            office.changes(ProviderName::WooshPay, &wrong).await,
            Err(EventError::NotTaken { .. })
        ));
        let live = AccountChange { api_key: Some("sk_live_3".to_owned()), ..AccountChange::default() };
        let error = office.changes(ProviderName::WooshPay, &live).await.unwrap_err();
        assert!(matches!(error, EventError::Invalid { field: "api_key", .. }), "{error}");
        assert_eq!(office.all().await[0].api_key.reveal(), "sk_test_2");
        assert!(!format!("{live:?}").contains("sk_live_3"));
    })
    .await;
}

#[tokio::test]
async fn an_account_goes_away_until_a_payment_was_made_on_it() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        assert!(matches!(office.removes(ProviderName::WooshPay).await, Err(EventError::NoAccount(_))));
        for _ in 0..2 {
            office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
            office.removes(ProviderName::WooshPay).await.unwrap();
            assert!(office.all().await.is_empty());
        }
        office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
        office.knows_payment("acct_77", office.event.id).await;
        let refused = office.removes(ProviderName::WooshPay).await.unwrap_err();
        assert!(refused.to_string().contains("the event has payments there. Pausing it"), "{refused}");
        assert_eq!(office.all().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_other_events_were_paid_on_goes_away_while_nothing_of_this_one_hangs_on_it() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
        office.knows_payment("acct_77", EventId::new()).await;
        office.knows_payment("acct_78", office.event.id).await;
        for (subject, is_open) in [("acctX77/pi_1", true), ("acct_77/pi_1", false), ("acct_77/pi_2", true)] {
            let mut tx = office.store.begin().await.unwrap();
            tx.execute(
                "INSERT INTO parked (event_id, id, kind, subject, said, reason, detail, opened_at, resolved_at)
                 VALUES ($1, $2, 'mismatch', $3, '', 'told', 'told', 1, $4)",
                values![
                    office.event.id,
                    uuid::Uuid::now_v7(),
                    format!("wooshpay/{subject}"),
                    (!is_open).then_some(now())
                ],
            )
            .await
            .unwrap();
            tx.commit().await.unwrap();
            let removed = office.removes(ProviderName::WooshPay).await;
            match subject {
                "acct_77/pi_2" => {
                    let refused = removed.unwrap_err().to_string();
                    assert!(refused.contains("the event has open matters there. Pausing it"), "{refused}");
                }
                _ => {
                    removed.unwrap();
                    office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
                }
            }
        }
    })
    .await;
}

fn is_key_taken(tried: &Result<Account, EventError>) -> bool {
    let Err(EventError::Invalid { field: "api_key", why }) = tried else { return false };
    why.contains("another open event") && !why.contains("sk_test_")
}

fn key(text: &str) -> AccountChange {
    AccountChange { api_key: Some(text.to_owned()), ..AccountChange::default() }
}

#[tokio::test]
async fn a_key_serves_one_open_event_whatever_id_was_typed_beside_it() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let autumn = event(&office.store, &office.keys, "autumn", "5c18cbd1296e9a26d3278519").await;
        office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
        let same = NewAccount { profile_id: "acct_78".to_owned(), ..office.woosh() };
        let tried = office.adds(&autumn, ProviderName::WooshPay, &same).await;
        assert!(is_key_taken(&tried), "{tried:?}");
        let own = NewAccount { api_key: "sk_test_2".to_owned(), ..same.clone() };
        office.adds(&autumn, ProviderName::WooshPay, &own).await.unwrap();
        let tried = office.changes(ProviderName::WooshPay, &key("sk_test_2")).await;
        assert!(is_key_taken(&tried), "{tried:?}");
        assert_eq!(office.all().await[0].api_key.reveal(), "sk_test_1");
        for free in ["sk_test_3", "sk_test_1", "sk_test_1"] {
            office.changes(ProviderName::WooshPay, &key(free)).await.unwrap();
        }
        events::close(&office.store, &actor(), now(), "autumn").await.unwrap();
        office.changes(ProviderName::WooshPay, &key("sk_test_2")).await.unwrap();
        // A closed event's own key may change to one that serves an open one.
        let (connections, actor, to) = (Connections::new(), actor(), key("sk_test_2"));
        let late = (ProviderName::WooshPay, &to);
        let by = (&actor, now());
        change(&office.store, &office.keys, &connections, PUBLIC_URL, by, &autumn, late).await.unwrap();
        office.removes(ProviderName::WooshPay).await.unwrap();
        let winter = event(&office.store, &office.keys, "winter", "5c18cbd1296e9a26d3278520").await;
        office.adds(&winter, ProviderName::WooshPay, &own).await.unwrap();
    })
    .await;
}

fn id(text: &str) -> AccountChange {
    AccountChange { profile_id: Some(text.to_owned()), ..AccountChange::default() }
}

#[tokio::test]
async fn an_id_is_corrected_until_something_hangs_on_the_account_and_the_log_says_what_it_was() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let woosh = ProviderName::WooshPay;
        let autumn = event(&office.store, &office.keys, "autumn", "5c18cbd1296e9a26d3278519").await;
        office.adds(&office.event, woosh, &office.woosh()).await.unwrap();
        let autumns = NewAccount {
            profile_id: "acct_78".to_owned(),
            api_key: "sk_test_2".to_owned(),
            ..office.woosh()
        };
        office.adds(&autumn, woosh, &autumns).await.unwrap();
        let error = office.changes(woosh, &id("acct_78")).await.unwrap_err();
        assert!(matches!(error, EventError::ProfileTaken(_)), "{error}");
        let error = office.changes(woosh, &id("sk_test_1")).await.unwrap_err();
        assert!(matches!(error, EventError::Invalid { field: "profile_id", .. }), "{error}");
        assert_eq!(office.all().await[0].profile.0, "acct_77");

        office.changes(woosh, &id("acct_79")).await.unwrap();
        let kept = office.all().await.remove(0);
        let secret = kept.webhook_secret.as_ref().unwrap().reveal();
        assert_eq!(
            (kept.profile.0.as_str(), kept.api_key.reveal(), secret),
            ("acct_79", "sk_test_1", "whsec_1")
        );
        let told = ["WooshPay acct_79, test; its id was acct_77 and is now acct_79"];
        assert_eq!(office.told().await, told);
        let winter = event(&office.store, &office.keys, "winter", "5c18cbd1296e9a26d3278520").await;
        let free = NewAccount { api_key: "sk_test_3".to_owned(), ..office.woosh() };
        office.adds(&winter, woosh, &free).await.expect("the wrong id serves nobody any more");

        office.knows_payment("acct_79", office.event.id).await;
        let refused = office.changes(woosh, &id("acct_80")).await.unwrap_err();
        assert!(matches!(refused, EventError::AccountUsed { .. }), "{refused}");
        assert!(refused.to_string().contains("keeps its id"), "{refused}");
        office.changes(woosh, &id("acct_79")).await.expect("the same id corrects nothing");
        assert_eq!(office.told().await, told, "nothing was changed");
        let keys = AccountChange {
            api_key: Some("sk_test_4".to_owned()),
            webhook_secret: Some("whsec_2".to_owned()),
            signature_window_seconds: Some(600),
            ..AccountChange::default()
        };
        office.changes(woosh, &keys).await.unwrap();
        let said = "WooshPay acct_79, test; another API key, another webhook's secret, signatures may be 600 seconds old, not \
                    3600";
        assert_eq!(office.told().await, [said, told[0]]);
    })
    .await;
}

#[tokio::test]
async fn an_id_is_corrected_after_the_first_order_to_the_one_that_the_keys_own_list_proves_and_to_no_other() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let site = ProviderName::MultiSafepay;
        office.adds(&office.event, site, &office.site()).await.unwrap();
        office.has_order(site, "1001001", Some("o1")).await;
        let listed =
            |order: &str| Reply::json(json!({"success": true, "data": [{"order_id": order, "site_id": 7}]}));
        // What a shop was paid on another site that the key opens proves nothing.
        office.bank.answers([listed("shop 1")]);
        let refused = office.changes(site, &id("7")).await.unwrap_err();
        assert!(matches!(&refused, EventError::AccountUsed { proven: None, .. }), "{refused}");
        office.bank.answers([listed("o1")]);
        let refused = office.changes(site, &id("8")).await.unwrap_err();
        for part in ["keeps its id", "has orders there", "on account 7: its id can be corrected to that one"]
        {
            assert!(refused.to_string().contains(part), "{part} is not in {refused}");
        }
        assert_eq!(office.all().await[0].corrected, None);

        let corrected = office.changes(site, &id("7")).await.unwrap();
        let kept = office.all().await.remove(0);
        for account in [&corrected, &kept] {
            let ids = (account.profile.0.as_str(), account.id_there().0.as_str(), account.api_key.reveal());
            assert_eq!(ids, ("1001001", "7", KEY), "orders know it as it was entered");
        }
        assert_eq!(office.told().await, ["MultiSafepay 7, test; its id was 1001001 and is now 7"]);
        assert!(office.bank.asked().iter().any(|asked| asked.line.contains("site_id=7&")));
        let autumn = event(&office.store, &office.keys, "autumn", "5c18cbd1296e9a26d3278519").await;
        let theirs =
            NewAccount { profile_id: "7".to_owned(), api_key: "msp-other".to_owned(), ..office.site() };
        let error = office.adds(&autumn, site, &theirs).await.unwrap_err();
        assert!(matches!(&error, EventError::ProfileTaken(taken) if taken.0 == "7"), "{error}");
        let back = office.changes(site, &id("1001001")).await.unwrap_err();
        assert!(matches!(back, EventError::AccountUsed { proven: Some(_), .. }), "{back}");
        office.changes(site, &key("msp-next")).await.unwrap();
        assert_eq!(office.all().await[0].id_there().0, "7");
    })
    .await;
}

#[tokio::test]
async fn of_an_id_corrected_and_a_key_renewed_at_once_the_second_is_refused_with_the_reason() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let site = ProviderName::MultiSafepay;
        let entered = office.adds(&office.event, site, &office.site()).await.unwrap();
        office.has_order(site, "1001001", Some("o1")).await;
        // Each key opens the site that was entered, where a shop sells, and the right one.
        let rows = json!([{"order_id": "shop 1", "site_id": 1_001_001}, {"order_id": "o1", "site_id": 7}]);
        office.bank.answers([Reply::json(json!({"success": true, "data": rows}))]);
        let kept = async || {
            let kept = office.all().await.remove(0);
            (kept.profile.0.clone(), kept.id_there().0.clone(), kept.api_key.reveal().to_owned())
        };
        let is_now = |id: &str, key: &str| ("1001001".to_owned(), id.to_owned(), key.to_owned());
        let becomes = async |corrected: Option<&str>| {
            let mut tx = office.store.begin().await.unwrap();
            let claimed = corrected.unwrap_or("1001001");
            tx.execute(
                "UPDATE profile_claims SET profile_id = $1 WHERE provider = 'multisafepay'",
                values![claimed],
            )
            .await
            .unwrap();
            let sql = "UPDATE provider_profiles SET corrected_id = $1 WHERE provider = 'multisafepay'";
            tx.execute(sql, values![corrected.map(str::to_owned)]).await.unwrap();
            tx.commit().await.unwrap();
        };
        let right = id("7");

        // Somebody renews the key while the provider is asked about the id.
        office.bank.arrival().await;
        office.bank.hold().await;
        let renews = async {
            office.bank.arrival().await;
            let new = NewAccount { api_key: "msp-next".to_owned(), ..office.site() };
            let renewed = Account::check(site, &new).unwrap();
            let mut tx = office.store.begin().await.unwrap();
            store::update(&mut tx, &office.keys, office.event.id, (&entered.profile, &renewed))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            office.bank.let_go();
        };
        let (refused, ()) = tokio::join!(office.changes(site, &right), renews);
        assert!(matches!(refused, Err(EventError::AccountChanged(_))), "{refused:?}");
        assert_eq!(kept().await, is_now("1001001", "msp-next"));

        // Somebody corrects the id while the provider is asked with another key.
        becomes(None).await;
        office.bank.arrival().await;
        office.bank.hold().await;
        let corrects = async {
            office.bank.arrival().await;
            becomes(Some("7")).await;
            office.bank.let_go();
        };
        let newer = key("msp-newer");
        let (refused, ()) = tokio::join!(office.changes(site, &newer), corrects);
        assert!(matches!(refused, Err(EventError::AccountChanged(_))), "{refused:?}");
        assert_eq!(kept().await, is_now("7", "msp-next"));

        // Both at the same moment.
        becomes(None).await;
        let (corrected, renewed) = tokio::join!(office.changes(site, &right), office.changes(site, &newer));
        assert!(corrected.is_ok() || renewed.is_ok(), "{corrected:?}, {renewed:?}");
        let id_now = if corrected.is_ok() { "7" } else { "1001001" };
        let key_now = if renewed.is_ok() { "msp-newer" } else { "msp-next" };
        assert_eq!(kept().await, is_now(id_now, key_now));

        // The id of a closed event is corrected, and not yet kept, when the key is to be.
        becomes(None).await;
        events::close(&office.store, &actor(), now(), "summer").await.unwrap();
        let mut tx = office.store.begin().await.unwrap();
        let sql = "UPDATE provider_profiles SET corrected_id = '7' WHERE provider = 'multisafepay'";
        tx.execute(sql, values![]).await.unwrap();
        let newest = key("msp-newest");
        let mut going = std::pin::pin!(office.changes(site, &newest));
        let waits = tokio::time::timeout(Duration::from_millis(200), going.as_mut()).await;
        assert!(waits.is_err(), "{waits:?}");
        tx.commit().await.unwrap();
        let refused = going.await;
        assert!(matches!(refused, Err(EventError::AccountChanged(_))), "{refused:?}");
        assert_eq!(kept().await, is_now("7", key_now));
    })
    .await;
}

#[tokio::test]
async fn a_key_that_opens_a_payment_of_ours_is_taken_whatever_id_was_entered() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let site = ProviderName::MultiSafepay;
        office.adds(&office.event, site, &office.site()).await.unwrap();
        office.has_order(site, "1001001", Some("o1")).await;
        office.has_order(site, "1001001", None).await;
        let listed = Reply::json(json!({"success": true, "data": [{"order_id": "a", "site_id": 7}]}));
        let unknown = json!({"success": false, "error_code": 1006, "error_info": "Invalid transaction ID"});
        office.bank.answers([listed.clone(), listed.clone(), Reply::status(404, unknown)]);
        let refused = office.changes(site, &key("msp-next")).await.unwrap_err();
        assert!(matches!(refused, EventError::NotTaken { .. }), "{refused}");
        assert!(refused.to_string().contains("one of the two is wrong"), "{refused}");
        let order = Reply::json(json!({"success": true, "data": {"order_id": "o1", "status": "completed"}}));
        office.bank.answers([listed.clone(), listed.clone(), order.clone(), listed]);
        let taken = office.tries(site, &key("msp-next")).await.unwrap();
        assert_eq!(taken.in_words(), "Changed: another API key.", "what others were paid tells nothing");
        assert!(office.bank.asked().iter().any(|asked| asked.line.ends_with("/orders/o1")));
        assert_eq!(office.all().await[0].api_key.reveal(), "msp-next");

        // Nor does a list that can't be read; one that can't be had is asked for again.
        let listed = |order: &str, site: u32| {
            Reply::json(json!({"success": true, "data": [{"order_id": order, "site_id": site}]}))
        };
        for (reply, is_answered) in [(Reply::json(json!({})), true), (Reply::status(503, ""), false)] {
            office.bank.answers([listed("a", 7), listed("a", 7), order.clone(), reply]);
            let tried = office.tries(site, &AccountChange::default()).await;
            assert_eq!(tried.is_ok(), is_answered, "{tried:?}");
        }
        assert_eq!(office.trouble(site).await, None);
    })
    .await;
}

#[tokio::test]
async fn trying_an_id_that_the_keys_list_proves_wrong_says_the_right_one_and_keeps_it_said() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let site = ProviderName::MultiSafepay;
        office.adds(&office.event, site, &office.site()).await.unwrap();
        office.has_order(site, "1001001", Some("o1")).await;
        let row = |order: &str, site: u32| json!({"order_id": order, "site_id": site});
        let listed = |rows: &[serde_json::Value]| Reply::json(json!({"success": true, "data": rows}));
        let order = Reply::json(json!({"success": true, "data": {"order_id": "o1", "status": "completed"}}));
        let ours = listed(&[row("o1", 7)]);
        let warned =
            "Mind: the key's list has this event's orders on account 7, not on 1001001: correct the id to 7.";

        office.bank.answers([ours.clone(), ours.clone(), order, ours.clone()]);
        let tried = office.tries(site, &AccountChange::default()).await.unwrap();
        assert_eq!(tried.in_words(), format!("Nothing is changed. {warned}"));
        let trouble = office.trouble(site).await.unwrap();
        assert!(trouble.contains("account 1001001, whose id is kept"), "{trouble}");
        assert!(trouble.contains("Correct it to 7"), "{trouble}");

        // The key opens the wrong one, too.
        let both = listed(&[row("shop 1", 1_001_001), row("o1", 7)]);
        office.bank.answers([both.clone(), both, ours]);
        let renewed = office.tries(site, &key("msp-next")).await.unwrap();
        assert_eq!(renewed.in_words(), format!("Changed: another API key. {warned}"));
        assert!(office.trouble(site).await.is_some());

        let right = listed(&[row("o1", 1_001_001)]);
        office.bank.answers([right]);
        let tried = office.tries(site, &AccountChange::default()).await.unwrap();
        assert_eq!(tried.in_words(), "Nothing is changed.");
        assert_eq!(office.trouble(site).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_webhooks_secret_is_asked_for_with_the_address_that_the_webhook_must_lead_to() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let address = "must lead to https://wallet.example/callbacks/wooshpay/summer, for the events payment";
        for secret in [None, Some("sk_test_1".to_owned())] {
            let new = NewAccount { webhook_secret: secret, ..office.woosh() };
            let error = office.adds(&office.event, ProviderName::WooshPay, &new).await.unwrap_err();
            assert!(error.to_string().contains(address), "{error}");
        }
        let none_such = NewAccount { webhook_secret: Some("whsec_1".to_owned()), ..office.site() };
        let error = office.adds(&office.event, ProviderName::MultiSafepay, &none_such).await.unwrap_err();
        assert!(!error.to_string().contains("must lead to"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn of_two_events_that_take_one_key_at_once_one_gets_it() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let autumn = event(&office.store, &office.keys, "autumn", "5c18cbd1296e9a26d3278519").await;
        let (summers, autumns) =
            (office.woosh(), NewAccount { profile_id: "acct_78".to_owned(), ..office.woosh() });
        let (one, other) = tokio::join!(
            office.adds(&office.event, ProviderName::WooshPay, &summers),
            office.adds(&autumn, ProviderName::WooshPay, &autumns),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        assert!(is_key_taken(&one) || is_key_taken(&other), "{one:?} {other:?}");
    })
    .await;
}

#[tokio::test]
async fn a_key_from_before_keys_were_claimed_is_compared_too() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let autumn = event(&office.store, &office.keys, "autumn", "5c18cbd1296e9a26d3278519").await;
        office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
        let mut tx = office.store.begin().await.unwrap();
        let unclaimed = "UPDATE profile_claims SET key_hash = NULL WHERE provider = 'wooshpay'";
        assert_eq!(tx.execute(unclaimed, values![]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let same = NewAccount { profile_id: "acct_78".to_owned(), ..office.woosh() };
        let tried = office.adds(&autumn, ProviderName::WooshPay, &same).await;
        assert!(is_key_taken(&tried), "{tried:?}");
        office.changes(ProviderName::WooshPay, &AccountChange::default()).await.unwrap();
        office.changes(ProviderName::WooshPay, &key("sk_test_2")).await.unwrap();
        office.adds(&autumn, ProviderName::WooshPay, &same).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_key_whose_payments_name_another_site_is_not_taken() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let listed = |sites: &[u32]| {
            let rows: Vec<_> = sites.iter().map(|site| json!({"order_id": "a", "site_id": site})).collect();
            Reply::json(json!({"success": true, "data": rows}))
        };
        office.bank.answers([listed(&[7, 7])]);
        let error = office.adds(&office.event, ProviderName::MultiSafepay, &office.site()).await.unwrap_err();
        assert!(matches!(error, EventError::NotTaken { .. }), "{error}");
        assert!(error.to_string().contains("of account 7, and account 1001001 was entered"), "{error}");
        assert!(office.all().await.is_empty());
        office.bank.answers([listed(&[7, 1_001_001])]);
        office.adds(&office.event, ProviderName::MultiSafepay, &office.site()).await.unwrap();
    })
    .await;
}

/// An account at a provider's own service, where no test asks.
fn own(provider: ProviderName, environment: &str) -> NewAccount {
    let is_woosh = provider == ProviderName::WooshPay;
    NewAccount {
        profile_id: if is_woosh { "acct_77" } else { "1001001" }.to_owned(),
        environment: Some(environment.to_owned()),
        api_key: format!("sk_{environment}_1"),
        webhook_secret: is_woosh.then(|| "whsec_1".to_owned()),
        ..NewAccount::default()
    }
}

/// A Bancontact profile that ends in `number`.
fn printed(number: u32, environment: &str) -> NewProfile {
    NewProfile {
        profile_id: format!("5c18cbd1296e9a26d327{number:04}"),
        environment: Some(environment.to_owned()),
        ..NewProfile::default()
    }
}

impl Office {
    async fn opens(&self, slug: &str, profile: Option<NewProfile>) -> Event {
        let (slug, name) = (slug.to_owned(), slug.to_owned());
        let new = NewEvent { slug, name, merchant: None, rules: Rules::default(), profile };
        events::create(&self.store, &self.keys, &actor(), now(), &new).await.unwrap()
    }

    /// An event has an account of MultiSafepay, as if that had taken it.
    async fn has_site(&self, event: &Event, environment: &str) {
        let provider = ProviderName::MultiSafepay;
        let account = Account::check(provider, &own(provider, environment)).unwrap();
        let mut tx = self.store.begin().await.unwrap();
        store::insert(&mut tx, &self.keys, event.id, &account, now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn prints(&self, event: &Event, new: &NewProfile) -> Result<events::Profile, EventError> {
        events::add_profile(&self.store, &self.keys, (&actor(), now()), event, new).await
    }
}

/// That it was refused for its environment, and told to choose another.
fn is_kept_apart<T>(tried: Result<T, EventError>, right: &str) -> bool {
    let Err(EventError::Invalid { field: "environment", why }) = tried else { return false };
    why.contains(&format!("choose {right} here too"))
}

#[tokio::test]
async fn test_money_never_stands_beside_live_money() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let (msp, woosh) = (ProviderName::MultiSafepay, ProviderName::WooshPay);
        assert!(is_kept_apart(office.adds(&office.event, woosh, &own(woosh, "test")).await, "live"));
        let spring = office.opens("spring", Some(printed(1, "preprod"))).await;
        assert!(is_kept_apart(office.adds(&spring, msp, &own(msp, "live")).await, "test"));

        let autumn = office.opens("autumn", None).await;
        office.has_site(&autumn, "test").await;
        assert!(is_kept_apart(office.adds(&autumn, woosh, &own(woosh, "live")).await, "test"));
        let beside = Account::check(woosh, &own(woosh, "test")).unwrap();
        let mut session = office.store.read().await.unwrap();
        let beside = Service::of_account(&beside);
        let fits = kept_apart::check(&mut session, &office.keys, autumn.id, beside).await;
        assert!(fits.is_ok(), "{fits:?}");
        drop(session);
        let live = printed(2, "production");
        let keys_elsewhere =
            NewProfile { key_set_url: Some("https://keys.example/jwks".to_owned()), ..live.clone() };
        for live in [live, keys_elsewhere] {
            assert!(is_kept_apart(office.prints(&autumn, &live).await, "preprod"));
        }
        office.prints(&autumn, &printed(2, "preprod")).await.unwrap();

        let winter = office.opens("winter", None).await;
        office.has_site(&winter, "live").await;
        assert!(is_kept_apart(office.prints(&winter, &printed(3, "preprod")).await, "production"));
        office.prints(&winter, &printed(3, "production")).await.unwrap();
        assert!(is_kept_apart(office.adds(&winter, woosh, &own(woosh, "test")).await, "live"));
        assert!(office.bank.asked().is_empty(), "what is refused is asked for nowhere");
    })
    .await;
}

#[tokio::test]
async fn whose_money_a_sandbox_has_nobody_can_tell() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        office.adds(&office.event, ProviderName::WooshPay, &office.woosh()).await.unwrap();
        let autumn = office.opens("autumn", None).await;
        office.has_site(&autumn, "live").await;
        let sandbox = NewProfile { api_url: Some(office.bank.url.to_string()), ..printed(1, "preprod") };
        office.prints(&autumn, &sandbox).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_address_that_the_provider_would_not_notify_is_refused_with_the_setting_it_comes_from() {
    on_both_engines(async |store| {
        let office = Office::open(store).await;
        let (connections, actor, msp) = (Connections::new(), actor(), ProviderName::MultiSafepay);
        let by = (&actor, now());
        let new = own(msp, "live");
        let adds = async |url: &str| {
            add(&office.store, &office.keys, &connections, url, by, &office.event, (msp, &new)).await
        };
        let long = format!("https://{}.example", "a".repeat(120));
        for (url, right) in [
            ("http://127.0.0.1:8080", "must begin with https://"),
            ("https://x.example:8443", "must name no port"),
            (long.as_str(), "150 characters"),
        ] {
            let error = adds(url).await.unwrap_err();
            assert!(matches!(error, EventError::NotNotified { .. }), "{error}");
            for part in [url, right, "POLSBAND_PUBLIC_URL", "MultiSafepay"] {
                assert!(error.to_string().contains(part), "{part} is not in {error}");
            }
        }
        assert!(office.all().await.is_empty());
        office.has_site(&office.event, "live").await;
        let (url, same) = ("https://x.example:8443", (msp, &AccountChange::default()));
        let tried = change(&office.store, &office.keys, &connections, url, by, &office.event, same).await;
        assert!(matches!(tried, Err(EventError::NotNotified { .. })), "{tried:?}");
    })
    .await;
}
