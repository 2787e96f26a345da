//! Whether a PostgreSQL server is there for the tests.

use std::{
    env,
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use anyhow::{Context, bail, ensure};

/// Names the server that tests may make databases on.
pub(crate) const VARIABLE: &str = "REFRAIN_TEST_POSTGRES";
const LOCAL: &str = "postgres://postgres@127.0.0.1:5432/postgres";
const PATIENCE: Duration = Duration::from_secs(3);

/// A server that tests may use, or why there is none.
pub(crate) enum Found {
    /// Its URL.
    Here(String),
    /// Nobody asked for one, and this machine has none that lets the tests in.
    Missing(anyhow::Error),
}

/// Finds the server of `REFRAIN_TEST_POSTGRES`, or else one on this machine that asks for no password.
///
/// # Errors
/// When a server was named and does not answer as one.
pub(crate) fn find() -> anyhow::Result<Found> {
    if let Ok(url) = env::var(VARIABLE) {
        greet(&url).with_context(|| format!("the server of {VARIABLE}"))?;
        return Ok(Found::Here(url));
    }
    Ok(match greet(LOCAL) {
        Ok(()) => Found::Here(LOCAL.into()),
        Err(why) => Found::Missing(why),
    })
}

#[derive(Debug, PartialEq, Eq)]
struct Address {
    user: String,
    has_password: bool,
    host: String,
}

impl Address {
    fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
        let authority = rest.split(['/', '?']).next()?;
        let (login, host) = authority.rsplit_once('@').unwrap_or(("postgres", authority));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let host = if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            host.to_owned()
        } else {
            format!("{host}:5432")
        };
        Some(Self { user: user.to_owned(), has_password: !password.is_empty(), host })
    }
}

/// Says hello as far as the server's first answer: a port that is open may belong to anything.
/// (PostgreSQL's documentation, "Message Formats": StartupMessage, AuthenticationOk.)
fn greet(url: &str) -> anyhow::Result<()> {
    let address = Address::parse(url).with_context(|| format!("{VARIABLE} must be like {LOCAL}"))?;
    let host = &address.host;
    let socket = host.to_socket_addrs()?.next().with_context(|| format!("{host} has no address"))?;
    let mut stream = TcpStream::connect_timeout(&socket, PATIENCE)
        .with_context(|| format!("nothing answers at {host}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let fields = format!("user\0{}\0database\0postgres\0\0", address.user);
    let length = u32::try_from(fields.len() + 8)?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&196_608_u32.to_be_bytes())?;
    stream.write_all(fields.as_bytes())?;
    let mut answer = [0; 9];
    stream.read_exact(&mut answer).with_context(|| format!("{host} is no PostgreSQL server"))?;
    match answer[0] {
        b'R' => {
            let asks = answer[5..] != [0; 4];
            ensure!(!asks || address.has_password, "{host} asks for a password: set {VARIABLE}");
            Ok(())
        }
        b'E' => bail!("{host} refuses the user {}", address.user),
        _ => bail!("{host} is no PostgreSQL server"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_its_parts() {
        let full = Address::parse("postgres://root:secret@db.example:5433/refrain?sslmode=disable").unwrap();
        assert_eq!(full, Address { user: "root".into(), has_password: true, host: "db.example:5433".into() });
        let short = Address::parse("postgresql://127.0.0.1").unwrap();
        assert_eq!(
            short,
            Address { user: "postgres".into(), has_password: false, host: "127.0.0.1:5432".into() }
        );
        assert_eq!(Address::parse("sqlite://file"), None);
    }
}
