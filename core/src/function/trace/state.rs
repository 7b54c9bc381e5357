//! `tracestate`: what each vendor on the way keeps, passed on as it came as far as there is room.
//!
//! <https://www.w3.org/TR/trace-context/#tracestate-header>

use http::HeaderValue;
use http::header::GetAll;

const MOST_MEMBERS: usize = 32;
/// What goes on at least (section 3.3.1.5), and at most: an attribute of a message of Pub/Sub holds 1,024 bytes.
const MOST_CHARACTERS: usize = 512;
/// Members that are longer go first where there is no room for all.
const LONG: usize = 128;

/// The lists of all fields in one; `None` where there is none, or one breaks the grammar, so that all of it is void.
pub(super) fn joined(fields: GetAll<'_, HeaderValue>) -> Option<HeaderValue> {
    let mut keys = Vec::new();
    let mut members = Vec::new();
    for field in fields {
        for member in field.to_str().ok()?.split(',') {
            let member = member.trim_matches([' ', '\t']);
            if member.is_empty() {
                continue;
            }
            let (key, value) = member.split_once('=')?;
            if !is_key(key) || !is_value(value) || keys.contains(&key) {
                return None;
            }
            keys.push(key);
            members.push(member);
        }
    }
    if !(1..=MOST_MEMBERS).contains(&members.len()) {
        return None;
    }
    shorten(&mut members);
    let state = (!members.is_empty()).then(|| members.join(","))?;
    HeaderValue::from_str(&state).ok()
}

/// Drops what is too much: long members, then others, each from the end, where those stand that were added first.
fn shorten(members: &mut Vec<&str>) {
    let length = |members: &[&str]| members.iter().map(|member| member.len() + 1).sum::<usize>();
    while length(members) > MOST_CHARACTERS + 1 {
        let long = members.iter().rposition(|member| member.len() > LONG);
        members.remove(long.unwrap_or(members.len() - 1));
    }
}

/// `KEY`, or `TENANT@SYSTEM`, which may be shorter.
fn is_key(key: &str) -> bool {
    match key.split_once('@') {
        Some((tenant, system)) => {
            is_name(tenant, 241) && is_name(system, 14) && system.starts_with(is_lower)
        }
        None => is_name(key, 256),
    }
}

fn is_lower(first: char) -> bool {
    first.is_ascii_lowercase()
}

fn is_name(name: &str, most: usize) -> bool {
    let starts = name.starts_with(|first: char| is_lower(first) || first.is_ascii_digit());
    let goes_on = |c: char| is_lower(c) || c.is_ascii_digit() || "_-*/".contains(c);
    starts && name.len() <= most && name.chars().all(goes_on)
}

fn is_value(value: &str) -> bool {
    let is_usable = |byte: u8| (0x20..=0x7e).contains(&byte) && byte != b',' && byte != b'=';
    (1..=256).contains(&value.len()) && value.bytes().all(is_usable) && !value.ends_with(' ')
}
