//! Ways in which uploads, pinned reads, copies, batches and signed requests may be wrong.

use std::time::Duration;

use isobar::blob::{Attributes, BlobCondition, BlobKey, PresignedRequest, VersionState};
use isobar::driver::blob::{
    Copy, Entry, EntryPage, Finish, Get, ListRequest, Part, Presign, PresignAction, Upload,
};

use super::Sabotage;
use super::blob::{BlobFault, Conduct};

const NONE: BlobFault = BlobFault::NONE;

const fn conduct(name: &'static str, case: &'static str, conduct: Conduct) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { conduct, ..NONE })
}

const fn get(name: &'static str, case: &'static str, get: fn(&mut Get)) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { get, ..NONE })
}

const fn copy(name: &'static str, case: &'static str, copy: fn(&mut Copy)) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { copy, ..NONE })
}

const fn upload(name: &'static str, case: &'static str, upload: fn(&mut Upload)) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { upload, ..NONE })
}

const fn part(name: &'static str, case: &'static str, part: fn(&mut Part)) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { part, ..NONE })
}

const fn finish(name: &'static str, case: &'static str, finish: fn(&mut Finish)) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { finish, ..NONE })
}

const fn page(
    name: &'static str,
    case: &'static str,
    page: fn(&ListRequest, &mut EntryPage),
) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { page, ..NONE })
}

const fn batch(name: &'static str, case: &'static str, batch: fn(&mut Vec<BlobKey>)) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { batch, ..NONE })
}

const fn presign(name: &'static str, case: &'static str, presign: fn(&mut Presign)) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { presign, ..NONE })
}

const fn signed(
    name: &'static str,
    case: &'static str,
    signed: fn(&mut PresignedRequest),
) -> Sabotage {
    Sabotage::blob(name, case, BlobFault { signed, ..NONE })
}

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    conduct(
        "an upload is visible before it is finished",
        "B-011",
        Conduct::PartsAreVisible,
    ),
    conduct(
        "an aborted upload stays",
        "B-411",
        Conduct::AbortDoesNothing,
    ),
    conduct(
        "a move leaves its source",
        "B-273",
        Conduct::ConditionalDeleteDoesNothing,
    ),
    conduct(
        "a delete of a version deletes the blob",
        "B-433",
        Conduct::DeleteForgetsTheVersion,
    ),
    conduct(
        "a body is held in memory before it is given",
        "B-227",
        Conduct::ReadsAreHeld,
    ),
    get("the id of a version is ignored", "B-431", |get| {
        get.at.version_id = None;
    }),
    copy("a version is brought back by its latest", "B-432", |copy| {
        copy.from.version_id = None;
    }),
    page("past versions are not listed", "B-431", |_, page| {
        page.entries.retain(|entry| match entry {
            Entry::Version(version) => version.state != VersionState::Past,
            _ => true,
        });
    }),
    page(
        "the first version of each page is lost",
        "B-434",
        |_, page| {
            if page.next.is_some() && matches!(page.entries.first(), Some(Entry::Version(_))) {
                page.entries.remove(0);
            }
        },
    ),
    presign("a signed request forgets its version", "B-435", |presign| {
        if let PresignAction::Get { at, .. } = &mut presign.action {
            at.version_id = None;
        }
    }),
    presign("the size of a signed put is lost", "B-265", |presign| {
        if let PresignAction::Put { size, .. } = &mut presign.action {
            *size = None;
        }
    }),
    presign("the checksum of a signed put is lost", "B-437", |presign| {
        if let PresignAction::Put { crc32c, .. } = &mut presign.action {
            *crc32c = None;
        }
    }),
    presign(
        "a signed request is good for too long",
        "B-438",
        |presign| {
            presign.expires_in += Duration::from_mins(1);
        },
    ),
    signed("no page may send signed requests", "B-266", |signed| {
        signed.url = signed.url.replace("/.isobar/", "/");
    }),
    page(
        "a doubled delimiter is listed as one",
        "B-436",
        |_, page| {
            for entry in &mut page.entries {
                if let Entry::Prefix(prefix) = entry {
                    *prefix = prefix.replace("//", "/");
                }
            }
        },
    ),
    get("reads are not pinned", "B-223", |get| get.if_version = None),
    copy("copies are not pinned", "B-407", |copy| {
        copy.from_version = None;
    }),
    copy("a copy keeps the old attributes", "B-215", |copy| {
        copy.attributes = None;
    }),
    copy(
        "attributes in place are mixed with the old",
        "B-271",
        |copy| {
            if let Some(attributes) = &mut copy.attributes {
                attributes.cache_control = Some("no-cache".to_owned());
            }
        },
    ),
    copy("every copy is of one bucket", "B-272", |copy| {
        copy.from_bucket = copy.from_bucket.replace("files", "other");
    }),
    upload("conditions of uploads are ignored", "B-404", |upload| {
        upload.condition = BlobCondition::None;
    }),
    upload("attributes of uploads are lost", "B-020", |upload| {
        upload.attributes = Attributes::default();
    }),
    part("a part has other bytes", "B-230", |part| {
        if part.number == 2 {
            let mut content = part.content.to_vec();
            content.reverse();
            part.content = content.into();
            part.crc32c = crc32c::crc32c(&part.content);
        }
    }),
    part("all parts go to one place", "B-230", |part| {
        part.offset = 0;
    }),
    finish(
        "an upload is finished without its parts",
        "B-410",
        |finish| {
            finish.parts = Some(Vec::new());
        },
    ),
    finish("the checksum of an upload is another", "B-230", |finish| {
        finish.crc32c = finish.crc32c.map(|checksum| checksum ^ 1);
    }),
    Sabotage::blob(
        "abandoned uploads are not listed",
        "B-233",
        BlobFault {
            page: |_, page| {
                page.entries
                    .retain(|entry| !matches!(entry, Entry::Upload(_)));
            },
            ..NONE
        },
    ),
    batch("the last of a batch stays", "B-413", |keys| {
        if let Some(first) = keys.first().cloned()
            && let Some(last) = keys.last_mut()
        {
            *last = first;
        }
    }),
    batch("a batch is answered in its own order", "B-412", |keys| {
        keys.reverse();
    }),
    presign("signed attributes are lost", "B-261", |presign| {
        if let PresignAction::Put { attributes, .. } = &mut presign.action {
            *attributes = Attributes::default();
        }
    }),
    presign("a signed condition is lost", "B-409", |presign| {
        if let PresignAction::Put { condition, .. } = &mut presign.action {
            *condition = BlobCondition::None;
        }
    }),
    presign(
        "the disposition to answer with is lost",
        "B-267",
        |presign| {
            if let PresignAction::Get {
                content_disposition,
                ..
            } = &mut presign.action
            {
                *content_disposition = None;
            }
        },
    ),
    presign("every request is good for a day", "B-262", |presign| {
        presign.expires_in = Duration::from_hours(24);
    }),
    signed("keys are signed as they are", "B-260", |signed| {
        signed.url = signed.url.replace("%20", "+");
    }),
    signed("a request is signed for any method", "B-260", |signed| {
        signed.method = http::Method::GET;
    }),
];
