//! Ids as the document describes them: a prefix and 32 hexadecimal digits, or the 22 characters of an entry's key.
//!
//! The types of these names have no values. A field names one of them beside its own type, because the ids
//! themselves belong to sync-core, which knows no documents.

use std::borrow::Cow;

use sync_core::id;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Sixteen bytes, as an example shows them.
const EXAMPLE: &str = "019aa0b4c0de7000800000000000f00d";

fn text(description: &str, pattern: String, example: String) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    object.pattern(Some(pattern)).examples([example]).into()
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident, $id:ty;)*) => {$(
        $(#[doc = $doc])*
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let prefix = <$id>::PREFIX;
                let description = concat!($($doc),*).trim();
                text(description, format!("^{prefix}_[0-9a-f]{{32}}$"), format!("{prefix}_{EXAMPLE}"))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(concat!(stringify!($name), "Id"))
            }
        }
    )*};
}

ids! {
    /// A practice's id.
    Practice, id::PracticeId;
    /// The id of a member of staff.
    Staff, id::StaffId;
    /// A client's id.
    Client, id::ClientId;
    /// A device's id.
    Device, id::DeviceId;
    /// A recording's id.
    Recording, id::RecordingId;
    /// A participant's id.
    Participant, id::ParticipantId;
    /// The id of a version of the consent text.
    Form, id::FormId;
    /// The id of an event in the life of a consent.
    Consent, id::ConsentId;
    /// A clip's id.
    Clip, id::ClipId;
    /// An upload's id.
    Upload, id::UploadId;
    /// A release's id.
    Release, id::ReleaseId;
}

/// An entry's key in its document: 16 bytes, base64url without padding.
pub enum Entry {}

impl PartialSchema for Entry {
    fn schema() -> RefOr<Schema> {
        let description = "An entry's key in its document: 16 bytes, base64url without padding.";
        text(description, "^[A-Za-z0-9_-]{22}$".into(), "AZqgtMDecACAAAAAAADwDQ".into())
    }
}

impl ToSchema for Entry {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("EntryId")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_read_as_what_it_is_an_example_of() {
        let example = |schema: RefOr<Schema>| {
            let json = serde_json::to_value(schema).unwrap();
            json["examples"][0].as_str().unwrap().to_owned()
        };
        assert!(id::ClientId::parse(&example(Client::schema())).is_ok());
        assert!(id::ReleaseId::parse(&example(Release::schema())).is_ok());
        let entry = serde_json::Value::String(example(Entry::schema()));
        assert!(serde_json::from_value::<id::EntryId>(entry).is_ok());
    }
}
