//! Numbers as text, and what other code may have stored.

use aws_sdk_dynamodb::types::AttributeValue;
use isobar::ErrorKind;
use isobar::document::Value;

use super::{Encoding, encode};
use crate::stored::value::decode;

fn check(value: impl Into<Value>, text: &str) {
    let value = value.into();
    let stored = encode(&value, &mut Encoding::default()).unwrap();
    assert_eq!(stored, AttributeValue::N(text.to_owned()));
    assert_eq!(decode(stored).unwrap(), value);
}

#[test]
fn numbers_are_the_shortest_text_that_reads_back_as_the_same_number() {
    check(0_i64, "0");
    check(i64::MAX, "9223372036854775807");
    check(i64::MIN, "-9223372036854775808");
    check(0.1_f64, "0.1");
    check(-1.5_f64, "-1.5");
    check(1e-5_f64, "0.00001");
    check(1.25e-130_f64, "1.25e-130");
    check(1e20_f64, "1e20");
    check(6.015_609_315_991_263e125_f64, "6.015609315991263e125");
}

#[test]
fn text_in_other_forms_is_read_as_the_number_it_is() {
    let read = |text: &str| decode(AttributeValue::N(text.to_owned()));
    assert_eq!(read("1E+2").unwrap(), Value::Int(100));
    assert_eq!(read("3.0").unwrap(), Value::Int(3));
    assert_eq!(
        read("9223372036854775808").unwrap(),
        Value::Float(9_223_372_036_854_775_808.0)
    );
    let nearest = 0.123_456_789_012_345_68;
    assert_eq!(
        read("0.12345678901234567890123").unwrap(),
        Value::Float(nearest)
    );
    assert_eq!(read("x").unwrap_err().kind(), ErrorKind::Corrupt);
}
