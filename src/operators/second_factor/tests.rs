//! The second factor on both engines: turned on, asked, refused, replayed, recovered, turned off.

use super::*;
use crate::audit_log::store::{PAGE_MAX, page};
use crate::db::testing::on_both_engines;
use crate::operators::{Entered, Role, add, by_session, remove, set_password, sign_in};

const PASSWORD: &str = "correct horse battery";
const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

fn keys() -> KeyFile {
    KeyFile::from_secret([7; 32])
}

fn root() -> Actor {
    Actor::CommandLine("root".to_owned())
}

async fn settled(store: &Store, email: &str) -> Operator {
    let invitation = add(store, &root(), NOW, &email.parse().unwrap(), Role::Admin).await.unwrap();
    set_password(store, NOW, invitation.link.reveal(), PASSWORD).await.unwrap()
}

/// What the phone was given.
async fn phone(store: &Store, operator: &Operator) -> TotpSecret {
    begin_second_factor(store, &keys(), NOW, operator).await.unwrap();
    let shown = new_factor(store, &keys(), operator).await.unwrap().unwrap();
    assert!(shown.uri.starts_with("otpauth://totp/Polsband:") && shown.uri.contains(&shown.text));
    let bytes = data_encoding::BASE32_NOPAD.decode(shown.text.as_bytes()).unwrap();
    TotpSecret::from_bytes(&bytes).unwrap()
}

/// Somebody whose codes are on, their phone and their recovery codes.
async fn with_codes(store: &Store, email: &str) -> (Operator, TotpSecret, Vec<String>) {
    let operator = settled(store, email).await;
    let phone = phone(store, &operator).await;
    let recovery = confirm_second_factor(store, &keys(), NOW, &operator, &phone.code_at(NOW)).await.unwrap();
    (operator, phone, recovery)
}

async fn half_way(store: &Store, email: &str) -> HalfWay {
    match sign_in(store, NOW, email, PASSWORD).await.unwrap() {
        Some(Entered::HalfWay(half)) => half,
        other => panic!("{other:?}"),
    }
}

async fn enters(store: &Store, half: &HalfWay, at: Timestamp, code: &str) -> bool {
    let signed_in = finish_sign_in(store, &keys(), at, half, code).await.unwrap();
    if let Some(signed_in) = &signed_in {
        assert!(by_session(store, at, signed_in.session.reveal()).await.unwrap().is_some());
    }
    signed_in.is_some()
}

fn later(seconds: u64) -> Timestamp {
    NOW.after(Duration::from_secs(seconds))
}

#[tokio::test]
async fn codes_are_asked_once_a_first_one_was_right_and_not_before() {
    on_both_engines(async |store| {
        let anna = settled(&store, "anna@bar.example").await;
        let state = async || second_factor(&mut store.read().await.unwrap(), anna.id).await.unwrap();
        assert_eq!(state().await, SecondFactor::Off);
        let phone = phone(&store, &anna).await;
        assert_eq!(state().await, SecondFactor::Begun);
        let entered = sign_in(&store, NOW, "anna@bar.example", PASSWORD).await.unwrap();
        assert!(matches!(entered, Some(Entered::SignedIn(_))), "nothing is asked before it is confirmed");
        let wrong = confirm_second_factor(&store, &keys(), NOW, &anna, "000000").await;
        assert!(matches!(wrong, Err(OperatorError::WrongCode)));
        let code = phone.code_at(NOW);
        let recovery = confirm_second_factor(&store, &keys(), NOW, &anna, &code).await.unwrap();
        assert_eq!(recovery.len(), RECOVERY_CODES);
        assert_eq!(state().await, SecondFactor::On { since: NOW, recovery_left: 10 });
        assert!(new_factor(&store, &keys(), &anna).await.unwrap().is_none(), "the secret is shown no more");
        let again = begin_second_factor(&store, &keys(), NOW, &anna).await;
        assert!(matches!(again, Err(OperatorError::SecondFactorIsOn)));
        let half = half_way(&store, "anna@bar.example").await;
        assert!(!enters(&store, &half, later(30), "").await);
        assert!(enters(&store, &half, later(30), &phone.code_at(later(30))).await);
        let wrong = sign_in(&store, NOW, "anna@bar.example", "another one").await.unwrap();
        assert!(matches!(wrong, Some(Entered::Refused(_))));
    })
    .await;
}

