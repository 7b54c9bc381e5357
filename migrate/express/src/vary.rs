//! The header `Vary`: package `vary` 1.1.

use crate::content_type::is_token;
use crate::value::Thrown;

/// `vary.append(header, field)`.
///
/// # Errors
/// A `TypeError` for an empty field and for what is not a header name.
pub(crate) fn add_to_vary(header: &str, field: &str) -> Result<String, Thrown> {
    if field.is_empty() {
        return Err(Thrown::type_error("field argument is required"));
    }
    let fields = names(field);
    if !fields.iter().all(|name| is_token(name)) {
        return Err(Thrown::type_error(
            "field argument contains an invalid header name",
        ));
    }
    if header == "*" {
        return Ok(header.to_owned());
    }
    let mut known: Vec<String> = names(header)
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    if fields.contains(&"*") || known.iter().any(|name| name == "*") {
        return Ok("*".to_owned());
    }
    let mut all = header.to_owned();
    for name in fields {
        let lower = name.to_lowercase();
        if known.contains(&lower) {
            continue;
        }
        known.push(lower);
        all = if all.is_empty() {
            name.to_owned()
        } else {
            format!("{all}, {name}")
        };
    }
    Ok(all)
}

fn names(list: &str) -> Vec<&str> {
    list.split(',').map(|name| name.trim_matches(' ')).collect()
}
