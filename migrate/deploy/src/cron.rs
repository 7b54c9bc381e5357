//! Schedules in the dialects of platforms, or a refusal where a dialect cannot say the same.

mod field;

use field::Field;

use crate::application::Schedule;
use crate::error::{Error, Result};

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A schedule as sets of minutes, hours and days, in UTC.
#[derive(Debug)]
pub(crate) struct Cron<'s> {
    schedule: &'s Schedule,
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
}

impl<'s> Cron<'s> {
    /// Reads five fields, as the local platform does.
    pub(crate) fn parse(schedule: &'s Schedule) -> Result<Self> {
        let fields: Vec<&str> = schedule.cron.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(refusal(schedule, "it does not have five fields"));
        };
        let wrong = |why: String| refusal(schedule, &why);
        let parsed = Self {
            schedule,
            minute: Field::parse(minute, (0, 59), &[]).map_err(wrong)?,
            hour: Field::parse(hour, (0, 23), &[]).map_err(wrong)?,
            day: Field::parse(&day.replace('?', "*"), (1, 31), &[]).map_err(wrong)?,
            month: Field::parse(month, (1, 12), &MONTHS).map_err(wrong)?,
            weekday: Field::weekday(&weekday.replace('?', "*"), &DAYS).map_err(wrong)?,
        };
        Ok(parsed.with_plain_days())
    }

    /// Either day is enough where neither is `*`: one that names all of them restricts nothing.
    fn with_plain_days(mut self) -> Self {
        let restricted = !self.day.is_star() && !self.weekday.is_star();
        if restricted && (self.day.is_full() || self.weekday.is_full()) {
            self.day.fill();
            self.weekday.fill();
        }
        self
    }

    /// Five fields as Unix has them: Google Cloud Scheduler, Kubernetes. There, as here, either day
    /// is enough where both are restricted, which a field with a `*` in it is not.
    ///
    /// <https://man7.org/linux/man-pages/man5/crontab.5.html>
    pub(crate) fn unix(&self) -> String {
        let [minute, hour, month] =
            [&self.minute, &self.hour, &self.month].map(|field| field.text("*/"));
        let every = if self.weekday.is_star() {
            "*/"
        } else {
            "1-31/"
        };
        let (day, weekday) = (self.day.text(every), self.weekday.named(&DAYS));
        format!("{minute} {hour} {day} {month} {weekday}")
    }

    /// `cron(…)` of Amazon EventBridge: six fields, one of the days `?`.
    ///
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>
    pub(crate) fn eventbridge(&self) -> Result<String> {
        let (day, weekday) = self.one_of_the_days("Amazon EventBridge")?;
        let day = day.map_or_else(|| "?".to_owned(), |day| day.text("1/"));
        let weekday = weekday.map_or_else(|| "?".to_owned(), |weekday| weekday.named(&DAYS));
        let (minute, hour) = (self.minute.text("0/"), self.hour.text("0/"));
        let month = self.month.text("1/");
        Ok(format!("cron({minute} {hour} {day} {month} {weekday} *)"))
    }

    /// Six fields, seconds first, of Azure Functions (NCRONTAB), where both days must match.
    ///
    /// <https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions>
    pub(crate) fn azure(&self) -> Result<String> {
        self.one_of_the_days("Azure Functions")?;
        Ok(format!("0 {}", self.unix()))
    }

    /// Six fields, seconds first, of Alibaba Function Compute's time triggers, in UTC.
    ///
    /// <https://www.alibabacloud.com/help/en/functioncompute/time-trigger-overview>
    pub(crate) fn alibaba(&self) -> Result<String> {
        let (day, weekday) = self.one_of_the_days("Alibaba Function Compute")?;
        let day = day.map_or_else(|| "?".to_owned(), |day| day.text("1/"));
        let weekday = weekday.map_or_else(|| "?".to_owned(), |weekday| weekday.named(&DAYS));
        let (minute, hour) = (self.minute.text("0/"), self.hour.text("0/"));
        let month = self.month.text("1/");
        Ok(format!("0 {minute} {hour} {day} {month} {weekday}"))
    }

    /// Seven fields, seconds first and the year last, of Tencent SCF's timers.
    ///
    /// <https://www.tencentcloud.com/document/product/583/9708>
    pub(crate) fn tencent(&self) -> Result<String> {
        self.one_of_the_days("Tencent SCF")?;
        Ok(format!("0 {} *", self.unix()))
    }

    /// The restricted kind of day, where one is; most dialects mean something else by two.
    fn one_of_the_days(&self, dialect: &str) -> Result<(Option<&Field>, Option<&Field>)> {
        match (self.day.is_star(), self.weekday.is_star()) {
            (_, true) => Ok((Some(&self.day), None)),
            (true, false) => Ok((None, Some(&self.weekday))),
            (false, false) => Err(refusal(
                self.schedule,
                &format!(
                    "{dialect} cannot run on a day of the month or else on one of the week: declare two schedules"
                ),
            )),
        }
    }
}

fn refusal(schedule: &Schedule, why: &str) -> Error {
    let (name, cron) = (&schedule.name, &schedule.cron);
    Error::unsupported(format!("the schedule {name:?} ({cron:?}): {why}"))
}

#[cfg(test)]
mod tests;
