//! Names of Rust from names of JavaScript.

use std::collections::HashSet;

/// Words that cannot be identifiers.
const KEYWORDS: [&str; 53] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "safe",
];

/// Types that a module of the same name would hide.
const PRIMITIVES: [&str; 6] = ["bool", "char", "f64", "i32", "str", "u8"];

/// Names that the generated code itself uses.
const OWN: [&str; 58] = [
    "main",
    "req",
    "res",
    "state",
    "thrown",
    "attempt",
    "text",
    "object",
    "array",
    "std",
    "array_from",
    "console_debug",
    "console_error",
    "console_log",
    "console_warn",
    "create_error",
    "date_now",
    "date_parse",
    "decode_uri_component",
    "encode_uri_component",
    "escape_html",
    "is_finite",
    "is_nan",
    "iso_now",
    "json_parse",
    "json_stringify",
    "json_stringify_pretty",
    "legacy",
    "legacy_files",
    "math_max",
    "math_min",
    "math_random",
    "math_round",
    "math_sign",
    "middleware",
    "new_date",
    "new_regexp",
    "number_is_finite",
    "number_is_integer",
    "number_is_nan",
    "number_is_safe_integer",
    "number_to_string",
    "numbers",
    "object_assign",
    "object_entries",
    "object_from_entries",
    "object_has_own",
    "object_keys",
    "object_values",
    "parse_float",
    "parse_int",
    "process_uptime",
    "promise",
    "random_uuid",
    "regex",
    "to_int32",
    "array_values",
    "drop",
];

/// `name` in snake case, as an identifier.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut previous = ' ';
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let next_is_lower = characters.peek().is_some_and(char::is_ascii_lowercase);
        if character.is_ascii_uppercase() {
            let starts_word = previous.is_ascii_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_ascii_uppercase() && next_is_lower);
            if starts_word && !snake.ends_with('_') {
                snake.push('_');
            }
            snake.push(character.to_ascii_lowercase());
        } else if character.is_ascii_alphanumeric() {
            snake.push(character);
        } else if !snake.ends_with('_') && !snake.is_empty() {
            snake.push('_');
        }
        previous = character;
    }
    let snake = snake.trim_matches('_');
    match snake.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{snake}"),
        Some(_) if KEYWORDS.contains(&snake) || OWN.contains(&snake) => format!("{snake}_"),
        Some(_) => snake.to_owned(),
    }
}

/// `name` in snake case, as the name of a module.
pub(crate) fn module(name: &str) -> String {
    let snake = snake(name);
    let plain = snake.trim_end_matches('_');
    if KEYWORDS.contains(&plain) || PRIMITIVES.contains(&plain) {
        format!("{plain}_")
    } else {
        plain.to_owned()
    }
}

/// `name` in capitals, as the name of a constant.
pub(crate) fn capitals(name: &str) -> String {
    snake(name).trim_end_matches('_').to_ascii_uppercase()
}

/// Names of one scope: each is given out once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// `name`, with a number where it is taken.
    pub(crate) fn unique(&mut self, name: String) -> String {
        if self.0.insert(name.clone()) {
            return name;
        }
        let numbered = (2..).map(|number| format!("{}_{number}", name.trim_end_matches('_')));
        let free = numbered
            .into_iter()
            .find(|candidate| !self.0.contains(candidate));
        let free = free.expect("there are more numbers than names");
        self.0.insert(free.clone());
        free
    }
}

/// One thing of a plural: `notes` to `note`, `categories` to `category`.
pub(crate) fn singular(plural: &str) -> String {
    for (ending, replacement) in [("ies", "y"), ("sses", "ss"), ("ses", "se"), ("xes", "x")] {
        if let Some(stem) = plural.strip_suffix(ending).filter(|stem| stem.len() > 1) {
            return format!("{stem}{replacement}");
        }
    }
    match plural.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && stem.len() > 1 => stem.to_owned(),
        _ => plural.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case_identifiers() {
        let cases = [
            ("getUserIndex", "get_user_index"),
            ("userIdCounter", "user_id_counter"),
            ("parseHTMLPage", "parse_html_page"),
            ("_private", "private"),
            ("$el", "el"),
            ("type", "type_"),
            ("x1Y2", "x1_y2"),
            ("3d", "n3d"),
            ("名前", "value"),
            ("a-b c", "a_b_c"),
            ("NOTES_FILE", "notes_file"),
            ("req", "req_"),
        ];
        for (name, expected) in cases {
            assert_eq!(snake(name), expected, "{name}");
        }
        assert_eq!(capitals("pageSize"), "PAGE_SIZE");
    }

    #[test]
    fn a_name_is_given_out_once() {
        let mut names = Names::default();
        let given: Vec<_> = (0..3).map(|_| names.unique("note".to_owned())).collect();
        assert_eq!(given, ["note", "note_2", "note_3"]);
    }

    #[test]
    fn plurals_lose_their_ending() {
        let cases = [
            ("notes", "note"),
            ("categories", "category"),
            ("boxes", "box"),
            ("status", "statu"),
        ];
        for (plural, expected) in cases {
            assert_eq!(singular(plural), expected);
        }
    }
}
