//! A scope: how far one model reaches, by actor and number of acts. Within it, the checker visits
//! every order of all acts.

use sync_core::{
    instant::{Instant, Span},
    lease::GENEROUS_PLAYS,
};

use crate::{
    cast::{DAWN, clip, recording, release},
    clinic,
    desk::{Offer, Wish},
    phone,
};

/// The one practice of a model.
pub(super) const PRACTICE: u16 = 1;

/// When a model begins.
pub(super) const NOON: Instant = Instant::from_millis(DAWN.as_millis() + 12 * 3_600_000);

/// How long a day is.
pub(super) const DAY: Span = Span::from_days(1);

/// How far one model reaches.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What it is about.
    pub name: &'static str,
    /// What therapists may wish.
    pub wishes: Vec<Wish>,
    /// How often each thing may happen.
    pub left: Left,
    /// Whether a therapist's device sends at once what is written, instead of whenever it comes online.
    pub online: bool,
    /// Whether key store and network take their time, so that other things happen in between.
    pub slow: bool,
    /// How many of the two therapists' devices take part.
    pub desks: usize,
    /// How many of the two phones take part.
    pub phones: usize,
    /// The first release.
    pub first: Wish,
    /// Whether it is there and synced when the model begins.
    pub begins_released: bool,
    /// Whether the phones play it already.
    pub begins_playing: bool,
    /// How many plays a day a budget allows for where no daily limit is set.
    pub generous_plays: u16,
    /// How many batches with leases the first phone was given before, in the last hour.
    pub batches_before: u64,
    /// A rule that the server breaks.
    pub clinic_fault: Option<clinic::Fault>,
    /// A rule that the phones' platform breaks.
    pub phone_fault: Option<phone::Fault>,
}

/// How often each thing may still happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Left {
    /// Entries that therapists write.
    pub acts: u8,
    /// Questions of each phone.
    pub asks: [u8; 2],
    /// Answers that are sent twice.
    pub duplicates: u8,
    /// Days that pass.
    pub days: u8,
    /// Deaths of phones, at any boundary between two effects.
    pub deaths: u8,
    /// Deaths of the server between the ledger and the commit.
    pub torn: u8,
    /// Restores of the server.
    pub restores: u8,
    /// Restores without the ledger.
    pub ledgers_lost: u8,
    /// Wall clocks that are set back or ahead.
    pub clocks: u8,
    /// Steps of media time that are played.
    pub plays: u8,
    /// Withdrawals of a consent.
    pub withdrawals: u8,
    /// Revocations of the clip or its recording on another client's shelf.
    pub elsewhere: u8,
    /// Consents that are given again.
    pub consents: u8,
    /// Destructions of a clip.
    pub destructions: u8,
    /// Removals of a phone.
    pub removals: u8,
    /// Clips that a person removes from their phone.
    pub put_away: u8,
}

/// The terms of a release where nothing else is said.
pub(super) const OFFER: Offer = Offer {
    expires_at: Instant::from_millis(NOON.as_millis() + 3 * 86_400_000),
    offline_for: Span::from_days(2),
    daily_limit: Some(1),
    quiet: None,
};

/// The `n`th release of the one clip.
pub(super) fn share(n: u16, offer: Offer) -> Wish {
    Wish::Release(release(PRACTICE, n), clip(PRACTICE, 1), recording(PRACTICE, 1), offer)
}

impl Scope {
    fn new(name: &'static str, wishes: Vec<Wish>, left: Left) -> Self {
        Self {
            name,
            wishes,
            left,
            online: true,
            slow: false,
            desks: 1,
            phones: 1,
            first: share(1, OFFER),
            begins_released: true,
            begins_playing: true,
            generous_plays: GENEROUS_PLAYS,
            batches_before: 0,
            clinic_fault: None,
            phone_fault: None,
        }
    }

