//! The sealed columns, in one list: finding their values and replacing them.

use sqlx::AssertSqlSafe;
use sync_core::id::PracticeId;

use crate::store::{StoreError, Tx, db::on_tx};

/// Words of journals and casebooks alone are sealed, as `domain/documents.rs` seals them.
const WITH_WORDS: &str = "kind IN ('journal', 'casebook')";
const OF_CLIENT: &str = "(SELECT client.practice FROM client WHERE client.id = t.client)";

/// A column of sealed values.
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

/// One sealed value.
pub struct Sealed {
    /// Its row's primary key.
    pub keys: [Vec<u8>; 2],
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

/// Reads up to `limit` values of a practice that do not begin with `head`, after a row, in the order of their primary keys.
///
/// # Errors
/// When the database fails.
pub async fn others(
    tx: &mut Tx,
    column: Column,
    practice: PracticeId,
    head: &[u8],
    after: &[Vec<u8>; 2],
    limit: u32,
) -> Result<Vec<Sealed>, StoreError> {
    let Place { table, column, keys: [one, two], practice: whose, only } = column.place();
    // The first comparison says the same as the second, and finds the place in the index.
    let sql = format!(
        "SELECT {one}, {two}, {column} FROM {table} t WHERE {one} >= $3 AND ({one}, {two}) > ($3, $4) AND {only} \
         AND {column} IS NOT NULL AND substr({column}, 1, {head}) <> $2 AND {whose} = $1 \
         ORDER BY {one}, {two} LIMIT $5",
        head = head.len()
    );
    let rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> = on_tx!(tx, c => {
        sqlx::query_as(AssertSqlSafe(sql))
            .bind(practice.as_bytes().as_slice())
            .bind(head)
            .bind(after[0].as_slice())
            .bind(after[1].as_slice())
            .bind(i64::from(limit))
            .fetch_all(c)
            .await
    })?;
    Ok(rows.into_iter().map(|(one, two, value)| Sealed { keys: [one, two], value }).collect())
}

/// Counts a practice's values that do not begin with `head`.
///
/// # Errors
/// When the database fails.
pub async fn count_others(
    tx: &mut Tx,
    column: Column,
    practice: PracticeId,
    head: &[u8],
) -> Result<u64, StoreError> {
    let Place { table, column, practice: whose, only, .. } = column.place();
    let sql = format!(
        "SELECT COUNT(*) FROM {table} t WHERE {only} AND {column} IS NOT NULL \
         AND substr({column}, 1, {head}) <> $2 AND {whose} = $1",
        head = head.len()
    );
    let count: i64 = on_tx!(tx, c => {
        sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(practice.as_bytes().as_slice())
            .bind(head)
            .fetch_one(c)
            .await
    })?;
    Ok(count.cast_unsigned())
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
