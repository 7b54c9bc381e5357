//! Reads dates from text as V8 does: the format of ECMA-262 first, then what its older parser makes of any text.
//!
//! The rules are those of V8's `src/date/dateparser-inl.h`, with its names: a number is a part of the day unless
//! punctuation makes it one of the time, words before the first number mean nothing, and what stands in parentheses
//! is left out.

mod parts;
mod scanner;

use parts::{Day, Time, Zone, is_day, is_hour, is_minute, is_month};
use scanner::{Meaning, SIGNIFICANT, Scanner, Token};

/// What text says of an instant; the time zone is the local one where none is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Written {
    pub(super) year: i32,
    /// From 0.
    pub(super) month: i32,
    pub(super) day: i32,
    /// Milliseconds since midnight.
    pub(super) within: f64,
    /// Seconds ahead of UTC.
    pub(super) offset: Option<i32>,
}

/// What `text` says, in UTF-16; none where V8 finds no date.
pub(super) fn read(text: &[u16]) -> Option<Written> {
    let mut reading = Reading {
        scanner: Scanner::new(text),
        day: Day::default(),
        time: Time::default(),
        zone: Zone::default(),
        has_read_number: false,
    };
    let mut token = match reading.standard() {
        Standard::Whole => Token::End,
        Standard::Invalid => return None,
        Standard::Rest(token) => token,
    };
    reading.has_read_number = reading.day.count > 0;
    while token != Token::End {
        reading.step(token)?;
        token = reading.scanner.next();
    }
    let (year, month, day) = reading.day.written()?;
    let within = reading.time.written()?;
    let offset = reading.zone.written().ok()?;
    Some(Written {
        year,
        month,
        day,
        within,
        offset,
    })
}

/// What the format of ECMA-262 made of a text.
enum Standard {
    Whole,
    Invalid,
    /// The first token that does not fit: the older rules go on with it.
    Rest(Token),
}

struct Reading<'t> {
    scanner: Scanner<'t>,
    day: Day,
    time: Time,
    zone: Zone,
    has_read_number: bool,
}

