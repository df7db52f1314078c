//! Operators on both engines: invited, signed in, removed; what a proof is worth and until when.

use super::*;
use crate::audit_log::store::{PAGE_MAX, page};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::db::testing::on_both_engines;
use crate::ids::TokenId;
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";
const OTHER: &str = "battery horse correct";
const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

fn root() -> Actor {
    Actor::CommandLine("root".to_owned())
}

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

fn anna() -> Email {
    email("anna@festival.example")
}

async fn invited(store: &Store, role: Role) -> Invitation {
    add(store, &root(), NOW, &anna(), role).await.unwrap()
}

/// Anna with a password.
async fn settled(store: &Store, role: Role) -> Operator {
    let invitation = invited(store, role).await;
    set_password(store, NOW, invitation.link.reveal(), PASSWORD).await.unwrap()
}

async fn signed_in(store: &Store, at: Timestamp, password: &str) -> Option<SignedIn> {
    entered(sign_in(store, at, "anna@festival.example", password).await.unwrap())
}

/// Nobody here is asked for a code.
fn entered(entered: Option<Entered>) -> Option<SignedIn> {
    match entered? {
        Entered::SignedIn(signed_in) => Some(signed_in),
        Entered::HalfWay(_) => panic!("a code is asked for"),
        Entered::Refused(_) => None,
    }
}

/// A token of Anna's.
async fn made(store: &Store) -> Result<NewToken, OperatorError> {
    token(store, &root(), NOW, TokenId::new(), &anna(), &"accounting export".parse().unwrap()).await
}

async fn actions(store: &Store) -> Vec<(String, String)> {
    let mut session = store.read().await.unwrap();
    let mut entries = page(&mut session, None, None, PAGE_MAX).await.unwrap();
    entries.reverse();
    entries.into_iter().map(|entry| (entry.actor, entry.action)).collect()
}

