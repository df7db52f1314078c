//! SIGTERM: what was accepted is answered, nothing is lost, and nobody holds the stop up.

use super::festival::Festival;
use super::harness::{Server, run};
use super::http::Lost;
use super::load::Load;
use crate::desk::{Desk, on_both_engines};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use uuid::Uuid;

const WRISTBANDS: usize = 20;
const TILLS: usize = 16;
const ACCEPTED_BEFORE: usize = 200;
/// How long a client may take to send the head of a request while nobody wants to stop.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);

#[test]
fn whatever_was_asked_before_a_stop_is_answered_and_nothing_is_lost() {
    on_both_engines(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, WRISTBANDS as u32, 8).await;
            festival.fund(WRISTBANDS, 2_200).await;
            let tills = festival.terminals.iter().cycle().take(TILLS).cloned().collect();
            let load = Load::start(&festival, tills);
            load.waits_for(ACCEPTED_BEFORE);
            let stopped = server.stopped();
            assert_eq!(stopped.code, 0, "{}", stopped.err);
            let mut told = load.loses_its_servers().await.and_before(WRISTBANDS, 2_200);
            assert_eq!(told.lost(), [Lost::NotSent; TILLS], "what was sent is answered");

            let server = Server::again(desk, &festival.url);
            told.is_true_at(&server).await;
            told.asks_again(&server, &festival.bands).await;
            festival.reconciles(&server).await;
            told.is_true_at(&server).await;
            told.is_in_the_books(&festival, &server).await;
            assert_eq!(server.stopped().code, 0);
        });
    });
}

#[test]
fn a_client_that_asks_just_after_a_stop_is_told_that_this_answer_is_the_last() {
    on_both_engines(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 1).await;
            let (till, band) = (&festival.terminals[0], &festival.bands[0]);
            festival.fund(1, 100_000).await;
            server.asks_to_stop();
            let mut last = 0;
            let lost = loop {
                match till.try_charges(Uuid::now_v7(), band, 1).await {
                    Ok(answer) => {
                        assert_eq!(answer.status, 201, "{}", answer.text());
                        last += usize::from(answer.headers.get("connection").is_some_and(|is| is == "close"));
                    }
                    Err(lost) => break lost,
                }
            };
            assert_eq!(lost, Lost::NotSent);
            assert!(last > 0, "no answer said that it was the last of its connection");
            assert_eq!(server.ended().code, 0);
        });
    });
}

#[test]
fn a_stop_does_not_wait_for_a_request_that_was_never_made() {
    on_both_engines(|desk| {
        let server = Server::start(desk);
        let nothing = sends(&server, "");
        let half = sends(&server, "POST /api/v1/charges HTTP/1.1\r\nHost: bar\r\nContent-Le");
        let one_and_a_half = sends(&server, "GET /healthz HTTP/1.1\r\nHost: bar\r\n\r\nGET /healthz HT");
        are_taken(&server);
        let took = stops(server);
        assert!(took < HEAD_TIME_MAX / 2, "the stop took {took:?}");
        assert_eq!(
            [nothing, half, one_and_a_half].map(|client| all(client).matches("HTTP/1.1 ").count()),
            [0, 0, 1]
        );
    });
}

#[test]
fn a_stop_waits_for_the_rest_of_a_request_no_longer_than_ever() {
    let desk = Desk::with_sqlite();
    let server = Server::start(&desk);
    let head = "POST /api/v1/terminals/enrol HTTP/1.1\r\nHost: bar\r\nContent-Type: application/json\r\n";
    let half = sends(&server, &format!("{head}Content-Length: 50\r\n\r\n{{\"code"));
    are_taken(&server);
    let took = stops(server);
    assert!(took < HEAD_TIME_MAX / 2, "the stop took {took:?}");
    let answer = all(half);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

/// Waits until what was sent before is in the server's hands: it takes connections in their order.
fn are_taken(server: &Server) {
    let next = sends(server, "GET /healthz HTTP/1.1\r\nHost: bar\r\nConnection: close\r\n\r\n");
    assert!(all(next).starts_with("HTTP/1.1 200 "));
}

/// How long the stop took.
#[track_caller]
fn stops(server: Server) -> Duration {
    let began = Instant::now();
    let stopped = server.stopped();
    assert_eq!(stopped.code, 0, "{}", stopped.err);
    began.elapsed()
}

fn sends(server: &Server, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// What came until the other side closed.
fn all(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset ends it as well.
    let _ = stream.read_to_end(&mut text);
    String::from_utf8(text).unwrap()
}