impl Reading<'_> {
    fn standard(&mut self) -> Standard {
        if let Some(token) = self.standard_day() {
            return Standard::Rest(token);
        }
        let is_time = matches!(
            self.scanner.peek(),
            Token::Word {
                meaning: Meaning::TimeFollows,
                ..
            }
        );
        if !is_time {
            if self.scanner.peek() != Token::End {
                return Standard::Rest(self.scanner.next());
            }
        } else if self.standard_time().is_none() || self.scanner.peek() != Token::End {
            return Standard::Invalid;
        }
        if self.zone.hour.is_none() && self.time.count == 0 {
            self.zone.set(0);
        }
        self.day.is_standard = true;
        Standard::Whole
    }

    /// `YYYY-MM-DD`; the first token that does not fit.
    fn standard_day(&mut self) -> Option<Token> {
        let scanner = &mut self.scanner;
        let year = if scanner.peek().is_sign() {
            let sign = scanner.next();
            let Some(year) = scanner.peek().fixed(6) else {
                return Some(sign);
            };
            scanner.next();
            let is_negative = sign == Token::Symbol(b'-');
            if is_negative && year == 0 {
                return Some(sign);
            }
            if is_negative { -year } else { year }
        } else {
            let token = scanner.next();
            let Some(year) = token.fixed(4) else {
                return Some(token);
            };
            year
        };
        // There is place for three.
        let _ = self.day.add(year);
        for is_valid in [is_month, is_day] {
            if !self.scanner.skip(b'-') {
                break;
            }
            let token = self.scanner.next();
            let Some(part) = token.fixed(2).filter(|part| is_valid(*part)) else {
                return Some(token);
            };
            let _ = self.day.add(part);
        }
        None
    }

    /// `Thh:mm:ss.sssZ`; none where something else follows the `T`.
    fn standard_time(&mut self) -> Option<()> {
        self.scanner.next();
        let hour = self.fixed(2, |hour| (0..=24).contains(&hour))?;
        let is_24 = hour == 24;
        let fits = |part: i32| is_minute(part) && !(is_24 && part > 0);
        self.time.add(hour)?;
        self.scanner.skip(b':').then_some(())?;
        let minute = self.fixed(2, fits)?;
        self.time.add(minute)?;
        if self.scanner.skip(b':') {
            let second = self.fixed(2, fits)?;
            self.time.add(second)?;
            self.standard_fraction(is_24)?;
        }
        self.standard_zone()
    }

    fn standard_fraction(&mut self, is_24: bool) -> Option<()> {
        if !self.scanner.skip(b'.') {
            return Some(());
        }
        match self.scanner.next() {
            Token::Number { value, .. } if is_24 && value > 0 => None,
            Token::Number { value, length } => self.time.add(milliseconds(value, length)),
            _ => None,
        }
    }

    fn standard_zone(&mut self) -> Option<()> {
        if self.scanner.peek().is_zulu() {
            self.scanner.next();
            self.zone.set(0);
            return Some(());
        }
        if !self.scanner.peek().is_sign() {
            return Some(());
        }
        self.sign();
        let (hour, minute) = if let Some(both) = self.scanner.peek().fixed(4) {
            self.scanner.next();
            (both / 100, both % 100)
        } else {
            let hour = self.fixed(2, is_hour)?;
            self.scanner.skip(b':').then_some(())?;
            (hour, self.fixed(2, is_minute)?)
        };
        self.zone.hour = Some(hour);
        self.zone.minute = Some(minute);
        (is_hour(hour) && is_minute(minute)).then_some(())
    }

    fn sign(&mut self) {
        let is_negative = self.scanner.next() == Token::Symbol(b'-');
        self.zone.sign = Some(if is_negative { -1 } else { 1 });
    }

    /// A number of that many digits that satisfies `is_valid`.
    fn fixed(&mut self, digits: usize, is_valid: impl Fn(i32) -> bool) -> Option<i32> {
        let value = self.scanner.peek().fixed(digits)?;
        is_valid(value).then(|| {
            self.scanner.next();
            value
        })
    }

    /// One token of the older rules; none where they find no date.
    fn step(&mut self, token: Token) -> Option<()> {
        match token {
            Token::Number { value, .. } => self.older_number(value),
            Token::Word { meaning, .. } => self.older_word(meaning),
            Token::Symbol(sign @ (b'+' | b'-')) if self.zone.is_utc() || self.time.count > 0 => {
                self.older_zone(sign)
            }
            Token::Symbol(b'+' | b'-' | b')') if self.has_read_number => None,
            _ => Some(()),
        }
    }

    fn older_number(&mut self, value: i32) -> Option<()> {
        self.has_read_number = true;
        if self.scanner.skip(b':') {
            return self.older_time(value);
        }
        if self.scanner.skip(b'.') && self.time.expects(value) {
            self.time.add(value)?;
            let Token::Number { value, length } = self.scanner.peek() else {
                return None;
            };
            self.scanner.next();
            self.time.add_final(milliseconds(value, length));
            return Some(());
        }
        if self.zone.expects(value) {
            self.zone.minute = Some(value);
            return Some(());
        }
        if self.time.expects(value) {
            self.time.add_final(value);
            let next = self.scanner.peek();
            let may_follow =
                matches!(next, Token::End | Token::Space) || next.is_zulu() || next.is_sign();
            return may_follow.then_some(());
        }
        self.day.add(value)?;
        self.scanner.skip(b'-');
        Some(())
    }

    /// A number before a colon.
    fn older_time(&mut self, value: i32) -> Option<()> {
        if !self.scanner.skip(b':') {
            self.time.add(value)?;
            self.scanner.skip(b'.');
            return Some(());
        }
        if self.time.count > 0 {
            return None;
        }
        self.time.add(value)?;
        self.time.add(0)
    }

    fn older_word(&mut self, meaning: Meaning) -> Option<()> {
        match meaning {
            Meaning::HalfOfDay(hours) if self.time.count > 0 => self.time.half = Some(hours),
            Meaning::Month(month) => {
                self.day.named_month = Some(month);
                self.scanner.skip(b'-');
            }
            Meaning::Zone(hours) if self.has_read_number => self.zone.set(hours),
            // A word without a meaning may only stand before the first number, and not directly.
            _ if self.has_read_number => return None,
            _ if matches!(self.scanner.peek(), Token::Number { .. }) => return None,
            _ => {}
        }
        Some(())
    }

    fn older_zone(&mut self, sign: u8) -> Option<()> {
        self.zone.sign = Some(if sign == b'-' { -1 } else { 1 });
        let (mut value, mut length) = (0, 0);
        if let Token::Number {
            value: given,
            length: digits,
        } = self.scanner.peek()
        {
            (value, length) = (given, digits);
            self.scanner.next();
        }
        self.has_read_number = true;
        let (hour, minute) = match (self.scanner.peek(), length) {
            (Token::Symbol(b':'), _) => (value, None),
            (_, 1 | 2) => (value, Some(0)),
            (_, 3 | 4) => (value / 100, Some(value % 100)),
            _ => return None,
        };
        self.zone.hour = Some(hour);
        self.zone.minute = minute;
        Some(())
    }
}

/// The digits after the second, of which three count.
fn milliseconds(value: i32, length: usize) -> i32 {
    match length {
        1 => value * 100,
        2 => value * 10,
        _ => (3..length.min(SIGNIFICANT)).fold(value, |value, _| value / 10),
    }
}
