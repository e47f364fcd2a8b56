use clap::ValueEnum;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text for people.
    Text,
}

/// Writes what the proxy itself says to the standard output. What the libraries below it would say
/// is left out at any level: it names hosts and headers, and so people and their tokens.
pub fn start_log(format: LogFormat, level: LevelFilter) {
    let lines = match format {
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_target(false).with_span_list(false).boxed(),
        LogFormat::Text => fmt::layer().with_target(false).with_ansi(false).boxed(),
    };
    registry().with(lines).with(Targets::new().with_targets([("proxy", level), ("rivulet_proxy", level)])).init();
}
