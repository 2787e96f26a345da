//! The steps of a device's questions: a device that was copied is found by them.
//!
//! [`Step::progress`] decides. A device of the release before does not sign and counts no steps.

use sync_core::{
    id::DeviceId,
    instant::Instant,
    lease::{Heard, Progress, Step},
};

use crate::{
    nouns::{Refusal, callers::CompanionCaller},
    store::{self, Tx},
};

/// The step of a signed question, and the instant after which it was signed.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    step: Step,
    signed_after: Instant,
}

/// The step of a question, if its device signs. A removed device is asked for none: it has nothing to lose, and hears why.
///
/// # Errors
/// [`Refusal::OutOfBounds`] for a signed question without a step, and for a step that is not signed.
pub(super) fn counted(caller: CompanionCaller, step: Option<Step>) -> Result<Option<Counted>, Refusal> {
    if caller.removed {
        return Ok(None);
    }
    match (caller.signed_after, step) {
        (Some(signed_after), Some(step)) => Ok(Some(Counted { step, signed_after })),
        (None, None) => Ok(None),
        _ => Err(Refusal::OutOfBounds("step: with each question that is signed, and with no other")),
    }
}

/// Hears a question's step, under the lock of its device.
///
/// # Errors
/// [`Refusal::QuestionOvertaken`]; when the database fails.
pub(super) async fn hear(
    tx: &mut Tx,
    device: DeviceId,
    counted: Counted,
    now: Instant,
) -> Result<Progress, Refusal> {
    let Counted { step, signed_after } = counted;
    let progress = step.progress(store::devices::heard(tx, device).await?, signed_after);
    match progress {
        Progress::Next if !store::devices::note_heard(tx, device, Heard { step, at: now }).await? => {
            Err(Refusal::OutOfBounds("step: a number below 2⁶³"))
        }
        Progress::Overtaken => Err(Refusal::QuestionOvertaken),
        Progress::Next | Progress::Again | Progress::Copied => Ok(progress),
    }
}
