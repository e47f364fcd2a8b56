//! The proxy's program: options, logs, and the server.

use std::io::{self, Write};
use std::process::ExitCode;

use mimalloc::MiMalloc;
use proxy::shell::{Configuration, check, run, start_log};

/// A request takes and gives back memory some two hundred times, often on another thread: that of
/// the system takes several times as long.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let configuration = match Configuration::read(std::env::args_os()) {
        Ok(configuration) => configuration,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let options = &configuration.options;
    start_log(options.log_format, options.log_level);
    let outcome = if options.check_config {
        // Nobody to read it is no reason to fail.
        let _ = io::stdout().write_all(configuration.describe().as_bytes());
        check(options)
    } else {
        run(options).await
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
