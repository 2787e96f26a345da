use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use sync_core::instant::Instant;
use tempfile::TempDir;

use super::*;
use crate::store::data_keys::StoredDataKey;
use crate::testing::{Seed, for_each_database};

const MASTER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER_MASTER: &str = "__________________________________________8";

fn practice() -> PracticeId {
    PracticeId::new(Instant::from_millis(1), Entropy::System.bytes())
}

fn open(dir: &TempDir, master: &str) -> Result<Keys, KeyError> {
    Keys::open(
        &dir.path().join("keys"),
        MasterKey::parse(master).unwrap(),
        Clock::System,
        Entropy::System,
        PushKey::MayBeMade,
    )
}

fn verifies(public_key: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = VerifyingKey::from_sec1_bytes(public_key).unwrap();
    key.verify(message, &Signature::from_slice(signature).unwrap()).is_ok()
}

fn made(id: PracticeId, n: u32, at: i64) -> StoredDataKey {
    let master = MasterKey::parse(MASTER).unwrap();
    let wrapped = DataKeys::create(id, n, &master, &Entropy::System).unwrap();
    StoredDataKey { n, wrapped, made_at: Instant::from_millis(at), swept_at: None }
}

fn data_keys(id: PracticeId, stored: &[&StoredDataKey], now: i64) -> Result<DataKeys, KeyError> {
    let copy = |&&StoredDataKey { n, ref wrapped, made_at, swept_at }: &&StoredDataKey| StoredDataKey {
        n,
        wrapped: wrapped.clone(),
        made_at,
        swept_at,
    };
    let copies: Vec<_> = stored.iter().map(copy).collect();
    let (master, now) = (MasterKey::parse(MASTER).unwrap(), Instant::from_millis(now));
    DataKeys::unwrap(id, &copies, &master, &Entropy::System, now)
}

fn first_key(id: PracticeId) -> DataKeys {
    data_keys(id, &[&made(id, 0, 0)], 0).unwrap()
}

#[test]
fn sealed_words_open_in_their_own_place_only() {
    let key = first_key(practice());
    let sealed = key.seal("client.name_sealed/1", b"words");
    assert_eq!(key.open("client.name_sealed/1", &sealed).unwrap(), b"words");
    assert!(matches!(key.open("client.name_sealed/2", &sealed), Err(KeyError::Unsealable)));
    assert!(first_key(practice()).open("client.name_sealed/1", &sealed).is_err());
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
    let id = practice();
    for n in [0, 1] {
        let stored = [made(id, n, 0)];
        let under = |id, master: &str| {
            let (master, now) = (MasterKey::parse(master).unwrap(), Instant::from_millis(0));
            DataKeys::unwrap(id, &stored, &master, &Entropy::System, now).is_ok()
        };
        assert_eq!(
            [under(id, MASTER), under(practice(), MASTER), under(id, OTHER_MASTER)],
            [true, false, false]
        );
    }
    let mut moved = made(id, 1, 0);
    moved.n = 2;
    assert!(matches!(data_keys(id, &[&moved], 0), Err(KeyError::Unsealable)), "it is wrapped for its number");
    assert!(matches!(data_keys(id, &[], 0), Err(KeyError::Missing)));
}

#[test]
fn the_newest_key_seals_when_every_server_knows_it_and_what_is_sealed_names_its_key() {
    let (id, minute) = (practice(), 60_000);
    let (first, second) = (made(id, 0, 0), made(id, 1, 10 * minute));
    let both = |now| data_keys(id, &[&first, &second], now).unwrap();
    let (before, after) = (both(12 * minute - 1), both(12 * minute));
    assert_eq!((before.sealing(), after.sealing()), (0, 1));
    assert_eq!(data_keys(id, &[&second], 10 * minute).unwrap().sealing(), 1, "there is no other");
    let swept = StoredDataKey { swept_at: Some(Instant::from_millis(1)), ..made(id, 1, 10 * minute) };
    let late = data_keys(id, &[&first, &swept], 5 * minute).unwrap();
    assert_eq!(late.sealing(), 1, "another server's clock is ahead, and the older key may go by that");
    let (old, new) = (before.seal("x/1", b"words"), after.seal("x/1", b"words"));
    assert_eq!((&old[..8], &new[..8]), (b"RFDK\0\0\0\0".as_slice(), b"RFDK\0\0\0\x01".as_slice()));
    for keys in [&before, &after] {
        for sealed in [&old, &new, &old[8..].to_vec()] {
            assert_eq!(keys.open("x/1", sealed).unwrap(), b"words");
        }
    }
    // A nonce may look like a head.
    let mut looks = old[8..].to_vec();
    looks[..8].copy_from_slice(&new[..8]);
    assert!(before.open("x/1", &looks).is_err(), "and here it is another nonce than it was sealed with");
    assert!(after.open("x/1", &[&new[..8], &old[8..]].concat()).is_err(), "a number cannot be put on");
    assert!(after.open("x/1", b"").is_err() && after.open("x/1", &new[..8]).is_err());
}

#[test]
fn keys_are_read_again_after_a_minute_after_a_step_back_of_the_clock_and_after_an_unknown_number() {
    let (id, minute) = (practice(), 60_000);
    let (first, second) = (made(id, 0, 0), made(id, 1, 0));
    let known = data_keys(id, &[&first], 10 * minute).unwrap();
    let is_outdated = |now| known.is_outdated(Instant::from_millis(now));
    assert_eq!(
        [10 * minute, 11 * minute - 1, 11 * minute, 10 * minute - 1].map(is_outdated),
        [false, false, true, true]
    );
    let sealed = data_keys(id, &[&first, &second], 10 * minute).unwrap().seal("x/1", b"words");
    assert!(!is_outdated(10 * minute));
    for damage in [[0, 0, 0, 9], [0xff; 4]] {
        let damaged = [&sealed[..4], &damage, &sealed[8..]].concat();
        assert!(known.open("x/1", &damaged).is_err());
        assert!(!known.lacks_a_key(), "no server makes so many keys at once");
    }
    assert!(known.open("x/1", &sealed).is_err());
    assert!(is_outdated(10 * minute) && known.lacks_a_key());
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
