//! Adding, enrolling, listing and revoking terminals, on both engines.

use super::test_till::{Bar, sale};
use super::{AddError, ENROLMENT_CODE_LIVES, EnrolRefusal, Enrolled, Refusal, add, end, enrol, list, revoke};
use crate::codes::ALPHABET;
use crate::db::testing::on_both_engines;
use crate::ids::TerminalId;
use crate::ledger::test_festival::{Festival, actor};
use std::collections::HashSet;
use std::time::Duration;

impl Festival {
    async fn adds(&self) -> (String, TerminalId) {
        let now = self.clock.now();
        let added = add(&self.store, &self.keys, &actor(), now, &self.event, "Bar 1").await.unwrap();
        (added.code, added.terminal_id)
    }

    async fn enrols(&self, code: &str, name: &str) -> Result<Enrolled, EnrolRefusal> {
        enrol(&self.store, &self.keys, self.clock.now(), code, name).await.unwrap()
    }
}

#[tokio::test]
async fn a_device_enrols_once_with_its_code_and_is_known_by_its_token() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let (code, id) = festival.adds().await;
        assert!(code.len() == 8 && code.bytes().all(|symbol| ALPHABET.contains(&symbol)), "{code}");
        let typed = format!(" {}-{} ", &code[..4], code[4..].to_lowercase());
        let enrolled = festival.enrols(&typed, " iPad at the door ").await.unwrap();
        assert_eq!(enrolled.terminal.id, id);
        assert_eq!(enrolled.terminal.event, festival.event.slug);
        assert_eq!(enrolled.terminal.point_of_sale, "Bar 1");
        assert_eq!(enrolled.terminal.vendor_id, festival.bar.vendor_id);
        assert_eq!(festival.enrols(&code, "another").await.unwrap_err(), EnrolRefusal::Code);

        let bar = Bar::at(festival).await;
        for _ in 0..2 {
            let known = bar.till.terminal(enrolled.token.reveal()).await.unwrap();
            assert_eq!(known.as_deref(), Some(&enrolled.terminal));
        }
        let views = list(&mut bar.store.read().await.unwrap(), Some(bar.event.id), None, 10).await.unwrap();
        assert_eq!(views.len(), 2);
        assert_eq!((views[0].id, views[0].device_name.as_deref()), (id, Some("iPad at the door")));
        assert_eq!(views[0].enrolled_at, Some(bar.clock.now()));
        let log = bar.log().await;
        assert!(log.contains(&format!("terminal added {id}")), "{log:?}");
        assert!(log.contains(&format!("terminal enrolled {id}")), "{log:?}");
    })
    .await;
}

#[tokio::test]
async fn unknown_used_and_expired_codes_get_one_and_the_same_refusal() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let (used, _) = festival.adds().await;
        festival.enrols(&used, "till").await.unwrap();
        let (revoked, id) = festival.adds().await;
        revoke(&festival.store, &actor(), festival.clock.now(), id, None).await.unwrap();
        let (late, _) = festival.adds().await;
        let huge = "A".repeat(10_000);
        for code in [used.as_str(), &revoked, "ZZZZZZZZ", "", "ABC", "ABCDEFGHJ", "\0\0\0\0\0\0\0\0", &huge] {
            assert_eq!(festival.enrols(code, "till").await.unwrap_err(), EnrolRefusal::Code, "{code:.20}");
        }
        festival.clock.advance(ENROLMENT_CODE_LIVES - Duration::from_micros(1));
        let (in_time, _) = festival.adds().await;
        festival.clock.advance(Duration::from_micros(1));
        assert_eq!(festival.enrols(&late, "till").await.unwrap_err(), EnrolRefusal::Code);
        festival.enrols(&in_time, "till").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_code_is_not_used_up_by_a_device_without_a_proper_name() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let (code, _) = festival.adds().await;
        for name in ["", "  ", "a\nb", &"x".repeat(61)] {
            assert_eq!(festival.enrols(&code, name).await.unwrap_err(), EnrolRefusal::DeviceName);
        }
        festival.enrols(&code, "Kassa één").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_eight_devices_with_one_code_one_is_enrolled() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let (code, _) = festival.adds().await;
        let tries = (0..8).map(|_| {
            let (store, keys, code) = (festival.store.clone(), festival.keys.clone(), code.clone());
            let now = festival.clock.now();
            tokio::spawn(async move { enrol(&store, &keys, now, &code, "till").await.unwrap() })
        });
        let answers = futures_util::future::join_all(tries).await;
        let enrolled = answers.into_iter().filter(|answer| answer.as_ref().unwrap().is_ok()).count();
        assert_eq!(enrolled, 1);
    })
    .await;
}

