//! Listeners of their own for pages, and connections that end well.

use super::House;
use crate::db::testing::on_both_engines;
use crate::web::crowd::Crowd;
use crate::web::serve::{Bounds, serve_within};
use crate::web::{Listening, Surface, router, serve};
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Sends raw bytes and reads until the other side closes.
async fn talk(address: SocketAddr, bytes: &'static [u8]) -> String {
    let talking = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    talking.await.unwrap()
}

#[tokio::test]
async fn pages_with_a_listener_of_their_own_are_served_nowhere_else() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let surfaces = [
            (Surface { machines: true, console: false, visitors: false }, "/api/v1/openapi.json"),
            (Surface { machines: false, console: true, visitors: false }, "/console/sign-in"),
            (Surface { machines: false, console: false, visitors: true }, "/w"),
        ];
        for (surface, own) in surfaces {
            let router = router(house.app.clone(), surface);
            let anyone = super::Anonymous { router: &router, peer: "203.0.113.7:1".parse().unwrap() };
            for (_, path) in surfaces {
                let served = anyone.gets(path).await.status.as_u16();
                assert_eq!(served, if path == own { 200 } else { 404 }, "{path} by {surface:?}");
            }
            anyone.gets("/healthz").await.is(200);
        }
    })
    .await;
}

#[tokio::test]
async fn a_stop_answers_what_was_accepted_and_then_ends() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let listening = vec![Listening { listener, router: house.router.clone() }];
        let (app, stopping) = (house.app.clone(), stop.clone());
        let serving = tokio::spawn(async move { serve(&app, listening, stopping).await });
        let answer = talk(address, b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("x-request-id"), "{answer}");
        let odd = talk(address, b"\xff\xfe nonsense\r\n\r\n").await;
        assert!(odd.starts_with("HTTP/1.1 400"), "{odd}");
        let (idle, is_idle) = tokio::sync::oneshot::channel();
        let keeping = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
            let mut answer = [0; 4_096];
            let bytes = stream.read(&mut answer).unwrap();
            idle.send(()).unwrap();
            let rest = stream.read(&mut [0; 1]).unwrap();
            (String::from_utf8_lossy(&answer[..bytes]).into_owned(), rest)
        });
        is_idle.await.unwrap();
        stop.cancel();
        let (answer, rest) = keeping.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(rest, 0, "an idle connection is closed at the stop");
        serving.await.unwrap();
        assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_larger_than_allowed_is_answered_to_whoever_sends_first_and_reads_later() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let listening = vec![Listening { listener, router: house.router.clone() }];
        let (app, stopping) = (house.app.clone(), stop.clone());
        let serving = tokio::spawn(async move { serve(&app, listening, stopping).await });
        let head = "POST /callbacks/bancontact/pukkelfest HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                    connection: close\r\ncontent-length: 3000000\r\n\r\n";
        let bytes: &'static [u8] = Box::leak([head.as_bytes(), &vec![b' '; 3_000_000]].concat().into_boxed_slice());
        let answer = talk(address, bytes).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        stop.cancel();
        serving.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_crowd_on_one_listener_leaves_the_others_alone() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let mut listening = Vec::new();
        for _ in 0..2 {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listening.push(Listening { listener, router: house.router.clone() });
        }
        let [crowded, bars] = [0, 1].map(|index: usize| listening[index].listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let (app, stopping) = (house.app.clone(), stop.clone());
        let bounds = Bounds::of(1);
        let serving =
            tokio::spawn(
                async move { serve_within(bounds, Crowd::default, &app, listening, stopping).await },
            );
        let crowd: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(crowded).unwrap()).collect();
        let answer = talk(bars, b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        drop(crowd);
        stop.cancel();
        serving.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn strangers_who_say_nothing_keep_no_till_away_and_a_till_keeps_its_connection() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let listening = vec![Listening { listener, router: house.router.clone() }];
        let (app, stopping) = (house.app.clone(), stop.clone());
        // Whose moment is over at once: this machine may be slow.
        let crowd = || Crowd::with_moment(Duration::ZERO);
        let bounds = Bounds::of(3);
        let serving =
            tokio::spawn(async move { serve_within(bounds, crowd, &app, listening, stopping).await });
        let asks = |mut till: TcpStream| {
            tokio::task::spawn_blocking(move || {
                till.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                till.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
                let mut answer = [0; 4_096];
                let bytes = till.read(&mut answer).unwrap();
                assert!(answer[..bytes].starts_with(b"HTTP/1.1 200"));
                till
            })
        };
        let till = asks(TcpStream::connect(address).unwrap()).await.unwrap();
        let mut strangers: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
        let late = asks(TcpStream::connect(address).unwrap()).await.unwrap();
        asks(till).await.unwrap();
        asks(late).await.unwrap();
        let left = tokio::task::spawn_blocking(move || {
            strangers[0].set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            strangers[0].read(&mut [0; 1])
        });
        assert!(matches!(left.await.unwrap(), Ok(0) | Err(_)), "who came first and said nothing has left");
        stop.cancel();
        serving.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_of_its_answer_is_cut_off() {
    // More than the system keeps between the two.
    const LARGE_BYTES: usize = 64 << 20;
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let large = Bytes::from(vec![b'x'; LARGE_BYTES]);
        let listening =
            vec![Listening { listener, router: Router::new().route("/", get(async move || large)) }];
        let stop = CancellationToken::new();
        let (app, stopping) = (house.app.clone(), stop.clone());
        let bounds = Bounds { read_time_max: Duration::from_millis(100), ..Bounds::of(8) };
        let serving =
            tokio::spawn(
                async move { serve_within(bounds, Crowd::default, &app, listening, stopping).await },
            );
        let stopped_reading = tokio::task::spawn_blocking(move || {
            let mut client = TcpStream::connect(address).unwrap();
            client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
            client.read_exact(&mut [0; 1]).unwrap();
            client
        });
        let mut client = stopped_reading.await.unwrap();
        stop.cancel();
        // A stop waits for every answer that was begun, as long as its client reads.
        let ended = tokio::time::timeout(Duration::from_secs(20), serving).await;
        ended.expect("it waits for a client that reads nothing").unwrap();
        let reading = tokio::task::spawn_blocking(move || {
            let mut rest = Vec::new();
            let _ = client.read_to_end(&mut rest);
            rest.len()
        });
        assert!(reading.await.unwrap() < LARGE_BYTES, "all of the answer came");
    })
    .await;
}
