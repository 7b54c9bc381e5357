//! Spans reach a collector that others wrote, no collector delays an answer beyond its bound, and levels of logs change.

mod activations;
mod application;
mod collectors;
mod runtime_api;

use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};

use application::{Application, Response, TRACE};
use collectors::{Encrypted, Rotel, Silent, absent, failing};
use runtime_api::{Caller, RuntimeApi};

/// The bound, and what a busy machine takes for all the rest.
const BOUND: Duration = Duration::from_millis(500 + 700);
const QUICK: Duration = Duration::from_millis(450);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "spans_of_function_compute_are_told_before_its_answer",
            || frozen(Application::function_compute),
        ),
        trial("spans_of_cloud_run_are_told_before_its_answer", || {
            frozen(Application::cloud_run)
        }),
        trial(
            "spans_of_an_scf_web_function_are_told_before_its_answer",
            || frozen(Application::scf),
        ),
        trial("spans_of_openwhisk_are_told_before_its_result", || {
            invoked(activations::openwhisk)
        }),
        trial("spans_of_fn_are_told_before_its_answer", || {
            invoked(activations::of_fn)
        }),
        trial(
            "spans_of_an_scf_event_function_are_told_before_its_answer",
            || invoked(activations::scf),
        ),
        trial("spans_of_a_server_are_told_when_it_ends", || {
            server(Application::knative)
        }),
        trial("spans_of_azure_functions_are_told_when_they_end", || {
            server(Application::azure_functions)
        }),
        trial(
            "spans_are_told_by_tls_to_whom_a_private_authority_vouches_for",
            encrypted,
        ),
        trial(
            "a_collector_nobody_vouches_for_is_told_nothing_and_the_log_says_why",
            untrusted,
        ),
        trial("spans_of_lambda_are_told_before_the_next_event", || {
            lambda(Caller::Client)
        }),
        trial(
            "spans_of_lambda_are_told_where_its_own_tracing_is_off",
            || lambda(Caller::InactiveXRay),
        ),
        trial(
            "a_silent_collector_delays_one_answer_within_the_bound",
            silent,
        ),
        trial(
            "a_silent_collector_delays_no_answer_of_lambda",
            silent_on_lambda,
        ),
        trial(
            "a_collector_that_fails_or_is_absent_delays_nothing",
            useless,
        ),
        trial("levels_change_at_a_signal", levels),
        trial("a_panic_is_logged_in_one_line_with_its_trace", panic),
        trial("an_application_goes_on_that_nobody_hears", unheard),
    ]
}

fn trial(name: &str, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::test(format!("telemetry::{name}"), test)
}

fn that(holds: bool, otherwise: &str) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

/// The id of the span that answered.
fn span_of(response: &Response) -> Result<String, Failed> {
    that(
        response.status == 200,
        &format!("answered {}", response.status),
    )?;
    let told = response.field("traceresponse").unwrap_or_default();
    let span = told.split('-').nth(2).unwrap_or_default().to_owned();
    that(
        told.contains(TRACE) && span.len() == 16,
        &format!("told {told:?}"),
    )?;
    Ok(span)
}

/// An application that exports to the collector at a URL.
type Start = fn(&str) -> Result<Application, Failed>;

fn frozen(start: Start) -> Result<(), Failed> {
    let rotel = Rotel::start()?;
    let application = start(&rotel.url)?;
    let response = application.log("frozen")?;
    // What is told later than that is told too late.
    application.signal("-STOP")?;
    let span = span_of(&response)?;
    rotel.has_span(&span)?;
    rotel.has(&["faas.invocation_id", "SPAN_KIND_SERVER"])
}

/// The same where a request comes within an invocation, whose answer tells the response.
fn invoked(answer: fn(&str) -> Result<(Application, String), Failed>) -> Result<(), Failed> {
    let rotel = Rotel::start()?;
    let (application, answer) = answer(&rotel.url)?;
    application.signal("-STOP")?;
    let told = answer.split(TRACE).nth(1).unwrap_or_default();
    let span = told.split('-').nth(1).unwrap_or_default();
    that(span.len() == 16, &format!("the answer is {answer}"))?;
    rotel.has_span(span)
}

fn server(start: Start) -> Result<(), Failed> {
    let rotel = Rotel::start()?;
    let mut application = start(&rotel.url)?;
    let span = span_of(&application.log("server")?)?;
    application.terminate()?;
    rotel.has_span(&span)
}

fn encrypted() -> Result<(), Failed> {
    let rotel = Rotel::start()?;
    let collector = Encrypted::before(&rotel)?;
    let application = Application::trusting(&collector.authority(), &collector.url)?;
    let span = span_of(&application.log("encrypted")?)?;
    rotel.has_span(&span)
}

