//! Devices: registered by staff for themselves, paired by clients with a code, seen, confirmed and removed by therapists.

mod confirming;

use p256::PublicKey;
use sync_core::{
    id::{ClientId, DeviceId, PracticeId},
    instant::Instant,
    policy::{Paired, StaffAct, has_room_for_phone, has_room_for_staff_device, may},
};

use crate::{
    domain::{
        credentials::tokens::BearerToken,
        documents::binder::Binders,
        people::care,
        records::{
            audit::{self, Action, Actor, AuditEntry},
            denials,
            hourly::{self, Counted},
        },
    },
    ground::Ground,
    ledger::Restriction,
    nouns::{
        Refusal,
        callers::{CompanionCaller, StaffCaller},
        offsets::LocalTime,
        words,
    },
    store::{
        self, StoreError, Tx, Urgency,
        devices::{Device, Person},
        tokens::{Owner, TokenKind},
    },
};

pub use self::confirming::{confirm, digits_of};

const NAME_RULE: &str = "name: 1 to 200 visible characters";
const KEY_RULE: &str = "exchange_key and signing_key: two different P-256 points, 65 bytes uncompressed each";

/// From Baker Island to Kiritimati, in minutes ahead of UTC.
const UTC_OFFSETS: std::ops::RangeInclusive<i32> = -720..=840;

/// What a device says of itself when it is paired.
pub struct NewDevice {
    /// The name that its person gave it.
    pub name: String,
    /// ECDH P-256, 65 bytes uncompressed.
    pub exchange_key: Vec<u8>,
    /// ECDSA P-256, 65 bytes uncompressed.
    pub signing_key: Vec<u8>,
}

/// A device that was added, with its token.
pub struct Added {
    /// The device.
    pub device: DeviceId,
    /// What it sends with each request, until its end.
    pub token: BearerToken,
}

/// A device as staff see it.
pub struct DeviceView {
    /// The device.
    pub id: DeviceId,
    /// The name that its person gave it.
    pub name: String,
    /// When it was paired.
    pub paired_at: Instant,
    /// When a therapist saw its name; no lease before.
    pub confirmed_at: Option<Instant>,
    /// When it was removed, or its time to be confirmed was over.
    pub removed_at: Option<Instant>,
    /// When it was last heard of.
    pub seen_at: Option<Instant>,
    /// How many minutes it is ahead of UTC, as it said last.
    pub utc_offset: Option<i32>,
    /// When it was found to be copied, and so removed.
    pub copied_at: Option<Instant>,
    /// When a therapist said that they know of it.
    pub copy_known_at: Option<Instant>,
}

impl NewDevice {
    /// Checks name and keys before anything is looked up.
    ///
    /// # Errors
    /// [`Refusal::OutOfBounds`] names what does not fit.
    pub fn check(&self) -> Result<(), Refusal> {
        words::name(&self.name, NAME_RULE)?;
        let fits = |key: &[u8]| {
            key.len() == 65 && key.first() == Some(&4) && PublicKey::from_sec1_bytes(key).is_ok()
        };
        let different = self.exchange_key != self.signing_key;
        let fit = fits(&self.exchange_key) && fits(&self.signing_key) && different;
        fit.then_some(()).ok_or(Refusal::OutOfBounds(KEY_RULE))
    }
}

/// Adds a device of the caller's own.
///
/// # Errors
/// [`Refusal::DeviceKeyKnown`] when one of its keys was used before, [`Refusal::DevicesTooMany`].
pub async fn add_own(ground: &Ground, caller: StaffCaller, new: NewDevice) -> Result<Added, Refusal> {
    new.check()?;
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let person = Person::Staff(caller.staff);
                store::staff::lock(tx, caller.staff).await?;
                check_room(tx, person, ground.clock.now()).await?;
                let added = insert(ground, tx, caller.practice, person, &new).await?;
                let at = ground.clock.now();
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::PairDevice);
                audit::append(tx, &entry.device(added.device));
                Ok(added)
            })
        })
        .await
}

/// Whether a person may have one more device. What this says holds under the person's lock only.
///
/// # Errors
/// [`Refusal::DevicesTooMany`].
pub(in crate::domain) async fn check_room(tx: &mut Tx, person: Person, now: Instant) -> Result<(), Refusal> {
    let devices = store::devices::of_person(tx, person).await?;
    let devices: Vec<Paired> = devices.iter().map(Device::paired).collect();
    let has_room = match person {
        Person::Client(_) => has_room_for_phone(&devices, now),
        Person::Staff(_) => has_room_for_staff_device(&devices, now),
    };
    has_room.then_some(()).ok_or(Refusal::DevicesTooMany)
}

