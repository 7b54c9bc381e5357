//! Compressed bodies.

use std::io::Read;

use flate2::bufread::{GzDecoder, ZlibDecoder};

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Deflate,
    Gzip,
    Brotli,
}

/// Why a body cannot be decompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// More than the limit came out.
    TooLarge,
    Invalid(Fault),
}

/// What is wrong with the data, with Node's message, `code` and `errno`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: &'static str,
    pub(super) code: &'static str,
    pub(super) errno: i32,
}

const WRONG_HEADER: Fault = data_error("incorrect header check");
/// zlib tells more about what it found.
const WRONG_DATA: Fault = data_error("invalid compressed data");
const CUT_OFF: Fault = Fault {
    message: "unexpected end of file",
    code: "Z_BUF_ERROR",
    errno: -5,
};
/// Node takes the code from the decoder, which tells more about what it found.
const WRONG_BROTLI: Fault = Fault {
    message: "Decompression failed",
    code: "ERR__ERROR_FORMAT_PADDING_1",
    errno: -2,
};

const fn data_error(message: &'static str) -> Fault {
    Fault {
        message,
        code: "Z_DATA_ERROR",
        errno: -3,
    }
}

/// Decompresses `bytes` to at most `limit` bytes.
pub(super) fn inflate(
    compression: Compression,
    bytes: &[u8],
    limit: u64,
) -> Result<Vec<u8>, Failure> {
    match compression {
        Compression::Deflate => {
            if !is_zlib(bytes) {
                return Err(Failure::Invalid(header_fault(bytes)));
            }
            read(ZlibDecoder::new(bytes), limit)
        }
        Compression::Gzip => gunzip(bytes, limit),
        Compression::Brotli => {
            let decoder = brotli::Decompressor::new(bytes, 4096);
            read(decoder, limit).map_err(|failure| match failure {
                Failure::TooLarge => Failure::TooLarge,
                Failure::Invalid(_) => Failure::Invalid(WRONG_BROTLI),
            })
        }
    }
}

/// One member after the other; what follows the last one and is no member is ignored, as Node does.
fn gunzip(bytes: &[u8], limit: u64) -> Result<Vec<u8>, Failure> {
    let mut rest = bytes;
    let mut all = Vec::new();
    loop {
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return if all.is_empty() && rest.len() == bytes.len() {
                Err(Failure::Invalid(header_fault(bytes)))
            } else {
                Ok(all)
            };
        }
        let mut decoder = GzDecoder::new(rest);
        let left = limit.saturating_sub(all.len() as u64);
        all.extend(read(&mut decoder, left)?);
        rest = decoder.into_inner();
    }
}

fn read(decoder: impl Read, limit: u64) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let outcome = decoder.take(limit.saturating_add(1)).read_to_end(&mut out);
    if out.len() as u64 > limit {
        return Err(Failure::TooLarge);
    }
    outcome.map(|_| out).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Failure::Invalid(CUT_OFF),
        _ => Failure::Invalid(WRONG_DATA),
    })
}

/// RFC 1950: compression method 8, and a header that is a multiple of 31.
fn is_zlib(bytes: &[u8]) -> bool {
    match *bytes {
        [method, flags, ..] => {
            method & 0x0f == 8 && (u16::from(method) * 256 + u16::from(flags)).is_multiple_of(31)
        }
        _ => false,
    }
}

fn header_fault(bytes: &[u8]) -> Fault {
    if bytes.len() < 2 {
        CUT_OFF
    } else {
        WRONG_HEADER
    }
}
