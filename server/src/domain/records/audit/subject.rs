//! The subject of an audit entry: the thing that the action was done to.

use sync_core::id::{
    ClientId, ClipId, ConsentId, DeviceId, EntryId, FormId, IncarnationId, InvitationId, ParticipantId,
    RecordingId, ReleaseId, StaffId,
};

/// A thing that an entry is about, by its id: what is no id cannot get in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Subject(Id);

macro_rules! subjects {
    ($($id:ident)*) => {
        #[allow(clippy::enum_variant_names, reason = "a variant is named as the id that it holds")]
        #[derive(Clone, Copy, PartialEq, Eq)]
        enum Id {
            $($id($id),)*
        }

        $(impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self(Id::$id(id))
            }
        })*

        impl Subject {
            pub(super) fn to_text(self) -> String {
                match self.0 {
                    $(Id::$id(id) => id.to_string(),)*
                }
            }
        }
    };
}

subjects! {
    StaffId ClientId DeviceId InvitationId ParticipantId RecordingId FormId ConsentId ClipId ReleaseId EntryId
    IncarnationId
}
