//! JSON values as YAML, with comments for the person who reads it.

use serde_json::Value;

/// What YAML 1.1 reads as something else than text.
const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// A comment, before the entry that a JSON pointer names; before the document for the empty one.
pub(crate) struct Comment {
    pub(crate) at: String,
    pub(crate) text: String,
}

impl Comment {
    pub(crate) fn new(at: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            text: text.into(),
        }
    }
}

/// A document; the same value gives the same text.
pub(crate) fn document(value: &Value, comments: &[Comment]) -> String {
    let mut writer = Writer {
        text: String::new(),
        comments,
    };
    writer.comment("", 0);
    writer.entries(value, "", 0);
    writer.text
}

struct Writer<'c> {
    text: String,
    comments: &'c [Comment],
}

impl Writer<'_> {
    fn comment(&mut self, at: &str, indent: usize) {
        let here = self.comments.iter().filter(|comment| comment.at == at);
        for line in here.flat_map(|comment| comment.text.lines()) {
            let comment = format!("{}# {line}", " ".repeat(indent));
            self.text.push_str(comment.trim_end());
            self.text.push('\n');
        }
    }

    /// A mapping or a sequence that is not empty, each entry on a line of its own.
    fn entries(&mut self, value: &Value, at: &str, indent: usize) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                    self.comment(&at, indent);
                    self.text.push_str(&" ".repeat(indent));
                    self.entry(&format!("{}:", scalar(key)), value, (&at, indent + 2));
                }
            }
            Value::Array(items) => {
                for (number, value) in items.iter().enumerate() {
                    let at = format!("{at}/{number}");
                    self.comment(&at, indent);
                    self.item(value, &at, indent);
                }
            }
            other => self.line("", other),
        }
    }

    /// The end of a line: a value that is not nested.
    fn line(&mut self, before: &str, value: &Value) {
        self.text.push_str(before);
        self.text.push_str(&plain(value));
        self.text.push('\n');
    }

    fn entry(&mut self, before: &str, value: &Value, (at, indent): (&str, usize)) {
        self.text.push_str(before);
        if is_nested(value) {
            self.text.push('\n');
            self.entries(value, at, indent);
        } else {
            self.line(" ", value);
        }
    }

    /// The first entry of a mapping stands beside the dash.
    fn item(&mut self, value: &Value, at: &str, indent: usize) {
        let dash = format!("{}- ", " ".repeat(indent));
        if !is_nested(value) {
            self.line(&dash, value);
            return;
        }
        let mut entries = Writer {
            text: String::new(),
            comments: self.comments,
        };
        entries.entries(value, at, indent + 2);
        let lines = entries.text.split_inclusive('\n');
        let mut dash = Some(dash);
        for line in lines {
            match dash.take_if(|_| !line.trim_start().starts_with('#')) {
                Some(dash) => {
                    self.text.push_str(&dash);
                    self.text.push_str(line.trim_start());
                }
                // A comment before the first entry stands where the dash does.
                None if dash.is_some() => self.text.push_str(line.get(2..).unwrap_or(line)),
                None => self.text.push_str(line),
            }
        }
    }
}

fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// Text, quoted as in JSON wherever a reader of YAML could take it for something else.
fn scalar(text: &str) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || "_-./$:".contains(c);
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '$');
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    // A colon ends a key where a space or nothing follows.
    let colons = text.ends_with(':');
    if starts && !is_word && !colons && text.chars().all(simple) {
        return text.to_owned();
    }
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_values_comments_and_words_that_mean_something_else() {
        let value = json!({
            "name": "notes",
            "version": "2.0",
            "on": ["yes", 1, true, null, {}, [], ""],
            "Fn::Sub": "a:b",
            "kind:": "c:",
            "rules": [{ "a": { "b": "x: y" }, "c": [] }, [1, [2]]],
        });
        let comments = [
            Comment::new("", "two\nlines"),
            Comment::new("/rules/0/a", "here"),
        ];
        let expected = "\
# two
# lines
name: notes
version: \"2.0\"
\"on\":
  - \"yes\"
  - 1
  - true
  - null
  - {}
  - []
  - \"\"
Fn::Sub: a:b
\"kind:\": \"c:\"
rules:
  # here
  - a:
      b: \"x: y\"
    c: []
  - - 1
    - - 2
";
        assert_eq!(document(&value, &comments), expected);
    }
}
