use std::{path::Path, sync::Arc};

use reqwest::{Certificate, Client};

use crate::{
    serve::{self, ListenError},
    testing::for_sqlite,
};

/// Writes a new certificate for localhost; gives what trusts it alone.
fn write_certificate(folder: &Path) -> Client {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = made.cert.pem();
    std::fs::write(folder.join("cert.pem"), &pem).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let trusted = Certificate::from_pem(pem.as_bytes()).unwrap();
    Client::builder().tls_certs_only([trusted]).build().unwrap()
}

#[tokio::test]
async fn tls_speaks_http_2_and_takes_a_new_certificate_without_a_restart() {
    for_sqlite(async |database| {
        serve::install_cryptography();
        let folder = database.dir.path();
        let before = write_certificate(folder);
        let config = crate::http::tests::config(folder, "tls.cert = \"cert.pem\"\ntls.key = \"key.pem\"");
        let app = database.app().await;
        let running = serve::start(Arc::clone(&app), &config).await.unwrap();
        let url = format!("https://localhost:{}/healthz", running.address().port());
        let answered = before.get(&url).send().await.unwrap();
        assert_eq!((answered.status().as_u16(), answered.version()), (204, reqwest::Version::HTTP_2));

        let after = write_certificate(folder);
        assert!(after.get(&url).send().await.is_err());
        running.reload_certificate().await.unwrap();
        assert_eq!(after.get(&url).send().await.unwrap().status(), 204);

        std::fs::write(folder.join("key.pem"), "no key").unwrap();
        assert!(matches!(running.reload_certificate().await, Err(ListenError::Certificate(_))));
        assert_eq!(after.get(&url).send().await.unwrap().status(), 204);
        running.stop().await.unwrap();
        app.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    for_sqlite(async |database| {
        let app = database.app().await;
        let mut config = crate::http::tests::config(database.dir.path(), "");
        let first = serve::start(Arc::clone(&app), &config).await.unwrap();
        config.listen = first.address();
        let second = serve::start(Arc::clone(&app), &config).await;
        assert!(matches!(second, Err(ListenError::Address(_))));
        first.stop().await.unwrap();
        app.close().await;
    })
    .await;
}
