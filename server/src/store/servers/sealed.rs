//! The sealed columns, in one list: finding their values and replacing them.

use sqlx::AssertSqlSafe;
use sync_core::id::PracticeId;

use crate::store::{StoreError, Tx, db::on_tx};

/// Words of journals and casebooks alone are sealed, as `domain/documents.rs` seals them.
const WITH_WORDS: &str = "kind IN ('journal', 'casebook')";
const OF_CLIENT: &str = "(SELECT client.practice FROM client WHERE client.id = t.client)";

/// A column of sealed values, in the order in which they are looked at. A document that becomes a predecessor meanwhile is met
/// where it goes, because predecessors come later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
pub enum Column {
    /// What a POST was answered.
    Answer,
    /// A clip's key.
    ClipKey,
    /// A clip's title.
    ClipTitle,
    /// A client's name.
    ClientName,
    /// What a consent form says.
    FormText,
    /// A device's name.
    DeviceName,
    /// A document, whole.
    Document,
    /// A document's change.
    DocumentChange,
    /// A letter.
    Letter,
    /// A note.
    Note,
    /// A participant's name.
    ParticipantName,
    /// How a practice is reached.
    PracticeContact,
    /// A practice's name.
    PracticeName,
    /// A document that a successor has taken the place of.
    Predecessor,
    /// The secret of a push subscription.
    PushAuth,
    /// The address of a push subscription.
    PushEndpoint,
    /// Whether a client shares their listening.
    Sharing,
    /// A member of staff's name.
    StaffName,
    /// A member of staff's secret for one-time codes.
    StaffTotp,
    /// The key of an upload's pieces.
    UploadKey,
    /// What is said of an upload.
    UploadSaid,
}

/// Where a column stands.
struct Place {
    table: &'static str,
    column: &'static str,
    /// The primary key; one of one column has it twice.
    keys: [&'static str; 2],
    /// Whose row it is.
    practice: &'static str,
    /// Which rows are sealed.
    only: &'static str,
}

/// A row's primary key; one of one column has it twice.
pub type Key = [Vec<u8>; 2];

/// One sealed value.
pub struct Sealed {
    /// Its row.
    pub keys: Key,
    /// As stored.
    pub value: Vec<u8>,
}

impl Column {
    /// Its table's and its own name.
    #[must_use]
    pub const fn name(self) -> (&'static str, &'static str) {
        let Place { table, column, .. } = self.place();
        (table, column)
    }

