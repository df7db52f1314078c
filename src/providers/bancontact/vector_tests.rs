//! Real messages, signed by the provider in 2019 and 2021, judged at the time they were sent. They are not in this
//! repository: `POLSBAND_VECTORS` names the folder that holds them.

use super::jws::DetachedJws;
use super::key_set::KeySet;
use super::*;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

struct Message {
    key_set: Vec<u8>,
    signature: String,
    body: Vec<u8>,
    profile: ProfileId,
    callback_url: String,
    at: Timestamp,
}

impl Message {
    fn lines(&self, body: &[u8], at: Timestamp) -> Vec<CheckLine> {
        let Message { key_set, signature, profile, callback_url, .. } = self;
        explain(&Evidence { key_set, signature, body, profile, callback_url, at })
    }

    fn failing(&self, body: &[u8], at: Timestamp) -> Vec<&'static str> {
        self.lines(body, at).into_iter().filter(|line| !line.passed).map(|line| line.name).collect()
    }
}

/// The two messages, or `None` when nobody says where they are.
fn messages() -> Option<Vec<Message>> {
    let Some(folder) = std::env::var_os("POLSBAND_VECTORS").map(PathBuf::from) else {
        eprintln!("skipped: set POLSBAND_VECTORS to the folder with the provider's real messages");
        return None;
    };
    let read = |name: String| std::fs::read(folder.join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let messages = ["bancontact-ext-2019", "bancontact-ext-2021"].map(|name| {
        let signature = String::from_utf8(read(format!("{name}.jws"))).unwrap();
        let jws = DetachedJws::parse(signature.trim_end()).unwrap();
        let claim = |name: &str| jws.text(&format!("https://payconiq.com/{name}")).unwrap().to_owned();
        Message {
            key_set: read(format!("{name}.jwks.json")),
            body: read(format!("{name}.body.json")),
            profile: ProfileId(claim("sub")),
            callback_url: claim("path"),
            at: claim("iat").parse().unwrap(),
            signature,
        }
    });
    Some(messages.into())
}

#[test]
fn real_messages_verify_at_their_time_and_a_day_later() {
    for message in messages().into_iter().flatten() {
        for at in [message.at, message.at.after(Duration::from_secs(24 * 3600))] {
            let lines = message.lines(&message.body, at);
            assert!(lines.iter().all(|line| line.passed), "{lines:#?}");
        }
        let early = message.at.before(Duration::from_secs(6 * 60));
        assert_eq!(message.failing(&message.body, early), ["issued-at"]);
    }
}

#[test]
fn real_messages_with_a_changed_body_or_for_somebody_else_do_not_verify() {
    for mut message in messages().into_iter().flatten() {
        let (body, at) = (message.body.clone(), message.at);
        let with_newline = [&body[..], b"\n"].concat();
        let parsed: Value = serde_json::from_slice(&body).unwrap();
        let rewritten = serde_json::to_vec_pretty(&parsed).unwrap();
        for changed in [with_newline, rewritten] {
            assert_eq!(message.failing(&changed, at), ["signature"]);
        }
        message.profile = ProfileId("000000000000000000000001".to_owned());
        message.callback_url.push('/');
        assert_eq!(message.failing(&body, at), ["subject", "path"]);
    }
}

#[test]
fn real_messages_do_not_verify_when_the_payload_is_left_unencoded() {
    for message in messages().into_iter().flatten() {
        let signature = message.signature.trim_end();
        let jws = DetachedJws::parse(signature).unwrap();
        let set = KeySet::parse(&message.key_set).unwrap();
        let key = set.named(jws.text("kid").unwrap()).next().unwrap();
        let header = signature.split('.').next().unwrap();
        assert!(jws.is_by(key, &jws.signing_input(&message.body)));
        assert!(!jws.is_by(key, &[header.as_bytes(), b".", &message.body].concat()));
    }
}
