//! A wire between a browser and the service that can be cut after the service was asked, before it is heard.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The wire; armed, it breaks with the next sale and stays broken until it is mended.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) url: String,
    armed: Arc<AtomicBool>,
    broken: Arc<AtomicBool>,
    sales: Arc<AtomicUsize>,
    fetched: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    /// Lays a wire to the server at this address.
    pub(super) async fn lay(server: &str) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let wire = Wire {
            url,
            armed: Arc::default(),
            broken: Arc::default(),
            sales: Arc::default(),
            fetched: Arc::default(),
        };
        let (laid, server) = (wire.clone(), server.to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (laid, server) = (laid.clone(), server.clone());
                tokio::spawn(async move {
                    if !laid.broken.load(Ordering::SeqCst)
                        && let Ok(server) = TcpStream::connect(&server).await
                    {
                        laid.carry(client, server).await;
                    }
                });
            }
        });
        wire
    }

    /// The next sale reaches the service; its answer reaches nobody.
    pub(super) fn cuts_the_next_sale(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Nothing gets through any more.
    pub(super) fn is_cut(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_mended(&self) {
        self.broken.store(false, Ordering::SeqCst);
    }

    /// How many sales were sent through it.
    pub(super) fn sales(&self) -> usize {
        self.sales.load(Ordering::SeqCst)
    }

    /// The addresses that were fetched through it, in order; what was fetched twice is there twice.
    pub(super) fn fetched(&self) -> Vec<String> {
        self.fetched.lock().unwrap().clone()
    }

    async fn carry(&self, mut client: TcpStream, mut server: TcpStream) {
        let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
        let mut cut = false;
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let Ok(bytes @ 1..) = read else { return };
                    if self.broken.load(Ordering::SeqCst) {
                        return;
                    }
                    if asked[..bytes].starts_with(b"POST /api/v1/charges ") {
                        self.sales.fetch_add(1, Ordering::SeqCst);
                        cut = self.armed.swap(false, Ordering::SeqCst);
                        self.broken.fetch_or(cut, Ordering::SeqCst);
                    }
                    if let Some(path) = asked[..bytes].strip_prefix(b"GET ") {
                        let path = path.split(u8::is_ascii_whitespace).next().unwrap_or_default();
                        self.fetched.lock().unwrap().push(String::from_utf8_lossy(path).into_owned());
                    }
                    if server.write_all(&asked[..bytes]).await.is_err() {
                        return;
                    }
                }
                read = server.read(&mut answered) => {
                    let Ok(bytes @ 1..) = read else { return };
                    if cut || client.write_all(&answered[..bytes]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
