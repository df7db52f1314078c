//! Charges on both engines: the ones that happen, and each refusal in its order.

use super::test_till::{Bar, line, sale};
use super::{AmountProblem, CHARGES_PER_BATCH_MAX, ChargeStatus, LINES_MAX, NewCharge, Refusal};
use crate::db::testing::on_both_engines;
use crate::events::{Codes, Rules};
use crate::helpdesk::{Asked, Move, move_medium};
use crate::ids::{ChargeId, MoveId};
use crate::ledger::{
    self,
    test_festival::{Festival, actor},
};
use crate::media::MediumStatus::{Active, Frozen, Issued, Quarantined, Replaced, Revoked, Spoiled};
use crate::money::Cents;
use crate::payments::Outcome;
use crate::print::Piece;
use crate::providers::ProviderName;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::time::Duration;
use uuid::Uuid;

impl Festival {
    pub(super) async fn moves(&self, piece: &Piece, asked: Asked) {
        let (event, medium) = (self.event.id, self.medium(piece).await.id);
        let reason = Some("lost".to_owned());
        let order = Move { event, medium, id: MoveId::new(), asked, actor: actor(), reason };
        move_medium(&self.lane, order).await.unwrap().unwrap();
    }

    pub(super) async fn replaces_by(&self, old: &Piece, new: &Piece) {
        let with = self.medium(new).await.id;
        self.moves(old, Asked::Replace { with }).await;
    }
}

fn out_of_bounds(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::InvalidAmount(AmountProblem::OutOfBounds { .. }))
}

