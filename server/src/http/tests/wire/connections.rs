use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{app::App, http::tests::config, serve, testing::for_sqlite};

/// Connects and asks whether the server is alive; none when it hangs up.
async fn ask(address: SocketAddr) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.ok()?;
    assert_eq!(&answer, b"HTTP/1.1 204");
    Some(stream)
}

#[tokio::test]
async fn an_address_that_has_all_its_connections_gets_another_when_one_has_ended() {
    for_sqlite(|database| async move {
        let mut settings = database.settings();
        settings.settings.connections_per_address = 2;
        let app = App::open(settings).await.unwrap();
        let running = serve::start(Arc::clone(&app), &config(database.dir.path(), "")).await.unwrap();
        let address = running.address();
        let (one, another) = (ask(address).await.unwrap(), ask(address).await.unwrap());
        assert!(ask(address).await.is_none(), "a third connection");
        drop(one);
        while ask(address).await.is_none() {}
        drop(another);
        running.stop().await.unwrap();
        app.close().await;
    })
    .await;
}
