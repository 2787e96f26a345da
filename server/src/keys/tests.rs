use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use sync_core::instant::Instant;
use tempfile::TempDir;

use super::*;
use crate::testing::{Seed, for_each_database};

const MASTER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER_MASTER: &str = "__________________________________________8";

fn practice() -> PracticeId {
    PracticeId::new(Instant::from_millis(1), Entropy::System.bytes())
}

fn open(dir: &TempDir, master: &str) -> Result<Keys, KeyError> {
    Keys::open(&dir.path().join("keys"), MasterKey::parse(master).unwrap(), Entropy::System)
}

fn verifies(public_key: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = VerifyingKey::from_sec1_bytes(public_key).unwrap();
    key.verify(message, &Signature::from_slice(signature).unwrap()).is_ok()
}

fn practice_key(id: PracticeId, master: &str) -> PracticeKey {
    let master = MasterKey::parse(master).unwrap();
    let wrapped = PracticeKey::create(id, &master, &Entropy::System).unwrap();
    PracticeKey::unwrap(id, &wrapped, &master, &Entropy::System).unwrap()
}

#[test]
fn sealed_words_open_in_their_own_place_only() {
    let key = practice_key(practice(), MASTER);
    let sealed = key.seal("client.name_sealed/1", b"words");
    assert_eq!(key.open("client.name_sealed/1", &sealed).unwrap(), b"words");
    assert!(matches!(key.open("client.name_sealed/2", &sealed), Err(KeyError::Unsealable)));
    assert!(practice_key(practice(), MASTER).open("client.name_sealed/1", &sealed).is_err());
    assert_ne!(key.seal("client.name_sealed/1", b"words"), sealed, "a nonce was used twice");
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(key.open("client.name_sealed/1", &changed).is_err(), "byte {at}");
        assert!(key.open("client.name_sealed/1", &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn a_wrapped_key_serves_its_own_practice_under_its_own_master_only() {
    let (id, master) = (practice(), MasterKey::parse(MASTER).unwrap());
    let wrapped = PracticeKey::create(id, &master, &Entropy::System).unwrap();
    let under = |id, master: &str| {
        PracticeKey::unwrap(id, &wrapped, &MasterKey::parse(master).unwrap(), &Entropy::System).is_ok()
    };
    assert_eq!([under(id, MASTER), under(practice(), MASTER), under(id, OTHER_MASTER)], [true, false, false]);
}

#[test]
fn an_authority_signs_the_same_after_a_restart() {
    let (dir, id) = (tempfile::tempdir().unwrap(), practice());
    let new = open(&dir, MASTER).unwrap().create_practice(id).unwrap();
    let authority = open(&dir, MASTER).unwrap().authority(id, &new.authority).unwrap();
    assert!(*authority.public() == new.authority && new.authority.rotations == 0);
    let signature = authority.sign(b"batch");
    assert!(verifies(&new.authority.public_key, b"batch", &signature));
    assert!(!verifies(&new.authority.public_key, b"other", &signature));
    assert_eq!(new.authority.kid.len(), 11);
}

#[test]
fn an_authority_is_never_overwritten_nor_taken_for_another_practices() {
    let (dir, one, other) = (tempfile::tempdir().unwrap(), practice(), practice());
    let keys = open(&dir, MASTER).unwrap();
    let named = keys.create_practice(one).unwrap().authority;
    assert!(keys.create_practice(one).is_err());
    assert!(matches!(keys.authority(other, &named), Err(KeyError::Missing)));
    let file = |id| dir.path().join("keys").join(format!("authority-{id}.key"));
    std::fs::copy(file(one), file(other)).unwrap();
    assert!(matches!(keys.authority(other, &named), Err(KeyError::Unsealable)));
}

#[test]
fn a_replaced_key_is_erased_and_no_key_is_taken_for_the_one_that_is_named() {
    let (dir, id) = (tempfile::tempdir().unwrap(), practice());
    let keys = open(&dir, MASTER).unwrap();
    let first = keys.create_practice(id).unwrap().authority;
    keys.authority(id, &first).unwrap();
    let next = keys.next_authority(id, 1).unwrap().public().clone();
    assert!(next.rotations == 1 && next.kid != first.kid);
    assert!(*keys.next_authority(id, 1).unwrap().public() == next, "made once");
    assert!(*keys.authority(id, &next).unwrap().public() == next);
    assert!(
        *keys.authority(id, &first).unwrap().public() == first,
        "what is named, and not what was used last"
    );
    let misnamed = Authority { kid: first.kid.clone(), ..next.clone() };
    assert!(matches!(keys.authority(id, &misnamed), Err(KeyError::Another)));
    keys.erase_replaced(id, &next).unwrap();
    keys.erase_replaced(id, &next).unwrap();
    let again = open(&dir, MASTER).unwrap();
    assert!(matches!(again.authority(id, &first), Err(KeyError::Missing)));
    assert!(again.authority(id, &next).is_ok());
}

#[test]
fn the_push_key_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(&dir, MASTER).unwrap().vapid().public_key();
    let keys = open(&dir, MASTER).unwrap();
    assert_eq!(keys.vapid().public_key(), first);
    assert!(verifies(&first, b"header.claims", &keys.vapid().sign(b"header.claims")));
    assert!(matches!(open(&dir, OTHER_MASTER), Err(KeyError::Unsealable)));
}

#[test]
fn a_login_is_found_however_its_address_is_typed() {
    let dir = tempfile::tempdir().unwrap();
    let keys = open(&dir, MASTER).unwrap();
    let tag = keys.login_tag("mara@praxis.example");
    assert_eq!(keys.login_tag("  Mara@Praxis.Example\n"), tag);
    assert_ne!(keys.login_tag("mara@praxis.example2"), tag);
    assert_ne!(MasterKey::parse(OTHER_MASTER).unwrap().login_tag("mara@praxis.example"), tag);
}

#[test]
fn no_two_pairing_codes_are_one() {
    let dir = tempfile::tempdir().unwrap();
    let keys = open(&dir, MASTER).unwrap();
    assert_eq!(keys.code_hash("AB", "CD"), keys.code_hash("AB", "CD"));
    assert_ne!(keys.code_hash("AB", "CD"), keys.code_hash("ABC", "D"));
    assert_ne!(keys.code_hash("AB", "CD"), keys.code_hash("AB", "CE"));
}

#[test]
fn a_master_key_is_made_once_and_is_32_bytes() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(MasterKey::read(dir.path()), Err(KeyError::Missing)));
    let made = MasterKey::create(dir.path(), &Entropy::System).unwrap();
    assert_eq!(MasterKey::read(dir.path()).unwrap().login_tag("x"), made.login_tag("x"));
    assert!(MasterKey::create(dir.path(), &Entropy::System).is_err());
    assert!(matches!(MasterKey::parse(&MASTER[..42]), Err(KeyError::Malformed)));
    assert!(matches!(MasterKey::parse(""), Err(KeyError::Malformed)));
}

#[cfg(unix)]
#[test]
fn only_their_owner_reads_key_files_and_nothing_unfinished_is_left() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    open(&dir, MASTER).unwrap().create_practice(practice()).unwrap();
    let files: Vec<_> = std::fs::read_dir(dir.path().join("keys")).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 2);
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(file.path().extension().unwrap(), "key");
    }
}

#[tokio::test]
async fn a_practices_key_comes_from_its_row() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let seed = Seed::sow(&app).await;
        let mut tx = app.ground.db.read().await.unwrap();
        let sealed = app.ground.keys.practice(&mut tx, seed.practice).await.unwrap().seal("x/1", b"words");
        drop(tx);
        app.close().await;
        let app = database.app().await;
        let mut tx = app.ground.db.read().await.unwrap();
        let key = app.ground.keys.practice(&mut tx, seed.practice).await.unwrap();
        assert_eq!(key.open("x/1", &sealed).unwrap(), b"words");
        assert!(matches!(app.ground.keys.practice(&mut tx, practice()).await, Err(KeyError::Missing)));
    })
    .await;
}
