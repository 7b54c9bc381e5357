//! The one error of the portable interface: a fieldless kind to branch on, and details to report.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::capability::Capability;
use crate::document::Key;

/// The result of every portable operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync>;

/// What went wrong, in the categories a caller branches on.
///
/// The default HTTP answer of each kind is [`ErrorKind::http_status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The document or blob does not exist (or has expired).
    NotFound,
    /// A create found something at its key.
    AlreadyExists,
    /// A condition of the caller (version, field, existence) did not hold.
    PreconditionFailed,
    /// Another writer was faster; the same call may succeed when repeated.
    Contention,
    /// The call is wrong whatever the state of the store.
    InvalidArgument,
    /// One value is larger than a limit; [`Error::limit`] and [`Error::measured`] tell by how much.
    TooLarge,
    /// Too many of something: operations in a set, levels of nesting, digits of a number.
    LimitExceeded,
    /// The cloud asked us to slow down; [`Error::retry_after`] may say for how long.
    Throttled,
    /// The cloud does not know our credentials.
    Unauthenticated,
    /// The cloud knows us and refuses.
    PermissionDenied,
    /// The provider does not have what was asked for; [`Error::capability`] names it.
    Unsupported,
    /// The cloud cannot be reached or is failing.
    Unavailable,
    /// The time budget of the call was used up.
    DeadlineExceeded,
    /// The caller gave up.
    Cancelled,
    /// Stored bytes do not mean what they should.
    Corrupt,
    /// A fault of this library or of the deployment, such as a table or bucket that does not exist,
    /// or an answer nobody expected.
    Internal,
}

impl ErrorKind {
    /// The status an HTTP handler answers with when it returns this error unchanged.
    pub fn http_status(self) -> http::StatusCode {
        use http::StatusCode as S;
        match self {
            Self::NotFound => S::NOT_FOUND,
            Self::AlreadyExists | Self::Contention => S::CONFLICT,
            Self::PreconditionFailed => S::PRECONDITION_FAILED,
            Self::InvalidArgument => S::BAD_REQUEST,
            Self::TooLarge => S::PAYLOAD_TOO_LARGE,
            Self::LimitExceeded => S::UNPROCESSABLE_ENTITY,
            Self::Unsupported => S::NOT_IMPLEMENTED,
            Self::Throttled | Self::Unavailable => S::SERVICE_UNAVAILABLE,
            Self::DeadlineExceeded => S::GATEWAY_TIMEOUT,
            Self::Unauthenticated
            | Self::PermissionDenied
            | Self::Cancelled
            | Self::Corrupt
            | Self::Internal => S::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable name in snake case, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::PreconditionFailed => "precondition_failed",
            Self::Contention => "contention",
            Self::InvalidArgument => "invalid_argument",
            Self::TooLarge => "too_large",
            Self::LimitExceeded => "limit_exceeded",
            Self::Throttled => "throttled",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::Unsupported => "unsupported",
            Self::Unavailable => "unavailable",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Cancelled => "cancelled",
            Self::Corrupt => "corrupt",
            Self::Internal => "internal",
        }
    }

    /// Whether the same call may succeed later without any change.
    fn is_transient(self) -> bool {
        matches!(self, Self::Contention | Self::Throttled | Self::Unavailable)
    }
}

/// What failed, on what, and what is known about it.
///
/// `Display` is one line without the cause, for whoever made the call: it names the key, which may
/// be personal data. `Debug` is for logs: it has the kind and all that is known, leaves the key out, and of the causes it has
/// only what they say of themselves. [`source`](StdError::source) is the cause.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    operation: Option<&'static str>,
    resource: Option<String>,
    subject: Option<Subject>,
    provider: Option<&'static str>,
    retryable: bool,
    outcome_unknown: bool,
    details: Details,
    source: Option<Source>,
}

/// What the error is about, within its collection or bucket.
#[derive(Clone)]
enum Subject {
    Document(Key),
    Blob(String),
}

#[derive(Clone, Default)]
struct Details {
    limit: Option<u64>,
    measured: Option<u64>,
    index: Option<usize>,
    retry_after: Option<Duration>,
    capability: Option<Capability>,
    provider_code: Option<String>,
    request_id: Option<String>,
}

