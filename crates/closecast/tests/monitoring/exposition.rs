//! The text format of Prometheus, read strictly.

use std::collections::{BTreeMap, BTreeSet};

type Labels = BTreeMap<String, String>;

/// Figures by name and labels.
pub(crate) struct Figures {
    values: BTreeMap<(String, Labels), f64>,
    kinds: BTreeMap<String, String>,
}

impl Figures {
    /// Reads a text. Panics at the first line that is none, a figure without its family, a figure twice, or a histogram that
    /// contradicts itself.
    pub(crate) fn read(text: &str) -> Self {
        let mut figures = Self { values: BTreeMap::new(), kinds: BTreeMap::new() };
        let mut helped = BTreeSet::new();
        // A body that comes in chunks has their lengths between the lines.
        let is_length = |line: &str| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_hexdigit());
        for line in text.lines().filter(|line| !line.is_empty() && !is_length(line)) {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(is_name(name) && !help.is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind) && helped.contains(name), "{line}");
                assert!(figures.kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
            } else {
                figures.add(line);
            }
        }
        figures.check_histograms();
        figures
    }

    /// Returns the names of all families.
    pub(crate) fn families(&self) -> BTreeSet<&str> {
        self.kinds.keys().map(String::as_str).collect()
    }

    /// Returns one figure if it is there.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.values.get(&(name.to_owned(), labels)).copied()
    }

    /// Returns one figure.
    pub(crate) fn get(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.value(name, labels).unwrap_or_else(|| panic!("there is no {name} {labels:?}"))
    }

    fn add(&mut self, line: &str) {
        let (key, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        let (name, labels) = match key.split_once('{') {
            Some((name, labels)) => (name, read_labels(labels.strip_suffix('}').unwrap())),
            None => (key, Labels::new()),
        };
        assert!(is_name(name), "{line}");
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
        let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|part| name.strip_suffix(part));
        let family = parts.chain([name]).find(|family| self.kinds.contains_key(*family));
        let kind = &self.kinds[family.unwrap_or_else(|| panic!("no family: {line}"))];
        assert!(kind != "counter" || (name.ends_with("_total") && value >= 0.0), "{line}");
        assert!(self.values.insert((name.to_owned(), labels), value).is_none(), "twice: {line}");
    }

    fn check_histograms(&self) {
        for (family, _) in self.kinds.iter().filter(|(_, kind)| *kind == "histogram") {
            let bucket = format!("{family}_bucket");
            let mut buckets: Vec<(f64, f64)> = self
                .values
                .iter()
                .filter(|((name, _), _)| *name == bucket)
                .map(|((_, labels), count)| (labels["le"].parse::<f64>().unwrap(), *count))
                .collect();
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{family}: {buckets:?}");
            let all = buckets.last().unwrap();
            assert_eq!((all.0, all.1), (f64::INFINITY, self.get(&format!("{family}_count"), &[])), "{family}");
            assert!(self.get(&format!("{family}_sum"), &[]) >= 0.0);
        }
    }
}

fn is_name(name: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(letters) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// No label of ours holds a quote or a comma.
fn read_labels(text: &str) -> Labels {
    let label = |part: &str| {
        let (name, value) = part.split_once('=').unwrap();
        assert!(is_name(name), "{part}");
        (name.to_owned(), value.strip_prefix('"').unwrap().strip_suffix('"').unwrap().to_owned())
    };
    text.split(',').map(label).collect()
}
