//! The members of an event that make a request, of whichever door.

use std::fmt;
use std::marker::PhantomData;

use isobar::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::FrontDoor;

pub(super) use isobar_serve::{ToldMembers as Members, ToldText as Text};

/// One value a name, as the single-value members have it.
pub(super) type Single<'e> = Members<'e, Text<'e>>;
/// All values of a name.
pub(super) type Multi<'e> = Members<'e, Values<'e>>;

/// The values of a name, of which almost all have one: that takes no list of its own.
#[derive(Debug, Default)]
pub(super) struct Values<'e> {
    first: Option<Text<'e>>,
    others: Vec<Text<'e>>,
}

/// Everything is optional: a door is told by what is there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'e"))]
pub(super) struct HttpEvent<'e> {
    #[serde(default)]
    pub(super) version: Option<Text<'e>>,
    /// Only what is asked of an authorizer has a type.
    #[serde(default, rename = "type")]
    kind: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) http_method: Option<Text<'e>>,
    #[serde(default)]
    pub(super) raw_path: Option<Text<'e>>,
    #[serde(default)]
    pub(super) path: Option<Text<'e>>,
    #[serde(default)]
    pub(super) resource: Option<Text<'e>>,
    #[serde(default)]
    pub(super) path_parameters: Option<Single<'e>>,
    #[serde(default)]
    pub(super) raw_query_string: Option<Text<'e>>,
    #[serde(default)]
    pub(super) query_string_parameters: Option<Single<'e>>,
    #[serde(default)]
    pub(super) multi_value_query_string_parameters: Option<Multi<'e>>,
    #[serde(default)]
    pub(super) headers: Option<Single<'e>>,
    #[serde(default)]
    pub(super) multi_value_headers: Option<Multi<'e>>,
    #[serde(default)]
    pub(super) cookies: Option<Vec<Text<'e>>>,
    #[serde(default)]
    pub(super) request_context: Option<RequestContext<'e>>,
    #[serde(default)]
    pub(super) body: Option<Text<'e>>,
    #[serde(default)]
    pub(super) is_base64_encoded: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'e"))]
pub(super) struct RequestContext<'e> {
    #[serde(default)]
    pub(super) http: Option<Http<'e>>,
    #[serde(default)]
    elb: Option<IgnoredAny>,
    #[serde(default)]
    connection_id: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) stage: Option<Text<'e>>,
    #[serde(default)]
    pub(super) domain_name: Option<Text<'e>>,
    #[serde(default)]
    pub(super) path: Option<Text<'e>>,
    #[serde(default)]
    pub(super) protocol: Option<Text<'e>>,
    #[serde(default)]
    pub(super) identity: Option<Identity<'e>>,
    /// What the door says of a caller that it has checked, in whichever form.
    #[serde(borrow, default)]
    pub(super) authorizer: Option<&'e serde_json::value::RawValue>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'e"))]
pub(super) struct Http<'e> {
    pub(super) method: Text<'e>,
    #[serde(default)]
    pub(super) protocol: Option<Text<'e>>,
    #[serde(default)]
    pub(super) source_ip: Option<Text<'e>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'e"))]
pub(super) struct Identity<'e> {
    #[serde(default)]
    pub(super) source_ip: Option<Text<'e>>,
    /// Whom IAM has let in.
    #[serde(default)]
    pub(super) user_arn: Option<Text<'e>>,
    /// Who that is among the users of an identity pool.
    #[serde(default)]
    pub(super) cognito_identity_id: Option<Text<'e>>,
}

/// `InvalidArgument` that names the member, where one that is known has another type.
pub(super) fn parse(event: &[u8]) -> Result<HttpEvent<'_>> {
    if event.trim_ascii_start().first() != Some(&b'{') {
        // A list would be taken for the members in their order.
        let message = "the event is not one of a front door: it is no object";
        return Err(Error::invalid(message));
    }
    // To look at every byte once for UTF-8 takes less time than at each text, and almost no event is wrong.
    let valid = std::str::from_utf8(event).ok();
    if let Some(event) = valid.and_then(|event| serde_json::from_str(event).ok()) {
        return Ok(event);
    }
    let mut json = serde_json::Deserializer::from_slice(event);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let parsed = HttpEvent::deserialize(tracked);
    parsed
        .and_then(|event| json.end().map(|()| event))
        .map_err(|error| {
            let path = track.path().to_string();
            let place = if path == "." { "the event" } else { &path };
            let message = format!("the event is not one of a front door: {place}: {error}");
            Error::invalid(message).with_source(error)
        })
}

impl HttpEvent<'_> {
    /// Whether it comes from a WebSocket API.
    /// Whether a WebSocket API brings what a client has sent; its question to an authorizer is marked like one, and has a kind.
    pub(super) fn is_of_socket(&self) -> bool {
        let context = self.request_context.as_ref();
        let is_connected = context.is_some_and(|context| context.connection_id.is_some());
        is_connected && self.kind.is_none()
    }

    /// Where the event comes from; `None` where it is no request of a client.
    pub(super) fn door(&self) -> Result<Option<FrontDoor>> {
        let context = self.request_context.as_ref();
        let version = self.version.as_ref().map(|version| &*version.0);
        let is_http = context.is_some_and(|context| context.http.is_some());
        let has_method = self.http_method.is_some();
        let is_connected = context.is_some_and(|context| context.connection_id.is_some());
        if self.kind.is_some() && (is_http || has_method || is_connected) {
            return Err(unsupported("a gateway that asks an authorizer"));
        }
        if context.is_some_and(|context| context.elb.is_some()) {
            let multi = self.multi_value_headers.is_some()
                || self.multi_value_query_string_parameters.is_some();
            return Ok(Some(if multi {
                FrontDoor::LoadBalancerMulti
            } else {
                FrontDoor::LoadBalancer
            }));
        }
        match (is_http, has_method, version) {
            (true, _, Some("2.0")) if self.is_of_function_url() => Ok(Some(FrontDoor::FunctionUrl)),
            (true, _, Some("2.0")) => Ok(Some(FrontDoor::HttpApi)),
            (true, _, version) => {
                let version = version.unwrap_or_default();
                let message =
                    format!("the event has payload format {version:?} in version, not \"2.0\"");
                Err(Error::invalid(message))
            }
            (false, true, Some("1.0")) => Ok(Some(FrontDoor::HttpApiV1)),
            (false, true, _) => Ok(Some(FrontDoor::RestApi)),
            (false, false, _) => Ok(None),
        }
    }

    pub(super) fn domain(&self) -> Option<&str> {
        let context = self.request_context.as_ref()?;
        context.domain_name.as_ref().map(|domain| &*domain.0)
    }

    fn is_of_function_url(&self) -> bool {
        self.domain()
            .is_some_and(|domain| domain.contains(".lambda-url."))
    }
}

pub(super) fn unsupported(sender: &str) -> Error {
    let message = format!("events of {sender} are not handled here");
    Error::new(ErrorKind::Unsupported, message)
}

impl Values<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Text<'_>> {
        self.first.iter().chain(&self.others)
    }
}

impl<'de: 'e, 'e> Deserialize<'de> for Values<'e> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(OneOrMore(PhantomData))
    }
}

struct OneOrMore<'e>(PhantomData<&'e str>);

impl<'de: 'e, 'e> Visitor<'de> for OneOrMore<'e> {
    type Value = Values<'e>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Values {
            first: list.next_element()?,
            others: Vec::new(),
        };
        while let Some(value) = list.next_element()? {
            values.others.push(value);
        }
        Ok(values)
    }
}