    const fn place(self) -> Place {
        const fn of(table: &'static str, column: &'static str) -> Place {
            Place { table, column, keys: ["id", "id"], practice: "t.practice", only: "TRUE" }
        }
        match self {
            Self::Answer => Place {
                keys: ["caller", "key_hash"],
                practice: "COALESCE((SELECT staff.practice FROM staff WHERE staff.id = t.caller), \
                           (SELECT device.practice FROM device WHERE device.id = t.caller))",
                only: "status <> 0",
                ..of("idempotency", "body_sealed")
            },
            Self::ClipKey => of("clip", "wrapped_key"),
            Self::ClipTitle => of("clip", "title_sealed"),
            Self::ClientName => of("client", "name_sealed"),
            Self::FormText => of("consent_form", "text_sealed"),
            Self::DeviceName => of("device", "name_sealed"),
            Self::Document => Place { practice: OF_CLIENT, only: WITH_WORDS, ..of("document", "snapshot") },
            Self::DocumentChange => Place {
                keys: ["document", "hash"],
                practice: "(SELECT client.practice FROM document JOIN client ON client.id = document.client \
                           WHERE document.id = t.document)",
                only: "document IN (SELECT id FROM document WHERE kind IN ('journal', 'casebook'))",
                ..of("document_change", "bytes")
            },
            Self::Letter => Place { keys: ["client", "id"], practice: OF_CLIENT, ..of("letter", "sealed") },
            Self::Note => Place { keys: ["client", "id"], practice: OF_CLIENT, ..of("note", "sealed") },
            Self::ParticipantName => of("participant", "name_sealed"),
            Self::PracticeContact => Place { practice: "t.id", ..of("practice", "contact_sealed") },
            Self::PracticeName => Place { practice: "t.id", ..of("practice", "name_sealed") },
            Self::Predecessor => {
                Place { practice: OF_CLIENT, only: WITH_WORDS, ..of("predecessor", "snapshot") }
            }
            Self::PushAuth => push_subscription("auth_sealed"),
            Self::PushEndpoint => push_subscription("endpoint_sealed"),
            Self::Sharing => {
                Place { keys: ["client", "client"], practice: OF_CLIENT, ..of("sharing", "sealed") }
            }
            Self::StaffName => of("staff", "name_sealed"),
            Self::StaffTotp => of("staff", "totp_sealed"),
            Self::UploadKey => of("upload", "wrapped_key"),
            Self::UploadSaid => of("upload", "said_sealed"),
        }
    }
}

const fn push_subscription(column: &'static str) -> Place {
    Place {
        table: "push_subscription",
        column,
        keys: ["device", "device"],
        practice: "(SELECT device.practice FROM device WHERE device.id = t.device)",
        only: "TRUE",
    }
}

/// Before the first row.
pub const BEGINNING: Key = [Vec::new(), Vec::new()];
/// How many rows are looked at in one page.
const ROWS: i64 = 256;

/// A part of a column, in the order of its primary key.
pub struct Page {
    /// The last row that was looked at.
    pub last: Key,
    /// The rows of the practice whose values do not begin with the head that was asked for.
    pub others: Vec<Key>,
}

/// Looks at the next rows after one: at their heads alone, and at so many, whatever it finds; none after the last.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    column: Column,
    practice: PracticeId,
    head: &[u8],
    after: &Key,
) -> Result<Option<Page>, StoreError> {
    let Place { table, column, keys: [one, two], practice: whose, only } = column.place();
    // The first comparison says the same as the second, and finds the place in the index.
    let sql = format!(
        "SELECT {one}, {two}, \
         COALESCE({only} AND substr({column}, 1, {len}) <> $2 AND {whose} = $1, FALSE) FROM {table} t \
         WHERE {one} >= $3 AND ({one}, {two}) > ($3, $4) ORDER BY {one}, {two} LIMIT $5",
        len = head.len()
    );
    let rows: Vec<(Vec<u8>, Vec<u8>, bool)> = on_tx!(tx, c => {
        sqlx::query_as(AssertSqlSafe(sql))
            .bind(practice.as_bytes().as_slice())
            .bind(head)
            .bind(after[0].as_slice())
            .bind(after[1].as_slice())
            .bind(ROWS)
            .fetch_all(c)
            .await
    })?;
    let Some((one, two, _)) = rows.last() else { return Ok(None) };
    let last = [one.clone(), two.clone()];
    let others = rows.into_iter().filter_map(|(one, two, is_other)| is_other.then_some([one, two])).collect();
    Ok(Some(Page { last, others }))
}

/// Reads one value.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, column: Column, keys: Key) -> Result<Option<Sealed>, StoreError> {
    let Place { table, column, keys: [one, two], .. } = column.place();
    let sql = format!("SELECT {column} FROM {table} WHERE {one} = $1 AND {two} = $2");
    let value: Option<Option<Vec<u8>>> = on_tx!(tx, c => {
        sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(keys[0].as_slice())
            .bind(keys[1].as_slice())
            .fetch_optional(c)
            .await
    })?;
    Ok(value.flatten().map(|value| Sealed { keys, value }))
}

/// Puts a value in the place of another, if that is there still: a key that was erased meanwhile does not come back.
///
/// # Errors
/// When the database fails.
pub async fn replace(tx: &mut Tx, column: Column, old: &Sealed, new: &[u8]) -> Result<bool, StoreError> {
    let Place { table, column, keys: [one, two], .. } = column.place();
    let sql = format!("UPDATE {table} SET {column} = $4 WHERE {one} = $1 AND {two} = $2 AND {column} = $3");
    let replaced = on_tx!(tx, c => {
        sqlx::query(AssertSqlSafe(sql))
            .bind(old.keys[0].as_slice())
            .bind(old.keys[1].as_slice())
            .bind(old.value.as_slice())
            .bind(new)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(replaced == 1)
}
