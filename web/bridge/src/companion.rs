//! The companion's machine.

use sync_core::{
    device::{self, Identity, Invalid, Opened},
    documents::PartOfDay,
    id::{DeviceId, PracticeId, ReceiptId, ReleaseId},
    instant::{Instant, Span},
    lease::{BatchError, Signed, VerifyingKey},
    vocabulary::Vocabulary,
};
use wasm_bindgen::prelude::*;

use crate::{
    clip::Clip,
    code::{code, malformed},
    documents::Documents,
    effects::shown,
    reading::reading,
    sealed::Unsealed,
    views::{Access, Counted, Held},
};

/// The machine of one paired device. Clocks are `wall` and `mono`, in milliseconds.
#[wasm_bindgen]
pub struct Companion(device::Companion);

type Effects = Result<JsValue, JsValue>;

#[wasm_bindgen]
impl Companion {
    /// The machine of a device: one that was just paired, or what an earlier run has saved of it.
    ///
    /// # Errors
    /// `malformed` when the identity, or what was saved, cannot be read.
    #[wasm_bindgen(constructor)]
    pub fn new(
        device: &str,
        practice: &str,
        exchange_key: &[u8],
        authority: &[u8],
        rotations: f64,
        saved: Option<Vec<u8>>,
    ) -> Result<Self, JsValue> {
        let identity = Identity {
            device: DeviceId::parse(device).map_err(malformed)?,
            practice: PracticeId::parse(practice).map_err(malformed)?,
            exchange_key: exchange_key.try_into().map_err(malformed)?,
            authority: VerifyingKey::from_sec1_bytes(authority).map_err(malformed)?,
            rotations: rotations as u64,
        };
        match saved {
            Some(saved) => device::Companion::restore(identity, &saved).map(Self).map_err(malformed),
            None => Ok(Self(device::Companion::new(identity))),
        }
    }

    /// The bytes to write durably.
    pub fn save(&mut self) -> Vec<u8> {
        self.0.save()
    }

    /// What `save` gave last is on the disk.
    pub fn saved(&mut self) {
        self.0.saved();
    }

