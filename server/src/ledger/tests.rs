use std::{fs, path::PathBuf};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::*;

struct Bench {
    path: PathBuf,
    _dir: TempDir,
}

const HASH: &str = r#","hash":""#;
const NOW: Instant = Instant::from_millis(1_800_000_000_000);

fn facts() -> Vec<Fact> {
    let entropy = Entropy::seeded(3);
    let entry = Restriction::Entry {
        client: ClientId::new(NOW, entropy.bytes()),
        id: EntryId::from_bytes(entropy.bytes()),
        bytes: vec![0, 255, 7],
    };
    let made = Restriction::Made {
        client: ClientId::new(NOW, entropy.bytes()),
        clip: ClipId::new(NOW, entropy.bytes()),
        release: ReleaseId::new(NOW, entropy.bytes()),
        at: NOW,
    };
    let withdrawal = Restriction::Withdrawal {
        consent: ConsentId::new(NOW, entropy.bytes()),
        recording: RecordingId::new(NOW, entropy.bytes()),
        participant: ParticipantId::new(NOW, entropy.bytes()),
        purpose: "release_to_client".to_owned(),
        at: NOW,
        recorded_by: Some(StaffId::new(NOW, entropy.bytes())),
    };
    let consent_end = Restriction::ConsentEnd {
        consent: ConsentId::new(NOW, entropy.bytes()),
        recording: RecordingId::new(NOW, entropy.bytes()),
        participant: ParticipantId::new(NOW, entropy.bytes()),
        purpose: "release_to_client".to_owned(),
        at: NOW,
        valid_until: NOW,
    };
    let unpair = Restriction::Unpair { device: DeviceId::new(NOW, entropy.bytes()), at: NOW };
    let destroy = Restriction::Destroy { clip: ClipId::new(NOW, entropy.bytes()), at: NOW };
    let restrictions = [entry, withdrawal, unpair, destroy, made, consent_end].map(Fact::Restriction);
    restrictions.into_iter().chain([Fact::Mark(mark(9))]).collect()
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { path: dir.path().join("apart").join("ledger.jsonl"), _dir: dir }
    }

    fn open(&self) -> Result<Ledger, LedgerError> {
        Ledger::open(&self.path, NOW, &Entropy::System, &Hindrances::default())
    }

    /// Opens, appends all kinds of facts, closes.
    async fn fill(&self) -> Position {
        let ledger = self.open().unwrap();
        let start = ledger.read_after(0).await.unwrap().end;
        let end = ledger.append(start, NOW, facts()).await.unwrap();
        ledger.close();
        end
    }

    fn edit(&self, edit: impl FnOnce(String) -> String) {
        fs::write(&self.path, edit(fs::read_to_string(&self.path).unwrap())).unwrap();
    }
}

#[tokio::test]
async fn what_was_appended_is_read_again_in_order() {
    let bench = Bench::new();
    let end = bench.fill().await;
    let ledger = bench.open().unwrap();
    let reading = ledger.read_after(0).await.unwrap();
    assert!(reading.lines.iter().map(|line| line.fact.clone()).collect::<Vec<_>>() == facts());
    assert!(reading.end == end && end.seq == 7);
    assert!(reading.mark == Some(mark(9)));
    assert_eq!(ledger.read_after(3).await.unwrap().lines.len(), 4);
    assert_eq!(ledger.read_after(8).await.unwrap().hash, None);
}

#[tokio::test]
async fn nothing_is_appended_to_an_end_that_the_writer_does_not_know() {
    let bench = Bench::new();
    bench.fill().await;
    let ledger = bench.open().unwrap();
    let somewhere_else = Position { ledger: ledger.id(), seq: 4, hash: [0; 32] };
    let refused = ledger.append(somewhere_else, NOW, facts()).await;
    assert!(matches!(refused, Err(LedgerError::Ahead)));
    assert_eq!(ledger.read_after(0).await.unwrap().end.seq, 7);
}

#[tokio::test]
async fn a_ledger_has_one_process() {
    let bench = Bench::new();
    let first = bench.open().unwrap();
    assert!(matches!(bench.open(), Err(LedgerError::InUse)));
    first.close();
    assert!(bench.open().is_ok());
}

#[tokio::test]
async fn a_torn_end_is_cut_at_every_byte_and_the_ledger_goes_on() {
    let bench = Bench::new();
    bench.fill().await;
    let whole = fs::read(&bench.path).unwrap();
    let last_line = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in last_line..whole.len() {
        fs::write(&bench.path, &whole[..cut]).unwrap();
        let ledger = bench.open().unwrap();
        let end = ledger.read_after(0).await.unwrap().end;
        assert_eq!(
            (end.seq, fs::metadata(&bench.path).unwrap().len()),
            (6, last_line as u64),
            "cut at {cut}"
        );
        assert_eq!(ledger.append(end, NOW, vec![Fact::Mark(mark(1))]).await.unwrap().seq, 7);
        ledger.close();
        assert_eq!(bench.open().unwrap().read_after(0).await.unwrap().end.seq, 7);
    }
}

