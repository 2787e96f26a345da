//! One clip's life on a phone: `cargo run --package sync-core --example device`.
//!
//! The state machine decides and does no I/O: `Companion` returns effects, and a platform carries them out in their
//! order. `phone.rs` is such a platform, as small as one can be; `practice.rs` stands in for the server.

mod phone;
mod practice;

use std::error::Error;

use sync_core::{
    device::DEBIT_STEP,
    documents::{Shelf, ShelfItem, ShelfState},
    id::{ClipId, DeviceId, IncarnationId, PracticeId, ReleaseId},
    instant::{Instant, Span},
    lease::Signed,
    policy::Access,
};

use phone::Phone;
use practice::Practice;

type Answer<T> = Result<T, Box<dyn Error>>;

const NOON: Instant = Instant::from_millis(1_800_000_000_000);
const DEVICE: DeviceId = DeviceId::from_bytes([1; 16]);
const PRACTICE: PracticeId = PracticeId::from_bytes([2; 16]);
const LIFE: IncarnationId = IncarnationId::from_bytes([3; 16]);
const RELEASE: ReleaseId = ReleaseId::from_bytes([4; 16]);
const CLIP: ClipId = ClipId::from_bytes([5; 16]);

fn shelf() -> Shelf {
    let ends_at = NOON + Span::from_days(28);
    let (offline_for, daily_limit) = (Span::from_days(3), Some(2));
    let item = ShelfItem {
        clip: CLIP,
        state: ShelfState::Live,
        not_before: None,
        ends_at,
        offline_for,
        daily_limit,
    };
    Shelf([(RELEASE, item)].into())
}

/// The phone asks under a fresh nonce, and takes the practice's answer.
fn ask(phone: &mut Phone, nonce: u8, practice: &mut Practice, is_over: bool) -> Answer<Signed> {
    let effects = phone.machine.ask([nonce; 32], phone.reading());
    phone.perform(effects)?;
    let answer = practice.answer([nonce; 32], phone.reading().wall, is_over)?;
    phone.take(&answer)?;
    Ok(answer)
}

pub(crate) fn main() -> Answer<()> {
    let (exchange, mut practice) = Practice::paired()?;
    let mut phone = Phone::new(exchange, &practice)?;

    println!("The shelf shows a new clip, and the phone asks for a lease.");
    let effects = phone.machine.shelf_changed(&shelf());
    phone.perform(effects)?;
    assert!(phone.machine.wants_leases(&shelf(), phone.reading()));
    let first = ask(&mut phone, 1, &mut practice, false)?;
    println!("  Access: {:?}.", phone.access());
    assert!(matches!(phone.access(), Access::Playable { .. }));

    println!("\nTwo days later, in flight mode, the phone plays.");
    phone.passed = Span::from_days(2);
    let effects = phone.machine.debit(RELEASE, DEBIT_STEP, phone.reading());
    phone.perform(effects.map_err(|refused| format!("{refused:?}"))?)?;
    println!("  A minute of budget is debited and saved. Then {} bytes are decrypted.", phone.open_record()?);

    println!("\nThe app starts again, and the wall clock has been set back by a week.");
    phone.restart(Span::from_days(7))?;
    println!("  Access: {:?}. Only a signed answer to a fresh question repairs the clock.", phone.access());
    assert_eq!(phone.access(), Access::NeedsContact);

    println!("\nThe therapist has ended the clip. The phone has a network again, and asks.");
    ask(&mut phone, 2, &mut practice, true)?;
    println!("  Access: {:?}. The parting note stays: “{}”", phone.access(), phone.parting_note);

    println!("\nA thief on the network sends the first answer once more.");
    let refused = phone.take(&first).err().ok_or("an old answer was taken")?;
    println!("  It changes nothing: {refused}. Access: {:?}.", phone.access());
    assert_eq!(phone.access(), Access::Ended);
    println!("  Receipts that wait for the server: {}.", phone.machine.receipts().len());
    Ok(())
}