#[tokio::test]
async fn an_invited_person_sets_a_password_and_signs_in() {
    on_both_engines(async |store| {
        let invitation = invited(&store, Role::Organiser).await;
        assert_eq!(invitation.expires_at, NOW.after(LINK_HELD));
        assert!(invitation.link.reveal().starts_with("pbl_"));
        let shown = by_link(&store, NOW, invitation.link.reveal()).await.unwrap();
        assert_eq!(shown.as_ref(), Some(&invitation.operator));
        assert!(signed_in(&store, NOW, PASSWORD).await.is_none(), "there is no password yet");

        set_password(&store, NOW, invitation.link.reveal(), PASSWORD).await.unwrap();
        let signed_in = sign_in(&store, NOW, " Anna@Festival.example", PASSWORD).await.unwrap();
        let signed_in = entered(signed_in).unwrap();
        assert_eq!(signed_in.operator, invitation.operator);
        assert!(signed_in.session.reveal().starts_with("pbs_"));
        let found = by_session(&store, NOW, signed_in.session.reveal()).await.unwrap();
        assert_eq!(found, Some(invitation.operator));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_or_address_signs_nobody_in() {
    on_both_engines(async |store| {
        let anna = settled(&store, Role::Admin).await;
        let huge = "x".repeat(100_000);
        for (address, password, whose) in [
            ("anna@festival.example", OTHER, Some(&anna)),
            ("anna@festival.example", "", Some(&anna)),
            ("anna@festival.example", huge.as_str(), Some(&anna)),
            ("bert@festival.example", PASSWORD, None),
            ("not an address", PASSWORD, None),
            ("", "", None),
            (huge.as_str(), PASSWORD, None),
        ] {
            let refused = match sign_in(&store, NOW, address, password).await.unwrap() {
                Some(Entered::Refused(operator)) => Some(operator),
                None => None,
                other => panic!("{other:?}"),
            };
            assert_eq!(refused.as_ref(), whose);
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_works_once_and_for_a_day() {
    on_both_engines(async |store| {
        let link = invited(&store, Role::Viewer).await.link;
        let late = NOW.after(LINK_HELD);
        assert_eq!(by_link(&store, late, link.reveal()).await.unwrap(), None);
        let refusal = set_password(&store, late, link.reveal(), PASSWORD).await.unwrap_err();
        assert!(matches!(refusal, OperatorError::LinkEnded));

        set_password(&store, NOW, link.reveal(), PASSWORD).await.unwrap();
        let refusal = set_password(&store, NOW, link.reveal(), OTHER).await.unwrap_err();
        assert!(matches!(refusal, OperatorError::LinkEnded));
        assert!(signed_in(&store, NOW, OTHER).await.is_none());
        for unknown in ["", "pbl_", "pbl_0000", &"x".repeat(10_000)] {
            let refusal = set_password(&store, NOW, unknown, PASSWORD).await.unwrap_err();
            assert!(matches!(refusal, OperatorError::LinkEnded));
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_uses_of_a_link_at_once_one_counts() {
    on_both_engines(async |store| {
        let link = invited(&store, Role::Viewer).await.link;
        let (one, two) = tokio::join!(
            set_password(&store, NOW, link.reveal(), PASSWORD),
            set_password(&store, NOW, link.reveal(), OTHER),
        );
        assert_eq!([&one, &two].iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let (works, fails) = if one.is_ok() { (PASSWORD, OTHER) } else { (OTHER, PASSWORD) };
        assert!(signed_in(&store, NOW, works).await.is_some());
        assert!(signed_in(&store, NOW, fails).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_password_that_can_not_be_set_leaves_the_link_and_the_old_one_as_they_are() {
    on_both_engines(async |store| {
        let link = invited(&store, Role::Viewer).await.link;
        let short = set_password(&store, NOW, link.reveal(), "eleven char").await.unwrap_err();
        assert_eq!(short.to_string(), "a password has at least 12 characters");
        let long = set_password(&store, NOW, link.reveal(), &"x".repeat(201)).await.unwrap_err();
        assert_eq!(long.to_string(), "a password has at most 200 characters");
        let own = set_password(&store, NOW, link.reveal(), "anna@festival.example!1").await.unwrap_err();
        assert!(matches!(own, OperatorError::PasswordGuessable(_)), "{own}");
        let anna = set_password(&store, NOW, link.reveal(), PASSWORD).await.unwrap();
        let own = change_password(&store, NOW, &anna, PASSWORD, "Polsband-2027").await.unwrap_err();
        assert!(matches!(own, OperatorError::PasswordGuessable(_)), "{own}");
        assert!(signed_in(&store, NOW, PASSWORD).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_new_link_ends_the_older_one_and_a_new_password_the_old_sessions() {
    on_both_engines(async |store| {
        settled(&store, Role::Finance).await;
        let session = signed_in(&store, NOW, PASSWORD).await.unwrap().session;
        let first = invite(&store, &root(), NOW, &anna()).await.unwrap();
        let second = invite(&store, &root(), NOW, &anna()).await.unwrap();
        assert!(by_link(&store, NOW, first.link.reveal()).await.unwrap().is_none());
        assert!(by_session(&store, NOW, session.reveal()).await.unwrap().is_some(), "not used yet");

        set_password(&store, NOW, second.link.reveal(), OTHER).await.unwrap();
        assert!(by_session(&store, NOW, session.reveal()).await.unwrap().is_none());
        assert!(signed_in(&store, NOW, PASSWORD).await.is_none());
        assert!(signed_in(&store, NOW, OTHER).await.is_some());
        let refusal = invite(&store, &root(), NOW, &email("bert@festival.example")).await.unwrap_err();
        assert_eq!(refusal.to_string(), "there is no operator bert@festival.example");
    })
    .await;
}

#[tokio::test]
async fn a_session_lasts_a_day_or_until_its_person_signs_out() {
    on_both_engines(async |store| {
        settled(&store, Role::Admin).await;
        let one = signed_in(&store, NOW, PASSWORD).await.unwrap();
        let other = signed_in(&store, NOW, PASSWORD).await.unwrap();
        let last = NOW.after(SESSION_HELD - Duration::from_micros(1));
        assert!(by_session(&store, last, one.session.reveal()).await.unwrap().is_some());
        assert!(by_session(&store, one.expires_at, one.session.reveal()).await.unwrap().is_none());

        sign_out(&store, NOW, one.session.reveal()).await.unwrap();
        sign_out(&store, NOW, one.session.reveal()).await.unwrap();
        sign_out(&store, NOW, "pbs_unknown").await.unwrap();
        assert!(by_session(&store, NOW, one.session.reveal()).await.unwrap().is_none());
        assert!(by_session(&store, NOW, other.session.reveal()).await.unwrap().is_some());
        assert!(by_session(&store, NOW, "").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn an_address_is_added_once() {
    on_both_engines(async |store| {
        invited(&store, Role::Organiser).await;
        let same = email("ANNA@festival.example");
        let refusal = add(&store, &root(), NOW, &same, Role::Admin).await.unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "anna@festival.example is an operator already, with the role organiser"
        );
        assert_eq!(list(&mut store.read().await.unwrap()).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_token_has_its_persons_rights_until_it_is_revoked() {
    on_both_engines(async |store| {
        let operator = invited(&store, Role::HelpDesk).await.operator;
        let made = made(&store).await.unwrap();
        assert!(made.token.reveal().starts_with("pbo_"));
        let found = by_token(&store, made.token.reveal()).await.unwrap().unwrap();
        assert_eq!(found, operator);
        assert!(found.may(Right::MoveMedia) && !found.may(Right::Print));

        revoke_token(&store, &root(), NOW, made.id).await.unwrap();
        revoke_token(&store, &root(), NOW, made.id).await.unwrap();
        assert_eq!(by_token(&store, made.token.reveal()).await.unwrap(), None);
        let listed = list(&mut store.read().await.unwrap()).await.unwrap();
        let name = "accounting export".parse().unwrap();
        let info =
            TokenInfo { id: made.id, name, created_at: NOW, last_used_at: None, revoked_at: Some(NOW) };
        assert_eq!(listed, [Listed { operator, has_password: false, tokens: vec![info] }]);
    })
    .await;
}

#[tokio::test]
async fn the_last_use_of_a_token_is_written_once_an_hour_and_never_goes_back() {
    on_both_engines(async |store| {
        invited(&store, Role::Finance).await;
        let token = made(&store).await.unwrap().token;
        let last = async || {
            let listed = list(&mut store.read().await.unwrap()).await.unwrap();
            listed[0].tokens[0].last_used_at
        };
        let (uses, beside) = (TokenUses::default(), TokenUses::default());
        let later = |minutes: u64| NOW.after(Duration::from_secs(60 * minutes));
        uses.note(token.reveal(), NOW);
        assert_eq!(last().await, None, "it waits in memory");
        uses.write(&store).await.unwrap();
        assert_eq!(last().await, Some(NOW));
        for (minutes, noted) in [(1, NOW), (59, NOW), (60, later(60)), (90, later(60)), (121, later(121))] {
            uses.note(token.reveal(), later(minutes));
            uses.write(&store).await.unwrap();
            assert_eq!(last().await, Some(noted), "{minutes} minutes");
        }
        // Another process heard of it earlier and writes later.
        beside.note(token.reveal(), later(100));
        beside.write(&store).await.unwrap();
        assert_eq!(last().await, Some(later(121)));
    })
    .await;
}

#[test]
fn a_tokens_name_is_one_line_that_says_something() {
    let long = "x".repeat(60);
    for (text, name) in [(" an export ", "an export"), ("é", "é"), (long.as_str(), long.as_str())] {
        assert_eq!(text.parse::<TokenName>().unwrap().as_str(), name);
    }
    for wrong in ["", "  ", "two\nlines", &"é".repeat(61)] {
        assert!(wrong.parse::<TokenName>().unwrap_err().to_string().contains("1 to 60 characters"));
    }
}

#[tokio::test]
async fn a_proof_of_one_kind_is_no_proof_of_another() {
    on_both_engines(async |store| {
        let link = invited(&store, Role::Admin).await.link;
        let made = made(&store).await.unwrap().token;
        assert_eq!(by_token(&store, link.reveal()).await.unwrap(), None);
        assert_eq!(by_session(&store, NOW, made.reveal()).await.unwrap(), None);
        assert_eq!(by_link(&store, NOW, made.reveal()).await.unwrap(), None);
        for wrong in ["", "pbo_", "Bearer x", "\0"] {
            assert_eq!(by_token(&store, wrong).await.unwrap(), None);
        }
    })
    .await;
}

#[tokio::test]
async fn tokens_of_unknown_people_and_unknown_tokens_are_refused() {
    on_both_engines(async |store| {
        let refusal = made(&store).await.unwrap_err();
        assert!(matches!(refusal, OperatorError::Unknown(_)));
        let refusal = revoke_token(&store, &root(), NOW, TokenId::new()).await.unwrap_err();
        assert!(matches!(refusal, OperatorError::UnknownToken(_)));
        assert_eq!(actions(&store).await, []);
    })
    .await;
}

#[tokio::test]
async fn another_role_holds_at_once_for_every_proof() {
    on_both_engines(async |store| {
        settled(&store, Role::Admin).await;
        let session = signed_in(&store, NOW, PASSWORD).await.unwrap().session;
        let made = made(&store).await.unwrap().token;
        change_role(&store, &root(), NOW, &anna(), Role::Viewer).await.unwrap();
        for found in [
            by_session(&store, NOW, session.reveal()).await.unwrap(),
            by_token(&store, made.reveal()).await.unwrap(),
        ] {
            assert_eq!(found.unwrap().role, Role::Viewer);
        }
        let bert = email("bert@festival.example");
        let refusal = change_role(&store, &root(), NOW, &bert, Role::Admin).await.unwrap_err();
        assert!(matches!(refusal, OperatorError::Unknown(_)));
    })
    .await;
}

#[tokio::test]
async fn a_removed_person_has_no_proof_left_and_may_be_added_again() {
    on_both_engines(async |store| {
        settled(&store, Role::Admin).await;
        let session = signed_in(&store, NOW, PASSWORD).await.unwrap().session;
        let made = made(&store).await.unwrap().token;
        let link = invite(&store, &root(), NOW, &anna()).await.unwrap().link;
        remove(&store, &root(), NOW, &anna()).await.unwrap();
        assert_eq!(by_session(&store, NOW, session.reveal()).await.unwrap(), None);
        assert_eq!(by_token(&store, made.reveal()).await.unwrap(), None);
        assert_eq!(by_link(&store, NOW, link.reveal()).await.unwrap(), None);
        assert!(signed_in(&store, NOW, PASSWORD).await.is_none());
        let refusal = remove(&store, &root(), NOW, &anna()).await.unwrap_err();
        assert!(matches!(refusal, OperatorError::Unknown(_)));
        invited(&store, Role::Viewer).await;
    })
    .await;
}

#[tokio::test]
async fn what_has_expired_is_purged_and_nothing_else() {
    on_both_engines(async |store| {
        settled(&store, Role::Admin).await;
        let link = invite(&store, &root(), NOW.after(Duration::from_secs(2)), &anna()).await.unwrap().link;
        let old = signed_in(&store, NOW, PASSWORD).await.unwrap();
        let later = NOW.after(Duration::from_secs(1));
        let young = signed_in(&store, later, PASSWORD).await.unwrap();
        assert_eq!(purge(&store, NOW).await.unwrap(), Purged { sessions: 0, links: 0 });
        // Anna's first link was used, and expires with the first session.
        assert_eq!(purge(&store, old.expires_at).await.unwrap(), Purged { sessions: 1, links: 1 });
        assert!(by_session(&store, later, young.session.reveal()).await.unwrap().is_some());
        assert!(by_link(&store, later, link.reveal()).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn everything_a_person_changes_is_in_the_audit_log_once() {
    on_both_engines(async |store| {
        settled(&store, Role::Admin).await;
        let session = signed_in(&store, NOW, PASSWORD).await.unwrap().session;
        let made = made(&store).await.unwrap();
        revoke_token(&store, &root(), NOW, made.id).await.unwrap();
        revoke_token(&store, &root(), NOW, made.id).await.unwrap();
        invite(&store, &root(), NOW, &anna()).await.unwrap();
        change_role(&store, &root(), NOW, &anna(), Role::Viewer).await.unwrap();
        sign_out(&store, NOW, session.reveal()).await.unwrap();
        sign_out(&store, NOW, session.reveal()).await.unwrap();
        signed_in(&store, NOW, OTHER).await;
        remove(&store, &root(), NOW, &anna()).await.unwrap();
        let (line, person) = ("command-line:root", "operator:anna@festival.example");
        let expected = [
            (line, "operator added"),
            (person, "operator set a password"),
            (person, "operator signed in"),
            (line, "operator token made"),
            (line, "operator token revoked"),
            (line, "operator invited"),
            (line, "operator given another role"),
            (person, "operator signed out"),
            (line, "operator removed"),
        ];
        let expected = expected.map(|(actor, action)| (actor.to_owned(), action.to_owned()));
        assert_eq!(actions(&store).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_password_changed_while_it_was_compared_starts_no_session() {
    on_both_engines(async |store| {
        let id = settled(&store, Role::Admin).await.id;
        let known = store::by_email(&mut store.read().await.unwrap(), &anna()).await.unwrap().unwrap();
        let compared = known.password_hash.unwrap();
        let link = invite(&store, &root(), NOW, &anna()).await.unwrap().link;
        set_password(&store, NOW, link.reveal(), OTHER).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        assert!(!store::hold_password(&mut tx, id, &compared).await.unwrap());
    })
    .await;
}
