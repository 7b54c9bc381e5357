//! Writes that depend on fields of the stored document.

use isobar::document::{Comparison, Condition, PutOptions, Update, UpdateOptions, Value};
use isobar::{Capability, Collection, ErrorKind};

use super::sample::{NOTES, bytes, list, map, note, stored};
use crate::{Case, Context, Failure, expect};

const NEEDS: &[Capability] = &[Capability::FieldConditions];

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-206",
        "a condition x = 3 holds of a stored 3.0, and x = 3.0 of a stored 3",
        "R1",
        |ctx| Box::pin(numbers_compare_by_value(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-236",
        "each comparison of a field holds exactly where it should",
        "R6",
        |ctx| Box::pin(comparisons(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-265",
        "a comparison holds of no document that lacks the field or has it null, but unequal does of null",
        "R6",
        |ctx| Box::pin(null_and_missing_compare(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-266",
        "exists, missing and is_null tell a null field from a missing one",
        "R6",
        |ctx| Box::pin(null_is_not_missing(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-401",
        "conditions on several fields must all hold, nested ones included",
        "R6",
        |ctx| Box::pin(conditions_add_up(ctx)),
    )
    .needs(NEEDS),
];

/// The condition must hold of the stored document, or must not, as `holds` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Holds,
    Fails,
}
use Verdict::{Fails, Holds};

async fn judge(
    notes: &Collection<Value>,
    stored_value: Option<&Value>,
    condition: Condition,
    verdict: Verdict,
) -> Result<(), Failure> {
    let fields = stored_value.map(|value| ("x", value.clone()));
    let document = match fields {
        Some(field) => note("alice", "1", [field]),
        None => note("alice", "1", []),
    };
    notes.upsert(&document).await?;
    let described = format!("{condition:?} on {stored_value:?}");
    let put = PutOptions::default().with_condition(condition.clone());
    let replaced = notes.replace_with(&document, put).await;
    check(&described, replaced.map(|_| ()), verdict)?;
    let change = UpdateOptions::default().with_condition(condition);
    let updated = notes
        .update_with(("alice", "1"), Update::new().set("y", 1), change)
        .await;
    check(&described, updated.map(|_| ()), verdict)
}

fn check(what: &str, result: isobar::Result<()>, verdict: Verdict) -> Result<(), Failure> {
    match verdict {
        Holds => result.map_err(|error| {
            let failure = Failure::from(error);
            failure.about(what)
        }),
        Fails => expect::kind(what, result, ErrorKind::PreconditionFailed).map(|_| ()),
    }
}

async fn numbers_compare_by_value(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let beyond = Value::Int((1 << 53) + 1);
    let table = [
        (3.0.into(), 3.into(), Holds),
        (3.into(), 3.0.into(), Holds),
        (0.5.into(), 0.5.into(), Holds),
        (3.into(), 3.5.into(), Fails),
        (beyond.clone(), 9_007_199_254_740_992.0.into(), Fails),
        (beyond.clone(), beyond, Holds),
        (3.into(), "3".into(), Fails),
        (1.into(), true.into(), Fails),
    ];
    for (value, compared, verdict) in table {
        let condition = Condition::equals("x", compared);
        judge(&notes, Some(&value), condition, verdict).await?;
    }
    Ok(())
}

async fn comparisons(ctx: Context) -> Result<(), Failure> {
    use Comparison as C;
    let notes = ctx.collection(&NOTES).await?;
    let ordered: [(Value, Value); 4] = [
        (2.into(), 10.into()),
        ((-1.5).into(), 1.into()),
        ("Z".into(), "a".into()),
        (bytes(&[1]), bytes(&[1, 0])),
    ];
    let table = [
        (C::Equal, Fails, Holds),
        (C::NotEqual, Holds, Fails),
        (C::Less, Holds, Fails),
        (C::LessOrEqual, Holds, Holds),
        (C::Greater, Fails, Fails),
        (C::GreaterOrEqual, Fails, Holds),
    ];
    for (smaller, larger) in &ordered {
        for (comparison, on_larger, on_itself) in table {
            let with_larger = Condition::compare("x", comparison, larger.clone());
            judge(&notes, Some(smaller), with_larger, on_larger).await?;
            let with_itself = Condition::compare("x", comparison, smaller.clone());
            judge(&notes, Some(smaller), with_itself, on_itself).await?;
        }
    }
    let nested = list([1.into(), map([("a", 2.into())])]);
    let condition = Condition::equals("x", nested.clone());
    judge(&notes, Some(&nested), condition, Holds).await
}

async fn null_and_missing_compare(ctx: Context) -> Result<(), Failure> {
    use Comparison as C;
    let notes = ctx.collection(&NOTES).await?;
    let all = [
        C::Equal,
        C::NotEqual,
        C::Less,
        C::LessOrEqual,
        C::Greater,
        C::GreaterOrEqual,
    ];
    for comparison in all {
        let condition = Condition::compare("x", comparison, 0);
        judge(&notes, None, condition.clone(), Fails).await?;
        let on_null = if comparison == C::NotEqual {
            Holds
        } else {
            Fails
        };
        judge(&notes, Some(&Value::Null), condition, on_null).await?;
    }
    let put = PutOptions::default().with_condition(Condition::equals("x", Value::Null));
    let refused = notes.replace_with(&note("alice", "1", []), put).await;
    let what = "a comparison with null";
    expect::kind(what, refused, ErrorKind::InvalidArgument)?;
    Ok(())
}

async fn null_is_not_missing(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let null = Some(Value::Null);
    let text = Some(Value::from(""));
    let table = [
        (Condition::exists("x"), [Fails, Holds, Holds]),
        (Condition::missing("x"), [Holds, Fails, Fails]),
        (Condition::is_null("x"), [Fails, Holds, Fails]),
    ];
    for (condition, verdicts) in table {
        for (value, verdict) in [&None, &null, &text].into_iter().zip(verdicts) {
            judge(&notes, value.as_ref(), condition.clone(), verdict).await?;
        }
    }
    Ok(())
}

async fn conditions_add_up(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let value = map([("state", "draft".into()), ("n", 3.into())]);
    let draft = || Condition::equals("x.state", "draft");
    let few = || Condition::compare("x.n", Comparison::Less, 5);
    let many = || Condition::compare("x.n", Comparison::Greater, 5);
    let table = [
        (draft().and_also(few()), Holds),
        (draft().and_also(many()), Fails),
        (many().and_also(draft()), Fails),
        (few().and_also(Condition::exists("x.n.deeper")), Fails),
        (few().and_also(Condition::missing("x.n.deeper")), Holds),
    ];
    for (condition, verdict) in table {
        judge(&notes, Some(&value), condition, verdict).await?;
    }
    let version = notes.upsert(&note("alice", "1", [("n", 1.into())])).await?;
    let both = Condition::version(&version).and_also(Condition::equals("n", 2));
    let put = PutOptions::default().with_condition(both);
    let refused = notes.replace_with(&note("alice", "1", []), put).await;
    let what = "the right version with the wrong field";
    expect::kind(what, refused, ErrorKind::PreconditionFailed)?;
    stored(
        &notes,
        ("alice", "1"),
        &note("alice", "1", [("n", 1.into())]),
    )
    .await?;
    Ok(())
}
