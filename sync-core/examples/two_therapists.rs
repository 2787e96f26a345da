//! Two therapists decide about one clip, each without a network: `cargo run --package sync-core --example two_therapists`.
//!
//! Ada releases the clip. Cem takes it back and has not heard of her release. Their documents merge in both orders, and
//! the fold of the entries says the same each time: the release waits until a therapist has looked at both decisions.

use std::error::Error;

use automerge::ActorId;
use sync_core::{
    device::Console,
    documents::{Document, Kind, append, create, entries},
    id::{ClipId, DeviceId, EntryId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    orders::{Orders, RevokeOn},
    policy::{Standing, standing},
    terms::{QuietHours, Terms},
};

const NOW: Instant = Instant::from_millis(1_800_000_000_000);
const CLIP: ClipId = ClipId::from_bytes([1; 16]);
const RECORDING: RecordingId = RecordingId::from_bytes([2; 16]);

/// A therapist's laptop: a replica of the client's orders, and the console's state machine.
struct Laptop {
    orders: Document,
    console: Console,
}

impl Laptop {
    /// Each laptop writes as an automerge actor and as a device of its own.
    fn new(server: &Document, n: u8) -> Self {
        let orders = server.fork().with_actor(ActorId::from([n; 16]));
        Self { orders, console: Console::new(DeviceId::from_bytes([n; 16])) }
    }

    /// Writes the console's decisions into the laptop's own replica: a network is not needed for it.
    fn write(&mut self) -> Result<(), Box<dyn Error>> {
        let new = self.console.to_append(&self.orders);
        Ok(append(&mut self.orders, &new)?)
    }

    fn release(&mut self, id: u8) -> Result<ReleaseId, Box<dyn Error>> {
        let form = self.console.release_form(&fold(&self.orders), CLIP, RECORDING);
        let ids = (EntryId::from_bytes([id; 16]), ReleaseId::from_bytes([id; 16]));
        let release = self.console.release(ids, (CLIP, RECORDING), four_weeks(), &form, NOW);
        self.write()?;
        Ok(release)
    }

    fn take_back(&mut self, id: u8) -> Result<(), Box<dyn Error>> {
        // The entry names the releases that Cem's form shows, and ends exactly these.
        let shown = self.console.release_form(&fold(&self.orders), CLIP, RECORDING).hits;
        self.console.revoke(EntryId::from_bytes([id; 16]), RevokeOn::Clip(CLIP), shown, NOW);
        self.write()
    }

    fn confirm(&mut self, id: u8, release: ReleaseId) -> Result<(), Box<dyn Error>> {
        let form = self.console.change_form(&fold(&self.orders), release).ok_or("the release is not here")?;
        self.console.confirm(EntryId::from_bytes([id; 16]), release, &form, NOW);
        self.write()
    }

    /// The word of this laptop's orders about a release now.
    fn says(&self, release: ReleaseId) -> Result<&'static str, Box<dyn Error>> {
        let orders = fold(&self.orders);
        let state = orders.releases.get(&release).ok_or("the release is not here")?;
        Ok(match standing(&orders, state, NOW) {
            Standing::Live { .. } => "live",
            Standing::Unconfirmed => "unconfirmed",
            Standing::Revoked => "revoked",
            Standing::Later { .. } => "not begun",
            Standing::Held { .. } => "paused",
            Standing::Expired => "expired",
        })
    }
}

fn four_weeks() -> Terms {
    Terms {
        not_before: None,
        expires_at: NOW + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(2),
        quiet_hours: QuietHours::NONE,
        planned_daily: Some(1),
    }
}

fn fold(document: &Document) -> Orders {
    let found = entries(document);
    Orders::fold_encoded(found.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let server = create(Kind::Orders, ActorId::from([0; 16]))?;
    let (mut ada, mut cem) = (Laptop::new(&server, 1), Laptop::new(&server, 2));

    println!("Ada and Cem treat the same client. Both are on a train, without a network.");
    let release = ada.release(21)?;
    println!("  Ada releases the clip for four weeks. Her laptop says: {}.", ada.says(release)?);
    cem.take_back(22)?;
    println!("  Cem takes the clip back. His form did not show her release.");

    println!("\nTheir laptops meet. Each merges the other's entries, in the other order.");
    let before = ada.orders.clone();
    ada.orders.merge(&mut cem.orders)?;
    cem.orders.merge(&mut before.clone())?;
    let both = (ada.says(release)?, cem.says(release)?);
    println!("  Ada's laptop says: {}. Cem's laptop says: {}.", both.0, both.1);
    println!("  No phone gets a key while a release is unconfirmed.");
    assert_eq!(fold(&ada.orders), fold(&cem.orders));

    println!("\nAda reads Cem's decision, and confirms her release. Cem, at the same time, ends it.");
    ada.confirm(23, release)?;
    println!("  Ada's laptop says: {}.", ada.says(release)?);
    cem.take_back(24)?;
    println!("  Cem's laptop says: {}. This time his form showed the release.", cem.says(release)?);

    println!("\nThey meet again.");
    ada.orders.merge(&mut cem.orders)?;
    println!("  Ada's laptop says: {}. Deny wins, in every order.", ada.says(release)?);
    assert_eq!(ada.says(release)?, "revoked");
    Ok(())
}
