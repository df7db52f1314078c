//! The files of the bar's app, inside the program.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

/// A file as it is served.
pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! files {
    ($($path:literal as $kind:expr),* $(,)?) => {
        /// All of them, but for the service worker.
        pub(super) const FILES: &[File] = &[$(File {
            name: name_of($path),
            kind: $kind,
            text: include_str!(concat!("../../../assets/web/", $path)),
        }),*];
    };
}

/// What stands behind a path's last slash.
const fn name_of(path: &'static str) -> &'static str {
    let mut at = path.len();
    while at > 0 && path.as_bytes()[at - 1] != b'/' {
        at -= 1;
    }
    path.split_at(at).1
}

files! {
    "terminal/terminal.css" as "text/css; charset=utf-8",
    "terminal/main.js" as SCRIPT,
    "terminal/answer.js" as SCRIPT,
    "terminal/api.js" as SCRIPT,
    "terminal/back.js" as SCRIPT,
    "terminal/basket.js" as SCRIPT,
    "camera.js" as SCRIPT,
    "terminal/chips.js" as SCRIPT,
    "terminal/dom.js" as SCRIPT,
    "terminal/enrol.js" as SCRIPT,
    "terminal/keys.js" as SCRIPT,
    "terminal/kept.js" as SCRIPT,
    "terminal/menu.js" as SCRIPT,
    "terminal/sale.js" as SCRIPT,
    "terminal/scan.js" as SCRIPT,
    "terminal/sell.js" as SCRIPT,
    "terminal/signal.js" as SCRIPT,
    "terminal/words.js" as SCRIPT,
}

/// The service worker, which the browser asks for at an address that never changes.
pub(super) const WORKER: &str = include_str!("../../../assets/web/terminal/worker.js");

/// A fingerprint of all files and of the page around them.
pub(super) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let mut hasher = DefaultHasher::new();
        for file in FILES {
            (file.name, file.text).hash(&mut hasher);
        }
        include_str!("../../../templates/web/terminal.html").hash(&mut hasher);
        WORKER.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    });
    &VERSION
}
