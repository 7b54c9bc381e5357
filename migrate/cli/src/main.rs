//! The isobar command: scan, port, gateway, verify, migrate.

fn main() {}
