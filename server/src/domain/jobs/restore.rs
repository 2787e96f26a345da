//! After a restore: which past the database comes from, and which decisions it has forgotten.
//!
//! A backup is older than the moment at which it is restored. If it has forgotten a *grant*, this
//! is harmless: the device asks for the lease again. If it has forgotten a *restriction*, the
//! ledger has it, and the server replays it before it serves anything. The check compares two ends:
//! the ledger's, and the position that the database recorded with the last restriction.
//!
//! | ledger and position | meaning | the server's act |
//! |---|---|---|
//! | equal | nothing happened | nothing |
//! | ledger ahead, its newest mark known | a crash between the ledger's fsync and COMMIT | replay |
//! | ledger's newest mark unknown | the database comes from before that mark: a restore | new incarnation, replay |
//! | ledger ahead of the database of a server that runs | the database went back: an asynchronous standby was promoted | new incarnation, replay |
//! | ledger missing, shorter, or another history | decisions may be lost, and no record says which | new incarnation, replay the rest, hold every practice |
//!
//! **Marks tell a crash from a restore.** Both leave the ledger ahead. A mark is a random value
//! that the database gets first, committed, and only then the ledger. So a crash can never leave
//! the ledger with a mark that the database has not; a database from the past has exactly that.
//! Marks are made at each start, every few minutes, and at the end: a backup that is taken after
//! the newest mark and restored without one in between passes for a crash, and the replay makes it
//! whole all the same.
//!
//! **A new incarnation** tells devices and peers that their knowledge of the server may be newer
//! than the server.
//!
//! **One case cannot be seen from here**: database and ledger restored together, from one snapshot.
//! Both agree. That is why the ledger must be apart; and devices hand back the signed denials that
//! they were given.
//!
//! **Several servers on one database** have a ledger each. A restore seen by one of them proves
//! nothing about the records of the others, so every practice is held then too.
//!
//! **After a failover** the database is on another timeline, and may have lost acknowledged
//! decisions. Each server finds that out by itself, at its next transaction or when its connections
//! break, and compares. Until all of them have, no lease is given; if one has not within two
//! minutes, every practice is held, as after a restore.

use sync_core::{
    id::{ClientId, EntryId, IncarnationId, OutboxId, PracticeId},
    instant::{Instant, Span},
    orders::Entry,
    policy::{Purpose, StaffAct, is_narrowed},
    settlement::everywhere::wide,
    vocabulary::Vocabulary,
};

use crate::{
    domain::{
        clips::destruction,
        decisions::everywhere,
        jobs::marks,
        people::consents,
        records::{
            audit::{Action, Actor, AuditEntry, append},
            denials,
            outbox::{self, SETTLE_CLIENT, SETTLE_CLIP, SETTLE_RECORDING},
        },
    },
    ground::Ground,
    ledger::{Fact, Ledger, LedgerError, Line, Position, Reading, Restriction},
    nouns::{
        Refusal,
        callers::StaffCaller,
        consents::{ConsentEvent, ConsentKind},
        entropy::Entropy,
    },
    store::{
        self, StoreError, Tx, Urgency, entries, incarnations,
        ledger_positions::{self, Positions},
        practices, replays,
    },
};

/// What the comparison of ledger and database gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They agree.
    Level,
    /// The ledger was ahead, by a crash; it was replayed.
    Behind,
    /// The database comes from the past; the ledger was replayed into a new incarnation.
    Restored,
    /// Decisions may be lost: nothing plays until therapists confirm.
    Unproved,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy)]
pub struct Checked {
    /// What the comparison gave.
    pub verdict: Verdict,
    /// Which life of the database this is now.
    pub incarnation: IncarnationId,
}

/// When two ends are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At the start: a ledger that is ahead may be a crash's doing.
    Start {
        /// The operator says that the ledger is lost which the database knows.
        new_ledger: bool,
    },
    /// While the server runs, and every COMMIT of its own is accounted for: the database went back.
    Running,
}

