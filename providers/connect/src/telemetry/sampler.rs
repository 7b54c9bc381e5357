//! Which traces are recorded.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration>

use crate::config::Config;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// The samplers of `OTEL_TRACES_SAMPLER`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sampler {
    /// Whether the caller decides where there is one.
    follows_parent: bool,
    /// The part of the others that is recorded.
    ratio: f64,
}

impl Sampler {
    /// `parentbased_always_on` unless a variable says otherwise.
    pub(super) fn of(config: &Config) -> Result<Self, String> {
        let asked = config.get(SAMPLER);
        let asked = asked.as_deref().unwrap_or("parentbased_always_on");
        let own = asked.strip_prefix("parentbased_");
        let ratio = match own.unwrap_or(asked) {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => Self::ratio(config)?,
            _ => return Err(format!("{SAMPLER} is {asked:?}, which is not known here")),
        };
        Ok(Self {
            follows_parent: own.is_some(),
            ratio,
        })
    }

    fn ratio(config: &Config) -> Result<f64, String> {
        let told = config.get(ARGUMENT).unwrap_or_else(|| "1".to_owned());
        let ratio = told
            .parse()
            .ok()
            .filter(|ratio| (0.0..=1.0).contains(ratio));
        ratio.ok_or_else(|| format!("{ARGUMENT} is {told:?}, it must be from 0 to 1"))
    }

    /// Every process decides alike about one trace.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "the lower half of an id is compared with a part of its range, to no more digits than a float has"
    )]
    pub(super) fn samples(&self, trace_id: u128, told: Option<bool>) -> bool {
        if let Some(told) = told.filter(|_| self.follows_parent) {
            return told;
        }
        let place = (trace_id as u64 >> 1) as f64;
        self.ratio >= 1.0 || place < self.ratio * (1_u64 << 63) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(set: &'static [(&'static str, &'static str)]) -> Result<Sampler, String> {
        let found = |name: &str| set.iter().find(|(own, _)| *own == name);
        let variable = move |name: &str| found(name).map(|(_, value)| (*value).to_owned());
        let description = isobar::App::new("sampler", |_| Ok(())).describe();
        Sampler::of(&Config::new(variable, &description))
    }

    #[test]
    fn the_caller_decides_unless_told_otherwise() {
        let usual = sampler(&[]).unwrap();
        assert!(usual.samples(1, None) && usual.samples(1, Some(true)));
        assert!(!usual.samples(1, Some(false)));
        let always = sampler(&[(SAMPLER, "always_on")]).unwrap();
        assert!(always.samples(1, Some(false)));
        let never = sampler(&[(SAMPLER, "parentbased_always_off")]).unwrap();
        assert!(!never.samples(1, None) && never.samples(1, Some(true)));
        assert!(sampler(&[(SAMPLER, "jaeger_remote")]).is_err());
    }

    #[test]
    fn a_ratio_takes_its_part_of_the_traces() {
        let tenth = sampler(&[(SAMPLER, "traceidratio"), (ARGUMENT, "0.1")]).unwrap();
        let low = |share: u128| share * (u128::from(u64::MAX) / 100);
        let taken = (0..100).filter(|share| tenth.samples(low(*share), None));
        assert_eq!(taken.count(), 10);
        for wrong in [
            &[(SAMPLER, "traceidratio"), (ARGUMENT, "2")],
            &[(SAMPLER, "traceidratio"), (ARGUMENT, "few")],
        ] {
            assert!(sampler(wrong).is_err());
        }
    }
}
