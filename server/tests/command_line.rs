//! The `refrain` command as an operator runs it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use sqlx::Connection;

fn refrain(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_refrain"))
        .args(["--config", "refrain.toml"])
        .args(args)
        .current_dir(folder)
        .env("REFRAIN_INIT_PASSWORD", "correct horse battery")
        .output()
        .unwrap()
}

fn init(folder: &Path) -> Output {
    let practice =
        ["init", "--practice", "Practice at the Lake", "--contact", "+41 44 000 00 00", "--crisis", "143"];
    let therapist = ["--email", "ada@practice.example", "--name", "Ada Berg", "--json"];
    refrain(folder, &[practice.as_slice(), therapist.as_slice()].concat())
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_practice_is_set_up_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = init(folder.path());
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let answer: Value = serde_json::from_slice(&first.stdout).unwrap();
    assert!(answer["otpauth"].as_str().unwrap().starts_with("otpauth://totp/Refrain"), "{answer}");
    for written in
        ["refrain.toml", "data/refrain.db", "keys/master.key", "keys/vapid.key", "ledger/refrain.ledger"]
    {
        assert!(folder.path().join(written).is_file(), "{written}");
    }
    assert!(complaint(&init(folder.path())).contains("is set up already; nothing was changed"));

    let added = refrain(
        folder.path(),
        &["staff", "add", "--email", "ben@practice.example", "--name", "Ben", "--json"],
    );
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let nobody = ["staff", "add", "--email", "eva@practice.example", "--name", "Eva", "--role", "king"];
    assert!(complaint(&refrain(folder.path(), &nobody)).contains("--role: one of therapist"));

    let verified = refrain(folder.path(), &["audit", "verify"]);
    let said = String::from_utf8(verified.stdout).unwrap();
    assert!(said.starts_with("The audit is unbroken: 3 entries"), "{said}");
}

#[test]
fn a_key_is_replaced_while_nothing_is_served() {
    let folder = tempfile::tempdir().unwrap();
    assert!(complaint(&refrain(folder.path(), &["keys", "rotate"])).contains("there is no such file"));
    assert!(init(folder.path()).status.success());
    let keys = || {
        let files = std::fs::read_dir(folder.path().join("keys")).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name.starts_with("authority-"));
        names.sort_unstable();
        names
    };
    let first = keys();
    let answer = refrain(folder.path(), &["keys", "rotate", "--json"]);
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!((answer["rotations"].as_u64(), answer["kid"].as_str().map(str::len)), (Some(1), Some(11)));
    let after = keys();
    assert!(
        after[0].ends_with(".1.key") && after[1].ends_with(".1.rotation") && after.len() == 2,
        "{after:?}"
    );
    assert!(!after.contains(&first[0]), "the replaced key is still there");
    let said = String::from_utf8(refrain(folder.path(), &["keys", "rotate"]).stdout).unwrap();
    assert!(said.contains("Copy ") && said.contains("into the backup of the keys now"), "{said}");
    let verified = String::from_utf8(refrain(folder.path(), &["audit", "verify"]).stdout).unwrap();
    assert!(verified.starts_with("The audit is unbroken: 4 entries"), "{verified}");
    // Without the key that it replaces no other can take its place.
    std::fs::remove_file(folder.path().join("keys").join(&keys()[1])).unwrap();
    assert!(complaint(&refrain(folder.path(), &["keys", "rotate"])).contains("a key is missing"));
}

