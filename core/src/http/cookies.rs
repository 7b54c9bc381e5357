//! The cookies of a request in one field, however many came (rule N4).

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// Joins the lines of `Cookie` as if the client had sent one.
///
/// HTTP/2 may have as many as there are cookies (RFC 9113, section 8.2.3), which a handler must not see; some front ends and
/// clients of HTTP/1 do the same, where a user agent must not (RFC 6265, section 5.4) and a comma between them would mean
/// another thing.
pub(crate) fn join(headers: &mut HeaderMap) {
    let mut lines = headers.get_all(COOKIE).iter();
    if lines.nth(1).is_none() {
        return;
    }
    let lines = headers.get_all(COOKIE).iter();
    let lines: Vec<&[u8]> = lines.map(HeaderValue::as_bytes).collect();
    if let Ok(whole) = HeaderValue::from_bytes(&lines.join(&b"; "[..])) {
        headers.insert(COOKIE, whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&'static str], expected: &[&str]) {
        let lines = lines.iter();
        let lines = lines.map(|line| (COOKIE, HeaderValue::from_static(line)));
        let mut headers: HeaderMap = lines.collect();
        join(&mut headers);
        let found: Vec<_> = headers.get_all(COOKIE).iter().collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn several_lines_become_one_in_their_order() {
        check(&["b=2", "a=1; c", "b=3"], &["b=2; a=1; c; b=3"]);
        check(&["a=1; b=2"], &["a=1; b=2"]);
        check(&[], &[]);
    }
}
