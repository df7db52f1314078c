//! SIGTERM: what was accepted is answered, nothing is lost, and nobody holds the stop up.

use super::festival::Festival;
use super::harness::{Server, run};
use super::http::Lost;
use super::load::Load;
use crate::desk::on_both_engines;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const WRISTBANDS: usize = 20;
const TILLS: usize = 16;
const ACCEPTED_BEFORE: usize = 200;
/// A client that never ends its body is waited for as long as for any other.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// Half of what a head may take, so that waiting for one would be noticed.
const STOP_TIME_MAX: Duration = Duration::from_secs(15);

#[test]
fn whatever_was_asked_before_a_stop_is_answered_and_nothing_is_lost() {
    on_both_engines(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, WRISTBANDS as u32, 8).await;
            festival.fund(WRISTBANDS, 3_000).await;
            let tills = festival.terminals.iter().cycle().take(TILLS).cloned().collect();
            let load = Load::start(&festival, tills);
            load.waits_for(ACCEPTED_BEFORE);
            let stopped = server.stopped();
            assert_eq!(stopped.code, 0, "{}", stopped.err);
            let mut told = load.loses_its_servers().await.and_before(WRISTBANDS, 3_000);
            assert_eq!(told.lost(), [Lost::NotSent; TILLS], "what was sent is answered");

            let server = Server::again(desk, &festival.url);
            told.is_true_at(&server).await;
            told.asks_again(&server, &festival.bands).await;
            festival.operator.posts("/api/v1/events/summer/reconcile", &json!({})).await.of_status(200);
            told.is_true_at(&server).await;
            told.is_in_the_books(&festival, &server).await;
            assert_eq!(server.stopped().code, 0);
        });
    });
}

#[test]
fn a_stop_does_not_wait_for_a_request_that_never_comes_whole() {
    on_both_engines(|desk| {
        let server = Server::start(desk);
        let mut halves = [
            "",
            "POST /api/v1/charges HTTP/1.1\r\nHost: bar\r\nContent-Le",
            "GET /healthz HTTP/1.1\r\nHost: bar\r\n\r\nGET /healthz HT",
        ]
        .map(|half| sends(&server, half));
        let mut body = sends(&server, "POST /api/v1/terminals/enrol HTTP/1.1\r\nHost: bar\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"code");
        // An answer on a connection of its own: what was sent before it has been taken.
        let mut whole = sends(&server, "GET /healthz HTTP/1.1\r\nHost: bar\r\nConnection: close\r\n\r\n");
        assert!(all(&mut whole).starts_with("HTTP/1.1 200 "));

        let began = Instant::now();
        let stopped = server.stopped();
        let took = began.elapsed();
        assert_eq!(stopped.code, 0, "{}", stopped.err);
        assert!(took < STOP_TIME_MAX, "the stop took {took:?}");
        assert_eq!(halves.each_mut().map(|half| all(half).matches("HTTP/1.1 ").count()), [0, 0, 1]);
        let refused = all(&mut body);
        assert!(refused.starts_with("HTTP/1.1 408 ") && took > BODY_TIME_MAX / 2, "{refused}");
    });
}

fn sends(server: &Server, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// What came until the other side closed.
fn all(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset ends it as well.
    let _ = stream.read_to_end(&mut text);
    String::from_utf8(text).unwrap()
}
