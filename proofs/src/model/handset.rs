//! The events of a phone and of its network.

use sync_core::{
    id::ReleaseId,
    instant::{Instant, Span},
};

use super::{
    part::Part,
    state::{Handset, Happens, Server},
};
use crate::phone::Lives;

/// The receipts of a phone reach the server, and it hears of that.
pub(super) fn hand_in(
    server: &Server,
    phone: &Handset,
    now: Instant,
) -> Option<(Part<Server>, Part<Handset>)> {
    let receipts = phone.phone.machine.receipts();
    if receipts.is_empty() {
        return None;
    }
    let (mut server, mut phone) = (server.clone(), phone.clone());
    match server.clinic.take_receipts(phone.phone.device, &receipts, now) {
        Ok(upto) => {
            if phone.phone.delivered(upto).is_err() {
                phone.phone.witness.broken.get_or_insert("the platform failed");
            }
        }
        Err(error) => server.truth.broken(format!("I7: {error:#}")),
    }
    Some((Part::of(server), phone.share()))
}

impl Handset {
    /// Something happens; none if it changes nothing.
    pub(super) fn on(
        &mut self,
        what: &Happens,
        server: &Server,
        dies_after: Option<usize>,
        slow: bool,
    ) -> anyhow::Result<Option<Lives>> {
        let phone = &mut self.phone;
        let lives = match what {
            Happens::Asks => {
                let lives = phone.ask(dies_after)?;
                self.question = phone.out.question.take().map(std::sync::Arc::new);
                self.answered = 0;
                lives
            }
            Happens::Takes(i) => {
                let Some(sent) = self.answers.get(*i).cloned() else { return Ok(None) };
                let in_time = phone.is_in_time();
                let Some(lives) = phone.take(&sent.batch, dies_after)? else { return Ok(None) };
                self.honest |= in_time;
                // Who dies before anything is durable has heard nothing.
                if dies_after != Some(0) {
                    self.told_ended.extend(&sent.ended);
                    self.told_denied.clone_from(&sent.denied);
                }
                lives
            }
            Happens::Sees => {
                let truth = &server.truth;
                let lives = phone.see(&server.clinic.db.shelf, dies_after)?;
                if dies_after != Some(0) {
                    // A shelf that was restored from before a release says nothing of it.
                    let clinic = &server.clinic;
                    let tells = |id: &ReleaseId| clinic.lives == 1 || clinic.db.shelf.0.contains_key(id);
                    self.told_ended
                        .extend(truth.releases().filter(|id| truth.is_revoked_here(*id) && tells(id)));
                }
                lives
            }
            Happens::Opens if phone.is_opening() => phone.open(dies_after)?,
            Happens::Fetches => {
                let Some(release) = phone.out.fetches.first().copied() else { return Ok(None) };
                phone.fetched(release, dies_after)?
            }
            Happens::Looks => {
                let lives = phone.tick(dies_after)?;
                for release in phone.machine.releases().collect::<Vec<_>>() {
                    phone.access(release);
                }
                lives
            }
            Happens::Plays => {
                let Some(release) = self.could_play.first().copied() else { return Ok(None) };
                phone.access(release);
                match phone.play(release, dies_after)? {
                    Some(lives) => lives,
                    None => return Ok(None),
                }
            }
            Happens::PutsAway => {
                let Some(release) = phone.machine.releases().next() else { return Ok(None) };
                phone.put_away(release, dies_after)?
            }
            Happens::ClockSet(days) => {
                let by = Span::from_days(u64::from(days.unsigned_abs()));
                phone.wall = if *days < 0 { phone.wall - by } else { phone.wall + by };
                self.honest = false;
                Lives::Yes
            }
            Happens::Opens | Happens::HandsIn => return Ok(None),
        };
        if !slow && lives == Lives::Yes && !matches!(what, Happens::Opens | Happens::Fetches) {
            // A quick key store and a quick network: nothing else happens in between.
            self.phone.open(None)?;
            for release in self.phone.out.fetches.clone() {
                self.phone.fetched(release, None)?;
            }
        }
        Ok(Some(lives))
    }
}
