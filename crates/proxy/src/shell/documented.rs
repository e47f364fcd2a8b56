//! What is written for operators names what there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Arg;

use super::config::{Configuration, command};

const BEGIN: &str = "<!-- options -->\n";
const END: &str = "<!-- end of options -->";

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn row(option: &Arg) -> String {
    let defaults: Vec<_> = option.get_default_values().iter().map(|value| format!("`{}`", value.display())).collect();
    let unit = match option.get_value_names() {
        Some([name]) if option.get_action().takes_values() => name.to_lowercase(),
        _ => "true or false".to_owned(),
    };
    let help = option.get_help().unwrap().to_string();
    format!("| `{}` | {unit} | {} | {help} |\n", option.get_long().unwrap(), defaults.join(", "))
}

/// The words in a text that begin like this, and go on with a letter.
fn words<'a>(text: &'a str, beginning: &str) -> BTreeSet<&'a str> {
    let parts = text.split(|character: char| !character.is_ascii_alphanumeric() && !"-_".contains(character));
    let goes_on = |word: &&str| {
        word.strip_prefix(beginning).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphabetic()))
    };
    parts.filter(goes_on).collect()
}

#[test]
fn the_table_of_options_is_that_of_the_program() {
    let written = read("docs/operating.md");
    let (before, rest) = written.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let header = "| option | value | default | what it is for |\n|---|---|---|---|\n".to_owned();
    let command = command();
    let options = command.get_arguments().filter(|option| option.get_long() != Some("check-config"));
    let right = options.map(row).fold(header, |table, row| table + &row);
    if std::env::var_os("UPDATE_OPERATING").is_some() {
        fs::write(top().join("docs/operating.md"), format!("{before}{BEGIN}{right}{END}{after}")).unwrap();
    } else {
        assert!(table == right, "run UPDATE_OPERATING=1 cargo test -p proxy --lib documented");
    }
}

#[test]
fn every_flag_and_variable_that_is_named_exists() {
    let command = command();
    let flags: Vec<String> =
        command.get_arguments().map(|option| format!("--{}", option.get_long().unwrap())).collect();
    let variables: Vec<_> = command.get_arguments().filter_map(|option| option.get_env()?.to_str()).collect();
    let mut named = 0;
    for path in ["deploy/Dockerfile", "deploy/kubernetes.yaml", "deploy/rivulet-proxy.toml", "docs/operating.md"] {
        for variable in words(&read(path), "RIVULET_PROXY_") {
            assert!(variables.contains(&variable), "{variable} in {path}");
            named += 1;
        }
    }
    for path in ["deploy/rivulet-proxy.service", "docs/operating.md"] {
        for flag in words(&read(path), "--") {
            assert!(flags.iter().any(|known| known == flag) || flag == "--base64url", "{flag} in {path}");
            named += 1;
        }
    }
    assert!(named > 15, "{named} were found");
}

#[test]
fn the_configuration_that_is_handed_out_can_be_used() {
    let path = top().join("deploy/rivulet-proxy.toml");
    let arguments = ["rivulet-proxy".into(), "--config".into(), path.into_os_string()];
    let configuration = Configuration::read(arguments).unwrap();
    configuration.options.settings().unwrap();
    assert_eq!(configuration.describe().matches("# file").count(), 8, "{}", configuration.describe());
}

#[test]
fn paths_and_times_that_are_deployed_fit_the_program() {
    let (kubernetes, unit) = (read("deploy/kubernetes.yaml"), read("deploy/rivulet-proxy.service"));
    let routes = include_str!("routes.rs");
    let probes: Vec<_> = kubernetes.split("path: ").skip(1).map(|rest| rest.split(',').next().unwrap()).collect();
    assert_eq!(probes, ["/healthz", "/readyz"]);
    assert!(probes.iter().all(|path| routes.contains(&format!(".route(\"{path}\""))));
    let number = |text: &str, name: &str| -> u64 {
        let rest = text.split(name).nth(1).unwrap_or_else(|| panic!("{name} is missing"));
        let digits = rest.trim_start_matches([':', '=', ' ', '"']);
        digits[..digits.find(|character: char| !character.is_ascii_digit()).unwrap()].parse().unwrap()
    };
    let pods = number(&kubernetes, "_DRAIN_DELAY") + number(&kubernetes, "_DRAIN_DEADLINE");
    assert!(number(&kubernetes, "terminationGracePeriodSeconds") > pods);
    let file = read("deploy/rivulet-proxy.toml");
    assert!(number(&unit, "TimeoutStopSec") > number(&file, "drain-delay") + number(&file, "drain-deadline"));
}
