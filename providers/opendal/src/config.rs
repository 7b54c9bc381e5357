//! Where the stores are: URLs, and the credentials of each service's own environment.

use isobar::driver::url::parameters;
use isobar::{Error, ErrorKind, Result};
use opendal::Operator;
use percent_encoding::percent_decode_str;

use crate::{OpendalStore, Service};

/// A store's place, `SCHEME://REGION?endpoint=URL&prefix=NAME&versioning=never`:
///
/// - `oss://?endpoint=https://oss-eu-central-1.aliyuncs.com`, with the keys in
///   `ALIBABA_CLOUD_ACCESS_KEY_ID` and `ALIBABA_CLOUD_ACCESS_KEY_SECRET`;
/// - `cos://?endpoint=https://cos.ap-singapore.myqcloud.com`, with the keys in
///   `TENCENTCLOUD_SECRET_ID` and `TENCENTCLOUD_SECRET_KEY`;
/// - `obs://?endpoint=https://obs.eu-west-101.myhuaweicloud.eu`, with the keys in
///   `HUAWEI_CLOUD_ACCESS_KEY_ID` and `HUAWEI_CLOUD_SECRET_ACCESS_KEY`;
/// - `s3-compatible://us-east-1?endpoint=http://127.0.0.1:9000`, with the keys in
///   `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, and the buckets in the path;
/// - `opendal-fs:///var/lib/blobs`, a directory for each bucket;
/// - `opendal-memory:`.
///
/// `versioning=never` says that no bucket of the place keeps versions, or ever did; see
/// [`OpendalStore::never_versioned`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The service.
    pub service: Service,
    /// The region, for S3; the directory, for files.
    pub region: Option<String>,
    /// The service's address, without a bucket.
    pub endpoint: Option<String>,
    /// What goes before the names of buckets.
    pub prefix: Option<String>,
    /// Whether no bucket has ever kept versions.
    pub never_versioned: bool,
}

const SCHEMES: [(&str, Service); 6] = [
    ("oss", Service::Oss),
    ("cos", Service::Cos),
    ("obs", Service::Obs),
    ("s3-compatible", Service::S3),
    ("opendal-fs", Service::Fs),
    ("opendal-memory", Service::Memory),
];

impl Place {
    /// Reads a URL; `InvalidArgument` where it is not one.
    pub fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once(':').ok_or_else(|| malformed("no scheme"))?;
        let mut schemes = SCHEMES.iter();
        let known = schemes.find(|(name, _)| *name == scheme);
        let (_, service) = known.ok_or_else(|| malformed("it has another scheme"))?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (region, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut place = Self {
            service: *service,
            region: (!region.is_empty()).then(|| decoded(region)).transpose()?,
            endpoint: None,
            prefix: None,
            never_versioned: false,
        };
        for parameter in parameters(query) {
            match parameter {
                ("endpoint", value) => place.endpoint = Some(decoded(value)?),
                ("prefix", value) => place.prefix = Some(decoded(value)?),
                ("versioning", "never") => place.never_versioned = true,
                _ => return Err(malformed("it has a parameter that is not known")),
            }
        }
        if service.is_remote() && place.endpoint.is_none() {
            return Err(malformed("it names no endpoint"));
        }
        if *service == Service::Fs && place.region.is_none() {
            return Err(malformed("it names no directory"));
        }
        Ok(place)
    }

    /// The store at this place.
    ///
    /// `Unsupported` where this program was built without the feature of the service.
    pub fn open(&self) -> Result<OpendalStore> {
        let store = self.store()?;
        Ok(if self.never_versioned {
            store.never_versioned()
        } else {
            store
        })
    }

    fn store(&self) -> Result<OpendalStore> {
        #[cfg(feature = "oss")]
        if self.service == Service::Oss {
            return self.made_by(oss);
        }
        #[cfg(feature = "cos")]
        if self.service == Service::Cos {
            return self.made_by(cos);
        }
        #[cfg(feature = "obs")]
        if self.service == Service::Obs {
            return self.made_by(obs);
        }
        #[cfg(feature = "s3")]
        if self.service == Service::S3 {
            return self.made_by(s3);
        }
        #[cfg(feature = "fs")]
        if self.service == Service::Fs {
            return self.made_by(fs);
        }
        if self.service == Service::Memory {
            return self.made_by(|_, _| Operator::new(opendal::services::Memory::default()));
        }
        let message = format!(
            "this program was built without {}: build isobar-opendal with its feature",
            self.service.name()
        );
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    fn made_by(&self, make: fn(&Self, &str) -> opendal::Result<Operator>) -> Result<OpendalStore> {
        let place = self.clone();
        OpendalStore::new(self.service, move |bucket| make(&place, bucket))
    }
}

#[cfg(feature = "oss")]
fn oss(place: &Place, bucket: &str) -> opendal::Result<Operator> {
    let oss = opendal::services::Oss::default().bucket(bucket);
    Operator::new(oss.endpoint(place.endpoint.as_deref().unwrap_or_default()))
}

#[cfg(feature = "cos")]
fn cos(place: &Place, bucket: &str) -> opendal::Result<Operator> {
    let cos = opendal::services::Cos::default().bucket(bucket);
    Operator::new(cos.endpoint(place.endpoint.as_deref().unwrap_or_default()))
}

#[cfg(feature = "obs")]
fn obs(place: &Place, bucket: &str) -> opendal::Result<Operator> {
    let obs = opendal::services::Obs::default().bucket(bucket);
    Operator::new(obs.endpoint(place.endpoint.as_deref().unwrap_or_default()))
}

#[cfg(feature = "s3")]
fn s3(place: &Place, bucket: &str) -> opendal::Result<Operator> {
    let s3 = opendal::services::S3::default().bucket(bucket);
    let s3 = s3.region(place.region.as_deref().unwrap_or_default());
    Operator::new(s3.endpoint(place.endpoint.as_deref().unwrap_or_default()))
}

#[cfg(feature = "fs")]
fn fs(place: &Place, bucket: &str) -> opendal::Result<Operator> {
    let directory = place.region.as_deref().unwrap_or_default();
    let fs = opendal::services::Fs::default().root(&format!("{directory}/{bucket}"));
    Operator::new(fs.atomic_write_dir(&format!("{directory}/.unfinished")))
}

fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    Ok(text
        .map_err(|_| malformed("a part is not UTF-8"))?
        .into_owned())
}

fn malformed(why: &str) -> Error {
    let schemes: Vec<_> = SCHEMES.iter().map(|(name, _)| *name).collect();
    Error::invalid(format!(
        "the URL is not a store's place ({why}): write \
         SCHEME://REGION?endpoint=URL&prefix=NAME&versioning=never, each part if needed, where \
         SCHEME is one of {}",
        schemes.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_service_endpoint_and_prefix() {
        let place = Place::parse("oss://?endpoint=https://oss.example&prefix=t-").unwrap();
        assert_eq!(place.service, Service::Oss);
        assert_eq!(place.endpoint.as_deref(), Some("https://oss.example"));
        assert_eq!(place.prefix.as_deref(), Some("t-"));
        assert!(!place.never_versioned);
        let place = Place::parse("cos://?endpoint=https://c.example&versioning=never").unwrap();
        assert!(place.never_versioned);
        let place = Place::parse("opendal-fs:///var/lib/blobs").unwrap();
        assert_eq!(place.region.as_deref(), Some("/var/lib/blobs"));
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "s3://eu",
            "oss:",
            "oss://?endpoint=http://x&versioning=on",
            "opendal-fs:",
            "oss://?endpoint=http://x&a=b",
        ] {
            let error = Place::parse(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{url}");
        }
    }
}