    /// What an earlier run left half-done.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn resume(&self) -> Effects {
        shown(self.0.resume())
    }

    /// The shelf was read anew.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn shelf_changed(&mut self, documents: &Documents) -> Effects {
        shown(self.0.shelf_changed(&documents.0.shelf()))
    }

    /// Time has passed.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn tick(&mut self, wall: f64, mono: f64) -> Effects {
        shown(self.0.tick(reading(wall, mono)))
    }

    /// Whether leases should be asked for now; if so, [`Self::ask`] at once.
    pub fn wants_leases(&mut self, documents: &Documents, wall: f64, mono: f64) -> bool {
        self.0.wants_leases(&documents.0.shelf(), reading(wall, mono))
    }

    /// In how many milliseconds to look again, where something is new and its question has to wait.
    #[must_use]
    pub fn news_in(&self, documents: &Documents, wall: f64, mono: f64) -> Option<f64> {
        let wait = self.0.news_in(&documents.0.shelf(), reading(wall, mono));
        wait.map(|wait| wait.as_millis() as f64)
    }

    /// Somebody calls: a push, or a therapist's yes to this phone.
    pub fn call(&mut self) {
        self.0.call();
    }

    /// The question that was out came to nothing.
    pub fn no_answer(&mut self) {
        self.0.no_answer();
    }

    /// The question was refused as too large.
    pub fn shorten_question(&mut self) {
        self.0.shorten_question();
    }

    /// A delivery of receipts was refused as too large.
    pub fn shorten_deliveries(&mut self) {
        self.0.shorten_deliveries();
    }

    /// Asks, with 32 fresh random bytes.
    ///
    /// # Errors
    /// `malformed` for another length.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn ask(&mut self, nonce: &[u8], wall: f64, mono: f64) -> Effects {
        shown(self.0.ask(nonce.try_into().map_err(malformed)?, reading(wall, mono)))
    }

    /// Takes the server's answer.
    ///
    /// # Errors
    /// `another_key` when rotations are to be followed first; else `no_contact`: nothing has changed.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn take_batch(&mut self, answer: &[u8], wall: f64, mono: f64) -> Effects {
        let signed = Signed::decode(answer).map_err(|_| code("no_contact"))?;
        let taken = self.0.take_batch(&signed, reading(wall, mono)).map_err(|invalid| match invalid {
            Invalid::Batch(BatchError::AnotherKey) => code("another_key"),
            _ => code("no_contact"),
        })?;
        shown(taken)
    }

    /// How many rotations of the practice's key were followed.
    #[must_use]
    pub fn rotations(&self) -> f64 {
        self.0.practice_keys().rotations() as f64
    }

    /// Follows rotations of the practice's key, in their order.
    ///
    /// # Errors
    /// `no_contact`: nothing has changed.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn take_rotations(&mut self, chain: JsValue) -> Effects {
        let chain: Vec<serde_bytes::ByteBuf> = serde_wasm_bindgen::from_value(chain).map_err(malformed)?;
        let chain: Vec<_> =
            chain.iter().map(|signed| Signed::decode(signed)).collect::<Result<_, _>>().map_err(malformed)?;
        shown(self.0.take_rotations(&chain).map_err(|_| code("no_contact"))?)
    }

    /// Takes a denial that came on its own.
    ///
    /// # Errors
    /// `malformed` when it is no signed statement at all.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn take_denial(&mut self, denial: &[u8]) -> Effects {
        shown(self.0.take_denial(&Signed::decode(denial).map_err(malformed)?))
    }

    /// Takes what the key store has opened and keeps: releases, and in the same order what they brought.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn opened(&mut self, releases: Vec<String>, unsealed: Vec<Unsealed>) -> Effects {
        let opened = releases.iter().zip(unsealed).map(|(release, unsealed)| {
            let release = ReleaseId::parse(release).map_err(malformed)?;
            Ok(Opened { release, media: unsealed.0.media.clone() })
        });
        let opened = opened.collect::<Result<Vec<_>, JsValue>>()?;
        shown(self.0.opened(&opened))
    }

    /// The ciphertext is here.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn fetched(&self, release: &str) -> Effects {
        shown(self.0.fetched(parsed(release)?))
    }

    /// The read-back has shown that the clip plays, or that it does not. `random`: ten bytes.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn read_back(&mut self, release: &str, plays: bool, random: &[u8], wall: f64, mono: f64) -> Effects {
        let id = receipt(random, wall)?;
        shown(self.0.read_back(parsed(release)?, plays, id, reading(wall, mono)))
    }

    /// Key, words and ciphertext are gone. `random`: ten bytes.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn erased(&mut self, release: &str, random: &[u8], wall: f64, mono: f64) -> Effects {
        let id = receipt(random, wall)?;
        shown(self.0.erased(parsed(release)?, id, reading(wall, mono)))
    }

    /// The key store has signed a receipt.
    ///
    /// # Errors
    /// `malformed` when the signature has not 64 bytes.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn signed(&mut self, n: f64, signature: &[u8]) -> Effects {
        shown(self.0.signed(n as u64, signature.try_into().map_err(malformed)?))
    }

    /// The next receipts that the server has not taken yet, as many as go at once: `Uint8Array[]`.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array[]")]
    pub fn receipts(&self) -> Result<JsValue, JsValue> {
        let receipts = self.0.receipts();
        let receipts: Vec<_> =
            receipts.iter().map(|receipt| serde_bytes::ByteBuf::from(receipt.encode())).collect();
        serde_wasm_bindgen::to_value(&receipts).map_err(malformed)
    }

    /// The server has taken every receipt up to `n`.
    ///
    /// # Errors
    /// Never in practice.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn delivered(&mut self, n: f64) -> Effects {
        shown(self.0.delivered(n as u64))
    }

    /// May this play now? `Access`.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Access")]
    pub fn access(&mut self, release: &str, wall: f64, mono: f64) -> Result<JsValue, JsValue> {
        let access = self.0.access(parsed(release)?, reading(wall, mono));
        serde_wasm_bindgen::to_value(&Access::from(access)).map_err(malformed)
    }

    /// How often it may still be played today; none where there is no limit.
    ///
    /// # Errors
    /// `malformed`.
    pub fn plays_left(&mut self, release: &str, wall: f64, mono: f64) -> Result<Option<u16>, JsValue> {
        Ok(self.0.plays_left(parsed(release)?, reading(wall, mono)))
    }

    /// The trusted instant; none before the first contact.
    pub fn trusted(&mut self, wall: f64, mono: f64) -> Option<f64> {
        self.0.trusted(reading(wall, mono)).map(|now| now.as_millis() as f64)
    }

    /// Debits the budget for the next stretch, in milliseconds of media; effects are to be carried out before decrypting.
    /// `counted`: whether the play that it is for has been counted.
    ///
    /// # Errors
    /// The access that stands against it, by its word.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn debit(&mut self, release: &str, stretch: f64, counted: bool, wall: f64, mono: f64) -> Effects {
        let (release, stretch, reading) =
            (parsed(release)?, Span::from_millis(stretch as u64), reading(wall, mono));
        let debited = if counted {
            self.0.debit_counted(release, stretch, reading)
        } else {
            self.0.debit(release, stretch, reading)
        };
        match debited {
            Ok(effects) => shown(effects),
            Err(_) => Err(code("refused")),
        }
    }

    /// A play has come as far as it counts from; gives effects, and under `counted` the day, its part and the count.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Counted | undefined")]
    pub fn played(
        &mut self,
        release: &str,
        heard: f64,
        duration: f64,
        to_the_end: bool,
        wall: f64,
        mono: f64,
    ) -> Result<JsValue, JsValue> {
        let (heard, duration) = (Span::from_millis(heard as u64), Span::from_millis(duration as u64));
        let release = parsed(release)?;
        let (_, counted) = self.0.played(release, heard, duration, to_the_end, reading(wall, mono));
        // Its one effect is to save: the page does so whenever something was counted.
        let counted = counted.map(|play| Counted {
            day: play.day.as_millis(),
            part: play.part.map(PartOfDay::as_str),
            count: play.count,
        });
        serde_wasm_bindgen::to_value(&counted).map_err(malformed)
    }

    /// The person wants a clip gone from this device.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn remove(&mut self, release: &str) -> Effects {
        shown(self.0.remove(parsed(release)?))
    }

    /// The person wants it back.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn bring_back(&mut self, release: &str) -> Effects {
        shown(self.0.bring_back(parsed(release)?))
    }

    /// Ciphertext of a clip is gone from this device's storage.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Effect[]")]
    pub fn lost(&mut self, release: &str) -> Effects {
        shown(self.0.lost(parsed(release)?))
    }

    /// The server has greeted under this storage id; gives whether it has another life than before.
    pub fn greeted(&mut self, storage: &str) -> bool {
        self.0.greeted(storage)
    }

    /// Which life of the server was heard last.
    #[must_use]
    pub fn incarnation(&self) -> Option<String> {
        self.0.incarnation().map(|incarnation| incarnation.to_string())
    }

    /// Every release that this device holds something of.
    #[must_use]
    pub fn releases(&self) -> Vec<String> {
        self.0.releases().map(|release| release.to_string()).collect()
    }

    /// What is held of a release: `Held`.
    ///
    /// # Errors
    /// `malformed`.
    #[wasm_bindgen(unchecked_return_type = "Held | undefined")]
    pub fn held(&self, release: &str) -> Result<JsValue, JsValue> {
        let held = self.0.held(parsed(release)?).map(Held::from);
        serde_wasm_bindgen::to_value(&held).map_err(malformed)
    }

    /// The layout of a clip that is held.
    ///
    /// # Errors
    /// `not_held`; `malformed` when its numbers contradict each other.
    pub fn clip(&self, release: &str) -> Result<Clip, JsValue> {
        let held = self.0.held(parsed(release)?).ok_or_else(|| code("not_held"))?;
        held.media.layout().map(Clip).map_err(malformed)
    }

    /// Whether this device has heard that it is no longer paired.
    #[must_use]
    pub fn is_unpaired(&self) -> bool {
        self.0.is_unpaired()
    }
}

fn parsed(release: &str) -> Result<ReleaseId, JsValue> {
    ReleaseId::parse(release).map_err(malformed)
}

fn receipt(random: &[u8], wall: f64) -> Result<ReceiptId, JsValue> {
    Ok(ReceiptId::new(Instant::from_millis(wall as i64), random.try_into().map_err(malformed)?))
}
