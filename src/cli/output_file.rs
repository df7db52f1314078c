//! A file that appears whole or not at all: written beside its place, then moved into it.

use anyhow::{Context as _, bail};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file being written. Dropped before [`OutputFile::keep`], it is removed.
///
/// What is written this way holds pay codes or a whole database, so that only its owner may read it.
pub(super) struct OutputFile {
    file: File,
    beside: PathBuf,
    path: PathBuf,
}

impl OutputFile {
    /// Starts a file that will be `path`, and replace the file that is there or that a link there leads to. What is
    /// no file (a device, a pipe) is left alone.
    pub(super) fn create(path: &Path) -> anyhow::Result<OutputFile> {
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().with_context(|| format!("{} names no file", path.display()))?;
        match fs::metadata(path) {
            Ok(there) if there.is_dir() => bail!("{} is a folder: name a file in it", path.display()),
            Ok(there) if !there.is_file() => bail!("{} is not a file: name one", path.display()),
            _ => {}
        }
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let beside = path.with_file_name(hidden);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        let file = file.with_context(|| format!("{} can't be written", path.display()))?;
        Ok(OutputFile { file, beside, path: path.to_owned() })
    }

    /// What to write to.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Where it lies until it is kept.
    pub(super) fn beside(&self) -> &Path {
        &self.beside
    }

    /// Moves it into its place, once it is on the disk.
    pub(super) fn keep(self) -> anyhow::Result<()> {
        let moved = self.file.sync_all().and_then(|()| fs::rename(&self.beside, &self.path));
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let kept = moved.and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all());
        kept.with_context(|| format!("{} can't be written", self.path.display()))
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // After the move there is nothing here any more.
        let _ = fs::remove_file(&self.beside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.pdf");
        fs::write(&path, "old").unwrap();
        let unfinished = OutputFile::create(&path).unwrap();
        unfinished.file().write_all(b"half").unwrap();
        drop(unfinished);
        assert_eq!(fs::read(&path).unwrap(), b"old");

        let finished = OutputFile::create(&path).unwrap();
        finished.file().write_all(b"new").unwrap();
        finished.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_place_that_can_not_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no/sheet.pdf");
        let refusal = |path: &Path| format!("{:#}", OutputFile::create(path).err().unwrap());
        assert!(refusal(&missing).contains(&missing.display().to_string()));
        assert!(refusal(folder.path()).contains("is a folder"));
        assert!(refusal(Path::new("/")).contains("names no file"));
    }

    #[test]
    fn a_link_leads_to_its_file_and_what_is_no_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link, socket) =
            (folder.path().join("real"), folder.path().join("link"), folder.path().join("socket"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let output = OutputFile::create(&link).unwrap();
        output.file().write_all(b"new").unwrap();
        output.keep().unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for special in [socket.as_path(), Path::new("/dev/null")] {
            let refusal = OutputFile::create(special).err().unwrap().to_string();
            assert!(refusal.contains("is not a file"), "{refusal}");
        }
    }
}
