//! MIME types by extension, from the tables that Express 4 and 5 use.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What Express falls back to.
pub(crate) const OCTET_STREAM: &str = "application/octet-stream";

/// The types of one extension.
#[derive(Debug, Clone, Copy)]
struct Types {
    /// Package `mime` 1.6.
    mime: Option<&'static str>,
    /// Package `mime-types` 2.1.
    old: Option<&'static str>,
    /// Package `mime-types` 3.0.
    new: Option<&'static str>,
}

struct Table {
    extensions: HashMap<&'static str, Types>,
    charsets: HashMap<&'static str, &'static str>,
    /// Types that `compressible` 2.0 knows better than by their name.
    compressible: HashMap<&'static str, bool>,
}

/// Read once; the file is written by `conformance-tests/emulators/express/mime.mjs`.
static TABLE: LazyLock<Table> = LazyLock::new(|| read(include_str!("mime/types.tsv")));

fn read(text: &'static str) -> Table {
    let mut table = Table {
        extensions: HashMap::new(),
        charsets: HashMap::new(),
        compressible: HashMap::new(),
    };
    for line in text.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        match cells[..] {
            ["charset", kind, charset] => {
                table.charsets.insert(kind, charset);
            }
            ["compressible", kind, known] => {
                table.compressible.insert(kind, known == "true");
            }
            [extension, mime, old, new] => {
                let mime = cell(mime, None);
                let old = cell(old, mime);
                let new = cell(new, old);
                table.extensions.insert(extension, Types { mime, old, new });
            }
            _ => {}
        }
    }
    table
}

fn cell(text: &'static str, before: Option<&'static str>) -> Option<&'static str> {
    match text {
        "-" => None,
        "=" => before,
        other => Some(other),
    }
}

/// `mime.lookup` of Express 4: of a file name, path or extension, never without an answer.
pub(crate) fn lookup_v4(path: &str) -> &'static str {
    let extension = path
        .rsplit(['.', '/', '\\'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let types = TABLE.extensions.get(extension.as_str());
    types.and_then(|types| types.mime).unwrap_or(OCTET_STREAM)
}

/// `lookup` of `mime-types` 2.1, which `req.accepts` and `req.is` of Express 4 use.
pub(crate) fn lookup_old(path: &str) -> Option<&'static str> {
    TABLE.extensions.get(extension_of(path)?.as_str())?.old
}

/// `lookup` of `mime-types` 3.0, which Express 5 uses.
pub(crate) fn lookup_v5(path: &str) -> Option<&'static str> {
    TABLE.extensions.get(extension_of(path)?.as_str())?.new
}

/// `contentType` of `mime-types` 3.0: a full type for an extension or a type, with its charset.
pub(crate) fn content_type_v5(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let kind = if text.contains('/') {
        text
    } else {
        lookup_v5(text)?
    };
    Some(
        match charset_v5(kind).filter(|_| !kind.contains("charset")) {
            Some(charset) => format!("{kind}; charset={}", charset.to_ascii_lowercase()),
            None => kind.to_owned(),
        },
    )
}

/// What `res.set` of Express 4 makes of a content type.
pub(crate) fn with_charset_v4(value: &str) -> String {
    let bare = value.split(';').next().unwrap_or_default();
    let textual = ["text/", "application/javascript", "application/json"];
    if !has_charset(value) && textual.iter().any(|prefix| bare.starts_with(prefix)) {
        return format!("{value}; charset=utf-8");
    }
    value.to_owned()
}

/// Whether `compressible` 2.0 thinks that compression helps.
pub(crate) fn is_compressible(content_type: &str) -> bool {
    let kind = content_type
        .trim_start()
        .split([';', ' ', '\t'])
        .next()
        .unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let textual = ["+json", "+text", "+xml"];
    let known = TABLE.compressible.get(kind.as_str()).copied();
    known.unwrap_or_else(|| {
        kind.starts_with("text/") || textual.iter().any(|suffix| kind.ends_with(suffix))
    })
}

/// `/;\s*charset\s*=/`.
fn has_charset(value: &str) -> bool {
    value.split(';').skip(1).any(|parameter| {
        let rest = parameter.trim_start().strip_prefix("charset");
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    })
}

fn charset_v5(kind: &str) -> Option<&'static str> {
    let kind = kind
        .trim_start()
        .split([';', ' ', '\t'])
        .next()
        .unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let own = TABLE.charsets.get(kind.as_str()).copied();
    own.or_else(|| kind.starts_with("text/").then_some("UTF-8"))
}

/// `path.extname('x.' + path)`, in lower case and without its dot; `None` when it is empty.
fn extension_of(path: &str) -> Option<String> {
    let whole = format!("x.{path}");
    let base = whole
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let (stem, extension) = base.rsplit_once('.')?;
    let hidden = stem.is_empty();
    (!hidden && !extension.is_empty()).then(|| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_looked_up_in_the_table_of_their_express() {
        assert_eq!(lookup_v4("index.HTML"), "text/html");
        assert_eq!(lookup_v4("js"), "application/javascript");
        assert_eq!(lookup_v4("nothing"), OCTET_STREAM);
        assert_eq!(lookup_v5("js"), Some("text/javascript"));
        assert_eq!(lookup_old("json"), Some("application/json"));
        assert_eq!(lookup_v5(""), None);
    }

    #[test]
    fn a_content_type_gets_the_charset_that_express_adds() {
        assert_eq!(with_charset_v4("text/html"), "text/html; charset=utf-8");
        assert_eq!(
            with_charset_v4("text/html; Charset=x"),
            "text/html; Charset=x; charset=utf-8"
        );
        assert_eq!(with_charset_v4("image/png"), "image/png");
        assert_eq!(
            content_type_v5("html").as_deref(),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(content_type_v5("bogus"), None);
    }
}
