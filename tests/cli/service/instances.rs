//! Two processes and four on one database, at the same wallets at the same time: several instances on PostgreSQL; on SQLite a
//! service that is started while another one runs, by mistake or in the moment of a restart.

use super::festival::{Caller, Festival};
use super::harness::{Server, run};
use super::http::{Answer, Lost};
use super::load::{Load, Told};
use crate::desk::{on_both_engines, on_postgres};
use futures_util::future::join_all;
use uuid::Uuid;

const WRISTBANDS: usize = 6;
const TILLS_EACH: usize = 6;
const ACCEPTED: usize = 150;
/// So few wristbands, all charged at two bars, that every batch of every process meets the same ones.
const HOT: usize = 3;

#[test]
fn two_instances_charge_the_same_wallets_and_no_cent_is_spent_twice() {
    on_both_engines(|desk| {
        run(async {
            let (festival, first) = Festival::open(desk, WRISTBANDS as u32, 6).await;
            let second = festival.another_server();
            festival.fund(WRISTBANDS, 8_000).await;
            let load = Load::start(&festival, tills(&festival, &[&first, &second]));
            load.waits_for(ACCEPTED);
            let told = load.ends().await.and_before(WRISTBANDS, 8_000);
            assert_eq!(told.lost(), []);
            // What one of them answered, the other knows.
            for server in [&first, &second] {
                told.is_true_at(server).await;
            }
            settled(&festival, &second, &told).await;
        });
    });
}

#[test]
fn the_last_cents_are_spent_once_whichever_instance_is_asked() {
    on_both_engines(|desk| {
        run(async {
            let (festival, first) = Festival::open(desk, WRISTBANDS as u32, 4).await;
            let second = festival.another_server();
            festival.fund(WRISTBANDS, 500).await;
            let tills = tills(&festival, &[&first, &second]);
            for band in festival.bands.iter() {
                let rivals = tills.iter().map(|till| till.charges(Uuid::now_v7(), band, 300));
                let answers = join_all(rivals).await;
                assert_eq!(count(&answers, 201), 1);
                assert_eq!(count(&answers, 402), tills.len() - 1);
                for till in &tills {
                    assert_eq!(till.looks_up(band).await, 200);
                }
            }
            festival.audits();
        });
    });
}

#[test]
fn one_charge_sent_to_both_instances_at_once_happens_once() {
    on_both_engines(|desk| {
        run(async {
            let (festival, first) = Festival::open(desk, WRISTBANDS as u32, 4).await;
            let second = festival.another_server();
            festival.fund(WRISTBANDS, 5_000).await;
            for round in 0..12 {
                let (till, band) = (&festival.terminals[round % 4], &festival.bands[round % WRISTBANDS]);
                let (here, there, id) = (till.at(&first), till.at(&second), Uuid::now_v7());
                let sent = (0..4).map(|n| if n % 2 == 0 { &here } else { &there }.charges(id, band, 250));
                let answers = join_all(sent).await;
                assert_eq!(count(&answers, 201), 1, "one of them charged");
                assert_eq!(count(&answers, 200), 3, "and the others knew");
                assert!(answers.iter().all(|answer| answer.json() == answers[0].json()));

                let other = there.charges(id, band, 251).await;
                assert_eq!(other.problem(409), "id-reused");
                if round % 3 == 0 {
                    let (one, two) = tokio::join!(here.try_voids(id), there.try_voids(id));
                    assert_eq!(one.unwrap().of_status(200), two.unwrap().of_status(200));
                }
            }
            assert_eq!(festival.moved(&festival.operator, "charge").await, (12, 12 * 250));
            assert_eq!(festival.moved(&festival.operator, "void").await, (4, 4 * 250));
            festival.audits();
        });
    });
}

