//! Batched forward pass of many networks.

use rayon::prelude::*;

use crate::error::NnError;
use crate::network::Network;
use crate::windows::WindowSource;

/// Windows of one network.
#[derive(Clone, Copy, Debug)]
pub struct ForwardRequest<'a> {
    /// Network.
    pub network: &'a Network,
    /// Features of this request's series.
    pub source: &'a WindowSource<'a>,
    /// Rows at which the windows end.
    pub origins: &'a [usize],
}

/// Returns the outputs of every request, in order, bit-identical to [`Network::forward`]: a batch of symbols, each with its
/// own model. Requests run in parallel on the current rayon pool, each with its own working memory; a failure does not
/// affect the others.
pub fn batch_forward(requests: &[ForwardRequest<'_>]) -> Vec<Result<Vec<f32>, NnError>> {
    let one = |request: &ForwardRequest<'_>| request.network.forward(request.source, request.origins);
    requests.par_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::NetworkSpec;

    #[test]
    fn each_request_has_its_own_result_and_failures_are_isolated() {
        let networks: Vec<_> = [(2, 7), (3, 20), (2, 33)]
            .map(|(inputs, hidden)| NetworkSpec { hidden, ..NetworkSpec::base(inputs, 1) }.check().unwrap())
            .iter()
            .map(|spec| Network::init(spec, 4))
            .collect();
        let features: Vec<f32> = (0..180).map(|i| (i as f32 * 0.3).sin()).collect();
        let sources = [2, 3, 2].map(|inputs| WindowSource::new(&features, inputs, 12).unwrap());
        let origins = [vec![20], (11..50).collect(), vec![5]];
        let requests: Vec<_> = (0..3)
            .map(|i| ForwardRequest { network: &networks[i], source: &sources[i], origins: &origins[i] })
            .collect();
        let answers = batch_forward(&requests);
        for i in 0..2 {
            assert_eq!(answers[i].as_ref().unwrap(), &networks[i].forward(&sources[i], &origins[i]).unwrap());
        }
        assert!(matches!(answers[2], Err(NnError::Origin { origin: 5, .. })));
    }
}
