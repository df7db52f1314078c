//! What processes use, as Linux tells it under `/proc`.

use anyhow::{Context as _, ensure};
use sqlx::{Connection as _, PgConnection};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Linux counts processor time in hundredths of a second wherever Rust runs.
const TICKS_PER_SECOND: u64 = 100;

/// Processor time and memory of the service, and of the database server behind it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) service: Duration,
    /// All that the server did: on connections, those that were closed included, and beside them, for whichever of its
    /// databases.
    pub(crate) database: Duration,
    /// The most memory the service ever had, in bytes.
    pub(crate) memory_max: u64,
}

impl Usage {
    /// With the first process of the server behind it, where there is one.
    pub(crate) fn of(service: u32, postmaster: Option<u32>) -> anyhow::Result<Usage> {
        let database = postmaster.map(with_children).transpose()?.unwrap_or_default();
        let memory_max = memory(service, "VmHWM:")?;
        Ok(Usage { service: processor_time(Times::of(service)?.own), database, memory_max })
    }

    /// What was used since.
    pub(crate) fn since(self, before: Usage) -> Usage {
        Usage {
            service: self.service.saturating_sub(before.service),
            database: self.database.saturating_sub(before.database),
            memory_max: self.memory_max,
        }
    }
}

/// A process that ended well.
pub(crate) struct Ran {
    pub(crate) took: Duration,
    /// The most memory it ever had, in bytes.
    pub(crate) memory_max: u64,
    /// What it printed.
    pub(crate) said: String,
}

/// Runs a command that prints little, and watches its memory.
pub(crate) fn to_its_end(mut command: Command) -> anyhow::Result<Ran> {
    let began = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().with_context(|| format!("{:?} can't be run", command.get_program()))?;
    let mut memory_max = 0;
    while running.try_wait()?.is_none() {
        // It may have ended a moment ago.
        memory_max = memory(running.id(), "VmHWM:").unwrap_or(memory_max);
        std::thread::sleep(Duration::from_millis(5));
    }
    let (took, ended) = (began.elapsed(), running.wait_with_output()?);
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    let complained = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.success(), "{:?} failed: {said} {complained}", command.get_program());
    Ok(Ran { took, memory_max, said })
}

/// Memory of a process in bytes: `VmRSS:` now, `VmHWM:` at most.
pub(crate) fn memory(process: u32, which: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(which)).context("the process is gone")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}

/// The process of a PostgreSQL server that all its others are children of: the parent of the one that serves a connection.
pub(crate) fn postmaster(server: &str) -> anyhow::Result<u32> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = PgConnection::connect(server).await?;
        let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        let name = fs::read_to_string(format!("/proc/{backend}/comm")).unwrap_or_default();
        ensure!(
            name.trim() == "postgres",
            "PostgreSQL has to run on this machine: its processor time is measured"
        );
        Ok(Times::of(u32::try_from(backend)?)?.parent)
    })
}

/// Processor time of a process and of all its children, those that ended included.
fn with_children(process: u32) -> anyhow::Result<Duration> {
    loop {
        let before = Times::of(process)?;
        let mut ticks = before.own + before.ended_children;
        for entry in fs::read_dir("/proc")?.flatten() {
            let id = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
            // Whoever ended since the folder was read is none of the living.
            if let Some(Ok(child)) = id.map(Times::of)
                && child.parent == process
            {
                ticks += child.own + child.ended_children;
            }
        }
        // Else one ended while they were read, and was counted twice or not at all.
        if Times::of(process)?.ended_children == before.ended_children {
            return Ok(processor_time(ticks));
        }
    }
}

fn processor_time(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}

/// What a process used, in ticks.
struct Times {
    parent: u32,
    own: u64,
    /// Of children that ended, and theirs.
    ended_children: u64,
}

impl Times {
    fn of(process: u32) -> anyhow::Result<Times> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).context("the process is gone")?;
        // The name in brackets may hold anything; after it come fields by number, from the third on.
        let (_, fields) = stat.rsplit_once(')').context("a process without a name")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let field = |number: usize| {
            fields.get(number - 3).context("a field is missing")?.parse::<u64>().map_err(anyhow::Error::from)
        };
        Ok(Times {
            parent: u32::try_from(field(4)?)?,
            own: field(14)? + field(15)?,
            ended_children: field(16)? + field(17)?,
        })
    }
}