#[tokio::test]
async fn a_terminal_is_added_at_a_bar_of_an_open_event_only() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let other = festival.beside().await;
        let (store, keys, now) = (&festival.store, &festival.keys, festival.clock.now());
        for bar in ["", "Bar 2", &other.bar.id.to_string()] {
            let answer = add(store, keys, &actor(), now, &festival.event, bar).await;
            assert!(matches!(answer, Err(AddError::UnknownPointOfSale(_))), "{bar}");
        }
        let by_id = festival.bar.id.to_string();
        let added = add(store, keys, &actor(), now, &festival.event, &by_id).await.unwrap();
        assert_eq!(added.point_of_sale, festival.bar.name);
        let closed = crate::events::close(store, &actor(), now, festival.event.slug.as_str()).await.unwrap();
        let answer = add(store, keys, &actor(), now, &closed, "Bar 1").await;
        assert!(matches!(answer, Err(AddError::EventClosed(_))));
    })
    .await;
}

#[tokio::test]
async fn texts_that_are_no_tokens_are_nobodys() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let other_prefix = bar.token.replacen("pbt_", "pbo_", 1);
        let mut guessed = bar.token.clone();
        guessed.pop();
        guessed.push(if bar.token.ends_with('0') { '1' } else { '0' });
        for text in ["", "pbt_", &other_prefix, &guessed, &bar.token[1..], &bar.token.to_uppercase()] {
            assert_eq!(bar.till.terminal(text).await.unwrap(), None, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_revoked_terminal_is_refused_by_every_call_and_keeps_its_place_in_the_list() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let first = sale(&band.pay_qr_text, 350);
        let charged = bar.charges(first.clone()).await.unwrap();
        bar.is_revoked().await;

        // A sale, the same sale again, and texts that are no codes at all.
        let (mistyped, foreign) = (sale("K7QM3XR0", 350), sale("hello", 350));
        for new in [sale(&band.pay_qr_text, 350), first, mistyped, foreign] {
            assert_eq!(bar.charges(new).await, Err(Refusal::TerminalRevoked));
        }
        assert_eq!(bar.voids(charged.id).await, Err(Refusal::TerminalRevoked));
        assert_eq!(bar.reads_back(charged.id).await, Err(Refusal::TerminalRevoked));
        for text in [band.pay_code.reveal(), "K7QM3XR0", "hello"] {
            assert_eq!(bar.looks_up(text).await, Err(Refusal::TerminalRevoked), "{text}");
        }
        assert!(!bar.till.is_live(&bar.terminal).await.unwrap());
        // One who has never seen the token does not even know it.
        let fresh = bar.till_on(bar.lane.clone());
        assert_eq!(fresh.terminal(&bar.token).await.unwrap(), None);

        let (later, id) = (bar.clock.now().after(Duration::from_secs(9)), bar.terminal.id);
        let again = revoke(&bar.store, &actor(), later, id, None).await.unwrap().unwrap();
        assert_eq!(again.revoked_at, Some(bar.clock.now()), "the first time counts");
        let nobody = revoke(&bar.store, &actor(), bar.clock.now(), TerminalId::new(), None).await.unwrap();
        assert_eq!(nobody, None);
        let log = bar.log().await;
        let told = log.iter().filter(|entry| **entry == format!("terminal revoked {}", bar.terminal.id));
        assert_eq!(told.count(), 1);
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_device_ends_its_own_terminal_once_and_no_other() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let other = bar.another_terminal().await;
        let now = bar.clock.now();
        let band = &bar.pieces[0];
        bar.top_up(band, 1_000).await;
        let gates = async || -> (i64,) {
            let mut session = bar.store.read().await.unwrap();
            session.one("SELECT CAST(SUM(gate) AS BIGINT) FROM gates", vec![]).await.unwrap()
        };
        let before = gates().await;
        let ended = end(&bar.store, now, &bar.token).await.unwrap().unwrap();
        assert_eq!((ended.id, ended.revoked_at), (bar.terminal.id, Some(now)));
        let after = gates().await;
        assert!(after > before, "every lane hears of it: {before:?}, {after:?}");
        assert_eq!(bar.sells(band, 100).await, Err(Refusal::TerminalRevoked));
        assert!(bar.till.is_live(&other).await.unwrap());
        let later = now.after(Duration::from_secs(9));
        assert_eq!(end(&bar.store, later, &bar.token).await.unwrap(), Some(ended), "the first time counts");
        assert_eq!(gates().await, after, "asked again, it holds up no lane");
        for text in ["", "pbt_", &bar.token[1..]] {
            assert_eq!(end(&bar.store, now, text).await.unwrap(), None, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn terminals_are_listed_in_pages_of_one_event_or_of_all() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let other = festival.beside().await;
        let mut mine = Vec::new();
        for _ in 0..3 {
            mine.push(festival.adds().await.1);
            other.adds().await;
        }
        let mut session = festival.store.read().await.unwrap();
        let first = list(&mut session, Some(festival.event.id), None, 2).await.unwrap();
        let rest = list(&mut session, Some(festival.event.id), Some(first[1].id), 2).await.unwrap();
        let ids: Vec<_> = first.iter().chain(&rest).map(|view| view.id).collect();
        assert_eq!(ids, mine);
        let all = list(&mut session, None, None, i64::MAX).await.unwrap();
        assert_eq!(all.len(), 6);
        let events: HashSet<_> = all.iter().map(|view| view.event.clone()).collect();
        assert_eq!(events.len(), 2);
    })
    .await;
}
