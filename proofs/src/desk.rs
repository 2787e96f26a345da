//! A therapist's wishes, written by the real console over the form that their device shows.

use sync_core::{
    device::Console,
    id::{ClipId, EntryId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    orders::{Orders, RevokeOn},
    policy::{Standing, standing},
    terms::{Terms, TermsChange},
};

/// What a therapist wants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Wish {
    /// To make a clip available.
    Release(ReleaseId, ClipId, RecordingId, Offer),
    /// To let it end at another instant.
    Move(ReleaseId, Instant),
    /// To let it play without contact for another time.
    Offline(ReleaseId, Span),
    /// To pause one release.
    Hold(ReleaseId),
    /// To pause everything.
    HoldShelf,
    /// To end every hold that is shown on a release.
    Lift(ReleaseId),
    /// To take one release back.
    Revoke(ReleaseId),
    /// To take back everything of the clip of a release.
    RevokeClip(ReleaseId),
    /// To confirm a release over what is shown.
    Confirm(ReleaseId),
}

/// The terms of a release, as far as they matter here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Offer {
    /// Until when.
    pub expires_at: Instant,
    /// How long without contact.
    pub offline_for: Span,
    /// Plays a day.
    pub daily_limit: Option<u16>,
    /// Quiet hours, from and to, as minutes of the day.
    pub quiet: Option<(u16, u16)>,
}

impl Wish {
    /// Whether it makes sense for a therapist who sees these orders.
    #[must_use]
    pub fn makes_sense(&self, orders: &Orders, now: Instant) -> bool {
        let stands = |id: &ReleaseId| orders.releases.get(id).map(|release| standing(orders, release, now));
        match self {
            Self::Release(id, ..) => !orders.releases.contains_key(id),
            Self::Move(id, _)
            | Self::Offline(id, _)
            | Self::Hold(id)
            | Self::Revoke(id)
            | Self::RevokeClip(id) => stands(id).is_some_and(|stands| stands != Standing::Revoked),
            Self::HoldShelf => orders.releases.values().any(|release| !release.revoked),
            Self::Lift(id) => {
                orders.releases.get(id).is_some_and(|release| orders.holds_of(release).next().is_some())
            }
            Self::Confirm(id) => orders.releases.get(id).is_some_and(|release| !release.unseen.is_empty()),
        }
    }

    /// Writes it, as an entry of the console.
    pub fn write(&self, console: &mut Console, orders: &Orders, id: EntryId, now: Instant) {
        let form = |release: &ReleaseId| console.change_form(orders, *release);
        match self {
            Self::Release(release, clip, recording, offer) => {
                let quiet =
                    offer.quiet.and_then(|(from, to)| sync_core::terms::QuietHours::between(from, to));
                let terms = Terms {
                    not_before: None,
                    expires_at: offer.expires_at,
                    offline_for: offer.offline_for,
                    daily_limit: offer.daily_limit,
                    quiet_hours: quiet.unwrap_or_default(),
                    planned_daily: None,
                };
                let form = console.release_form(orders, *clip, *recording);
                console.release((id, *release), (*clip, *recording), terms, &form, now);
            }
            Self::Move(release, expires_at) => {
                let set = TermsChange { expires_at: Some(*expires_at), ..TermsChange::default() };
                if let Some(form) = form(release) {
                    console.amend(id, *release, set, &form, now);
                }
            }
            Self::Offline(release, offline_for) => {
                let set = TermsChange { offline_for: Some(*offline_for), ..TermsChange::default() };
                if let Some(form) = form(release) {
                    console.amend(id, *release, set, &form, now);
                }
            }
            Self::Hold(release) => console.hold(id, *release, None, now),
            Self::HoldShelf => {
                let form = console.shelf_form(orders);
                console.hold_shelf(id, None, &form, now);
            }
            Self::Lift(release) => {
                let shown = orders.releases.get(release);
                let holds: Vec<_> = shown
                    .into_iter()
                    .flat_map(|release| orders.holds_of(release))
                    .map(|(id, _)| id)
                    .collect();
                console.lift(id, holds, now);
            }
            Self::Revoke(release) => console.revoke(id, RevokeOn::Release(*release), vec![*release], now),
            Self::RevokeClip(release) => {
                if let Some((form, shown)) = form(release).zip(orders.releases.get(release)) {
                    console.revoke(id, RevokeOn::Clip(shown.clip), form.hits, now);
                }
            }
            Self::Confirm(release) => {
                if let Some(form) = form(release) {
                    console.confirm(id, *release, &form, now);
                }
            }
        }
    }
}
