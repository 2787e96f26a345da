//! Words that people write: checked for length and shape here, sealed before they are stored.

use super::Refusal;

/// The longest name or title, in characters.
pub const NAME_MAX: usize = 200;

/// Takes a name or title: trimmed, not empty, one line.
///
/// # Errors
/// [`Refusal::OutOfBounds`] with `rule`, which names the field and never its value.
pub fn name<'a>(text: &'a str, rule: &'static str) -> Result<&'a str, Refusal> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= NAME_MAX && !text.chars().any(char::is_control);
    fits.then_some(text).ok_or(Refusal::OutOfBounds(rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_some_length() {
        assert_eq!(name("  Ada  ", "name").ok(), Some("Ada"));
        for bad in ["", "   ", "two\nlines", &"a".repeat(NAME_MAX + 1)] {
            assert!(matches!(name(bad, "name"), Err(Refusal::OutOfBounds("name"))));
        }
    }
}
