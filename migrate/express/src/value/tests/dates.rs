//! Dates. The recorder runs in UTC.

use super::fact;
use crate::value::{JsValue, Thrown, date_parse, new_date};

fn date(value: impl Into<JsValue>) -> Result<JsValue, Thrown> {
    new_date(&[value.into()])
}

fn call(value: impl Into<JsValue>, method: &str) -> Result<JsValue, Thrown> {
    date(value)?.invoke(method, method, &[])
}

#[test]
fn dates_are_written_and_read_as_in_javascript() {
    fact(r#"new Date(0).toISOString()"#, call(0, "toISOString"));
    fact(
        r#"new Date(1700000000123).toISOString()"#,
        call(1_700_000_000_123.0, "toISOString"),
    );
    fact(r#"new Date(-1).toISOString()"#, call(-1, "toISOString"));
    fact(
        r#"new Date(-62198755200001).toISOString()"#,
        call(-62_198_755_200_001.0, "toISOString"),
    );
    fact(
        r#"new Date(253402300800000).toISOString()"#,
        call(253_402_300_800_000.0, "toISOString"),
    );
    fact(
        r#"new Date(8.64e15 + 1).getTime()"#,
        call(8.64e15 + 1.0, "getTime"),
    );
    fact(
        r#"new Date(NaN).toISOString()"#,
        call(f64::NAN, "toISOString"),
    );
    fact(r#"JSON.stringify({d: new Date(0), e: new Date(NaN)})"#, {
        let object = crate::object![("d", date(0).unwrap()), ("e", date(f64::NAN).unwrap())];
        crate::value::json_stringify(&object)
    });
    fact(
        r#"String(new Date(1700000000123))"#,
        call(1_700_000_000_123.0, "toString"),
    );
    fact(
        r#"new Date(NaN) + "!""#,
        date(f64::NAN).and_then(|it| it.plus(&"!".into())),
    );
    fact(
        r#"new Date(5) - new Date(2)"#,
        date(5).and_then(|a| Ok(a.to_number()? - date(2)?.to_number()?)),
    );
    fact(
        r#"new Date(2) < new Date(10)"#,
        date(2).and_then(|a| a.less(&date(10)?)),
    );
    fact(r#"typeof new Date(0)"#, date(0).map(|it| it.type_of()));
}

#[test]
fn parts_of_dates_are_javascripts() {
    let at = 1_709_210_096_789.0;
    fact(
        r#"new Date(1709210096789).getUTCFullYear()"#,
        call(at, "getUTCFullYear"),
    );
    fact(
        r#"new Date(1709210096789).getUTCMonth()"#,
        call(at, "getUTCMonth"),
    );
    fact(
        r#"new Date(1709210096789).getUTCDate()"#,
        call(at, "getUTCDate"),
    );
    fact(
        r#"new Date(1709210096789).getUTCDay()"#,
        call(at, "getUTCDay"),
    );
    fact(
        r#"new Date(1709210096789).getUTCHours()"#,
        call(at, "getUTCHours"),
    );
    fact(
        r#"new Date(1709210096789).getUTCMinutes()"#,
        call(at, "getUTCMinutes"),
    );
    fact(
        r#"new Date(1709210096789).getUTCSeconds()"#,
        call(at, "getUTCSeconds"),
    );
    fact(
        r#"new Date(-1).getUTCMilliseconds()"#,
        call(-1, "getUTCMilliseconds"),
    );
    fact(r#"new Date(NaN).getUTCDay()"#, call(f64::NAN, "getUTCDay"));
}

#[test]
fn iso_text_is_read_as_in_javascript() {
    let parse = |text: &'static str| Ok(date_parse(&text.into()));
    fact(
        r#"Date.parse("2024-02-29T12:34:56.789Z")"#,
        parse("2024-02-29T12:34:56.789Z"),
    );
    fact(r#"Date.parse("2024-02-29")"#, parse("2024-02-29"));
    fact(r#"Date.parse("2024-02")"#, parse("2024-02"));
    fact(r#"Date.parse("2024")"#, parse("2024"));
    fact(
        r#"Date.parse("2024-02-29T12:34")"#,
        parse("2024-02-29T12:34"),
    );
    fact(
        r#"Date.parse("2024-02-29T12:34:56+02:30")"#,
        parse("2024-02-29T12:34:56+02:30"),
    );
    fact(
        r#"Date.parse("2024-02-29T24:00:00Z")"#,
        parse("2024-02-29T24:00:00Z"),
    );
    fact(r#"Date.parse("2024-13-01")"#, parse("2024-13-01"));
    fact(
        r#"Date.parse("+010000-01-01T00:00:00Z")"#,
        parse("+010000-01-01T00:00:00Z"),
    );
    fact(r#"Date.parse("nonsense")"#, parse("nonsense"));
    fact(r#"Date.parse("")"#, parse(""));
}
