//! The prose of a page of Markdown, or of a Rust file's module head, line by line.

/// One line of prose. A blank one ends a paragraph.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Where it is in its file, from 1.
    pub(crate) number: usize,
    /// The words, without inline code, links' addresses and signs of Markdown.
    pub(crate) text: String,
    /// How wide it is in the file, in characters.
    pub(crate) columns: usize,
    /// Whether its writer could have broken it: a row of a table and a lone link have to be one line.
    pub(crate) can_break: bool,
}

/// The prose of a page.
pub(crate) fn of_markdown(page: &str) -> Vec<Line> {
    prose(page.lines().enumerate().map(|(index, line)| (index + 1, line)))
}

/// The prose of the `//!` lines of a Rust file.
pub(crate) fn of_module_head(source: &str) -> Vec<Line> {
    let numbered = source.lines().enumerate();
    prose(numbered.filter_map(|(index, line)| Some((index + 1, line.trim_start().strip_prefix("//!")?))))
}

fn prose<'a>(numbered: impl Iterator<Item = (usize, &'a str)>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut fence = None;
    for (number, raw) in numbered {
        let trimmed = raw.trim();
        let sign = ["```", "~~~"].into_iter().find(|sign| trimmed.starts_with(sign));
        match (fence, sign) {
            (None, Some(sign)) => fence = Some(sign),
            (Some(open), Some(sign)) if open == sign => fence = None,
            (Some(_), _) => {}
            (None, None) => lines.push(Line::of(number, raw)),
        }
    }
    lines
}

impl Line {
    fn of(number: usize, raw: &str) -> Self {
        let trimmed = raw.trim();
        let is_row = trimmed.starts_with('|');
        // A heading, an item and a cell each begin a sentence of their own.
        let begins = trimmed.starts_with(['#', '|', '>']) || is_item(trimmed);
        let words = without_markup(trimmed);
        let text = if begins { format!(". {words}") } else { words };
        let is_alone = !has_words(&without_links(trimmed));
        Self { number, text, columns: raw.chars().count(), can_break: !is_row && !is_alone }
    }

    /// Whether it ends the paragraph before it.
    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Whether a line begins an item of a list: `- …`, `12. …`.
fn is_item(trimmed: &str) -> bool {
    let rest = trimmed.trim_start_matches(|sign: char| sign.is_ascii_digit());
    trimmed.starts_with("- ")
        || trimmed.starts_with("* ")
        || (rest.len() < trimmed.len() && rest.starts_with(". "))
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Inline code becomes a word that stands for a name, a link its text, a cell's edge the end of a sentence.
fn without_markup(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for (index, part) in line.split('`').enumerate() {
        if index % 2 == 0 {
            text.push_str(part);
        } else {
            text.push_str("code");
        }
    }
    while let Some(start) = text.find("](") {
        let end = text[start..].find(')').map_or(text.len(), |end| start + end + 1);
        text.replace_range(start..end, "");
    }
    text.replace('|', " . ").replace(['*', '_', '[', '#'], "")
}

fn without_links(line: &str) -> String {
    let mut rest = line;
    let mut outside = String::new();
    while let Some((before, link)) = rest.split_once('[') {
        outside.push_str(before);
        let Some((_, after)) = link.split_once(')') else {
            // The address of a reference, `[name]: https://…`, cannot be broken either.
            return if link.contains("]: ") { outside } else { line.to_owned() };
        };
        rest = after;
    }
    outside.push_str(rest);
    outside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(page: &str) -> Vec<String> {
        of_markdown(page).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn code_is_no_prose() {
        assert_eq!(texts("a\n```rust\nwhat\n```\nb `what` c"), ["a", "b code c"]);
    }

    #[test]
    fn a_link_is_its_text_and_a_cell_a_sentence() {
        assert_eq!(texts("see [the page](what.md) now"), ["see the page now"]);
        assert_eq!(texts("| a | b |"), [".  .  a  .  b  . "]);
    }

    #[test]
    fn a_module_head_is_read_and_its_code_is_not() {
        let head = of_module_head("//! One.\n//!\n//! Two.\nuse what;\n/// What.\n");
        let read: Vec<_> = head.iter().map(|line| (line.number, line.text.as_str())).collect();
        assert_eq!(read, [(1, "One."), (2, ""), (3, "Two.")]);
    }

    #[test]
    fn rows_and_lone_links_cannot_be_broken() {
        let can_break = |line: &str| of_markdown(line).iter().all(|line| line.can_break);
        assert!(can_break("- a sentence with [a link](a.md)"));
        assert!(!can_break("| a | row |"));
        assert!(!can_break("- [one](a.md) · [two](b.md)"));
        assert!(!can_break("[name]: https://example.org"));
    }
}
