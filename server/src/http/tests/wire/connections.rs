use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use sync_core::instant::Span;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    app::App,
    http::tests::config,
    nouns::settings::{Proxies, Settings},
    serve::{self, Running},
    testing::{TestDatabase, for_sqlite},
};

/// No test waits longer for a server that is to hang up.
const PATIENCE: Duration = Duration::from_secs(20);

async fn start(database: &TestDatabase, change: impl FnOnce(&mut Settings)) -> (Arc<App>, Running) {
    let mut settings = database.settings();
    change(&mut settings.settings);
    let app = App::open(settings).await.unwrap();
    let running = serve::start(Arc::clone(&app), &config(database.dir.path(), "")).await.unwrap();
    (app, running)
}

/// Connects from an address of the loopback's network.
async fn connect(from: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, from), 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// Asks whether the server is alive; whether it answers.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 12];
    let asked = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let answered = asked.is_ok() && stream.read_exact(&mut answer).await.is_ok();
    assert!(!answered || &answer == b"HTTP/1.1 204");
    answered
}

/// Waits until the server hangs up.
async fn hangs_up(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the server hangs up");
}

#[tokio::test]
async fn an_address_that_has_all_its_connections_gives_up_its_oldest() {
    for_sqlite(|database| async move {
        let (app, running) = start(&database, |settings| settings.connections_per_address = 2).await;
        let address = running.address();
        let mut other = connect(9, address).await;
        let mut own = [connect(1, address).await, connect(1, address).await, connect(1, address).await];
        hangs_up(&mut own[0]).await;
        for stream in own[1..].iter_mut().chain([&mut other]) {
            assert!(is_answered(stream).await);
        }
        running.stop().await.unwrap();
        app.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_proxys_connections_are_not_counted_and_those_that_come_past_it_are() {
    for_sqlite(|database| async move {
        let (app, running) = start(&database, |settings| {
            settings.connections_per_address = 2;
            settings.proxies = Proxies::parse(&["127.0.0.9"]).unwrap();
        })
        .await;
        let address = running.address();
        let mut proxy = [connect(9, address).await, connect(9, address).await, connect(9, address).await];
        let mut past = [connect(1, address).await, connect(1, address).await, connect(1, address).await];
        hangs_up(&mut past[0]).await;
        for stream in past[1..].iter_mut().chain(&mut proxy) {
            assert!(is_answered(stream).await);
        }
        running.stop().await.unwrap();
        app.close().await;
    })
    .await;
}

#[tokio::test]
async fn silent_connections_shut_nobody_out() {
    for_sqlite(|database| async move {
        let (app, running) = start(&database, |settings| settings.connections = 40).await;
        let address = running.address();
        let mut silent = Vec::new();
        for n in 0..200 {
            silent.push(connect(2 + n % 5, address).await);
        }
        for _ in 0..50 {
            let mut late = connect(1, address).await;
            assert!(timeout(PATIENCE, is_answered(&mut late)).await.unwrap());
        }
        running.stop().await.unwrap();
        app.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_without_a_whole_head_ends() {
    for_sqlite(|database| async move {
        let within = |settings: &mut Settings| settings.head_within = Span::from_millis(300);
        let (app, running) = start(&database, within).await;
        for part in [&b""[..], b"P", b"PRI * HT", b"GET /healthz HTTP/1.1\r\nhost: local"] {
            let mut stream = connect(1, running.address()).await;
            stream.write_all(part).await.unwrap();
            hangs_up(&mut stream).await;
        }
        running.stop().await.unwrap();
        app.close().await;
    })
    .await;
}
