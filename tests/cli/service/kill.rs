//! SIGKILL in the middle of everything: what was answered stays true, and what was not can be asked for again.

use super::festival::Festival;
use super::harness::{Server, run};
use super::load::Load;
use crate::desk::on_both_engines;
use serde_json::json;

const WRISTBANDS: usize = 20;
const TILLS: usize = 16;
const ACCEPTED_BEFORE: usize = 200;

#[test]
fn every_answer_given_before_a_kill_is_in_the_books_after_it() {
    on_both_engines(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, WRISTBANDS as u32, 8).await;
            festival.fund(WRISTBANDS, 2_200).await;
            let tills = festival.terminals.iter().cycle().take(TILLS).cloned().collect();
            let load = Load::start(&festival, tills);
            load.waits_for(ACCEPTED_BEFORE);
            server.killed();
            let mut told = load.loses_its_servers().await.and_before(WRISTBANDS, 2_200);
            assert_eq!(told.lost().len(), TILLS, "each till was at work");

            let server = Server::again(desk, &festival.url);
            told.is_true_at(&server).await;
            told.asks_again(&server, &festival.bands).await;
            let run = festival.reconciles(&server).await;
            assert_eq!(run["listed"], told.top_ups.len());
            assert_eq!((&run["parked"], &run["mismatched"]), (&json!(0), &json!(0)));
            told.is_true_at(&server).await;
            told.is_in_the_books(&festival, &server).await;
            assert_eq!(server.stopped().code, 0);
        });
    });
}
