//! Text in other charsets than UTF-8, as the package `iconv-lite` reads it.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// Decodes `bytes`; `None` for a charset that is not known. A byte order mark is dropped.
///
/// `utf-7`, which `iconv-lite` knows, is not supported.
pub(super) fn decode(bytes: &[u8], charset: &str) -> Option<String> {
    let name: String = charset
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    match name.as_str() {
        "utf8" | "unicode11utf8" | "cesu8" => Some(utf8(bytes)),
        "ucs2" | "utf16le" => Some(UTF_16LE.decode_with_bom_removal(bytes).0.into_owned()),
        "utf16be" => Some(UTF_16BE.decode_with_bom_removal(bytes).0.into_owned()),
        "utf16" => Some(utf16(bytes)),
        "utf32" | "utf32le" | "ucs4" | "ucs4le" => Some(utf32(bytes, u32::from_le_bytes)),
        "utf32be" | "ucs4be" => Some(utf32(bytes, u32::from_be_bytes)),
        "ascii" | "usascii" => {
            let ascii = |byte: u8| {
                if byte.is_ascii() {
                    char::from(byte)
                } else {
                    '\u{fffd}'
                }
            };
            Some(bytes.iter().copied().map(ascii).collect())
        }
        "latin1" | "iso88591" | "l1" | "binary" => {
            Some(bytes.iter().copied().map(char::from).collect())
        }
        _ => {
            let encoding = Encoding::for_label(charset.as_bytes())?;
            Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
        }
    }
}

fn utf8(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
}

/// The byte order is that of the mark, else little endian unless ASCII characters say otherwise.
fn utf16(bytes: &[u8]) -> String {
    let big = match bytes {
        [0xfe, 0xff, ..] => true,
        [0xff, 0xfe, ..] => false,
        _ => {
            let pairs = bytes.chunks_exact(2);
            let in_second = pairs
                .clone()
                .filter(|pair| pair[0] == 0 && pair[1] != 0)
                .count();
            let in_first = pairs.filter(|pair| pair[0] != 0 && pair[1] == 0).count();
            in_second > in_first
        }
    };
    let encoding = if big { UTF_16BE } else { UTF_16LE };
    encoding.decode_with_bom_removal(bytes).0.into_owned()
}

fn utf32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> String {
    let (units, _) = bytes.as_chunks::<4>();
    let text: String = units
        .iter()
        .map(|unit| char::from_u32(read(*unit)).unwrap_or('\u{fffd}'))
        .collect();
    text.strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text)
}
