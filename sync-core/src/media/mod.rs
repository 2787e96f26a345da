//! Clip encryption: RFC 8188 `aes128gcm`, record by record, with random access.
//!
//! A sealed clip is a header of 21 bytes (salt, record size, empty key id) and records of equal size, the last one
//! shorter or equal. A record is plaintext, a delimiter and a tag of sixteen bytes; the delimiter is 1 in every record
//! but the last, where it is 2, so that a file cut at a record's end does not pass for a whole one. Each record's nonce
//! holds its index, so that records cannot change places; key and salt are fresh for every file, so that they cannot
//! come from another one. RFC 8188 does not bind length and name: those stand in the [`MediaRecord`], which
//! travels sealed inside the lease.
//!
//! ```
//! use sync_core::media::{ClipKey, Layout, Opener, RecordSize, seal};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = ClipKey::from_bytes([7; 16]);
//! let sound = vec![42; 200_000];
//! let mut sealed = seal(&sound, &key, [1; 16], RecordSize::DEFAULT)?;
//!
//! // Bytes 70,000 to 70,010 lie in the second record: read that one, and nothing else.
//! let layout = Layout::of_plain(200_000, RecordSize::DEFAULT)?;
//! let opener = Opener::new(&key, &sealed[..Layout::HEADER_LEN], layout)?;
//! let wanted = layout.records_holding(70_000..70_010);
//! assert_eq!(wanted, 1..2);
//! let bytes = layout.cipher_range(1).ok_or("no such record")?;
//! let record = &mut sealed[usize::try_from(bytes.start)?..usize::try_from(bytes.end)?];
//! let plain = opener.open(1, record)?;
//! assert_eq!(&plain[70_000 - 65_536..][..10], &[42; 10]);
//! # Ok(())
//! # }
//! ```

mod cipher;
mod key;
mod layout;
mod open;
mod record;
mod seal;
#[cfg(test)]
mod vectors;

pub use key::ClipKey;
pub use layout::{Layout, LayoutError, RecordSize};
pub use open::{OpenError, Opener, open_whole};
pub use record::{MediaRecord, ReadBackError};
pub use seal::{SealError, Sealer, seal};
