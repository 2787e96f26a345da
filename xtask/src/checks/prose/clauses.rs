//! Finds headless clauses and nameless actors in lines of prose.
//!
//! It knows no grammar. "What" and the words in "-ever" never have a noun before them; "who" has one unless a clause
//! begins there, or a preposition or a verb comes before it. A sentence that ends with a question mark is a question.
//! Words in quotation marks are a screen's or a person's, and not ours.

use std::fmt;

use super::text::Line;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// A clause that stands for its own noun: "what ends", "whoever asks".
    HeadlessClause,
    /// An actor without a noun: "nobody", "everyone".
    NamelessActor,
}

/// One place in a file.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Which habit.
    pub(crate) habit: Habit,
    /// The line in its file, from 1.
    pub(crate) line: usize,
    /// The words around it.
    pub(crate) excerpt: String,
}

const ALWAYS_HEADLESS: [&str; 6] = ["what", "whatever", "whoever", "whomever", "whichever", "whatsoever"];
const NAMELESS: [&str; 6] = ["nobody", "somebody", "everybody", "anybody", "someone", "everyone"];
/// Before "who" these are no noun that it could refer to.
const NO_ANTECEDENT: [&str; 43] = [
    "of", "to", "for", "by", "from", "with", "in", "on", "at", "about", "as", "than", "like", "over", "and",
    "or", "but", "nor", "that", "if", "because", "is", "are", "was", "be", "not", "only", "also", "then",
    "ask", "asks", "asked", "say", "says", "tell", "tells", "told", "know", "knows", "decide", "decides",
    "see", "show",
];

impl Habit {
    pub(crate) const ALL: [Self; 2] = [Self::HeadlessClause, Self::NamelessActor];
}

impl fmt::Display for Habit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeadlessClause => "clauses without a noun",
            Self::NamelessActor => "actors without a name",
        })
    }
}

/// Counts the words of some lines, and finds the habits in them.
pub(crate) fn count(lines: &[Line]) -> (usize, Vec<Finding>) {
    let mut words = 0;
    let mut findings = Vec::new();
    for sentence in sentences(lines) {
        words += sentence.words.len();
        findings.extend(sentence.findings());
    }
    (words, findings)
}

#[derive(Default)]
struct Sentence<'a> {
    words: Vec<Word<'a>>,
    is_question: bool,
}

struct Word<'a> {
    line: usize,
    /// As it is written.
    written: &'a str,
    /// In small letters, without signs and a possessive.
    bare: String,
    /// Whether a colon, a dash or a semicolon before it begins a clause.
    begins: bool,
    is_quoted: bool,
}

const MARKS: [char; 3] = ['"', '“', '”'];

fn sentences(lines: &[Line]) -> Vec<Sentence<'_>> {
    let mut all = Vec::new();
    let mut open = Sentence::default();
    let mut begins = true;
    let mut in_quotes = false;
    for line in lines {
        if line.is_blank() {
            all.push(std::mem::take(&mut open));
            in_quotes = false;
        }
        for written in line.text.split_whitespace() {
            let bare = bare(written);
            if !bare.is_empty() {
                let begins = begins || written.starts_with('(') || open.words.is_empty();
                let is_quoted = in_quotes || written.trim_start_matches('(').starts_with(MARKS);
                open.words.push(Word { line: line.number, written, bare, begins, is_quoted });
            }
            in_quotes ^= written.matches(MARKS).count() % 2 == 1;
            let end = written.trim_end_matches(['"', '”', ')', '\'', ',']);
            begins = written.ends_with([':', ';', '–', '—', '(']);
            if end.ends_with(['.', '!', '?']) {
                open.is_question = end.ends_with('?');
                all.push(std::mem::take(&mut open));
            }
        }
    }
    all.push(open);
    all
}

fn bare(written: &str) -> String {
    let word = written.trim_matches(|sign: char| !sign.is_alphanumeric()).to_lowercase();
    let possessive = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s"));
    possessive.map(str::to_owned).unwrap_or(word)
}

impl Sentence<'_> {
    fn findings(&self) -> impl Iterator<Item = Finding> {
        (0..self.words.len()).filter_map(|at| {
            let habit = self.habit_at(at)?;
            let around = &self.words[at.saturating_sub(3)..(at + 5).min(self.words.len())];
            let excerpt = around.iter().map(|word| word.written).collect::<Vec<_>>().join(" ");
            Some(Finding { habit, line: self.words[at].line, excerpt })
        })
    }

    fn habit_at(&self, at: usize) -> Option<Habit> {
        let word = &self.words[at];
        if word.is_quoted {
            return None;
        }
        let next = self.words.get(at + 1).map(|word| word.bare.as_str());
        if NAMELESS.contains(&word.bare.as_str()) || (word.bare == "no" && next == Some("one")) {
            return Some(Habit::NamelessActor);
        }
        let is_headless = match word.bare.as_str() {
            "who" | "whom" => self.has_no_antecedent(at),
            other => ALWAYS_HEADLESS.contains(&other),
        };
        (is_headless && !self.is_question).then_some(Habit::HeadlessClause)
    }

    /// "A therapist who pauses and who ends": the second "who" has the noun of the first. "To whom" may follow its noun.
    fn has_no_antecedent(&self, at: usize) -> bool {
        let word = &self.words[at];
        let Some(before) = at.checked_sub(1).map(|before| &self.words[before]) else { return true };
        let repeats = self.words[..at].iter().any(|earlier| earlier.bare == "who");
        let joins = matches!(before.bare.as_str(), "and" | "or" | "but") && repeats;
        let is_relative = word.bare == "whom" && at > 1;
        (word.begins || NO_ANTECEDENT.contains(&before.bare.as_str())) && !joins && !is_relative
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prose::text::of_markdown;

    fn found(text: &str) -> Vec<Habit> {
        count(&of_markdown(text)).1.into_iter().map(|finding| finding.habit).collect()
    }

    #[test]
    fn a_clause_that_is_its_own_noun_is_found() {
        for text in [
            "What ends is told.",
            "Whoever asks is answered.",
            "It is told to\nwho asks.",
            "The rule: who waits is told.",
            "It keeps whatever came.",
        ] {
            assert_eq!(found(text), [Habit::HeadlessClause], "{text}");
        }
    }

    #[test]
    fn a_clause_with_its_noun_and_a_question_are_not() {
        for text in [
            "A therapist who pauses a clip, and who ends it.",
            "The client, who is asked, answers.",
            "What ends?",
            "The desk shows \"talk about\nwhat helps\" and (\"who did what\").",
            "a `what` in code",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn an_actor_without_a_name_is_found() {
        assert_eq!(found("Nobody is told."), [Habit::NamelessActor]);
        assert_eq!(found("It is no one's, and no longer ours."), [Habit::NamelessActor]);
        assert!(found("One body, some bodies.").is_empty());
    }

    #[test]
    fn words_and_lines_are_counted() {
        let (words, findings) = count(&of_markdown("# A title\n\nOne two,\nthree: everyone."));
        assert_eq!((words, findings[0].line), (6, 4));
    }
}