/// How long the other servers may take to compare their ledgers after a failover.
const OTHERS_WITHIN: Span = Span::from_secs(120);

/// Compares ledger and database, and makes the database level with the ledger, all in the caller's transaction, during
/// which nothing may be recorded.
///
/// # Errors
/// When the ledger cannot be read or the database fails: then nothing may be served.
pub(crate) async fn check(
    tx: &mut Tx,
    ledger: &Ledger,
    server: &str,
    when: When,
    now: Instant,
    entropy: &Entropy,
) -> Result<Checked, StoreError> {
    let position = ledger_positions::lock(tx, server).await?;
    let positions = ledger_positions::look(tx).await?;
    let has_moved =
        positions.of(server).is_some_and(|own| own.timeline != 0 && own.timeline != positions.timeline);
    let reading = read_after(ledger, position.filter(|position| position.ledger == ledger.id())).await?;
    let mark_known = match &reading.mark {
        Some(mark) => ledger_positions::knows_mark(tx, ledger.id(), &mark.value).await?,
        None => true,
    };
    let went_back = has_moved || when == When::Running;
    let is_lost = when == When::Start { new_ledger: true } && !positions.servers.is_empty();
    let verdict = match judge(position, &reading, mark_known) {
        Verdict::Behind if went_back => Verdict::Restored,
        // A ledger with nothing in it proves nothing of a database that knows others.
        Verdict::Level if is_lost && position.is_none() => Verdict::Unproved,
        verdict => verdict,
    };
    let incarnation = match incarnations::current(tx).await? {
        Some(current) if matches!(verdict, Verdict::Level | Verdict::Behind) => current,
        _ => {
            let next = IncarnationId::new(now, entropy.bytes());
            incarnations::begin(tx, next, now).await?;
            marks::note_restore(tx, next, now).await?;
            next
        }
    };
    match verdict {
        Verdict::Level => {}
        Verdict::Behind | Verdict::Restored => replay(tx, &reading.lines).await?,
        Verdict::Unproved => replay(tx, &read_after(ledger, None).await?.lines).await?,
    }
    let other_ledgers = ledger_positions::others_exist(tx, server).await?;
    // After a failover the others are waited for instead.
    if verdict == Verdict::Unproved || (verdict == Verdict::Restored && other_ledgers && !has_moved) {
        practices::hold_all(tx, now).await?;
    }
    if matches!(verdict, Verdict::Restored | Verdict::Unproved) {
        // Shelves and devices are told what the past has forgotten, and that everything rests where it does.
        outbox::enqueue_everyone(tx, now, entropy).await?;
    }
    ledger_positions::put(tx, server, reading.end).await?;
    ledger_positions::note_timeline(tx, server, positions.timeline, now).await?;
    hold_for_the_missing(tx, server, &positions, now).await?;
    Ok(Checked { verdict, incarnation })
}

/// Holds every practice when another server has not compared its ledger since the failover: what it had recorded may be
/// lost, and nobody can say what.
async fn hold_for_the_missing(
    tx: &mut Tx,
    server: &str,
    positions: &Positions,
    now: Instant,
) -> Result<(), StoreError> {
    let waited_since =
        positions.of(server).filter(|own| own.timeline == positions.timeline).map(|own| own.moved_at);
    if waited_since.is_none_or(|since| now < since + OTHERS_WITHIN) {
        return Ok(());
    }
    let missing =
        positions.servers.iter().filter(|one| one.timeline != 0 && one.timeline != positions.timeline);
    for one in missing {
        tracing::warn!("a server has not compared its ledger since a failover: every practice is held");
        practices::hold_all(tx, now).await?;
        ledger_positions::note_timeline(tx, &one.server, positions.timeline, now).await?;
    }
    Ok(())
}

/// What the two ends mean; the table above.
fn judge(position: Option<Position>, reading: &Reading, mark_known: bool) -> Verdict {
    let Some(position) = position else {
        // A database that has never seen this server. A ledger with its first line only is as new as that.
        return if reading.end.seq == 0 { Verdict::Level } else { Verdict::Restored };
    };
    if position.ledger != reading.end.ledger || reading.hash != Some(position.hash) {
        return Verdict::Unproved;
    }
    if !mark_known {
        return Verdict::Restored;
    }
    if reading.end == position { Verdict::Level } else { Verdict::Behind }
}

