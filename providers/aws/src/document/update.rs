//! Portable updates as update expressions, blind where DynamoDB computes as we do.
//!
//! DynamoDB adds decimals, the portable rule is the arithmetic of `i64` and `f64`. Both agree on
//! whole numbers, so those are added blindly, within a condition that keeps the sum an `i64`. All
//! other sums are made here, from what was read, under the condition that it has not changed. So
//! is everything that may make the document larger, which DynamoDB cannot measure (rule R23).

use aws_sdk_dynamodb::types::AttributeValue;
use isobar::document::{Change, FieldPath, Map, Timestamp, Update, Value, Version};
use isobar::driver::document::{Call, ExpiryChange, Record};
use isobar::{Error, ErrorKind, Result};

use super::expression::{Placeholders, has_type};
use super::row::{self, Content, EXP, FORMAT, Item, NEWEST, ORD, REV};
use super::statement::{Effect, Setting, Statement};
use super::value::{self, Encoding, TIMESTAMP};

/// An update and what it is applied to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assignments<'w> {
    pub(super) call: &'w Call<'w>,
    pub(super) update: &'w Update,
    pub(super) expiry: ExpiryChange,
    pub(super) version: &'w Version,
}

/// A document as it was read, and as it will be.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) item: Item,
    pub(super) before: Record,
    pub(super) after: Map,
}

/// An update expression with the conditions under which it means what was asked.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub(super) expression: String,
    pub(super) conditions: Vec<String>,
    pub(super) placeholders: Placeholders,
    /// Whether the conditions ask for the version that was read, which says all there is.
    pub(super) guarded: bool,
}

impl Assignments<'_> {
    /// The update without a read; nothing where DynamoDB could not compute it as we do.
    pub(super) fn blind(&self, setting: Setting) -> Result<Option<Built>> {
        let schema = self.call.schema;
        let ordered = schema.preserve_order && !schema.adopted;
        // A fraction that DynamoDB adds to is corrected afterwards, which takes the old item and
        // a version of our own.
        let corrected = setting == Setting::Alone && !schema.adopted;
        let computes = |change: &Change| match change {
            Change::Increment(by) => corrected && matches!(by, Value::Int(_)),
            Change::Remove => true,
            _ => schema.native_limits,
        };
        let changes = self.update.changes();
        if ordered || !changes.iter().all(|(_, change)| computes(change)) {
            return Ok(None);
        }
        let mut builder = Builder::default();
        let missing = if schema.native_limits {
            Missing::CountsAsZero
        } else {
            Missing::IsRefused
        };
        for (path, change) in changes {
            builder.parents(path, change);
            match change {
                Change::Increment(by) => builder.add(path, by, missing)?,
                other => builder.assign(path, other)?,
            }
        }
        Ok(Some(self.finish(builder)))
    }

    /// The update with every sum computed, under the condition that what was read still stands.
    pub(super) fn resolved(&self, stored: &Stored) -> Result<Built> {
        let mut builder = Builder::default();
        let version = &stored.before.version;
        if !self.call.schema.adopted && !version.is_absent() {
            builder.guard_version(version);
            builder.built.guarded = true;
        }
        for (path, change) in self.update.changes() {
            builder.parents(path, change);
            match change {
                Change::Increment(_) => {
                    let sum = path.find(&stored.after).ok_or_else(not_applied)?;
                    builder.assign(path, &Change::Set(sum.clone()))?;
                    builder.guard(path, raw(&stored.item, path));
                }
                Change::Remove if path.find(&stored.before.fields).is_none() => {}
                Change::Append(_) if is_set(raw(&stored.item, path)) => {
                    let message = format!("{path} cannot be appended to: it is a set of DynamoDB");
                    return Err(Error::invalid(message));
                }
                other => builder.assign(path, other)?,
            }
        }
        if !self.call.schema.adopted {
            match row::order_of(self.call.schema, &stored.after) {
                Some(order) => builder.set_reserved(ORD, order),
                None if stored.item.contains_key(ORD) => builder.remove_reserved(ORD),
                None => {}
            }
        }
        Ok(self.finish(builder))
    }

    /// The whole document in place of one with a version, where the expression would be too long.
    pub(super) fn whole(&self, stored: &Stored, statement: Statement) -> Result<Statement> {
        let version = &stored.before.version;
        if self.call.schema.adopted || version.is_absent() {
            let message = "the update has more changes and conditions than DynamoDB takes at once";
            return Err(Error::new(ErrorKind::LimitExceeded, message));
        }
        let mut builder = Builder::default();
        builder.guard_version(version);
        let item = row::item(
            self.call.schema,
            Content {
                fields: &stored.after,
                version: self.version,
                expires_at: self.expires_at(Some(&stored.before)),
            },
        )?;
        Ok(Statement {
            effect: Effect::Put(item),
            condition: super::expression::all(&builder.built.conditions),
            placeholders: builder.built.placeholders,
            ..statement
        })
    }

    /// The expiry of the document afterwards.
    pub(super) fn expires_at(&self, before: Option<&Record>) -> Option<Timestamp> {
        match self.expiry {
            ExpiryChange::To(at) => at,
            ExpiryChange::Keep => before.and_then(|record| record.expires_at),
        }
    }

    fn finish(&self, mut builder: Builder) -> Built {
        if !self.call.schema.adopted {
            builder.set_reserved(REV, row::version(self.version));
            match self.expiry {
                ExpiryChange::Keep => {}
                ExpiryChange::To(Some(at)) => builder.set_reserved(EXP, row::seconds(at)),
                ExpiryChange::To(None) => builder.remove_reserved(EXP),
            }
            builder.guard_format();
            if builder.encoding == Encoding::Marked {
                builder.set_reserved(FORMAT, row::number(NEWEST));
            }
        }
        builder.finish()
    }
}

