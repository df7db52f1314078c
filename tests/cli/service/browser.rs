//! A browser: headless Chromium, driven over the WebDriver protocol.

use super::harness::{PATIENCE, Program};
use super::http::Http;
use crate::desk::Desk;
use data_encoding::BASE64;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long to wait before looking again: at first, and after having looked for long, because each look costs what the page
/// that is waited for could use.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(150)];

pub(super) struct Browser {
    http: Http,
    session: String,
    // Killed with the test.
    _driver: Program,
}

/// Keys that write nothing, by WebDriver's names.
pub(super) const TAB: char = '\u{E004}';
pub(super) const ENTER: char = '\u{E007}';
pub(super) const ESCAPE: char = '\u{E00C}';

/// The name of an element in WebDriver's answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// A window as large as a phone's. Before its camera lies a code, if any.
    pub(super) async fn open(desk: &Desk, code: Option<&str>) -> Browser {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).env("HOME", desk.folder());
        let http = Http::new();
        let driver = Program::start(command);
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ];
        let mut args = args.map(str::to_owned).to_vec();
        if let Some(code) = code {
            let film = desk.path("camera.y4m");
            std::fs::write(&film, filmed(code)).unwrap();
            let fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
            args.extend(fake.map(str::to_owned));
            args.push(format!("--use-file-for-fake-video-capture={}", film.display()));
        }
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": args},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let (url, began) = (format!("http://127.0.0.1:{port}/session"), Instant::now());
        let opened = loop {
            match http.try_call(Method::POST, &url, None, Some(&wanted)).await {
                Ok(answer) => break answer.of_status(200),
                Err(lost) => assert!(began.elapsed() < PATIENCE, "no chromedriver: {lost:?}"),
            }
            tokio::time::sleep(LOOK_AGAIN[0]).await;
        };
        let session = format!("{url}/{}", opened["value"]["sessionId"].as_str().unwrap());
        let browser = Browser { http, session, _driver: driver };
        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        browser.devtools("Emulation.setDeviceMetricsOverride", phone).await;
        browser
    }

    /// A screen of this width, by day or by night.
    pub(super) async fn looks(&self, width: u32, dark: bool) {
        let screen = json!({"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// A phone of this size, held sideways.
    pub(super) async fn lies(&self, width: u32, height: u32) {
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": true});
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// From now on no script of a page runs. What the test runs in it still does.
    pub(super) async fn runs_no_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
        self.goes_to("data:text/html,<script>document.title = 'it ran'</script>").await;
        assert_eq!(self.runs("return document.title", json!([])).await, "");
    }

    /// From now on no service worker stands between a page and the network, as on its first visit: what a worker has kept is
    /// known by its unpacked size only.
    pub(super) async fn asks_no_worker(&self) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setBypassServiceWorker", json!({"bypass": true})).await;
    }

    /// From now on the page keeps the keyboard. Tab leads from its end to the browser's own buttons, and nobody presses those.
    pub(super) async fn keeps_the_keyboard(&self) {
        self.devtools("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await;
    }

    /// What the browser complained of since it was last asked: errors, and what a page's policy forbade.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self.call(Method::POST, "/se/log", Some(json!({"type": "browser"}))).await;
        let lines = log.as_array().unwrap().iter();
        lines.filter_map(|line| line["message"].as_str().map(str::to_owned)).collect()
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.session);
        let answer = self.http.try_call(method, &url, None, body.as_ref()).await.expect("the driver answers");
        answer.of_status(200)["value"].take()
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        self.call(Method::POST, "/goog/cdp/execute", Some(json!({"cmd": command, "params": params}))).await
    }

    /// Keeps what is downloaded in this folder.
    pub(super) async fn keeps_downloads_in(&self, folder: &Path) {
        let kept = json!({"behavior": "allow", "downloadPath": folder});
        self.devtools("Browser.setDownloadBehavior", kept).await;
    }

    /// Runs a script in each page to come, before the page's own.
    pub(super) async fn prepares_pages_with(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    pub(super) async fn goes_to(&self, url: &str) {
        self.call(Method::POST, "/url", Some(json!({"url": url}))).await;
    }

    /// What a script in the page returns.
    pub(super) async fn runs(&self, script: &str, args: Value) -> Value {
        self.call(Method::POST, "/execute/sync", Some(json!({"script": script, "args": args}))).await
    }

    /// What a script in the page hands to the function that it gets as its last argument.
    pub(super) async fn awaits(&self, script: &str, args: Value) -> Value {
        self.call(Method::POST, "/execute/async", Some(json!({"script": script, "args": args}))).await
    }

    /// Waits until a script returns something that is not nothing.
    pub(super) async fn waits_for(&self, what: &str, script: &str, args: Value) -> Value {
        let began = Instant::now();
        loop {
            // While a page gives way to another there is nothing to run it in.
            let body = json!({"script": script, "args": args});
            let url = format!("{}/execute/sync", self.session);
            let answer = self.http.try_call(Method::POST, &url, None, Some(&body)).await;
            let answer = answer.expect("the driver answers");
            let found = answer.json()["value"].take();
            if answer.status == 200 && !matches!(found, Value::Null | Value::Bool(false)) {
                return found;
            }
            if began.elapsed() > PATIENCE {
                let seen = self.runs("return document.body.innerText", json!([])).await;
                let log = self.call(Method::POST, "/se/log", Some(json!({"type": "browser"}))).await;
                panic!("waited in vain for {what}; the page says {seen}; its log says {log}");
            }
            let pause = (began.elapsed() / 4).clamp(LOOK_AGAIN[0], LOOK_AGAIN[1]);
            tokio::time::sleep(pause).await;
        }
    }

    /// What an element says, once it is there; the figure of an amount is kept beside its sign by a space of another kind.
    pub(super) async fn reads(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText.replaceAll('€\\u00a0', '€ ')";
        self.waits_for(css, script, json!([css])).await.as_str().unwrap().to_owned()
    }

    /// Waits until an element says all of this. A page that is about to give way is still there when somebody has touched
    /// something in it: what it says at once may be what it said before.
    pub(super) async fn says(&self, css: &str, texts: &[&str]) {
        let script = "const said = document.querySelector(arguments[0])?.innerText.replaceAll('\\u00a0', ' '); \
             return said !== undefined && arguments[1].every((text) => said.includes(text))";
        self.waits_for(&format!("{texts:?} in {css}"), script, json!([css, texts])).await;
    }

    /// Touches the button whose text begins like this, once it can be touched.
    pub(super) async fn touches(&self, text: &str) {
        let script = "return [...document.querySelectorAll('button')].find((button) => \
             !button.disabled && !button.closest('[inert]') \
             && button.innerText.replaceAll('€\\u00a0', '€ ').startsWith(arguments[0]))";
        self.clicks(text, script, json!([text])).await;
    }

    /// A scanner types a code and Enter, wherever the focus is.
    pub(super) async fn scanner_types(&self, code: &str) {
        self.presses(code.chars().chain([ENTER])).await;
    }

    /// Somebody presses keys, one after another.
    pub(super) async fn presses(&self, keys: impl IntoIterator<Item = char>) {
        let both =
            |key: char| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})];
        let keys: Vec<Value> = keys.into_iter().flat_map(both).collect();
        let actions = json!({"actions": [{"type": "key", "id": "keys", "actions": keys}]});
        self.call(Method::POST, "/actions", Some(actions)).await;
    }

    /// Somebody types into a field, and Enter.
    pub(super) async fn types(&self, css: &str, text: &str) {
        self.fills(css, &format!("{text}{ENTER}")).await;
    }

    /// Somebody types into a field.
    pub(super) async fn fills(&self, css: &str, text: &str) {
        let script = "return document.querySelector(arguments[0])";
        self.uses(css, script, json!([css]), "value", json!({"text": text})).await;
    }

    /// Touches the link whose text begins like this, once there is one.
    pub(super) async fn follows(&self, text: &str) {
        let script =
            "return [...document.querySelectorAll('a')].find((a) => a.innerText.startsWith(arguments[0]))";
        self.clicks(text, script, json!([text])).await;
    }

    /// Clicks on what a script finds, once it finds it.
    pub(super) async fn clicks(&self, what: &str, script: &str, args: Value) {
        self.uses(what, script, args, "click", json!({})).await;
    }

    /// Does something to what a script finds. A page that reloads itself takes what was found in it along: then it is looked
    /// for again.
    async fn uses(&self, what: &str, script: &str, args: Value, how: &str, body: Value) {
        loop {
            let found = self.waits_for(what, script, args.clone()).await;
            let url = format!("{}/element/{}/{how}", self.session, found[ELEMENT].as_str().unwrap());
            let answer = self.http.try_call(Method::POST, &url, None, Some(&body)).await;
            let answer = answer.expect("the driver answers");
            if answer.status == 200 {
                return;
            }
            let why = answer.json();
            assert_eq!(why["value"]["error"], "stale element reference", "{what}: {why}");
        }
    }

    /// Loads the page again as it came: a form is sent once more.
    pub(super) async fn loads_again(&self) {
        self.call(Method::POST, "/refresh", Some(json!({}))).await;
    }

    /// Has the browser keep something under this name, as an answer in another tab would.
    pub(super) async fn keeps_cookie(&self, name: &str, value: &str) {
        let cookie = json!({"name": name, "value": value, "httpOnly": true, "sameSite": "Strict"});
        self.call(Method::POST, "/cookie", Some(json!({"cookie": cookie}))).await;
    }

    /// What the browser keeps under this name.
    pub(super) async fn cookie(&self, name: &str) -> String {
        let kept = self.call(Method::GET, &format!("/cookie/{name}"), None).await;
        kept["value"].as_str().unwrap().to_owned()
    }

    /// What is on the screen, as a picture in grey.
    pub(super) async fn screenshot(&self) -> image::GrayImage {
        image::load_from_memory(&self.png().await).unwrap().to_luma8()
    }

    /// What is on the screen, as a file.
    async fn png(&self) -> Vec<u8> {
        let picture = self.call(Method::GET, "/screenshot", None).await;
        BASE64.decode(picture.as_str().unwrap().as_bytes()).unwrap()
    }

    /// The whole page, however long it is, as a file.
    pub(super) async fn png_of_page(&self) -> Vec<u8> {
        let size = "const page = document.documentElement; return [page.scrollWidth, page.scrollHeight]";
        let size = self.runs(size, json!([])).await;
        let whole = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        let asked = json!({"captureBeyondViewport": true, "clip": whole});
        let picture = self.devtools("Page.captureScreenshot", asked).await;
        BASE64.decode(picture["data"].as_str().unwrap().as_bytes()).unwrap()
    }
}