impl Error {
    /// An error of `kind`; `message` is lower case, without a full stop, and fits after "failed to".
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            resource: None,
            subject: None,
            provider: None,
            retryable: kind.is_transient(),
            outcome_unknown: false,
            details: Details::default(),
            source: None,
        }))
    }

    /// [`ErrorKind::InvalidArgument`] with a message.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    /// [`ErrorKind::Unsupported`], naming the capability that is missing.
    pub fn unsupported(capability: Capability) -> Self {
        let mut error = Self::new(
            ErrorKind::Unsupported,
            format!("the provider does not have the capability {capability}"),
        );
        error.0.details.capability = Some(capability);
        error
    }

    /// [`ErrorKind::TooLarge`] or [`ErrorKind::LimitExceeded`] with the limit and what was measured.
    pub fn over_limit(kind: ErrorKind, what: &str, limit: u64, measured: u64) -> Self {
        let mut error = Self::new(kind, format!("{what} is {measured}, the limit is {limit}"));
        error.0.details.limit = Some(limit);
        error.0.details.measured = Some(measured);
        error
    }

    /// Keeps the cause, which `source()` returns.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Overrides whether a repeated call may succeed.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Marks a write whose effect is not known: it may have happened.
    #[must_use]
    pub fn with_outcome_unknown(mut self) -> Self {
        self.0.outcome_unknown = true;
        self
    }

    /// How long the cloud asked us to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.details.retry_after = Some(wait);
        self
    }

    /// The position, in a batch or set, of the operation that failed.
    #[must_use]
    pub fn with_index(mut self, index: usize) -> Self {
        self.0.details.index = Some(index);
        self
    }

    /// The vendor's own code and request id, for a support ticket.
    #[must_use]
    pub fn with_provider_code(mut self, code: Option<&str>, request_id: Option<&str>) -> Self {
        self.0.details.provider_code = code.map(str::to_owned);
        self.0.details.request_id = request_id.map(str::to_owned);
        self
    }

    /// Fills in what the portable type knows and the driver does not; set values are kept.
    pub(crate) fn in_context(
        mut self,
        provider: &'static str,
        operation: &'static str,
        resource: &str,
    ) -> Self {
        self.0.provider.get_or_insert(provider);
        self.0.operation.get_or_insert(operation);
        self.0.resource.get_or_insert_with(|| resource.to_owned());
        self
    }

    /// The same error for another caller, without its cause.
    #[must_use]
    pub fn again(&self) -> Self {
        let Inner {
            kind,
            message,
            operation,
            resource,
            subject,
            provider,
            retryable,
            outcome_unknown,
            details,
            source: _,
        } = &*self.0;
        Self(Box::new(Inner {
            kind: *kind,
            message: message.clone(),
            operation: *operation,
            resource: resource.clone(),
            subject: subject.clone(),
            provider: *provider,
            retryable: *retryable,
            outcome_unknown: *outcome_unknown,
            details: details.clone(),
            source: None,
        }))
    }

    /// Names the blob that it is about.
    pub(crate) fn at_key(mut self, key: &str) -> Self {
        let blob = || Subject::Blob(key.to_owned());
        self.0.subject.get_or_insert_with(blob);
        self
    }

    /// Names the document that it is about.
    pub(crate) fn at_document(mut self, key: &Key) -> Self {
        let document = || Subject::Document(key.clone());
        self.0.subject.get_or_insert_with(document);
        self
    }

    /// The category to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The portable operation, such as `document.create`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The collection or bucket.
    pub fn resource(&self) -> Option<&str> {
        self.0.resource.as_deref()
    }

    /// The key of the blob that it is about.
    pub fn key(&self) -> Option<&str> {
        match &self.0.subject {
            Some(Subject::Blob(key)) => Some(key),
            _ => None,
        }
    }

    /// The key of the document that it is about, or of the partition alone.
    pub fn document_key(&self) -> Option<&Key> {
        match &self.0.subject {
            Some(Subject::Document(key)) => Some(key),
            _ => None,
        }
    }

    /// What `Display` says without operation, collection and key: what a client may be told.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The provider, such as `dynamodb` or `local`.
    pub fn provider(&self) -> Option<&'static str> {
        self.0.provider
    }

    /// Whether the same call may succeed later without any change.
    pub fn retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the write may have happened although this error was returned.
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// The limit that was passed.
    pub fn limit(&self) -> Option<u64> {
        self.0.details.limit
    }

    /// What was measured against the limit.
    pub fn measured(&self) -> Option<u64> {
        self.0.details.measured
    }

    /// The position, in a batch or set, of the operation that failed.
    pub fn index(&self) -> Option<usize> {
        self.0.details.index
    }

    /// How long the cloud asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.details.retry_after
    }

    /// The capability that is missing.
    pub fn capability(&self) -> Option<Capability> {
        self.0.details.capability
    }

    /// The vendor's own error code.
    pub fn provider_code(&self) -> Option<&str> {
        self.0.details.provider_code.as_deref()
    }

    /// The vendor's request id.
    pub fn request_id(&self) -> Option<&str> {
        self.0.details.request_id.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}")?;
            if let Some(resource) = &self.0.resource {
                write!(f, " on {resource:?}")?;
            }
            match &self.0.subject {
                None => {}
                Some(Subject::Blob(key)) => write!(f, " at {key:?}")?,
                Some(Subject::Document(key)) => write!(f, " at {key}")?,
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = f.debug_struct("Error");
        told.field("kind", &self.0.kind);
        told.field("message", &self.0.message);
        for (name, value) in self.known() {
            if let Some(value) = value {
                told.field(name, value);
            }
        }
        if self.source().is_some() {
            told.field("causes", &Causes(self.source()));
        }
        told.finish()
    }
}

