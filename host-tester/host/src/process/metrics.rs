//! Counters, gauges and histograms. Values are the proxy's, as in Envoy: every worker sees one total.

use crate::abi::MetricKind;
use std::collections::HashMap;

/// Upper ends of Envoy's default histogram buckets; beyond the last there is one more.
///
/// ```
/// use serinus_host::process::BUCKETS;
///
/// assert_eq!((BUCKETS[0], BUCKETS[18]), (0.5, 3_600_000.0));
/// ```
pub const BUCKETS: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1000.0,
    2500.0,
    5000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];

/// How often values were seen.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::process::Value;
///
/// let mut proxy = example::builder()?.start()?;
/// proxy.send(Request::get("/")).unwrap();
/// let metrics = proxy.metrics();
/// let Value::Histogram(samples) = &metrics.get("sizes").unwrap().value else { unreachable!() };
/// assert_eq!(samples.count, 1);
/// assert_eq!(samples.buckets.iter().sum::<u64>(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Samples {
    /// The samples in each bucket, not cumulated; the last bucket is beyond [`BUCKETS`].
    pub buckets: [u64; BUCKETS.len() + 1],
    /// The number of samples.
    pub count: u64,
    /// The sum of the samples.
    pub sum: u128,
}

impl Samples {
    fn record(&mut self, value: u64) {
        let bucket = BUCKETS.partition_point(|end| *end < value as f64);
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            *bucket += 1;
        }
        self.count += 1;
        self.sum += u128::from(value);
    }
}

/// A metric's value.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::process::Value;
///
/// let mut proxy = example::builder()?.start()?;
/// proxy.send(Request::get("/")).unwrap();
/// assert_eq!(proxy.metrics().get("hits").unwrap().value, Value::Counter(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A counter, which only grows.
    Counter(u64),
    /// A gauge, which goes up and down.
    Gauge(u64),
    /// The samples of a histogram.
    Histogram(Box<Samples>),
}

/// A metric of the proxy.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let proxy = example::builder()?.start()?;
/// let names: Vec<String> = proxy.metrics().iter().map(|metric| metric.name.clone()).collect();
/// assert_eq!(names, ["hits", "sizes"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The metric's name, as the filter defined it.
    pub name: String,
    /// The metric's value, over all workers.
    pub value: Value,
}

/// Which metric: its place in [`Metrics`].
pub(crate) type Index = usize;

/// The metrics of a proxy.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let proxy = example::builder()?.start()?;
/// let metrics = proxy.metrics();
/// assert!(!metrics.is_empty() && metrics.len() == 2);
/// assert!(metrics.get("hits").is_some() && metrics.get("misses").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Metrics {
    known: HashMap<(MetricKind, String), Index>,
    all: Vec<Metric>,
}

impl Metrics {
    /// The metric of that kind and name; created if it is new.
    pub(crate) fn define(&mut self, kind: MetricKind, name: &str) -> Index {
        if let Some(index) = self.known.get(&(kind, name.to_owned())) {
            return *index;
        }
        let value = match kind {
            MetricKind::Counter => Value::Counter(0),
            MetricKind::Gauge => Value::Gauge(0),
            MetricKind::Histogram => Value::Histogram(Box::default()),
        };
        self.all.push(Metric { name: name.to_owned(), value });
        self.known.insert((kind, name.to_owned()), self.all.len() - 1);
        self.all.len() - 1
    }

    /// Adds to a counter or gauge, or subtracts from a gauge.
    pub(crate) fn increment(&mut self, index: Index, by: i64) {
        match self.all.get_mut(index).map(|metric| &mut metric.value) {
            Some(Value::Counter(value) | Value::Gauge(value)) => {
                *value = value.wrapping_add_signed(by);
            }
            Some(Value::Histogram(_)) | None => {}
        }
    }

    /// Adds to a counter, sets a gauge, adds a sample to a histogram: what Envoy makes of `record`.
    pub(crate) fn record(&mut self, index: Index, value: u64) {
        match self.all.get_mut(index).map(|metric| &mut metric.value) {
            Some(Value::Counter(total)) => *total = total.wrapping_add(value),
            Some(Value::Gauge(gauge)) => *gauge = value,
            Some(Value::Histogram(samples)) => samples.record(value),
            None => {}
        }
    }

    /// The value of a counter or gauge.
    pub(crate) fn read(&self, index: Index) -> u64 {
        match self.all.get(index).map(|metric| &metric.value) {
            Some(Value::Counter(value) | Value::Gauge(value)) => *value,
            Some(Value::Histogram(_)) | None => 0,
        }
    }

    /// Every metric, in the order of definition.
    pub fn iter(&self) -> impl Iterator<Item = &Metric> {
        self.all.iter()
    }

    /// The metric under a name, as the filter named it.
    pub fn get(&self, name: &str) -> Option<&Metric> {
        self.all.iter().find(|metric| metric.name == name)
    }

    /// The number of metrics.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether no metric has been defined.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_worker_defines_the_same_metric() {
        let mut metrics = Metrics::default();
        let first = metrics.define(MetricKind::Counter, "hits");
        assert_eq!(metrics.define(MetricKind::Counter, "hits"), first);
        assert_ne!(metrics.define(MetricKind::Gauge, "hits"), first);
        metrics.increment(first, 2);
        metrics.record(first, 3);
        assert_eq!(metrics.read(first), 5);
    }

    #[test]
    fn a_sample_falls_into_the_bucket_whose_end_it_reaches() {
        let mut metrics = Metrics::default();
        let index = metrics.define(MetricKind::Histogram, "ms");
        [0, 1, 2, 5, 6, 4_000_000].into_iter().for_each(|sample| metrics.record(index, sample));
        let Value::Histogram(samples) = &metrics.get("ms").unwrap().value else { unreachable!() };
        assert_eq!(samples.buckets[..4], [1, 1, 2, 1]);
        assert_eq!((samples.buckets[19], samples.count, samples.sum), (1, 6, 4_000_014));
    }
}
