//! The stable codes of refusals. A caller decides by the code.
//!
//! A code never changes once it is published, and has one status (RFC 9110 section 15). The document names
//! for each route the codes that it may answer, so a code that is missing here cannot be answered.

use axum::http::StatusCode;
use serde::Serialize;
use strum::{IntoStaticStr, VariantArray};

/// Why a request was refused, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Code {
    /// The request cannot be read.
    Malformed,
    /// An upload is not whole.
    Truncated,
    /// There is no token, or one that does not count.
    Unauthenticated,
    /// The device's request is not signed.
    SignatureMissing,
    /// The device's request is to be signed again.
    ChallengeStale,
    /// The device's request is not validly signed.
    SignatureInvalid,
    /// A sign-in failed.
    SignInFailed,
    /// The caller may not do this.
    NotAllowed,
    /// The caller's device is not paired any more.
    DeviceRemoved,
    /// No therapist has said yes to the caller's device.
    DeviceUnconfirmed,
    /// The caller's device was copied.
    DeviceCopied,
    /// The caller's account has ended.
    AccountEnded,
    /// The device's part for the client ended too long ago.
    EndedTooLong,
    /// No route has the path.
    NoSuchRoute,
    /// Nothing is there under the id.
    NotFound,
    /// No such pairing code is open.
    CodeNotValid,
    /// The route does not have the method.
    MethodNotAllowed,
    /// Something of this name or key is there.
    Conflict,
    /// A later question of the device was heard.
    QuestionOvertaken,
    /// A device with these keys was paired before.
    DeviceKeyKnown,
    /// The person has as many devices as a person may have.
    DevicesTooMany,
    /// A consent of a person in the clip is missing.
    ConsentMissing,
    /// A consent to be recorded is missing.
    RecordMissing,
    /// The person has withdrawn on their own phone.
    WithdrawnByPerson,
    /// The request does not name what happened meanwhile.
    Unseen,
    /// The release has ended.
    ReleaseEnded,
    /// The pairing code has run out.
    CodeExpired,
    /// The pairing code was used.
    CodeUsed,
    /// The clip was destroyed.
    ClipDestroyed,
    /// The body comes too slowly.
    TooSlow,
    /// The body is too large.
    TooLarge,
    /// The body is no JSON.
    NotJson,
    /// The body is no audio or video.
    NotMedia,
    /// The range lies outside of the clip.
    RangeNotSatisfiable,
    /// A value is out of its bounds.
    OutOfBounds,
    /// The digits of the phone are not right.
    DigitsNotRight,
    /// The digits of the authenticator are not right.
    ProofNotRight,
    /// An entry does not only take away.
    NotARestriction,
    /// The bytes are not those of the digest.
    DigestMismatch,
    /// The key came with another request before.
    IdempotencyMismatch,
    /// The request was done under its key before, and its answer was lost.
    DoneAlready,
    /// The push endpoint is no public https address.
    EndpointNotAllowed,
    /// A statement is not validly signed.
    StatementInvalid,
    /// The route speaks WebSocket only.
    UpgradeRequired,
    /// The caller asks too often.
    TooManyRequests,
    /// The server failed.
    Internal,
    /// The decision is in force, its note was not kept.
    NoteNotKept,
    /// The server cannot decide now.
    Unavailable,
}

