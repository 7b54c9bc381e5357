//! Target triples of Rust that platforms run.

use std::str::FromStr;

use isobar_deploy::Architecture;

/// A triple, such as `aarch64-unknown-linux-musl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triple {
    /// As it was written, and as cargo calls the directory of its builds.
    pub name: String,
    /// What it is built for.
    pub architecture: Architecture,
}

impl FromStr for Triple {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = [Architecture::X86_64, Architecture::Arm64];
        let machine = name.split('-').next().unwrap_or_default();
        let architecture = all.into_iter().find(|known| known.triple() == machine);
        match architecture {
            Some(architecture) if name.contains("-linux-") => Ok(Self {
                name: name.to_owned(),
                architecture,
            }),
            _ => Err("platforms run triples of x86_64 and aarch64 with Linux only".to_owned()),
        }
    }
}