/// Adds a device and its token, in the caller's transaction. The device was checked.
pub(in crate::domain) async fn insert(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    person: Person,
    new: &NewDevice,
) -> Result<Added, Refusal> {
    if store::devices::key_known(tx, &new.exchange_key, &new.signing_key).await? {
        return Err(Refusal::DeviceKeyKnown);
    }
    let at = ground.clock.now();
    let device = DeviceId::new(at, ground.entropy.bytes());
    let key = ground.keys.practice(tx, practice).await?;
    let name = words::name(&new.name, NAME_RULE)?;
    let row = store::devices::NewDevice {
        id: device,
        practice,
        person,
        name_sealed: &key.seal(&name_context(device), name.as_bytes()),
        exchange_key: &new.exchange_key,
        signing_key: &new.signing_key,
        paired_at: at,
        confirmed_at: matches!(person, Person::Staff(_)).then_some(at),
    };
    store::devices::insert(tx, &row).await.map_err(|error| match error {
        // Another pairing of the same key was committed since it was looked for.
        StoreError::Conflict => Refusal::DeviceKeyKnown,
        error => error.into(),
    })?;
    let token = BearerToken::new(ground.entropy.bytes());
    store::tokens::insert(tx, &token.hash(), TokenKind::Device, Owner::Device(device), at, None).await?;
    Ok(Added { device, token })
}

/// Lists the caller's own devices.
///
/// # Errors
/// When the database fails.
pub async fn list_own(ground: &Ground, caller: StaffCaller) -> Result<Vec<DeviceView>, Refusal> {
    let mut tx = ground.db.read().await?;
    list(ground, &mut tx, Person::Staff(caller.staff)).await
}

/// Lists a client's devices with their names.
///
/// # Errors
/// [`Refusal::NotFound`] when the caller does not treat the client.
pub async fn list_of_client(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
) -> Result<Vec<DeviceView>, Refusal> {
    let mut tx = ground.db.read().await?;
    care::in_care(&mut tx, &caller, client).await?;
    list(ground, &mut tx, Person::Client(client)).await
}

/// Takes what a client's phone says of its own clock: what changes there is read at that hour.
///
/// # Errors
/// [`Refusal::DeviceRemoved`]; [`Refusal::OutOfBounds`] for a time that it is nowhere; [`Refusal::TooManyRequests`].
pub async fn tell_local_time(
    ground: &Ground,
    caller: CompanionCaller,
    local: LocalTime,
) -> Result<(), Refusal> {
    if caller.removed {
        return Err(Refusal::DeviceRemoved);
    }
    if !UTC_OFFSETS.contains(&local.minutes) {
        return Err(Refusal::OutOfBounds("utc_offset_minutes: from -720 to 840"));
    }
    if local.next.is_some_and(|(_, minutes)| !UTC_OFFSETS.contains(&minutes)) {
        return Err(Refusal::OutOfBounds("next.utc_offset_minutes: from -720 to 840"));
    }
    let now = ground.clock.now();
    ground
        .committer
        .commit(Urgency::Grant.by(caller), move |tx| {
            Box::pin(async move {
                hourly::count(tx, caller.device.as_bytes(), Counted::LocalTime, now).await?;
                Ok(store::devices::note_local_time(tx, caller.device, local).await?)
            })
        })
        .await
}

/// Notes that the therapist knows that a device was copied: their duty is done.
///
/// # Errors
/// [`Refusal::NotFound`] when it is not a device of a client of the caller's.
pub async fn note_copy(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
    device: DeviceId,
) -> Result<(), Refusal> {
    let at = ground.clock.now();
    let noted = ground.committer.commit(Urgency::Grant.by(caller), move |tx| {
        Box::pin(async move {
            of_client_in_care(tx, &caller, client, device).await?;
            if store::devices::note_copy_known(tx, device, at).await? {
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::NoteCopy);
                audit::append(tx, &entry.client(client).device(device));
            }
            Ok(())
        })
    });
    noted.await
}

