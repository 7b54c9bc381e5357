//! Dates: an instant in milliseconds since 1970, read in UTC or in the process's time zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{JsObject, JsString, JsValue, Thrown, date_text, index};

/// The most milliseconds that a date may be away from 1970 (ECMA-262, 21.4.1.1).
const FARTHEST: f64 = 8.64e15;
const DAY: f64 = 86_400_000.0;
/// The milliseconds after which the calendar repeats itself: 400 years.
const CYCLE: f64 = 146_097.0 * DAY;
/// As far from 1970 as the data of time zones is asked; beyond, years like those before them stand in.
const LATEST: f64 = 2e14;
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The parts of an instant.
struct Parts {
    year: f64,
    /// From 0.
    month: usize,
    day: f64,
    weekday: usize,
    hour: f64,
    minute: f64,
    second: f64,
    millisecond: f64,
}

/// `Date.now()`.
pub fn date_now() -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of our age are exact"
    )]
    let now = Timestamp::now().as_millisecond() as f64;
    now
}

/// `new Date().toISOString()`.
pub fn iso_now() -> JsString {
    iso(date_now()).unwrap_or_default()
}

/// `new Date()` or `new Date(value)`.
///
/// # Errors
/// What turning the value into a primitive throws.
pub fn new_date(arguments: &[JsValue]) -> Result<JsValue, Thrown> {
    let time = match arguments.first() {
        None => date_now(),
        Some(JsValue::Object(object)) if object.date().is_some() => {
            object.date().unwrap_or(f64::NAN)
        }
        Some(value) => match value.to_primitive()? {
            JsValue::String(text) => parse(&text),
            value => clip(value.to_number()?),
        },
    };
    Ok(JsObject::of_date(time).into())
}

/// `Date.parse(text)`; `NaN` for text that is no date.
pub fn date_parse(text: &JsString) -> f64 {
    parse(text)
}

/// Calls a method of a date.
pub(super) fn invoke(time: f64, name: &str) -> Option<Result<JsValue, Thrown>> {
    if matches!(name, "getTime" | "valueOf") {
        return Some(Ok(time.into()));
    }
    if matches!(name, "toISOString" | "toJSON") {
        return Some(match iso(time) {
            Some(text) => Ok(text.into()),
            None if name == "toJSON" => Ok(JsValue::Null),
            None => Err(Thrown::range_error("Invalid time value")),
        });
    }
    if name == "toString" {
        return Some(Ok(to_js_string(time).into()));
    }
    let getter = name.strip_prefix("get")?;
    let (shifted, getter) = match getter.strip_prefix("UTC") {
        Some(getter) => (time, getter),
        None => (time + offset(time), getter),
    };
    let known = [
        "FullYear",
        "Month",
        "Date",
        "Day",
        "Hours",
        "Minutes",
        "Seconds",
        "Milliseconds",
    ];
    if !known.contains(&getter) {
        return None;
    }
    if time.is_nan() {
        return Some(Ok(f64::NAN.into()));
    }
    let parts = parts(shifted);
    Some(Ok(match getter {
        "FullYear" => parts.year,
        "Month" => index::number(parts.month),
        "Date" => parts.day,
        "Day" => index::number(parts.weekday),
        "Hours" => parts.hour,
        "Minutes" => parts.minute,
        "Seconds" => parts.second,
        _ => parts.millisecond,
    }
    .into()))
}

/// `date.toISOString()`; none for an invalid date.
pub(super) fn iso(time: f64) -> Option<JsString> {
    if time.is_nan() {
        return None;
    }
    let Parts {
        year,
        month,
        day,
        hour,
        minute,
        second,
        millisecond,
        ..
    } = parts(time);
    let month = month + 1;
    let year = match year {
        year if (0.0..=9999.0).contains(&year) => format!("{year:04}"),
        year if year < 0.0 => format!("-{:06}", -year),
        year => format!("+{year:06}"),
    };
    let time = format!("{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z");
    Some(format!("{year}-{month:02}-{day:02}T{time}").into())
}

