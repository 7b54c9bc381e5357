//! What has been read of a date, and when that is one.

#[derive(Default)]
pub(super) struct Day {
    pub(super) parts: [i32; 3],
    pub(super) count: usize,
    pub(super) named_month: Option<i32>,
    pub(super) is_standard: bool,
}

impl Day {
    pub(super) fn add(&mut self, part: i32) -> Option<()> {
        *self.parts.get_mut(self.count)? = part;
        self.count += 1;
        Some(())
    }

    /// Year, month from 0, and day.
    pub(super) fn written(mut self) -> Option<(i32, i32, i32)> {
        if self.count < 1 {
            return None;
        }
        self.parts[self.count..].fill(1);
        let [first, second, third] = self.parts;
        let (year, month, day) = match self.named_month {
            None if self.is_standard || !is_day(first) => (first, second, third),
            None => (third, first, second),
            Some(month) if is_day(first) => (second, month, first),
            Some(month) => (first, month, second),
        };
        let year = match year {
            0..=49 if !self.is_standard => year + 2000,
            50..=99 if !self.is_standard => year + 1900,
            year => year,
        };
        (is_month(month) && is_day(day)).then_some((year, month - 1, day))
    }
}

pub(super) fn is_month(value: i32) -> bool {
    (1..=12).contains(&value)
}

pub(super) fn is_day(value: i32) -> bool {
    (1..=31).contains(&value)
}

#[derive(Default)]
pub(super) struct Time {
    pub(super) parts: [i32; 4],
    pub(super) count: usize,
    /// Hours that the half of the day adds.
    pub(super) half: Option<i32>,
}

impl Time {
    pub(super) fn add(&mut self, part: i32) -> Option<()> {
        *self.parts.get_mut(self.count)? = part;
        self.count += 1;
        Some(())
    }

    pub(super) fn add_final(&mut self, part: i32) {
        // V8 does not mind either when there is no place left.
        let _ = self.add(part);
        self.count = self.parts.len();
    }

    /// Whether a number may be the next part.
    pub(super) fn expects(&self, part: i32) -> bool {
        match self.count {
            1 | 2 => is_minute(part),
            3 => (0..=999).contains(&part),
            _ => false,
        }
    }

    /// Milliseconds since midnight.
    pub(super) fn written(self) -> Option<f64> {
        let [mut hour, minute, second, millisecond] = self.parts;
        if let Some(half) = self.half {
            if !(0..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + half;
        }
        let is_valid = is_hour(hour)
            && is_minute(minute)
            && is_minute(second)
            && (0..=999).contains(&millisecond);
        let is_midnight = [hour, minute, second, millisecond] == [24, 0, 0, 0];
        let seconds = f64::from(hour) * 3600.0 + f64::from(minute) * 60.0 + f64::from(second);
        (is_valid || is_midnight).then(|| seconds * 1000.0 + f64::from(millisecond))
    }
}

pub(super) fn is_hour(value: i32) -> bool {
    (0..=23).contains(&value)
}

pub(super) fn is_minute(value: i32) -> bool {
    (0..=59).contains(&value)
}

#[derive(Default)]
pub(super) struct Zone {
    pub(super) sign: Option<i32>,
    pub(super) hour: Option<i32>,
    pub(super) minute: Option<i32>,
}

impl Zone {
    pub(super) fn set(&mut self, hours: i32) {
        self.sign = Some(if hours < 0 { -1 } else { 1 });
        self.hour = Some(hours.abs());
        self.minute = Some(0);
    }

    pub(super) fn is_utc(&self) -> bool {
        self.hour == Some(0) && self.minute == Some(0)
    }

    pub(super) fn expects(&self, minute: i32) -> bool {
        self.hour.is_some() && self.minute.is_none() && is_minute(minute)
    }

    /// Seconds ahead of UTC, where a zone is given; an error where there are too many. V8 counts them in 32 bits.
    pub(super) fn written(self) -> Result<Option<i32>, ()> {
        let Some(sign) = self.sign else {
            return Ok(None);
        };
        let (hour, minute) = (self.hour.unwrap_or(0), self.minute.unwrap_or(0));
        let minutes = minute.unsigned_abs().wrapping_mul(60);
        let seconds = hour.unsigned_abs().wrapping_mul(3600).wrapping_add(minutes);
        let seconds = i32::try_from(seconds).map_err(drop)?;
        Ok(Some(sign * seconds))
    }
}
