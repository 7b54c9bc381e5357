//! Middleware of packages that the runtime has built in.

use isobar_migrate_model::code::{BuiltinMiddleware, Expression, Key, Property};

use std::fmt::Write as _;
use std::path::Path;

use super::{Porter, data};
use crate::lower::Obstacle;
use crate::machine::heap::Foreign;
use crate::machine::value::{Site, Value};
use crate::project::installed_version;
use crate::tree::EntryKind;

/// What a package's middleware becomes.
pub(super) enum Translated {
    Builtin(BuiltinMiddleware),
    /// It is left out, for this reason.
    Dropped(&'static str),
}

/// Whether a version goes before another; one that cannot be read does not.
fn is_before(version: &str, other: [u32; 3]) -> bool {
    let numbers: Vec<u32> = version
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    numbers.len() == other.len() && numbers[..] < other[..]
}

impl Porter<'_, '_> {
    /// The equivalent of `foreign`, as it was called, if there is one.
    pub(super) fn translated(
        &mut self,
        foreign: &Foreign,
        site: Site,
    ) -> Result<Translated, Obstacle> {
        let refused = || super::packages::obstacle(&foreign.package, &foreign.path);
        let options = foreign.inputs.first().cloned().unwrap_or(Value::Undefined);
        let builtin = match (&*foreign.package, &*foreign.path) {
            ("express" | "body-parser", "json()") => BuiltinMiddleware::Json {
                options: self.json_options(&foreign.package, &options)?,
            },
            ("express" | "body-parser", "urlencoded()") => {
                let known = ["extended", "limit", "parameterLimit"];
                BuiltinMiddleware::Urlencoded {
                    options: self.options(&options, &known)?,
                }
            }
            ("express" | "body-parser", "text()") => BuiltinMiddleware::Text {
                options: self.options(&options, &["limit", "type"])?,
            },
            ("cors", "()") => {
                let known = [
                    "origin",
                    "methods",
                    "allowedHeaders",
                    "exposedHeaders",
                    "credentials",
                    "maxAge",
                    "optionsSuccessStatus",
                    "preflightContinue",
                ];
                BuiltinMiddleware::Cors {
                    options: self.options(&options, &known)?,
                }
            }
            ("cookie-parser", "()") => BuiltinMiddleware::CookieParser {
                secret: match &options {
                    Value::Undefined => None,
                    secret => Some(data::literal(self.machine, secret)?),
                },
            },
            ("helmet", "()") if options == Value::Undefined => BuiltinMiddleware::Helmet,
            ("compression", "()") if options == Value::Undefined => BuiltinMiddleware::Compression,
            ("express", "static()") => return self.files(&options, site),
            ("morgan" | "express-winston" | "pino-http" | "express-pino-logger", _) => {
                return Ok(Translated::Dropped("the server logs requests"));
            }
            _ => return Err(refused()),
        };
        Ok(Translated::Builtin(builtin))
    }

    /// The options of a parser of JSON. Before 1.20.2 body-parser worded some errors in another way.
    fn json_options(&self, package: &str, options: &Value) -> Result<Option<Expression>, Obstacle> {
        let given = self.options(options, &["limit", "strict"])?;
        let below_express = "express/node_modules/body-parser";
        let places = match package {
            "express" => &[below_express, "body-parser"][..],
            _ => &["body-parser"],
        };
        let tree = self.machine.tree.as_ref();
        let version = installed_version(tree, &self.machine.root, places);
        if !version.is_some_and(|version| is_before(&version, [1, 20, 2])) {
            return Ok(given);
        }
        let mut properties = match given {
            Some(Expression::Object { properties }) => properties,
            _ => Vec::new(),
        };
        properties.push(Property::Named {
            key: Key::Name {
                name: "oldMessages".to_owned(),
            },
            value: Expression::Bool { value: true },
        });
        Ok(Some(Expression::Object { properties }))
    }

    /// Options that are all known and all understood.
    fn options(&self, options: &Value, known: &[&str]) -> Result<Option<Expression>, Obstacle> {
        if *options == Value::Undefined {
            return Ok(None);
        }
        let literal = data::literal(self.machine, options)?;
        if let Some(unknown) = names(&literal).find(|name| !known.contains(name)) {
            return Err(format!("the option {unknown}").into());
        }
        Ok(Some(literal))
    }

    /// `express.static`: its files stay with the legacy application.
    fn files(&mut self, directory: &Value, site: Site) -> Result<Translated, Obstacle> {
        let Some(directory) = directory.as_text() else {
            return Err("express.static() with a computed directory".into());
        };
        let paths = self.files_below(&self.machine.root.join(directory));
        let place = self.machine.place(site);
        let note = format!(
            "{} files that express.static serves stay with the legacy application",
            paths.len()
        );
        self.notes.push((place, note));
        Ok(Translated::Builtin(BuiltinMiddleware::Files { paths }))
    }

    /// The paths that `express.static` answers for a directory, in order. It sends those of directories on to `…/`.
    fn files_below(&self, directory: &Path) -> Vec<String> {
        let mut paths = Vec::new();
        let mut open = vec![(directory.to_owned(), String::new())];
        while let Some((directory, prefix)) = open.pop() {
            for entry in self.machine.tree.list(&directory).unwrap_or_default() {
                let path = format!("{prefix}/{}", url_encoded(&entry.name));
                let is_index = entry.name == "index.html";
                paths.extend(is_index.then(|| format!("{prefix}/")));
                let is_directory = entry.kind == EntryKind::Directory;
                open.extend(is_directory.then(|| (directory.join(&entry.name), path.clone())));
                paths.push(path);
            }
        }
        paths.sort();
        paths
    }
}

/// The names of an object literal's properties.
fn names(literal: &Expression) -> impl Iterator<Item = &str> {
    let properties = match literal {
        Expression::Object { properties } => properties.as_slice(),
        _ => &[],
    };
    properties.iter().filter_map(|property| match property {
        Property::Named {
            key: Key::Name { name },
            ..
        } => Some(name.as_str()),
        _ => None,
    })
}

/// A file's name as browsers write it in a path.
fn url_encoded(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
        if plain {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