/// `String(date)`, in the process's time zone.
pub(super) fn to_js_string(time: f64) -> JsString {
    if time.is_nan() {
        return JsString::literal("Invalid Date");
    }
    let offset = offset(time);
    let Parts {
        year,
        month,
        day,
        weekday,
        hour,
        minute,
        second,
        ..
    } = parts(time + offset);
    let (weekday, month) = (WEEKDAYS[weekday % 7], MONTHS[month % 12]);
    let sign = if offset < 0.0 { '-' } else { '+' };
    let minutes = offset.abs() / 60_000.0;
    let zone = format!("{sign}{:02}{:02}", (minutes / 60.0).trunc(), minutes % 60.0);
    let name = if offset == 0.0 {
        "Coordinated Universal Time".to_owned()
    } else {
        zone.clone()
    };
    format!(
        "{weekday} {month} {day:02} {year:04} {hour:02}:{minute:02}:{second:02} GMT{zone} ({name})"
    )
    .into()
}

/// `TimeClip`.
fn clip(time: f64) -> f64 {
    if time.is_finite() && time.abs() <= FARTHEST {
        index::to_integer(time) + 0.0
    } else {
        f64::NAN
    }
}

/// What the local time is ahead of UTC at `time`, in milliseconds.
fn offset(time: f64) -> f64 {
    let cycles = (time.abs() - LATEST).max(0.0) / CYCLE;
    let time = time - time.signum() * cycles.ceil() * CYCLE;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "dates are clipped to what an i64 holds"
    )]
    let instant = Timestamp::from_millisecond(time as i64);
    instant.map_or(0.0, |instant| {
        f64::from(TimeZone::system().to_offset(instant).seconds()) * 1000.0
    })
}

/// The civil date of an instant, after Howard Hinnant's `civil_from_days`.
fn parts(time: f64) -> Parts {
    let days = (time / DAY).floor();
    let within = time - days * DAY;
    let shifted = days + 719_468.0;
    let era = (shifted / 146_097.0).floor();
    let day_of_era = shifted - era * 146_097.0;
    let year_of_era = ((day_of_era - (day_of_era / 1460.0).floor()
        + (day_of_era / 36_524.0).floor()
        - (day_of_era / 146_096.0).floor())
        / 365.0)
        .floor();
    let day_of_year = day_of_era
        - (365.0 * year_of_era + (year_of_era / 4.0).floor() - (year_of_era / 100.0).floor());
    let month_from_march = ((5.0 * day_of_year + 2.0) / 153.0).floor();
    let day = day_of_year - ((153.0 * month_from_march + 2.0) / 5.0).floor() + 1.0;
    let month = if month_from_march < 10.0 {
        month_from_march + 2.0
    } else {
        month_from_march - 10.0
    };
    let year = year_of_era + era * 400.0 + if month < 2.0 { 1.0 } else { 0.0 };
    Parts {
        year,
        month: index::length(month),
        day,
        weekday: index::length((days + 4.0).rem_euclid(7.0)),
        hour: (within / 3_600_000.0).floor(),
        minute: (within / 60_000.0).floor() % 60.0,
        second: (within / 1000.0).floor() % 60.0,
        millisecond: within % 1000.0,
    }
}

/// Days from 1970 to a civil date, months from 0.
fn days(year: f64, month: f64, day: f64) -> f64 {
    let year = if month < 2.0 { year - 1.0 } else { year };
    let month_from_march = (month + 10.0) % 12.0;
    let era = (year / 400.0).floor();
    let year_of_era = year - era * 400.0;
    let day_of_year = ((153.0 * month_from_march + 2.0) / 5.0).floor() + day - 1.0;
    let day_of_era = year_of_era * 365.0 + (year_of_era / 4.0).floor()
        - (year_of_era / 100.0).floor()
        + day_of_year;
    era * 146_097.0 + day_of_era - 719_468.0
}

/// What V8 reads from text; `NaN` where it finds no date.
fn parse(text: &JsString) -> f64 {
    let Some(written) = date_text::read(&text.units()) else {
        return f64::NAN;
    };
    let days = days(
        f64::from(written.year),
        f64::from(written.month),
        f64::from(written.day),
    );
    let date = days * DAY + written.within;
    clip(match written.offset {
        Some(seconds) => date - f64::from(seconds) * 1000.0,
        None => date - offset(date - offset(date)),
    })
}