async fn read_after(ledger: &Ledger, position: Option<Position>) -> Result<Reading, StoreError> {
    let reading = ledger.read_after(position.map_or(0, |position| position.seq)).await;
    reading.map_err(|error: LedgerError| {
        tracing::error!(%error, "ledger");
        StoreError::Ledger
    })
}

/// Takes ledger lines over into the database. Doing it again changes nothing.
///
/// # Errors
/// When the database fails.
pub(crate) async fn replay(tx: &mut Tx, lines: &[Line]) -> Result<(), StoreError> {
    for line in lines {
        let Fact::Restriction(restriction) = &line.fact else { continue };
        let replayed = match restriction {
            Restriction::Entry { client, id, bytes } => {
                replay_entry(tx, *client, *id, bytes, line.at).await?
            }
            Restriction::Made { client, clip, release, at } => {
                let done = replays::note_made(tx, *client, *clip, *release, *at).await?;
                done.map(|(practice, changed)| {
                    (entry(practice, line.at).client(*client).about(*release), changed)
                })
            }
            Restriction::Withdrawal { consent, recording, participant, purpose, at, recorded_by } => {
                let event = ConsentEvent {
                    id: *consent,
                    recording: *recording,
                    participant: *participant,
                    purpose: Purpose::parse(purpose).ok_or(StoreError::Inconsistent("purpose"))?,
                    kind: ConsentKind::Withdrawn,
                    form: None,
                    at: *at,
                    valid_until: None,
                    recorded_by: *recorded_by,
                };
                let done = replays::withdraw(tx, &event).await?;
                done.map(|(practice, changed)| {
                    (entry(practice, line.at).about(*recording).consent(*consent), changed)
                })
            }
            Restriction::ConsentEnd { consent, recording, participant, purpose, at, valid_until } => {
                let event = ConsentEvent {
                    id: *consent,
                    recording: *recording,
                    participant: *participant,
                    purpose: Purpose::parse(purpose).ok_or(StoreError::Inconsistent("purpose"))?,
                    kind: ConsentKind::Given,
                    form: None,
                    at: *at,
                    valid_until: Some(*valid_until),
                    recorded_by: None,
                };
                replay_consent_end(tx, &event, line.at).await?
            }
            Restriction::Unpair { device, at } => {
                let done = replays::remove_device(tx, *device, *at).await?;
                done.map(|(practice, changed)| (entry(practice, line.at).device(*device), changed))
            }
            Restriction::Destroy { clip, at } => {
                let done = replays::destroy_clip(tx, *clip, *at).await?;
                done.map(|(practice, changed)| (entry(practice, line.at).about(*clip), changed))
            }
        };
        // What the database does not know at all cannot play from it.
        if let Some((entry, true)) = replayed {
            append(tx, &entry);
            leave_work(tx, line, restriction).await?;
        }
    }
    Ok(())
}