#[tokio::test]
async fn a_charge_takes_its_amount_from_the_wallet_and_gives_it_to_the_vendor() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let lines = vec![line("beer", 2, 350), line("cup", 1, 50)];
        let charged = bar.charges(NewCharge { lines, ..sale(&band.pay_qr_text, 750) }).await.unwrap();
        assert_eq!((charged.status, charged.replayed), (ChargeStatus::Accepted, false));
        assert_eq!((charged.amount, charged.balance), (Cents(750), Cents(1250)));
        assert_eq!((charged.serial, charged.created_at), (band.serial.clone(), bar.clock.now()));
        assert_eq!(bar.balance(band).await, Cents(1250));
        assert_eq!(bar.sold(band, 1250).await.balance, Cents::ZERO, "to the last cent");
        // The bare pay code, as typed by hand, and an id that is no v7.
        bar.top_up(band, 100).await;
        let typed = band.pay_code.reveal().to_lowercase();
        let id = ChargeId(Uuid::from_u128(7));
        let charged = bar.charges(NewCharge { id, ..sale(&typed, 100) }).await.unwrap();
        assert_eq!(charged.id, id);
        let profiles = [(ProviderName::Bancontact, bar.profile.clone())];
        let mut snapshot = bar.store.snapshot().await.unwrap();
        let statement = ledger::statement(&mut snapshot, bar.event.id, &profiles).await.unwrap();
        drop(snapshot);
        let vendor = statement.accounts.iter().find(|line| line.name == "Brouwerij").unwrap();
        assert_eq!(vendor.balance_cents, Cents(2100));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn the_same_charge_again_gets_the_original_answer() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let new = NewCharge { lines: vec![line("beer", 1, 350)], ..sale(&band.pay_qr_text, 350) };
        let first = bar.charges(new.clone()).await.unwrap();
        bar.clock.advance(Duration::from_secs(60));
        bar.sold(band, 1650).await;
        let again = bar.charges(new.clone()).await.unwrap();
        assert!(again.replayed);
        assert_eq!(again, super::Charged { replayed: true, ..first.clone() }, "with the balance of then");
        assert_eq!(bar.reads_back(first.id).await, Ok(Some(again.clone())));

        // Whatever became of the medium or the event since: it happened.
        bar.moves(band, Asked::Freeze).await;
        assert_eq!(bar.charges(new.clone()).await, Ok(again.clone()));
        bar.close().await;
        assert_eq!(bar.charges(new).await, Ok(again));
        assert_eq!(bar.balance(band).await, Cents::ZERO);
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn another_charge_under_a_known_id_is_a_conflict_that_names_the_field() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let [band, other, ..] = bar.pieces.as_slice() else { panic!("ten pieces") };
        bar.top_up(band, 2000).await;
        bar.top_up(other, 2000).await;
        let new = NewCharge { lines: vec![line("beer", 1, 350)], ..sale(&band.pay_qr_text, 350) };
        bar.charges(new.clone()).await.unwrap();
        let conflict = |field| Err(Refusal::IdReused { field });
        let changed = |code: &str| NewCharge { code: code.to_owned(), ..new.clone() };
        for code in [other.pay_qr_text.as_str(), "PB1ZZZZZZZZZZZZZZZZ", "K7QM3XR0", "hello"] {
            assert_eq!(bar.charges(changed(code)).await, conflict("code"), "{code}");
        }
        for amount in [Cents(351), Cents(-1), Cents(i64::MAX)] {
            assert_eq!(bar.charges(NewCharge { amount, ..new.clone() }).await, conflict("amount_cents"));
        }
        for lines in [vec![], vec![line("wine", 1, 350)], vec![line("beer", 2, 175)]] {
            assert_eq!(bar.charges(NewCharge { lines, ..new.clone() }).await, conflict("lines"));
        }
        let terminal = bar.another_terminal().await;
        let stolen = bar.till.charge(&terminal, bar.clock.now(), new.clone()).await.unwrap();
        assert_eq!(stolen, conflict("terminal"));
        assert_eq!(bar.till.read_back(&terminal, new.id).await.unwrap(), Ok(None));
        assert_eq!(bar.balance(band).await, Cents(1650));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn an_id_that_another_transfer_bears_is_refused_and_harms_nobody_else() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let [band, other, ..] = bar.pieces.as_slice() else { panic!("ten pieces") };
        bar.top_up(band, 2000).await;
        bar.top_up(other, 2000).await;
        let mut session = bar.store.read().await.unwrap();
        let (id,): (ChargeId,) =
            session.one("SELECT id FROM transfers ORDER BY id LIMIT 1", vec![]).await.unwrap();
        drop(session);
        let taken = NewCharge { id, ..sale(&band.pay_qr_text, 100) };
        let charges = vec![taken, sale(&other.pay_qr_text, 100)];
        let answers = bar.till.charge_batch(&bar.terminal, bar.clock.now(), charges).await.unwrap();
        assert_eq!(*answers[0].as_ref().unwrap(), Err(Refusal::IdReused { field: "id" }));
        assert!(answers[1].as_ref().unwrap().is_ok());
        assert_eq!(bar.reads_back(id).await, Ok(None));
        assert_eq!(bar.voids(id).await, Err(Refusal::UnknownCharge));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn one_id_in_two_events_is_two_charges() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let other = Bar::at(bar.festival.beside().await).await;
        let id = ChargeId::new();
        for bar in [&bar, &other] {
            bar.top_up(&bar.pieces[0], 500).await;
            let charged = bar.charges(NewCharge { id, ..sale(&bar.pieces[0].pay_qr_text, 100) }).await;
            assert!(!charged.unwrap().replayed);
            bar.books_are_clean().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_not_stored_so_the_same_basket_is_sent_again_after_a_top_up() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 200).await;
        let new = sale(&band.pay_qr_text, 350);
        let short = Refusal::InsufficientFunds { balance: Cents(200), missing: Cents(150) };
        assert_eq!(bar.charges(new.clone()).await, Err(short.clone()));
        assert_eq!(short.sentence(), "€ 1,50 is missing: the wallet holds € 2,00");
        assert_eq!(bar.reads_back(new.id).await, Ok(None));
        bar.top_up(band, 150).await;
        assert_eq!(bar.charges(new).await.unwrap().balance, Cents::ZERO);
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn amounts_outside_the_bounds_and_lines_that_do_not_add_up_are_refused() {
    on_both_engines(async |store| {
        let rules = Rules { charge_min: Cents(50), charge_max: Cents(10_000), ..Rules::default() };
        let bar = Bar::with_rules(store, rules).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 100_000).await;
        for cents in [49, 0, -350, i64::MIN, 10_001, i64::MAX] {
            let refusal = bar.sells(band, cents).await.unwrap_err();
            assert!(out_of_bounds(&refusal), "{cents}: {refusal:?}");
            assert_eq!(refusal.name(), "invalid-amount");
        }
        let with = |lines| NewCharge { lines, ..sale(&band.pay_qr_text, 700) };
        for (lines, problem) in [
            (vec![line("beer", 1, 350)], AmountProblem::Sum),
            (vec![line("beer", 0, 350)], AmountProblem::Quantity),
            (vec![line("", 2, 350)], AmountProblem::Product),
            (vec![line("water", 1, 7); LINES_MAX + 1], AmountProblem::TooManyLines),
        ] {
            assert_eq!(bar.charges(with(lines)).await, Err(Refusal::InvalidAmount(problem)));
        }
        for cents in [50, 10_000] {
            bar.sold(band, cents).await;
        }
        bar.charges(with(vec![line("water\0\u{1F37A}", 100, 7)])).await.unwrap();
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_charge_with_lines_of_any_text_is_known_again() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let odd = "a\0b\"\\\u{7f}\u{fffd}é{rows}$1";
        let new = NewCharge { lines: vec![line(odd, 1, 350)], ..sale(&band.pay_qr_text, 350) };
        assert!(!bar.charges(new.clone()).await.unwrap().replayed);
        assert!(bar.charges(new).await.unwrap().replayed);
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn only_pay_codes_pay() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let other = Bar::at(bar.festival.beside().await).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let refused = async |code: &str| bar.charges(sale(code, 100)).await.unwrap_err();
        for code in
            [band.reference.as_str(), &band.qr_text, &format!("https://zomer.example/t/{}", band.reference)]
        {
            assert_eq!(refused(code).await, Refusal::TopUpCodeCannotPay, "{code}");
        }
        assert_eq!(refused(&band.serial.grouped()).await, Refusal::SerialCannotPay);
        let counterfeit = band.qr_text.replace(&bar.profile.0, &other.profile.0);
        for code in
            [&counterfeit, "", "hello", "https://evil.example/w/PB1", &"9".repeat(10_000), "\u{1F37A}"]
        {
            assert_eq!(refused(code).await.name(), "foreign-code", "{code:.20}");
        }
        // Somebody else's event, unknown, and mistyped.
        let foreign = &other.pieces[0];
        other.top_up(foreign, 2000).await;
        let mut wrong = band.reference.as_str()[..14].to_owned();
        wrong.push(if band.reference.as_str().ends_with('0') { '1' } else { '0' });
        for code in [foreign.pay_qr_text.as_str(), "PB1ZZZZZZZZZZZZZZZZ", &wrong] {
            assert_eq!(refused(code).await, Refusal::UnknownMedium, "{code}");
        }
        assert_eq!(bar.balance(band).await, Cents(2000));
        assert_eq!(other.balance(foreign).await, Cents(2000));
    })
    .await;
}

