//! A file that appears whole or not at all: written beside its place, then moved into it.

use anyhow::{Context as _, bail};
#[cfg(target_os = "linux")]
use rustix::fs::{AtFlags, CWD, OFlags, linkat};
use std::fs::{self, File, OpenOptions};
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file being written. Dropped before [`OutputFile::keep`], it is gone; where the file system can do so it has no name
/// until then, so that a process that is killed leaves nothing behind.
///
/// What is written this way holds pay codes or a whole database, so that only its owner may read it.
pub(super) struct OutputFile {
    file: File,
    beside: PathBuf,
    path: PathBuf,
    has_name: bool,
}

impl OutputFile {
    /// Starts a file that will be `path`, and replace the file that is there or that a link there leads to. What is
    /// no file (a device, a pipe) is left alone.
    pub(super) fn create(path: &Path) -> anyhow::Result<OutputFile> {
        OutputFile::begin(path, nameless)
    }

    /// The same with a name from the beginning ([`OutputFile::beside`]), for who must be given one.
    pub(super) fn create_named(path: &Path) -> anyhow::Result<OutputFile> {
        OutputFile::begin(path, |_| None)
    }

    fn begin(path: &Path, nameless: impl Fn(&Path) -> Option<File>) -> anyhow::Result<OutputFile> {
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
        let path = path.to_owned();
        if let Some(file) = nameless(folder_of(&path)) {
            return Ok(OutputFile { file, beside, path, has_name: false });
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        let file = file.with_context(|| format!("{} can't be written", path.display()))?;
        Ok(OutputFile { file, beside, path, has_name: true })
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
    pub(super) fn keep(mut self) -> anyhow::Result<()> {
        let mut named = self.file.sync_all();
        if !self.has_name {
            named = named.and_then(|()| give_name(&self.file, &self.beside));
            self.has_name = named.is_ok();
        }
        let moved = named.and_then(|()| fs::rename(&self.beside, &self.path));
        let kept = moved.and_then(|()| File::open(folder_of(&self.path))?.sync_all());
        kept.with_context(|| format!("{} can't be written", self.path.display()))
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // After the move there is nothing here any more.
        if self.has_name {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file without a name in a folder, where there is such a thing.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> Option<File> {
    let flag = i32::try_from(OFlags::TMPFILE.bits()).ok()?;
    OpenOptions::new().write(true).custom_flags(flag).mode(0o600).open(folder).ok()
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path) -> Option<File> {
    None
}

#[cfg(target_os = "linux")]
fn give_name(file: &File, path: &Path) -> io::Result<()> {
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    // A run with our number that was killed at this very moment left its file.
    let _ = fs::remove_file(path);
    Ok(linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn give_name(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
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
        let entries = || fs::read_dir(folder.path()).unwrap().count();
        for is_named in [false, true] {
            let create = |path: &Path| match is_named {
                false => OutputFile::create(path),
                true => OutputFile::create_named(path),
            };
            let while_written = if is_named { 2 } else { 1 };
            fs::write(&path, "old").unwrap();
            let unfinished = create(&path).unwrap();
            unfinished.file().write_all(b"half").unwrap();
            assert_eq!(entries(), while_written);
            drop(unfinished);
            assert_eq!(fs::read(&path).unwrap(), b"old");

            let finished = create(&path).unwrap();
            finished.file().write_all(b"new").unwrap();
            finished.keep().unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(entries(), 1, "nothing is left beside it");
        }
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
