//! The header `Range`: package `range-parser` 1.2.

use crate::value::{JsArray, JsObject, JsString, JsValue, parse_int};

/// What becomes of overlapping and adjacent ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overlap {
    Keep,
    Combine,
}

#[derive(Debug, Clone, Copy)]
struct Range {
    start: f64,
    end: f64,
    index: usize,
}

/// `rangeParser(size, header, { combine })`.
pub(crate) fn parse(size: f64, header: &str, overlap: Overlap) -> JsValue {
    let Some((unit, list)) = header.split_once('=') else {
        return JsValue::Number(-2.0);
    };
    let members = list.split(',').enumerate();
    let ranges: Vec<Range> = members
        .filter_map(|(index, text)| one(size, text, index))
        .collect();
    if ranges.is_empty() {
        return JsValue::Number(-1.0);
    }
    let ranges = match overlap {
        Overlap::Keep => ranges,
        Overlap::Combine => combined(ranges),
    };
    let array: JsArray = ranges
        .iter()
        .map(|range| object(range.start, range.end))
        .collect();
    array.as_object().define("type", JsValue::text(unit));
    array.into()
}

fn object(start: f64, end: f64) -> JsValue {
    let object = JsObject::new();
    object.define("start", start);
    object.define("end", end);
    object.into()
}

fn one(size: f64, text: &str, index: usize) -> Option<Range> {
    let mut ends = text
        .split('-')
        .map(|end| parse_int(&JsString::new(end), 10.0));
    let (mut start, mut end) = (ends.next()?, ends.next().unwrap_or(f64::NAN));
    if start.is_nan() {
        start = size - end;
        end = size - 1.0;
    } else if end.is_nan() {
        end = size - 1.0;
    }
    if end > size - 1.0 {
        end = size - 1.0;
    }
    (start <= end && start >= 0.0).then_some(Range { start, end, index })
}

fn combined(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_by(|a, b| a.start.total_cmp(&b.start));
    let mut merged: Vec<Range> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end + 1.0 => {
                if range.end > last.end {
                    last.end = range.end;
                    last.index = last.index.min(range.index);
                }
            }
            _ => merged.push(range),
        }
    }
    merged.sort_by_key(|range| range.index);
    merged
}