#[test]
fn a_data_key_is_replaced_while_nothing_is_served() {
    let folder = tempfile::tempdir().unwrap();
    assert!(init(folder.path()).status.success());
    let said = |args: &[&str]| String::from_utf8(refrain(folder.path(), args).stdout).unwrap();
    let shown = said(&["keys", "show"]);
    assert!(
        shown.starts_with("Data key 0: made at ") && shown.ends_with("sealed under this key.\n"),
        "{shown}"
    );
    let answer = refrain(folder.path(), &["keys", "rotate", "--data", "--json"]);
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(answer["data_key"], 1, "{answer}");
    let shown: Value = serde_json::from_str(&said(&["keys", "show", "--json"])).unwrap();
    assert_eq!(shown["data_keys"][1]["seals_from"], answer["seals_from"], "{shown}");
    // The practice's name and contact, and the therapist's name and secret.
    assert_eq!(
        (shown["data_keys"].as_array().map(Vec::len), shown["left"].as_u64()),
        (Some(2), Some(4)),
        "{shown}"
    );
    let told = said(&["keys", "show"]);
    assert!(
        told.ends_with("Sealed under older keys: 4 values. A running server seals them anew, and its log names those that do not open.\n"),
        "{told}"
    );
    let again = said(&["keys", "rotate", "--data"]);
    assert!(again.starts_with("Data key 2 seals from ") && again.contains("refrain keys show"), "{again}");
    for _ in 3..8 {
        assert!(refrain(folder.path(), &["keys", "rotate", "--data"]).status.success());
    }
    let refused = complaint(&refrain(folder.path(), &["keys", "rotate", "--data"]));
    assert!(refused.contains("this practice has 8 data keys"), "{refused}");
    assert!(said(&["audit", "verify"]).starts_with("The audit is unbroken: 9 entries"));
    // Under another master key it would wrap what no server opens.
    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    std::fs::write(folder.path().join("keys/master.key"), other).unwrap();
    assert!(
        complaint(&refrain(folder.path(), &["keys", "rotate", "--data"])).contains("keys cannot be used")
    );
}

#[test]
fn a_reader_who_goes_before_the_end_is_no_failure() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refrain"));
    let piped = command.arg("openapi").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // The document is longer than a pipe holds.
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn nothing_is_served_before_there_is_a_practice_or_with_a_bad_setting() {
    let folder = tempfile::tempdir().unwrap();
    let none = complaint(&refrain(folder.path(), &["serve"]));
    assert!(none.contains("refrain.toml: there is no such file; `refrain init` writes one"), "{none}");

    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::create_dir(folder.path().join("ledger")).unwrap();
    let settings = refrain::config::Config::template("mailto:it@practice.example", "UTC");
    std::fs::write(folder.path().join("refrain.toml"), &settings).unwrap();
    let not_set_up = complaint(&refrain(folder.path(), &["serve"]));
    assert!(not_set_up.contains("no practice is set up here yet; run `refrain init`"), "{not_set_up}");

    std::fs::write(folder.path().join("refrain.toml"), format!("{settings}\nlisten_on = 1")).unwrap();
    let bad = complaint(&refrain(folder.path(), &["serve"]));
    // The key stands after log.filter, in no table of its own.
    assert!(bad.contains("listen_on: there is no such setting"), "{bad}");
}

#[cfg(unix)]
#[test]
fn what_init_writes_is_for_its_owner_alone_and_what_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    assert!(init(folder.path()).status.success());
    let mut open = vec![folder.path().to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    for file in ["data/refrain.db", "keys/master.key", "keys/vapid.key"] {
        let path = folder.path().join(file);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let refused = complaint(&refrain(folder.path(), &["serve"]));
        assert!(refused.contains(&format!("run: chmod 600 {file}")), "{refused}");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    }
    let verified = refrain(folder.path(), &["audit", "verify"]);
    assert!(verified.status.success());
}

