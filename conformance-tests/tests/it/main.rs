//! Every case on the local provider, every topic on AWS's emulators, every sabotage: a test each.

mod counterpart;
mod telemetry;

use std::sync::Arc;

use isobar_conformance::door::deployed::woken_by_eventbridge;
use isobar_conformance::harness::{aws_deployed, aws_doors, aws_topics, contract};
use isobar_conformance::sabotage::{self, Sabotage};
use isobar_conformance::{
    Case, Outcome, Provider, Settings, Topic, catalogue, harness, probe, run,
};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> isobar::Result<()> {
    // This very program is the probe behind the doors.
    if !probe::requested()? {
        tests();
    }
    Ok(())
}

fn tests() {
    let arguments = Arguments::from_args();
    let local = catalogue().into_iter().map(|case| {
        let name = format!("local::{}::{}", case.topic, case.id);
        Trial::test(name, move || on_provider("local", &[case]))
    });
    // One emulator serves a whole topic.
    let aws = Topic::ALL.into_iter().map(|topic| {
        let cases: Vec<Case> = catalogue()
            .into_iter()
            .filter(|case| case.topic == topic)
            .collect();
        Trial::test(format!("aws::{topic}"), move || on_provider("aws", &cases))
    });
    let url = [Topic::Gateway, Topic::Function].into_iter().map(|topic| {
        let cases = catalogue().into_iter().filter(|case| case.topic == topic);
        let cases: Vec<Case> = cases.collect();
        Trial::test(format!("aws-url::{topic}"), move || {
            on_provider("aws-url", &cases)
        })
    });
    let contracts = contract::NAMES.into_iter().chain(aws_doors::NAMES);
    let contracts = contracts.chain(aws_deployed::NAMES);
    let contracts = contracts.map(|name| {
        let about = [Topic::Gateway, Topic::Function];
        let cases = catalogue()
            .into_iter()
            .filter(move |case| about.contains(&case.topic));
        let cases: Vec<Case> = cases.collect();
        Trial::test(format!("{name}::gateway_and_function"), move || {
            on_provider(name, &cases)
        })
    });
    let direct = Trial::test("aws-deployed::eventbridge_wakes_it_itself", || {
        let runtime = tokio::runtime::Runtime::new()?;
        let woken = runtime.block_on(woken_by_eventbridge());
        woken.map_err(|failure| Failed::from(failure.to_string()))
    });
    let sabotages = sabotage::all().into_iter().map(|sabotage| {
        let name = format!("self_test::{}", sabotage.name.replace(' ', "_"));
        Trial::test(name, move || is_caught(sabotage))
    });
    let trials = local
        .chain(aws)
        .chain(url)
        .chain(contracts)
        .chain(topics())
        .chain([direct])
        .chain(sabotages)
        .chain(counterpart::trials())
        .chain(telemetry::trials())
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// The providers that have topics and no doors.
fn topics() -> impl Iterator<Item = Trial> {
    let names = aws_topics::NAMES.into_iter().chain(["azure-queue"]);
    names.map(|name| {
        let cases = catalogue().into_iter();
        let cases: Vec<Case> = cases.filter(|case| case.topic == Topic::Publish).collect();
        Trial::test(format!("{name}::publish"), move || {
            on_provider(name, &cases)
        })
    })
}

fn settings() -> Arc<Settings> {
    Arc::new(Settings {
        seed: 20_261_121,
        race_width: 16,
        prefix: format!("t{:x}", std::process::id()),
    })
}

/// No case may fail; an emulator that is not installed fails all, and says how to install it.
fn on_provider(name: &str, cases: &[Case]) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let provider = harness::start(name, &harness::Options::default()).await?;
        all_pass(provider, cases).await
    })
}

async fn all_pass(provider: Provider, cases: &[Case]) -> Result<(), Failed> {
    let results = run(&Arc::new(provider), &settings(), cases, |_, _| {}).await;
    let bad = results
        .iter()
        .filter(|result| result.outcome == Outcome::Failed)
        .map(|result| format!("{}: {}", result.case, result.detail));
    let bad: Vec<String> = bad.collect();
    if bad.is_empty() {
        Ok(())
    } else {
        Err(bad.join("\n").into())
    }
}

fn is_caught(sabotage: Sabotage) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    let catch = runtime.block_on(sabotage::attempt(sabotage, &settings()))?;
    match catch.cases.as_slice() {
        [case] if *case == sabotage.case => Ok(()),
        [] => Err("no case notices".into()),
        others => {
            let (expected, others) = (sabotage.case, others.join(", "));
            Err(format!("{expected} does not notice, only {others}").into())
        }
    }
}
