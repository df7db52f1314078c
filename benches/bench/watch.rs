//! What processes use, as Linux tells it under `/proc`.

use anyhow::{Context as _, ensure};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Linux counts processor time in hundredths of a second wherever Rust runs.
const TICKS_PER_SECOND: u64 = 100;

/// Processor time and memory of the service, and of the database server behind it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) service: Duration,
    pub(crate) database: Duration,
    /// The most memory the service ever had, in bytes.
    pub(crate) memory_max: u64,
}

impl Usage {
    pub(crate) fn of(service: u32, with_postgres: bool) -> anyhow::Result<Usage> {
        let database = if with_postgres { processor_time_of("postgres")? } else { Duration::ZERO };
        let memory_max = memory(service, "VmHWM:")?;
        let service = processor_time(&service.to_string()).context("the service is gone")?;
        Ok(Usage { service, database, memory_max })
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

/// Of all processes of this name, and of their children that ended.
fn processor_time_of(name: &str) -> anyhow::Result<Duration> {
    let mut sum = Duration::ZERO;
    for entry in fs::read_dir("/proc")?.flatten() {
        let id = entry.file_name().to_string_lossy().into_owned();
        let is_it = fs::read_to_string(entry.path().join("comm")).is_ok_and(|comm| comm.trim() == name);
        if is_it {
            sum += processor_time(&id).unwrap_or_default();
        }
    }
    Ok(sum)
}

fn processor_time(id: &str) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in brackets may hold anything; after it come fields by number, of which 14 and 15 are the ticks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}
