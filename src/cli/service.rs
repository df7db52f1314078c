//! The service in one process: the lane, the jobs and the listeners, started in this order and stopped in the other.

use super::context::Context;
use super::settings::Settings;
use crate::clock::Clock;
use crate::jobs::Jobs;
use crate::ledger::{LaneHandle, LaneOptions};
use crate::payments::Adapters;
use crate::payments::reconcile::Reconciler;
use crate::web::{self, App, Listening, Setup, Surface};
use anyhow::Context as _;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long what was begun may still take at a stop, after all requests are answered. A comparison with a provider
/// that is cut off goes on at the next start.
const ENDING_TIME_MAX: Duration = Duration::from_secs(5);

/// Connections that wait in the system until they are accepted; Linux keeps no more than `net.core.somaxconn`, which is
/// the same unless it was changed. Whoever finds no room there tries again only a second later.
const BACKLOG: u32 = 4_096;

/// Sockets that are bound already: from now on connections wait rather than fail.
pub(super) struct Listeners {
    main: TcpListener,
    console: Option<TcpListener>,
    visitors: Option<TcpListener>,
}

impl Listeners {
    /// Binds what the settings name.
    ///
    /// # Errors
    /// An address that is taken or not this machine's.
    pub(super) fn bind(settings: &Settings) -> anyhow::Result<Listeners> {
        let main = bind(settings.listen, "POLSBAND_LISTEN")?;
        let console = bind_own(settings.console_listen, "POLSBAND_CONSOLE_LISTEN")?;
        let visitors = bind_own(settings.visitor_listen, "POLSBAND_VISITOR_LISTEN")?;
        Ok(Listeners { main, console, visitors })
    }

    /// Where the main one really is, which port 0 leaves open.
    pub(super) fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.main.local_addr()?)
    }

    fn routed(self, app: &App) -> Vec<Listening> {
        let everything_else =
            Surface { machines: true, console: self.console.is_none(), visitors: self.visitors.is_none() };
        let nothing = Surface { machines: false, console: false, visitors: false };
        let of = |listener, surface| Listening { listener, router: web::router(app.clone(), surface) };
        let mut listening = vec![of(self.main, everything_else)];
        listening.extend(self.console.map(|own| of(own, Surface { console: true, ..nothing })));
        listening.extend(self.visitors.map(|own| of(own, Surface { visitors: true, ..nothing })));
        listening
    }
}

fn bind_own(address: Option<SocketAddr>, setting: &str) -> anyhow::Result<Option<TcpListener>> {
    address.map(|address| bind(address, setting)).transpose()
}

fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    listen(address).with_context(|| format!("{setting}: {address} can't be listened on"))
}

/// What `TcpListener::bind` does, which lets 128 wait.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // After a stop the address is taken again at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What runs besides the listeners.
pub(super) struct Service {
    app: App,
    lane_ended: JoinHandle<()>,
    jobs: TaskTracker,
    reconciler: Reconciler,
    stop: CancellationToken,
}

impl Service {
    /// Starts the lane and the jobs. `context.settings` must hold the addresses that were really bound.
    pub(super) fn start(context: &Context, stop: CancellationToken) -> Service {
        web::measure();
        let Context { store, keys, clock, settings, .. } = context;
        let (lane, lane_ended) = start_lane(context);
        let adapters = adapters(context);
        let reconciler =
            Reconciler::new(store.clone(), keys.clone(), lane.clone(), adapters.clone(), clock.clone());
        let jobs = Jobs {
            store: store.clone(),
            keys: keys.clone(),
            lane: lane.clone(),
            adapters: adapters.clone(),
            clock: clock.clone(),
            reconciler: reconciler.clone(),
        };
        let app = App::new(Setup {
            store: store.clone(),
            keys: keys.clone(),
            lane,
            clock: clock.clone(),
            adapters,
            reconciler: reconciler.clone(),
            public_url: settings.public_url.clone(),
            trusted_proxies: settings.trusted_proxies.clone(),
            metrics_allow: settings.metrics_allow.clone(),
        });
        Service { app, lane_ended, jobs: jobs.start(&stop), reconciler, stop }
    }

    /// Serves until it is to stop; then answers what was accepted and ends what was begun.
    pub(super) async fn serve(self, listeners: Listeners) {
        let Service { app, lane_ended, jobs, reconciler, stop } = self;
        web::serve(&app, listeners.routed(&app), stop).await;
        jobs.wait().await;
        // A comparison goes on where it stopped; nobody waits for it here.
        let _ = tokio::time::timeout(ENDING_TIME_MAX, reconciler.finish()).await;
        drop((app, reconciler));
        if tokio::time::timeout(ENDING_TIME_MAX, lane_ended).await.is_err() {
            tracing::warn!("the lane still had requests of the background when it was stopped");
        }
    }
}

/// A lane of its own for a process, a command as well as a service.
pub(super) fn start_lane(context: &Context) -> (LaneHandle, JoinHandle<()>) {
    let clock: Clock = context.clock.clone();
    LaneHandle::start(context.store.clone(), LaneOptions::new(clock))
}

/// The adapters of the events in this database.
pub(super) fn adapters(context: &Context) -> Adapters {
    let Context { store, keys, clock, settings, .. } = context;
    Adapters::new(store.clone(), keys.clone(), clock.clone(), settings.public_url.as_str())
}

/// Cancelled at SIGTERM or Ctrl-C. A second one ends the process on the spot; the books stay clean.
pub(super) fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let asked = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            if asked.is_cancelled() {
                std::process::exit(1);
            }
            tracing::info!("stopping: what was accepted is answered first");
            asked.cancel();
        }
    });
    Ok(stop)
}
