//! The text that Prometheus reads (exposition format 0.0.4).

use std::fmt::{Display, Write as _};

use closecast_app::metrics::Reading;

/// Media type of the text.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Figures as text, family by family.
#[derive(Debug, Default)]
pub(super) struct TextEncoder {
    text: String,
}

/// A family of figures: one name, told apart by labels.
pub(super) struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl TextEncoder {
    /// Begins the counters `name`, which must end in `_total`.
    pub(super) fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    /// Begins the gauges `name`.
    pub(super) fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    /// Writes the histogram `name`.
    pub(super) fn histogram(&mut self, name: &'static str, help: &str, reading: &Reading) {
        let text = self.family(name, "histogram", help).text;
        for (end, count) in &reading.cumulative {
            line(text, format_args!("{name}_bucket"), &[("le", &end.to_string())], count);
        }
        line(text, format_args!("{name}_bucket"), &[("le", "+Inf")], reading.count);
        line(text, format_args!("{name}_sum"), &[], reading.seconds);
        line(text, format_args!("{name}_count"), &[], reading.count);
    }

    /// Returns the whole text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        let _infallible = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family { text: &mut self.text, name }
    }
}

impl Family<'_> {
    /// Writes one figure.
    pub(super) fn figure(&mut self, labels: &[(&str, &str)], value: impl Display) -> &mut Self {
        line(self.text, self.name, labels, value);
        self
    }

    /// Writes one figure if there is one.
    pub(super) fn known(&mut self, labels: &[(&str, &str)], value: Option<impl Display>) -> &mut Self {
        if let Some(value) = value {
            self.figure(labels, value);
        }
        self
    }
}

fn line(text: &mut String, name: impl Display, labels: &[(&str, &str)], value: impl Display) {
    let _infallible = write!(text, "{name}");
    for (place, (label, content)) in labels.iter().enumerate() {
        let _infallible = write!(text, "{}{label}=\"", if place == 0 { '{' } else { ',' });
        for character in content.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    let _infallible = writeln!(text, "{} {value}", if labels.is_empty() { "" } else { "}" });
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use closecast_app::metrics::Histogram;

    #[test]
    fn labels_are_escaped_and_histograms_whole() {
        let mut exposition = TextEncoder::default();
        let mut family = exposition.gauge("level", "A level.");
        family.figure(&[("a", "x\"\\\n"), ("b", "é")], 1.5).figure(&[], 2).known(&[], None::<u64>);
        let histogram = Histogram::default();
        histogram.record(Duration::from_millis(1));
        exposition.histogram("took_seconds", "Time.", &histogram.read());
        let text = exposition.finish();
        assert!(text.starts_with(
            "# HELP level A level.\n# TYPE level gauge\nlevel{a=\"x\\\"\\\\\\n\",b=\"é\"} 1.5\nlevel 2\n"
        ));
        assert!(text.contains("took_seconds_bucket{le=\"0.0005\"} 0\ntook_seconds_bucket{le=\"0.001\"} 1\n"), "{text}");
        assert!(text.ends_with("took_seconds_bucket{le=\"+Inf\"} 1\ntook_seconds_sum 0.001\ntook_seconds_count 1\n"));
    }
}
