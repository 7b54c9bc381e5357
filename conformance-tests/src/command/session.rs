//! One run of the program, from the arguments to the verdict.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use super::args::{Args, Command};
use super::progress::{Progress, print, say};
use super::{Program, app, diff, self_test};
use crate::harness::{self, StartFailure};
use crate::report::manifest::ProviderManifest;
use crate::report::{Manifest, Report, json, junit, markdown, record, table};
use crate::{
    Case, CaseResult, Evidence, Outcome, Provider, Settings, Waiver, catalogue, run as run_cases,
};

/// Whether the run was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
}

impl Verdict {
    pub(crate) fn good_if(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Good => Self::SUCCESS,
            Verdict::Bad => Self::FAILURE,
        }
    }
}

pub(crate) async fn run(program: &Program, args: &Args) -> Result<Verdict> {
    match &args.command {
        Some(Command::Diff { before, after }) => return diff::run(before, after),
        Some(Command::App(args)) => return app::run(args).await,
        None => {}
    }
    let cases = args.cases()?;
    if args.list {
        cases.iter().for_each(list);
        return Ok(Verdict::Good);
    }
    let settings = Arc::new(settings(args));
    if args.self_test {
        return self_test::run(program, args, settings).await;
    }
    let providers = args.providers(program)?;
    let manifest = Manifest::new(std::env::args().collect(), &settings, program.lock);
    let mut report = Report {
        manifest,
        cases,
        results: Vec::new(),
    };
    for provider in providers {
        run_provider(program, (provider, args), &settings, &mut report).await?;
    }
    write_reports(args, &report)?;
    let failed = report.count(Outcome::Failed) > 0;
    let left_out = args.strict && report.count(Outcome::NotRun) > 0;
    Ok(Verdict::good_if(!failed && !left_out))
}

fn list(case: &Case) {
    let needs: Vec<&str> = case.needs.iter().map(|needed| needed.name()).collect();
    let needs = match needs.as_slice() {
        [] => String::new(),
        some => format!(" [{}]", some.join(", ")),
    };
    let (id, topic, rules, title) = (case.id, case.topic.name(), case.rules, case.title);
    print(&format!("{id:<7}{topic:<10}{rules:<8}{title}{needs}\n"));
}

/// Names of tables and buckets differ from run to run, so that an old run's leftovers in a real
/// account cannot be met.
fn settings(args: &Args) -> Settings {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.unwrap_or_default().as_secs();
    Settings {
        seed: args.seed,
        race_width: args.race_width.max(2),
        prefix: format!("c{:07x}", seconds & 0xfff_ffff),
    }
}

async fn run_provider(
    program: &Program,
    (name, args): (&'static str, &Args),
    settings: &Arc<Settings>,
    report: &mut Report,
) -> Result<()> {
    let options = harness::Options {
        endpoint: args.endpoint.clone(),
    };
    let provider = match start(program, name, &options).await {
        Ok(provider) => Arc::new(provider),
        Err(StartFailure::Missing(why)) => {
            say(&format!("{name}: not run: {why}"));
            let not_run = report.cases.iter().map(|case| CaseResult {
                case: case.id,
                provider: name,
                outcome: Outcome::NotRun,
                evidence: Evidence::ContractOnly,
                detail: why.clone(),
            });
            report.results.extend(not_run);
            report
                .manifest
                .providers
                .push(ProviderManifest::missing(name, why));
            return Ok(());
        }
        Err(broken) => return Err(broken).with_context(|| format!("cannot start {name}")),
    };
    let cases = catalogue();
    let is_case = |waiver: &Waiver| cases.iter().any(|case| case.id == waiver.case);
    if let Some(waiver) = provider.known_faults.iter().find(|waiver| !is_case(waiver)) {
        bail!("{name} has a waiver of {}, which is no case", waiver.case);
    }
    report
        .manifest
        .providers
        .push(ProviderManifest::of(&provider));
    let mut progress = Progress::start(name, (report.cases.len(), settings.race_width));
    let results = run_cases(&provider, settings, &report.cases, |case, result| {
        progress.step(case, result);
    });
    report.results.extend(results.await);
    Ok(())
}

async fn start(
    program: &Program,
    name: &str,
    options: &harness::Options,
) -> Result<Provider, StartFailure> {
    match program.others.iter().find(|other| other.name == name) {
        Some(other) => (other.start)(options.clone()).await,
        None => harness::start(name, options).await,
    }
}

fn write_reports(args: &Args, report: &Report) -> Result<()> {
    let files = [
        (&args.json, json::render(report)),
        (&args.junit, junit::render(report)),
        (&args.markdown, markdown::render(report)),
    ];
    if let Some(directory) = &args.publish {
        let results = record::publish(report).context("cannot write the report")?;
        write_file(&directory.join("conformance.json"), &results)?;
        let page = markdown::render(report);
        write_file(&directory.join("conformance.md"), &page)?;
    }
    let mut standard_output_is_taken = false;
    for (file, text) in files {
        if let Some(file) = file {
            write_file(file, &text)?;
            standard_output_is_taken |= file == Path::new("-");
        }
    }
    if !standard_output_is_taken {
        print(&table::render(report));
    }
    Ok(())
}

/// Writes to the file, or to standard output where it is `-`.
pub(crate) fn write_file(file: &Path, text: &str) -> Result<()> {
    if file == Path::new("-") {
        print(text);
        return Ok(());
    }
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