/// Leaves to be done what follows from a restriction that was missing, under ids of the line's own hash.
async fn leave_work(tx: &mut Tx, line: &Line, restriction: &Restriction) -> Result<(), StoreError> {
    let mut random = line.hash.chunks_exact(10).filter_map(|bytes| <[u8; 10]>::try_from(bytes).ok());
    let (Some(first), Some(second)) = (random.next(), random.next()) else { return Ok(()) };
    match restriction {
        Restriction::Entry { client, id, bytes } => {
            outbox::enqueue(tx, SETTLE_CLIENT, client.as_bytes(), line.at, first).await?;
            let on = Entry::decode(bytes).ok().and_then(|entry| wide(&entry.act));
            let Some(on) = on else { return Ok(()) };
            everywhere::note(tx, *client, *id, on, line.at, second).await
        }
        Restriction::Made { client, .. } => {
            outbox::enqueue(tx, SETTLE_CLIENT, client.as_bytes(), line.at, first).await
        }
        Restriction::Withdrawal { recording, .. } | Restriction::ConsentEnd { recording, .. } => {
            outbox::enqueue(tx, SETTLE_RECORDING, recording.as_bytes(), line.at, first).await
        }
        Restriction::Destroy { clip, .. } => {
            // The object may have come back with the backup. Its key has not, and it goes too.
            destruction::enqueue(tx, *clip, line.at, OutboxId::new(line.at, second)).await?;
            outbox::enqueue(tx, SETTLE_CLIP, clip.as_bytes(), line.at, first).await
        }
        Restriction::Unpair { device, .. } => {
            denials::unpaired_again(tx, *device, line.at, [first, second]).await?;
            store::invitations::forget_open_of(tx, *device).await?;
            store::changes::notify_removed(tx, *device).await
        }
    }
}

/// Takes an entry over. The orders' document is brought level with it when the client is settled.
async fn replay_entry(
    tx: &mut Tx,
    client: ClientId,
    id: EntryId,
    bytes: &[u8],
    at: Instant,
) -> Result<Option<(AuditEntry, bool)>, StoreError> {
    let Some(practice) = replays::bump_client(tx, client).await? else { return Ok(None) };
    let inserted = entries::insert_if_missing(tx, client, id, bytes, at).await?;
    Ok(Some((entry(practice, at).client(client).about(id), inserted)))
}

/// Enters a consent that ends in the place of an older one that ends later or never. Where nobody has consented it enters
/// nothing: that would be a grant.
async fn replay_consent_end(
    tx: &mut Tx,
    event: &ConsentEvent,
    at: Instant,
) -> Result<Option<(AuditEntry, bool)>, StoreError> {
    let Some(practice) = replays::bump_recording(tx, event.recording, event.participant).await? else {
        return Ok(None);
    };
    let events = store::consents::of_recording(tx, event.recording).await?;
    let said = consents::said_by(&events, event.participant, event.purpose);
    let narrows = event.valid_until.is_some_and(|until| is_narrowed(said, event.at, until));
    if narrows {
        store::consents::insert(tx, event).await?;
    }
    let about = entry(practice, at).about(event.recording).about(event.participant).consent(event.id);
    Ok(Some((about, narrows)))
}

fn entry(practice: PracticeId, at: Instant) -> AuditEntry {
    AuditEntry::new(practice, at, Actor::Server, Action::ReplayLedger)
}

/// Ends the hold of a practice whose ledger's end could not be proved: a therapist has looked at what is released.
///
/// # Errors
/// [`Refusal::NotAllowed`] for anyone but a therapist; [`Refusal::Conflict`] when the practice is not held.
pub async fn confirm_after_restore(
    tx: &mut Tx,
    caller: &StaffCaller,
    now: Instant,
    entropy: &Entropy,
) -> Result<(), Refusal> {
    caller.check_may(StaffAct::ConfirmRestore)?;
    if !practices::lift_hold(tx, caller.practice).await? {
        return Err(Refusal::Conflict);
    }
    append(tx, &AuditEntry::new(caller.practice, now, caller.into(), Action::ConfirmRestore));
    Ok(outbox::enqueue_everyone(tx, now, entropy).await?)
}

/// Ends the hold that a restore placed on the practice, and leaves everyone to be settled: gates allow from that commit on,
/// and shelves are told by a worker, however many there are.
///
/// # Errors
/// [`Refusal::NotAllowed`] for anyone but a therapist; [`Refusal::Conflict`] when the practice is not held.
pub async fn confirm_restore(ground: &Ground, caller: StaffCaller) -> Result<(), Refusal> {
    let (now, entropy) = (ground.clock.now(), ground.entropy.clone());
    ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move { confirm_after_restore(tx, &caller, now, &entropy).await })
        })
        .await
        .inspect(|()| ground.bell.ring_for_work())
}

#[cfg(test)]
mod tests;
