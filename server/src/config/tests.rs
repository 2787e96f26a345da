//! A good file, and each fault that a file may have.

use super::*;

const GOOD: &str = r#"
    public_url = "https://refrain.example"
    database.url = "sqlite://data/refrain.db"
    objects.url = "file://data/objects"
    ledger.path = "ledger/refrain.ledger"
    keys.dir = "keys"
    push.contact = "mailto:it@practice.example"
    proxy.trusted = []
"#;

fn findings(toml: &str) -> Vec<String> {
    let Err(error) = Config::parse(toml, Path::new("/srv")) else { panic!("accepted: {toml}") };
    error.0.iter().map(ToString::to_string).collect()
}

#[test]
fn a_short_file_is_enough_and_paths_are_meant_from_its_folder() {
    let config = Config::parse(GOOD, Path::new("/srv")).unwrap();
    assert_eq!(config.database_url.as_str(), "sqlite:///srv/data/refrain.db");
    assert_eq!(config.objects_url, "/srv/data/objects");
    assert_eq!(config.ledger_path, Path::new("/srv/ledger/refrain.ledger"));
    assert_eq!(config.clip_bytes, 64 * 1024 * 1024);
    assert!(!config.push.allow_private_endpoints);
}

#[test]
fn every_missing_setting_is_named_at_once() {
    let found = findings("");
    for setting in ["public_url", "database.url", "objects.url", "ledger.path", "keys.dir", "push.contact"] {
        assert!(found.iter().any(|line| line.starts_with(&format!("{setting}: expected"))), "{found:?}");
    }
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let found = findings(&format!("{GOOD}\npush.contcat = 1"));
    assert!(found[0].starts_with("push.contcat: there is no such setting; known here: contact"), "{found:?}");
}

#[test]
fn a_wrong_value_is_never_repeated() {
    for toml in [
        GOOD.replace("keys.dir = \"keys\"", "keys.master = [\"s3cret\"]"),
        GOOD.replace("keys.dir = \"keys\"", "keys.master = \"s3cret"),
        GOOD.replace("sqlite://data/refrain.db", "mysql://s3cret"),
    ] {
        let found = findings(&toml);
        assert!(!found.iter().any(|line| line.contains("s3cret")), "{found:?}");
    }
}

#[test]
fn the_file_that_init_writes_is_good() {
    let config =
        Config::parse(&Config::template("mailto:it@practice.example", "Europe/Berlin"), Path::new(""))
            .unwrap();
    assert_eq!(config.push.contact, "mailto:it@practice.example");
    assert_eq!(config.zone.iana_name(), Some("Europe/Berlin"));
}

#[test]
fn a_master_key_that_is_none_is_refused_when_it_is_used() {
    let config = Config::parse(&format!("{GOOD}\nkeys.master = \"s3cret\""), Path::new("")).unwrap();
    let Err(error) = config.app_settings(Clock::System, Entropy::System) else { panic!("accepted") };
    assert!(error.to_string().starts_with("keys.master: expected"), "{error}");
    assert!(!error.to_string().contains("s3cret"));
}

#[test]
fn plain_http_is_for_localhost_only() {
    let with = |url: &str| GOOD.replace("https://refrain.example", url);
    assert!(Config::parse(&with("http://localhost:8787"), Path::new("")).is_ok());
    assert!(findings(&with("http://refrain.example"))[0].starts_with("public_url"));
    assert!(findings(&with("https://refrain.example/path"))[0].starts_with("public_url"));
}

#[test]
fn a_server_that_seems_to_stand_behind_a_proxy_is_told_of_it() {
    let silent = GOOD.replace("proxy.trusted = []", "");
    let found = findings(&silent);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("proxy.trusted: expected the addresses of the proxy"), "{found:?}");
    let parse = |toml: String| Config::parse(&toml, Path::new("")).unwrap();
    assert!(parse(GOOD.to_owned()).proxies.is_empty());
    let named = parse(format!("{silent}\nproxy.trusted = [\"127.0.0.1\", \"10.0.0.0/8\"]"));
    assert!(named.proxies.contains([10, 1, 2, 3].into()) && !named.proxies.contains([11, 1, 2, 3].into()));
    // With TLS of its own, on another interface or on localhost alone nothing is asked.
    parse(format!("{silent}\ntls = {{ cert = \"cert.pem\", key = \"key.pem\" }}"));
    parse(format!("listen = \"0.0.0.0:8787\"\n{silent}"));
    parse(silent.replace("https://refrain.example", "http://localhost:8787"));
    let wrong = findings(&format!("{silent}\nproxy.trusted = [\"proxy.example\"]"));
    assert!(wrong[0].starts_with("proxy.trusted: expected"), "{wrong:?}");
}

