//! The rules for a new password (NIST SP 800-63B-4 section 3.1.1.2): its length, and no password that a guesser tries early.
//!
//! Fifteen characters, because a console that keeps its work on a computer has the password for its
//! only key. No rule asks for kinds of characters. A passphrase of words that do not belong together
//! is the password to have, so a word of the list is no fault in itself. A password is refused if it
//! is little more than one or two such words or names, a run on the keyboard, or a repetition.

use super::common_passwords::WORDS;
use crate::nouns::Refusal;

/// The shortest password that is taken, in characters.
pub const PASSWORD_MIN: usize = 15;
/// The longest, in bytes, so that no caller sends a megabyte to be hashed.
pub const PASSWORD_MAX: usize = 256;

const LENGTH: &str = "password: 15 to 256 characters";
const GUESSED: &str = "password: one that is not easily guessed: no common words or names with a few characters more, no \
                       repetition, no run on the keyboard; four words that do not belong together are good";

/// How many letters must be left when two words of the list or of the names are taken out.
const LEFT_MIN: usize = 5;
/// How many different words may be all that a password is made of.
const WORDS_MAX: usize = 2;
/// How many different characters there must be.
const DIFFERENT_MIN: usize = 6;
/// The shortest part of a name that is looked for.
const NAME_MIN: usize = 3;
/// Which runs are looked for, forwards and backwards, and round their ends.
const RUNS: [&str; 8] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "1q2w3e4r5t6z7u8i9o0p",
];

/// Checks a new password. `names` are those of its owner and of the practice, with the e-mail address.
///
/// # Errors
/// [`Refusal::OutOfBounds`] names the rule, and nothing of the password.
pub fn check(password: &str, names: &[&str]) -> Result<(), Refusal> {
    if password.chars().count() < PASSWORD_MIN || password.len() > PASSWORD_MAX {
        return Err(Refusal::OutOfBounds(LENGTH));
    }
    let plain: String =
        password.chars().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect();
    // What is mostly signs is no word with a sign behind it.
    let is_of_signs = plain.chars().count() * 2 < password.chars().count();
    let is_guessed = has_few_characters(password)
        || repeats(password)
        || (!is_of_signs && (is_a_run(&plain) || repeats(&plain) || is_of_words(password, names)));
    if is_guessed { Err(Refusal::OutOfBounds(GUESSED)) } else { Ok(()) }
}

fn has_few_characters(text: &str) -> bool {
    let mut different: Vec<char> = text.chars().collect();
    different.sort_unstable();
    different.dedup();
    different.len() < DIFFERENT_MIN
}

/// Whether a text is one shorter text again and again; the last time may be cut short.
fn repeats(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=letters.len() / 2)
        .any(|period| letters.iter().skip(period).eq(letters.iter().take(letters.len() - period)))
}

/// Whether two letters of three stand beside one another on a keyboard or in the alphabet.
fn is_a_run(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    RUNS.iter().any(|run| {
        let places: Vec<Option<usize>> =
            letters.iter().map(|letter| run.chars().position(|at| at == *letter)).collect();
        let len = run.chars().count();
        let beside = places.windows(2).filter(|pair| match pair {
            [Some(one), Some(other)] => (one + 1) % len == *other || (other + 1) % len == *one,
            _ => false,
        });
        beside.count() * 3 >= letters.len() * 2
    })
}

/// Whether little is left without the digits and signs at the ends and one or two words.
fn is_of_words(password: &str, names: &[&str]) -> bool {
    let core = letters_of(&password.trim_matches(|letter: char| !letter.is_alphabetic()).to_lowercase());
    let names: Vec<String> = names.iter().flat_map(|name| parts(name)).collect();
    let mut words: Vec<&str> = WORDS.split(' ').chain(names.iter().map(String::as_str)).collect();
    // The longest first: what is a part of it is not looked for any more.
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let (mut left, mut taken) = (core, 0);
    for word in words {
        if left.contains(word) {
            // A sign in its place, so that what stood beside it makes no new word.
            left = left.replace(word, " ");
            taken += 1;
        }
    }
    let left = left.chars().filter(|letter| *letter != ' ').count();
    taken <= WORDS_MAX && left < LEFT_MIN
}

/// The parts of a name or an address, and the whole without its gaps.
fn parts(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let split = name.split(|letter: char| !letter.is_alphanumeric());
    let whole: String = name.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let parts = split.map(letters_of).chain([letters_of(&whole), letters_of(&name)]);
    parts.filter(|part| part.chars().count() >= NAME_MIN).collect()
}

/// Letters alone, with those that digits and signs stand for.
fn letters_of(text: &str) -> String {
    let letter = |sign| match sign {
        '0' => Some('o'),
        '1' | '!' => Some('i'),
        '3' => Some('e'),
        '4' | '@' => Some('a'),
        '5' | '$' => Some('s'),
        '7' => Some('t'),
        '8' => Some('b'),
        '9' => Some('g'),
        letter if letter.is_alphabetic() => Some(letter),
        _ => None,
    };
    text.chars().filter_map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] =
        ["ada.berg@practice-by-the-lake.example", "Ada Berg-Hinterhuber", "Practice by the Lake"];

    #[test]
    fn a_password_that_guessers_try_early_is_refused() {
        for guessed in [
            "aaaaaaaaaaaaaaa",
            "121212121212121",
            "123456789012345",
            "987654321098765",
            "abcdefghijklmno",
            "qwertyuiopasdfg",
            "1qaz2wsx3edc4rfv",
            "password1234567",
            "Passwort20262026",
            "P4ssw0rdP4ssw0rd",
            "!!!Password!!!123",
            "p@$$word1234567",
            "welcomewelcome12",
            "MeinHundMeinHund",
            "sunshine-princess",
            "Sommer2026Winter2027",
            "ada.berg@practice-by-the-lake.example",
            "Hinterhuber20261224",
            "adahinterhuber1",
            "refrain-refrain-refrain",
            "correct horse battery staple",
            "TherapieTherapie1",
        ] {
            let refused = check(guessed, &NAMES);
            assert!(matches!(refused, Err(Refusal::OutOfBounds(GUESSED))), "{guessed}: {refused:?}");
        }
    }

    #[test]
    fn a_password_of_good_length_is_taken_whatever_kinds_of_characters_it_has() {
        for good in [
            "velvet thunder ladder nine",
            "drei nasse Esel im Keller",
            "a long sentence that only tests know",
            "tulip monkey gravel sunshine",
            "kX9#vQ2$mL7!pR4z",
            "gfhzrkwnqbvtmjs",
            "ein Satz über Ada, den keiner sonst kennt",
            "наше дело не так однозначно",
        ] {
            assert!(check(good, &NAMES).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_password_has_15_to_256_characters() {
        for wrong in ["gfhzrkwnqbvtmj".to_owned(), "velvet thunder ".repeat(18)] {
            assert!(matches!(check(&wrong, &[]), Err(Refusal::OutOfBounds(LENGTH))), "{wrong}");
        }
        assert!(check("gfhzrkwnqbvtmjü", &[]).is_ok(), "characters are counted, not bytes");
    }

    #[test]
    fn the_words_of_the_list_are_in_the_form_that_is_compared() {
        for word in WORDS.split(' ') {
            assert!(word.len() >= 4 && word.bytes().all(|letter| letter.is_ascii_lowercase()), "{word}");
        }
    }
}
