//! What platforms take: how large a package may be, and which glibc a program finds.

use crate::binary::ProgramFacts;
use crate::error::{Error, ErrorKind, Result};
use crate::target::Target;

const MIB: usize = 1 << 20;

/// The limits of a platform, as far as it publishes them.
pub(crate) struct Limits {
    /// The most bytes of all files together.
    unpacked: Option<usize>,
    /// The most bytes of the archive.
    packed: Option<usize>,
    /// The most bytes of an archive that is sent in a request.
    sent: Option<usize>,
    /// What its system has: the glibc, and what the system is called.
    glibc: Option<((u32, u32), &'static str)>,
}

impl Limits {
    /// Of the runtime that the export names.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>,
    /// <https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html>,
    /// <https://www.tencentcloud.com/document/product/583/11637>,
    /// <https://cloud.tencent.com/document/product/583/56126> (CentOS 7.6).
    pub(crate) fn of(target: Target) -> Self {
        let (unpacked, packed, sent, glibc) = match target {
            Target::Aws | Target::AwsServerless => (
                Some(250 * MIB),
                None,
                Some(50 * MIB),
                Some(((2, 34), "Amazon Linux 2023")),
            ),
            Target::Tencent => (Some(500 * MIB), None, None, Some(((2, 17), "CentOS 7"))),
            Target::Alibaba => (None, Some(500 * MIB), None, Some(((2, 28), "Debian 10"))),
            Target::Azure => (None, None, None, None),
            Target::Gcp | Target::Knative | Target::OpenFaas | Target::OpenWhisk | Target::Fn => {
                (None, None, None, Some(((2, 36), "Debian 12")))
            }
        };
        Self {
            unpacked,
            packed,
            sent,
            glibc,
        }
    }

    /// `TooLarge` where the platform would refuse the package.
    pub(crate) fn check(&self, target: Target, unpacked: usize, packed: usize) -> Result<()> {
        let over = |what: &str, size: usize, most: Option<usize>| {
            let most = most.filter(|most| size > *most)?;
            let message = format!(
                "{what} {size} bytes, and {target} takes {most}: build with --release and strip the program"
            );
            Some(Error::new(ErrorKind::TooLarge, message))
        };
        let unpacked = over("the files have", unpacked, self.unpacked);
        let packed = || over("the archive has", packed, self.packed);
        unpacked.or_else(packed).map_or(Ok(()), Err)
    }

    /// What a package of this size cannot be deployed by.
    pub(crate) fn note_of_size(&self, packed: usize) -> Option<String> {
        let most = self.sent.filter(|most| packed > *most)?;
        Some(format!(
            "the archive has {packed} bytes, and at most {most} can be sent in a request: deploy it from a bucket"
        ))
    }

    /// What the program may not find where it runs.
    pub(crate) fn notes(&self, target: Target, facts: &ProgramFacts) -> Vec<String> {
        let Some(loader) = &facts.loader else {
            return Vec::new();
        };
        if loader.contains("musl") {
            return vec![format!(
                "it is linked with musl, and not statically: {target} has no {loader}; build with -C target-feature=+crt-static"
            )];
        }
        let (Some(needed), Some((found, system))) = (facts.glibc, self.glibc) else {
            return vec![format!(
                "it is linked dynamically, and which glibc {target} has is not known: a build for musl needs none"
            )];
        };
        if needed <= found {
            return Vec::new();
        }
        vec![format!(
            "it needs glibc {}.{}, and {target} has {}.{} ({system}): it will not start; build for musl, or on an older system",
            needed.0, needed.1, found.0, found.1
        )]
    }
}
