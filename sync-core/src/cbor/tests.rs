use super::*;

#[test]
fn a_map_is_written_in_bytewise_key_order() {
    let map = Map::new().with("bb", 1).with("a", 2).with("c", 3);
    assert_eq!(map.to_bytes(), [0xa3, 0x61, b'a', 2, 0x61, b'c', 3, 0x62, b'b', b'b', 1]);
    assert!(Map::read(&map.to_bytes()).is_ok());
}

#[test]
fn a_second_encoding_is_refused() {
    // Keys out of order, an integer longer than needed, an indefinite map, a key twice, trailing bytes.
    let out_of_order = [0xa2, 0x61, b'c', 3, 0x61, b'a', 2];
    let long_integer = [0xa1, 0x61, b'a', 0x18, 2];
    let indefinite = [0xbf, 0x61, b'a', 2, 0xff];
    let twice = [0xa2, 0x61, b'a', 2, 0x61, b'a', 2];
    let trailing = [0xa1, 0x61, b'a', 2, 0];
    for bytes in [&out_of_order[..], &long_integer, &indefinite, &twice, &trailing] {
        assert_eq!(Map::read(bytes).err(), Some(CborError::NotDeterministic), "{bytes:?}");
    }
}

#[test]
fn depth_and_lengths_beyond_the_input_are_refused_cheaply() {
    assert_eq!(decode(&[0x81; 64]), Err(CborError::Malformed));
    assert_eq!(decode(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), Err(CborError::Malformed));
    assert_eq!(decode(&[0x5b, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]), Err(CborError::Malformed));
}

#[test]
fn more_items_than_an_encoding_may_hold_are_refused() {
    let list = |items: usize| encode(&Value::Array(vec![Value::from(0); items]));
    assert!(decode(&list(MAX_ITEMS - 1)).is_ok());
    assert_eq!(decode(&list(MAX_ITEMS)), Err(CborError::TooLarge));
}

#[test]
fn an_unknown_key_is_refused() {
    let mut map = Map::read(&Map::new().with("a", 1).with("b", 2).to_bytes()).unwrap();
    assert_eq!(map.integer::<u8>("a"), Ok(1));
    assert_eq!(map.end(), Err(CborError::Shape));
}
