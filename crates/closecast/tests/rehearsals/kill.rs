//! A program that is killed while it trains and publishes: ten moments, drawn from a seed and told on standard error.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use closecast_testkit::random::SplitMix64;

use crate::{
    postgres::Cluster,
    server::Server,
    site::{SESSIONS, Site, files, make_old, tell},
};

const SEED: u64 = 20_261_121;

/// Installations beside each other, each killed twice.
const LANES: u64 = 5;

/// Epochs of a training: about a second.
const EPOCHS: u64 = 30;

/// When to kill.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// After this part of the time that a training takes, publication included.
    Part(f64),
    /// So long after the first byte of the artifact is seen: while it is written, or its row is.
    Publishing(Duration),
}

#[test]
fn killed_at_ten_moments_on_sqlite() {
    thread::scope(|scope| {
        for lane in 0..LANES {
            scope.spawn(move || kill_twice(&Site::new(), "sqlite", lane));
        }
    });
}

#[test]
fn killed_at_ten_moments_on_postgresql() {
    let Some(cluster) = Cluster::start() else { return };
    thread::scope(|scope| {
        for lane in 0..LANES {
            let address = cluster.database(&format!("lane{lane}"));
            let settings = format!("database_url = \"{address}\"\n");
            scope.spawn(move || kill_twice(&Site::with(&settings), "postgresql", lane));
        }
    });
}

/// Kills a server once while it trains and once while it publishes.
fn kill_twice(site: &Site, database: &str, lane: u64) {
    let mut random = SplitMix64::new(SEED + lane);
    let moments =
        [Moment::Part(random.uniform()), Moment::Publishing(Duration::from_micros(random.next_u64() % 20_000))];
    let server = Server::start(&site.folder);
    let begun = Instant::now();
    let undisturbed = server.train(1000, EPOCHS);
    server.succeeds(&undisturbed);
    let length = begun.elapsed();
    server.is_idle();
    server.kill();
    for (seed, moment) in (1..).zip(moments) {
        let said = format!("{database}, lane {lane} of seed {SEED}: killed at {moment:?} of {length:?}");
        tell(&said);
        kill_at(site, seed, (moment, length), &said);
    }
    collect(site);
}

/// Kills a server while it trains, starts another, and looks whether all that was there still is, and the training ends once.
fn kill_at(site: &Site, seed: u64, (moment, length): (Moment, Duration), said: &str) {
    let (versions, forecasts) = (site.versions(), site.doctor(&[]).forecasts());
    let server = Server::start(&site.folder);
    let artifacts = || files(&site.data().join("artifacts")).len();
    let before = artifacts();
    let job = server.train(seed, EPOCHS);
    match moment {
        Moment::Part(part) => thread::sleep(length.mul_f64(part)),
        Moment::Publishing(pause) => {
            let begun = Instant::now();
            while artifacts() == before {
                assert!(begun.elapsed() < 20 * length + Duration::from_secs(10), "{said}: nothing is published");
            }
            thread::sleep(pause);
        }
    }
    server.kill();

    let server = Server::start(&site.folder);
    let answer = server.get("/api/predictions/AAPL");
    assert_eq!(answer.status, 200, "{said}: {answer:?}");
    let bars = server.get(&format!("/api/stocks/AAPL?days={SESSIONS}")).json();
    assert_eq!(bars["bars"].as_array().unwrap().len(), SESSIONS, "{said}");
    let ended = server.succeeds(&job);
    assert!(ended["attempt"].as_u64() <= Some(2), "{said}: {ended:#}");
    tell(&format!("{said}: done in attempt {}", ended["attempt"]));
    server.is_idle();
    let expected: Vec<_> = (1..=versions.len() as u64 + 1).collect();
    assert_eq!(site.versions(), expected, "{said}: published once: {ended:#}");
    let found = site.doctor(&["--repair"]);
    assert!(found.0["healthy"] == true && found.forecasts() >= forecasts, "{said}: {found:?}");
    let found = site.doctor(&[]);
    assert!(found.complaints().is_empty(), "{said}: {found:?}");
    server.kill();
}

/// What the killed ones left can be collected, and nothing else is.
fn collect(site: &Site) {
    let artifacts = || files(&site.data().join("artifacts")).into_iter();
    artifacts().for_each(|path| make_old(&path));
    site.doctor(&["--repair"]);
    let models = site.json(&["models", "list"]);
    let versions = models["models"].as_array().unwrap();
    let needed: BTreeSet<_> =
        versions.iter().map(|model| model["model"]["sha256"].as_str().unwrap().to_owned()).collect();
    let there: BTreeSet<_> = artifacts().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(there, needed);
    let found = site.doctor(&[]);
    assert!(found.complaints().is_empty(), "{found:?}");
}
