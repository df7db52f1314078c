//! The disk under a running SQLite: full for a while, and gone from under it. Nothing is answered that was not committed,
//! and the service goes on by itself when it can.

use super::festival::Festival;
use super::harness::{Program, run};
use crate::desk::Desk;
use std::fs;
use std::process::Command;
use uuid::Uuid;

/// Largest file while the disk is full: less than the log of a few charges takes.
const FULL_BYTES: u64 = 64 * 1024;

/// A server that takes a write beyond its limit for a failure, as on a full disk, and not for its end.
fn with_a_disk_that_can_fill_up(desk: &Desk, url: &str) -> (Program, u32) {
    let address = url.strip_prefix("http://").unwrap();
    let serve = desk.command(&["serve", "--listen", address]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(serve.get_program()).args(serve.get_args());
    shell.current_dir(serve.get_current_dir().unwrap()).env_clear();
    shell.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut program = Program::start(shell);
    program.logs("serving");
    let id = program.id();
    (program, id)
}

fn limit_files(process: u32, bytes: &str) {
    let (process, size) = (format!("--pid={process}"), format!("--fsize={bytes}:unlimited"));
    let limited = Command::new("prlimit").args([process, size]).status();
    assert!(limited.expect("prlimit, of util-linux").success());
}

#[test]
fn a_disk_that_was_full_is_written_again_as_soon_as_there_is_room() {
    let desk = &Desk::with_sqlite();
    run(async {
        let (festival, server) = Festival::open(desk, 4, 1).await;
        festival.fund(4, 2_000).await;
        assert_eq!(server.stopped().code, 0);
        let (mut program, process) = with_a_disk_that_can_fill_up(desk, &festival.url);
        let till = &festival.terminals[0];
        let (mut sold, mut refused) = (0, None);
        limit_files(process, &FULL_BYTES.to_string());
        while refused.is_none() {
            let id = Uuid::now_v7();
            let answer = till.charges(id, &festival.bands[0], 1).await;
            match answer.status {
                201 => sold += 1,
                _ => {
                    assert_eq!(answer.headers["retry-after"], "1");
                    assert_eq!(answer.problem(503), "unavailable");
                    refused = Some(id);
                }
            }
        }
        program.logs("the lane can't commit");
        assert_eq!(till.looks_up(&festival.bands[0]).await, 2_000 - sold, "reading goes on");
        let id = refused.unwrap();
        while till.gets("/readyz").await.status != 503 {
            till.charges(id, &festival.bands[0], 1).await.problem(503);
        }
        limit_files(process, "unlimited");
        till.charges(id, &festival.bands[0], 1).await.of_status(201);
        program.logs("the lane commits again");
        assert_eq!(till.looks_up(&festival.bands[0]).await, 2_000 - sold - 1);
        assert_eq!(festival.moved(&festival.operator, "charge").await, (sold + 1, sold + 1));
        assert_eq!(program.stopped().code, 0);
        festival.audits();
    });
}

#[test]
fn a_database_that_is_moved_away_takes_no_charge_until_it_is_back() {
    let desk = &Desk::with_sqlite();
    run(async {
        let (festival, mut server) = Festival::open(desk, 2, 1).await;
        festival.fund(2, 2_000).await;
        let (till, id) = (&festival.terminals[0], Uuid::now_v7());
        let (file, away) = (desk.path("polsband-data/polsband.db"), desk.path("polsband-data/away.db"));
        fs::rename(&file, &away).unwrap();
        assert_eq!(till.charges(id, &festival.bands[0], 100).await.problem(503), "unavailable");
        let failure = server.program().logs("the lane can't commit")["failure"].to_string();
        assert!(failure.contains("moved, deleted or replaced"), "{failure}");
        fs::write(&file, "another").unwrap();
        assert_eq!(till.charges(id, &festival.bands[0], 100).await.problem(503), "unavailable");
        assert_eq!(till.gets("/readyz").await.status, 503);
        fs::rename(&away, &file).unwrap();
        till.charges(id, &festival.bands[0], 100).await.of_status(201);
        assert_eq!(server.stopped().code, 0);
        festival.audits();
    });
}

#[test]
fn a_log_that_nobody_takes_any_more_keeps_nobody_from_selling() {
    let desk = &Desk::with_sqlite();
    run(async {
        let (festival, server) = Festival::open(desk, 2, 1).await;
        festival.fund(2, 2_000).await;
        assert_eq!(server.stopped().code, 0);
        let address = festival.url.strip_prefix("http://").unwrap();
        let mut serve = desk.command(&["serve", "--listen", address]);
        serve.env("POLSBAND_LOG", "debug").stderr(fs::File::options().write(true).open("/dev/full").unwrap());
        let mut server = serve.spawn().unwrap();
        let till = festival.terminals[0].clone();
        while till.try_charges(Uuid::now_v7(), &festival.bands[0], 1).await.is_err() {}
        till.charges(Uuid::now_v7(), &festival.bands[0], 1).await.of_status(201);
        server.kill().unwrap();
        server.wait().unwrap();
        festival.audits();
    });
}
