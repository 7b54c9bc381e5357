//! Ways in which a document store may be wrong in filters, indexes, scans, counts and changes.

use isobar::document::{
    ChangeKind, Comparison, DeleteCause, FieldCondition, FieldPath, FieldTest, Filter, Projection,
    Value,
};
use isobar::driver::document::{
    ChangesRequest, Counted, DriverPlan, PageRequest, RecordChanges, Segment, Source,
};

use super::Sabotage;
use super::document::{Conduct, DocumentFault, page, request};

const NONE: DocumentFault = DocumentFault::NONE;

const fn segment(
    name: &'static str,
    case: &'static str,
    segment: fn(Segment) -> Segment,
) -> Sabotage {
    Sabotage::document(name, case, DocumentFault { segment, ..NONE })
}

const fn counted(name: &'static str, case: &'static str, counted: fn(&mut Counted)) -> Sabotage {
    Sabotage::document(name, case, DocumentFault { counted, ..NONE })
}

const fn changes(
    name: &'static str,
    case: &'static str,
    changes: fn(&ChangesRequest, &mut RecordChanges),
) -> Sabotage {
    Sabotage::document(name, case, DocumentFault { changes, ..NONE })
}

const fn conduct(name: &'static str, case: &'static str, conduct: Conduct) -> Sabotage {
    Sabotage::document(name, case, DocumentFault { conduct, ..NONE })
}

/// Changes every test of the request's filter.
fn each_test(request: &mut PageRequest, change: fn(&mut FieldCondition)) {
    if let Some(filter) = &mut request.selection.filter {
        within(filter, &|filter| {
            if let Filter::Field(condition) = filter {
                change(condition);
            }
        });
    }
}

/// Changes every part of a filter, the innermost first.
fn within(filter: &mut Filter, change: &dyn Fn(&mut Filter)) {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            for part in parts {
                within(part, change);
            }
        }
        Filter::Not(part) => within(part, change),
        _ => {}
    }
    change(filter);
}

fn is_of_index(request: &PageRequest) -> bool {
    matches!(request.selection.source, Source::Index { .. })
}

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    request("a filter is ignored", "D-412", |request| {
        request.selection.filter = None;
    }),
    Sabotage::document(
        "the plan calls tested what nobody tests",
        "D-412",
        DocumentFault {
            describe: |description| {
                description.plan = |_, selection| DriverPlan {
                    native: None,
                    rest: None,
                    ..DriverPlan::split("query", selection, |_| false)
                };
            },
            ..NONE
        },
    ),
    request("a negation needs the field", "D-262", |request| {
        if let Some(filter) = &mut request.selection.filter {
            within(filter, &|filter| {
                let tests = filter.tests();
                if let (Filter::Not(_), Some(test)) = (&*filter, tests.first()) {
                    let exists = Filter::exists(test.path.clone());
                    *filter = filter.clone().and(exists);
                }
            });
        }
    }),
    request("any-of is all-of", "D-093", |request| {
        if let Some(filter) = &mut request.selection.filter {
            within(filter, &|filter| {
                if let Filter::Any(parts) = filter {
                    *filter = Filter::All(std::mem::take(parts));
                }
            });
        }
    }),
    request("only the first part of all-of counts", "D-263", |request| {
        if let Some(Filter::All(parts)) = &mut request.selection.filter {
            parts.truncate(1);
        }
    }),
    request("one-of takes ten values", "D-264", |request| {
        each_test(request, |condition| {
            if let FieldTest::OneOf(values) = &mut condition.test {
                values.reverse();
                values.truncate(10);
            }
        });
    }),
    request("a dotted path is one name", "D-074", |request| {
        each_test(request, |condition| {
            condition.path = FieldPath::of([condition.path.names().join(".")]);
        });
    }),
    request("null counts as missing", "D-414", |request| {
        if let Some(filter) = &mut request.selection.filter {
            within(filter, &|filter| {
                if let Filter::Field(condition) = filter
                    && condition.test == FieldTest::Exists
                {
                    let is_null = Filter::is_null(condition.path.clone());
                    *filter = filter.clone().and(!is_null);
                }
            });
        }
    }),
    request("contains finds equal text only", "D-413", |request| {
        each_test(request, |condition| {
            if let FieldTest::Contains(value @ Value::String(_)) = &condition.test {
                condition.test = FieldTest::Compare(Comparison::Equal, value.clone());
            }
        });
    }),
    request("begins-with finds the equal only", "D-436", |request| {
        each_test(request, |condition| {
            if let FieldTest::BeginsWith(prefix) = &condition.test {
                condition.test = FieldTest::Compare(Comparison::Equal, prefix.clone());
            }
        });
    }),
    page(
        "a projection loses a field that was asked for",
        "D-070",
        |request, page| {
            if let Projection::Fields(_) = &request.fetch.projection {
                for record in &mut page.records {
                    record.fields.shift_remove("title");
                }
            }
        },
    ),
    page(
        "a page that is not full is the last",
        "D-271",
        |request, page| {
            if page.records.len() < request.limit as usize {
                page.next = None;
            }
        },
    ),
    page("an index lags behind", "D-277", |request, page| {
        if is_of_index(request) {
            page.records.pop();
        }
    }),
    page(
        "ties in an index come in reverse",
        "D-268",
        |request, page| {
            if is_of_index(request) {
                page.records.reverse();
                page.records
                    .sort_by(|a, b| match (a.fields.get("year"), b.fields.get("year")) {
                        (Some(a), Some(b)) => a.order(b).unwrap_or(std::cmp::Ordering::Equal),
                        _ => std::cmp::Ordering::Equal,
                    });
            }
        },
    ),
    request(
        "an index ignores the value of its partition",
        "D-421",
        |request| {
            if let Source::Index { partition, .. } = &mut request.selection.source {
                *partition = Some("ann".to_owned());
            }
        },
    ),
    segment("each segment is everything", "D-276", |_| Segment::WHOLE),
    segment("the last segment is the first", "D-276", |segment| {
        Segment {
            index: if segment.index + 1 == segment.total {
                0
            } else {
                segment.index
            },
            ..segment
        }
    }),
    counted("a count is one too many", "D-275", |counted| {
        counted.count += 1;
    }),
    changes("deletes are not told", "D-290", |_, page| {
        page.changes
            .retain(|change| change.kind == ChangeKind::Upsert);
    }),
    changes("the first change of a page is lost", "D-293", |_, page| {
        if !page.changes.is_empty() {
            page.changes.remove(0);
        }
    }),
    changes("changes come backwards", "D-291", |_, page| {
        page.changes.reverse();
    }),
    changes("a set is one change", "D-297", |_, page| {
        page.changes
            .dedup_by_key(|change| change.key.partition.clone());
    }),
    changes("an expiry is told as a delete", "D-286", |_, page| {
        for change in &mut page.changes {
            if change.kind == ChangeKind::Delete(DeleteCause::Expired) {
                change.kind = ChangeKind::Delete(DeleteCause::Requested);
            }
        }
    }),
    conduct(
        "a read is older than the last write",
        "D-130",
        Conduct::ReadsAreOld,
    ),
    conduct("a write holds its thread", "D-437", Conduct::Blocks),
    conduct(
        "a set over partitions happens in steps",
        "D-429",
        Conduct::SetInSteps,
    ),
    conduct(
        "an exact increment is made twice",
        "D-432",
        Conduct::UpdateTwice,
    ),
];
