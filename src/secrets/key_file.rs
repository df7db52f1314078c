//! The key file: found, made on the first start, and refused when anything about it is odd.

use data_encoding::HEXLOWER_PERMISSIVE;
use ring::{aead, hkdf, hmac};
use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Longest key file that is read; ours has some 200 bytes.
const FILE_BYTES_MAX: u64 = 4096;
/// Everything derived from a key file hangs on this text: changing it orphans every database.
const SALT: &[u8] = b"polsband key file 1";
const HEADER: &str = "# Polsband's secret key. Codes and provider keys in the database can't be used without it.\n\
                      # Keep a copy beside every backup, and show it to nobody.\n";

/// The keys of this installation.
#[derive(Clone)]
pub struct KeyFile {
    pub(super) code_pepper: hmac::Key,
    pub(super) short_code_pepper: hmac::Key,
    pub(super) sealing: aead::LessSafeKey,
    fingerprint: [u8; 32],
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The database has a key file, and it is not here.
    #[error(
        "the key file of this database is missing: it was looked for at {}; put it back from where the backups \
         are, or name it with POLSBAND_KEY_FILE (a new one could not read what this database holds)", .0.display()
    )]
    Missing(PathBuf),
    /// Others on this machine can read it.
    #[error("the key file {} can be read by others (mode {mode:03o}): run chmod 600 on it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is there, but is no key.
    #[error("{} is not a key file: {problem}; it takes one line of 64 hexadecimal digits", path.display())]
    Garbage {
        /// The file.
        path: PathBuf,
        /// What it has in place of a key; nothing of its content.
        problem: String,
    },
    /// It can't be read.
    #[error("the key file {} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It can't be made.
    #[error("the key file {} can't be made: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl KeyFile {
    /// Reads the key file, or makes one when there is none and `may_create`: only for a database that knows
    /// no key file yet and has no media.
    ///
    /// # Errors
    /// A missing file, one that others can read, one that holds no key, and the system's own errors.
    pub fn open_or_create(path: &Path, may_create: bool) -> Result<KeyFile, KeyFileError> {
        match read(path) {
            Err(KeyFileError::Missing(_)) if may_create => {
                create(path).map_err(|source| KeyFileError::Unwritable { path: path.into(), source })?;
                read(path)
            }
            other => other,
        }
        .map(KeyFile::from_secret)
    }

    pub(crate) fn from_secret(secret: [u8; 32]) -> KeyFile {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&secret);
        let sealing = aead::UnboundKey::new(&aead::AES_256_GCM, &subkey(&root, "sealing"))
            .expect("the cipher takes 32 bytes");
        KeyFile {
            code_pepper: hmac::Key::new(hmac::HMAC_SHA256, &subkey(&root, "code hashes")),
            short_code_pepper: hmac::Key::new(hmac::HMAC_SHA256, &subkey(&root, "short code hashes")),
            sealing: aead::LessSafeKey::new(sealing),
            fingerprint: subkey(&root, "fingerprint"),
        }
    }

    /// What the database remembers the key file by. Tells nothing about the keys.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFile(…)")
    }
}

fn subkey(root: &hkdf::Prk, label: &str) -> [u8; 32] {
    let mut key = [0; 32];
    root.expand(&[label.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .expect("32 bytes are within what HKDF gives");
    key
}

fn read(path: &Path) -> Result<[u8; 32], KeyFileError> {
    let unreadable = |source: io::Error| match source.kind() {
        ErrorKind::NotFound => KeyFileError::Missing(path.into()),
        _ => KeyFileError::Unreadable { path: path.into(), source },
    };
    let garbage = |problem: String| KeyFileError::Garbage { path: path.into(), problem };
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(garbage("it is not a file".to_owned()));
    }
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open { path: path.into(), mode });
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(garbage(format!("it is longer than {FILE_BYTES_MAX} bytes")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| garbage("it is not text".to_owned()))?;
    secret_in(text).map_err(garbage)
}

/// The one line that is neither empty nor a comment.
fn secret_in(text: &str) -> Result<[u8; 32], String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = lines.next().ok_or("it holds no key")?;
    if lines.next().is_some() {
        return Err("it has more than one line beside the comments".to_owned());
    }
    let bytes = HEXLOWER_PERMISSIVE
        .decode(line.as_bytes())
        .map_err(|_| "its key is not written in whole hexadecimal bytes".to_owned())?;
    let count = bytes.len();
    bytes.try_into().map_err(|_| format!("its key has {count} bytes, not 32"))
}