    /// Every scope that CI checks. `deeper` adds as much to what may happen.
    #[must_use]
    pub fn all(deeper: u8) -> Vec<Self> {
        [
            Self::decisions,
            Self::endings,
            Self::phones,
            Self::messages,
            Self::deaths,
            Self::restores,
            Self::forgotten,
            Self::lapses,
            Self::clocks,
            Self::budget,
            Self::put_away,
            Self::everywhere,
            Self::batches,
        ]
        .map(|scope| scope(deeper))
        .to_vec()
    }

    /// Two therapists who have not heard of one another, with everything that they may decide.
    #[must_use]
    pub fn decisions(deeper: u8) -> Self {
        let of = release(PRACTICE, 1);
        let wishes = vec![
            share(1, OFFER),
            share(2, OFFER),
            Wish::Move(of, NOON + Span::from_days(5)),
            Wish::Move(of, NOON + Span::from_days(1)),
            Wish::Hold(of),
            Wish::HoldShelf,
            Wish::Lift(of),
            Wish::Revoke(of),
            Wish::RevokeClip(of),
            Wish::Confirm(of),
            Wish::Confirm(release(PRACTICE, 2)),
        ];
        let left = Left { acts: 3 + deeper, asks: [1 + deeper, 0], days: deeper, ..Left::default() };
        Self {
            desks: 2,
            online: false,
            begins_released: false,
            begins_playing: false,
            ..Self::new("decisions", wishes, left)
        }
    }

    /// Every way in which a release ends, with both phones at any distance.
    #[must_use]
    pub fn endings(deeper: u8) -> Self {
        let of = release(PRACTICE, 1);
        let wishes = vec![Wish::Revoke(of), Wish::RevokeClip(of), Wish::Hold(of), Wish::Lift(of)];
        let left = Left {
            acts: 1 + deeper,
            asks: [1 + deeper, 0],
            days: deeper.min(1),
            withdrawals: 1,
            destructions: 1,
            removals: 1,
            ..Left::default()
        };
        Self::new("endings", wishes, left)
    }

    /// A clip on two phones, one of them always behind the other.
    #[must_use]
    pub fn phones(deeper: u8) -> Self {
        let of = release(PRACTICE, 1);
        let left = Left { acts: 2 + deeper, asks: [1 + deeper, 1], days: 1, ..Left::default() };
        let wishes = vec![Wish::Revoke(of), Wish::Hold(of), Wish::Lift(of)];
        Self {
            desks: 1 + usize::from(deeper > 0),
            phones: 2,
            begins_playing: false,
            ..Self::new("phones", wishes, left)
        }
    }

    /// Messages that are lost, late, doubled and out of order, with a slow key store.
    #[must_use]
    pub fn messages(deeper: u8) -> Self {
        let of = release(PRACTICE, 1);
        let wishes = vec![Wish::Revoke(of), Wish::Hold(of), Wish::Lift(of)];
        let left = Left { acts: 2, asks: [2 + deeper, 0], duplicates: 1, ..Left::default() };
        Self { slow: true, begins_playing: false, ..Self::new("messages", wishes, left) }
    }

    /// Deaths of a phone at every boundary, and of the server between its ledger and its commit.
    #[must_use]
    pub fn deaths(deeper: u8) -> Self {
        let of = release(PRACTICE, 1);
        let wishes = vec![Wish::Revoke(of), Wish::Hold(of), Wish::Lift(of)];
        let left = Left {
            acts: 1,
            asks: [2, 0],
            days: deeper,
            deaths: 1 + deeper.min(1),
            torn: 1,
            ..Left::default()
        };
        Self { slow: true, online: false, ..Self::new("deaths", wishes, left) }
    }

    /// A server that goes back to a backup while phones and laptops are ahead of it.
    #[must_use]
    pub fn restores(deeper: u8) -> Self {
        let of = release(PRACTICE, 1);
        let wishes = vec![Wish::Revoke(of), Wish::Hold(of)];
        let left = Left {
            acts: 1,
            asks: [2 + deeper, 0],
            restores: 1,
            ledgers_lost: 1,
            withdrawals: deeper.min(1),
            destructions: deeper.min(1),
            ..Left::default()
        };
        Self::new("restores", wishes, left)
    }

