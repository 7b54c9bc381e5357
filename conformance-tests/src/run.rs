//! Runs cases against a provider and gives each its outcome.

use std::any::Any;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use isobar::Capability;

use crate::{Case, CaseResult, Context, Failure, Outcome, Provider, Settings};

/// How long a case may take; races against a slow emulator are the longest.
const TIME_LIMIT: Duration = Duration::from_mins(2);
/// How many cases run at once.
const AT_ONCE: usize = 4;

/// Runs `cases` against `provider`; results are in the order of the cases, `on_result` hears them
/// as they come.
pub async fn run(
    provider: &Arc<Provider>,
    settings: &Arc<Settings>,
    cases: &[Case],
    mut on_result: impl FnMut(&Case, &CaseResult),
) -> Vec<CaseResult> {
    let mut results = Vec::with_capacity(cases.len());
    let (alone, together): (Vec<_>, Vec<_>) =
        (cases.iter().copied().enumerate()).partition(|(_, case)| case.alone);
    for (cases, at_once) in [(alone, 1), (together, AT_ONCE)] {
        let running = stream::iter(cases).map(|(index, case)| async move {
            (index, case, run_one(provider, settings, case).await)
        });
        let mut running = pin!(running.buffer_unordered(at_once));
        while let Some((index, case, result)) = running.next().await {
            on_result(&case, &result);
            results.push((index, result));
        }
    }
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

async fn run_one(provider: &Arc<Provider>, settings: &Arc<Settings>, case: Case) -> CaseResult {
    let (outcome, detail) = match provider.capabilities(case.topic) {
        None => (Outcome::NotRun, provider.lacks(case.topic)),
        Some(declared) => {
            let context = Context::new(Arc::clone(provider), Arc::clone(settings), &case);
            let missing = case.needs.iter().filter(|needed| !declared.has(**needed));
            let missing: Vec<_> = missing.copied().collect();
            let ended = attempt(&case, context).await;
            let broke_off = ended.as_ref().is_err_and(Failure::is_broken_off);
            let (outcome, detail) = verdict(ended, &missing);
            match provider.waiver(case.id) {
                // Whatever stands behind the provider, a case ends by itself.
                Some(waiver) if !broke_off => waiver.judge(outcome, detail),
                _ => (outcome, detail),
            }
        }
    };
    CaseResult {
        case: case.id,
        provider: provider.name,
        outcome,
        evidence: provider.evidence(case.topic),
        detail,
    }
}

async fn attempt(case: &Case, context: Context) -> Result<(), Failure> {
    let mut task = tokio::spawn((case.body)(context));
    match tokio::time::timeout(TIME_LIMIT, &mut task).await {
        Ok(Ok(result)) => result,
        Ok(Err(stopped)) => Err(Failure::broken_off(panic_message(stopped))),
        Err(_) => {
            task.abort();
            let seconds = TIME_LIMIT.as_secs();
            Err(Failure::broken_off(format!(
                "did not end within {seconds} s"
            )))
        }
    }
}

/// A case that needs several capabilities may be refused for any that is missing.
fn verdict(ended: Result<(), Failure>, missing: &[Capability]) -> (Outcome, String) {
    match (ended, missing) {
        (Ok(()), []) => (Outcome::Supported, String::new()),
        (Err(failure), []) if failure.is_unverified() => {
            (Outcome::NotVerified, failure.message().to_owned())
        }
        (Err(failure), []) => (Outcome::Failed, failure.to_string()),
        (Ok(()), [missing, ..]) => (
            Outcome::Failed,
            format!("{missing} is not declared and yet it works"),
        ),
        (Err(failure), [first, ..])
            if failure
                .missing_capability()
                .is_some_and(|refused| missing.contains(&refused)) =>
        {
            (Outcome::RefusedAsDeclared, format!("needs {first}"))
        }
        (Err(failure), [missing, ..]) => (
            Outcome::Failed,
            format!("{missing} is not declared and must be refused: {failure}"),
        ),
    }
}

fn panic_message(stopped: tokio::task::JoinError) -> String {
    if !stopped.is_panic() {
        return "was cancelled".to_owned();
    }
    let payload: Box<dyn Any + Send> = stopped.into_panic();
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.as_deref().unwrap_or("no message"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::fn_agent::FnDoors;
    use crate::{Evidence, Waiver};

    const WAIVED: &[Waiver] = &[Waiver::fails(
        "G-200",
        "the path is /b",
        "the router writes paths anew",
    )];

    async fn check(body: fn(Context) -> crate::CaseFuture, expected: Outcome) {
        let provider = Provider {
            doors: Some(Arc::new(FnDoors)),
            known_faults: WAIVED,
            ..Provider::new("waived", Evidence::ContractOnly)
        };
        let settings = Settings {
            seed: 1,
            race_width: 1,
            prefix: "waived".to_owned(),
        };
        let case = Case::gateway("G-200", "paths are seen as they were sent", "N1", body);
        let results = run(&Arc::new(provider), &Arc::new(settings), &[case], |_, _| {}).await;
        assert_eq!(results[0].outcome, expected, "{:?}", results[0]);
    }

    fn fails(message: &'static str) -> crate::CaseFuture {
        Box::pin(std::future::ready(Err(Failure::new(message))))
    }

    #[tokio::test]
    async fn a_failure_that_its_waiver_does_not_name_is_one_of_the_run() {
        check(|_| fails("the path is /b"), Outcome::NotVerified).await;
        check(|_| fails("the path is /c"), Outcome::Failed).await;
        check(|_| Box::pin(async { Ok(()) }), Outcome::Failed).await;
    }
}
