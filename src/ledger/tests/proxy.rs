//! A wire between us and PostgreSQL that can be cut at a chosen moment.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

const WHOLE: u8 = 0;
const BEFORE_COMMIT: u8 = 1;
const AFTER_COMMIT: u8 = 2;
const SWALLOWS: u8 = 3;

/// The wire; armed, it breaks once.
#[derive(Clone)]
pub(super) struct Wire {
    cut: Arc<AtomicU8>,
    cuts: Arc<AtomicU8>,
    listening: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Wire {
    /// Lays a wire to the server of `url`; answers it with the address at its other end.
    pub(super) async fn lay(url: &str) -> (Wire, String) {
        let mut url = Url::parse(url).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        url.set_query(Some("sslmode=disable"));
        let cut = Arc::new(AtomicU8::new(WHOLE));
        let wire = Wire { cut, cuts: Arc::default(), listening: Arc::default() };
        let laid = wire.clone();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(laid.clone().carry(client, server));
            }
        });
        *wire.listening.lock().unwrap() = Some(listening);
        (wire, url.to_string())
    }

    /// Refuses whoever connects from now on.
    pub(super) async fn refuses(&self) {
        let listening = self.listening.lock().unwrap().take().unwrap();
        listening.abort();
        assert!(listening.await.unwrap_err().is_cancelled());
    }

    /// Breaks before the next COMMIT reaches the server: it never happens.
    pub(super) fn cut_before_commit(&self) {
        self.cut.store(BEFORE_COMMIT, Ordering::SeqCst);
    }

    /// Breaks after the server has committed, before we hear of it.
    pub(super) fn cut_after_commit(&self) {
        self.cut.store(AFTER_COMMIT, Ordering::SeqCst);
    }

    /// From now on swallows whatever either side says. The client is never told.
    pub(super) fn swallows(&self) {
        self.cut.store(SWALLOWS, Ordering::SeqCst);
    }

    /// Whole again for whoever connects anew; what was swallowed stays so.
    pub(super) fn is_mended(&self) {
        self.cut.store(WHOLE, Ordering::SeqCst);
    }

    /// How often it broke.
    pub(super) fn cuts(&self) -> u8 {
        self.cuts.load(Ordering::SeqCst)
    }

    async fn carry(self, mut client: TcpStream, mut server: TcpStream) {
        let (mut from_client, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
        loop {
            tokio::select! {
                read = client.read(&mut from_client) => {
                    let Ok(bytes @ 1..) = read else { return };
                    if self.cut.load(Ordering::SeqCst) == SWALLOWS {
                        drop(server);
                        while client.read(&mut from_client).await.is_ok_and(|bytes| bytes > 0) {}
                        return;
                    }
                    let commits = from_client[..bytes].windows(7).any(|word| word == b"COMMIT\0");
                    let cut = if commits { self.cut.swap(WHOLE, Ordering::SeqCst) } else { WHOLE };
                    if cut == BEFORE_COMMIT {
                        self.cuts.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                    if server.write_all(&from_client[..bytes]).await.is_err() {
                        return;
                    }
                    if cut == AFTER_COMMIT {
                        // The server answers when it is done.
                        let _ = server.read(&mut from_server).await;
                        self.cuts.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                }
                read = server.read(&mut from_server) => {
                    let Ok(bytes @ 1..) = read else { return };
                    if client.write_all(&from_server[..bytes]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
