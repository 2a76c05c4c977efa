//! The first start of many programs at once, on an empty database.

use std::process::Stdio;

use crate::machines::Fleet;

#[test]
fn programs_that_are_started_at_once_make_the_tables_once() {
    let Some(fleet) = Fleet::start("first", "") else { return };
    let start = |machine: String| {
        let mut program = fleet.program(&machine);
        program.arg("migrate").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let started: Vec<_> = (1..=6).map(|number| start(format!("machine-{number}"))).collect();
    for program in started {
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let applied =
        fleet.cluster.query("SELECT count(*) = count(DISTINCT version) AND count(*) > 1 FROM seaql_migrations");
    assert_eq!(applied, ["t"]);
    assert_eq!(fleet.json(&["doctor"])["healthy"], true);
}
