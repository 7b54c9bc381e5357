//! How Lambda takes responses: whole, or as they are produced.

use isobar::{Capabilities, Capability, Error, Result};
use isobar_serve::Variables;

use super::LambdaPlatform;

/// The variable that says how the function's URL invokes it: `BUFFERED`, as where it is not set, or `RESPONSE_STREAM`.
///
/// It must be what `InvokeMode` of the URL is: Lambda tells the function neither in its environment nor in an event.
pub const INVOKE_MODE: &str = "ISOBAR_LAMBDA_INVOKE_MODE";

/// How a function URL invokes the function, by AWS's names.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum InvokeMode {
    /// Responses are taken whole, up to 6 MB.
    #[default]
    Buffered,
    /// Responses to requests through a function URL reach the client while they are produced, of any size that Lambda
    /// streams; those through other doors are taken whole.
    ResponseStream,
}

impl InvokeMode {
    /// The mode that the variables name; `InvalidArgument` where it is none.
    pub(super) fn from_variables(variables: &Variables<'_>) -> Result<Self> {
        Self::named(variables(INVOKE_MODE).as_deref())
    }

    fn named(name: Option<&str>) -> Result<Self> {
        match name {
            None | Some("" | "BUFFERED") => Ok(Self::Buffered),
            Some("RESPONSE_STREAM") => Ok(Self::ResponseStream),
            Some(other) => Err(Error::invalid(format!(
                "{INVOKE_MODE} is {other:?}, it must be BUFFERED or RESPONSE_STREAM"
            ))),
        }
    }

    /// What Lambda can do in this mode.
    pub fn capabilities(self) -> Capabilities {
        match self {
            Self::Buffered => LambdaPlatform::CAPABILITIES,
            Self::ResponseStream => LambdaPlatform::CAPABILITIES
                .union(Capabilities::of(&[Capability::ResponseStreaming])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_named_as_aws_names_it() {
        assert_eq!(InvokeMode::named(None).unwrap(), InvokeMode::Buffered);
        let named = |name| InvokeMode::named(Some(name));
        assert_eq!(named("BUFFERED").unwrap(), InvokeMode::Buffered);
        assert_eq!(
            named("RESPONSE_STREAM").unwrap(),
            InvokeMode::ResponseStream
        );
        let error = named("response_stream").unwrap_err().to_string();
        assert!(error.contains("ISOBAR_LAMBDA_INVOKE_MODE is"), "{error}");
    }
}
