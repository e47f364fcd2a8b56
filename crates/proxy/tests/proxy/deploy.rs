//! The files that run the proxy elsewhere, as far as they can be held against it here.

use std::path::Path;

use proxy::shell::{Configuration, Options};

const TOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const UNIT: &str = include_str!("../../../../deploy/rivulet-proxy.service");
const DOCKERFILE: &str = include_str!("../../../../deploy/Dockerfile");
const MANIFESTS: &str = include_str!("../../../../deploy/kubernetes.yaml");

/// What the program makes of these arguments.
fn options(arguments: impl IntoIterator<Item = String>) -> Options {
    let arguments = ["rivulet-proxy".to_owned()].into_iter().chain(arguments);
    Configuration::read(arguments.map(Into::into)).unwrap().options
}

/// The flag that is as good as a variable of the environment.
fn flag((variable, value): (&str, &str)) -> String {
    let name = variable.strip_prefix("RIVULET_PROXY_").unwrap().to_lowercase().replace('_', "-");
    format!("--{name}={}", value.trim_matches('"'))
}

/// The number behind a name that comes once.
fn number(text: &str, name: &str) -> u64 {
    let [line] = text.lines().filter_map(|line| line.trim().strip_prefix(name)).collect::<Vec<_>>()[..] else {
        panic!("{name} does not stand there once");
    };
    line.parse().unwrap()
}

#[test]
fn the_unit_gives_the_configured_program_time_to_stop() {
    let file = format!("{TOP}/deploy/rivulet-proxy.toml");
    let options = options(["--config".to_owned(), file]);
    options.settings().unwrap();
    assert!(UNIT.contains("ExecStart=/usr/local/bin/rivulet-proxy --config /etc/rivulet-proxy.toml\n"));
    assert!(number(UNIT, "TimeoutStopSec=") > options.drain_delay + options.drain_deadline);
}

#[test]
fn the_manifests_name_options_and_give_time_to_stop() {
    let variables = MANIFESTS.lines().map(str::trim).filter(|line| line.starts_with("RIVULET_PROXY_"));
    let options = options(variables.map(|line| flag(line.split_once(": ").unwrap())));
    options.settings().unwrap();
    assert!(number(MANIFESTS, "terminationGracePeriodSeconds: ") > options.drain_delay + options.drain_deadline);
    assert!(MANIFESTS.contains(&format!("containerPort: {} ", options.listen.port())));
    assert!(MANIFESTS.contains(&format!("containerPort: {} ", options.metrics_listen.unwrap().port())));
}

#[test]
fn the_image_is_built_with_our_compiler_of_files_that_are_there() {
    let variables = DOCKERFILE.split_whitespace().filter(|word| word.starts_with("RIVULET_PROXY_"));
    let options = options(variables.map(|word| flag(word.split_once('=').unwrap())));
    assert!(DOCKERFILE.contains(&format!("EXPOSE {}\n", options.listen.port())));
    assert!(DOCKERFILE.contains(&format!("FROM rust:{}-", env!("CARGO_PKG_RUST_VERSION"))));
    let copied =
        DOCKERFILE.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--"));
    for line in copied {
        let (sources, _) = line.rsplit_once(' ').unwrap();
        for source in sources.split(' ') {
            assert!(Path::new(TOP).join(source).exists(), "{source}");
        }
    }
}
