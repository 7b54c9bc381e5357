//! Schedules in each dialect, and what no dialect says.

use super::*;

fn schedule(cron: &str) -> Schedule {
    Schedule {
        name: "nightly".to_owned(),
        cron: cron.to_owned(),
        other: std::collections::BTreeMap::new(),
    }
}

#[test]
fn a_schedule_means_the_same_in_every_dialect() {
    let rows = [
        ("0 3 * * *", "0 3 * * *", "cron(0 3 * * ? *)"),
        ("*/5 * * * *", "*/5 * * * *", "cron(0/5 * * * ? *)"),
        (
            "*/7 8-18 * * 1-5",
            "*/7 8-18 * * MON-FRI",
            "cron(0/7 8-18 ? * MON-FRI *)",
        ),
        ("0 0 1,15 * ?", "0 0 1,15 * *", "cron(0 0 1,15 * ? *)"),
        (
            "30 6 * jan,JUL 7",
            "30 6 * 1,7 SUN",
            "cron(30 6 ? 1,7 SUN *)",
        ),
        (
            "0 12 * * 0,6",
            "0 12 * * SUN,SAT",
            "cron(0 12 ? * SUN,SAT *)",
        ),
        (
            "10-50/20 0 */2 * *",
            "10,30,50 0 */2 * *",
            "cron(10,30,50 0 1/2 * ? *)",
        ),
        ("5/25 * * * *", "5,30,55 * * * *", "cron(5,30,55 * * * ? *)"),
        ("0 0 1-31 * MON", "0 0 * * *", "cron(0 0 * * ? *)"),
        (
            "0 0 * * 1-7/2",
            "0 0 * * SUN,MON,WED,FRI",
            "cron(0 0 ? * SUN,MON,WED,FRI *)",
        ),
    ];
    for (cron, unix, eventbridge) in rows {
        let schedule = schedule(cron);
        let parsed = Cron::parse(&schedule).unwrap();
        assert_eq!(parsed.unix(), unix, "{cron}");
        assert_eq!(parsed.eventbridge().unwrap(), eventbridge, "{cron}");
        assert_eq!(parsed.azure().unwrap(), format!("0 {unix}"), "{cron}");
        assert_eq!(parsed.tencent().unwrap(), format!("0 {unix} *"), "{cron}");
    }
}

#[test]
fn a_step_of_days_beside_a_day_of_the_week_begins_with_no_star() {
    for (cron, unix) in [
        ("0 3 1-31/2 * 1", "0 3 1-31/2 * MON"),
        ("0 3 */2 * 1", "0 3 1-31/2 * MON"),
        ("*/5 3 1-31/2 */3 *", "*/5 3 */2 */3 *"),
    ] {
        assert_eq!(Cron::parse(&schedule(cron)).unwrap().unix(), unix);
    }
}

#[test]
fn either_of_two_kinds_of_days_is_unixs_alone() {
    let schedule = schedule("0 0 1 * MON");
    let parsed = Cron::parse(&schedule).unwrap();
    assert_eq!(parsed.unix(), "0 0 1 * MON");
    let refused = [
        parsed.eventbridge(),
        parsed.azure(),
        parsed.alibaba(),
        parsed.tencent(),
    ];
    for (refused, by) in
        refused
            .into_iter()
            .zip(["Amazon EventBridge", "Azure", "Alibaba", "Tencent"])
    {
        let message = refused.unwrap_err().to_string();
        assert!(
            message.contains("\"nightly\"") && message.contains(by),
            "{message}"
        );
    }
}

#[test]
fn what_cannot_be_carried_over_is_refused_by_name() {
    for (cron, why) in [
        ("0 0 L * *", "\"L\""),
        ("0 0 15W * *", "\"15W\""),
        ("0 0 * * MON#2", "\"MON#2\""),
        ("0 0 * * +MON", "\"+MON\""),
        ("@daily", "five fields"),
        ("0 0 * * * *", "five fields"),
        ("60 0 * * *", "\"60\""),
        ("*/0 0 * * *", "\"*/0\""),
        ("50-10 0 * * *", "\"50-10\""),
    ] {
        let schedule = schedule(cron);
        let message = Cron::parse(&schedule).unwrap_err().to_string();
        assert!(
            message.contains("\"nightly\"") && message.contains(why),
            "{cron}: {message}"
        );
    }
}
