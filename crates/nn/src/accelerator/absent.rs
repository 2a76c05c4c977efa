//! Stub for builds without the feature `gpu`.

use std::convert::Infallible;

use crate::batch::Batch;
use crate::error::NnError;
use crate::network::Network;
use crate::windows::WindowSource;

/// A processor other than the CPU. Uninhabited in this build.
#[derive(Clone, Debug)]
pub struct Accelerator(Infallible);

impl Accelerator {
    /// Finds the best accelerator of this machine.
    ///
    /// # Errors
    /// Always [`NnError::NoAccelerator`]: this build has none.
    pub fn find() -> Result<Self, NnError> {
        Err(NnError::NoAccelerator { why: "this program was built without the feature `gpu`".to_owned() })
    }

    /// Returns every supported processor: none.
    pub fn every() -> impl Iterator<Item = Result<Self, NnError>> {
        std::iter::empty()
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        match self.0 {}
    }

    pub(crate) fn forward(
        &self,
        _network: &Network,
        _source: &WindowSource<'_>,
        _origins: &[usize],
    ) -> Result<Vec<f32>, NnError> {
        match self.0 {}
    }

    pub(crate) fn differentiate(
        &self,
        _network: &Network,
        _batch: &Batch<'_>,
        _gradient: &mut [f32],
    ) -> Result<f64, NnError> {
        match self.0 {}
    }
}
