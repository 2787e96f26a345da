//! Local stores, and one in memory; S3 and its faults are in tests/scenarios.

use super::*;

fn stores() -> (Vec<Objects>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("objects");
    let url = Url::from_file_path(dir.path().join("by-url")).unwrap();
    let urls = ["memory://".to_owned(), path.to_str().unwrap().to_owned(), url.to_string()];
    (urls.iter().map(|url| Objects::open(url).unwrap()).collect(), dir)
}

#[tokio::test]
async fn an_object_is_read_by_range_whole_and_in_pieces() {
    let (stores, _dir) = stores();
    for objects in stores {
        let name = ObjectName::new(&Entropy::System);
        objects.put(&name, Bytes::from_static(b"0123456789")).await.unwrap();
        assert_eq!(objects.head(&name).await.unwrap(), 10);
        assert_eq!(objects.get_range(&name, 2..5).await.unwrap(), "234");
        let pieces: Vec<Bytes> =
            objects.stream_range(&name, 5..10).await.unwrap().try_collect().await.unwrap();
        assert_eq!(pieces.concat(), b"56789");
    }
}

#[tokio::test]
async fn an_object_is_never_overwritten() {
    let (stores, _dir) = stores();
    for objects in stores {
        let name = ObjectName::new(&Entropy::System);
        objects.put(&name, Bytes::from_static(b"first")).await.unwrap();
        let again = objects.put(&name, Bytes::from_static(b"other")).await;
        assert!(matches!(again, Err(ObjectError::Exists)), "{again:?}");
        assert_eq!(objects.get_range(&name, 0..5).await.unwrap(), "first");
    }
}

#[tokio::test]
async fn a_deleted_object_is_gone_and_may_be_deleted_again() {
    let (stores, _dir) = stores();
    for objects in stores {
        let name = ObjectName::new(&Entropy::System);
        objects.put(&name, Bytes::from_static(b"x")).await.unwrap();
        objects.delete(&name).await.unwrap();
        objects.delete(&name).await.unwrap();
        assert!(matches!(objects.head(&name).await, Err(ObjectError::NotFound)));
        assert!(matches!(objects.get_range(&name, 0..1).await, Err(ObjectError::NotFound)));
    }
}

#[tokio::test]
async fn what_was_written_already_is_written_and_each_store_is_proved() {
    let (stores, _dir) = stores();
    for objects in stores {
        let name = ObjectName::new(&Entropy::System);
        objects.put(&name, Bytes::from_static(b"the same")).await.unwrap();
        objects.put(&name, Bytes::from_static(b"the same")).await.unwrap();
        for other in ["the sam", "the same.", "another."] {
            let again = objects.put(&name, Bytes::from_static(other.as_bytes())).await;
            assert!(matches!(again, Err(ObjectError::Exists)), "{other}: {again:?}");
        }
        objects.prove(&Entropy::System).await.unwrap();
        objects.look(&Entropy::System).await.unwrap();
    }
}

#[test]
fn an_s3_url_names_a_bucket_and_a_prefix() {
    // The main program does so before anything else; a second time changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    assert_eq!(
        Objects::open("s3://bucket/some/prefix").unwrap().store.to_string(),
        "PrefixObjectStore(some/prefix)"
    );
}

#[test]
fn another_kind_of_store_and_a_name_that_leads_elsewhere_are_refused() {
    assert!(matches!(Objects::open("ftp://host/x"), Err(ObjectError::UnknownStore)));
    assert_eq!(ObjectName::parse("../../etc/passwd"), None);
    assert_eq!(ObjectName::parse(&"A".repeat(64)), None);
    let name = ObjectName::new(&Entropy::System);
    assert_eq!(ObjectName::parse(name.as_str()), Some(name));
}
