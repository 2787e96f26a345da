//! The ledger's file: opening and mending it, appending to it, reading it again.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::Path,
};

use sync_core::{id::LedgerId, instant::Instant};

use super::{
    Fact, LedgerError, Line, Mark, Position, Reading,
    reserve::{Reserve, is_full},
};
use crate::nouns::{durable, entropy::Entropy};

const BEGINNING: [u8; 32] = [0; 32];
/// How many lines apart the places are that are known without reading.
const SIGNPOST_EVERY: i64 = 256;

pub(super) struct LedgerFile {
    file: File,
    /// How much of the file is sound; whatever might be behind it was never acknowledged.
    len: u64,
    seq: i64,
    hash: [u8; 32],
    /// The newest mark, with the number of its line.
    mark: Option<(i64, Mark)>,
    /// When the last line was written.
    at: Instant,
    signposts: Signposts,
    reserve: Reserve,
    /// The last append failed: the next one may fail, too.
    has_failed: bool,
    /// A failed append could not be taken back, or the ledger is closed: what is on disk is not known any more.
    unusable: bool,
}

impl LedgerFile {
    pub(super) fn open(
        path: &Path,
        now: Instant,
        entropy: &Entropy,
    ) -> Result<(LedgerId, Self), LedgerError> {
        if !path.try_exists()? {
            begin(path, now, entropy)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => LedgerError::InUse,
            TryLockError::Error(error) => LedgerError::File(error),
        })?;
        let sound = SoundPart::of(&mut file, |_| {})?;
        if file.metadata()?.len() != sound.len {
            // Torn by a crash while it was appended: never acknowledged, so cut off rather than written on to.
            file.set_len(sound.len)?;
            file.sync_all()?;
        }
        let SoundPart { ledger, len, seq, hash, mark, at, signposts } = sound;
        let reserve = Reserve::beside(path);
        let (has_failed, unusable) = (false, false);
        let mut opened = Self { file, len, seq, hash, mark, at, signposts, reserve, has_failed, unusable };
        // Without room the server still starts: it tells what has ended, and gives no lease.
        if let Err(error) = opened.reserve.fill(entropy) {
            tracing::warn!(kind = %error.kind(), "the ledger's disk has no room to keep free for revocations");
        }
        Ok((ledger, opened))
    }

    /// Whether a restriction finds room, as far as is known without writing one.
    pub(super) const fn can_restrict(&self) -> bool {
        !self.unusable && !self.has_failed && self.reserve.is_whole()
    }

    /// Takes up again the room that is kept for restrictions, where it was used.
    pub(super) fn keep_room(&mut self, entropy: &Entropy) -> Result<(), LedgerError> {
        Ok(self.reserve.fill(entropy)?)
    }

    pub(super) const fn end(&self, ledger: LedgerId) -> Position {
        Position { ledger, seq: self.seq, hash: self.hash }
    }

    pub(super) const fn written_at(&self) -> Instant {
        self.at
    }

    pub(super) fn newest_mark(&self) -> Option<Mark> {
        self.mark.as_ref().map(|(_, mark)| mark.clone())
    }

    pub(super) fn ends_with_mark(&self) -> bool {
        self.mark.as_ref().is_some_and(|(seq, _)| *seq == self.seq)
    }

    /// Appends all facts or none.
    pub(super) fn append(&mut self, at: Instant, facts: &[Fact]) -> Result<(), LedgerError> {
        if self.unusable {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        }
        let (mut seq, mut hash, mut mark, mut text) = (self.seq, self.hash, self.mark.clone(), String::new());
        for fact in facts {
            seq += 1;
            let written = Line::write(seq, &hash, at, fact);
            let (line, its_hash) = written.ok_or(io::Error::from(io::ErrorKind::InvalidData))?;
            text.push_str(&line);
            hash = its_hash;
            if let Fact::Mark(newest) = fact {
                mark = Some((seq, newest.clone()));
            }
        }
        self.has_failed = true;
        let written = match self.write_whole(text.as_bytes()) {
            Err(error) if is_full(&error) && facts.iter().any(Fact::takes_away) => {
                if !self.unusable && self.reserve.release() {
                    tracing::error!(
                        "the ledger's disk is full: the room that is kept for revocations is in use"
                    );
                    self.write_whole(text.as_bytes())
                } else {
                    Err(error)
                }
            }
            written => written,
        };
        written?;
        self.has_failed = false;
        self.signposts.pass(seq, self.len + text.len() as u64);
        self.len += text.len() as u64;
        (self.seq, self.hash, self.mark, self.at) = (seq, hash, mark, at);
        Ok(())
    }

    /// Writes all of it, or leaves the file as it was.
    fn write_whole(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.write_durably(bytes);
        if written.is_err() {
            let taken_back = self.file.set_len(self.len).and_then(|()| self.file.sync_all());
            self.unusable = taken_back.is_err();
        }
        written
    }

    fn write_durably(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.len))?;
        self.file.write_all(bytes)?;
        self.file.sync_all()
    }

    pub(super) fn read_after(&mut self, ledger: LedgerId, seq: i64) -> Result<Reading, LedgerError> {
        let (first, offset) = self.signposts.before(seq);
        self.file.seek(SeekFrom::Start(offset))?;
        let (mut hash, mut lines) = (None, Vec::new());
        let rest = self.len.saturating_sub(offset);
        for (number, text) in (first..).zip(BufReader::new((&self.file).take(rest)).split(b'\n')) {
            let line = Line::read(&text?).ok_or(LedgerError::Broken { line: number })?;
            if line.seq == seq {
                hash = Some(line.hash);
            } else if line.seq > seq {
                lines.push(line);
            }
        }
        Ok(Reading { hash, lines, mark: self.newest_mark(), end: self.end(ledger) })
    }

    pub(super) fn close(&mut self) {
        self.unusable = true;
        // Where unlocking fails, the lock ends with the process.
        let _ = self.file.unlock();
    }
}

