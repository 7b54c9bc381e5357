//! The isobar command: scan, port, gateway, verify, migrate, export, package, local.

use std::process::ExitCode;

fn main() -> ExitCode {
    isobar_cli::main()
}
