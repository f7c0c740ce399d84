//! Messages, on standard error, where the service manager collects them.
//!
//! Types that hold secrets redact them in `Debug`; nothing logs headers or bodies.

use std::io::IsTerminal;

use shifter_gateway_types::config::LogLevel;
use tracing_subscriber::filter::LevelFilter;

/// Begins logging.
pub(crate) fn start(level: LogLevel) {
    let level = match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error | LogLevel::Critical => LevelFilter::ERROR,
    };
    let ours = tracing_subscriber::EnvFilter::new(format!("warn,shifter_imagegw={level}"));
    tracing_subscriber::fmt()
        .with_env_filter(ours)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_writer(std::io::stderr)
        .init();
}
