//! A constant JSON document over HTTP, one core: Isobar, bare axum, Express 4.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::server::{Server, express_package, peer};
use crate::{Load, report, wrk};

struct Program {
    name: &'static str,
    command: OsString,
    arguments: Vec<OsString>,
    best: f64,
}

pub(crate) fn compare(load: &Load) -> Result<()> {
    let mut programs = [
        binary("isobar", "hello_isobar")?,
        binary("axum", "hello_axum")?,
        express(&load.express)?,
    ];
    for round in 1..=load.rounds {
        for program in &mut programs {
            report::progress(&format!(
                "round {round} of {}: {}",
                load.rounds, program.name
            ));
            let server = Server::start(&program.command, &program.arguments)?;
            program.best = program.best.max(wrk::throughput(&server.url, load.span())?);
        }
    }
    let [isobar, axum, express] = programs.map(|program| {
        report::measured(program.name, "requests/s", program.best);
        program.best
    });
    report::ratio("hello_throughput_isobar_over_axum", isobar / axum);
    report::ratio("hello_throughput_isobar_over_express4", isobar / express);
    Ok(())
}

fn binary(name: &'static str, file: &str) -> Result<Program> {
    let command = Server::beside(file)?.into_os_string();
    Ok(Program {
        name,
        command,
        arguments: Vec::new(),
        best: 0.0,
    })
}

fn express(folder: &Path) -> Result<Program> {
    let (root, script) = (express_package(folder)?, peer("hello.js")?);
    Ok(Program {
        name: "express4",
        command: "node".into(),
        arguments: vec![script.into(), root.into(), "express4".into()],
        best: 0.0,
    })
}
