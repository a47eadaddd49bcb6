//! Values of metrics, over the series that carry certain labels.

use crate::scenario::observation::Snapshot;
use serinus_core::contract::series;
use std::collections::BTreeMap;

/// A metric with certain labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<'a> {
    /// The name as the plugin defined it, with the tags in it.
    pub raw: &'a str,
    /// The name without the tags.
    pub name: &'a str,
    /// The tags.
    pub labels: Vec<(&'a str, &'a str)>,
    /// The value.
    pub value: u64,
}

/// Visits every series that there is.
pub fn each(snapshot: &dyn Snapshot, visit: &mut dyn FnMut(&Series<'_>)) {
    snapshot.metrics(&mut |raw, value| {
        let raw = series::without_scope(raw);
        let (name, labels) = series::parse(raw);
        visit(&Series { raw, name, labels, value });
    });
}

/// The sum over every series of this name that carries the labels; `None`: there is none.
pub(super) fn sum(
    snapshot: &dyn Snapshot,
    name: &str,
    labels: &BTreeMap<String, String>,
) -> Option<u64> {
    let mut sum = None;
    each(snapshot, &mut |series| {
        let carries = |(key, value): (&String, &String)| series.labels.contains(&(key, value));
        if (series.raw == name || series.name == name) && labels.iter().all(carries) {
            sum = Some(sum.unwrap_or(0_u64).saturating_add(series.value));
        }
    });
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Metrics(&'static [(&'static str, u64)]);

    impl Snapshot for Metrics {
        fn metrics(&self, visit: &mut dyn FnMut(&str, u64)) {
            self.0.iter().for_each(|(name, value)| visit(name, *value));
        }

        fn shared_data(&self, _: &str, _: &str) -> Option<Vec<u8>> {
            None
        }
    }

    #[test]
    fn series_are_summed_by_the_labels_that_are_asked_for() {
        let metrics = Metrics(&[
            ("wasmcustom.a=.=1;.;b=.=2;.;n", 3),
            ("a=.=1;.;b=.=3;.;n", 4),
            ("a=.=2;.;n", 8),
            ("other", 16),
        ]);
        let sum = |name: &str, labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            sum(&metrics, name, &labels)
        };
        assert_eq!(sum("n", &[]), Some(15));
        assert_eq!(sum("n", &[("a", "1")]), Some(7));
        assert_eq!(sum("n", &[("a", "1"), ("b", "3")]), Some(4));
        assert_eq!(sum("a=.=2;.;n", &[]), Some(8));
        assert_eq!((sum("n", &[("a", "3")]), sum("other", &[("a", "1")])), (None, None));
    }
}
