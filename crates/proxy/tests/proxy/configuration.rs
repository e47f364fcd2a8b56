//! What the program reads before it starts, and what it makes of it.

use std::process::{Command, Output};

use crate::program::{command, file};

fn output(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[test]
fn a_flag_counts_before_the_environment_and_that_before_the_file() {
    let path = file("precedence.toml");
    let text =
        "public-url = 'https://pay.example'\nlisten = '127.0.0.1:1'\nsession-life = 1\nallow-private-hosts = true";
    std::fs::write(&path, text).unwrap();
    let mut checked = command(&["--check-config", "--listen", "127.0.0.1:3"]);
    checked.env("RIVULET_PROXY_CONFIG", &path).env("RIVULET_PROXY_LISTEN", "127.0.0.1:2");
    checked.env("RIVULET_PROXY_SESSION_LIFE", "2");
    let (succeeded, written) = output(&mut checked);
    std::fs::remove_file(path).unwrap();
    assert!(succeeded, "{written}");
    for line in [
        r#"listen = "127.0.0.1:3" # flag"#,
        "session-life = 2 # environment",
        "allow-private-hosts = true # file",
        r#"public-url = "https://pay.example" # file"#,
        "requests-per-minute = 100 # default",
    ] {
        assert!(written.lines().any(|written| written == line), "{line} in {written}");
    }
}

#[test]
fn a_configuration_that_cannot_work_fails_the_check() {
    let keys = file("wrong.key");
    std::fs::write(&keys, "{}").unwrap();
    let keys = keys.to_str().unwrap();
    for (options, expected) in [
        (&["--public-url", "https://pay.example/?a"][..], "must have no query"),
        (&["--public-url", "https://pay.example", "--tls-cert", "/nowhere.pem"], "go together"),
        (&["--public-url", "https://pay.example", "--tls-cert", "/nowhere.pem", "--tls-key", keys], "/nowhere.pem"),
        (&["--public-url", "https://pay.example", "--extra-ca", "/nowhere.pem"], "/nowhere.pem"),
        (&["--public-url", "https://pay.example", "--key-file", keys], "does not hold keys"),
        (&["--public-url", "https://pay.example", "--listen", "here"], "invalid value"),
        (&[], "--public-url"),
    ] {
        let (succeeded, written) = output(command(&["--check-config"]).args(options));
        assert!(!succeeded && written.contains(expected), "{options:?}: {written}");
    }
    std::fs::remove_file(keys).unwrap();
}

#[test]
fn a_check_makes_no_key() {
    let keys = file("unmade.key");
    let options = ["--check-config", "--public-url", "https://pay.example", "--key-file", keys.to_str().unwrap()];
    assert!(output(&mut command(&options)).0);
    assert!(!keys.exists());
}
