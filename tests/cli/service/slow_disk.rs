//! A disk that takes its time, or hangs: what waits together is committed together, what is too much is told so at once,
//! and looking at a balance waits for none of it.
//!
//! On SQLite each sync of the service takes longer (`tests/support/slow_disk.c`, loaded before the system's own); on PostgreSQL
//! each commit reaches the server late, which from here is the same.

use super::festival::{Caller, Festival};
use super::harness::{PATIENCE, Server, run, wait_for};
use super::load::Load;
use crate::desk::{Codes, Desk, on_both_engines};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;
use uuid::Uuid;

const SLOW_DISK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/slow_disk.c");
/// How often it is looked whether the disk was told to be quicker.
const STEP: Duration = Duration::from_millis(10);
/// What a poor disk takes for a sync.
const SLOW: Duration = Duration::from_millis(100);
/// So slow that this machine asks for more than the disk takes; twice this is no reason to give a batch up.
const TOO_SLOW: Duration = Duration::from_millis(1_500);
const HANGS: Duration = Duration::from_secs(3_600);
/// Money on each wristband.
const FUNDS: i64 = 40_000;

const TILLS: usize = 32;
const ACCEPTED: usize = 300;
/// Together with [`SELLERS`] more than the 4,096 that wait and the 500 of a batch; no more than wait of stored sales.
const FLUSHERS: usize = 4;
const STORED: usize = 500;
const SELLERS: usize = 3_000;

#[test]
fn on_a_slow_disk_who_waits_together_is_served_together_and_nobody_waits_to_look() {
    on_both_engines(|desk| {
        run(async {
            let (festival, disk, server) = opens(desk, 8, 8).await;
            disk.syncs_take(SLOW);
            let before = Lane::of(&festival.operator).await;
            let tills = festival.terminals.iter().cycle().take(TILLS).cloned().collect();
            let (load, began, mut looks) = (Load::of_tills(&festival, tills), Instant::now(), Vec::new());
            while load.accepted() < ACCEPTED {
                assert!(began.elapsed() < PATIENCE, "{} charges were accepted", load.accepted());
                let asked = Instant::now();
                festival.terminals[0].looks_up(&festival.bands[0]).await;
                looks.push(asked.elapsed());
            }
            let told = load.ends().await.and_before(8, FUNDS);
            let after = Lane::of(&festival.operator).await;
            let (requests, batches) = (after.requests - before.requests, after.batches - before.batches);
            assert!(after.committing - before.committing >= SLOW * batches, "the disk was slow");
            assert!(requests >= 8 * batches, "{requests} requests in {batches} batches");
            looks.sort();
            assert!(looks[looks.len() / 2] < SLOW, "looking took {looks:?}");
            told.is_true_at(&server).await;
            told.is_in_the_books(&festival, &server).await;
            assert_eq!(server.stopped().code, 0);
        });
    });
}

#[test]
fn what_a_slow_disk_can_not_take_is_told_at_once_to_come_again() {
    let desk = &Desk::with_sqlite();
    with_many_files();
    run(async {
        let (festival, disk, mut server) = opens(desk, 4, 8).await;
        disk.syncs_take(TOO_SLOW);
        let (rush, mut clients) = (Arc::new(Rush::default()), JoinSet::new());
        let tills = || festival.terminals.iter().cycle().cloned();
        for till in tills().take(FLUSHERS) {
            clients.spawn(flushes(till, Arc::clone(&festival.bands), Arc::clone(&rush)));
        }
        for till in tills().take(SELLERS) {
            clients.spawn(sells(till, Arc::clone(&festival.bands), Arc::clone(&rush)));
        }
        wait_for("a full queue", || rush.is_over().then_some(()));
        let asked = Instant::now();
        festival.terminals[0].looks_up(&festival.bands[0]).await;
        assert!(asked.elapsed() < TOO_SLOW, "looking took {:?}", asked.elapsed());
        disk.syncs_take(Duration::ZERO);
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        let refusals = server.program().logs("the lane refuses requests: they are told to come again");
        assert_eq!(refusals["why"], "full");
        let soonest = rush.refused.lock().unwrap().iter().min().copied();
        assert!(soonest.unwrap() < TOO_SLOW, "who was refused waited {soonest:?} at least");
        let sold = rush.sold.load(Ordering::SeqCst);
        assert_eq!(festival.moved(&festival.operator, "charge").await, (sold, sold));
        assert_eq!(server.stopped().code, 0);
        festival.audits();
    });
}

