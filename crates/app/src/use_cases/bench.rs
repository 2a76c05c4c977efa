//! Timing the engine on random data, through the interface that training uses.

use std::time::Instant;

use closecast_nn::{
    Accelerator, InstructionSet, Loss, Network, NetworkSpec, NnError, OptimiserSpec, TrainingSession, TrainingSpec,
    WindowSource,
};
use serde::Serialize;

use crate::error::AppError;

/// What is timed.
pub struct Work {
    /// The network.
    pub network: NetworkSpec,
    /// Days of a window.
    pub lookback: usize,
    /// Windows of a step.
    pub batch: usize,
    /// Timed steps.
    pub steps: u64,
    /// Steps before them.
    pub warmup: u64,
    /// Number of threads.
    pub threads: usize,
    /// Training steps, or forward passes only.
    pub train: bool,
    /// Windows of which none follows the one before.
    pub scattered: bool,
}

/// How long a step took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// Median, in milliseconds.
    pub ms_per_step: f64,
    /// Windows a second at the median.
    pub samples_per_s: f64,
    /// Milliseconds of the fastest step.
    pub fastest_ms: f64,
    /// Useful floating-point operations at the median, in 10⁹ a second: those of the matrix products.
    pub gflops: f64,
}

/// Times the steps one by one, on the accelerator if one is given and with the CPU's instruction set otherwise.
///
/// # Errors
/// [`AppError::Usage`] names what is out of range.
pub fn time(work: &Work, set: InstructionSet, accelerator: Option<Accelerator>) -> Result<Timing, AppError> {
    let seconds = step_seconds(work, set, accelerator).map_err(|error| AppError::Usage(error.to_string()))?;
    let spec = work.network.clone().check().map_err(|error| AppError::Usage(error.to_string()))?;
    let operations =
        if work.train { spec.training_operations(work.lookback) } else { spec.forward_operations(work.lookback) };
    let median = median(&seconds);
    Ok(Timing {
        ms_per_step: median * 1e3,
        samples_per_s: work.batch as f64 / median,
        fastest_ms: seconds[0] * 1e3,
        gflops: (operations * work.batch) as f64 / median / 1e9,
    })
}

/// Returns the times of all steps, the shortest first.
fn step_seconds(work: &Work, set: InstructionSet, accelerator: Option<Accelerator>) -> Result<Vec<f64>, NnError> {
    let spec = work.network.clone().check()?;
    let training = TrainingSpec {
        optimiser: OptimiserSpec::default(),
        batch_size: work.batch,
        clip_norm: None,
        seed: 42,
        threads: Some(work.threads),
    };
    let network = Network::init(&spec, 42).with_instruction_set(set);
    let mut session = match accelerator {
        Some(accelerator) => TrainingSession::on_accelerator(network, training, accelerator)?,
        None => TrainingSession::new(network, training)?,
    };
    // Refuses an unreasonable window before memory is taken for it.
    WindowSource::new(&[], spec.inputs, work.lookback)?;
    let rows = work.batch + work.lookback;
    let features: Vec<f32> = (0..rows * spec.inputs).map(|i| (i as f32 * 12.9898).sin() * 1.7).collect();
    let source = WindowSource::new(&features, spec.inputs, work.lookback)?;
    let origins = origins(work);
    let targets: Vec<f32> = (0..work.batch).map(|i| (i as f32 * 78.233).sin()).collect();
    let mut seconds = Vec::new();
    for step in 0..work.warmup + work.steps {
        let start = Instant::now();
        if work.train {
            session.step(&source, &origins, &targets, &Loss::Mse, 1e-3)?;
        } else {
            session.forward(&source, &origins)?;
        }
        if step >= work.warmup {
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds)
}

/// Returns the median of sorted numbers.
fn median(sorted: &[f64]) -> f64 {
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

/// Returns the rows at which the windows end: one after the other, or the last one first, so that none follows the one before.
fn origins(work: &Work) -> Vec<usize> {
    let rows = work.lookback - 1..work.lookback - 1 + work.batch;
    if work.scattered { rows.rev().collect() } else { rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!((median(&[1.0, 2.0, 4.0, 9.0]), median(&[1.0, 2.0, 9.0]), median(&[5.0])), (3.0, 2.0, 5.0));
    }

    #[test]
    fn scattered_windows_are_the_same_in_another_order() {
        let (following, scattered) = (origins(&work()), origins(&Work { scattered: true, ..work() }));
        assert_eq!(following, [4, 5, 6]);
        assert_eq!(scattered, [6, 5, 4]);
    }

    fn work() -> Work {
        Work {
            network: NetworkSpec::base(2, 1),
            lookback: 5,
            batch: 3,
            steps: 4,
            warmup: 1,
            threads: 1,
            train: true,
            scattered: false,
        }
    }

    #[test]
    fn both_modes_are_timed() {
        for train in [true, false] {
            let timing = time(&Work { train, ..work() }, InstructionSet::best(), None).unwrap();
            assert!(timing.fastest_ms > 0.0 && timing.fastest_ms <= timing.ms_per_step, "{timing:?}");
            assert!(timing.gflops > 0.0 && timing.samples_per_s > 0.0);
        }
    }

    #[test]
    fn shapes_that_cannot_be_are_refused() {
        for bad in [
            Work { lookback: 0, ..work() },
            Work { batch: 0, ..work() },
            Work { network: NetworkSpec { hidden: 0, ..NetworkSpec::base(2, 1) }, ..work() },
        ] {
            assert!(matches!(time(&bad, InstructionSet::best(), None), Err(AppError::Usage(_))));
        }
    }
}
