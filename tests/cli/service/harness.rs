//! Programs that run beside a test: started, listened to, stopped, killed.

use crate::desk::{Desk, Ran};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Whatever is waited for, a test that waits longer has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Asks again until there is an answer; fails when none comes in time.
#[track_caller]
pub(super) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Runs a test with clients on threads of their own, so that it may wait for programs itself.
pub(super) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(test);
}

/// A program that runs until it is stopped; killed with the test. A failing test shows what it said.
pub(super) struct Program {
    child: Child,
    said: Said,
    listening: Vec<JoinHandle<()>>,
}

#[derive(Clone, Default)]
struct Said {
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
}

impl Program {
    pub(super) fn start(mut command: Command) -> Program {
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let said = Said::default();
        let out = child.stdout.take().unwrap();
        let err = child.stderr.take().unwrap();
        let listening = vec![listen(out, &said.out), listen(err, &said.err)];
        Program { child, said, listening }
    }

    /// What it says as JSON on its standard output once it is up, on one line.
    #[track_caller]
    pub(super) fn prints(&mut self) -> Value {
        let line = self.wait_for("its result", |said| {
            let out = said.out.lock().unwrap();
            out.split_once('\n').map(|(line, _)| line.to_owned())
        });
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The fields of the first line with this message in its log.
    #[track_caller]
    pub(super) fn logs(&mut self, message: &str) -> Value {
        self.wait_for(message, |said| {
            let err = said.err.lock().unwrap();
            let lines = err.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.map(|line| line["fields"].clone()).find(|fields| fields["message"] == message)
        })
    }

    #[track_caller]
    fn wait_for<T>(&mut self, what: &str, look: impl Fn(&Said) -> Option<T>) -> T {
        let found = wait_for(what, || {
            let ended = self.child.try_wait().unwrap();
            match look(&self.said) {
                None if ended.is_some() => Some(Err(ended)),
                found => found.map(Ok),
            }
        });
        found.unwrap_or_else(|ended| panic!("it ended ({ended:?}) before {what}"))
    }

    /// SIGTERM. It goes on for a while.
    pub(super) fn asks_to_stop(&self) {
        self.signals("TERM");
    }

    /// Does nothing until it goes on; the system answers for it.
    pub(super) fn pauses(&self) {
        self.signals("STOP");
    }

    pub(super) fn goes_on(&self) {
        self.signals("CONT");
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    fn signals(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for its end; what it said.
    #[track_caller]
    pub(super) fn ended(mut self) -> Ran {
        let status = wait_for("the end of a program", || self.child.try_wait().unwrap());
        self.listening.drain(..).for_each(|thread| thread.join().unwrap());
        let text = |said: &Mutex<String>| said.lock().unwrap().clone();
        Ran { code: code(status), out: text(&self.said.out), err: text(&self.said.err) }
    }

    /// SIGTERM, and its end.
    #[track_caller]
    pub(super) fn stopped(self) -> Ran {
        self.asks_to_stop();
        self.ended()
    }

    /// Ctrl-C, and its end.
    #[track_caller]
    pub(super) fn interrupted(self) -> Ran {
        self.signals("INT");
        self.ended()
    }

    /// SIGKILL. Nothing it was about to do is done.
    pub(super) fn killed(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| panic!("a signal ended it: {status}"))
}

fn listen(pipe: impl Read + Send + 'static, said: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
            said.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail when it has ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- a program said ---\n{}", self.said.err.lock().unwrap());
        }
    }
}

/// A running `polsband serve`.
pub(super) struct Server {
    program: Program,
    /// Without a slash at the end.
    pub(super) url: String,
}

impl Server {
    /// On any free port.
    pub(super) fn start(desk: &Desk) -> Server {
        Server::with(desk, "127.0.0.1:0", &[])
    }

    /// With settings of its own.
    pub(super) fn with(desk: &Desk, listen: &str, environment: &[(&str, &str)]) -> Server {
        let mut command = desk.command(&["serve", "--listen", listen]);
        command.envs(environment.iter().copied());
        let mut program = Program::start(command);
        let serving = program.logs("serving");
        Server { program, url: format!("http://{}", serving["listen"].as_str().unwrap()) }
    }

    /// A new process at the address of one that is gone.
    pub(super) fn again(desk: &Desk, url: &str) -> Server {
        let address = url.strip_prefix("http://").unwrap();
        Server::with(desk, address, &[])
    }

    pub(super) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub(super) fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    pub(super) fn asks_to_stop(&self) {
        self.program.asks_to_stop();
    }

    #[track_caller]
    pub(super) fn ended(self) -> Ran {
        self.program.ended()
    }

    #[track_caller]
    pub(super) fn stopped(self) -> Ran {
        self.program.stopped()
    }

    pub(super) fn killed(self) {
        self.program.killed();
    }
}
