//! The limits of routes: what the platform can keep of them, and what is left to the application.
//!
//! The application keeps them in each of its instances (`MethodRoutes::rate` and `max_concurrent`). A
//! platform that is told of them too keeps a rate for all instances together, or has no instance be given
//! more requests at once than it could serve.

use crate::application::{Application, Route};
use crate::environment::waits_for_events;
use crate::target::Target;

/// How many requests an instance can serve at once, where each of its routes has a limit: whatever is
/// more would be refused, and another instance might serve it.
///
/// Nothing where events are requests as well, which have no limit.
pub(crate) fn at_once(application: &Application) -> Option<u64> {
    (!waits_for_events(application)).then(|| requests_at_once(application))?
}

/// The same of requests alone, for platforms that count nothing else.
pub(crate) fn requests_at_once(application: &Application) -> Option<u64> {
    let limits = application.routes.iter().map(|route| route.max_concurrent);
    let limits: Vec<u64> = limits.collect::<Option<_>>()?;
    let sum = limits.into_iter().fold(0, u64::saturating_add);
    (sum > 0).then_some(sum)
}

/// What is to be known of the limits that the application keeps alone.
pub(crate) fn notes(target: Target, application: &Application) -> Vec<String> {
    let rates = named(application, |route| route.rate.is_some());
    let at_once = named(application, |route| route.max_concurrent.is_some());
    let rates = rates.filter(|_| !target.is_aws()).map(|routes| {
        let quotas = match target {
            Target::Gcp => {
                ", and quotas of API Gateway count for each caller's project, by the minute and its API key"
            }
            _ => "",
        };
        format!(
            "the rate of {routes} counts in each instance of the application: nothing in these files counts for all of \
             them{quotas}"
        )
    });
    let at_once = at_once.and_then(|routes| match kept_at_once(target, application) {
        AtOnce::Told => None,
        AtOnce::One => Some(format!(
            "max_concurrent of {routes} refuses nothing: an instance has one request at a time as these files deploy it"
        )),
        AtOnce::Untold => Some(format!(
            "max_concurrent of {routes} is kept by the application alone: the platform knows one number for all that an \
             instance is given, and other routes or events have no limit"
        )),
    });
    rates.into_iter().chain(at_once).collect()
}

/// What a platform makes of the numbers of requests at once.
enum AtOnce {
    /// It is told what an instance can serve.
    Told,
    /// An instance is given one.
    One,
    /// It is told nothing.
    Untold,
}

fn kept_at_once(target: Target, application: &Application) -> AtOnce {
    let told = match target {
        Target::Aws | Target::AwsServerless | Target::Tencent | Target::OpenWhisk | Target::Fn => {
            return AtOnce::One;
        }
        Target::Azure => requests_at_once(application),
        Target::Gcp | Target::Knative | Target::OpenFaas | Target::Alibaba => at_once(application),
    };
    told.map_or(AtOnce::Untold, |_| AtOnce::Told)
}

/// The routes of which this is so, as `GET /files/{*path}`.
fn named(application: &Application, is: fn(&Route) -> bool) -> Option<String> {
    let routes = application.routes.iter().filter(|route| is(route));
    let shown = routes.map(|route| format!("{} {}", route.methods.join(", "), route.path));
    let shown: Vec<String> = shown.collect();
    (!shown.is_empty()).then(|| shown.join("; "))
}