#[tokio::test]
async fn a_torn_end_of_zeros_over_several_lines_is_cut() {
    let bench = Bench::new();
    bench.fill().await;
    let mut bytes = fs::read(&bench.path).unwrap();
    let len = bytes.len();
    bytes.extend([0; 4_096]);
    bytes.push(b'\n');
    bytes.extend(b"\0\0\n{\"seq\":");
    fs::write(&bench.path, bytes).unwrap();
    assert_eq!(bench.open().unwrap().read_after(0).await.unwrap().end.seq, 7);
    assert_eq!(fs::metadata(&bench.path).unwrap().len(), len as u64);
}

#[tokio::test]
async fn an_edited_line_before_the_end_is_found() {
    let bench = Bench::new();
    bench.fill().await;
    bench.edit(|text| text.replacen("release_to_client", "release_to_nobody", 1));
    assert!(matches!(bench.open(), Err(LedgerError::Broken { line: 2 })));
}

#[tokio::test]
async fn a_removed_line_is_found() {
    let bench = Bench::new();
    bench.fill().await;
    bench.edit(|text| {
        text.lines().filter(|line| !line.contains("unpair")).map(|line| format!("{line}\n")).collect()
    });
    assert!(matches!(bench.open(), Err(LedgerError::Broken { line: 3 })));
}

#[tokio::test]
async fn exchanged_lines_are_found() {
    let bench = Bench::new();
    bench.fill().await;
    bench.edit(|text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(2, 3);
        lines.iter().map(|line| format!("{line}\n")).collect()
    });
    assert!(matches!(bench.open(), Err(LedgerError::Broken { line: 2 })));
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_ledger() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.open().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&bench.path), 0o600);
    assert_eq!(mode(bench.path.parent().unwrap()), 0o700);
}

#[test]
fn a_withdrawal_without_a_name_of_staff_is_written_and_read_as_lines_of_before_names_were_kept() {
    let said = |recorded_by| {
        let entropy = Entropy::seeded(4);
        Fact::Restriction(Restriction::Withdrawal {
            consent: ConsentId::new(NOW, entropy.bytes()),
            recording: RecordingId::new(NOW, entropy.bytes()),
            participant: ParticipantId::new(NOW, entropy.bytes()),
            purpose: "record".to_owned(),
            at: NOW,
            recorded_by,
        })
    };
    let staff = Some(StaffId::from_bytes([7; 16]));
    for (by, is_written) in [(None, false), (staff, true)] {
        let (text, _) = Line::write(1, &[0; 32], NOW, &said(by)).unwrap();
        assert_eq!(text.contains("recorded_by"), is_written);
        let read = Line::read(text.trim_end().as_bytes()).unwrap();
        assert!(read.fact == said(by));
    }
}

fn mark(value: u8) -> Mark {
    let entropy = Entropy::seeded(5);
    let head =
        AuditHead { practice: PracticeId::new(NOW, entropy.bytes()), entries: 12, hash: entropy.bytes() };
    let audit = MarkedAudit { incarnation: IncarnationId::new(NOW, entropy.bytes()), heads: vec![head] };
    Mark { value: [value; 16], audit: Some(audit) }
}

#[test]
fn marks_of_before_they_vouched_for_the_audit_are_written_and_read_as_they_were() {
    let old = Fact::Mark(Mark { value: [9; 16], audit: None });
    let (text, _) = Line::write(1, &[0; 32], NOW, &old).unwrap();
    assert!(text.contains(r#""fact":{"kind":"mark","mark":"CQkJCQkJCQkJCQkJCQkJCQ"},"hash""#), "{text}");
    assert!(Line::read(text.trim_end().as_bytes()).unwrap().fact == old);
}

#[test]
fn a_line_with_a_field_of_a_newer_program_is_read_without_it() {
    let (text, _) = Line::write(1, &[0; 32], NOW, &Fact::Mark(mark(9))).unwrap();
    let covered = text.rsplit_once(HASH).unwrap().0.replace(r#""mark":"#, r#""newer":[1],"mark":"#);
    let hash: [u8; 32] =
        Sha256::new().chain_update(b"refrain/ledger/v1").chain_update(&covered).finalize().into();
    let line = format!("{covered}{HASH}{}\"}}", BASE64_URL_SAFE_NO_PAD.encode(hash));
    assert!(line.contains("newer") && Line::read(line.as_bytes()).unwrap().fact == Fact::Mark(mark(9)));
}

#[tokio::test]
async fn marks_are_read_beside_the_process_that_has_the_ledger() {
    let bench = Bench::new();
    bench.fill().await;
    let _open = bench.open().unwrap();
    assert!(marks(&bench.path).unwrap() == [(7, mark(9))]);
    // What is being appended is no line yet; what was edited is no ledger any more.
    bench.edit(|text| text + r#"{"seq":8,"prev":"#);
    assert_eq!(marks(&bench.path).unwrap().len(), 1);
    bench.edit(|text| text.replacen("dev_", "dev_0", 1));
    assert!(matches!(marks(&bench.path), Err(LedgerError::Broken { .. })));
    assert!(marks(&bench.path.with_extension("other")).is_err());
}
