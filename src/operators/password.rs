//! Passwords: Argon2id with the parameters its authors recommend, off the threads that serve requests.

use super::{Email, OperatorError};
use crate::db;
use argon2::Argon2;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Longest password, in characters: more adds nothing and costs time to read.
pub const PASSWORD_CHARS_MAX: usize = 200;
/// Hashes computed at once. Each takes 19 MiB and a core for a while: a flood of sign-ins must not take the machine
/// away from the bars.
const HASHES_AT_ONCE: usize = 1;
/// Hashes that wait for their turn: a second of work. Whoever comes then is told to come again.
const HASHES_WAITING_MAX: usize = 32;

static HASHING: Semaphore = Semaphore::const_new(HASHES_AT_ONCE);
static WAITING: Semaphore = Semaphore::const_new(HASHES_WAITING_MAX);

/// The hash of a password nobody has: verified against when there is no other, so that an unknown address takes as
/// long as a wrong password.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash_now("nobody's password"));

/// Words that are guessed first for a person here, besides their address.
const SERVICE: &str = "polsband";
/// Shortest part of an address that is looked for in a password.
const NAME_CHARS_MIN: usize = 4;

/// Refuses a password that is too short or too long, and one that is guessed first, as NIST SP 800-63B has it: blanks, a
/// row of one letter or of neighbours, and what is in the main the person's address or this service's name.
///
/// # Errors
/// [`OperatorError::PasswordTooShort`], [`OperatorError::PasswordTooLong`] or [`OperatorError::PasswordGuessable`].
pub fn check(password: &str, email: &Email) -> Result<(), OperatorError> {
    check_length(password)?;
    if password.trim().is_empty() {
        return Err(OperatorError::PasswordGuessable("a password has more than blanks"));
    }
    let own = without_names(password, email);
    if own.chars().count() < PASSWORD_CHARS_MIN {
        return Err(OperatorError::PasswordGuessable(
            "your address and the name Polsband are guessed first: without them this password is too short",
        ));
    }
    if is_row(&own) {
        return Err(OperatorError::PasswordGuessable(
            "one letter again and again, or letters or digits in a row, are guessed first",
        ));
    }
    Ok(())
}

/// The password in lower case without the parts of the address and the name of the service, the longest first.
fn without_names(password: &str, email: &Email) -> String {
    let (local, domain) = email.as_str().rsplit_once('@').unwrap_or((email.as_str(), ""));
    let parts = email.as_str().split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut names: Vec<&str> = [email.as_str(), local, domain, SERVICE].into_iter().chain(parts).collect();
    names.retain(|name| name.len() >= NAME_CHARS_MIN);
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.iter().fold(password.to_lowercase(), |rest, name| rest.replace(*name, ""))
}

/// Whether each character is the one before it again or a neighbour of it; 9 and 0 are neighbours.
fn is_row(text: &str) -> bool {
    let codes: Vec<u32> = text.chars().map(u32::from).collect();
    let is_next = |pair: &[u32]| {
        let wraps = [u32::from('0'), u32::from('9')].iter().all(|end| pair.contains(end));
        wraps || pair[0].abs_diff(pair[1]) <= 1
    };
    codes.windows(2).all(is_next)
}

fn check_length(password: &str) -> Result<(), OperatorError> {
    match password.chars().take(PASSWORD_CHARS_MAX + 1).count() {
        0..PASSWORD_CHARS_MIN => Err(OperatorError::PasswordTooShort),
        PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX => Ok(()),
        _ => Err(OperatorError::PasswordTooLong),
    }
}

/// The stored form of a password, in the PHC string format.
///
/// # Errors
/// [`OperatorError::Busy`].
pub(super) async fn hash(password: &str) -> Result<String, OperatorError> {
    let password = password.to_owned();
    aside(move || hash_now(&password)).await
}

