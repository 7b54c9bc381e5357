//! Ways in which a document store may change what it keeps.

use isobar::document::{CollectionSchema, Timestamp, Value, Version};
use isobar::driver::document::{Action, Record};

use super::Sabotage;
use super::document::{Conduct, DocumentFault};
use super::rebuilt::{drop_fields, each_value, sort_names};

const NONE: DocumentFault = DocumentFault::NONE;

const fn record(
    name: &'static str,
    case: &'static str,
    record: fn(&CollectionSchema, &mut Record),
) -> Sabotage {
    Sabotage::document(name, case, DocumentFault { record, ..NONE })
}

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    record("null fields are dropped", "D-207", |_, record| {
        drop_fields(&mut record.fields, |value| matches!(value, Value::Null));
    }),
    record("empty text is null", "D-207", |_, record| {
        each_value(&mut record.fields, |value| {
            if matches!(value, Value::String(text) if text.is_empty()) {
                *value = Value::Null;
            }
        });
    }),
    record("empty lists are dropped", "D-207", |_, record| {
        drop_fields(
            &mut record.fields,
            |value| matches!(value, Value::List(items) if items.is_empty()),
        );
    }),
    record("null in a list is dropped", "D-208", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::List(items) = value {
                items.retain(|item| !matches!(item, Value::Null));
            }
        });
    }),
    record("maps in maps are dropped", "D-036", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::Map(fields) = value {
                fields.retain(|_, value| !matches!(value, Value::Map(_)));
            }
        });
    }),
    record("lists in lists are flattened", "D-210", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::List(items) = value {
                *items = std::mem::take(items)
                    .into_iter()
                    .flat_map(flattened)
                    .collect();
            }
        });
    }),
    record("lists are sets", "D-209", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::List(items) = value {
                items.dedup();
            }
        });
    }),
    record("integers go through floats", "D-200", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::Int(number) = value {
                *number = through_float(*number);
            }
        });
    }),
    record("zero comes back negative", "D-204", |_, record| {
        each_value(&mut record.fields, |value| {
            if matches!(value, Value::Int(0)) {
                *value = Value::Float(-0.0);
            }
        });
    }),
    record("whole numbers come back as floats", "D-205", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::Int(number @ -1_000..=1_000) = value {
                *value = Value::Float(f64::from(i16::try_from(*number).unwrap_or(0)));
            }
        });
    }),
    record(
        "floats are rounded to fifteen digits",
        "D-202",
        |_, record| {
            each_value(&mut record.fields, |value| {
                if let Value::Float(number) = value {
                    *number = format!("{number:.14e}").parse().unwrap_or(*number);
                }
            });
        },
    ),
    record(
        "timestamps lose their microseconds",
        "D-217",
        |_, record| {
            each_value(&mut record.fields, |value| {
                if let Value::Timestamp(at) = value {
                    let micros = at.as_micros();
                    *at = Timestamp::from_micros(micros - micros.rem_euclid(1_000));
                }
            });
        },
    ),
    record("timestamps are numbers", "D-007", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::Timestamp(at) = value {
                *value = Value::Int(at.as_micros());
            }
        });
    }),
    record("bytes are text", "D-007", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::Bytes(bytes) = value {
                *value = Value::String(String::from_utf8_lossy(bytes).into_owned());
            }
        });
    }),
    record("text ends at NUL", "D-212", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::String(text) = value
                && let Some(end) = text.find('\0')
            {
                text.truncate(end);
            }
        });
    }),
    record("text is composed", "D-213", |_, record| {
        each_value(&mut record.fields, |value| {
            if let Value::String(text) = value {
                *text = text.replace("e\u{301}", "\u{e9}");
            }
        });
    }),
    record("the order of names is lost", "D-219", |_, record| {
        sort_names(&mut record.fields);
    }),
    record(
        "field names lose their leading underscores",
        "D-214",
        |_, record| {
            let fields = std::mem::take(&mut record.fields);
            record.fields = fields
                .into_iter()
                .map(|(name, value)| (name.trim_start_matches('_').to_owned(), value))
                .collect();
        },
    ),
    record("the expiry is not told", "D-108", |_, record| {
        record.expires_at = None;
    }),
    record(
        "an adopted table has versions",
        "D-062",
        |schema, record| {
            if schema.adopted {
                record.version = Version::generate();
            }
        },
    ),
    record("each read tells another version", "D-024", |_, record| {
        record.version = Version::generate();
    }),
    Sabotage::document(
        "a large document is cut",
        "D-218",
        DocumentFault {
            write: |_, write| {
                if let Action::Put { fields, .. } = &mut write.action {
                    each_value(fields, |value| {
                        if let Value::String(text) = value
                            && text.len() > 300_000
                        {
                            text.pop();
                        }
                    });
                }
            },
            ..NONE
        },
    ),
    Sabotage::document(
        "a batch answers in another order",
        "D-095",
        DocumentFault {
            conduct: Conduct::BatchInOtherOrder,
            ..NONE
        },
    ),
    Sabotage::document(
        "a batch leaves no gaps",
        "D-095",
        DocumentFault {
            conduct: Conduct::BatchWithoutGaps,
            ..NONE
        },
    ),
];

fn flattened(item: Value) -> Vec<Value> {
    match item {
        Value::List(inner) => inner,
        other => vec![other],
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "losing precision is what is broken here"
)]
fn through_float(number: i64) -> i64 {
    number as f64 as i64
}