#[test]
fn a_disk_that_hangs_keeps_nobody_waiting_and_what_was_begun_is_done_when_it_goes_on() {
    on_both_engines(|desk| {
        run(async {
            let (festival, disk, mut server) = opens(desk, 1, 1).await;
            let (till, band) = (&festival.terminals[0], &festival.bands[0]);
            let before = Lane::of(till).await;
            disk.syncs_take(HANGS);
            let (seller, bands, first) = (till.clone(), Arc::clone(&festival.bands), Uuid::now_v7());
            let begun = tokio::spawn(async move { seller.charges(first, &bands[0], 100).await });
            let began = Instant::now();
            while Lane::of(till).await.batches == before.batches {
                assert!(began.elapsed() < PATIENCE, "no batch begins");
            }
            let id = Uuid::now_v7();
            // The first waits until the batch takes too long; the second is told at once.
            for _ in 0..2 {
                let refused = till.charges(id, band, 100).await;
                assert_eq!(refused.headers["retry-after"], "1");
                assert_eq!(refused.problem(503), "unavailable");
            }
            assert_eq!(till.gets("/readyz").await.status, 503);
            assert_eq!(till.looks_up(band).await, FUNDS);
            let refusals = server.program().logs("the lane refuses requests: they are told to come again");
            assert_eq!(refusals["why"], "stuck");
            disk.syncs_take(Duration::ZERO);
            // Who waited for it heard of its end, or was told to ask again.
            let heard = begun.await.unwrap();
            assert!([201, 503].contains(&heard.status), "{heard:?}");
            for id in [first, id] {
                let began = Instant::now();
                loop {
                    let answer = till.charges(id, band, 100).await;
                    if [200, 201].contains(&answer.status) {
                        break;
                    }
                    assert!(began.elapsed() < PATIENCE, "{answer:?}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            assert_eq!(till.looks_up(band).await, FUNDS - 200);
            assert_eq!(festival.moved(&festival.operator, "charge").await, (2, 200));
            assert_eq!(server.stopped().code, 0);
            festival.audits();
        });
    });
}

/// A festival with money on its wristbands, on a disk that is quick until it is told otherwise.
async fn opens(desk: &Desk, bands: usize, terminals: usize) -> (Festival<'_>, Disk, Server) {
    let (festival, server) = Festival::open(desk, bands as u32, terminals).await;
    festival.fund(bands, FUNDS).await;
    assert_eq!(server.stopped().code, 0);
    let disk = Disk { told: desk.path("sync_ms") };
    disk.syncs_take(Duration::ZERO);
    let server = disk.serves(desk, &festival.url).await;
    // By now the lane has its row, and the server knows the terminals.
    assert_eq!(festival.operator.gets("/readyz").await.status, 200);
    for till in &festival.terminals {
        till.looks_up(&festival.bands[0]).await;
    }
    (festival, disk, server)
}

/// A disk, and the file that tells it in milliseconds how slow it is.
struct Disk {
    told: PathBuf,
}

impl Disk {
    fn syncs_take(&self, time: Duration) {
        fs::write(&self.told, time.as_millis().to_string()).unwrap();
    }

    /// A server at this address whose database is on it.
    async fn serves(&self, desk: &Desk, url: &str) -> Server {
        let address = url.strip_prefix("http://").unwrap();
        let database = desk.database_url();
        if database.starts_with("postgres:") {
            let through = lay_wire(&database, self.told.clone()).await;
            return Server::with(desk, address, &[("DATABASE_URL", &through)]);
        }
        let library = desk.path("slow_disk.so");
        let made = Command::new("cc").args(["-shared", "-fPIC", SLOW_DISK, "-o"]).arg(&library).status();
        assert!(made.expect("cc, a C compiler").success());
        let (library, told) = (library.to_str().unwrap(), self.told.to_str().unwrap());
        Server::with(desk, address, &[("LD_PRELOAD", library), ("SLOW_DISK", told)])
    }
}

/// A wire to the PostgreSQL server of `url` on which a commit waits for the disk; the address at its other end.
async fn lay_wire(url: &str, told: PathBuf) -> String {
    let mut url = Url::parse(url).unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
    url.set_query(Some("sslmode=disable"));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(carry(client, server, told.clone()));
        }
    });
    url.to_string()
}

