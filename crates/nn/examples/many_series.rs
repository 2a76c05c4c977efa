//! Memory of training one network on the windows of many series: it grows with the data, not with data × lookback.
//!
//! ```text
//! cargo run --release -p closecast-nn --example many_series -- SERIES DAYS LOOKBACK BATCH
//! ```
#![expect(clippy::print_stdout, reason = "a command-line program")]

use std::error::Error;
use std::time::Instant;

use closecast_nn::{Loss, Network, NetworkSpec, OptimiserSpec, TrainingSession, TrainingSpec, WindowSource, shuffled};

const INPUTS: usize = 18;

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = [187, 1000, 60, 256];
    for (number, argument) in numbers.iter_mut().zip(std::env::args().skip(1)) {
        *number = argument.parse::<usize>()?;
    }
    let [series, days, lookback, batch] = numbers;
    let before = peak_kib()?;
    // One matrix of concatenated series; no window spans two series.
    let features: Vec<f32> = (0..series * days * INPUTS).map(|i| (i as f32 * 12.9898).sin()).collect();
    let source = WindowSource::new(&features, INPUTS, lookback)?;
    let origins: Vec<usize> = (0..series).flat_map(|s| s * days + lookback - 1..(s + 1) * days).collect();
    let spec = NetworkSpec::base(INPUTS, 1).check()?;
    let training = TrainingSpec {
        optimiser: OptimiserSpec::default(),
        batch_size: batch,
        clip_norm: Some(1.0),
        seed: 42,
        threads: None,
    };
    let mut session = TrainingSession::new(Network::init(&spec, 42), training)?;
    let start = Instant::now();
    for batch in shuffled(&origins, 42, 0).chunks(batch) {
        let targets: Vec<f32> = batch.iter().map(|&origin| features[origin * INPUTS]).collect();
        session.step(&source, batch, &targets, &Loss::Mse, 1e-3)?;
    }
    println!(
        "{series} series of {days} days, {} windows of {lookback} days: one epoch in {:.1} s, peak memory {:.0} MB, of which the \
         features {:.0} MB (windows written out would be {:.0} MB)",
        origins.len(),
        start.elapsed().as_secs_f64(),
        (peak_kib()? - before) as f64 / 1024.0,
        (features.len() * 4) as f64 / 1e6,
        (origins.len() * lookback * INPUTS * 4) as f64 / 1e6,
    );
    Ok(())
}

/// Peak memory of this process in KiB (Linux).
fn peak_kib() -> Result<i64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
