//! Compresses a response on its way out.

use std::fmt;
use std::io::Write;

use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

/// What [`compression`](crate::middleware::compression) has decided before the response is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Shorter bodies are left alone, in bytes.
    pub(crate) threshold: f64,
    /// `None` when the client wants none.
    pub(crate) encoding: Option<Encoding>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Brotli,
    Gzip,
    Deflate,
}

impl Encoding {
    /// By its name in `Content-Encoding`; `identity` is none.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "br" => Some(Self::Brotli),
            "gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// A compressor that writes into memory, from where the pieces are taken.
pub(crate) enum Encoder {
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
}

impl Encoder {
    pub(crate) fn new(encoding: Encoding) -> Self {
        const BUFFER: usize = 4096;
        /// What `compression` sets; the window is brotli's default.
        const QUALITY: u32 = 4;
        const WINDOW: u32 = 22;
        match encoding {
            Encoding::Brotli => Self::Brotli(Box::new(CompressorWriter::new(
                Vec::new(),
                BUFFER,
                QUALITY,
                WINDOW,
            ))),
            Encoding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::default())),
            Encoding::Deflate => {
                Self::Deflate(ZlibEncoder::new(Vec::new(), Compression::default()))
            }
        }
    }

    /// Takes a piece of the body; what comes out so far, which may be nothing.
    pub(crate) fn write(&mut self, chunk: &[u8]) -> Bytes {
        match self {
            Self::Brotli(encoder) => feed(&mut **encoder, chunk),
            Self::Gzip(encoder) => feed(encoder, chunk),
            Self::Deflate(encoder) => feed(encoder, chunk),
        }
        let out = match self {
            Self::Brotli(encoder) => encoder.get_mut(),
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Deflate(encoder) => encoder.get_mut(),
        };
        std::mem::take(out).into()
    }

    /// The rest.
    pub(crate) fn finish(self) -> Bytes {
        let in_memory = "writing into memory does not fail";
        match self {
            Self::Brotli(encoder) => encoder.into_inner(),
            Self::Gzip(encoder) => encoder.finish().expect(in_memory),
            Self::Deflate(encoder) => encoder.finish().expect(in_memory),
        }
        .into()
    }
}

fn feed(encoder: &mut impl Write, chunk: &[u8]) {
    encoder
        .write_all(chunk)
        .expect("writing into memory does not fail");
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encoder")
    }
}
