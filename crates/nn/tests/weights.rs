//! Weights files: the same network comes back, and no file, however damaged, does more than fail.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use closecast_nn::{Network, NetworkSpec, WindowSource};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};

fn network(bidirectional: bool) -> Network {
    let spec = NetworkSpec { hidden: 3, layers: 2, bidirectional, dropout: 0.3, ..NetworkSpec::base(2, 1) };
    Network::init(&spec.check().unwrap(), 8)
}

fn metadata() -> BTreeMap<String, String> {
    [("symbol", "a \"quoted\" \\ name\n\u{1}é漢🙂"), ("z", ""), ("a", "1")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

#[test]
fn network_round_trips_with_its_metadata() {
    for network in [network(false), network(true)] {
        let bytes = network.to_safetensors(metadata()).unwrap();
        let (loaded, found) = Network::from_safetensors(&bytes).unwrap();
        assert_eq!(found, metadata());
        assert_eq!(loaded.spec(), network.spec());
        assert!(loaded.tensors().eq(network.tensors()));
        let features: Vec<f32> = (0..60).map(|i| (i as f32).sin()).collect();
        let source = WindowSource::new(&features, 2, 5).unwrap();
        let origins: Vec<usize> = (4..30).collect();
        assert_eq!(loaded.forward(&source, &origins).unwrap(), network.forward(&source, &origins).unwrap());
        assert_eq!(loaded.to_safetensors(found).unwrap(), bytes);
    }
}

#[test]
fn metadata_entry_named_dropout_is_refused() {
    let taken = BTreeMap::from([("dropout".to_owned(), "0.1".to_owned())]);
    assert!(network(false).to_safetensors(taken).is_err());
}

/// A file of the given tensors, beginning with a good network's.
fn file(change: impl Fn(&mut BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>)) -> Vec<u8> {
    let network = network(false);
    let mut tensors: BTreeMap<_, _> = network
        .tensors()
        .map(|t| {
            let bytes: Vec<u8> = t.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (t.name.to_owned(), (Dtype::F32, t.shape.to_vec(), bytes))
        })
        .collect();
    change(&mut tensors);
    let views = tensors
        .iter()
        .map(|(name, (dtype, shape, bytes))| (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    Network::from_safetensors(bytes).unwrap_err().to_string()
}

#[test]
fn file_without_dropout_metadata_is_read() {
    let (loaded, found) = Network::from_safetensors(&file(|_| {})).unwrap();
    assert!(found.is_empty() && loaded.spec().dropout == 0.0);
    assert!(loaded.tensors().eq(network(false).tensors()));
}

#[test]
fn wrong_tensors_are_named() {
    let missing = file(|tensors| {
        tensors.remove("lstm.bias_hh_l1");
    });
    assert!(refusal(&missing).starts_with("tensor lstm.bias_hh_l1 of the weights file: missing"));
    let extra = file(|tensors| {
        tensors.insert("norm.weight".into(), (Dtype::F32, vec![1], vec![0; 4]));
    });
    assert!(refusal(&extra).contains("norm.weight"));
    let gap = file(|tensors| {
        let tensor = tensors.remove("lstm.weight_ih_l1").unwrap();
        tensors.insert("lstm.weight_ih_l2".into(), tensor);
    });
    assert!(refusal(&gap).contains("no such tensor"));
    let half = file(|tensors| {
        tensors.insert("head.bias".into(), (Dtype::F16, vec![1], vec![0; 2]));
    });
    assert!(refusal(&half).contains("type F16"));
    let flat = file(|tensors| {
        let tensor = tensors.get_mut("lstm.weight_ih_l0").unwrap();
        tensor.1 = vec![24];
    });
    assert!(refusal(&flat).contains("a matrix is needed"));
    let turned = file(|tensors| {
        let tensor = tensors.get_mut("lstm.weight_hh_l0").unwrap();
        tensor.1 = vec![3, 12];
    });
    assert!(refusal(&turned).contains("shape [3, 12], but [12, 3] is needed"));
    let uneven = file(|tensors| {
        let tensor = tensors.get_mut("lstm.weight_ih_l0").unwrap();
        tensor.1 = vec![2, 12];
    });
    assert!(refusal(&uneven).contains("four gates"));
    let nan = file(|tensors| {
        let tensor = tensors.get_mut("head.weight").unwrap();
        tensor.2[4..8].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert!(refusal(&nan).contains("tensor head.weight of the weights file: element 1 is NaN"));
}

#[test]
fn shapes_out_of_range_are_refused_without_memory_for_them() {
    let empty = file(|tensors| {
        tensors.insert("lstm.weight_ih_l0".into(), (Dtype::F32, vec![1 << 40, 0], Vec::new()));
    });
    assert!(refusal(&empty).starts_with("inputs is 0"));
    let wide = file(|tensors| {
        tensors.insert("head.weight".into(), (Dtype::F32, vec![usize::MAX, 0], Vec::new()));
    });
    assert!(refusal(&wide).starts_with("outputs is"));
}

#[test]
fn hostile_headers_are_refused() {
    for length in [0, 1, 8, 1 << 20, u64::MAX / 2, u64::MAX] {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(b"{}      ");
        assert!(Network::from_safetensors(&bytes).is_err());
    }
    let deep = "[".repeat(100_000);
    let mut bytes = (deep.len() as u64).to_le_bytes().to_vec();
    bytes.extend(deep.as_bytes());
    assert!(Network::from_safetensors(&bytes).is_err());
    assert!(Network::from_safetensors(&[]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is read from a damaged file is a network that can be saved and read again.
    #[test]
    fn damaged_files_never_panic(
        changes in prop::collection::vec((0usize..1400, any::<u8>()), 1..6),
        cut in prop::option::of(0usize..1400),
        insert in prop::option::of((0usize..600, "[0-9\"{}:,\\[\\]a-z_]{1,6}")),
    ) {
        let mut bytes = network(false).to_safetensors(metadata()).unwrap();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if let Some((at, text)) = insert {
            bytes.splice(at..at, text.bytes());
        }
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }
        if let Ok((network, metadata)) = Network::from_safetensors(&bytes) {
            let saved = network.to_safetensors(metadata).unwrap();
            prop_assert!(Network::from_safetensors(&saved).unwrap().0.tensors().eq(network.tensors()));
        }
    }

    #[test]
    fn any_metadata_survives(metadata in prop::collection::btree_map(".*", ".*", 0..5)) {
        prop_assume!(!metadata.contains_key("dropout"));
        let bytes = network(false).to_safetensors(metadata.clone()).unwrap();
        prop_assert_eq!(Network::from_safetensors(&bytes).unwrap().1, metadata);
    }
}

#[test]
fn ensemble_is_one_file_and_a_single_network_has_no_prefix() {
    let spec = NetworkSpec { hidden: 5, layers: 1, skip: true, ..NetworkSpec::base(3, 2) }.check().unwrap();
    let networks: Vec<Network> = (0..3).map(|seed| Network::init(&spec, seed)).collect();
    let bytes = Network::ensemble_to_safetensors(&networks, BTreeMap::new()).unwrap();
    let (read, _) = Network::ensemble_from_safetensors(&bytes).unwrap();
    let values = |network: &Network| network.tensors().flat_map(|tensor| tensor.values.to_vec()).collect::<Vec<f32>>();
    assert_eq!(read.iter().map(values).collect::<Vec<_>>(), networks.iter().map(values).collect::<Vec<_>>());
    assert!(Network::from_safetensors(&bytes).unwrap_err().to_string().contains("several networks"));
    let one = Network::ensemble_to_safetensors(&networks[..1], BTreeMap::new()).unwrap();
    assert_eq!(one, networks[0].to_safetensors(BTreeMap::new()).unwrap());
    assert!(Network::ensemble_to_safetensors(&[], BTreeMap::new()).is_err());
}
