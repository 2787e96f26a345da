//! Whose count a try goes to: a known browser's own, or that of all unknown browsers together.
//!
//! Unknown browsers have [`STRANGERS_MAX`] failures for one person, and one more each
//! [`STRANGERS_REFILL`] (NIST SP 800-63B section 3.2.2). One network spends at most
//! [`NETWORK_SHARE`] of them in a row, so that a few networks cannot use them up. The count is in the
//! person's row: a restart does not forget it.

use std::net::IpAddr;

use sync_core::{
    id::StaffId,
    instant::{Instant, Span},
};

use crate::{
    domain::{
        callers::{
            known_browsers::{BrowserId, KNOWN_FOR},
            waits,
        },
        credentials::password::Lane,
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, failed_tries::Try},
    store::{
        self, Tx, known_browsers,
        staff::{Credentials, Staff},
    },
    turns::Payer,
};

/// How many failures for one person all unknown browsers have together.
pub const STRANGERS_MAX: i64 = 100;
/// In which time one of them comes back.
pub const STRANGERS_REFILL: Span = Span::from_mins(15);
/// How many failures for one person a network spends of these, in a row.
pub const NETWORK_SHARE: i64 = 20;

/// Whose count a try goes to.
#[derive(Clone, Copy)]
pub(super) enum Asker {
    /// A browser in which the person has signed in before.
    Known {
        /// The browser.
        browser: BrowserId,
        /// The person.
        staff: StaffId,
    },
    /// All other browsers.
    Stranger {
        /// From where.
        network: IpAddr,
        /// Whether this failure counts among theirs.
        spends: bool,
    },
}

impl Asker {
    /// An unknown browser, after so many tries of its network for this address.
    pub(super) const fn stranger(network: IpAddr, tries: i64) -> Self {
        Self::Stranger { network, spends: tries <= NETWORK_SHARE }
    }

    /// In which queue it waits for the hash.
    pub(super) const fn lane(self) -> Lane {
        match self {
            Self::Known { .. } => Lane::Known,
            Self::Stranger { .. } => Lane::Strangers,
        }
    }

    /// Who pays for its turn with the writer.
    pub(super) const fn payer(self) -> Payer {
        match self {
            Self::Known { staff, .. } => Payer::Staff(staff),
            Self::Stranger { network, .. } => Payer::Network(network),
        }
    }

    /// Under the person's lock: of many tries at once each sees the failures before it.
    pub(super) async fn check_again(
        self,
        tx: &mut Tx,
        staff: &Staff,
        now: Instant,
    ) -> Result<Result<(), Refusal>, Refusal> {
        match self {
            Self::Known { browser, .. } => {
                let failures = known_browsers::failures(tx, &browser).await?;
                Ok(failures.map_or(Ok(()), |failures| waits::check(failures.count, failures.at, now)))
            }
            Self::Stranger { .. } if strangers_failures(&staff.credentials, now).0 >= STRANGERS_MAX => {
                Ok(Err(Refusal::SignInLocked))
            }
            Self::Stranger { .. } => Ok(Ok(())),
        }
    }

    /// Counts a failure where it belongs.
    pub(super) async fn note_failure(
        self,
        ground: &Ground,
        tx: &mut Tx,
        staff: &Staff,
        now: Instant,
    ) -> Result<(), Refusal> {
        match self {
            Self::Known { browser, .. } => {
                known_browsers::forget(tx, now - KNOWN_FOR).await?;
                known_browsers::note_failure(tx, &browser, staff.id, now).await?;
                append_failure(tx, staff, now);
            }
            Self::Stranger { spends, .. } => {
                if spends {
                    let (count, since) = strangers_failures(&staff.credentials, now);
                    store::staff::note_failure(tx, staff.id, count + 1, since).await?;
                }
                ground.failed_tries.note(Try::SignIn, Some(staff.id), now);
            }
        }
        Ok(())
    }
}

/// How many failures of unknown browsers count now, and from which instant on the next one comes back.
fn strangers_failures(credentials: &Credentials, now: Instant) -> (i64, Instant) {
    let Some(since) = credentials.failed_at else { return (0, now) };
    let back = now.since(since).as_millis() / STRANGERS_REFILL.as_millis();
    let left = credentials.failed_count - i64::try_from(back).unwrap_or(i64::MAX);
    if left <= 0 {
        return (0, now);
    }
    (left, since + Span::from_millis(back.saturating_mul(STRANGERS_REFILL.as_millis())))
}

/// One entry for one failure: of these a person has few. Those of strangers are counted by the minute.
pub(super) fn append_failure(tx: &mut Tx, staff: &Staff, now: Instant) {
    let entry = AuditEntry::new(staff.practice, now, Actor::Stranger, Action::FailSignIn);
    audit::append(tx, &entry.about(staff.id));
}
