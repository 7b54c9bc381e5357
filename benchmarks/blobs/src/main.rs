//! Blobs of Isobar beside the bare SDK of the vendor, object_store and OpenDAL, on one emulator.
//!
//! `docs/benchmarks.md` says how to run it and what was measured.

mod azure;
mod emulator;
mod measure;
mod s3;
mod side;
mod through_isobar;
mod through_object_store;
mod through_opendal;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

use opendal_http_transport_reqwest::ReqwestTransport;

use emulator::Emulator;
use side::Side;

/// Puts and gets blobs by each side in turns, and prints ratios of their times.
#[derive(Debug, Parser)]
struct Args {
    /// Where the blobs are.
    service: Service,
    /// S3 without a signature over the content, on every side; OpenDAL makes none in any case.
    #[arg(long)]
    unsigned_content: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Service {
    /// S3 on MiniStack.
    S3,
    /// S3 on s3s-fs, which computes checksums as fast as the sides do.
    S3s,
    /// Azure Blob Storage on Azurite.
    Azure,
}

impl Service {
    const fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::S3s => "s3s",
            Self::Azure => "azure",
        }
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// Many blobs of 4 KiB: the median of single calls.
    Small {
        /// How many.
        #[arg(long, default_value_t = 10_000)]
        blobs: usize,
    },
    /// One large blob, written and read as a stream: the times, and the memory at most.
    Large {
        /// How many MiB it has.
        #[arg(long, default_value_t = 1_024)]
        mib: u64,
    },
    /// One large blob, read by somebody who takes a millisecond for each chunk: the memory at most.
    Slow {
        /// How many MiB it has.
        #[arg(long, default_value_t = 1_024)]
        mib: u64,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let Args { service, what, .. } = args;
    // reqwest of the peers asks for one that is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    opendal::HttpTransporter::install_default(ReqwestTransport::default());
    let emulator = match service {
        Service::S3 => Emulator::ministack().await?,
        Service::S3s => Emulator::s3s_fs().await?,
        Service::Azure => Emulator::azurite().await?,
    };
    let sides: Vec<Box<dyn Side>> = match service {
        Service::S3 | Service::S3s => s3::sides(&emulator.url, !args.unsigned_content).await?,
        Service::Azure => {
            let are_small = matches!(what, What::Small { .. });
            azure::sides(&emulator.url, are_small).await?
        }
    };
    match what {
        What::Small { blobs } => measure::small(service.name(), &sides, blobs).await,
        What::Large { mib } => measure::large(service.name(), &sides, mib).await,
        What::Slow { mib } => measure::slow(service.name(), &sides, mib).await,
    }
}
