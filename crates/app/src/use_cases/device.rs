//! What trains: the CPU, or a GPU where one is asked for and there.

use closecast_nn::Accelerator;

use crate::options::TrainingDevice;

/// Returns the accelerator to train on, or `None` for the CPU; the log says which, and why not the one asked for.
pub fn accelerator(device: TrainingDevice) -> Option<Accelerator> {
    if device == TrainingDevice::Cpu {
        return None;
    }
    match Accelerator::find() {
        Ok(accelerator) => {
            tracing::info!("training on {}", accelerator.name());
            Some(accelerator)
        }
        Err(error) => {
            tracing::warn!("training on the CPU: {error}");
            None
        }
    }
}
