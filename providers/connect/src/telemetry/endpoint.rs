//! Where spans are to go.

use crate::config::Config;

/// The URL that gets them as it is.
const OF_TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
/// The one below which each signal has its path.
const OF_ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// The URL for spans; `None` where the standard variables ask for nothing.
///
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>
pub(super) fn of(config: &Config) -> Option<String> {
    let is_off = config
        .get("OTEL_SDK_DISABLED")
        .is_some_and(|told| told.eq_ignore_ascii_case("true"));
    let exporter = config.get("OTEL_TRACES_EXPORTER");
    if is_off || exporter.is_some_and(|exporter| exporter == "none") {
        return None;
    }
    config.get(OF_TRACES).or_else(|| {
        let base = config.get(OF_ALL)?;
        Some(format!("{}/v1/traces", base.trim_end_matches('/')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(set: &'static [(&'static str, &'static str)], expected: Option<&str>) {
        let found = |name: &str| set.iter().find(|(own, _)| *own == name);
        let variable = move |name: &str| found(name).map(|(_, value)| (*value).to_owned());
        let description = isobar::App::new("endpoint", |_| Ok(())).describe();
        let endpoint = of(&Config::new(variable, &description));
        assert_eq!(endpoint.as_deref(), expected, "{set:?}");
    }

    #[test]
    fn the_variables_of_the_standard_are_followed() {
        check(&[], None);
        check(&[(OF_ALL, "http://a:1/")], Some("http://a:1/v1/traces"));
        check(&[(OF_TRACES, "http://a:1/x")], Some("http://a:1/x"));
        check(
            &[(OF_ALL, "http://a"), (OF_TRACES, "http://b")],
            Some("http://b"),
        );
        check(&[(OF_ALL, "http://a"), ("OTEL_SDK_DISABLED", "True")], None);
        check(
            &[(OF_TRACES, "http://a"), ("OTEL_TRACES_EXPORTER", "none")],
            None,
        );
        check(
            &[(OF_ALL, "http://a"), ("OTEL_SDK_DISABLED", "1")],
            Some("http://a/v1/traces"),
        );
    }
}