/// Writes a ledger's first line; the file appears whole.
fn begin(path: &Path, now: Instant, entropy: &Entropy) -> Result<(), LedgerError> {
    if let Some(dir) = path.parent() {
        durable::create_dir(dir)?;
    }
    let ledger = LedgerId::new(now, entropy.bytes());
    let line = Line::write(0, &BEGINNING, now, &Fact::Begin(ledger));
    let (line, _) = line.ok_or(io::Error::from(io::ErrorKind::InvalidData))?;
    match durable::create(path, &line, entropy) {
        // Another process began it in the same instant; the lock decides whose it is.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => Ok(created?),
    }
}

/// Takes no lock: another process may be appending, and what it has not finished is no sound line yet.
pub(super) fn marks(path: &Path) -> Result<Vec<(i64, Mark)>, LedgerError> {
    let mut marks = Vec::new();
    SoundPart::of(&mut File::open(path)?, |line| {
        if let Fact::Mark(mark) = &line.fact {
            marks.push((line.seq, mark.clone()));
        }
    })?;
    Ok(marks)
}

/// The part of a file up to which every line is whole, and hangs on the one before.
struct SoundPart {
    ledger: LedgerId,
    len: u64,
    seq: i64,
    hash: [u8; 32],
    /// The newest mark, with the number of its line.
    mark: Option<(i64, Mark)>,
    at: Instant,
    signposts: Signposts,
}

/// Where some lines begin: a comparison reads from there, and not from the beginning of years.
struct Signposts(Vec<(i64, u64)>);

impl Signposts {
    /// Notes that the line after `seq` begins at `offset`, where the last one noted is far enough behind.
    fn pass(&mut self, seq: i64, offset: u64) {
        if self.0.last().is_none_or(|(last, _)| seq + 1 - last >= SIGNPOST_EVERY) {
            self.0.push((seq + 1, offset));
        }
    }

    /// A line at or before `seq`, and where it begins.
    fn before(&self, seq: i64) -> (i64, u64) {
        let after = self.0.partition_point(|(line, _)| *line <= seq);
        after.checked_sub(1).and_then(|last| self.0.get(last)).copied().unwrap_or_default()
    }
}

impl SoundPart {
    /// Reads from the beginning to the first unsound line, and shows each line after the first.
    ///
    /// A crash while appending leaves an end without one sound line in it. A sound line behind an unsound one is no
    /// such end: the file was edited or its disk is failing, and cutting would lose decisions that were acknowledged.
    fn of(file: &mut File, mut show: impl FnMut(&Line)) -> Result<Self, LedgerError> {
        let mut reader = BufReader::new(file);
        let mut text = Vec::new();
        let first = next_line(&mut reader, &mut text)?.ok_or(LedgerError::Broken { line: 0 })?;
        let Some(Line { seq: 0, prev: BEGINNING, hash, at, fact: Fact::Begin(ledger) }) = Line::read(first)
        else {
            return Err(LedgerError::Broken { line: 0 });
        };
        let len = first.len() as u64 + 1;
        let mut sound = Self { ledger, len, seq: 0, hash, mark: None, at, signposts: Signposts(Vec::new()) };
        sound.signposts.pass(0, len);
        let mut torn = false;
        while let Some(text) = next_line(&mut reader, &mut text)? {
            match Line::read(text) {
                Some(line) if !torn && line.seq == sound.seq + 1 && line.prev == sound.hash => {
                    sound.len += text.len() as u64 + 1;
                    (sound.seq, sound.hash, sound.at) = (line.seq, line.hash, line.at);
                    sound.signposts.pass(sound.seq, sound.len);
                    show(&line);
                    if let Fact::Mark(mark) = line.fact {
                        sound.mark = Some((line.seq, mark));
                    }
                }
                Some(_) => return Err(LedgerError::Broken { line: sound.seq + 1 }),
                None => torn = true,
            }
        }
        Ok(sound)
    }
}

/// The next line without its line feed; `None` at the end, where a line without a line feed counts as none.
fn next_line<'t>(reader: &mut impl BufRead, text: &'t mut Vec<u8>) -> io::Result<Option<&'t [u8]>> {
    text.clear();
    reader.read_until(b'\n', text)?;
    Ok(text.strip_suffix(b"\n"))
}