    /// A release, a withdrawal after it and a consent after that, which a backup has forgotten, and what comes back.
    #[must_use]
    pub fn forgotten(deeper: u8) -> Self {
        let left = Left {
            acts: 1 + deeper,
            asks: [1 + deeper, 0],
            restores: 1,
            days: 1,
            withdrawals: 1,
            consents: 1,
            ..Left::default()
        };
        let long = Offer { expires_at: NOON + Span::from_days(9), ..OFFER };
        Self {
            online: false,
            begins_released: false,
            begins_playing: false,
            ..Self::new("forgotten", vec![share(1, long)], left)
        }
    }

    /// Leases that a backup has forgotten, and that lapse.
    #[must_use]
    pub fn lapses(deeper: u8) -> Self {
        let long = Offer { expires_at: NOON + Span::from_days(9), offline_for: Span::from_days(1), ..OFFER };
        let left =
            Left { asks: [2 + deeper, 0], restores: 1, days: 2, duplicates: deeper, ..Left::default() };
        Self { first: share(1, long), ..Self::new("lapses", Vec::new(), left) }
    }

    /// Clocks that are set back, ahead and held still, and somebody who plays on and on.
    #[must_use]
    pub fn clocks(deeper: u8) -> Self {
        let of = release(PRACTICE, 1);
        let left =
            Left { asks: [1, 0], days: 3, deaths: deeper, clocks: 1 + deeper, plays: 2, ..Left::default() };
        let long = Offer { expires_at: NOON + Span::from_days(9), ..OFFER };
        Self { first: share(1, long), ..Self::new("clocks", vec![Wish::Revoke(of)], left) }
    }

    /// Somebody who plays on and on, without a daily limit, with a clock held still and an app that dies.
    #[must_use]
    pub fn budget(deeper: u8) -> Self {
        let offer = Offer { daily_limit: None, ..OFFER };
        let left = Left { days: deeper, deaths: 1 + deeper, plays: 5, ..Left::default() };
        Self { first: share(1, offer), generous_plays: 1, ..Self::new("budget", Vec::new(), left) }
    }
    /// A clip that its person removes from their phone, while a therapist takes it back or pauses it.
    #[must_use]
    pub fn put_away(deeper: u8) -> Self {
        let of = release(PRACTICE, 1);
        let wishes = vec![Wish::Revoke(of), Wish::Hold(of), Wish::Lift(of)];
        let left = Left {
            acts: 2,
            asks: [2 + deeper, 0],
            days: deeper.min(1),
            deaths: 1,
            put_away: 1,
            ..Left::default()
        };
        Self::new("put away", wishes, left)
    }

    /// A clip that is on another client's shelf, too, and is taken back there, while a therapist releases it here again.
    #[must_use]
    pub fn everywhere(deeper: u8) -> Self {
        let wishes =
            vec![share(2, OFFER), Wish::Confirm(release(PRACTICE, 1)), Wish::Confirm(release(PRACTICE, 2))];
        let left =
            Left { acts: 2, asks: [2 + deeper, 0], elsewhere: 1, days: deeper.min(1), ..Left::default() };
        Self { online: false, ..Self::new("everywhere", wishes, left) }
    }

    /// A phone that asks and asks, until it is given no more leases; and a therapist who decides something all the same.
    #[must_use]
    pub fn batches(deeper: u8) -> Self {
        let of = release(PRACTICE, 1);
        let wishes = vec![Wish::Move(of, NOON + Span::from_days(2)), Wish::Hold(of), Wish::Revoke(of)];
        let left = Left { acts: 1 + deeper, asks: [2 + deeper, 0], days: 1, ..Left::default() };
        Self { batches_before: 63, ..Self::new("batches", wishes, left) }
    }
}
