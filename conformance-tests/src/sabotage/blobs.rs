//! Ways in which a blob store may be wrong, most of them seen in a real one or an emulator.

use isobar::ErrorKind;
use isobar::blob::{BlobCondition, BlobKey, ByteRange, ObjectMeta};
use isobar::driver::blob::{Entry, EntryPage, ListRequest, ListStart};

use super::Sabotage;
use super::blob::{BlobFault, Conduct};
use super::document::renamed;

const NONE: BlobFault = BlobFault::NONE;

const fn conduct(name: &'static str, case: &'static str, conduct: Conduct) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { conduct, ..NONE })
}

const fn key(name: &'static str, case: &'static str, key: fn(&str) -> String) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { key, ..NONE })
}

const fn meta(name: &'static str, case: &'static str, meta: fn(&mut ObjectMeta)) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { meta, ..NONE })
}

const fn range(
    name: &'static str,
    case: &'static str,
    range: fn(ByteRange) -> ByteRange,
) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { range, ..NONE })
}

const fn request(
    name: &'static str,
    case: &'static str,
    request: fn(&mut ListRequest),
) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { request, ..NONE })
}

const fn page(
    name: &'static str,
    case: &'static str,
    page: fn(&ListRequest, &mut EntryPage),
) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { page, ..NONE })
}

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    conduct(
        "put if absent is not atomic",
        "B-237",
        Conduct::IfAbsentInTwoSteps,
    ),
    conduct(
        "metadata is lost on copy",
        "B-015",
        Conduct::CopyLosesAttributes,
    ),
    conduct(
        "a copy of nothing makes an empty blob",
        "B-402",
        Conduct::CopyMakesEmpty,
    ),
    conduct(
        "delete of a missing blob fails",
        "B-016",
        Conduct::DeleteNeedsABlob,
    ),
    conduct(
        "a range beyond the end gives nothing",
        "B-220",
        Conduct::BeyondTheEndIsEmpty,
    ),
    conduct("a read ends early", "B-008", Conduct::ReadsEndEarly),
    conduct("a byte is damaged", "B-008", Conduct::ReadsAreDamaged),
    conduct(
        "a failed put removes what was there",
        "B-019",
        Conduct::FailedPutRemoves,
    ),
    key("leading slashes are dropped", "B-200", |key| {
        let rest = key.trim_start_matches('/');
        if rest.is_empty() {
            key.to_owned()
        } else {
            rest.to_owned()
        }
    }),
    key("doubled slashes are folded", "B-200", |key| {
        key.replace("//", "/")
    }),
    key("keys ignore case", "B-202", str::to_lowercase),
    key("keys are percent-decoded", "B-005", |key| {
        key.replace("%2F", "/").replace("%20", " ")
    }),
    key("a trailing delimiter is dropped", "B-204", |key| {
        let rest = key.trim_end_matches('/');
        if rest.is_empty() {
            key.to_owned()
        } else {
            rest.to_owned()
        }
    }),
    meta("the content type is lost", "B-009", |meta| {
        meta.attributes.content_type = None;
    }),
    meta("the cache control is lost", "B-009", |meta| {
        meta.attributes.cache_control = None;
    }),
    meta("the checksum is not kept", "B-236", |meta| {
        meta.crc32c = None;
    }),
    meta("metadata names are in lower case", "B-210", |meta| {
        let metadata = std::mem::take(&mut meta.attributes.metadata);
        let lowered = metadata
            .into_iter()
            .map(|(name, value)| (name.to_lowercase(), value));
        meta.attributes.metadata = lowered.collect();
    }),
    meta("metadata values are trimmed", "B-211", |meta| {
        for value in meta.attributes.metadata.values_mut() {
            *value = value.trim().to_owned();
        }
    }),
    meta("a blob said to be gzip is unpacked", "B-222", |meta| {
        meta.attributes.content_encoding = None;
    }),
    meta("every version is the same", "B-010", |meta| {
        meta.version = isobar::document::Version::absent();
    }),
    range("ranges are not cut", "B-008", |_| ByteRange::Full),
    range("ranges include their end", "B-008", |range| match range {
        ByteRange::Bounded { start, end } => ByteRange::Bounded {
            start,
            end: end.saturating_add(1),
        },
        range => range,
    }),
    range(
        "the last bytes are the first",
        "B-008",
        |range| match range {
            ByteRange::Suffix(length) => ByteRange::Bounded {
                start: 0,
                end: length,
            },
            range => range,
        },
    ),
    request("a delimiter is ignored", "B-006", |request| {
        request.delimiter = None;
    }),
    request("only the slash is a delimiter", "B-252", |request| {
        if request.delimiter.is_some() {
            request.delimiter = Some("/".to_owned());
        }
    }),
    request(
        "only the first character of a delimiter counts",
        "B-252",
        |request| {
            if let Some(delimiter) = &mut request.delimiter {
                *delimiter = delimiter.chars().take(1).collect();
            }
        },
    ),
    request("a prefix is a folder", "B-006", |request| {
        if !request.prefix.is_empty() && !request.prefix.ends_with('/') {
            request.prefix.push('/');
        }
    }),
    request("a page's limit is ignored", "B-002", |request| {
        request.limit = 1_000;
    }),
    request("pages always start at the first key", "B-251", |request| {
        request.start = ListStart::First;
    }),
    request("after includes its key", "B-251", |request| {
        if let ListStart::After(after) = &mut request.start
            && after.ends_with(char::is_numeric)
        {
            after.pop();
            after.push(' ');
        }
    }),
    page("a listing has no order", "B-205", |_, page| {
        page.entries.reverse();
    }),
    page("a full page is the last", "B-002", |_, page| {
        page.next = None;
    }),
    page(
        "the last entry of a full page is lost",
        "B-250",
        |request, page| {
            if page.entries.len() == request.limit as usize && page.next.is_some() {
                page.entries.pop();
            }
        },
    ),
    page("prefixes come after all blobs", "B-007", |_, page| {
        page.entries
            .sort_by_key(|entry| matches!(entry, Entry::Prefix(_)));
    }),
    page("a listing tells another version", "B-256", |_, page| {
        for entry in &mut page.entries {
            if let Entry::Blob(meta) = entry {
                meta.version = isobar::document::Version::absent();
            }
        }
    }),
    page("a listing shows escaped keys", "B-005", |_, page| {
        for entry in &mut page.entries {
            if let Entry::Blob(meta) = entry {
                meta.key = BlobKey::of_store(meta.key.as_str().replace(' ', "+"));
            }
        }
    }),
    Sabotage::blob(
        "put if absent overwrites",
        "B-019",
        BlobFault {
            condition: |condition| {
                if *condition == BlobCondition::IfAbsent {
                    *condition = BlobCondition::None;
                }
            },
            ..NONE
        },
    ),
    Sabotage::blob(
        "conditions on versions are ignored",
        "B-238",
        BlobFault {
            condition: |condition| {
                if matches!(condition, BlobCondition::IfVersion(_)) {
                    *condition = BlobCondition::None;
                }
            },
            ..NONE
        },
    ),
    Sabotage::blob(
        "an existing blob is a failed condition",
        "B-019",
        BlobFault {
            error: |error| {
                renamed(
                    error,
                    ErrorKind::AlreadyExists,
                    ErrorKind::PreconditionFailed,
                )
            },
            ..NONE
        },
    ),
    Sabotage::blob(
        "a missing blob is an invalid argument",
        "B-018",
        BlobFault {
            error: |error| renamed(error, ErrorKind::NotFound, ErrorKind::InvalidArgument),
            ..NONE
        },
    ),
    Sabotage::blob(
        "delete says that there was a blob",
        "B-016",
        BlobFault {
            existed: |_| Some(true),
            ..NONE
        },
    ),
    Sabotage::blob(
        "a put of no bytes is ignored",
        "B-234",
        BlobFault {
            put: |put| {
                if put.content.is_empty() {
                    put.content = bytes::Bytes::from_static(b"\0");
                    put.crc32c = 0x527d_5351;
                }
            },
            ..NONE
        },
    ),
    Sabotage::blob(
        "a large blob is cut",
        "B-400",
        BlobFault {
            put: |put| {
                if put.content.len() > 10_000_000 {
                    put.content.truncate(10_000_000);
                }
            },
            ..NONE
        },
    ),
];
