//! The examples of RFC 8188 section 3.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{ClipKey, OpenError, RecordSize, open_whole, seal};

fn bytes(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn key(text: &str) -> ClipKey {
    ClipKey::from_bytes(bytes(text).try_into().unwrap())
}

#[test]
fn the_example_of_section_3_1_is_sealed_and_opened_alike() {
    let key = key("yqdlZ-tYemfogSmv7Ws5PQ");
    let wanted = bytes("I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg");
    assert_eq!(open_whole(&wanted, &key).unwrap().as_slice(), b"I am the walrus");
    let salt = bytes("I1BsxtFttlv3u_Oo94xnmw").try_into().unwrap();
    assert_eq!(seal(b"I am the walrus", &key, salt, RecordSize::new(4096).unwrap()).unwrap(), wanted);
}

#[test]
fn the_example_of_section_3_2_with_key_id_padding_and_two_records_opens() {
    let key = key("BO3ZVPxUlnLORbVGMpbT1Q");
    let file = bytes(
        "uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA",
    );
    assert_eq!(open_whole(&file, &key).unwrap().as_slice(), b"I am the walrus");
    let after_first_record = 23 + 25;
    assert_eq!(open_whole(&file[..after_first_record], &key).err(), Some(OpenError::LastMark));
}
