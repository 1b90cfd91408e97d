//! People: what is known of them and the keys they are found by.

mod keys;

pub use keys::{email_key, name_key, search_words, tokens};
