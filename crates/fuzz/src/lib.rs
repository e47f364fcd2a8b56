//! Texts for fuzzing whatever reads what strangers send: arbitrary ones, and ones that were valid
//! before they were damaged, which get further.
//!
//! The tests of this crate say what must hold for every text. `cargo test` tries a few of them,
//! `./build.sh verify` a minute of each file; `PROPTEST_CASES` says how many.

use proptest::prelude::*;
use proptest::sample::Index;

/// As many cases as the environment says, and no files about those that failed.
pub fn configuration() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Any bytes, as the text that a server makes of them.
pub fn arbitrary() -> impl Strategy<Value = String> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..300);
    prop_oneof![bytes.prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()), "[ -~]{0,200}"]
}

/// One of these texts after up to four changes.
pub fn damaged(valid: Vec<String>) -> impl Strategy<Value = String> {
    let changes = proptest::collection::vec((any::<Index>(), change()), 0..=4);
    (proptest::sample::select(valid), changes).prop_map(|(text, changes)| {
        let mut characters: Vec<char> = text.chars().collect();
        for (place, change) in changes {
            let place = place.index(characters.len() + 1);
            change.apply(&mut characters, place);
        }
        characters.into_iter().collect()
    })
}

/// What happens to a text in one place.
#[derive(Clone, Debug)]
enum Change {
    Insert(String),
    Remove(usize),
    /// What follows is written twice.
    Repeat(usize),
    End,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => "[\"\\\\{}\\[\\]():;,=/RPTZ0-9a-z+-]{1,3}".prop_map(Change::Insert),
        1 => any::<char>().prop_map(|character| Change::Insert(character.into())),
        1 => proptest::sample::select(vec!["18446744073709551616", "-1", "1e999", "null", "\u{0}"])
            .prop_map(|text| Change::Insert(text.to_owned())),
        3 => (1_usize..4).prop_map(Change::Remove),
        1 => (1_usize..30).prop_map(Change::Repeat),
        1 => Just(Change::End),
    ]
}

impl Change {
    fn apply(self, text: &mut Vec<char>, place: usize) {
        let until = |length: usize| text.len().min(place + length);
        match self {
            Self::Insert(new) => drop(text.splice(place..place, new.chars())),
            Self::Remove(length) => drop(text.drain(place..until(length))),
            Self::Repeat(length) => {
                let again = text[place..until(length)].to_vec();
                text.splice(place..place, again);
            }
            Self::End => text.truncate(place),
        }
    }
}
