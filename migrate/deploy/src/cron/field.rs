//! One field of cron as the set of its values.

/// The values of a field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// A bit for each value.
    set: u64,
    least: u32,
    most: u32,
    /// It was written as `*`: it restricts nothing, as others do that name all values.
    star: bool,
}

impl Field {
    /// Reads a list of values, ranges and steps; the error says what is wrong.
    pub(crate) fn parse(
        text: &str,
        (least, most): (u32, u32),
        names: &[&str],
    ) -> Result<Self, String> {
        let mut set = 0;
        for part in text.split(',') {
            set |= Part { least, most, names }.set(part)?;
        }
        Ok(Self {
            set,
            least,
            most,
            star: text == "*",
        })
    }

    /// Days of the week, of which 7 is Sunday as 0 is.
    pub(crate) fn weekday(text: &str, names: &[&str]) -> Result<Self, String> {
        let mut field = Self::parse(text, (0, 7), names)?;
        let sunday = (field.set >> 7) & 1;
        field.set = (field.set & 0x7f) | sunday;
        field.most = 6;
        Ok(field)
    }

    pub(crate) fn is_star(&self) -> bool {
        self.star
    }

    /// It names every value.
    pub(crate) fn is_full(&self) -> bool {
        self.set.count_ones() == self.most - self.least + 1
    }

    /// Makes it `*`.
    pub(crate) fn fill(&mut self) {
        self.set = (self.least..=self.most).fold(0, |set, value| set | 1 << value);
        self.star = true;
    }

    fn values(&self) -> Vec<u32> {
        let all = self.least..=self.most;
        all.filter(|value| self.set >> value & 1 == 1).collect()
    }

    /// In numbers; `step` is what the dialect writes before the step of all values.
    pub(crate) fn text(&self, step: &str) -> String {
        let values = self.values();
        if self.is_full() {
            return "*".to_owned();
        }
        if let Some(width) = self.step(&values) {
            return format!("{step}{width}");
        }
        runs(&values, |value| value.to_string())
    }

    /// With names in place of numbers, which dialects count from different days.
    pub(crate) fn named(&self, names: &[&str]) -> String {
        let values = self.values();
        if self.is_full() {
            return "*".to_owned();
        }
        let name = |value: u32| {
            let name = names.get((value - self.least) as usize);
            (*name.unwrap_or(&"?")).to_owned()
        };
        runs(&values, name)
    }

    /// The distance of values that start with the least and are as many as there can be.
    fn step(&self, values: &[u32]) -> Option<u32> {
        let (first, second) = (*values.first()?, *values.get(1)?);
        let width = second - first;
        let all = (self.least..=self.most).step_by(width as usize);
        let whole = first == self.least && width > 1 && values.len() > 2;
        (whole && all.eq(values.iter().copied())).then_some(width)
    }
}

/// How a part of a field is read.
struct Part<'n> {
    least: u32,
    most: u32,
    names: &'n [&'n str],
}

impl Part<'_> {
    fn set(&self, part: &str) -> Result<u64, String> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().unwrap_or(0)),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.most.min(self.last())),
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            // A single value with a step goes on to the end.
            None if part != range => (self.value(range)?, self.last()),
            None => (self.value(range)?, self.value(range)?),
        };
        if step == 0 || from > to {
            return Err(format!("{part:?} is no range that can be carried over"));
        }
        let values = (from..=to).step_by(step);
        Ok(values.fold(0, |set, value| set | 1 << value))
    }

    /// Sunday is not counted twice.
    fn last(&self) -> u32 {
        if self.most == 7 { 6 } else { self.most }
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let named = self.names.iter().zip(self.least..);
        let named = named.filter(|(name, _)| name.eq_ignore_ascii_case(text));
        let value = named.map(|(_, value)| value).next();
        let value = value.or_else(|| text.parse().ok());
        value
            .filter(|value| (self.least..=self.most).contains(value))
            .ok_or_else(|| format!("{text:?} cannot be carried over to other platforms"))
    }
}

/// Values that follow each other as ranges, from three on.
fn runs(values: &[u32], text: impl Fn(u32) -> String) -> String {
    let mut parts = Vec::new();
    for run in values.chunk_by(|a, b| a + 1 == *b) {
        match run {
            [first, _, .., last] => parts.push(format!("{}-{}", text(*first), text(*last))),
            few => parts.extend(few.iter().map(|value| text(*value))),
        }
    }
    parts.join(",")
}
