//! Files of a batch that a module follows: counted while they come, saved whole, lost half-way, asked for without a session.

use super::browser::Browser;
use super::console::{ends_session, signs_in};
use super::festival::Festival;
use super::harness::{run, wait_for};
use crate::desk::on_one_engine;
use serde_json::json;
use std::path::Path;

/// A line that brings three bytes at a time, so that it cuts every mark that is counted. While `window.loses` is set it
/// breaks half-way.
const THIN_LINE: &str = "
    const asks = window.fetch;
    window.fetch = async (...args) => {
        const answer = await asks(...args);
        const bytes = new Uint8Array(await answer.arrayBuffer());
        const end = window.loses ? bytes.length / 2 : bytes.length;
        let at = 0;
        const body = new ReadableStream({ pull(line) {
            if (at < end) line.enqueue(bytes.slice(at, at += 3));
            else if (window.loses) line.error(new TypeError('network error'));
            else line.close();
        } });
        return new Response(body, answer);
    };";

/// Touches a link, and nothing more.
async fn takes(browser: &Browser, link: &str) {
    browser.runs("document.querySelector(arguments[0]).click()", json!([link])).await;
}

/// A file, once it is there.
fn read(folder: &Path, name: &str) -> Vec<u8> {
    let file = folder.join(name);
    wait_for(name, || std::fs::read(&file).ok().filter(|bytes| !bytes.is_empty()))
}

#[test]
fn a_file_is_saved_whole_and_says_how_far_it_is() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let batch = desk.issues(24);
            let browser = signs_in(desk, &server, "olga@festival.example", "organiser").await;
            let kept = desk.path("kept");
            std::fs::create_dir(&kept).unwrap();
            browser.keeps_downloads_in(&kept).await;
            browser.prepares_pages_with(THIN_LINE).await;
            let path = format!("/console/summer/batches/{batch}?layout=a4-band-25&printer=");
            browser.goes_to(&format!("{}{path}", server.url)).await;

            let list = "a[href$='codes.csv']";
            browser.runs("window.loses = true", json!([])).await;
            takes(&browser, list).await;
            let lost =
                ["List (CSV): the connection was lost at row ", " of 24, and nothing is saved. Try again."];
            browser.says("[data-over=lost]", &lost).await;
            browser.runs("window.loses = false", json!([])).await;
            assert!(!kept.join(format!("summer-{batch}-codes.csv")).exists());

            for (link, said, file) in [
                (list, "List (CSV): complete, 24 rows", "codes.csv"),
                ("a[href$='codes.zip']", "Pictures of the codes (ZIP): complete, 96 pictures", "codes.zip"),
                ("a.button[href*='sheet.pdf']", "PDF on a4-band-25: complete, 3 pages", "a4-band-25.pdf"),
                ("a.button[href$='manifest.json']", "complete, 24 pieces", "manifest.json"),
            ] {
                takes(&browser, link).await;
                browser.says("[data-over=complete]", &[said]).await;
                read(&kept, &format!("summer-{batch}-{file}"));
            }
            // The same as the command line writes, to the last byte.
            let files = ["--out", "a4-band-25.pdf", "--csv", "codes.csv", "--zip", "codes.zip"];
            desk.does(&[&["sheet", &batch, "--layout", "a4-band-25"], &files[..]].concat());
            for file in ["a4-band-25.pdf", "codes.csv", "codes.zip"] {
                let saved = read(&kept, &format!("summer-{batch}-{file}"));
                assert!(saved == std::fs::read(desk.path(file)).unwrap(), "{file} is another one");
            }
            browser.goes_to(&format!("{}/console/log?what=batch:{batch}", server.url)).await;
            let log = browser.reads("table.log").await;
            for (noted, times) in [
                ("code list downloaded", 2),
                ("code pictures downloaded", 1),
                ("sheet downloaded", 1),
                ("manifest downloaded", 1),
            ] {
                assert_eq!(log.matches(noted).count(), times, "{noted}: {log}");
            }

            browser.goes_to(&format!("{}{path}", server.url)).await;
            ends_session(&server, &browser).await;
            takes(&browser, list).await;
            let signs_in = "return location.pathname === '/console/sign-in'";
            browser.waits_for("the page to sign in", signs_in, json!([])).await;
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}