#[tokio::test]
async fn only_an_active_medium_pays() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let [fresh, frozen, replaced, successor, revoked, spoiled, stolen, ..] = bar.pieces.as_slice() else {
            panic!("ten pieces")
        };
        for band in [frozen, replaced, revoked] {
            bar.top_up(band, 2000).await;
        }
        bar.moves(frozen, Asked::Freeze).await;
        bar.replaces_by(replaced, successor).await;
        bar.moves(revoked, Asked::Revoke).await;
        bar.moves(spoiled, Asked::Spoil).await;
        bar.moves(stolen, Asked::Quarantine).await;
        for (band, status) in [
            (fresh, Issued),
            (frozen, Frozen),
            (replaced, Replaced),
            (revoked, Revoked),
            (spoiled, Spoiled),
            (stolen, Quarantined),
        ] {
            let refusal = Refusal::MediumNotActive(status);
            assert_eq!(bar.sells(band, 100).await, Err(refusal));
        }
        bar.moves(frozen, Asked::Unfreeze).await;
        assert_eq!(bar.sold(frozen, 100).await.balance, Cents(1900));
        assert_eq!(bar.sold(successor, 100).await.balance, Cents(1900), "the new one pays");
        assert_eq!(bar.medium(successor).await.status, Active);
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_is_charged_after_an_event_closed() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        bar.sold(band, 100).await;
        bar.close().await;
        assert_eq!(bar.sells(band, 100).await, Err(Refusal::EventClosed));
        assert!(matches!(bar.pay(band, 100).await, Outcome::Suspended(_)));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn where_top_up_codes_pay_they_pay_within_caps() {
    on_both_engines(async |store| {
        let rules = Rules {
            codes: Codes::Single,
            single_charge_max: Cents(2_000),
            single_window_max: Cents(5_000),
            ..Rules::default()
        };
        let bar = Bar::with_rules(store, rules).await;
        let [band, other, ..] = bar.pieces.as_slice() else { panic!("ten pieces") };
        bar.top_up(band, 50_000).await;
        bar.top_up(other, 50_000).await;
        let pays = async |cents| bar.charges(sale(&band.qr_text, cents)).await;
        let problem = |problem| Err(Refusal::InvalidAmount(problem));
        let max = Cents(2_000);
        assert_eq!(pays(2_001).await, problem(AmountProblem::OverChargeCap { max }));
        let first = pays(2_000).await.unwrap();
        bar.clock.advance(Duration::from_secs(300));
        // The window counts what is in the same batch, in its order; other wallets have windows of their own.
        let charges = [2_000, 1_500, 1_000].map(|cents| sale(&band.qr_text, cents)).to_vec();
        let charges = [charges, vec![sale(&other.qr_text, 2_000)]].concat();
        let answers = bar.till.charge_batch(&bar.terminal, bar.clock.now(), charges).await.unwrap();
        let left = Cents(1_000);
        assert!(answers[0].as_ref().unwrap().is_ok());
        let over = AmountProblem::OverWindowCap { left };
        assert_eq!(answers[1].as_ref().unwrap().clone().map(|_| ()), Err(Refusal::InvalidAmount(over)));
        assert!(answers[2].as_ref().unwrap().is_ok() && answers[3].as_ref().unwrap().is_ok());
        let none = AmountProblem::OverWindowCap { left: Cents::ZERO };
        assert_eq!(pays(1).await, problem(none));
        // What was voided was not spent.
        bar.voids(first.id).await.unwrap();
        assert_eq!(pays(2_000).await.unwrap().amount, Cents(2_000));
        assert_eq!(pays(1).await, problem(none));
        assert_eq!(bar.sells(band, 1).await, problem(none), "with whichever code");
        // Ten minutes after the second sale only the third is still in the window.
        bar.clock.advance(Duration::from_secs(599));
        assert_eq!(pays(1).await, problem(none));
        bar.clock.advance(Duration::from_secs(1));
        assert_eq!(pays(2_000).await.unwrap().amount, Cents(2_000));
        let serial = bar.charges(sale(&band.serial.grouped(), 100)).await;
        assert_eq!(serial, Err(Refusal::SerialCannotPay));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_charged_in_its_order_and_one_refusal_stops_nothing() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let [band, other, ..] = bar.pieces.as_slice() else { panic!("ten pieces") };
        bar.top_up(band, 1000).await;
        bar.top_up(other, 100_000).await;
        let twice = sale(&band.pay_qr_text, 600);
        let mut charges = vec![
            sale(&band.pay_qr_text, 300),
            sale("hello", 100),
            twice.clone(),
            twice,
            sale(&band.pay_qr_text, 101),
            sale(&band.pay_qr_text, 100),
        ];
        charges.extend((charges.len()..CHARGES_PER_BATCH_MAX).map(|_| sale(&other.pay_qr_text, 1)));
        let ids: Vec<_> = charges.iter().map(|new| new.id).collect();
        let answers = bar.till.charge_batch(&bar.terminal, bar.clock.now(), charges.clone()).await.unwrap();
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap()).collect();
        let names: Vec<_> = answers[..6]
            .iter()
            .map(|answer| answer.as_ref().map_or_else(Refusal::name, |charged| charged.status.as_str()))
            .collect();
        let expected = ["accepted", "foreign-code", "accepted", "accepted", "insufficient-funds", "accepted"];
        assert_eq!(names, expected);
        assert!(answers[3].as_ref().unwrap().replayed);
        let balances: Vec<_> = answers[6..].iter().map(|answer| answer.as_ref().unwrap().balance.0).collect();
        assert_eq!(balances, (99_506..100_000).rev().collect::<Vec<_>>(), "one after another");
        for (id, answer) in ids.iter().zip(&answers) {
            assert!(answer.as_ref().map_or(true, |charged| charged.id == *id));
        }
        charges.push(sale(&other.pay_qr_text, 1));
        let refusal = bar.till.charge_batch(&bar.terminal, bar.clock.now(), charges).await.err();
        assert_eq!(refusal, Some(Refusal::BatchTooLarge));
        let empty = bar.till.charge_batch(&bar.terminal, bar.clock.now(), vec![]).await.unwrap();
        assert!(empty.is_empty());
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn every_charge_is_counted_by_its_result() {
    on_both_engines(async |store| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _guard = metrics::set_default_local_recorder(&recorder);
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let new = sale(&band.pay_qr_text, 2000);
        let charges = vec![new.clone(), new, sale(&band.pay_qr_text, 1), sale("hello", 1)];
        bar.till.charge_batch(&bar.terminal, bar.clock.now(), charges).await.unwrap();
        assert!(bar.sells(band, 1).await.is_err());
        let shown = recorder.handle().render();
        for (result, count) in
            [("accepted", 1), ("replayed", 1), ("insufficient-funds", 2), ("foreign-code", 1)]
        {
            let line = format!("polsband_charges_total{{result=\"{result}\"}} {count}");
            assert!(shown.contains(&line), "{line} is missing in\n{shown}");
        }
    })
    .await;
}

#[test]
fn every_refusal_has_a_name_and_a_sentence() {
    let cents = Cents(100);
    let mut refusals = vec![
        Refusal::TerminalRevoked,
        Refusal::IdReused { field: "lines" },
        Refusal::EventClosed,
        Refusal::UnknownMedium,
        Refusal::ForeignCode("this code leads elsewhere"),
        Refusal::SerialCannotPay,
        Refusal::TopUpCodeCannotPay,
        Refusal::InsufficientFunds { balance: cents, missing: cents },
        Refusal::UnknownCharge,
        Refusal::AmbiguousCharge,
        Refusal::TooLateToVoid,
        Refusal::ReasonTooLong,
        Refusal::WalletFull,
        Refusal::BatchTooLarge,
    ];
    refusals.extend(
        [Issued, Active, Frozen, Replaced, Revoked, Spoiled, Quarantined].map(Refusal::MediumNotActive),
    );
    let problems = [
        AmountProblem::OutOfBounds { min: cents, max: cents },
        AmountProblem::TooManyLines,
        AmountProblem::Product,
        AmountProblem::Quantity,
        AmountProblem::Sum,
        AmountProblem::OverChargeCap { max: cents },
        AmountProblem::OverWindowCap { left: cents },
    ];
    refusals.extend(problems.map(Refusal::InvalidAmount));
    for refusal in refusals {
        let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(refusal.name().chars().all(kebab), "{refusal:?}");
        assert!(refusal.sentence().len() > 10, "{refusal:?}");
    }
}
