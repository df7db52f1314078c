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
    ($($name:literal as $kind:expr),* $(,)?) => {
        /// All of them, but for the service worker.
        pub(super) const FILES: &[File] = &[$(File {
            name: $name,
            kind: $kind,
            text: include_str!(concat!("../../../assets/web/terminal/", $name)),
        }),*];
    };
}

files! {
    "terminal.css" as "text/css; charset=utf-8",
    "main.js" as SCRIPT,
    "answer.js" as SCRIPT,
    "api.js" as SCRIPT,
    "basket.js" as SCRIPT,
    "camera.js" as SCRIPT,
    "chips.js" as SCRIPT,
    "dom.js" as SCRIPT,
    "enrol.js" as SCRIPT,
    "keys.js" as SCRIPT,
    "kept.js" as SCRIPT,
    "menu.js" as SCRIPT,
    "sale.js" as SCRIPT,
    "scan.js" as SCRIPT,
    "sell.js" as SCRIPT,
    "signal.js" as SCRIPT,
    "words.js" as SCRIPT,
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
