//! Loss and gradient of a batch on the CPU: its tiles are distributed over threads.

use rayon::prelude::*;

use crate::batch::Batch;
use crate::error::NnError;
use crate::group::{Group, StepInput, max_groups};
use crate::kernels::LANES;
use crate::memory_limit::training_memory;
use crate::network::Network;
use crate::packed::{BackwardWeights, ForwardWeights, Purpose};
use crate::training_memory::check_training_memory;
use crate::windows::WindowSource;

/// Working memory and threads of a training on the CPU.
#[derive(Debug)]
pub(crate) struct Cpu {
    forward: ForwardWeights,
    backward: BackwardWeights,
    groups: Vec<Group>,
    batch_size: usize,
    /// Maximum memory in bytes.
    pub(crate) max_bytes: usize,
    /// Maximum number of groups.
    max_groups: usize,
    /// Window length of `groups`.
    lookback: usize,
    threads: Option<usize>,
    pool: Option<rayon::ThreadPool>,
}

impl Cpu {
    /// Starts the threads and packs the weights.
    ///
    /// # Errors
    /// [`NnError::Threads`] if the threads cannot be started.
    pub(crate) fn new(network: &Network, batch_size: usize, threads: Option<usize>) -> Result<Self, NnError> {
        let pool = match threads {
            None | Some(1) => None,
            Some(threads) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                Some(pool.map_err(|source| NnError::Threads { threads, source })?)
            }
        };
        let (layout, parameters, blocking) = (network.layout(), network.parameters(), network.isa().blocking());
        Ok(Self {
            forward: ForwardWeights::new(layout, parameters, blocking, Purpose::Training),
            backward: BackwardWeights::new(layout, parameters, blocking, network.spec().directions()),
            groups: Vec::new(),
            batch_size,
            max_bytes: training_memory(1),
            max_groups: max_groups(batch_size),
            lookback: 0,
            threads,
            pool,
        })
    }

    /// Returns the mean loss of a checked batch and writes its gradient.
    ///
    /// # Errors
    /// [`NnError::Memory`] for a window that is too large.
    pub(crate) fn differentiate(
        &mut self,
        network: &Network,
        batch: &Batch<'_>,
        gradient: &mut [f32],
    ) -> Result<f64, NnError> {
        self.allocate(network, batch.source.lookback())?;
        let tiles = batch.origins.len().div_ceil(LANES);
        let active = tiles.min(self.groups.len());
        let stride = self.groups.len();
        let input = StepInput { network, weights: (&self.forward, &self.backward), batch };
        let groups = &mut self.groups[..active];
        let work = |(index, group): (usize, &mut Group)| group.run(&input, (index..tiles).step_by(stride));
        match (&self.pool, self.threads) {
            (Some(pool), _) => pool.install(|| groups.par_iter_mut().enumerate().with_max_len(1).for_each(work)),
            (None, Some(_)) => groups.iter_mut().enumerate().for_each(work),
            (None, None) => groups.par_iter_mut().enumerate().with_max_len(1).for_each(work),
        }
        // In the order of the groups, so that the sum does not depend on thread scheduling.
        if let Some((first, rest)) = groups.split_first_mut() {
            let isa = network.isa();
            rest.iter().for_each(|group| first.sums.add(isa, &group.sums));
            first.sums.write(isa, network.layout(), gradient);
        }
        Ok(groups.iter().map(|group| group.loss).sum::<f64>() / batch.targets.len() as f64)
    }

    /// Returns the outputs as [`Network::forward`] does, on these threads.
    pub(crate) fn forward(
        &self,
        network: &Network,
        source: &WindowSource<'_>,
        origins: &[usize],
    ) -> Result<Vec<f32>, NnError> {
        match (&self.pool, self.threads) {
            (Some(pool), _) if origins.len() > LANES => pool.install(|| network.forward(source, origins)),
            (_, Some(_)) => network.forward_tiles(source, origins, false),
            (_, None) => network.forward(source, origins),
        }
    }

    /// Packs the changed weights again.
    pub(crate) fn repack(&mut self, network: &Network) {
        let (forward, backward) = (&mut self.forward, &mut self.backward);
        let (layout, parameters, blocking) = (network.layout(), network.parameters(), network.isa().blocking());
        let mut forward = || forward.repack(layout, parameters, blocking);
        let mut backward = || backward.repack(layout, parameters, blocking);
        match (&self.pool, self.threads) {
            (Some(pool), _) => _ = pool.join(forward, backward),
            (None, Some(_)) => {
                forward();
                backward();
            }
            (None, None) => _ = rayon::join(forward, backward),
        }
    }

    /// Allocates the working memory for windows of `lookback` steps, unless it exists.
    fn allocate(&mut self, network: &Network, lookback: usize) -> Result<(), NnError> {
        if lookback == self.lookback {
            return Ok(());
        }
        let (spec, layout) = (network.spec(), network.layout());
        check_training_memory(spec, self.batch_size, lookback, self.max_bytes)?;
        self.groups.clear();
        self.groups.extend((0..self.max_groups).map(|_| Group::new(spec, layout, lookback)));
        self.lookback = lookback;
        Ok(())
    }
}
