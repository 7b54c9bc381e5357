//! The isobar command: scan, port, gateway, verify, migrate.

use std::process::ExitCode;

fn main() -> ExitCode {
    isobar_cli::main()
}
