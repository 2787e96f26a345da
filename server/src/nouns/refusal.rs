//! Every reason for which a caller is refused, by name.
//!
//! The domain refuses by reason; only `http/error.rs` knows statuses and codes. An id that does not
//! exist and an id that belongs to another practice or client are the same refusal,
//! [`Refusal::NotFound`], so that no caller can ask which ids exist.

use sync_core::id::EntryId;
use thiserror::Error;

/// Why something was not done. Nothing was half-done.
#[derive(Debug, Error)]
pub enum Refusal {
    /// No token, or one that is unknown, ended or past its time.
    #[error("sign in first")]
    Unauthenticated,
    /// The device signs its requests, and this one is not signed.
    #[error("this device signs its requests; sign this one too")]
    SignatureMissing,
    /// The signature is right or not, and its challenge too old: the answer brings another one.
    #[error("sign this request again, over the challenge of this answer")]
    ChallengeStale,
    /// The request is not signed by its device, or not as it came, or it came before.
    #[error("this request is not validly signed by its device")]
    SignatureInvalid,
    /// The caller is known, and this is not theirs to do.
    #[error("this is not yours to do")]
    NotAllowed,
    /// Unknown here, or somebody else's.
    #[error("there is nothing here under this id")]
    NotFound,
    /// The request's body, header or parameter cannot be read; which part.
    #[error("the request cannot be read: {0}")]
    Malformed(&'static str),
    /// A value is readable and out of its bounds; which one, and its rule.
    #[error("out of bounds: {0}")]
    OutOfBounds(&'static str),
    /// A list is shorter or longer than it may be; which one.
    #[error("out of bounds: {field}: {least} to {most} of them")]
    WrongCount {
        /// The list's name in the request.
        field: &'static str,
        /// How many there must be.
        least: usize,
        /// How many there may be.
        most: usize,
    },
    /// E-mail, password or code is wrong; never which one.
    #[error("e-mail, password or code is not right")]
    SignInFailed,
    /// Unknown browsers have tried too often; wait, or use a known one.
    #[error("too many attempts of unknown browsers; wait a quarter of an hour")]
    SignInLocked,
    /// The pairing code is unknown or wrong, or was tried too often.
    #[error("this code is not valid; ask for a new one")]
    CodeNotValid,
    /// The pairing code was right, and is too old.
    #[error("this code has run out; ask for a new one")]
    CodeExpired,
    /// The pairing code was right, and has been used.
    #[error("this code has been used; ask for a new one")]
    CodeUsed,
    /// A device with this key is or was paired: it must start from a wiped profile with new keys.
    #[error("this device was paired before; it needs new keys")]
    DeviceKeyKnown,
    /// The person has as many devices as a person may have, or as many that wait for a therapist's yes.
    #[error(
        "there is no room for one more device; remove one that is not in use, or say yes to one that waits"
    )]
    DevicesTooMany,
    /// The device is no longer paired.
    #[error("this device is no longer paired")]
    DeviceRemoved,
    /// No therapist has said yes to the device yet.
    #[error("a therapist has to say yes to this device first")]
    DeviceUnconfirmed,
    /// The body stood still, or came more slowly than it may.
    #[error("this comes too slowly; send it again")]
    TooSlow,
    /// More bytes than the limit allows.
    #[error("this is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The bytes are no audio or video that is known.
    #[error("this is no audio or video that Refrain knows")]
    NotMedia,
    /// The upload ended before it was whole, or the media inside it does.
    #[error("the upload is not whole; send it again")]
    Truncated,
    /// The bytes are not those whose digest was sent.
    #[error("the bytes do not match their digest; send them again")]
    DigestMismatch,
    /// No byte of the object lies in the range.
    #[error("the range is outside of the clip")]
    RangeNotSatisfiable {
        /// How long the object is, in bytes.
        len: u64,
    },
    /// The clip was destroyed.
    #[error("this clip was destroyed")]
    ClipDestroyed,
    /// Somebody who is heard in the clip has not been asked, or does not consent to this.
    #[error("not everybody who is heard in this clip consents to that")]
    ConsentMissing,
    /// A person who was in the session has not consented to be recorded, or does not any more.
    #[error(
        "record: not everybody who was in this session consents to be recorded now; ask each of them first"
    )]
    RecordMissing,
    /// The person has withdrawn on their own phone: staff cannot consent in their name after that.
    #[error(
        "participant: this person withdrew on their own phone; staff cannot enter a consent for them on this recording"
    )]
    WithdrawnByPerson,
    /// Revocations, holds or amendments exist that the caller has not named as seen; their entries.
    #[error("something happened that this request does not name as seen")]
    Unseen(Vec<EntryId>),
    /// The release has ended; release again instead.
    #[error("this release has ended; release the clip again instead")]
    ReleaseEnded,
    /// Something that does not only take away came where only that is taken.
    #[error("only what takes something away is taken here: holds, revocations, amendments that tighten")]
    NotARestriction,
    /// The same Idempotency-Key came with another request.
    #[error("this idempotency key was used for another request")]
    IdempotencyMismatch,
    /// The same request was done before, and its answer was lost.
    #[error("this was done when it was sent before, and its answer was lost: read what is there")]
    DoneAlready,
    /// Something of this name or key is there already.
    #[error("this is there already")]
    Conflict,
    /// The push endpoint is no public https address.
    #[error("this push endpoint is not allowed")]
    EndpointNotAllowed,
    /// The statement's signature, device or shape is wrong.
    #[error("this statement is not validly signed by its device")]
    StatementInvalid,
    /// A later question of the device was heard before this one.
    #[error("a later question of this device was heard before this one; ask again")]
    QuestionOvertaken,
    /// The device said two different things under one number: it was copied, and has been removed.
    #[error("this device seems to have been copied and was removed; pair it again")]
    DeviceCopied,
    /// Password and code are right, and the person is not on the staff any more.
    #[error("this account has come to its end")]
    AccountEnded,
    /// The device's part for this client ended so long ago that nothing is taken from it any more.
    #[error("this device's part ended more than 30 days ago; tell a therapist what has to end")]
    EndedTooLong,
    /// The digits are not those that the phone shows.
    #[error("digits: these are not the four digits that the phone shows now")]
    DigitsNotRight,
    /// The digits are not those that the authenticator shows.
    #[error("these are not the digits that the authenticator shows now")]
    ProofNotRight,
    /// Too much at once; seconds to wait.
    #[error("too many requests; wait {after_secs} seconds")]
    TooManyRequests {
        /// When to come back.
        after_secs: u32,
    },
    /// What was decided is in force, and the note that came with it could not be kept.
    #[error("what you decided is in force; your note could not be kept, so write it down elsewhere")]
    NoteNotKept,
    /// The server cannot decide now, and so does not allow.
    #[error("the service cannot answer now; try again")]
    Unavailable,
}

impl Refusal {
    /// Refuses a list that is shorter or longer than it may be.
    ///
    /// # Errors
    /// [`Refusal::WrongCount`].
    pub const fn check_count(
        field: &'static str,
        count: usize,
        least: usize,
        most: usize,
    ) -> Result<(), Self> {
        if count < least || count > most { Err(Self::WrongCount { field, least, most }) } else { Ok(()) }
    }
}
