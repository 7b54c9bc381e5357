//! Where a client has reached an application, as its platform tells it beside the request itself (rule N1).

use axum::extract::OriginalUri;
use http::header::HOST;
use http::{HeaderMap, HeaderName, Uri};
use isobar::function::{BasePath, ClientHost};
use percent_encoding::percent_decode_str;

/// How a platform tells by which host, and below which path, a client came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocationFacts {
    /// Where the host stands.
    pub host: HostSource,
    /// Where that stands which was taken from before the path.
    pub base_path: BasePathSource,
}

/// Where the host is that the client wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostSource {
    /// In `Host`.
    Host,
    /// In `X-Forwarded-Host`, where proxies are trusted: the front end puts its own into `Host`, and leaves what a client has
    /// written into the other.
    ForwardedHost,
}

/// Where that is which a platform has taken from before the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BasePathSource {
    /// Nothing is taken, or the original target has it.
    Target,
    /// This field has the target as the front end received it, and no client can set it.
    Field(&'static str),
    /// Nothing is taken at hosts whose names end so; at others it is not told.
    NoneAt(&'static str),
    /// It is not told.
    Untold,
}

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

impl LocationFacts {
    /// Requests come as they were sent.
    pub const AS_SENT: Self = Self {
        host: HostSource::Host,
        base_path: BasePathSource::Target,
    };

    /// The host by which the client of a request came, where so many proxies are trusted.
    pub fn host(self, headers: &HeaderMap, hops: usize) -> ClientHost {
        match self.host {
            HostSource::Host => ClientHost::OfRequest,
            HostSource::ForwardedHost => forwarded_host(headers, hops),
        }
    }

    /// The target as the front end received it, where a field has it.
    pub(super) fn original(self, headers: &HeaderMap) -> Option<OriginalUri> {
        let BasePathSource::Field(field) = self.base_path else {
            return None;
        };
        let told = headers.get(field)?.to_str().ok()?;
        told.parse().ok().map(OriginalUri)
    }

    /// What was taken from before the path of a request.
    pub fn base_path(self, own: &Uri, headers: &HeaderMap) -> BasePath {
        match self.base_path {
            BasePathSource::Target => BasePath::InTarget,
            BasePathSource::Field(field) => {
                let whole = headers.get(field).and_then(|value| value.to_str().ok());
                let base = whole.and_then(|whole| before(whole, own.path()));
                base.map_or(BasePath::Untold, |base| BasePath::Told(base.to_owned()))
            }
            BasePathSource::NoneAt(suffix) if is_at(suffix, headers) => BasePath::InTarget,
            BasePathSource::NoneAt(_) | BasePathSource::Untold => BasePath::Untold,
        }
    }
}

/// The host by which a client came where the front end puts its own into `Host`: that in `X-Forwarded-Host`, where proxies are
/// trusted. One that is trusted must write it, or let none through.
fn forwarded_host(headers: &HeaderMap, hops: usize) -> ClientHost {
    let mut told = headers.get_all(FORWARDED_HOST).iter();
    match (told.next(), told.next()) {
        (Some(only), None) if hops > 0 && !only.as_bytes().contains(&b',') => {
            ClientHost::Told(only.clone())
        }
        _ => ClientHost::Untold,
    }
}

/// What stands in a target before this path, which the front end may have encoded anew.
fn before<'w>(whole: &'w str, own: &str) -> Option<&'w str> {
    let whole = whole.split('?').next().unwrap_or_default();
    let base = match own {
        "/" => whole.to_owned(),
        own => {
            let decoded = |path| percent_decode_str(path).collect::<Vec<u8>>();
            let (all, own) = (decoded(whole), decoded(own));
            let base = all.strip_suffix(own.as_slice())?;
            String::from_utf8(base.to_vec()).ok()?
        }
    };
    let base = base.trim_end_matches('/');
    // A base path that is encoded has another length.
    whole.get(..base.len()).filter(|found| *found == base)
}

fn is_at(suffix: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let name = host.and_then(|host| host.split(':').next());
    name.is_some_and(|name| name.to_ascii_lowercase().ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&'static str, &str)]) -> HeaderMap {
        let fields = fields.iter();
        let fields =
            fields.map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        fields.collect()
    }

    #[track_caller]
    fn check(source: BasePathSource, told: (&'static str, &str), own: &str, expected: &BasePath) {
        let facts = LocationFacts {
            base_path: source,
            ..LocationFacts::AS_SENT
        };
        let found = facts.base_path(&own.parse().unwrap(), &fields(&[told]));
        assert_eq!(found, *expected, "{told:?}, {own}");
    }

    #[test]
    fn a_field_with_the_whole_target_tells_what_was_taken() {
        let field = BasePathSource::Field("x-fission-full-url");
        for (whole, own, base) in [
            ("/shop/cart?n=/cart", "/cart", "/shop"),
            ("/shop", "/", "/shop"),
            ("/shop/", "/", "/shop"),
            ("/cart", "/cart", ""),
            ("/", "/", ""),
            ("/shop/a%2fb%21", "/a/b!", "/shop"),
        ] {
            let told = ("x-fission-full-url", whole);
            check(field, told, own, &BasePath::Told(base.to_owned()));
        }
        for (whole, own) in [
            ("/shop/cart", "/other"),
            ("/a%20b/cart", "/cart"),
            ("", "/a"),
        ] {
            check(field, ("x-fission-full-url", whole), own, &BasePath::Untold);
        }
        check(field, ("x-other", "/shop/cart"), "/cart", &BasePath::Untold);
    }

    #[test]
    fn where_nothing_is_taken_at_some_hosts_the_host_tells_it() {
        let none = BasePathSource::NoneAt(".tencentscf.com");
        let own = "1253970226-abc.ap-guangzhou.TencentSCF.com:443";
        check(none, ("host", own), "/a", &BasePath::InTarget);
        let gateway = "service-a-1.gz.apigw.tencentcs.com";
        for host in [gateway, "tencentscf.com.example", ""] {
            check(none, ("host", host), "/a", &BasePath::Untold);
        }
    }

    #[test]
    fn a_forwarded_host_counts_where_proxies_are_trusted_and_one_is_told() {
        let told = fields(&[("x-forwarded-host", "shop.example"), ("host", "10.0.0.1")]);
        assert_eq!(forwarded_host(&told, 0), ClientHost::Untold);
        let expected = ClientHost::Told("shop.example".parse().unwrap());
        assert_eq!(forwarded_host(&told, 1), expected);
        let listed = fields(&[("x-forwarded-host", "evil.example, shop.example")]);
        let mut twice = told.clone();
        twice.append(FORWARDED_HOST, "evil.example".parse().unwrap());
        for untold in [listed, twice, HeaderMap::new()] {
            assert_eq!(forwarded_host(&untold, 1), ClientHost::Untold);
        }
    }
}
