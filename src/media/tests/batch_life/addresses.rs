//! The addresses that codes were printed with.

use super::*;

#[tokio::test]
async fn printed_addresses_are_counted_with_what_hangs_on_them_and_why_they_are_retired() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let now = world.roll(4).await;
        let old = world.prints(5, "https://payconiq.com", "https://old.example").await;
        let bare = world.prints(2, "https://pay.bancontact.net", "http://127.0.0.1:8080").await;
        let media = world.media_of(&old).await;
        world.tops_up("p1", &media[0], 100).await;
        world.tops_up("p2", &media[1], 100).await;
        world.moves(&media[1], LifecycleMove::Freeze).await.unwrap();
        world.moves(&media[2], LifecycleMove::Quarantine).await.unwrap();
        world.moves(&media[3], LifecycleMove::Spoil).await.unwrap();
        let found = hosts::hosts(&store, world.event.id, &url(PUBLIC_URL)).await.unwrap();
        let shown: Vec<_> = found.iter().map(|host| (host.kind, host.url.as_str(), host.retired)).collect();
        assert_eq!(
            shown,
            [
                (HostKind::TopUp, "https://pay.bancontact.net", None),
                (HostKind::TopUp, "https://payconiq.com", Some(Retired::Provider)),
                (HostKind::Wallet, "https://old.example", Some(Retired::Moved)),
                (HostKind::Wallet, PUBLIC_URL, None),
            ]
        );
        let own = world.bands[0].batch_id;
        assert_eq!(found[0].batches, [bare.id, now.id, own], "the newest first");
        assert_eq!(found[0].media, batch_life::Counts::from([(MediumStatus::Issued, 7)]));
        let mattering = [
            (MediumStatus::Issued, 1),
            (MediumStatus::Active, 1),
            (MediumStatus::Frozen, 1),
            (MediumStatus::Quarantined, 1),
        ];
        assert_eq!(found[1].media, batch_life::Counts::from(mattering));
        // A plain address on this machine says nothing about links that were printed elsewhere.
        let local = hosts::hosts(&store, world.event.id, &url("http://127.0.0.1:8080")).await.unwrap();
        assert_eq!(local[2].retired, None);
        let concerned = hosts::batches_on_retired(&store, world.event.id, &url(PUBLIC_URL)).await.unwrap();
        assert_eq!(concerned.len(), 1);
        assert_eq!(concerned[0].0.id, old.id);
        assert_eq!(concerned[0].1, ["https://payconiq.com", "https://old.example"]);
    })
    .await;
}

#[tokio::test]
async fn an_operator_marks_a_printed_address_as_retired_and_takes_it_back() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let old = world.prints(3, "https://pay.old.example", PUBLIC_URL).await;
        let retire = async |text: &str, undo| {
            hosts::retire(&store, world.clock.now(), &actor(), &url(text), undo).await
        };
        let refused = retire("https://pay.elsewhere.example", false).await.unwrap().unwrap_err();
        assert!(
            matches!(refused, MarkRefusal::NotPrinted(_)) && refused.sentence().contains("pay.old.example")
        );
        let not = retire("https://pay.old.example", true).await.unwrap();
        assert_eq!(not, Err(MarkRefusal::NotMarked));
        assert_eq!(retire("https://pay.old.example/", false).await.unwrap(), Ok(()));
        assert_eq!(retire("https://pay.old.example", false).await.unwrap(), Err(MarkRefusal::Marked));
        let of_event = async || hosts::hosts(&store, world.event.id, &url(PUBLIC_URL)).await.unwrap();
        let marked = |hosts: Vec<hosts::Host>| -> Vec<_> {
            hosts
                .into_iter()
                .filter(|host| host.retired.is_some())
                .map(|host| (host.url, host.retired))
                .collect()
        };
        let expected = ("https://pay.old.example".to_owned(), Some(Retired::Marked));
        assert_eq!(marked(of_event().await), [expected]);
        // What is reissued is printed with the address of today.
        world.moves(&world.media_of(&old).await[0], LifecycleMove::Spoil).await.unwrap();
        let new = world.reissues(&old).await.unwrap();
        assert_eq!(new.pay_url, "https://pay.bancontact.net");
        assert_eq!(new.wallet_url.as_deref(), Some(PUBLIC_URL));
        assert_eq!(retire("https://pay.old.example", true).await.unwrap(), Ok(()));
        assert_eq!(marked(of_event().await), []);
        let mut session = store.read().await.unwrap();
        let log = audit_log::store::page(&mut session, None, None, 200).await.unwrap();
        let told: Vec<&str> = log
            .iter()
            .filter(|entry| entry.action.starts_with("printed host"))
            .map(|entry| entry.action.as_str())
            .collect();
        assert_eq!(told, ["printed host taken back", "printed host retired"]);
    })
    .await;
}
