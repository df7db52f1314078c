//! The console: somebody signs in once, and opens one list after another.

use crate::bank::Payee;
use crate::load::Caller;
use crate::service::{self, Service};
use crate::workloads::expect;
use anyhow::{Context as _, ensure};
use std::iter::Cycle;
use std::vec::IntoIter;

const EMAIL: &str = "anna@fest.example";
const PASSWORD: &str = "correct-horse-battery";

/// Somebody with a browser who is signed in.
pub(crate) struct Person {
    cookie: String,
}

impl Person {
    /// Adds somebody who may do everything, and signs them in.
    pub(crate) fn signs_in(service: &Service) -> anyhow::Result<Person> {
        let added = service.place.does(&["operator", "add", EMAIL, "--role", "admin"])?;
        let link = url::Url::parse(added["link"].as_str().context("an operator without a link")?)?;
        sends(service, link.path(), &format!("password={PASSWORD}&again={PASSWORD}"))?;
        let answer = sends(service, "/console/sign-in", &format!("email={EMAIL}&password={PASSWORD}"))?;
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        Ok(Person { cookie: cookie.with_context(|| format!("not signed in: {answer}"))?.to_owned() })
    }

    /// So many connections on which this person opens the festival's first page, its lists and the audit log, over and over.
    pub(crate) fn readers(&self, connections: usize) -> Vec<Box<dyn Caller>> {
        let festival = format!("/console/{}", Payee::live().event);
        let lists = ["payments", "batches", "set-up/terminals"].map(|list| format!("{festival}/{list}"));
        let pages = [festival, "/console/log".to_owned()].into_iter().chain(lists);
        let cookie = &self.cookie;
        let ask = |page: String| format!("GET {page} HTTP/1.1\r\nhost: bench\r\ncookie: {cookie}\r\n\r\n");
        let requests: Vec<Vec<u8>> = pages.map(|page| ask(page).into_bytes()).collect();
        let reader = |number: usize| {
            let mut requests = requests.clone();
            let turn = number % requests.len();
            requests.rotate_left(turn);
            Box::new(Reader { requests: requests.into_iter().cycle() }) as Box<dyn Caller>
        };
        (0..connections).map(reader).collect()
    }
}

/// Reads page after page.
struct Reader {
    requests: Cycle<IntoIter<Vec<u8>>>,
}

impl Caller for Reader {
    fn next(&mut self) -> Option<Vec<u8>> {
        self.requests.next()
    }

    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
        expect(status, 200, body, "read")
    }
}

/// Sends a form that is taken; the answer, which leads on.
fn sends(service: &Service, path: &str, form: &str) -> anyhow::Result<String> {
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\nsec-fetch-site: same-origin\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    let answer = service::ask(service.address, request.as_bytes())?;
    ensure!(answer.starts_with("HTTP/1.1 303 "), "a form was refused: {answer}");
    Ok(answer)
}