/// Removes a client's device. Its token stays: it is how the device hears that it is no longer paired.
///
/// # Errors
/// [`Refusal::NotFound`] when it is not a device of a client of the caller's. Removing twice is no error.
pub async fn remove(
    binders: &Binders,
    caller: StaffCaller,
    client: ClientId,
    device: DeviceId,
) -> Result<(), Refusal> {
    binders
        .ground
        .commit(Urgency::Restriction.by(caller), move |ground, tx| {
            Box::pin(async move {
                of_client_in_care(tx, &caller, client, device).await?;
                let at = ground.clock.now();
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::UnpairDevice);
                unpair(ground, tx, device, at, &entry.client(client).device(device)).await
            })
        })
        .await
        .map(|()| end_connections(binders, device))
}

/// Removes a device of staff: one's own, or anybody's by a practice admin.
///
/// # Errors
/// [`Refusal::NotFound`] when it is neither.
pub async fn remove_own(binders: &Binders, caller: StaffCaller, device: DeviceId) -> Result<(), Refusal> {
    binders
        .ground
        .commit(Urgency::Restriction.by(caller), move |ground, tx| {
            Box::pin(async move {
                let found = store::devices::by_id(tx, device).await?.ok_or(Refusal::NotFound)?;
                let theirs = match found.person {
                    Person::Staff(staff) => {
                        staff == caller.staff || may(caller.role, StaffAct::RemoveColleaguesDevice)
                    }
                    Person::Client(_) => false,
                };
                if !theirs || found.practice != caller.practice {
                    return Err(Refusal::NotFound);
                }
                let at = ground.clock.now();
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::UnpairDevice);
                unpair(ground, tx, device, at, &entry.device(device)).await
            })
        })
        .await
        .map(|()| end_connections(binders, device))
}

/// Once the removal is committed: sockets close, and a wake-up that was left goes out.
pub(in crate::domain) fn end_connections(binders: &Binders, device: DeviceId) {
    binders.end(device);
    binders.ground.bell.ring_for_wake_ups();
}

/// Ends a device: removed, denied, in the ledger and in the audit. What was removed before is left as it is.
pub(in crate::domain) async fn unpair(
    ground: &Ground,
    tx: &mut Tx,
    device: DeviceId,
    at: Instant,
    entry: &AuditEntry,
) -> Result<(), Refusal> {
    if store::devices::remove(tx, device, at).await? {
        tx.restrict(Restriction::Unpair { device, at });
        denials::unpaired(tx, device, at, [ground.entropy.bytes(), ground.entropy.bytes()]).await?;
        store::invitations::forget_open_of(tx, device).await?;
        store::changes::notify_removed(tx, device).await?;
        audit::append(tx, entry);
    }
    Ok(())
}

/// Whether a therapist has said yes to the phone that calls: until then it is anybody's who had a code. And whether it is
/// still the client's: it may have been removed since it was let in.
///
/// # Errors
/// [`Refusal::DeviceUnconfirmed`]; [`Refusal::DeviceRemoved`].
pub(in crate::domain) async fn check_confirmed(tx: &mut Tx, caller: &CompanionCaller) -> Result<(), Refusal> {
    let found = store::devices::by_id(tx, caller.device).await?.ok_or(Refusal::DeviceRemoved)?;
    if found.removed_at.is_some() {
        return Err(Refusal::DeviceRemoved);
    }
    found.confirmed_at.map(drop).ok_or(Refusal::DeviceUnconfirmed)
}

async fn of_client_in_care(
    tx: &mut Tx,
    caller: &StaffCaller,
    client: ClientId,
    device: DeviceId,
) -> Result<Device, Refusal> {
    care::in_care(tx, caller, client).await?;
    let found = store::devices::by_id(tx, device).await?;
    found.filter(|found| found.person == Person::Client(client)).ok_or(Refusal::NotFound)
}

pub(in crate::domain) async fn list(
    ground: &Ground,
    tx: &mut Tx,
    person: Person,
) -> Result<Vec<DeviceView>, Refusal> {
    let (devices, now) = (store::devices::of_person(tx, person).await?, ground.clock.now());
    let mut views = Vec::with_capacity(devices.len());
    for device in devices {
        let key = ground.keys.practice(tx, device.practice).await?;
        let name = key.open_text(&name_context(device.id), &device.name_sealed)?;
        views.push(DeviceView {
            id: device.id,
            name,
            paired_at: device.paired_at,
            confirmed_at: device.confirmed_at,
            removed_at: device.paired().ended_at(now),
            seen_at: device.seen_at,
            utc_offset: device.utc_offset,
            copied_at: device.copied_at,
            copy_known_at: device.copy_known_at,
        });
    }
    Ok(views)
}

pub(in crate::domain) fn name_context(device: DeviceId) -> String {
    format!("device.name_sealed/{device}")
}