impl Code {
    /// The status that goes with it.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        use StatusCode as S;
        match self {
            Self::Malformed | Self::Truncated => S::BAD_REQUEST,
            Self::Unauthenticated
            | Self::SignatureMissing
            | Self::ChallengeStale
            | Self::SignatureInvalid
            | Self::SignInFailed => S::UNAUTHORIZED,
            Self::NotAllowed
            | Self::DeviceRemoved
            | Self::DeviceUnconfirmed
            | Self::DeviceCopied
            | Self::AccountEnded
            | Self::EndedTooLong => S::FORBIDDEN,
            Self::NoSuchRoute | Self::NotFound | Self::CodeNotValid => S::NOT_FOUND,
            Self::MethodNotAllowed => S::METHOD_NOT_ALLOWED,
            Self::Conflict
            | Self::DoneAlready
            | Self::QuestionOvertaken
            | Self::DeviceKeyKnown
            | Self::DevicesTooMany
            | Self::ConsentMissing
            | Self::RecordMissing
            | Self::WithdrawnByPerson
            | Self::Unseen
            | Self::ReleaseEnded => S::CONFLICT,
            Self::CodeExpired | Self::CodeUsed | Self::ClipDestroyed => S::GONE,
            Self::TooSlow => S::REQUEST_TIMEOUT,
            Self::TooLarge => S::PAYLOAD_TOO_LARGE,
            Self::NotJson | Self::NotMedia => S::UNSUPPORTED_MEDIA_TYPE,
            Self::RangeNotSatisfiable => S::RANGE_NOT_SATISFIABLE,
            Self::OutOfBounds
            | Self::DigitsNotRight
            | Self::ProofNotRight
            | Self::NotARestriction
            | Self::DigestMismatch
            | Self::IdempotencyMismatch
            | Self::EndpointNotAllowed
            | Self::StatementInvalid => S::UNPROCESSABLE_ENTITY,
            Self::UpgradeRequired => S::UPGRADE_REQUIRED,
            Self::TooManyRequests => S::TOO_MANY_REQUESTS,
            Self::Internal | Self::NoteNotKept => S::INTERNAL_SERVER_ERROR,
            Self::Unavailable => S::SERVICE_UNAVAILABLE,
        }
    }

    /// What this kind of problem is, in one sentence for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request cannot be read",
            Self::Truncated => "The upload is not whole",
            Self::Unauthenticated => "Sign in first",
            Self::SignatureMissing => "This request is not signed",
            Self::ChallengeStale => "This request is to be signed again",
            Self::SignatureInvalid => "This request is not validly signed",
            Self::SignInFailed => "The sign-in failed",
            Self::NotAllowed => "This is not yours to do",
            Self::DeviceRemoved => "This device is no longer paired",
            Self::DeviceUnconfirmed => "A therapist has to say yes to this device first",
            Self::DeviceCopied => "This device seems to have been copied",
            Self::AccountEnded => "This account has come to its end",
            Self::EndedTooLong => "The part of this device ended too long ago",
            Self::NoSuchRoute => "There is no such route",
            Self::NotFound => "There is nothing here under this id",
            Self::CodeNotValid => "This code is not valid",
            Self::MethodNotAllowed => "This route has no such method",
            Self::Conflict => "This is there already",
            Self::QuestionOvertaken => "A later question was heard",
            Self::DeviceKeyKnown => "This device was paired before",
            Self::DevicesTooMany => "There are too many devices",
            Self::ConsentMissing => "A consent is missing",
            Self::RecordMissing => "A consent to be recorded is missing",
            Self::WithdrawnByPerson => "The person has withdrawn this themself",
            Self::Unseen => "Something happened meanwhile",
            Self::ReleaseEnded => "This release has ended",
            Self::CodeExpired => "This code has run out",
            Self::CodeUsed => "This code has been used",
            Self::ClipDestroyed => "This clip was destroyed",
            Self::TooSlow => "This comes too slowly",
            Self::TooLarge => "This is too large",
            Self::NotJson => "The body must be JSON",
            Self::NotMedia => "This is no audio or video",
            Self::RangeNotSatisfiable => "The range is outside of the clip",
            Self::OutOfBounds => "A value is out of bounds",
            Self::DigitsNotRight => "These are not the digits of this phone",
            Self::ProofNotRight => "These are not the right digits",
            Self::NotARestriction => "Only restrictions are taken here",
            Self::DigestMismatch => "The bytes do not match their digest",
            Self::IdempotencyMismatch => "This key was used for another request",
            Self::DoneAlready => "This was done before",
            Self::EndpointNotAllowed => "This push endpoint is not allowed",
            Self::StatementInvalid => "This statement is not validly signed",
            Self::UpgradeRequired => "This route speaks WebSocket",
            Self::TooManyRequests => "Too many requests",
            Self::Internal => "The server failed",
            Self::NoteNotKept => "The note was not kept",
            Self::Unavailable => "The service cannot answer now",
        }
    }
}