/// What somebody can do who has the database and nothing else.
fn change(folder: &Path, sql: &'static str) {
    let url = format!("sqlite://{}", folder.join("data/refrain.db").display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn what_was_changed_or_cut_off_in_the_audit_is_named_in_words_and_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(init(folder).status.success());
    let verify = || refrain(folder, &["audit", "verify"]);
    let in_json = || {
        let answer = refrain(folder, &["audit", "verify", "--json"]);
        let found: Value = serde_json::from_slice(&answer.stdout).unwrap();
        assert_eq!(found["unbroken"].as_bool(), Some(answer.status.success()), "{found}");
        found
    };
    let found = in_json();
    assert_eq!((&found["entries"], &found["keyed_after"]), (&2.into(), &0.into()), "{found}");
    assert!(found["marks"].as_u64().unwrap() > 0, "{found}");

    change(folder, "UPDATE audit_entry SET at = at + 1 WHERE seq = 2");
    assert!(complaint(&verify()).contains("the audit is broken: entry 2 is not as it was written"));
    let found = in_json();
    assert_eq!((found["problem"].as_str(), found["entry"].as_i64()), (Some("changed"), Some(2)), "{found}");

    change(folder, "UPDATE audit_entry SET at = at - 1 WHERE seq = 2");
    assert!(verify().status.success());
    change(
        folder,
        "UPDATE audit_head SET seq = 1, hash = (SELECT prev_hash FROM audit_entry WHERE seq = 2); \
         DELETE FROM audit_entry WHERE seq = 2",
    );
    let cut = complaint(&verify());
    assert!(
        cut.contains("the audit is cut off: entry 2 is missing") && cut.contains("has seen 2 entries"),
        "{cut}"
    );
    let found = in_json();
    assert_eq!((found["problem"].as_str(), found["entry"].as_i64()), (Some("cut_off"), Some(2)), "{found}");
    assert!(found["ledger_line"].is_i64(), "{found}");

    // Without the ledger there is no telling, and so no yes.
    std::fs::remove_file(folder.join("ledger/refrain.ledger")).unwrap();
    assert!(complaint(&verify()).contains("the ledger's file cannot be read"));
}

#[test]
fn a_doctor_looks_at_every_part_and_says_what_is_wrong_and_how_to_mend_it() {
    let folder = tempfile::tempdir().unwrap();
    assert!(init(folder.path()).status.success());
    let examined = |args: &[&str]| {
        let ended = refrain(folder.path(), &[&["doctor", "--json"], args].concat());
        let answer: Value = serde_json::from_slice(&ended.stdout).unwrap();
        assert_eq!(answer["is_well"].as_bool(), Some(ended.status.success()), "{answer}");
        answer
    };
    let wrong = |answer: &Value| {
        let findings = answer["findings"].as_array().unwrap().clone();
        let wrong = findings.into_iter().filter(|finding| finding["is_well"] == false);
        wrong
            .map(|finding| (finding["part"].as_str().unwrap().to_owned(), finding["says"].to_string()))
            .collect::<Vec<_>>()
    };
    let answer = examined(&[]);
    assert_eq!(wrong(&answer), [], "{answer}");
    for part in
        ["configuration", "database", "clock", "objects", "ledger", "keys", "disks", "certificate", "proxies"]
    {
        let findings = answer["findings"].as_array().unwrap();
        assert!(findings.iter().any(|finding| finding["part"] == part), "{part}: {answer}");
    }
    let before = std::fs::read(folder.path().join("data/refrain.db")).unwrap();
    // The push key is lost, a key is open to others, and a byte of the ledger has changed.
    let vapid = folder.path().join("keys/vapid.key");
    let kept = std::fs::read(&vapid).unwrap();
    std::fs::remove_file(&vapid).unwrap();
    assert!(wrong(&examined(&[]))[0].1.contains("vapid.key is not there"));
    std::fs::write(&vapid, kept).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&vapid, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(wrong(&examined(&[]))[0].1.contains("chmod"));
        std::fs::set_permissions(&vapid, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let ledger = folder.path().join("ledger/refrain.ledger");
    let mut text = std::fs::read_to_string(&ledger).unwrap();
    text = text.replacen("\"seq\":0", "\"seq\":7", 1);
    std::fs::write(&ledger, text).unwrap();
    assert_eq!(wrong(&examined(&[]))[0].0, "ledger");
    assert_eq!(std::fs::read(folder.path().join("data/refrain.db")).unwrap(), before, "it changes nothing");
}
