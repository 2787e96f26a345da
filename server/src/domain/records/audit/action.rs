//! The actions that the audit can record.

use strum::{IntoStaticStr, VariantArray};

/// What was done. The words are stored for ever: add, never rename.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    /// A practice was opened.
    OpenPractice,
    /// The server found that the database comes from the past, or cannot be proved: it begins another life here.
    Restore,
    /// A practice held after a restore was confirmed.
    ConfirmRestore,
    /// A member of staff was added.
    AddStaff,
    /// Somebody signed in.
    SignIn,
    /// Somebody could not sign in; strangers of one minute together.
    FailSignIn,
    /// Strangers of one minute could not pair.
    FailPairing,
    /// Callers with tokens were refused: what they asked for is not there or not theirs.
    RefuseAccess,
    /// Somebody signed out.
    SignOut,
    /// A client was added.
    AddClient,
    /// A client was invited to pair a device.
    InviteClient,
    /// A device was paired.
    PairDevice,
    /// A paired device's name was confirmed.
    ConfirmDevice,
    /// Somebody typed other digits than a paired device shows.
    FailConfirmDevice,
    /// A device was unpaired.
    UnpairDevice,
    /// A therapist has said that they know of a device's copy.
    NoteCopy,
    /// A participant was added.
    AddParticipant,
    /// A recording was added.
    AddRecording,
    /// A version of a consent form was added.
    AddForm,
    /// A consent was signed.
    SignConsent,
    /// A consent was withdrawn.
    WithdrawConsent,
    /// A clip was uploaded.
    UploadClip,
    /// A clip was read by staff.
    ReadClip,
    /// A clip was destroyed.
    DestroyClip,
    /// A clip was released.
    Release,
    /// A release was amended.
    AmendRelease,
    /// A hold was placed.
    PlaceHold,
    /// A hold was lifted.
    LiftHold,
    /// A release was revoked.
    RevokeRelease,
    /// A release in doubt was confirmed.
    ConfirmRelease,
    /// A release reached its end.
    ExpireRelease,
    /// A flag was raised.
    RaiseFlag,
    /// A lease was granted or renewed.
    GrantLease,
    /// A lease was denied.
    DenyLease,
    /// A device stated that a clip is ready or wiped.
    TakeReceipt,
    /// Letters of a client were read.
    ReadLetters,
    /// The names of the clients in somebody's care were read.
    ReadCaseload,
    /// What a client shares of their listening was read.
    ReadListening,
    /// A client's recordings and consents were read.
    ReadRecordings,
    /// A document of a client was opened.
    OpenDocument,
    /// The practice went over to another signing key.
    RotateKey,
    /// The practice got another data key.
    RotateDataKey,
    /// Data keys that were replaced are erased.
    EraseDataKeys,
    /// A restrictive decision was taken over from the ledger.
    ReplayLedger,
}
