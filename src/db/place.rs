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

    /// Fails when another file, or none, is there by now, or nobody lets us look.
    pub(super) fn check(&self) -> Result<(), Error> {
        match id(&self.path) {
            Ok(found) if found == self.id => Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::OutOfReach(self.path.display().to_string(), error))
            }
            _ => Err(Error::Moved(self.path.display().to_string())),
        }
    }
}

fn id(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_that_can_not_be_looked_at_is_not_said_to_be_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (file, away) = (folder.path().join("a.db"), folder.path().join("away.db"));
        fs::write(&file, "").unwrap();
        let place = Place::of(file.clone()).unwrap();
        place.check().unwrap();
        fs::rename(&file, &away).unwrap();
        assert!(matches!(place.check(), Err(Error::Moved(_))));
        symlink(&file, &file).unwrap();
        let error = place.check().expect_err("a link that leads to itself");
        assert!(matches!(error, Error::OutOfReach(..)) && error.is_unavailable(), "{error}");
        fs::rename(&away, &file).unwrap();
        place.check().unwrap();
    }
}
