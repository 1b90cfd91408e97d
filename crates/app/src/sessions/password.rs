//! Passwords: which are accepted, how they are kept, how long a check takes.
//!
//! Hashing is argon2id with its default cost, on threads of its own and a few at a time: it takes memory as well as time.
//! An unknown address costs one check as a known one does.

use std::sync::Arc;

use allowance_values::Email;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::error::{Error, FieldError, Result};

/// So many hashes at once.
const AT_ONCE: usize = 4;

/// Passwords that everybody tries first, in small letters; shorter ones are refused anyway.
const COMMON: &str = include_str!("common_passwords.txt");

/// Makes and checks hashes.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    permits: Arc<Semaphore>,
    /// A hash that no password matches, for addresses that nobody has.
    nobody: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self> {
        let nobody = hash_now(&super::random_token())?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            nobody: nobody.into(),
        })
    }

    /// The hash to keep of a password.
    pub(crate) async fn hash(&self, password: String) -> Result<String> {
        self.aside(move || hash_now(&password)).await?
    }

    /// Which of the hashes the password matches, if any. Always costs at least one check.
    pub(crate) async fn find_match(&self, password: String, hashes: Vec<String>) -> Result<Option<usize>> {
        let nobody = self.nobody.clone();
        self.aside(move || {
            if hashes.is_empty() {
                matches(&password, &nobody);
            }
            hashes.iter().position(|hash| matches(&password, hash))
        })
        .await
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|error| Error::Internal(error.to_string()))?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Error::Internal(error.to_string()))
    }
}

fn hash_now(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash
        .map_err(|error| Error::Internal(error.to_string()))?
        .to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// Whether a new password will do; the lengths are the contract's.
pub(crate) fn check_new_password(pointer: &str, password: &str, email: Option<&Email>) -> Result<()> {
    let length = password.chars().count();
    let small = password.to_lowercase();
    let repeats = password
        .chars()
        .next()
        .is_some_and(|first| password.chars().all(|c| c == first));
    let is_own = email.is_some_and(|email| {
        let address = email.as_str().to_lowercase();
        small == address || address.split('@').next().is_some_and(|local| small == local)
    });
    let detail = if !(8..=128).contains(&length) {
        "Use 8 to 128 characters; 12 or more are better."
    } else if repeats || COMMON.lines().any(|common| common == small) {
        "This password is among the first that everybody tries. Choose another."
    } else if is_own {
        "Do not use the address as the password."
    } else {
        return Ok(());
    };
    Err(Error::Fields(vec![FieldError::invalid(pointer, detail)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        let find = |password: &str| passwords.find_match(password.to_owned(), vec![hash.clone()]);
        assert_eq!(find("correct horse battery").await.unwrap(), Some(0));
        assert_eq!(find("correct horse batterz").await.unwrap(), None);
        assert_eq!(
            passwords.find_match("anything".to_owned(), vec![]).await.unwrap(),
            None
        );
    }

    #[test]
    fn short_common_and_own_passwords_are_refused() {
        let email: Email = "terri.duffy@example.org".parse().unwrap();
        for bad in [
            "short",
            "Password1",
            "aaaaaaaaaaaa",
            "12345678",
            "Terri.Duffy",
            &"x".repeat(129),
        ] {
            assert!(
                check_new_password("/password", bad, Some(&email)).is_err(),
                "{bad}"
            );
        }
        for good in ["correct horse battery", "пароль для всех", "8 chars!"] {
            assert!(
                check_new_password("/password", good, Some(&email)).is_ok(),
                "{good}"
            );
        }
    }
}
