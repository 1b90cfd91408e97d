//! What makes two spellings the same: keys that lie beside names and addresses in the database, made here and nowhere
//! else, because databases disagree about Unicode.

use std::collections::BTreeSet;

use allowance_values::Email;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A key has at most so many characters: an index must hold it.
const MAX_KEY_CHARS: usize = 200;

/// The key by which an address is unique: compatibility forms and case do not count, marks do.
#[must_use]
pub fn email_key(email: &Email) -> String {
    email
        .as_str()
        .nfkc()
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect()
}

/// The key by which names sort and are unique: neither compatibility forms nor case nor marks nor runs of blanks count.
///
/// Case is folded by way of capitals, because they bring together what small letters keep apart: "ß" and "ss", the two
/// sigmas. Some capitals exist only in parts, so the text is taken apart before and put together after.
#[must_use]
pub fn name_key(name: &str) -> String {
    let capitals = name
        .nfkd()
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase);
    let bare = capitals
        .flat_map(char::to_lowercase)
        .nfkd()
        .filter(|&c| !is_combining_mark(c));
    let key: String = bare.nfkc().collect();
    key.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(MAX_KEY_CHARS)
        .collect()
}

/// The words by whose beginnings a person is found: those of the name, whole and in parts ("o'brien", "o", "brien"), and
/// the address, whole and the parts before the `@`.
#[must_use]
pub fn tokens(name: &str, email: &Email) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    let mut add = |word: &str, parted: &str| {
        tokens.insert(word.to_owned());
        tokens.extend(
            parted
                .split(|c: char| !c.is_alphanumeric())
                .filter(|part| !part.is_empty())
                .map(str::to_owned),
        );
    };
    for word in search_words(name) {
        add(&word, &word);
    }
    for word in search_words(email.as_str()) {
        add(
            &word,
            word.rsplit_once('@').map_or(word.as_str(), |(local, _)| local),
        );
    }
    tokens
}

/// The words somebody typed into a search field, each of which must begin a token.
#[must_use]
pub fn search_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in name_key(&text.replace(['’', 'ʼ'], "'")).split(' ') {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        if !word.is_empty() && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn email(text: &str) -> Email {
        text.parse().unwrap()
    }

    #[test]
    fn case_and_width_do_not_make_another_address_but_an_accent_does() {
        let key = |text: &str| email_key(&email(text));
        assert_eq!(
            key("François0@Adventure-Works.com"),
            key("françois0@adventure-works.com")
        );
        assert_eq!(key("ＡＢＣ@x.org"), key("abc@x.org"));
        assert_ne!(key("francois0@x.org"), key("françois0@x.org"));
        // Written in one character or in two, it is one address.
        assert_eq!(key("Franc\u{327}ois@x.org"), key("FRANÇOIS@x.org"));
    }

    #[test]
    fn names_that_look_alike_share_a_key() {
        for (text, key) in [
            ("  Zoë  ÅKERMAN ", "zoe akerman"),
            ("Straße", "strasse"),
            ("STRAẞE", "strasse"),
            ("ﬁnance", "finance"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("οδυσσευς", "οδυσσευσ"),
            ("İpek IŞIK", "ipek isik"),
            ("김민준", "김민준"),
            ("李小龙", "李小龙"),
            ("Ｔａｒｏ", "taro"),
            ("Nguyễn", "nguyen"),
        ] {
            assert_eq!(name_key(text), key, "{text}");
        }
    }

    #[test]
    fn a_person_is_found_by_every_word_they_are_known_by() {
        let tokens = tokens(
            "Seán O’Brien-Smith (Müller), Dr.",
            &email("sean.obrien@acme.example"),
        );
        let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
        assert_eq!(
            words,
            [
                "brien",
                "dr",
                "muller",
                "o",
                "o'brien-smith",
                "obrien",
                "sean",
                "sean.obrien@acme.example",
                "smith"
            ]
        );
        assert_eq!(search_words(" MÜLLER, seán  sean "), ["muller", "sean"]);
        assert!(search_words(" -- ,").is_empty());
    }

    #[test]
    fn every_character_has_a_settled_key() {
        for c in char::MIN..='\u{1FFFF}' {
            let key = name_key(&format!("a{c}"));
            assert_eq!(name_key(&key), key, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn keys_are_settled_and_bounded(text in any::<String>()) {
            let key = name_key(&text);
            prop_assert_eq!(&name_key(&key), &key);
            prop_assert!(key.chars().count() <= MAX_KEY_CHARS);
        }

        #[test]
        fn whatever_case_is_typed_finds_the_name(name in "\\PC{1,40}") {
            let tokens = tokens(&name, &email("a@b.example"));
            let found = |query: &str| search_words(query).iter().all(|word| {
                tokens.iter().any(|token| token.starts_with(word.as_str()))
            });
            prop_assert!(found(&name));
            prop_assert!(found(&name.to_uppercase()) && found(&name.to_lowercase()));
        }
    }
}
