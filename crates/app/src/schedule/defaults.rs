//! The schedules that `[schedules] defaults = true` switches on.

use chrono::TimeDelta;
use chrono_tz::Tz;
use closecast_domain::Exchange;

use super::{Schedule, ScheduledJob, Timing, after_close::AfterClose, cron::CronTimes};

/// How long after a close bars are fetched: providers deliver the settled bar within half an hour.
pub const REFRESH_DELAY: TimeDelta = TimeDelta::minutes(45);

/// How long after a close forecasts are settled. A fetch of 1,500 symbols, two a second, is done by then; what comes later is
/// settled the day after.
const SETTLE_DELAY: TimeDelta = TimeDelta::minutes(60);

/// When models are trained again: both exchanges are closed, and the week is complete.
const RETRAIN: &str = "0 6 * * SAT";

/// Returns the built-in schedules: after each exchange's close its bars are fetched and its forecasts settled, and once a week
/// the models are trained again.
pub fn built_in() -> Vec<Schedule> {
    let after = |name: &str, job, exchange, delay| Schedule {
        name: name.to_owned(),
        job,
        timing: Timing::AfterClose(AfterClose::new(exchange, delay)),
        symbols: None,
    };
    let weekly = RETRAIN.parse().ok().map(|pattern| Schedule {
        name: "retrain-weekly".to_owned(),
        job: ScheduledJob::RetrainModel,
        timing: Timing::Cron(Box::new(CronTimes::new(pattern, Tz::UTC))),
        symbols: None,
    });
    let daily = [
        after("refresh-us", ScheduledJob::RefreshBars, Exchange::UnitedStates, REFRESH_DELAY),
        after("settle-us", ScheduledJob::SettleForecasts, Exchange::UnitedStates, SETTLE_DELAY),
        after("refresh-b3", ScheduledJob::RefreshBars, Exchange::B3, REFRESH_DELAY),
        after("settle-b3", ScheduledJob::SettleForecasts, Exchange::B3, SETTLE_DELAY),
    ];
    daily.into_iter().chain(weekly).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_of_the_built_in_schedules() {
        let monday = "2024-07-01T00:00:00Z".parse().unwrap();
        let first: Vec<String> = built_in()
            .iter()
            .map(|schedule| format!("{} {}", schedule.name, schedule.timing.next(monday).unwrap().format("%d %H:%M")))
            .collect();
        let expected = [
            "refresh-us 01 20:45",
            "settle-us 01 21:00",
            "refresh-b3 01 21:45",
            "settle-b3 01 22:00",
            "retrain-weekly 06 06:00",
        ];
        assert_eq!(first, expected);
    }
}
