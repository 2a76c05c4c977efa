//! Schedules of the settings file.

use closecast_app::schedule::next;
use closecast_domain::Symbol;

use super::*;

fn load(text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("closecast.toml");
    std::fs::write(&path, text).unwrap();
    let place = format!("{}/", folder.path().display());
    let given = SettingArguments { config: Some(path), ..SettingArguments::default() };
    super::load(&given).map_err(|failure| failure.to_string().replace(&place, ""))
}

#[test]
fn schedules_are_read_from_the_file() {
    let settings = load(
        "
        [server]
        model_cache = \"1GiB\"
        [schedules]
        defaults = true
        [[schedule]]
        name = \"evening\"
        job = \"backtest_model\"
        cron = \"30 17 * * MON-FRI\"
        time_zone = \"America/New_York\"
        symbols = [\"aapl\"]
        [[schedule]]
        name = \"refresh-b3\"
        job = \"refresh_bars\"
        exchange = \"b3\"
        after_close = \"1h30m\"
        ",
    );
    let settings = settings.unwrap();
    assert_eq!(settings.server.model_cache.bytes(), 1 << 30);
    let schedules = settings.services().unwrap().schedules;
    let names: Vec<&str> = schedules.iter().map(|schedule| schedule.name.as_str()).collect();
    assert_eq!(names, ["evening", "refresh-b3", "refresh-us", "settle-us", "settle-b3", "retrain-weekly"]);
    let now = "2024-07-01T00:00:00Z".parse().unwrap();
    let at = |place: usize| next(&schedules[place], now).unwrap().format("%d %H:%M").to_string();
    assert_eq!([at(0), at(1)], ["01 21:30", "01 22:30"]);
    assert_eq!(schedules[0].symbols, Some(vec![Symbol::new("AAPL").unwrap()]));
    assert_eq!(load("").unwrap().services().unwrap().schedules, []);
}

#[test]
fn what_is_wrong_with_a_schedule_is_told_in_one_line_with_its_place() {
    let entry = |keys: &str| format!("log = \"info\"\n[[schedule]]\nname = \"a\"\njob = \"refresh_bars\"\n{keys}");
    let cron = "cron = \"0 6 * * SAT\"\n";
    for (text, start) in [
        (entry("cron = \"61 * * * *\""), "closecast.toml, line 5: schedule.cron: \"61 * * * *\" is not understood ("),
        (entry("cron = \"0 0 6 * * *\""), "closecast.toml, line 5: schedule.cron: \"0 0 6 * * *\" has 6 fields, but"),
        (entry("cron = 5"), "closecast.toml, line 5: schedule.cron is 5, but must be text in quotes"),
        (
            entry(&format!("{cron}time_zone = \"Mars/Phobos\"")),
            "closecast.toml, line 6: schedule.time_zone: \"Mars/Phobos\" is no time zone: give its IANA name",
        ),
        (entry("exchange = \"moon\""), "closecast.toml, line 5: schedule.exchange is \"moon\", but must be us or b3"),
        (
            entry("exchange = \"us\"\nafter_close = \"2 days\""),
            "closecast.toml, line 6: schedule.after_close: \"2 days\" is no while after a close: give less than a day",
        ),
        (
            entry(&format!("{cron}exchange = \"us\"")),
            "closecast.toml, line 2: schedule: \"a\" has both cron and exchange: keep cron for",
        ),
        (entry(""), "closecast.toml, line 2: schedule: \"a\" has neither cron nor exchange: add cron = "),
        (
            entry(&format!("{cron}after_close = \"1h\"")),
            "closecast.toml, line 2: schedule: \"a\" has after_close without exchange",
        ),
        (
            entry("exchange = \"us\"\ntime_zone = \"UTC\""),
            "closecast.toml, line 2: schedule: \"a\" has both exchange and time_zone: leave time_zone out",
        ),
        (
            entry(&format!("{cron}symbols = [\n\"AAPL\",\n\"../x\"\n]")),
            "closecast.toml, line 8: schedule.symbols: the symbol \"../x\" is not valid",
        ),
        (entry(&format!("{cron}symbols = []")), "closecast.toml, line 6: schedule.symbols: is empty: name symbols"),
        (
            format!("[[schedule]]\nname = \"a b\"\njob = \"refresh_bars\"\n{cron}"),
            "closecast.toml, line 2: schedule.name: \"a b\" is no name: give 1 to 64 letters",
        ),
        (
            format!("[[schedule]]\nname = \"a\"\njob = \"sell\"\n{cron}"),
            "closecast.toml, line 3: schedule.job is \"sell\", but must be refresh_bars or settle_forecasts or",
        ),
        (format!("[[schedule]]\nname = \"a\"\n{cron}"), "closecast.toml, line 1: schedule: missing field `job`"),
        (
            entry(&format!("{cron}\n\n[[schedule]]\njob = \"retrain_model\"\nname = \"a\"\n{cron}")),
            "closecast.toml, line 10: schedule.name: \"a\" is the name of an earlier schedule too",
        ),
        (
            entry(&format!("{cron}every = 1")),
            "closecast.toml, line 6: unknown key \"schedule.every\"; known keys: name, job",
        ),
        ("[schedules]\ndefaults = 1".to_owned(), "closecast.toml, line 2: schedules.defaults is 1, but must be"),
        (
            "[server]\nmodel_cache = \"much\"".to_owned(),
            "closecast.toml, line 2: server.model_cache is \"much\", but must be an amount of memory such as \"256MB\"",
        ),
    ] {
        let message = load(&text).unwrap_err();
        assert!(message.starts_with(start) && message.lines().count() == 1, "{message}\nnot {start}");
    }
}
