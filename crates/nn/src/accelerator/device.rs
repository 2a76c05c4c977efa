//! An accelerator supported by Burn.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn_tensor::{Device, DeviceType, Tensor};

use super::pass::Pass;
use crate::batch::Batch;
use crate::error::NnError;
use crate::network::Network;
use crate::windows::{WindowSource, check_source};

/// Maximum number of windows of one forward pass.
const MAX_WINDOWS: usize = 1024;

/// A GPU, or (under the feature `flex`) the CPU.
#[derive(Clone, Debug)]
pub struct Accelerator {
    device: Device,
    name: String,
    /// Whether it is the CPU.
    software: bool,
}

impl Accelerator {
    /// Finds the best accelerator of this machine: CUDA before graphics APIs (Vulkan, Metal, DirectX). Software renderers are
    /// excluded.
    ///
    /// # Errors
    /// [`NnError::NoAccelerator`] if there is no working one.
    pub fn find() -> Result<Self, NnError> {
        let mut problems = Vec::new();
        for found in Self::every() {
            match found {
                Ok(accelerator) if accelerator.software => {
                    problems.push(format!("{} is no GPU but software on the CPU", accelerator.name));
                }
                Ok(accelerator) => return Ok(accelerator),
                Err(error) => problems.push(error.to_string()),
            }
        }
        let why = if problems.is_empty() { "this machine shows none".to_owned() } else { problems.join("; ") };
        Err(NnError::NoAccelerator { why })
    }

    /// Opens and tests every supported processor, best first, including slow software ones, which are useful for tests.
    pub fn every() -> impl Iterator<Item = Result<Self, NnError>> {
        candidates().into_iter().map(|(kind, device)| Self::new(kind, device))
    }

    /// Opens the device and tests it with a small computation.
    fn new(kind: &str, device: Device) -> Result<Self, NnError> {
        let mut accelerator = Self { name: kind.to_owned(), software: true, device };
        let (sum, (hardware, software)) = accelerator.guarded(|device| {
            let sum = Tensor::<1>::ones([4], device).sum_dim(0);
            Ok((read(sum)?, identity(device)))
        })?;
        if sum != [4.0] {
            return Err(accelerator.failure(format!("1 + 1 + 1 + 1 gave {sum:?}")));
        }
        if let Some(hardware) = hardware {
            accelerator.name = format!("{kind}: {hardware}");
        }
        Ok(Self { software, ..accelerator })
    }

    /// Returns its name, such as `cuda: NVIDIA H200`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the outputs as [`Network::forward`] does, but for rounding.
    pub(crate) fn forward(
        &self,
        network: &Network,
        source: &WindowSource<'_>,
        origins: &[usize],
    ) -> Result<Vec<f32>, NnError> {
        check_source(network.spec(), source, origins)?;
        network.require_finite_weights()?;
        let mut outputs = Vec::new();
        for origins in origins.chunks(MAX_WINDOWS) {
            let extent = (source.lookback(), origins.len());
            outputs.extend(
                self.guarded(|device| read(Pass::new(network, extent, None, device).forward(source, origins).0))?,
            );
        }
        network.require_finite(&outputs, origins)?;
        Ok(outputs)
    }

    /// Returns the mean loss of a checked batch and writes its gradient.
    pub(crate) fn differentiate(
        &self,
        network: &Network,
        batch: &Batch<'_>,
        gradient: &mut [f32],
    ) -> Result<f64, NnError> {
        let extent = (batch.source.lookback(), batch.origins.len());
        let (loss, values) = self.guarded(|device| {
            let pass = Pass::new(network, extent, Some(batch), device);
            let (outputs, trace) = pass.forward(batch.source, batch.origins);
            let outputs = read(outputs)?;
            let mut slopes = vec![0.0; outputs.len()];
            let loss = batch.compare(0, &outputs, &mut slopes) / batch.targets.len() as f64;
            Ok((loss, read(pass.backward(trace, slopes))?))
        })?;
        gradient.copy_from_slice(&values);
        Ok(loss)
    }

    /// Runs `work` and converts a panic of the backend into an error: Burn panics when a device is lost or memory runs out.
    fn guarded<T>(&self, work: impl FnOnce(&Device) -> Result<T, String>) -> Result<T, NnError> {
        let done = catch_unwind(AssertUnwindSafe(|| work(&self.device)));
        done.unwrap_or_else(|panic| Err(panic_message(panic.as_ref()))).map_err(|problem| self.failure(problem))
    }

    fn failure(&self, problem: String) -> NnError {
        NnError::Accelerator { name: self.name.clone(), problem }
    }
}

/// Returns the devices of this machine, the best first.
fn candidates() -> Vec<(&'static str, Device)> {
    let all = |kind: &'static str, of: DeviceType| {
        let found = catch_unwind(|| Device::enumerate(of).into_iter().collect::<Vec<_>>());
        found.unwrap_or_default().into_iter().map(move |device| (kind, device))
    };
    let mut found = Vec::new();
    #[cfg(feature = "cuda")]
    found.extend(all("cuda", DeviceType::Cuda));
    #[cfg(feature = "gpu")]
    found.extend(all("wgpu", DeviceType::Wgpu));
    #[cfg(feature = "flex")]
    found.extend(all("flex", DeviceType::Flex));
    found
}

/// Returns the driver's name of the device, and whether it is software on the CPU.
#[cfg(feature = "gpu")]
fn identity(device: &Device) -> (Option<String>, bool) {
    match device.identity() {
        Some(identity) => (Some(identity.name), identity.physical.is_none()),
        None => (None, true),
    }
}

#[cfg(not(feature = "gpu"))]
fn identity(_device: &Device) -> (Option<String>, bool) {
    (None, true)
}

/// Waits for a tensor and copies it to the CPU.
fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    let data = tensor.try_into_data().map_err(|error| format!("{error:?}"))?;
    data.try_into_vec().map_err(|error| format!("{error:?}"))
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it gave no reason".to_owned())
}