type Known<'e> = Option<&'e dyn fmt::Debug>;

impl Error {
    /// What may be known of it beside its kind and message, in the order in which it is told.
    fn known(&self) -> [(&'static str, Known<'_>); 12] {
        fn told<T: fmt::Debug>(value: Option<&T>) -> Known<'_> {
            value.map(|value| value as _)
        }
        let (inner, details) = (&self.0, &self.0.details);
        [
            ("operation", told(inner.operation.as_ref())),
            ("resource", told(inner.resource.as_ref())),
            ("provider", told(inner.provider.as_ref())),
            ("retryable", inner.retryable.then_some(&true)),
            ("outcome_unknown", inner.outcome_unknown.then_some(&true)),
            ("limit", told(details.limit.as_ref())),
            ("measured", told(details.measured.as_ref())),
            ("index", told(details.index.as_ref())),
            ("retry_after", told(details.retry_after.as_ref())),
            ("capability", told(details.capability.as_ref())),
            ("provider_code", told(details.provider_code.as_ref())),
            ("request_id", told(details.request_id.as_ref())),
        ]
    }
}

/// What causes say of themselves, the nearest first; their fields may hold what was sent.
struct Causes<'e>(Option<&'e (dyn StdError + 'static)>);

impl fmt::Debug for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        let mut next = self.0;
        while let Some(cause) = next {
            list.entry(&cause.to_string());
            next = cause.source();
        }
        list.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request is what brings too much: a sum beyond 64 bits, a document too deep.
    #[test]
    fn too_many_of_something_is_the_fault_of_the_request() {
        assert_eq!(ErrorKind::LimitExceeded.http_status(), 422);
        assert_eq!(ErrorKind::TooLarge.http_status(), 413);
        assert_eq!(ErrorKind::Unsupported.http_status(), 501);
    }

    #[test]
    fn its_text_names_the_key_and_what_goes_to_logs_does_not() {
        let key = Key::from(("ann@example.org", 7));
        let error = Error::invalid("no")
            .with_source(Error::invalid("because"))
            .at_document(&key)
            .in_context("local", "document.get", "notes");
        let text = r#"document.get on "notes" at ("ann@example.org", 7): no"#;
        assert_eq!(error.to_string(), text);
        assert_eq!(error.document_key(), Some(&key));
        assert_eq!(error.message(), "no");
        let logged = format!("{error:?}");
        assert!(logged.contains("document.get") && logged.contains(r#"causes: ["because"]"#));
        assert!(!logged.contains("ann@"), "{logged}");
        let blob = Error::invalid("no").at_key("ann@example.org");
        assert!(!format!("{blob:?}").contains("ann@"));
    }
}
