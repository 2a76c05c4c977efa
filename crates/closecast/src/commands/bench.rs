//! `closecast bench`.

use crate::error::CliError;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use closecast_nn::{Accelerator, InstructionSet, NetworkSpec};
use serde::Serialize;

use crate::{config::Settings, terminal::Terminal};
use closecast_app::use_cases::{
    bench::{self, Timing, Work},
    device,
};

/// What is timed.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Time a training step: forward, mean squared error, backward, Adam.
    Train(Shape),
    /// Time a forecast: a forward pass without gradients.
    Infer(Shape),
}

/// The shape of the work. Data and weights are random.
#[derive(Clone, Debug, Args, Serialize)]
struct Shape {
    /// Stacked LSTM layers.
    #[arg(long, default_value_t = 2)]
    layers: usize,
    /// Units of a layer and direction.
    #[arg(long, default_value_t = 50)]
    hidden: usize,
    /// Features of a day.
    #[arg(long, default_value_t = 16)]
    features: usize,
    /// Days of a window.
    #[arg(long, default_value_t = 60)]
    seq: usize,
    /// Windows of a step.
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Steps that are timed.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    steps: u64,
    /// Steps before, which are not timed.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    warmup: u64,
    /// Dropout between layers.
    #[arg(long, default_value_t = 0.2)]
    dropout: f32,
    /// Run every layer in both directions.
    #[arg(long)]
    bidirectional: bool,
    /// Normalise the output of every layer.
    #[arg(long)]
    layer_norm: bool,
    /// Add the input of every layer but the first to its output.
    #[arg(long)]
    residual: bool,
    /// Let the head see a weighted mean over all days instead of the last one.
    #[arg(long)]
    attention: bool,
    /// Take the last window first, so that none follows the one before: what many windows share is then computed for each.
    #[arg(long)]
    scattered: bool,
    /// Instruction set: avx512, avx2, neon or portable [default: the best that this processor has]
    #[arg(long, value_name = "NAME")]
    instruction_set: Option<String>,
}

/// One line of results, with the names that timings of other engines use as well.
#[derive(Serialize)]
struct Report {
    engine: String,
    mode: &'static str,
    #[serde(flatten)]
    shape: Shape,
    threads: usize,
    #[serde(flatten)]
    timing: Timing,
}

/// Times the engine and prints the median.
pub(crate) fn run(arguments: Arguments, settings: &Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let (mode, shape) = match arguments.what {
        What::Train(shape) => ("train", shape),
        What::Infer(shape) => ("infer", shape),
    };
    let set = shape.instruction_set.as_deref().map_or(Ok(InstructionSet::best()), str::parse);
    let set = set.map_err(|error| CliError::Usage(error.to_string()))?;
    let threads = settings.services()?.training_threads();
    let accelerator = device::accelerator(settings.device);
    let processor = accelerator.as_ref().map_or(set.name(), Accelerator::name).to_owned();
    let timing = bench::time(&shape.work(threads, mode == "train"), set, accelerator)?;
    terminal.line(format_args!(
        "{mode}: {:.4} ms a step, {:.0} windows/s, {:.1} GFLOP/s of useful work ({processor}, {threads} threads; median of {} \
         steps, fastest {:.4} ms)",
        timing.ms_per_step, timing.samples_per_s, timing.gflops, shape.steps, timing.fastest_ms
    ))?;
    let shape = Shape { instruction_set: Some(processor), ..shape };
    let engine = concat!("closecast ", env!("CARGO_PKG_VERSION")).to_owned();
    terminal.object(&Report { engine, mode, shape, threads, timing })?;
    Ok(ExitCode::SUCCESS)
}

impl Shape {
    fn work(&self, threads: usize, train: bool) -> Work {
        let network = NetworkSpec {
            inputs: self.features,
            hidden: self.hidden,
            layers: self.layers,
            bidirectional: self.bidirectional,
            layer_norm: self.layer_norm,
            residual: self.residual,
            attention: self.attention,
            skip: false,
            dropout: self.dropout,
            outputs: 1,
        };
        Work {
            network,
            lookback: self.seq,
            batch: self.batch,
            steps: self.steps,
            warmup: self.warmup,
            threads,
            train,
            scattered: self.scattered,
        }
    }
}