impl Drop for Browser {
    /// Killed or stopped, the driver would leave the browser behind: it is asked to close it, whatever became of the test.
    fn drop(&mut self) {
        let address = self.session.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        let (host, path) = address.expect("a session's address");
        let Ok(mut driver) = TcpStream::connect(host) else { return };
        let patience = driver.set_read_timeout(Some(PATIENCE));
        let asked = write!(driver, "DELETE /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        // Without an answer there is no driver, and nothing more to be done.
        let _ = patience.and(asked).and_then(|()| driver.read(&mut [0; 1024]));
    }
}

/// A film of one frame in YUV4MPEG2: a code in the middle, dark grey on light grey.
fn filmed(code: &str) -> Vec<u8> {
    const WIDTH: usize = 640;
    const HEIGHT: usize = 480;
    const MODULE_PX: usize = 8;
    let symbol = qrcode::QrCode::new(code).unwrap();
    let (modules, colours) = (symbol.width(), symbol.to_colors());
    let (left, top) = ((WIDTH - modules * MODULE_PX) / 2, (HEIGHT - modules * MODULE_PX) / 2);
    let mut film = format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\nFRAME\n").into_bytes();
    for (y, x) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (y, x))) {
        let module =
            |at: usize, from: usize| at.checked_sub(from).map(|at| at / MODULE_PX).filter(|at| *at < modules);
        let dark = module(x, left)
            .zip(module(y, top))
            .is_some_and(|(x, y)| colours[y * modules + x].select(true, false));
        film.push(if dark { 60 } else { 200 });
    }
    film.extend(vec![128; WIDTH * HEIGHT / 2]);
    film
}
