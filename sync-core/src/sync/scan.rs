//! A change's columns, counted before automerge reads them.
//!
//! A column is run-length encoded: four bytes can stand for 2⁶⁰ operations, and automerge reads them all before it says
//! how many there are. It also trusts an operation's index into the change's actors, and panics where there is no such
//! actor. So the columns are walked here, run by run and never row by row: only known columns, few rows, few
//! predecessors, and no index beyond the actors, are handed on.
//!
//! The layout is that of a change chunk in automerge's binary format: dependencies, actor, sequence, first operation,
//! time, message, other actors, column metadata, columns.

/// How many changes a change may depend on: as many as a document may have heads.
pub(crate) const MAX_DEPS: u64 = 1_024;
/// How many rows a column may have, and how many predecessors all operations together.
pub(crate) const MAX_ROWS: u64 = 1_024;
/// How long an actor may be. Automerge makes them of 16 bytes.
pub(crate) const MAX_ACTOR: u64 = 32;
/// How many further actors a change may name.
pub(crate) const MAX_ACTORS: u64 = 16;

/// Columns that a change may have: object, key, insert, action, value, predecessors, expand, mark name.
const KNOWN: [u64; 14] = [1, 2, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xa5];

/// Whether a change's body, without header and not compressed, is within the bounds.
pub(super) fn is_bounded(body: &[u8]) -> bool {
    scan(body).is_some()
}

fn scan(body: &[u8]) -> Option<()> {
    let mut reader = Reader(body);
    let deps = reader.unsigned()?;
    if deps > MAX_DEPS {
        return None;
    }
    reader.take(deps.checked_mul(32)?)?;
    reader.actor()?;
    let _seq = reader.unsigned()?;
    let _start_op = reader.unsigned()?;
    let _time = reader.signed()?;
    let message = reader.unsigned()?;
    reader.take(message)?;
    let others = reader.unsigned()?;
    if others > MAX_ACTORS {
        return None;
    }
    (0..others).try_for_each(|_| reader.actor())?;
    let count = reader.unsigned()?;
    if count > KNOWN.len() as u64 {
        return None;
    }
    let mut columns = Vec::new();
    for _ in 0..count {
        let column = (reader.unsigned()?, reader.unsigned()?);
        // Bit 3 says that the column itself is compressed, which a change's never is; it is in none of the known.
        if !KNOWN.contains(&column.0) || columns.last().is_some_and(|(last, _)| *last >= column.0) {
            return None;
        }
        columns.push(column);
    }
    for (specification, len) in columns {
        let mut column = Reader(reader.take(len)?);
        let bounded = match specification & 7 {
            0 => column.runs(Kind::Count)? <= MAX_ROWS,
            1 => column.runs(Kind::Actor { actors: others + 1 })? <= MAX_ROWS,
            2 | 6 => column.runs(Kind::Unsigned)? <= MAX_ROWS,
            3 => column.runs(Kind::Signed)? <= MAX_ROWS,
            4 => column.booleans()? <= MAX_ROWS,
            5 => column.runs(Kind::Text)? <= MAX_ROWS,
            _ => true,
        };
        if !bounded {
            return None;
        }
    }
    Some(())
}

/// What a column's values are.
#[derive(Clone, Copy)]
enum Kind {
    Unsigned,
    Signed,
    Text,
    /// Indices below the number of actors.
    Actor {
        actors: u64,
    },
    /// How many predecessors each operation has: their sum is bounded too.
    Count,
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn actor(&mut self) -> Option<()> {
        let len = self.unsigned()?;
        if len == 0 || len > MAX_ACTOR {
            return None;
        }
        self.take(len).map(|_| ())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let (value, _) = self.leb128()?;
        u64::try_from(value).ok()
    }

    fn signed(&mut self) -> Option<i64> {
        let (value, bits) = self.leb128()?;
        let value = if bits < 128 && value >> (bits - 1) & 1 == 1 {
            i128::try_from(value).ok()? - (1_i128 << bits)
        } else {
            i128::try_from(value).ok()?
        };
        i64::try_from(value).ok()
    }

    /// A LEB128 number and how many bits it was written in.
    fn leb128(&mut self) -> Option<(u128, u32)> {
        let mut value = 0_u128;
        for i in 0..10 {
            let byte = self.take(1)?[0];
            value |= u128::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                return Some((value, 7 * (i + 1)));
            }
        }
        None
    }

    /// How many rows a run-length encoded column has; none when it is malformed or out of bounds.
    fn runs(&mut self, kind: Kind) -> Option<u64> {
        let (mut rows, mut sum) = (0_u64, 0_u64);
        while !self.0.is_empty() {
            let (run, literals) = match self.signed()? {
                0 => {
                    rows = rows.checked_add(self.unsigned()?)?;
                    (0, 0)
                }
                repeated @ 1.. => (repeated.unsigned_abs(), 1),
                literal => (1, literal.unsigned_abs()),
            };
            rows = rows.checked_add(run.checked_mul(literals)?)?;
            if rows > MAX_ROWS {
                return None;
            }
            for _ in 0..literals {
                sum = sum.checked_add(run.checked_mul(self.value(kind)?)?)?;
            }
        }
        (sum <= MAX_ROWS).then_some(rows)
    }

    /// Reads one value; gives what it adds to the number of predecessors.
    fn value(&mut self, kind: Kind) -> Option<u64> {
        match kind {
            Kind::Unsigned => self.unsigned().map(|_| 0),
            Kind::Signed => self.signed().map(|_| 0),
            Kind::Text => {
                let len = self.unsigned()?;
                self.take(len).map(|_| 0)
            }
            Kind::Actor { actors } => (self.unsigned()? < actors).then_some(0),
            Kind::Count => self.unsigned(),
        }
    }

    /// How many rows a column of booleans has: runs of no and yes in turn.
    fn booleans(&mut self) -> Option<u64> {
        let mut rows = 0_u64;
        while !self.0.is_empty() {
            rows = rows.checked_add(self.unsigned()?)?;
        }
        Some(rows)
    }
}