#[tokio::test]
async fn a_code_is_taken_once_and_none_before_it_any_more() {
    on_both_engines(async |store| {
        let (_, phone, _) = with_codes(&store, "anna@bar.example").await;
        let half = half_way(&store, "anna@bar.example").await;
        assert!(!enters(&store, &half, NOW, &phone.code_at(NOW)).await, "it confirmed the phone");
        let (first, second) = (phone.code_at(later(30)), phone.code_at(later(60)));
        assert!(enters(&store, &half, later(45), &format!(" {} {}", &second[..3], &second[3..])).await);
        assert!(!enters(&store, &half, later(60), &second).await);
        assert!(!enters(&store, &half, later(45), &first).await, "a later one was taken");
        assert!(!enters(&store, &half, later(200), &phone.code_at(later(120))).await, "too old");
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_is_good_once_and_only_for_its_owner() {
    on_both_engines(async |store| {
        let (anna, _, recovery) = with_codes(&store, "anna@bar.example").await;
        let (_, _, berts) = with_codes(&store, "bert@bar.example").await;
        let half = half_way(&store, "anna@bar.example").await;
        assert!(!enters(&store, &half, NOW, &berts[0]).await);
        assert!(enters(&store, &half, NOW, &recovery[3].to_lowercase()).await);
        assert!(!enters(&store, &half, NOW, &recovery[3]).await);
        let state = second_factor(&mut store.read().await.unwrap(), anna.id).await.unwrap();
        assert_eq!(state, SecondFactor::On { since: NOW, recovery_left: 9 });
    })
    .await;
}

#[tokio::test]
async fn it_is_turned_off_with_the_password_or_reset_by_an_admin_which_the_log_keeps() {
    on_both_engines(async |store| {
        let (anna, ..) = with_codes(&store, "anna@bar.example").await;
        let (bert, phone, _) = with_codes(&store, "bert@bar.example").await;
        let refused = end_second_factor(&store, NOW, &anna, "another one").await;
        assert!(matches!(refused, Err(OperatorError::WrongPassword)));
        end_second_factor(&store, NOW, &anna, PASSWORD).await.unwrap();
        for was_on in [true, false] {
            let reset = reset_second_factor(&store, &anna.actor(), NOW, &bert.email).await;
            assert_eq!(reset.unwrap(), was_on);
        }
        for email in ["anna@bar.example", "bert@bar.example"] {
            let entered = sign_in(&store, NOW, email, PASSWORD).await.unwrap();
            assert!(matches!(entered, Some(Entered::SignedIn(_))));
        }
        let half = HalfWay::of(bert.id, "a hash");
        assert!(!enters(&store, &half, later(30), &phone.code_at(later(30))).await);
        with_codes(&store, "carl@bar.example").await;
        remove(&store, &root(), NOW, &"carl@bar.example".parse().unwrap()).await.unwrap();
        let entries = page(&mut store.read().await.unwrap(), None, None, PAGE_MAX).await.unwrap();
        let logged = |action: &str, actor: &str| {
            entries.iter().any(|entry| entry.action == action && entry.actor == actor)
        };
        assert!(logged("operator turned codes on", "operator:bert@bar.example"));
        assert!(logged("operator turned codes off", "operator:anna@bar.example"));
        assert!(logged("operator's codes reset", "operator:anna@bar.example"));
    })
    .await;
}

#[tokio::test]
async fn what_is_half_way_ends_with_its_time_and_with_another_password() {
    on_both_engines(async |store| {
        let (anna, phone, _) = with_codes(&store, "anna@bar.example").await;
        let half = half_way(&store, "anna@bar.example").await;
        let sealed = half.seal(&keys(), NOW);
        assert_eq!(HalfWay::open(&keys(), &sealed, later(599)), Some(half.clone()));
        assert_eq!(HalfWay::open(&keys(), &sealed, later(600)), None);
        assert_eq!(HalfWay::open(&KeyFile::from_secret([8; 32]), &sealed, NOW), None);
        assert_eq!(HalfWay::open(&keys(), "", NOW), None);
        let new = "another horse battery";
        crate::operators::change_password(&store, NOW, &anna, PASSWORD, new).await.unwrap();
        assert!(!enters(&store, &half, later(30), &phone.code_at(later(30))).await);
    })
    .await;
}