async fn carry(client: TcpStream, server: TcpStream, told: PathBuf) {
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut asked = vec![0; 65_536];
    while let Ok(bytes @ 1..) = from_client.read(&mut asked).await {
        if asked[..bytes].windows(7).any(|word| word == b"COMMIT\0") {
            syncs(&told).await;
        }
        if to_server.write_all(&asked[..bytes]).await.is_err() {
            return;
        }
    }
}

/// What `slow_disk.c` does.
async fn syncs(told: &Path) {
    let takes = || fs::read_to_string(told).ok().and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
    let began = Instant::now();
    while takes().is_some_and(|takes| began.elapsed() < takes) {
        tokio::time::sleep(STEP).await;
    }
}

/// What the lane counted so far.
struct Lane {
    requests: u32,
    batches: u32,
    committing: Duration,
}

impl Lane {
    async fn of(caller: &Caller) -> Lane {
        let text = caller.gets("/metrics").await.text();
        let value = |name: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            found.map_or(0.0, |value| value.parse::<f64>().unwrap())
        };
        Lane {
            requests: value("polsband_lane_batch_requests_sum") as u32,
            batches: value("polsband_lane_batch_requests_count") as u32,
            committing: Duration::from_secs_f64(value("polsband_lane_commit_seconds_sum")),
        }
    }
}

/// Clients who sell for a cent, again and again until somebody is refused.
#[derive(Default)]
struct Rush {
    sold: AtomicI64,
    /// How long those waited who were refused.
    refused: Mutex<Vec<Duration>>,
}

impl Rush {
    fn is_over(&self) -> bool {
        !self.refused.lock().unwrap().is_empty()
    }
}

async fn sells(till: Caller, bands: Arc<Vec<Codes>>, rush: Arc<Rush>) {
    for band in bands.iter().cycle() {
        let asked = Instant::now();
        let answer = till.charges(Uuid::now_v7(), band, 1).await;
        if answer.status == 201 {
            rush.sold.fetch_add(1, Ordering::SeqCst);
        } else {
            assert_eq!(answer.headers["retry-after"], "1");
            assert_eq!(answer.problem(503), "overloaded");
            rush.refused.lock().unwrap().push(asked.elapsed());
        }
        if rush.is_over() {
            return;
        }
    }
}

/// Sends stored sales, of which those that meet a full queue are refused each by itself.
async fn flushes(till: Caller, bands: Arc<Vec<Codes>>, rush: Arc<Rush>) {
    while !rush.is_over() {
        let stored = bands.iter().cycle().take(STORED);
        let sale = |band: &Codes| json!({"id": Uuid::now_v7(), "code": band.pay_code, "amount_cents": 1});
        let charges: Vec<_> = stored.map(sale).collect();
        let answer = till.posts("/api/v1/charges/batch", &json!({"charges": charges})).await.of_status(200);
        for result in answer["results"].as_array().unwrap() {
            match result["http_status"].as_u64() {
                Some(201) => {
                    rush.sold.fetch_add(1, Ordering::SeqCst);
                }
                status => assert_eq!(status, Some(503), "{result}"),
            }
        }
    }
}

/// As many as the system lets this process open.
fn with_many_files() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}
