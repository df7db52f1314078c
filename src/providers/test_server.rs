//! A small HTTP server on loopback for tests: answers as it is told and remembers what it was asked.

use super::ServiceUrl;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore};
use tokio::task::AbortHandle;

/// One answer.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A whole answer.
    Whole { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// 200, and a body without length or end, in pieces of 64 kB.
    Endless,
    /// 200, the first bytes of a body, and then nothing more.
    Stalled,
}

impl Reply {
    pub(crate) fn json(body: impl ToString) -> Reply {
        Reply::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl ToString) -> Reply {
        Reply::Whole { status, headers: vec![], body: body.to_string() }
    }
}

/// What it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

struct State {
    script: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<Asked>>,
    arrived: Notify,
    open: Semaphore,
}

/// The server. It stops with the test's runtime.
#[derive(Clone)]
pub(crate) struct TestServer {
    pub(crate) url: ServiceUrl,
    state: Arc<State>,
    serving: AbortHandle,
}

const WIDE_OPEN: usize = 1_000_000;

impl TestServer {
    /// Starts answering `reply`.
    pub(crate) async fn answering(reply: Reply) -> TestServer {
        let state = Arc::new(State {
            script: Mutex::new(VecDeque::from([reply])),
            asked: Mutex::default(),
            arrived: Notify::new(),
            open: Semaphore::new(WIDE_OPEN),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = ServiceUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let shared = Arc::clone(&state);
        let router = Router::new().fallback(move |request: Request| answer(Arc::clone(&shared), request));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        TestServer { url, state, serving }
    }

    /// From now on nobody listens. Connections that are kept open would go on: answer with `connection: close` before.
    pub(crate) async fn closes(&self) {
        self.serving.abort();
        while !self.serving.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    /// From now on answers these in turn, the last one for ever.
    pub(crate) fn answers(&self, replies: impl IntoIterator<Item = Reply>) {
        *self.state.script.lock().unwrap() = replies.into_iter().collect();
    }

    /// Everything it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }

    /// Lets requests arrive, but answers none until [`TestServer::let_go`].
    pub(crate) async fn hold(&self) {
        self.state.open.acquire_many(WIDE_OPEN as u32).await.unwrap().forget();
    }

    /// Answers what was held.
    pub(crate) fn let_go(&self) {
        self.state.open.add_permits(WIDE_OPEN);
    }

    /// Waits until a request has arrived.
    pub(crate) async fn arrival(&self) {
        self.state.arrived.notified().await;
    }
}

async fn answer(state: Arc<State>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let line = format!("{} {}", head.method, head.uri);
    state.asked.lock().unwrap().push(Asked { line, headers: head.headers, body });
    state.arrived.notify_one();
    let _passed = state.open.acquire().await.unwrap();
    let reply = {
        let mut script = state.script.lock().unwrap();
        if script.len() > 1 { script.pop_front().unwrap() } else { script[0].clone() }
    };
    match reply {
        Reply::Whole { status, headers, body } => {
            let mut response = (axum::http::StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Reply::Endless => {
            let piece = Bytes::from(vec![b' '; 64 * 1024]);
            Body::from_stream(stream::repeat(Ok::<_, Infallible>(piece))).into_response()
        }
        Reply::Stalled => {
            let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{"))]);
            Body::from_stream(first.chain(stream::pending())).into_response()
        }
    }
}
