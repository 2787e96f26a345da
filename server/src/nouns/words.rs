//! Words that people write: checked for length and shape here, sealed before they are stored.
//!
//! A name is told by its look: a therapist says yes to a phone because of its name. So a name has no character that is not
//! seen and changes what is: no control, no direction that turns the rest around, nothing of no width. Otherwise two names
//! that look the same would be two, and a name could be read as another.
//!
//! Two kinds of them belong to scripts and to emoji, and are taken where these need them: joiners between two characters,
//! and variation selectors after one, if these characters are beyond Latin, Greek and Cyrillic letters.

use super::Refusal;

/// The longest name or title, in characters.
pub const NAME_MAX: usize = 200;

/// Takes a name or title: trimmed, not empty, one line, and nothing in it that is not seen.
///
/// # Errors
/// [`Refusal::OutOfBounds`] with `rule`, which names the field and never its value.
pub fn name<'a>(text: &'a str, rule: &'static str) -> Result<&'a str, Refusal> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= NAME_MAX && is_seen(text);
    fits.then_some(text).ok_or(Refusal::OutOfBounds(rule))
}

/// Whether every character is seen, or belongs to one that is.
fn is_seen(text: &str) -> bool {
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let fits = if is_joiner(character) {
            before.is_some_and(takes_joiner) && characters.peek().copied().is_some_and(is_of_script)
        } else if is_variation(character) {
            before.is_some_and(is_of_script)
        } else {
            !character.is_control() && !is_hidden(character)
        };
        if !fits {
            return false;
        }
        before = Some(character);
    }
    true
}

/// Zero width non-joiner, as Persian needs it, and zero width joiner, as emoji and the scripts of India do.
const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Tells if a heart is drawn in black or in colours.
const fn is_variation(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}')
}

/// A heart of a chosen look is joined, too.
fn takes_joiner(character: char) -> bool {
    is_of_script(character) || is_variation(character)
}

/// Hebrew and what comes after it: no Latin, Greek or Cyrillic letter is joined to another.
fn is_of_script(character: char) -> bool {
    character >= '\u{590}' && !is_joiner(character) && !is_variation(character) && !is_hidden(character)
}

/// The format characters (category Cf), the separators of lines and paragraphs, and what else Unicode lets a font leave out
/// (`Default_Ignorable_Code_Point`), by Unicode 17. And the braille cell without dots.
const fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(text: &str) {
        assert!(matches!(name(text, "name"), Err(Refusal::OutOfBounds("name"))), "{text:?}");
    }

    #[test]
    fn a_name_is_one_line_of_some_length() {
        assert_eq!(name("  Ada  ", "name").ok(), Some("Ada"));
        for bad in ["", "   ", "two\nlines", "two\u{2028}lines", &"a".repeat(NAME_MAX + 1)] {
            refuses(bad);
        }
    }

    #[test]
    fn a_name_has_nothing_that_is_not_seen() {
        // Turns the rest around, or puts it into a frame of another direction.
        for direction in ['\u{202a}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200e}', '\u{61c}'] {
            refuses(&format!("Clara{direction}s phone"));
        }
        for hidden in
            ['\u{200b}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{34f}', '\u{e0041}', '\u{3164}', '\u{0}']
        {
            refuses(&format!("Cla{hidden}ra"));
            refuses(&hidden.to_string());
            refuses(&format!("Clara{hidden}"));
        }
    }

    #[test]
    fn names_in_every_script_and_with_emoji_are_names() {
        let family = "👩\u{200d}👩\u{200d}👧";
        let heart = "❤\u{fe0f}\u{200d}🔥";
        for good in [
            "Clara’s iPhone 17 (blue)",
            "Zoë Müller-Ångström",
            "Παπαδοπούλου",
            "Алёна",
            "נועה",
            "ليلى",
            "می\u{200c}نا",
            "ශ්\u{200d}රී",
            "田中さん",
            "Mia ❤\u{fe0f}",
            family,
            heart,
        ] {
            assert_eq!(name(good, "name").ok(), Some(good));
        }
    }

    #[test]
    fn joiners_and_variations_are_taken_only_where_a_script_needs_them() {
        for bad in [
            "Cla\u{200d}ra",
            "Cla\u{200c}ra",
            "Алё\u{200d}на",
            "\u{200d}👩",
            "👩\u{200d}",
            "👩\u{200d}\u{200d}👩",
            "👩\u{200d}a",
            "Clara\u{fe0f}",
            "❤\u{fe0f}\u{fe0f}",
            "\u{fe0f}",
            "👩\u{200d}\u{202e}",
        ] {
            refuses(bad);
        }
    }
}