fn untrusted() -> Result<(), Failed> {
    let rotel = Rotel::start()?;
    let (collector, other) = (Encrypted::before(&rotel)?, Encrypted::before(&rotel)?);
    let application = Application::trusting(&other.authority(), &collector.url)?;
    let span = span_of(&application.log("untrusted")?)?;
    let lines = logged(&application, "spans are lost")?;
    that(
        lines.contains("certificate"),
        &format!("this is logged: {lines}"),
    )?;
    that(!rotel.has_now(&span)?, "the span has arrived")
}

fn lambda(caller: Caller) -> Result<(), Failed> {
    let rotel = Rotel::start()?;
    let api = RuntimeApi::start(caller)?;
    let application = Application::lambda(&rotel.url, api.address)?;
    let invoked = api.invoked()?;
    application.signal("-STOP")?;
    that(
        invoked.answer.contains("\"statusCode\":200"),
        &invoked.answer,
    )?;
    rotel.has(&[
        TRACE,
        "SPAN_KIND_SERVER",
        "Parent ID      : b7ad6b7169203331",
    ])
}

fn silent() -> Result<(), Failed> {
    let collector = Silent::start()?;
    let application = Application::function_compute(&collector.url)?;
    let (first, _) = timed(&application)?;
    let waited = first >= Duration::from_millis(400);
    that(
        waited && first < BOUND,
        &format!("the first answer took {first:?}"),
    )?;
    let (second, _) = timed(&application)?;
    that(
        second < QUICK,
        &format!("the second answer took {second:?}"),
    )
}

fn silent_on_lambda() -> Result<(), Failed> {
    let collector = Silent::start()?;
    let api = RuntimeApi::start(Caller::Client)?;
    let _application = Application::lambda(&collector.url, api.address)?;
    let invoked = api.invoked()?;
    that(
        invoked.answer.contains("\"statusCode\":200"),
        &invoked.answer,
    )?;
    let after = invoked.asked_again;
    let waited = after >= Duration::from_millis(400) && after < BOUND;
    that(
        waited,
        &format!("the next event was asked for {after:?} after the answer"),
    )
}

fn useless() -> Result<(), Failed> {
    for url in [absent()?, failing()?] {
        let application = Application::function_compute(&url)?;
        for _ in 0..2 {
            let (took, response) = timed(&application)?;
            that(
                response.status == 200,
                &format!("answered {}", response.status),
            )?;
            that(
                took < QUICK,
                &format!("with {url} the answer took {took:?}"),
            )?;
        }
    }
    Ok(())
}

fn timed(application: &Application) -> Result<(Duration, Response), Failed> {
    let begin = Instant::now();
    let response = application.log("timed")?;
    Ok((begin.elapsed(), response))
}

fn levels() -> Result<(), Failed> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), "error\n")?;
    let application = Application::with_levels(file.path())?;
    application.log("before")?;
    std::fs::write(file.path(), "error,probe=warn,isobar=info\n")?;
    application.signal("-HUP")?;
    logged(&application, "what is logged has changed")?;
    application.log("after")?;
    let lines = logged(&application, "of\\\" after")?;
    let is_quiet = !lines.contains("before") && !lines.contains("of after");
    that(is_quiet, &format!("this is logged: {lines}"))?;
    std::fs::write(file.path(), "a=b=c\n")?;
    application.signal("-HUP")?;
    logged(&application, "has no effect")?;
    application.log("later")?;
    logged(&application, "of\\\" later").map(drop)
}

fn panic() -> Result<(), Failed> {
    let application = Application::knative("")?;
    let response = application.get("/panic")?;
    that(response.status == 500, "a panic is no 500")?;
    let lines = logged(&application, "a handler panicked")?;
    let mut count = 0;
    for line in lines.lines() {
        let told: serde_json::Value =
            serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
        if line.contains("panicked: ") {
            that(told["trace_id"] == TRACE, line)?;
            count += 1;
        }
    }
    // The hook's with the place, and the answer's.
    that(count == 2, &format!("this is logged: {lines}"))
}

/// All that it has logged, once this is there.
fn logged(application: &Application, text: &str) -> Result<String, Failed> {
    let begin = Instant::now();
    loop {
        let lines = application.logged()?;
        if lines.contains(text) {
            return Ok(lines);
        }
        if begin.elapsed() > Duration::from_secs(5) {
            return Err(format!("there is no {text:?} in {lines}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn unheard() -> Result<(), Failed> {
    let application = Application::unheard()?;
    for _ in 0..3 {
        let response = application.log("unheard")?;
        that(
            response.status == 200,
            &format!("answered {}", response.status),
        )?;
    }
    Ok(())
}
