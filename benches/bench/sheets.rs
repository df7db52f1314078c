//! Sheets of wristbands by the built program, beside what else makes them; in one run, so that the ratios hold.

use crate::bank::{Bank, Payee};
use crate::compared::grouped;
use crate::peers::Peer;
use crate::report::Report;
use crate::service::{Engine, Place};
use crate::watch::{self, Ran};
use anyhow::{Context as _, ensure};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Wristbands that the others print: the slowest takes some seconds for them.
const PEER_COUNT: usize = 1_000;
/// Pages of each sheet that are read back.
const SAMPLED: [usize; 4] = [1, 2, 60, 125];
/// Python's packages are installed there.
const PYTHON: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/bench-python");
const PYTHON_PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/bench/peers.py");

/// A sheet that was made, and by what.
struct Made {
    what: String,
    count: usize,
    codes_a_page: usize,
    one_core: bool,
    ran: Ran,
    file: PathBuf,
}

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism()?;
    report.heading(&format!("Sheets, {cores} cores"));
    let place = Place::new(Engine::Sqlite)?;
    let live = Payee::live();
    place.open_event(&Bank::open()?, &live)?;
    let (small, large) = (place.issue(&live.event, 10_000)?, place.issue(&live.event, 100_000)?);
    place.does(&["sheet", &small, "--csv", "codes.csv"])?;
    place.does(&["sheet", &large, "--csv", "more.csv"])?;
    let texts = texts(&[place.path("codes.csv"), place.path("more.csv")])?;
    report.sentence(
        "| what | wristbands | cores | seconds | for 10,000 | ÷ ours on one core | memory MB | bytes a code | codes read of sample |",
    );
    report.sentence("|---|---|---|---|---|---|---|---|---|");
    let mut ours = 0.0;
    for (layout, codes_a_page, batch, count, one_core) in [
        ("a4-band-25", 16, &small, 10_000, true),
        ("a4-band-25", 16, &small, 10_000, false),
        ("a4-band-25", 16, &large, 100_000, true),
        ("a4-band-25", 16, &large, 100_000, false),
        ("avery-l7160", 42, &small, 10_000, false),
        ("avery-c32011", 10, &small, 10_000, false),
    ] {
        let command = place.command(&["sheet", batch, "--layout", layout, "--out", "sheet.pdf"]);
        let ran = watch::to_its_end(if one_core { on_one_core(&command) } else { command })?;
        let file = place.path("sheet.pdf");
        let made =
            Made { what: format!("`polsband sheet`, {layout}"), count, codes_a_page, one_core, ran, file };
        if ours == 0.0 {
            ours = made.seconds_each();
        }
        line(report, &made, ours, &texts)?;
    }
    peers(report, &place, ours, &texts)?;
    let encoding = watch::to_its_end(peer(Peer::Encoding, &place)?)?;
    let each = encoding.took.as_secs_f64() / PEER_COUNT as f64;
    report.sentence(&format!(
        "\n- `qrcode` alone, encoding with its search of the mask, makes {:.0} codes a second on one core; whole sheets \
         above are made at {:.0} codes a second on one core, reading the batch, encoding, drawing and writing.",
        2.0 / each,
        2.0 / ours,
    ));
    report.sentence(&format!(
        "- The others made {} wristbands on the grid of a4-band-25, without its words, one thread each; their seconds for \
         10,000 are ten times those.\n",
        grouped(PEER_COUNT as u64)
    ));
    Ok(())
}

/// printpdf's and Python's ways.
fn peers(report: &mut Report, place: &Place, ours: f64, texts: &HashSet<String>) -> anyhow::Result<()> {
    let mut line_of = |what: &str, command: Command| {
        let ran = watch::to_its_end(command)?;
        let file = place.path("peer.pdf");
        let made =
            Made { what: what.to_owned(), count: PEER_COUNT, codes_a_page: 16, one_core: true, ran, file };
        line(report, &made, ours, texts)
    };
    line_of("printpdf, an operation a module", peer(Peer::Rectangles, place)?)?;
    line_of("printpdf, an image a code", peer(Peer::Images, place)?)?;
    if let Err(why) = python_is_there() {
        report.sentence(&format!("\n- Python's tools were left out: {why:#}"));
        return Ok(());
    }
    for (tool, what) in [
        ("segno", "segno and reportlab"),
        ("qrcode", "Python's qrcode and reportlab"),
        ("typst", "segno and Typst"),
    ] {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", PYTHON).args([PYTHON_PEERS, tool]).arg(place.path("codes.csv"));
        command.arg(PEER_COUNT.to_string()).arg(place.path("peer.pdf"));
        line_of(what, on_one_core(&command))?;
    }
    Ok(())
}