/// The attribute at a path of an item, as it is stored.
fn raw<'i>(item: &'i Item, path: &FieldPath) -> Option<&'i AttributeValue> {
    let (first, rest) = path.names().split_first()?;
    rest.iter()
        .try_fold(item.get(first)?, |value, name| match value {
            AttributeValue::M(entries) => entries.get(&*value::escape(name)),
            _ => None,
        })
}

/// Sets, which only other code writes, are read as lists but are none.
fn is_set(raw: Option<&AttributeValue>) -> bool {
    matches!(
        raw,
        Some(AttributeValue::Ss(_) | AttributeValue::Ns(_) | AttributeValue::Bs(_))
    )
}

fn not_applied() -> Error {
    Error::new(ErrorKind::Internal, "an increment left no number")
}

/// What a blind increment makes of a missing field, which would make the document larger.
#[derive(Debug, Clone, Copy)]
enum Missing {
    CountsAsZero,
    IsRefused,
}

#[derive(Debug, Default)]
struct Builder {
    built: Built,
    set: Vec<String>,
    remove: Vec<String>,
    encoding: Encoding,
}

impl Builder {
    /// A timestamp is stored as a map, but is none: nothing may be put into it.
    fn parents(&mut self, path: &FieldPath, change: &Change) {
        if matches!(change, Change::Remove) {
            return;
        }
        let names = path.names();
        for depth in 1..names.len() {
            let parent = self.built.placeholders.path(&names[..depth]);
            let mark = self.built.placeholders.name(TIMESTAMP);
            let condition = format!("attribute_not_exists({parent}.{mark})");
            if !self.built.conditions.contains(&condition) {
                self.built.conditions.push(condition);
            }
        }
    }

