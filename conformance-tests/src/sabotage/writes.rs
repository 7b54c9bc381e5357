//! Ways in which a document store may be wrong when it writes.

use std::time::Duration;

use isobar::ErrorKind;
use isobar::document::{Change, CollectionSchema, Condition, FieldPath, Timestamp, Update, Value};
use isobar::driver::document::{Action, Existence, ExpiryChange, Write};

use super::Sabotage;
use super::document::{Conduct, DocumentFault, renamed};

const NONE: DocumentFault = DocumentFault::NONE;

const fn conduct(name: &'static str, case: &'static str, conduct: Conduct) -> Sabotage {
    Sabotage::document(name, case, DocumentFault { conduct, ..NONE })
}

const fn write(
    name: &'static str,
    case: &'static str,
    write: fn(&CollectionSchema, &mut Write),
) -> Sabotage {
    Sabotage::document(name, case, DocumentFault { write, ..NONE })
}

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    write("create overwrites", "D-025", |_, write| {
        if write.existence == Existence::Forbidden {
            write.existence = Existence::Any;
        }
    }),
    write("replace creates", "D-034", |_, write| {
        if matches!(write.action, Action::Put { .. }) && write.existence == Existence::Required {
            write.existence = Existence::Any;
        }
    }),
    write("update creates", "D-049", |_, write| {
        if matches!(write.action, Action::Update { .. }) {
            write.existence = Existence::Any;
        }
    }),
    write("conditions on versions are lost", "D-031", |_, write| {
        write.condition.version = None;
    }),
    write("conditions on fields are lost", "D-236", |_, write| {
        write.condition.fields.clear();
    }),
    write(
        "only the first of several conditions counts",
        "D-401",
        |_, write| {
            write.condition.fields.truncate(1);
        },
    ),
    write(
        "a conditional delete ignores its condition",
        "D-042",
        |_, write| {
            if write.action == Action::Delete {
                write.condition = Condition::default();
            }
        },
    ),
    write("checks in a set are ignored", "D-254", |_, write| {
        if write.action == Action::Check {
            write.existence = Existence::Any;
            write.condition = Condition::default();
        }
    }),
    write("an expiry is not stored", "D-280", |_, write| {
        if let Action::Put { expires_at, .. } = &mut write.action {
            *expires_at = None;
        }
    }),
    write("an update takes the expiry away", "D-109", |_, write| {
        if let Action::Update { expiry, .. } = &mut write.action
            && *expiry == ExpiryChange::Keep
        {
            *expiry = ExpiryChange::To(None);
        }
    }),
    write("an update cannot move the expiry", "D-283", |_, write| {
        if let Action::Update { expiry, .. } = &mut write.action {
            *expiry = ExpiryChange::Keep;
        }
    }),
    write("remove writes null", "D-045", |_, write| {
        changed(write, |path, change| match change {
            Change::Remove => (path, Change::Set(Value::Null)),
            change => (path, change),
        });
    }),
    write("append replaces the list", "D-045", |_, write| {
        changed(write, |path, change| match change {
            Change::Append(items) => (path, Change::Set(Value::List(items))),
            change => (path, change),
        });
    }),
    write("increment sets", "D-047", |_, write| {
        changed(write, |path, change| match change {
            Change::Increment(by) => (path, Change::Set(by)),
            change => (path, change),
        });
    }),
    write(
        "a dot in a field's name leads into a map",
        "D-214",
        |_, write| {
            changed(write, |path, change| {
                (FieldPath::from(path.names().join(".")), change)
            });
        },
    ),
    conduct("a put keeps the version", "D-240", Conduct::PutKeepsVersion),
    conduct("a put keeps the expiry", "D-109", Conduct::PutKeepsExpiry),
    conduct(
        "a put keeps fields it does not name",
        "D-029",
        Conduct::PutMerges,
    ),
    conduct("a put is seen half done", "D-300", Conduct::PutIsTorn),
    conduct(
        "an update tells the document as it was",
        "D-045",
        Conduct::UpdateTellsTheOld,
    ),
    conduct(
        "concurrent updates are lost",
        "D-232",
        Conduct::UpdateInTwoSteps,
    ),
    conduct(
        "two creates at once both succeed",
        "D-230",
        Conduct::CreateInTwoSteps,
    ),
    conduct(
        "a condition is judged too early",
        "D-231",
        Conduct::ConditionInTwoSteps,
    ),
    conduct("an increment is sent twice", "D-047", Conduct::UpdateTwice),
    conduct(
        "a failed set keeps its first writes",
        "D-058",
        Conduct::SetInSteps,
    ),
    conduct("a set is seen half done", "D-256", Conduct::SetIsTorn),
    conduct(
        "a batch loses its last write",
        "D-243",
        Conduct::BatchLosesItsLast,
    ),
    Sabotage::document(
        "delete of a missing document fails",
        "D-043",
        DocumentFault {
            write: |_, write| {
                if write.action == Action::Delete {
                    write.existence = Existence::Required;
                }
            },
            ..NONE
        },
    ),
    Sabotage::document(
        "delete says that there was a document",
        "D-043",
        DocumentFault {
            written: |write, written| {
                if write.action == Action::Delete {
                    written.existed = Some(true);
                }
            },
            ..NONE
        },
    ),
    conduct(
        "an update makes a document too large",
        "D-411",
        Conduct::UpdateIgnoresLimits,
    ),
    Sabotage::document(
        "an existing document is a failed condition",
        "D-025",
        DocumentFault {
            error: |error| {
                renamed(
                    error,
                    ErrorKind::AlreadyExists,
                    ErrorKind::PreconditionFailed,
                )
            },
            ..NONE
        },
    ),
    Sabotage::document(
        "a failed condition is a conflict",
        "D-040",
        DocumentFault {
            error: |error| renamed(error, ErrorKind::PreconditionFailed, ErrorKind::Contention),
            ..NONE
        },
    ),
    Sabotage::document(
        "a missing document is a failed condition",
        "D-034",
        DocumentFault {
            error: |error| renamed(error, ErrorKind::NotFound, ErrorKind::PreconditionFailed),
            ..NONE
        },
    ),
    Sabotage::document(
        "final errors are called retryable",
        "D-301",
        DocumentFault {
            error: |error| error.with_retryable(true),
            ..NONE
        },
    ),
    Sabotage::document(
        "the error of a set tells the wrong write",
        "D-059",
        DocumentFault {
            error: |error| error.with_index(0),
            ..NONE
        },
    ),
    Sabotage::document(
        "an expired document is in the way of writes",
        "D-281",
        DocumentFault {
            write_at: |_| Timestamp::from_micros(i64::MIN),
            ..NONE
        },
    ),
    Sabotage::document(
        "expiry is a second late",
        "D-280",
        DocumentFault {
            read_at: |now| shifted(now, -1),
            ..NONE
        },
    ),
    Sabotage::document(
        "expiry is a second early",
        "D-280",
        DocumentFault {
            read_at: |now| shifted(now, 1),
            ..NONE
        },
    ),
    Sabotage::document(
        "expired documents are seen until they are swept",
        "D-280",
        DocumentFault {
            read_at: |_| Timestamp::from_micros(i64::MIN),
            ..NONE
        },
    ),
    Sabotage::document(
        "an expiry before 1970 is none",
        "D-284",
        DocumentFault {
            write: |_, write| {
                if let Action::Put { expires_at, .. } = &mut write.action {
                    expires_at.take_if(|at| at.as_micros() <= 0);
                }
            },
            ..NONE
        },
    ),
];

fn shifted(at: Timestamp, seconds: i64) -> Timestamp {
    match u64::try_from(seconds) {
        Ok(later) => at.plus(Duration::from_secs(later)),
        Err(_) => Timestamp::from_micros(at.as_micros() + seconds * 1_000_000),
    }
}

/// Rebuilds an update from its changes.
fn changed(write: &mut Write, change: fn(FieldPath, Change) -> (FieldPath, Change)) {
    let Action::Update { update, .. } = &mut write.action else {
        return;
    };
    let changes = update.changes().iter().cloned();
    *update = changes.fold(Update::new(), |update, (path, old)| {
        let (path, new) = change(path, old);
        match new {
            Change::Set(value) => update.set(path, value),
            Change::Remove => update.remove(path),
            Change::Increment(by) => update.increment(path, by),
            Change::Append(items) => items
                .into_iter()
                .fold(update, |update, item| update.append(path.clone(), item)),
            _ => update,
        }
    });
}