#[test]
fn the_flag_of_older_versions_is_told_its_new_name() {
    for flag in ["true", "false"] {
        let found = findings(&format!("{GOOD}\nproxy.trust_forwarded_for = {flag}"));
        assert!(found[0].starts_with("proxy.trust_forwarded_for: this setting has gone"), "{found:?}");
        assert!(found[0].contains("proxy.trusted = [\"127.0.0.1\"]"), "{found:?}");
    }
}

#[test]
fn a_hash_of_a_password_takes_the_least_memory_that_is_safe_or_more() {
    let with = |mib: u32| Config::parse(&format!("{GOOD}\npasswords.memory_mib = {mib}"), Path::new(""));
    assert_eq!(Config::parse(GOOD, Path::new("")).unwrap().password_memory_mib, 64);
    assert_eq!(with(19).unwrap().password_memory_mib, 19);
    assert!(with(18).is_err());
}

#[cfg(unix)]
#[test]
fn a_file_with_a_secret_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("refrain.toml");
    let secret = "keys.master = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"";
    let postgres = GOOD.replace("sqlite://data/refrain.db", "postgres://refrain:s3cret@db.example/refrain");
    for (toml, mode, is_refused) in [
        (GOOD.to_owned(), 0o644, false),
        (format!("{GOOD}\n{secret}"), 0o644, true),
        (format!("{GOOD}\n{secret}"), 0o640, true),
        (format!("{GOOD}\n{secret}"), 0o600, false),
        (postgres, 0o644, true),
    ] {
        std::fs::write(&path, toml).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let refused = Config::load(&path).err().map(|error| error.to_string());
        assert_eq!(
            refused.as_ref().is_some_and(|said| said.contains("run: chmod 600")),
            is_refused,
            "{refused:?}"
        );
    }
}

#[test]
fn a_certificate_needs_its_key() {
    assert!(findings(&format!("{GOOD}\ntls.cert = \"cert.pem\""))[0].starts_with("tls: expected both"));
}

#[test]
fn a_contact_that_push_services_refuse_is_refused_here() {
    let with = |contact: &str| {
        Config::parse(&GOOD.replace("mailto:it@practice.example", contact), Path::new("")).is_ok()
    };
    for good in
        ["mailto:a.b+c@mail.practice.example", "https://practice.example", "https://practice.example/contact"]
    {
        assert!(with(good), "{good}");
    }
    for bad in [
        "",
        "it@practice.example",
        "mailto:",
        "mailto:it",
        "mailto:@practice.example",
        "mailto:it@localhost",
        "mailto:it@server.local",
        "mailto:it@server.lan",
        "mailto:it@practice",
        "mailto:it@127.0.0.1",
        "mailto:it@[::1]",
        "mailto:<it@practice.example>",
        "mailto:it@practice.example,other@practice.example",
        "mailto:it@practice.example?subject=x",
        "mailto:it@-practice.example",
        "mailto:it@practice..example",
        "http://practice.example",
        "https://localhost",
        "https://192.0.2.1",
        "https://[2001:db8::1]/",
        "tel:+491234567",
    ] {
        assert!(!with(bad), "{bad}");
    }
}

#[test]
fn a_limit_that_would_refuse_everybody_is_refused_by_name() {
    let limits = ["attempts_per_address", "connections_per_address", "connections", "memory_mib"];
    for limit in limits {
        let found = findings(&format!("{GOOD}\nlimits.{limit} = 0"));
        assert!(found[0].starts_with(&format!("limits.{limit}: expected a number")), "{found:?}");
    }
}