/// Writes a whole file beside and links it into place, so that a crash leaves no half of one, and of two
/// processes that start at once the second uses the first one's.
fn create(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".new-{}", uuid::Uuid::now_v7().simple()));
    let linked = write_new(Path::new(&beside)).and_then(|()| match std::fs::hard_link(&beside, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    linked.and(removed)?;
    File::open(folder)?.sync_all()
}

fn write_new(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let secret: [u8; 32] = super::random();
    file.write_all(format!("{HEADER}{}\n", HEXLOWER_PERMISSIVE.encode(&secret)).as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn written(content: &[u8], mode: u32) -> (tempfile::TempDir, Result<KeyFile, KeyFileError>) {
        let folder = folder();
        let path = folder.path().join("secret.key");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let opened = KeyFile::open_or_create(&path, true);
        (folder, opened)
    }

    #[test]
    fn the_first_start_makes_a_key_file_that_later_ones_read() {
        let folder = folder();
        let path = folder.path().join("data/secret.key");
        let first = KeyFile::open_or_create(&path, true).unwrap();
        let again = KeyFile::open_or_create(&path, false).unwrap();
        assert_eq!(first.fingerprint(), again.fingerprint());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        let other = KeyFile::open_or_create(&folder.path().join("other.key"), true).unwrap();
        assert_ne!(first.fingerprint(), other.fingerprint());
    }

    #[test]
    fn none_is_made_for_a_database_that_has_one() {
        let folder = folder();
        let path = folder.path().join("secret.key");
        let error = KeyFile::open_or_create(&path, false).unwrap_err();
        assert!(matches!(error, KeyFileError::Missing(_)));
        let message = error.to_string();
        assert!(message.contains("of this database is missing"), "{message}");
        assert!(message.contains(&path.display().to_string()), "{message}");
        assert!(!path.exists());
    }

    #[test]
    fn two_processes_that_start_at_once_use_one_key() {
        let folder = folder();
        let path = folder.path().join("secret.key");
        let prints: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| KeyFile::open_or_create(&path, true).unwrap().fingerprint()))
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(prints.iter().all(|print| *print == prints[0]));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let key = format!("{HEADER}{}\n", "ab".repeat(32));
        for mode in [0o640, 0o604, 0o660] {
            let (_folder, opened) = written(key.as_bytes(), mode);
            let error = opened.unwrap_err();
            assert!(matches!(error, KeyFileError::Open { .. }));
            assert!(error.to_string().contains(&format!("mode {mode:03o}")), "{error}");
        }
        let (_folder, opened) = written(key.as_bytes(), 0o400);
        assert!(opened.is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused_with_its_reason_and_without_its_content() {
        let short = "ab".repeat(31);
        let two = format!("{0}\n{0}\n", "ab".repeat(32));
        for (content, reason) in [
            (b"".as_slice(), "holds no key"),
            (b"# only a comment\n", "holds no key"),
            (short.as_bytes(), "31 bytes, not 32"),
            (two.as_bytes(), "more than one line"),
            (b"hunter2", "whole hexadecimal bytes"),
            (&[0xff, 0xfe], "not text"),
            (&[b'a'; 5000], "longer than 4096 bytes"),
        ] {
            let (_folder, opened) = written(content, 0o600);
            let message = opened.unwrap_err().to_string();
            assert!(message.contains(reason), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
        let folder = folder();
        let error = KeyFile::open_or_create(folder.path(), true).unwrap_err();
        assert!(matches!(error, KeyFileError::Garbage { .. }), "{error}");
    }

    #[test]
    fn a_folder_that_can_not_be_made_is_said() {
        let folder = folder();
        fs::write(folder.path().join("file"), "").unwrap();
        let error = KeyFile::open_or_create(&folder.path().join("file/secret.key"), true).unwrap_err();
        assert!(
            matches!(error, KeyFileError::Unreadable { .. } | KeyFileError::Unwritable { .. }),
            "{error}"
        );
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", KeyFile::from_secret([1; 32])), "KeyFile(…)");
    }
}
