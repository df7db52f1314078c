//! The place of a SQLite database: the very file that was opened.
//!
//! A file that is deleted, moved or replaced under a running program goes on taking writes, which nobody would ever find
//! again. So each transaction that writes first looks whether the file is still where it was.

use super::Error;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A database file and which one it is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: PathBuf,
    id: (u64, u64),
}

impl Place {
    /// Of a file that was just opened.
    pub(super) fn of(path: PathBuf) -> Result<Place, Error> {
        let id = id(&path).map_err(|error| Error::Database(error.into()))?;
        Ok(Place { path, id })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Fails when another file, or none, is there by now.
    pub(super) fn check(&self) -> Result<(), Error> {
        match id(&self.path) {
            Ok(found) if found == self.id => Ok(()),
            _ => Err(Error::Moved(self.path.display().to_string())),
        }
    }
}

fn id(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}
