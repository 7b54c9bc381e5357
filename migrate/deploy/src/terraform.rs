//! Terraform in its JSON syntax: resources with what they may do, for vendors whose own form it is.
//!
//! <https://developer.hashicorp.com/terraform/language/syntax/json>

use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::names::{Called, Names};

/// A configuration in the making; the same blocks give the same text.
#[derive(Debug, Default)]
pub(crate) struct Terraform {
    root: Map<String, Value>,
    names: Names,
    /// What each kind of resource is called at the vendor.
    called: Called,
}

impl Terraform {
    /// A configuration of one vendor, whose plugin has this source and is of these versions.
    pub(crate) fn new(comment: &str, provider: &str, (source, version): (&str, &str)) -> Self {
        let mut root = Map::new();
        let comment: Vec<&str> = comment.lines().collect();
        root.insert("//".to_owned(), json!(comment));
        let required = json!({ provider: { "source": source, "version": version } });
        let terraform = json!({ "required_version": ">= 1.5", "required_providers": required });
        root.insert("terraform".to_owned(), terraform);
        Self {
            root,
            ..Self::default()
        }
    }

    /// How the vendor's plugin is configured.
    pub(crate) fn provider(&mut self, name: &str, body: Value) {
        self.block("provider", name, body);
    }

    /// A value that whoever deploys gives; without a default Terraform asks for it.
    pub(crate) fn variable(&mut self, name: &str, description: &str, default: Option<Value>) {
        let mut body = json!({ "description": description });
        if let Some(default) = default {
            body["default"] = default;
        }
        self.block("variable", name, body);
    }

    /// Something that is so or not, which whoever deploys says: a default would undo what was said the time before.
    pub(crate) fn flag(&mut self, name: &str, description: &str) {
        self.variable(name, description, None);
        self.root["variable"][name]["type"] = "bool".into();
    }

    /// A value that is shown by no command.
    pub(crate) fn secret_variable(
        &mut self,
        name: &str,
        description: &str,
        default: Option<Value>,
    ) {
        self.variable(name, description, default);
        self.root["variable"][name]["sensitive"] = true.into();
    }

    /// What is shown when all is made.
    pub(crate) fn output(&mut self, name: &str, body: Value) {
        self.block("output", name, body);
    }

    /// Something that is there already; how other blocks refer to it.
    pub(crate) fn data(&mut self, kind: &str, name: &str, body: Value) -> String {
        self.nested("data", kind, (name, body));
        format!("data.{kind}.{name}")
    }

    /// Something to be made, which is told from others of its kind by words in its name; how other blocks refer to it.
    pub(crate) fn resource(&mut self, kind: &str, words: &str, body: Value) -> String {
        self.called_by(kind, &body);
        let label = self.names.label(&format!("{kind}-{words}"));
        let taken = label.get(kind.len() + 1..).unwrap_or(&label);
        let name = taken.replace('-', "_");
        // A name begins with a letter or an underscore.
        let name = match name.as_bytes().first() {
            Some(first) if first.is_ascii_alphabetic() => name,
            _ => format!("_{name}"),
        };
        self.nested("resource", kind, (&name, body));
        format!("{kind}.{name}")
    }

    /// Keeps in mind how something is called that is there before.
    pub(crate) fn calls(&mut self, kind: &str, name: &str) {
        // Azure's tables are told apart by their letters alone.
        let name = if kind == "azurerm_storage_table" {
            name.to_ascii_lowercase()
        } else {
            name.to_owned()
        };
        self.called.add(kind, name);
    }

    fn called_by(&mut self, kind: &str, body: &Value) {
        // The name in a permission is that of another resource.
        if kind.ends_with("_iam_member") {
            return;
        }
        let names = ["name", "secret_id", "account_id"];
        let mut names = names.iter().filter_map(|name| body[name].as_str());
        if let Some(name) = names.next() {
            self.calls(kind, name);
        }
    }

    fn block(&mut self, section: &str, name: &str, body: Value) {
        let all = self.root.entry(section).or_insert_with(|| json!({}));
        all[name] = body;
    }

    fn nested(&mut self, section: &str, kind: &str, (name, body): (&str, Value)) {
        let all = self.root.entry(section).or_insert_with(|| json!({}));
        if all.get(kind).is_none() {
            all[kind] = json!({});
        }
        all[kind][name] = body;
    }

    /// The file; `Unsupported` where two resources would be called the same, of which the vendor makes one.
    pub(crate) fn text(self) -> Result<String> {
        self.called.check()?;
        let text = serde_json::to_string_pretty(&Value::Object(self.root)).map_err(|error| {
            Error::new(ErrorKind::Internal, "the resources cannot be written").with_source(error)
        })?;
        Ok(text + "\n")
    }
}

/// A reference to what another block has.
pub(crate) fn of(block: &str, attribute: &str) -> String {
    format!("${{{block}.{attribute}}}")
}

/// Text that is no template, whatever is in it.
pub(crate) fn literal(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration() -> Terraform {
        Terraform::new("one\ntwo", "google", ("hashicorp/google", ">= 6"))
    }

    #[test]
    fn a_name_is_given_once_to_each_kind() {
        let made = |all: &[(&str, &str, &str)]| {
            let mut terraform = configuration();
            for (kind, argument, name) in all {
                terraform.resource(kind, "x", json!({ *argument: name }));
            }
            terraform.text().map_err(|error| error.to_string())
        };
        let topic = ("google_topic", "name", "a-dead");
        let others = [
            topic,
            ("google_topic", "name", "A-dead"),
            ("google_subscription", "name", "a-dead"),
            ("google_topic_iam_member", "name", "a-dead"),
            ("google_topic_iam_member", "name", "a-dead"),
        ];
        made(&others).unwrap();
        for same in [
            [topic, topic],
            [("google_secret", "secret_id", "a"); 2],
            ["a", "A"].map(|name| ("azurerm_storage_table", "name", name)),
        ] {
            let told = made(&same).unwrap_err();
            let [(kind, _, name), _] = same;
            assert!(told.contains(kind) && told.contains(name), "{told}");
        }
    }

    #[test]
    fn names_of_blocks_are_once_and_literal_text_is_no_template() {
        let mut terraform = configuration();
        let same = [("a-b"), ("a_b"), ("5")];
        let names = same.map(|name| terraform.resource("google_x", name, json!({})));
        assert_eq!(names, ["google_x.a_b", "google_x.a_b_2", "google_x._5"]);
        assert_eq!(literal("a${b}%{c}$d"), "a$${b}%%{c}$d");
        let root: Value = serde_json::from_str(&terraform.text().unwrap()).unwrap();
        assert_eq!(root["//"], json!(["one", "two"]));
        assert_eq!(root["resource"]["google_x"].as_object().unwrap().len(), 3);
    }
}
