//! The data file of one provider: JSON lines, appended as things happen, rewritten when most of it is history.

use crate::sandbox::SandboxError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Longest line that is read back, in bytes. A callback's line, the longest, has some 4 KiB.
const LINE_BYTES_MAX: u64 = 256 * 1024;

/// An open, locked data file.
pub(in crate::sandbox) struct Journal {
    path: PathBuf,
    file: File,
    lines: usize,
}

impl Journal {
    /// Opens or makes `folder/name` and hands every record in it, in order, to `replay`. A last line without
    /// its end, as a killed process leaves one, is cut off: nothing was answered for it.
    pub(in crate::sandbox) fn open<R: DeserializeOwned>(
        folder: &Path,
        name: &str,
        mut replay: impl FnMut(R),
    ) -> Result<Journal, SandboxError> {
        let path = folder.join(name);
        let failed = |source| SandboxError::Data { path: path.clone(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut file = private_file().read(true).create(true).truncate(false).open(&path).map_err(failed)?;
        lock(&file, &path)?;

        let mut reader = BufReader::new(&file);
        let (mut lines, mut end, mut line) = (0, 0u64, Vec::new());
        loop {
            line.clear();
            let read =
                io::Read::take(&mut reader, LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(failed)?;
            let whole = line.last() == Some(&b'\n');
            if read == 0 || (!whole && (read as u64) < LINE_BYTES_MAX) {
                break;
            }
            lines += 1;
            let record = serde_json::from_slice(&line).map_err(|error| SandboxError::Damaged {
                path: path.clone(),
                line: lines,
                reason: error.to_string(),
            })?;
            replay(record);
            end += read as u64;
        }
        file.set_len(end).map_err(failed)?;
        file.seek(SeekFrom::Start(end)).map_err(failed)?;
        Ok(Journal { path, file, lines })
    }

    /// Adds one record. When this returns, the operating system has it.
    pub(in crate::sandbox) fn append(&mut self, record: &impl Serialize) -> Result<(), SandboxError> {
        let line = line_of(record);
        self.file
            .write_all(&line)
            .map_err(|source| SandboxError::Data { path: self.path.clone(), source })?;
        self.lines += 1;
        Ok(())
    }

    /// True when the file holds so much more than `live` records that rewriting it pays.
    pub(in crate::sandbox) fn is_mostly_history(&self, live: usize) -> bool {
        self.lines > 2 * live + 10_000
    }

    /// Puts a file with just `records` in the place of this one, in one step.
    pub(in crate::sandbox) fn rewrite<R: Serialize>(
        &mut self,
        records: impl Iterator<Item = R>,
    ) -> Result<(), SandboxError> {
        let fresh = self.path.with_extension("new");
        let failed = |source| SandboxError::Data { path: fresh.clone(), source };
        let file = private_file().create(true).truncate(true).open(&fresh).map_err(failed)?;
        lock(&file, &fresh)?;
        let mut writer = BufWriter::new(&file);
        let mut lines = 0;
        for record in records {
            writer.write_all(&line_of(&record)).map_err(failed)?;
            lines += 1;
        }
        writer.flush().map_err(failed)?;
        drop(writer);
        fs::rename(&fresh, &self.path).map_err(failed)?;
        self.file = file;
        self.lines = lines;
        Ok(())
    }
}

fn line_of(record: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(record).expect("records have string keys and no failing parts");
    line.push(b'\n');
    line
}

/// The file holds the sandbox's keys: for its owner only.
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn lock(file: &File, path: &Path) -> Result<(), SandboxError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => SandboxError::InUse { path: path.to_owned() },
        TryLockError::Error(source) => SandboxError::Data { path: path.to_owned(), source },
    })
}
