//! Events, their profiles and bars: set up whole or not at all, one open event a profile, closed once.

use super::store::{
    by_ids, by_slug, claim_profile, close as mark_closed, insert, list, points_of_sale, profiles,
    release_profiles, update_profile, vendor_for, vendors,
};
use super::{
    Behaviour, Codes, EventError, NewEvent, NewPointOfSale, NewProfile, ProfileChange, Rules, Slug,
    add_point_of_sale, change_profile, close, create,
};
use crate::audit_log;
use crate::clock::Timestamp;
use crate::db::Store;
use crate::db::testing::on_both_engines;
use crate::ids::EventId;
use crate::language::Language;
use crate::money::Cents;
use crate::payments::tests::world::{PROFILE, actor, test_keys};
use crate::secrets::KeyFile;
use futures_util::future::join_all;
use std::sync::Arc;

const NOW: Timestamp = Timestamp(1_782_000_000_000_000);
const API_KEY: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

fn summer() -> NewEvent {
    NewEvent {
        slug: "summer".to_owned(),
        name: " Zomer é \u{1F37A} ".to_owned(),
        merchant: None,
        rules: Rules::default(),
        profile: Some(NewProfile { profile_id: PROFILE.to_owned(), ..NewProfile::default() }),
    }
}

async fn made(store: &Store, keys: &KeyFile, new: &NewEvent) -> Result<super::Event, EventError> {
    create(store, keys, &actor(), NOW, new).await
}

