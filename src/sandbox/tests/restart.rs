//! What a data folder keeps.

use super::*;
use crate::sandbox::SandboxError;
use std::io::Write;
use std::time::Duration;

#[tokio::test]
async fn a_restart_keeps_payments_keys_profiles_and_waiting_callbacks() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::start_in(Some(folder.path())).await;
    let id = bank.paid(json!({})).await;
    let shown = bank.details(&id).await;
    bank.faults(json!({ "rotate_keys": "keep" }));
    bank.receiver.answers(&[503]);
    bank.paid(json!({})).await;
    let keys = bank.key_set().await;
    let Bank { sandbox, clock, receiver, callback_url } = bank;
    drop(sandbox);

    clock.advance(Duration::from_secs(3));
    let sandbox = open(Some(folder.path()), &clock);
    let bank = Bank { sandbox, clock, receiver, callback_url };
    assert_eq!(bank.key_set().await, keys);
    assert_eq!(bank.details(&id).await, shown);
    assert_eq!(bank.search("", None).await.1["totalElements"], 2);
    assert_eq!(bank.sandbox.step().await, 1);
    let came = bank.receiver.came();
    assert_eq!(came.len(), 3);
    assert_eq!(came[1], came[2], "the bytes of the retry differ after a restart");
    let fresh = bank.paid(json!({})).await;
    assert_eq!(bank.search("", None).await.1["totalElements"], 3);
    assert_eq!(bank.details(&fresh).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_line_cut_off_by_a_kill_is_dropped_and_a_damaged_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::start_in(Some(folder.path())).await;
    let id = bank.paid(json!({})).await;
    let clock = bank.clock.clone();
    drop(bank);
    let path = folder.path().join("bancontact.jsonl");
    let append = |text: &[u8]| {
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(text).unwrap();
    };
    append(br#"{"payment":{"payment_id":"half"#);
    let sandbox = open(Some(folder.path()), &clock);
    assert!(sandbox.inner.bancontact.shown(&id).is_some());
    drop(sandbox);

    append(b"{}\n");
    let options = Options { data: Some(folder.path().to_owned()), ..Options::default() };
    let lines = std::fs::read_to_string(&path).unwrap().lines().count();
    match Sandbox::open(options) {
        Err(SandboxError::Damaged { line, .. }) => assert_eq!(line, lines),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn one_folder_serves_one_sandbox_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(festival_evening());
    let first = open(Some(folder.path()), &clock);
    let options = || Options { data: Some(folder.path().to_owned()), ..Options::default() };
    assert!(matches!(Sandbox::open(options()), Err(SandboxError::InUse { .. })));
    drop(first);
    open(Some(folder.path()), &clock);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_with_the_keys_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _sandbox = open(Some(folder.path()), &Clock::manual(festival_evening()));
    let mode = std::fs::metadata(folder.path().join("bancontact.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_file_that_is_mostly_history_is_rewritten_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::start_in(Some(folder.path())).await;
    let id = bank.paid(json!({})).await;
    for _ in 0..10_100 {
        let callback_url = bank.callback_url.clone();
        let again =
            NewProfile { profile_id: PROFILE.to_owned(), callback_url, api_key: None, merchant_name: None };
        bank.sandbox.register_profile(again).unwrap();
    }
    let clock = bank.clock.clone();
    let keys = bank.key_set().await;
    drop(bank);
    let lines = std::fs::read_to_string(folder.path().join("bancontact.jsonl")).unwrap().lines().count();
    assert!(lines < 1000, "{lines} lines");
    let sandbox = open(Some(folder.path()), &clock);
    let shown = sandbox.inner.bancontact.shown(&id).unwrap();
    assert_eq!(shown.callbacks[0].attempts[0].status, Some(200));
    let bank = Bank { sandbox, clock, receiver: Receiver::default(), callback_url: String::new() };
    assert_eq!(bank.key_set().await, keys);
}