#[test]
fn callbacks_of_one_payment_at_both_instances_at_once_settle_it_once() {
    on_both_engines(|desk| {
        run(async {
            let (festival, first) = Festival::open(desk, WRISTBANDS as u32, 1).await;
            let second = festival.another_server();
            for band in festival.bands.iter() {
                let callback = festival.bank.signs(band, 2_000).await;
                let sent = (0..6).map(|n| {
                    let server = if n % 2 == 0 { &first } else { &second };
                    festival.calls_back(server, &callback)
                });
                assert!(join_all(sent).await.iter().all(|answer| answer.status == 200));
            }
            for server in [&first, &second] {
                let operator = festival.operator.at(server);
                let paid = i64::try_from(WRISTBANDS).unwrap();
                assert_eq!(festival.moved(&operator, "top-up").await, (paid, paid * 2_000));
                for band in festival.bands.iter() {
                    assert_eq!(operator.looks_up(band).await, 2_000);
                }
            }
            festival.audits();
        });
    });
}

#[test]
fn one_instance_is_killed_and_the_other_goes_on() {
    on_both_engines(|desk| {
        run(async {
            let (festival, first) = Festival::open(desk, WRISTBANDS as u32, 6).await;
            let second = festival.another_server();
            festival.fund(WRISTBANDS, 8_000).await;
            let load = Load::start(&festival, tills(&festival, &[&first]));
            let survivors = Load::of_tills(&festival, tills(&festival, &[&second]));
            load.waits_for(ACCEPTED / 2);
            survivors.waits_for(ACCEPTED / 4);
            second.killed();
            let mut told = survivors.loses_its_servers().await;
            assert_eq!(told.lost().len(), TILLS_EACH);
            // The other one answers on, those whose answers were lost as well.
            let before = load.accepted();
            told.asks_again(&first, &festival.bands).await;
            load.waits_for(before + ACCEPTED / 4);
            let told = told.and(load.ends().await).and_before(WRISTBANDS, 8_000);
            assert_eq!(told.lost(), Vec::<Lost>::new());
            told.is_true_at(&first).await;
            settled(&festival, &first, &told).await;
        });
    });
}

#[test]
fn one_of_four_instances_is_killed_and_every_charge_is_made_once_wherever_it_is_sent_again() {
    on_postgres(|desk| {
        run(async {
            let (festival, first) = Festival::open(desk, HOT as u32, 6).await;
            let [second, third, doomed] = [(); 3].map(|()| festival.another_server());
            festival.fund(HOT, 40_000).await;
            let repeating = |server: &Server, next: &Server| {
                tills(&festival, &[server]).into_iter().zip(tills(&festival, &[next])).collect::<Vec<_>>()
            };
            let pairs = [(&first, &second), (&second, &third), (&third, &doomed)];
            let pairs = pairs.into_iter().flat_map(|(server, next)| repeating(server, next)).collect();
            let load = Load::of_tills_that_repeat(&festival, pairs).with_a_payer(&festival);
            let at_doomed = Load::of_tills_that_repeat(&festival, repeating(&doomed, &first));
            load.waits_for(ACCEPTED / 2);
            at_doomed.waits_for(ACCEPTED / 6);
            doomed.killed();
            let mut told = at_doomed.loses_its_servers().await;
            assert_eq!(told.lost().len(), TILLS_EACH);
            let before = load.accepted();
            told.asks_again(&first, &festival.bands).await;
            load.waits_for(before + ACCEPTED / 2);
            let told = told.and(load.ends().await).and_before(HOT, 40_000);
            assert_eq!(told.lost(), []);
            for server in [&first, &second, &third] {
                told.is_true_at(server).await;
            }
            settled(&festival, &second, &told).await;
        });
    });
}

fn tills(festival: &Festival<'_>, servers: &[&Server]) -> Vec<Caller> {
    let each = |server: &&Server| {
        let tills = festival.terminals.iter().cycle().take(TILLS_EACH);
        tills.map(|till| till.at(server)).collect::<Vec<_>>()
    };
    servers.iter().flat_map(each).collect()
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

/// Payments whose callbacks were lost are found; then the books hold what clients were told.
async fn settled(festival: &Festival<'_>, server: &Server, told: &Told) {
    festival.reconciles(server).await;
    told.is_in_the_books(festival, server).await;
}