#[tokio::test]
async fn an_event_is_read_back_as_it_was_made() {
    on_both_engines(async |store| {
        let keys = test_keys();
        let rules = Rules {
            behaviour: Behaviour::Modifiable,
            amount: Some(Cents(999_999)),
            codes: Codes::Single,
            balance_max: Some(Cents(1)),
            charge_max: Cents(999_999),
            day_cut_hour: 23,
            visitor_language: Language::French,
            till_language: Some(Language::German),
            ..Rules::default()
        };
        let profile = NewProfile {
            environment: Some("preprod".to_owned()),
            api_url: Some("http://127.0.0.1:9".to_owned()),
            api_key: Some(format!(" {API_KEY} ")),
            ..summer().profile.unwrap()
        };
        let merchant = Some("Brouwerij NV".to_owned());
        let event = made(&store, &keys, &NewEvent { rules, merchant, profile: Some(profile), ..summer() })
            .await
            .unwrap();
        assert_eq!((event.name.as_str(), event.merchant.as_str()), ("Zomer é \u{1F37A}", "Brouwerij NV"));
        let mut session = store.read().await.unwrap();
        assert_eq!(by_slug(&mut session, "summer").await.unwrap().as_ref(), Some(&event));
        assert_eq!(by_slug(&mut session, "Summer").await.unwrap(), None);
        let ids = [event.id, EventId::new()];
        assert_eq!(by_ids(&mut session, ids).await.unwrap(), std::slice::from_ref(&event));
        assert_eq!(by_ids(&mut session, []).await.unwrap(), []);
        assert_eq!(list(&mut session, None, 10).await.unwrap(), std::slice::from_ref(&event));
        let kept = profiles(&mut session, &keys, event.id).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].profile_id.0, PROFILE);
        assert_eq!(kept[0].endpoints.api.as_str(), "http://127.0.0.1:9");
        assert_eq!(kept[0].api_key.as_ref().map(|key| key.reveal()), Some(API_KEY));
        assert!(
            profiles(&mut session, &test_keys(), event.id).await.is_err(),
            "another key file opens nothing"
        );
        assert!(profiles(&mut session, &keys, EventId::new()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn each_mistake_is_refused_with_the_name_of_its_field_and_leaves_nothing() {
    on_both_engines(async |store| {
        let keys = test_keys();
        let rules = |change: fn(&mut Rules)| {
            let mut rules = Rules::default();
            change(&mut rules);
            NewEvent { rules, ..summer() }
        };
        let profile = |change: fn(&mut NewProfile)| {
            let mut new = summer();
            change(new.profile.as_mut().unwrap());
            new
        };
        let long = "x".repeat(10_000);
        let cases = [
            ("slug", NewEvent { slug: String::new(), ..summer() }),
            ("slug", NewEvent { slug: "Summer".to_owned(), ..summer() }),
            ("slug", NewEvent { slug: "-a".to_owned(), ..summer() }),
            ("slug", NewEvent { slug: "a/b".to_owned(), ..summer() }),
            ("slug", NewEvent { slug: "zomerfeest-é".to_owned(), ..summer() }),
            ("slug", NewEvent { slug: long.clone(), ..summer() }),
            ("name", NewEvent { name: "  ".to_owned(), ..summer() }),
            ("name", NewEvent { name: "a\nb".to_owned(), ..summer() }),
            ("name", NewEvent { name: "\0".to_owned(), ..summer() }),
            ("name", NewEvent { name: "\u{200b}\u{2060}".to_owned(), ..summer() }),
            ("name", NewEvent { name: long.clone(), ..summer() }),
            ("merchant", NewEvent { merchant: Some(String::new()), ..summer() }),
            ("amount_cents", rules(|rules| rules.amount = Some(Cents(1)))),
            ("amount_cents", rules(|rules| rules.behaviour = Behaviour::Fixed)),
            ("amount_cents", rules(|r| (r.behaviour, r.amount) = (Behaviour::Fixed, Some(Cents(0))))),
            ("amount_cents", rules(|r| (r.behaviour, r.amount) = (Behaviour::Fixed, Some(Cents(1_000_000))))),
            ("balance_max_cents", rules(|rules| rules.balance_max = Some(Cents(0)))),
            ("charge_min_cents", rules(|rules| rules.charge_min = Cents(0))),
            ("charge_max_cents", rules(|rules| rules.charge_max = Cents(0))),
            ("charge_max_cents", rules(|rules| rules.charge_max = Cents(1_000_000))),
            ("single_charge_max_cents", rules(|rules| rules.single_charge_max = Cents(i64::MIN))),
            ("single_window_max_cents", rules(|rules| rules.single_window_max = Cents(1))),
            ("second_person_cents", rules(|rules| rules.second_person = Cents(-1))),
            ("day_cut_hour", rules(|rules| rules.day_cut_hour = -1)),
            ("day_cut_hour", rules(|rules| rules.day_cut_hour = 24)),
            ("profile_id", profile(|profile| profile.profile_id = String::new())),
            ("profile_id", profile(|profile| profile.profile_id = PROFILE.to_uppercase())),
            ("environment", profile(|profile| profile.environment = Some("test".to_owned()))),
            ("api_url", profile(|profile| profile.api_url = Some("http://bank.example".to_owned()))),
            ("key_set_url", profile(|profile| profile.key_set_url = Some("bank.example".to_owned()))),
            ("pay_url", profile(|profile| profile.pay_url = Some("https://u:p@bank.example".to_owned()))),
            ("api_key", profile(|profile| profile.api_key = Some(String::new()))),
        ];
        for (wrong, new) in cases {
            match made(&store, &keys, &new).await {
                Err(EventError::Invalid { field, why }) => assert_eq!(field, wrong, "{why}"),
                other => panic!("{wrong} was taken: {other:?}"),
            }
        }
        let mut session = store.read().await.unwrap();
        assert_eq!(list(&mut session, None, 10).await.unwrap(), []);
        assert_eq!(audit_log::store::page(&mut session, None, None, 10).await.unwrap(), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_make_one_event_one_does() {
    on_both_engines(async |store| {
        let keys = Arc::new(test_keys());
        let tasks = (0..8).map(|number| {
            let (store, keys) = (store.clone(), Arc::clone(&keys));
            let slug = if number % 2 == 0 { "summer".to_owned() } else { format!("event-{number}") };
            tokio::spawn(async move { made(&store, &keys, &NewEvent { slug, ..summer() }).await })
        });
        let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().all(|outcome| matches!(
            outcome,
            Ok(_) | Err(EventError::SlugTaken(_) | EventError::ProfileTaken(_))
        )));
        let mut session = store.read().await.unwrap();
        assert_eq!(list(&mut session, None, 10).await.unwrap().len(), 1, "the others left nothing");
        assert_eq!(audit_log::store::page(&mut session, None, None, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_event_closes_once_and_gives_its_profile_to_the_next() {
    on_both_engines(async |store| {
        let keys = test_keys();
        let event = made(&store, &keys, &summer()).await.unwrap();
        let autumn = NewEvent { slug: "autumn".to_owned(), ..summer() };
        let taken = made(&store, &keys, &autumn).await;
        assert!(matches!(taken, Err(EventError::ProfileTaken(id)) if id.0 == PROFILE));
        assert!(matches!(close(&store, &actor(), NOW, "winter").await, Err(EventError::Unknown(_))));
        let later = Timestamp(NOW.0 + 5);
        let closed = close(&store, &actor(), later, "summer").await.unwrap();
        assert_eq!((closed.closed_at, closed.is_open()), (Some(later), false));
        assert!(matches!(close(&store, &actor(), later, "summer").await, Err(EventError::Closed(_))));
        let kept = by_slug(&mut store.read().await.unwrap(), "summer").await.unwrap().unwrap();
        assert_eq!(kept, closed);
        made(&store, &keys, &autumn).await.unwrap();
        let again = made(&store, &keys, &summer()).await;
        assert!(matches!(again, Err(EventError::SlugTaken(_))), "the name of a closed event stays its own");
        let mut session = store.read().await.unwrap();
        let log = audit_log::store::page(&mut session, Some(event.id), None, 10).await.unwrap();
        let actions: Vec<&str> = log.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["event closed", "event created"]);
    })
    .await;
}

#[tokio::test]
async fn statements_that_change_nothing_say_so() {
    on_both_engines(async |store| {
        let keys = test_keys();
        let event = made(&store, &keys, &summer()).await.unwrap();
        let profile = profiles(&mut store.read().await.unwrap(), &keys, event.id).await.unwrap().remove(0);
        let mut tx = store.begin().await.unwrap();
        assert!(!insert(&mut tx, &super::Event { id: EventId::new(), ..event.clone() }).await.unwrap());
        assert!(!claim_profile(&mut tx, &profile).await.unwrap());
        release_profiles(&mut tx, EventId::new()).await.unwrap();
        assert!(!claim_profile(&mut tx, &profile).await.unwrap());
        release_profiles(&mut tx, event.id).await.unwrap();
        assert!(claim_profile(&mut tx, &profile).await.unwrap());
        assert!(!mark_closed(&mut tx, EventId::new(), NOW).await.unwrap());
        assert!(mark_closed(&mut tx, event.id, NOW).await.unwrap());
        assert!(!mark_closed(&mut tx, event.id, NOW).await.unwrap());
        update_profile(&mut tx, &profile, None).await.unwrap();
        let elsewhere = super::Profile { event_id: EventId::new(), ..profile };
        assert!(update_profile(&mut tx, &elsewhere, None).await.is_err(), "there is no such profile");
    })
    .await;
}

#[tokio::test]
async fn a_profile_gets_another_key_and_keeps_the_rest() {
    on_both_engines(async |store| {
        let keys = test_keys();
        let event = made(&store, &keys, &summer()).await.unwrap();
        let change = |api_key: Option<&str>, api_url: Option<&str>| ProfileChange {
            api_key: api_key.map(str::to_owned),
            api_url: api_url.map(str::to_owned),
            ..ProfileChange::default()
        };
        let changes =
            [change(Some(API_KEY), None), change(None, Some("http://127.0.0.1:9")), change(None, None)];
        for change in &changes {
            change_profile(&store, &keys, &actor(), NOW, "summer", change).await.unwrap();
        }
        let kept = profiles(&mut store.read().await.unwrap(), &keys, event.id).await.unwrap().remove(0);
        assert_eq!(kept.api_key.map(|key| key.reveal().to_owned()).as_deref(), Some(API_KEY));
        assert_eq!(kept.endpoints.api.as_str(), "http://127.0.0.1:9");
        let wrong = change(Some("two\nlines"), None);
        let refused = change_profile(&store, &keys, &actor(), NOW, "summer", &wrong).await;
        assert!(matches!(refused, Err(EventError::Invalid { field: "api_key", .. })), "{refused:?}");
        let unknown = change_profile(&store, &keys, &actor(), NOW, "winter", &changes[0]).await;
        assert!(matches!(unknown, Err(EventError::Unknown(_))));
        close(&store, &actor(), NOW, "summer").await.unwrap();
        // Late money is still looked for, and keys are renewed meanwhile.
        change_profile(&store, &keys, &actor(), NOW, "summer", &change(Some("1b3d-next"), None))
            .await
            .unwrap();
        let kept = profiles(&mut store.read().await.unwrap(), &keys, event.id).await.unwrap().remove(0);
        assert_eq!(kept.api_key.map(|key| key.reveal().to_owned()).as_deref(), Some("1b3d-next"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bars_have_names_of_their_own_and_may_share_a_vendor() {
    on_both_engines(async |store| {
        let keys = test_keys();
        let event = made(&store, &keys, &summer()).await.unwrap();
        let bar = |name: &str, vendor: Option<&str>| NewPointOfSale {
            name: name.to_owned(),
            vendor: vendor.map(str::to_owned),
        };
        let add = |new: NewPointOfSale| {
            let (store, event) = (store.clone(), event.clone());
            async move { add_point_of_sale(&store, &actor(), NOW, &event, &new).await }
        };
        let first = add(bar(" Bar 1 ", Some("Brouwerij"))).await.unwrap();
        let second = add(bar("Bar 2", Some("Brouwerij"))).await.unwrap();
        let own = add(bar("Frituur", None)).await.unwrap();
        assert_eq!((first.name.as_str(), first.vendor_id), ("Bar 1", second.vendor_id));
        assert_ne!(own.vendor_id, first.vendor_id);
        assert_eq!(own.vendor, "Frituur");
        let taken = add(bar("Bar 1", Some("Another"))).await;
        assert!(matches!(taken, Err(EventError::PointOfSaleTaken(name)) if name == "Bar 1"));
        for (field, wrong) in [
            ("name", bar("", None)),
            ("name", bar(&"x".repeat(61), None)),
            ("name", bar("a\tb", None)),
            ("vendor", bar("Bar 3", Some(" "))),
        ] {
            match add(wrong).await {
                Err(EventError::Invalid { field: found, .. }) => assert_eq!(found, field),
                other => panic!("{other:?}"),
            }
        }
        let racers = join_all((0..6).map(|_| tokio::spawn(add(bar("Bar 9", Some("New")))))).await;
        assert_eq!(racers.into_iter().filter(|outcome| matches!(outcome, Ok(Ok(_)))).count(), 1);
        let mut session = store.read().await.unwrap();
        let names: Vec<String> = points_of_sale(&mut session, event.id, "", 10)
            .await
            .unwrap()
            .into_iter()
            .map(|point| point.name)
            .collect();
        assert_eq!(names, ["Bar 1", "Bar 2", "Bar 9", "Frituur"]);
        let owed: Vec<String> =
            vendors(&mut session, event.id).await.unwrap().into_iter().map(|(_, name)| name).collect();
        assert_eq!(owed, ["Brouwerij", "Frituur", "New"], "a refused bar leaves no vendor behind");
        drop(session);
        let mut tx = store.begin().await.unwrap();
        assert_eq!(vendor_for(&mut tx, event.id, "Brouwerij").await.unwrap(), first.vendor_id);
        drop(tx);
        let closed = super::Event { closed_at: Some(NOW), ..event.clone() };
        let late = add_point_of_sale(&store, &actor(), NOW, &closed, &bar("Late", None)).await;
        assert!(matches!(late, Err(EventError::Closed(slug)) if slug == event.slug));
    })
    .await;
}

#[test]
fn a_slug_is_what_fits_an_address() {
    for fine in ["a", "summer-2026", "7", &"x".repeat(63)] {
        assert_eq!(fine.parse::<Slug>().unwrap().as_str(), fine);
    }
    for wrong in ["", "-", "a-", "A", "a b", "a.b", "é", "a%2f", &"x".repeat(64)] {
        let why = wrong.parse::<Slug>().unwrap_err();
        assert!(why.contains("summer-2026"), "{why}");
        assert!(why.len() < 200);
    }
}

#[tokio::test]
async fn a_profile_is_added_once_and_not_where_nobody_could_tell_whose_a_payment_was() {
    on_both_engines(async |store| {
        let keys = test_keys();
        let bare = |slug: &str| NewEvent { slug: slug.to_owned(), profile: None, ..summer() };
        let first = made(&store, &keys, &summer()).await.unwrap();
        let early = made(&store, &keys, &bare("early")).await.unwrap();
        let adds = async |event: &super::Event, at| {
            let profile = summer().profile.unwrap();
            super::add_profile(&store, &keys, (&actor(), at), event, &profile).await
        };
        assert!(matches!(adds(&early, NOW).await, Err(EventError::ProfileTaken(_))));
        let later = Timestamp(NOW.0 + 1);
        close(&store, &actor(), later, first.slug.as_str()).await.unwrap();
        let refused = adds(&early, later).await.unwrap_err();
        assert!(matches!(refused, EventError::Invalid { field: "profile_id", .. }), "{refused}");
        assert!(profiles(&mut store.read().await.unwrap(), &keys, early.id).await.unwrap().is_empty());
        let new = bare("late");
        let late = super::create(&store, &keys, &actor(), later, &new).await.unwrap();
        adds(&late, later).await.unwrap();
        assert!(matches!(adds(&late, later).await, Err(EventError::HasProfile(_))));
        let closed = close(&store, &actor(), later, "early").await.unwrap();
        assert!(matches!(adds(&closed, later).await, Err(EventError::Closed(_))));
    })
    .await;
}
