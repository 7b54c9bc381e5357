//! An answer as a value, for handlers whose only effect on the response is their last call.

use bytes::Bytes;

use crate::flow::Handled;
use crate::response::Response;
use crate::value::JsValue;

/// What a handler answers with. It is sent as the `res` method of the same name would send it.
///
/// ```
/// use isobar_express::{Reply, Request, Thrown, object};
///
/// async fn show(req: Request) -> Result<Reply, Thrown> {
///     let id = req.params().get("id")?;
///     if id == "0" {
///         return Ok(Reply::json(object![("error", "no such note")]).status(404));
///     }
///     Ok(Reply::json(object![("id", id)]))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Reply {
    status: Option<JsValue>,
    headers: Vec<(String, JsValue)>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Send(JsValue),
    Bytes(Bytes),
    Json(JsValue),
    SendStatus(JsValue),
    Redirect(JsValue),
    End(Bytes),
}

impl Reply {
    /// `res.send(body)`.
    pub fn send(body: impl Into<JsValue>) -> Self {
        Self::of(Content::Send(body.into()))
    }

    /// `res.send(buffer)`.
    pub fn bytes(body: impl Into<Bytes>) -> Self {
        Self::of(Content::Bytes(body.into()))
    }

    /// `res.json(value)`.
    pub fn json(value: impl Into<JsValue>) -> Self {
        Self::of(Content::Json(value.into()))
    }

    /// `res.sendStatus(code)`.
    pub fn send_status(code: impl Into<JsValue>) -> Self {
        Self::of(Content::SendStatus(code.into()))
    }

    /// `res.redirect(url)`; with another status than 302 through [`Reply::status`].
    pub fn redirect(url: impl Into<JsValue>) -> Self {
        Self::of(Content::Redirect(url.into()))
    }

    /// `res.end(body)`.
    pub fn end(body: impl Into<Bytes>) -> Self {
        Self::of(Content::End(body.into()))
    }

    /// `res.status(code)`, with any value.
    #[must_use]
    pub fn status(mut self, code: impl Into<JsValue>) -> Self {
        self.status = Some(code.into());
        self
    }

    /// `res.set(name, value)`.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<JsValue>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn of(content: Content) -> Self {
        Self {
            status: None,
            headers: Vec::new(),
            content,
        }
    }

    /// Sends it.
    pub(crate) fn send_to(self, res: &Response) -> Handled {
        for (name, value) in self.headers {
            res.set(&name, value)?;
        }
        if let Content::Redirect(url) = self.content {
            return res.redirect_with(self.status.unwrap_or_else(|| 302.into()), url);
        }
        if let Some(status) = self.status {
            res.set_status(status)?;
        }
        match self.content {
            Content::Send(body) => res.send(body),
            Content::Bytes(body) => res.send_bytes(body),
            Content::Json(value) => res.json(value),
            Content::SendStatus(code) => res.send_status(code),
            Content::Redirect(url) => res.redirect(url),
            Content::End(body) => res.end(body),
        }
    }
}