/// Whether `password` is the one behind `stored`; against no stored hash it never is, and takes as long.
pub(super) async fn verify(password: &str, stored: Option<String>) -> Result<bool, OperatorError> {
    // What can't have been set is compared all the same, cut to what can.
    let fits = check_length(password).is_ok();
    let password: String = password.chars().take(PASSWORD_CHARS_MAX).collect();
    aside(move || {
        let is_somebodys = stored.is_some() && fits;
        let stored = stored.as_deref().unwrap_or(&NOBODYS);
        match Argon2::default().verify_password(password.as_bytes(), stored) {
            Ok(()) => Ok(is_somebodys),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(_) => Err(db::Error::Corrupt("a password hash that can't be read".to_owned()).into()),
        }
    })
    .await?
}

fn hash_now(password: &str) -> String {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.expect("the recommended parameters hash any password of bounded length").to_string()
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, OperatorError> {
    let _place = WAITING.try_acquire().map_err(|_| OperatorError::Busy)?;
    // Goes with the work: a caller who hangs up must not let the next one in beside it.
    let turn = HASHING.acquire().await.expect("this semaphore is never closed");
    let working = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    Ok(working.await.expect("hashing does not panic"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_argon2id_hash_only() {
        let stored = hash("correct horse battery").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hash("correct horse battery").await.unwrap(), "each hash has a salt of its own");
        assert!(verify("correct horse battery", Some(stored.clone())).await.unwrap());
        assert!(!verify("correct horse batterY", Some(stored.clone())).await.unwrap());
        assert!(!verify("", Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_the_password_that_stands_in_for_a_missing_one() {
        assert!(!verify("nobody's password", None).await.unwrap());
        assert!(!verify(&"x".repeat(1_000_000), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_stored_hash_that_can_not_be_read_is_said() {
        let error = verify("correct horse battery", Some("plain".to_owned())).await.unwrap_err();
        assert!(error.to_string().contains("a password hash"), "{error}");
    }

    #[test]
    fn a_password_has_12_to_200_characters_of_any_kind() {
        let check = |text: &str| check(text, &"anna@bar.example".parse().unwrap());
        assert!(check(&"éa".repeat(PASSWORD_CHARS_MIN / 2)).is_ok());
        assert!(check(&"éa".repeat(PASSWORD_CHARS_MAX / 2)).is_ok());
        assert!(matches!(check("eleven char"), Err(OperatorError::PasswordTooShort)));
        assert!(matches!(check(&"x".repeat(201)), Err(OperatorError::PasswordTooLong)));
    }

    #[test]
    fn what_is_guessed_first_is_refused_and_says_why() {
        let email = "anna.de-wit@festival.example".parse().unwrap();
        for (wrong, why) in [
            ("            ", "blanks"),
            ("\u{a0}\t          ", "blanks"),
            ("aaaaaaaaaaaa", "again and again"),
            ("éééééééééééé", "again and again"),
            ("123456789012", "in a row"),
            ("lkjihgfedcba", "in a row"),
            ("ABCDEFGHIJKLM", "in a row"),
            ("anna.de-wit@festival.example", "your address"),
            ("Anna.De-Wit@Festival.example2027!", "your address"),
            ("festival-2027", "your address"),
            ("PolsbandPolsband1", "the name Polsband"),
            ("polsband111111111111", "again and again"),
        ] {
            let refused = check(wrong, &email).unwrap_err().to_string();
            assert!(refused.contains(why), "{wrong:?}: {refused}");
        }
        for right in
            ["correct horse battery", "my polsband opens at seven", "112358132134", "anna has a red bike"]
        {
            assert!(check(right, &email).is_ok(), "{right}");
        }
    }

    #[tokio::test]
    async fn a_password_of_before_still_opens() {
        let stored = hash("aaaaaaaaaaaa").await.unwrap();
        assert!(verify("aaaaaaaaaaaa", Some(stored)).await.unwrap());
    }
}
