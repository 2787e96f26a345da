//! The context of each sealed value: told by the file that seals it, and asked here by its row.

use sync_core::{documents::DocumentId, id::EntryId};

use crate::{
    domain::{
        callers::idempotency,
        clips::{self, uploads},
        documents::{self, letters, notes},
        people::{clients, devices, forms, names, participants, practice, push_subscriptions, staff},
    },
    store::sealed::Column,
};

/// The context of a row's value; none if the row's key is no id.
pub(super) fn of(column: Column, keys: &[Vec<u8>; 2]) -> Option<String> {
    let [one, two] = keys;
    Some(match column {
        Column::Answer => idempotency::context(one, two),
        Column::ClipKey => clips::key_context(id(one)?),
        Column::ClipTitle => clips::title_context(id(one)?),
        Column::ClientName => clients::name_context(id(one)?),
        Column::FormText => forms::text_context(id(one)?),
        Column::DeviceName => devices::name_context(id(one)?),
        Column::Document | Column::DocumentChange | Column::Predecessor => {
            documents::context(DocumentId::from_bytes(bytes(one)?))
        }
        Column::Letter => letters::letter_context(id(one)?, EntryId::from_bytes(bytes(two)?)),
        Column::Note => notes::context(id(one)?, EntryId::from_bytes(bytes(two)?)),
        Column::ParticipantName => participants::name_context(id(one)?),
        Column::PracticeContact => practice::contact_context(id(one)?),
        Column::PracticeName => names::context(id(one)?),
        Column::PushAuth => push_subscriptions::auth_context(id(one)?),
        Column::PushEndpoint => push_subscriptions::endpoint_context(id(one)?),
        Column::Sharing => letters::sharing_context(id(one)?),
        Column::StaffName => staff::name_context(id(one)?),
        Column::StaffTotp => staff::totp_context(id(one)?),
        Column::UploadKey => uploads::key_context(id(one)?),
        Column::UploadSaid => uploads::said_context(id(one)?),
    })
}

fn bytes(key: &[u8]) -> Option<[u8; 16]> {
    key.try_into().ok()
}

fn id<T: for<'a> TryFrom<&'a [u8]>>(key: &[u8]) -> Option<T> {
    T::try_from(key).ok()
}