/// This program once more, as one of the others.
fn peer(peer: Peer, place: &Place) -> anyhow::Result<Command> {
    let name = clap::ValueEnum::to_possible_value(&peer).context("every peer has a name")?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--peer", name.get_name(), "--wristbands", &PEER_COUNT.to_string()]);
    command.arg("--codes").arg(place.path("codes.csv")).arg("--out").arg(place.path("peer.pdf"));
    Ok(on_one_core(&command))
}

/// Installs what the Python ways need, once.
fn python_is_there() -> anyhow::Result<()> {
    if Path::new(PYTHON).join("typst").exists() {
        return Ok(());
    }
    let arguments = ["-m", "pip", "install", "--quiet", "--target", PYTHON];
    let packages = ["segno", "qrcode", "reportlab", "typst"];
    let ran = Command::new("python3").args(arguments).args(packages).output().context("no python3")?;
    ensure!(ran.status.success(), "pip could not install {}", packages.join(", "));
    Ok(())
}

/// The same command, kept on the first core.
fn on_one_core(command: &Command) -> Command {
    let mut pinned = Command::new("taskset");
    pinned.args(["-c", "0"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => pinned.env(name, value),
            None => pinned.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        pinned.current_dir(folder);
    }
    pinned
}

impl Made {
    fn seconds_each(&self) -> f64 {
        self.ran.took.as_secs_f64() / self.count as f64
    }
}

fn line(report: &mut Report, made: &Made, ours: f64, texts: &HashSet<String>) -> anyhow::Result<()> {
    let bytes = std::fs::metadata(&made.file)?.len();
    let read = read_back(&made.file, texts)?;
    let all = SAMPLED.len() * made.codes_a_page;
    std::fs::remove_file(&made.file)?;
    report.sentence(&format!(
        "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.0} | {:.0} | {read} of {all} |",
        made.what,
        grouped(made.count as u64),
        if made.one_core { "1" } else { "all" },
        made.ran.took.as_secs_f64(),
        made.seconds_each() * 10_000.0,
        made.seconds_each() / ours,
        made.ran.memory_max as f64 / 1e6,
        bytes as f64 / (made.count * 2) as f64,
    ));
    Ok(())
}

/// Every code of a batch.
fn texts(lists: &[PathBuf]) -> anyhow::Result<HashSet<String>> {
    let mut texts = HashSet::new();
    for list in lists {
        for row in csv::Reader::from_path(list)?.records() {
            let row = row?;
            texts.extend([row[3].to_owned(), row[5].to_owned()]);
        }
    }
    Ok(texts)
}

/// How many codes zbar reads on the sampled pages.
fn read_back(file: &Path, texts: &HashSet<String>) -> anyhow::Result<usize> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut read = 0;
    for page in SAMPLED {
        let page = page.to_string();
        let range = ["-f", &page, "-l", &page];
        let prefix = folder.path().join("page");
        run(Command::new("pdftoppm")
            .args(["-r", "300", "-gray", "-singlefile"])
            .args(range)
            .arg(file)
            .arg(&prefix))?;
        let zbar = ["-q", "--raw", "-S*.disable", "-Sqrcode.enable"];
        let found = run(Command::new("zbarimg").args(zbar).arg(prefix.with_extension("pgm")))?;
        ensure!(found.lines().all(|text| texts.contains(text)), "a code of another batch on page {page}");
        read += found.lines().count();
    }
    Ok(read)
}

fn run(command: &mut Command) -> anyhow::Result<String> {
    let ran = command.output().with_context(|| format!("{:?} is needed", command.get_program()))?;
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}