    fn assign(&mut self, path: &FieldPath, change: &Change) -> Result<()> {
        let mut encoding = self.encoding;
        let place = self.place(path);
        let clause = match change {
            Change::Remove => {
                self.remove.push(place);
                return Ok(());
            }
            Change::Set(value) => {
                let value = self.value(value::encode(value, &mut encoding)?);
                format!("{place} = {value}")
            }
            Change::Append(items) => {
                let items = items.iter().map(|item| value::encode(item, &mut encoding));
                let items = AttributeValue::L(items.collect::<Result<_>>()?);
                let (items, none) = (self.value(items), self.value(AttributeValue::L(Vec::new())));
                let is_list = has_type(&place, "L", &mut self.built.placeholders);
                let condition = format!("attribute_not_exists({place}) OR {is_list}");
                self.built.conditions.push(condition);
                format!("{place} = list_append(if_not_exists({place}, {none}), {items})")
            }
            _ => {
                let message = "DynamoDB updates do not have this change";
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        };
        self.encoding = encoding;
        self.set.push(clause);
        Ok(())
    }

    /// Adds a whole number to one that leaves the sum within `i64`.
    fn add(&mut self, path: &FieldPath, by: &Value, missing: Missing) -> Result<()> {
        let Value::Int(by) = by else {
            return Err(not_applied());
        };
        let (least, most) = (
            i64::MIN.saturating_sub((*by).min(0)),
            i64::MAX.saturating_sub((*by).max(0)),
        );
        let place = self.place(path);
        let [least, most, by] = [least, most, *by].map(|number| self.value(row::number(number)));
        let within = format!("{place} BETWEEN {least} AND {most}");
        let (condition, sum) = match missing {
            Missing::IsRefused => (within, format!("{place} + {by}")),
            Missing::CountsAsZero => {
                let zero = self.value(row::number(0));
                let condition = format!("attribute_not_exists({place}) OR {within}");
                (condition, format!("if_not_exists({place}, {zero}) + {by}"))
            }
        };
        self.built.conditions.push(condition);
        self.set.push(format!("{place} = {sum}"));
        Ok(())
    }

    /// Asks that the field be as it was seen, unless the version says so already.
    fn guard(&mut self, path: &FieldPath, seen: Option<&AttributeValue>) {
        if self.built.guarded {
            return;
        }
        let place = self.place(path);
        let condition = match seen {
            None => format!("attribute_not_exists({place})"),
            Some(raw) => format!("{place} = {}", self.value(raw.clone())),
        };
        self.built.conditions.push(condition);
    }

    fn guard_version(&mut self, version: &Version) {
        let rev = self.built.placeholders.name(REV);
        let version = self.value(row::version(version));
        self.built.conditions.push(format!("{rev} = {version}"));
    }

    /// A row of a newer format may hold what this release would misread.
    fn guard_format(&mut self) {
        let format = self.built.placeholders.name(FORMAT);
        let newest = self.value(row::number(NEWEST));
        self.built.conditions.push(format!(
            "attribute_not_exists({format}) OR {format} <= {newest}"
        ));
    }

    fn set_reserved(&mut self, name: &str, value: AttributeValue) {
        let (name, value) = (self.built.placeholders.name(name), self.value(value));
        self.set.push(format!("{name} = {value}"));
    }

    fn remove_reserved(&mut self, name: &str) {
        let name = self.built.placeholders.name(name);
        self.remove.push(name);
    }

    fn place(&mut self, path: &FieldPath) -> String {
        let names = path.names();
        if names
            .iter()
            .skip(1)
            .any(|name| value::escape(name) != *name)
        {
            self.encoding = Encoding::Marked;
        }
        self.built.placeholders.path(names)
    }

    fn value(&mut self, value: AttributeValue) -> String {
        self.built.placeholders.value(value)
    }

    /// The expression is empty where an adopted row has none of the fields to be removed.
    fn finish(mut self) -> Built {
        let mut clauses = Vec::new();
        if !self.set.is_empty() {
            clauses.push(format!("SET {}", self.set.join(", ")));
        }
        if !self.remove.is_empty() {
            clauses.push(format!("REMOVE {}", self.remove.join(", ")));
        }
        self.built.expression = clauses.join(" ");
        self.built
    }
}
