//! The actions that the audit can record.

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $word:literal;)*) => {
        /// What was done. The words are stored for ever: add, never rename.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word in storage.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

actions! {
    /// A practice was opened.
    OpenPractice "open_practice";
    /// A practice held after a restore was confirmed.
    ConfirmRestore "confirm_restore";
    /// A member of staff was added.
    AddStaff "add_staff";
    /// A member of staff's role ended.
    EndStaff "end_staff";
    /// Somebody signed in.
    SignIn "sign_in";
    /// Somebody could not sign in.
    FailSignIn "fail_sign_in";
    /// Somebody signed out.
    SignOut "sign_out";
    /// A client was added.
    AddClient "add_client";
    /// A client's treatment ended.
    EndClient "end_client";
    /// A member of staff began to treat a client.
    BeginCare "begin_care";
    /// A member of staff no longer treats a client.
    EndCare "end_care";
    /// A client was read.
    ReadClient "read_client";
    /// A client was invited to pair a device.
    InviteClient "invite_client";
    /// A device was paired.
    PairDevice "pair_device";
    /// A paired device's name was confirmed.
    ConfirmDevice "confirm_device";
    /// A device was unpaired.
    UnpairDevice "unpair_device";
    /// A participant was added.
    AddParticipant "add_participant";
    /// A recording was added.
    AddRecording "add_recording";
    /// A version of a consent form was added.
    AddForm "add_form";
    /// A consent was signed.
    SignConsent "sign_consent";
    /// A consent was affirmed again.
    ReaffirmConsent "reaffirm_consent";
    /// A consent was withdrawn.
    WithdrawConsent "withdraw_consent";
    /// A clip was uploaded.
    UploadClip "upload_clip";
    /// A clip was read by staff.
    ReadClip "read_clip";
    /// A clip was destroyed.
    DestroyClip "destroy_clip";
    /// A clip was released.
    Release "release";
    /// A release was amended.
    AmendRelease "amend_release";
    /// A hold was placed.
    PlaceHold "place_hold";
    /// A hold was lifted.
    LiftHold "lift_hold";
    /// A release was revoked.
    RevokeRelease "revoke_release";
    /// A release in doubt was confirmed.
    ConfirmRelease "confirm_release";
    /// A release reached its end.
    ExpireRelease "expire_release";
    /// A flag was raised.
    RaiseFlag "raise_flag";
    /// A flag was reviewed.
    ReviewFlag "review_flag";
    /// A lease was granted or renewed.
    GrantLease "grant_lease";
    /// A lease was denied.
    DenyLease "deny_lease";
    /// A device stated that a clip is ready or wiped.
    TakeReceipt "take_receipt";
    /// Letters of a client were read.
    ReadLetters "read_letters";
    /// A document of a client was opened.
    OpenDocument "open_document";
    /// An audit was read.
    ReadAudit "read_audit";
    /// The practice went over to another signing key.
    RotateKey "rotate_key";
    /// A restrictive decision was taken over from the ledger.
    ReplayLedger "replay_ledger";
}
