//! Requests that no function of the application ever answers.

/// Why a response was made up: an extension of the response that the service returns.
///
/// Node would leave the connection open, or close it when its process ends. A service cannot, so the answer is a bare 500
/// with an empty body and this mark. A server or gateway that sees the mark may close the connection instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unanswered {
    /// All functions returned, none of them answered or called `next`. Node waits until the client gives up.
    NoAnswer,
    /// An `async` function of an Express 4 application threw. Node's process ends, and its connections with it.
    Rejected,
    /// An error came after the headers were sent. Express destroys the socket.
    Aborted,
}

/// An extension of the response that the service returns when the request is for the legacy application.
///
/// The body is empty, the status 421 (Misdirected Request), so that nobody takes it for an answer. See
/// [`legacy`](crate::legacy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NotMine;
