//! A page of "List Blobs", as its XML says it.

use std::collections::BTreeMap;

use azure_core::xml::from_xml;
use isobar::Result;
use isobar::blob::{Attributes, ObjectMeta, ObjectVersion, VersionId, VersionState};
use isobar::driver::blob::{Entry, key};
use isobar::driver::metadata;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::failure::failure;
use super::meta::{modified, own, unexpected, version};

/// The answer to "List Blobs", with what the client's model leaves out: common prefixes.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    #[serde(rename = "Blobs", default)]
    blobs: Items,
    #[serde(rename = "NextMarker")]
    next: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Items {
    #[serde(rename = "$value", default)]
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
enum Item {
    Blob(Box<Blob>),
    BlobPrefix(Prefix),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Blob {
    name: Name,
    version_id: Option<String>,
    is_current_version: Option<bool>,
    properties: Properties,
    #[serde(default)]
    metadata: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Debug, Deserialize)]
struct Prefix {
    #[serde(rename = "Name")]
    name: Name,
}

/// A name; one that XML has no form for is percent-encoded.
#[derive(Debug, Deserialize)]
struct Name {
    #[serde(rename = "@Encoded", default)]
    encoded: bool,
    #[serde(rename = "$text", default)]
    text: String,
}

#[derive(Debug, Deserialize)]
struct Properties {
    #[serde(rename = "Last-Modified")]
    modified: Option<String>,
    #[serde(rename = "Etag")]
    etag: Option<String>,
    #[serde(rename = "Content-Length")]
    length: Option<u64>,
    #[serde(rename = "Content-Type")]
    content_type: Option<String>,
    #[serde(rename = "Content-Disposition")]
    content_disposition: Option<String>,
    #[serde(rename = "Content-Encoding")]
    content_encoding: Option<String>,
    #[serde(rename = "Content-Language")]
    content_language: Option<String>,
    #[serde(rename = "Cache-Control")]
    cache_control: Option<String>,
}

impl Listing {
    pub(super) fn read(xml: &[u8]) -> Result<Self> {
        from_xml(xml).map_err(|error| failure(error).error)
    }

    /// Where the next page starts, by the service's own note.
    pub(super) fn next(&self) -> Option<String> {
        self.next.clone().filter(|next| !next.is_empty())
    }

    /// The blobs and common prefixes, in the service's order.
    pub(super) fn entries(self) -> Result<Vec<Entry>> {
        let items = self.blobs.items.into_iter().map(|item| match item {
            Item::Blob(blob) => blob.meta().map(Entry::Blob),
            Item::BlobPrefix(prefix) => Ok(Entry::Prefix(key::read_prefix(&prefix.name.read()?))),
        });
        items.collect()
    }

    /// The versions, of each key the latest first, which the service lists last.
    pub(super) fn versions(self) -> Result<Vec<Entry>> {
        let mut versions = Vec::new();
        for item in self.blobs.items {
            if let Item::Blob(blob) = item {
                versions.push(blob.version()?);
            }
        }
        // Ids are instants of one form, so that they ascend as text.
        versions.sort_by(|a, b| {
            let key = a.meta.key.as_str().cmp(b.meta.key.as_str());
            key.then_with(|| b.id.cmp(&a.id))
        });
        Ok(versions.into_iter().map(Entry::Version).collect())
    }
}

impl Blob {
    fn meta(self) -> Result<ObjectMeta> {
        let mut metadata = BTreeMap::new();
        for (name, value) in self.metadata.unwrap_or_default() {
            // Names are headers elsewhere, which have no case.
            metadata.insert(name.to_ascii_lowercase(), value.unwrap_or_default());
        }
        let (_, crc32c) = own(&mut metadata);
        let properties = self.properties;
        let mut attributes = Attributes::default();
        attributes.content_type = told(properties.content_type);
        attributes.content_disposition = told(properties.content_disposition);
        attributes.content_encoding = told(properties.content_encoding);
        attributes.content_language = told(properties.content_language);
        attributes.cache_control = told(properties.cache_control);
        attributes.metadata = metadata::decode(metadata);
        Ok(ObjectMeta {
            key: key::read(&self.name.read()?),
            size: properties
                .length
                .ok_or_else(|| unexpected("Azure did not tell the size of a blob"))?,
            version: version(properties.etag.as_deref())?,
            version_id: None,
            modified: modified(properties.modified.as_deref()),
            attributes,
            crc32c,
        })
    }

    fn version(mut self) -> Result<ObjectVersion> {
        let id = self.version_id.take().map(VersionId::new);
        let id = id.ok_or_else(|| unexpected("Azure did not name a version"))?;
        let state = match self.is_current_version {
            Some(true) => VersionState::Present,
            _ => VersionState::Past,
        };
        let mut meta = self.meta()?;
        meta.version_id = Some(id.clone());
        Ok(ObjectVersion { meta, id, state })
    }
}

impl Name {
    fn read(&self) -> Result<String> {
        if !self.encoded {
            return Ok(self.text.clone());
        }
        let decoded = percent_decode_str(&self.text).decode_utf8();
        let decoded = decoded.map_err(|_| unexpected("a name in the listing is not UTF-8"))?;
        Ok(decoded.into_owned())
    }
}

fn told(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults \
        ServiceEndpoint=\"http://x\" ContainerName=\"c\"><Prefix/><MaxResults>3</MaxResults>\
        <Blobs><Blob><Name> !/a &amp; b </Name><Properties><Last-Modified>Sun, 29 Nov 2026 \
        22:00:00 GMT</Last-Modified><Etag>0x8D</Etag><Content-Length>5</Content-Length>\
        <Content-Type>text/plain</Content-Type><Content-Encoding/></Properties><Metadata>\
        <isobarcrc32c>0000000a</isobarcrc32c><owner>alice</owner></Metadata></Blob>\
        <BlobPrefix><Name> !/</Name></BlobPrefix><Blob><Name Encoded=\"true\">a%EF%BF%BF</Name>\
        <Properties><Etag>\"1\"</Etag><Content-Length>0</Content-Length></Properties></Blob>\
        </Blobs><NextMarker>more</NextMarker></EnumerationResults>";

    #[test]
    fn names_are_read_with_their_spaces_and_whatever_else_they_have() {
        let listing = Listing::read(PAGE.as_bytes()).unwrap();
        assert_eq!(listing.next().as_deref(), Some("more"));
        let entries = listing.entries().unwrap();
        let names: Vec<_> = entries.iter().map(Entry::name).collect();
        // A last space is no pair, so that the first name is not one of ours.
        assert_eq!(names, [" !/a & b ", "/", "a\u{ffff}"]);
        let Entry::Blob(blob) = &entries[0] else {
            panic!("{entries:?}");
        };
        assert_eq!((blob.size, blob.crc32c), (5, Some(10)));
        assert_eq!(blob.version.as_str(), "0x8D");
        assert_eq!(blob.modified.as_micros(), 1_795_989_600_000_000);
        assert_eq!(blob.attributes.metadata["owner"], "alice");
        assert_eq!(blob.attributes.content_encoding, None);
    }

    #[test]
    fn an_empty_page_has_nothing() {
        let xml = "<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>";
        let listing = Listing::read(xml.as_bytes()).unwrap();
        assert_eq!(listing.next(), None);
        assert!(listing.entries().unwrap().is_empty());
    }
}
