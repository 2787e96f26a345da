//! Browsers in which a member of staff has signed in before: they have tries of their own, which no stranger can spend.
//!
//! Such a browser carries a mark: a random id and a day under a keyed hash that names the e-mail
//! address. The mark is no credential and opens nothing. It tells the server only whose failures to
//! count with whose. A computer that several people share carries a mark for each of them, up to four.
//!
//! A hundred failures in a row end a mark (NIST SP 800-63B section 3.2.2): then the browser is a
//! stranger's until its person signs in there again.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;
use sync_core::instant::{Instant, Span};

use super::waits;
use crate::{
    ground::Ground,
    nouns::Refusal,
    store::{Tx, known_browsers},
};

/// How long a mark lasts after the newest success.
pub const KNOWN_FOR: Span = Span::from_days(400);
/// How many failures in a row end a mark.
pub const FAILURES_MAX: i64 = 100;
/// How many people one browser can have marks of.
const MARKS_MAX: usize = 4;
const DAY: i64 = 24 * 60 * 60 * 1_000;

const ID_LEN: usize = 16;
const DAY_LEN: usize = 4;
const TAG_LEN: usize = 32;

/// The random id of a known browser.
pub type BrowserId = [u8; ID_LEN];

/// A browser, with the marks that it carries.
#[derive(Default)]
pub struct Browser {
    marks: Vec<String>,
    known: Option<BrowserId>,
}

impl Browser {
    /// Looks whether one of the marks is of who says to have this e-mail address.
    #[must_use]
    pub fn recognise(ground: &Ground, email: &str, marks: Option<&str>) -> Self {
        let marks: Vec<String> =
            marks.unwrap_or_default().split('.').take(MARKS_MAX).map(str::to_owned).collect();
        let (login_tag, now) = (ground.keys.login_tag(email), ground.clock.now());
        let known = marks.iter().find_map(|mark| open(ground, &login_tag, mark, now));
        Self { marks, known }
    }

    /// Whether its person has signed in there before.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// Its id, if it may try now: `None` for a stranger's.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`] while it waits after failures of its own.
    pub(super) async fn may_try(&self, tx: &mut Tx, now: Instant) -> Result<Option<BrowserId>, Refusal> {
        let Some(known) = self.known else { return Ok(None) };
        let Some(failures) = known_browsers::failures(tx, &known).await? else { return Ok(Some(known)) };
        if failures.count >= FAILURES_MAX {
            return Ok(None);
        }
        waits::check(failures.count, failures.at, now)?;
        Ok(Some(known))
    }

    /// The marks that it carries after its person has signed in, the newest first.
    pub(super) fn marks_of(&self, ground: &Ground, login_tag: &[u8; 32]) -> String {
        let now = ground.clock.now();
        let id = self.known.unwrap_or_else(|| ground.entropy.bytes());
        let others = self.marks.iter().filter(|mark| {
            !mark.is_empty() && mark.len() == MARK_LEN && open(ground, login_tag, mark, now).is_none()
        });
        let own = mark(ground, login_tag, id, now);
        std::iter::once(&own).chain(others).take(MARKS_MAX).map(String::as_str).collect::<Vec<_>>().join(".")
    }
}

/// The length of a mark in base64url.
const MARK_LEN: usize = ((ID_LEN + DAY_LEN + TAG_LEN) * 4).div_ceil(3);

fn mark(ground: &Ground, login_tag: &[u8; 32], id: BrowserId, now: Instant) -> String {
    let day = u32::try_from(now.as_millis() / DAY).unwrap_or_default().to_be_bytes();
    let marked = [&id[..], &day].concat();
    let tag = ground.keys.browser_tag(login_tag, &marked);
    BASE64_URL_SAFE_NO_PAD.encode([&marked[..], &tag].concat())
}

fn open(ground: &Ground, login_tag: &[u8; 32], mark: &str, now: Instant) -> Option<BrowserId> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(mark).ok()?;
    let (marked, tag) = bytes.split_last_chunk::<TAG_LEN>()?;
    let (id, day) = marked.split_first_chunk::<ID_LEN>()?;
    let since = Instant::from_millis(i64::from(u32::from_be_bytes(day.try_into().ok()?)) * DAY);
    let is_ours = bool::from(ground.keys.browser_tag(login_tag, marked).ct_eq(tag));
    (is_ours && now < since + KNOWN_FOR).then_some(*id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::for_sqlite;

    const ADA: &str = "ada@practice.example";
    const BEN: &str = "ben@practice.example";

    #[tokio::test]
    async fn a_mark_is_of_one_person_and_lasts_for_400_days() {
        for_sqlite(|database| async move {
            let app = database.app().await;
            let recognise = |email: &str, marks: &str| Browser::recognise(&app.ground, email, Some(marks));
            let signs_in = |email: &str, marks: &str| {
                recognise(email, marks).marks_of(&app.ground, &app.ground.keys.login_tag(email))
            };
            let ada = signs_in(ADA, "");
            assert!(recognise(ADA, &ada).is_known());
            assert!(recognise(" ADA@practice.example", &ada).is_known(), "as the login itself");
            assert!(!recognise(BEN, &ada).is_known());
            for wrong in ["", ".", "x", &ada[1..], &format!("A{}", &ada[1..]), &"A".repeat(MARK_LEN)] {
                assert!(*wrong == *ada || !recognise(ADA, wrong).is_known(), "{wrong}");
            }
            let both = signs_in(BEN, &ada);
            assert!(recognise(ADA, &both).is_known() && recognise(BEN, &both).is_known());
            let again = signs_in(ADA, &both);
            assert_eq!(recognise(ADA, &again).known, recognise(ADA, &ada).known, "the browser keeps its id");
            assert_eq!(again.split('.').count(), 2);
            let crowded = (0..9).fold(again, |marks, n| signs_in(&format!("{n}@practice.example"), &marks));
            assert_eq!(crowded.split('.').count(), MARKS_MAX);
            app.ground.clock.advance(KNOWN_FOR.saturating_sub(Span::from_days(1)));
            assert!(recognise(ADA, &ada).is_known());
            app.ground.clock.advance(Span::from_days(1));
            assert!(!recognise(ADA, &ada).is_known());
        })
        .await;
    }
}
