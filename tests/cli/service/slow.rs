//! Whoever comes in a rush, and whoever sends a byte at a time: neither is a failure of the service.

use super::harness::{PATIENCE, Server};
use crate::desk::Desk;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

/// More than systems keep waiting where a program doesn't ask for it, and fewer than the files a test may have open.
const RUSH: usize = 600;

#[test]
fn a_rush_is_connected_at_once_while_nobody_is_accepted() {
    let desk = Desk::with_sqlite();
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        if listen.starts_with('[') && std::net::TcpListener::bind(listen).is_err() {
            continue;
        }
        let mut server = Server::with(&desk, listen, &[]);
        let address: SocketAddr = server.address().parse().unwrap();
        server.program().pauses();
        let mut rush: Vec<TcpStream> =
            (0..rush()).map(|_| TcpStream::connect_timeout(&address, PATIENCE).unwrap()).collect();
        server.program().goes_on();
        for client in rush.iter_mut().rev().take(10) {
            client.write_all(b"GET /healthz HTTP/1.1\r\nHost: bar\r\nConnection: close\r\n\r\n").unwrap();
            let answer = all(client);
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        drop(rush);
        assert_eq!(server.stopped().code, 0);
    }
}

/// As many as this system keeps waiting at all.
fn rush() -> usize {
    let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
    most.ok().and_then(|most| most.trim().parse().ok()).map_or(RUSH, |most: usize| most.min(RUSH))
}

#[test]
fn a_form_at_a_byte_a_second_is_told_so_in_time_and_troubles_nobody() {
    let desk = Desk::with_sqlite();
    let server = Server::start(&desk);
    let form = "Accept: text/html\r\nAccept-Language: fr\r\nContent-Type: application/x-www-form-urlencoded";
    let slow = [
        ("/console/sign-in", form, "Open the page again"),
        ("/t/E98Y1AD8J3EWCF0", form, "mis trop de temps"),
        ("/api/v1/terminals/enrol", "Content-Type: application/json", "request-timeout"),
    ];
    let address = server.address().to_owned();
    thread::scope(|scope| {
        for (path, headers, words) in slow {
            let address = &address;
            scope.spawn(move || {
                let answer = dribbles(address, &format!("POST {path} HTTP/1.1\r\nHost: bar\r\n{headers}"));
                assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains(words), "{path}: {answer}");
            });
        }
    });
    let stopped = server.stopped();
    assert_eq!(stopped.code, 0);
    assert!(!stopped.err.contains("a request can't be answered"), "{}", stopped.err);
}

/// Sends a body a byte each second until it is answered.
fn dribbles(address: &str, head: &str) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(format!("{head}\r\nContent-Length: 1000\r\n\r\n").as_bytes()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let mut first = [0; 1];
    for _ in 0..PATIENCE.as_secs() {
        // Nobody reads it any more once it is answered.
        let _ = client.write_all(b"a");
        if client.read_exact(&mut first).is_ok() {
            return format!("{}{}", char::from(first[0]), all(&mut client));
        }
    }
    "no answer".to_owned()
}

/// What came until the other side closed.
fn all(client: &mut TcpStream) -> String {
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text = Vec::new();
    // A reset ends it as well.
    let _ = client.read_to_end(&mut text);
    String::from_utf8(text).unwrap()
}
