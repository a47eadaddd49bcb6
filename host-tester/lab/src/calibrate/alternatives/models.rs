//! The models. Each returns the minute in which it rolls back.

use super::kayenta::shift;
use super::series::Minute;

/// A way to watch a canary.
pub struct Model {
    /// Its name, with the settings that matter.
    pub name: &'static str,
    /// Where its rule and its numbers come from.
    pub source: &'static str,
    /// When it rolls back, minutes after the start.
    pub stops: fn(&[Minute]) -> Option<usize>,
}

/// Everyone.
pub const MODELS: [Model; 5] = [
    Model {
        name: "Flagger-like, 1 m, threshold 1",
        source: "docs.flagger.app, how it works: interval 1m, request-success-rate min 99; threshold 1",
        stops: |minutes| flagger(minutes, 1),
    },
    Model {
        name: "Flagger-like, 1 m, threshold 10",
        source: "docs.flagger.app, how it works: interval 1m, threshold 10, request-success-rate min 99",
        stops: |minutes| flagger(minutes, 10),
    },
    Model {
        name: "Argo-like, 5 m, failureLimit 3",
        source: "argo-rollouts docs, analysis: interval 5m, failureLimit 3, success rate >= 0.95 over 5m",
        stops: argo,
    },
    Model {
        name: "Kayenta-like, 1 h, Mann-Whitney",
        source: "spinnaker.io, canary judge: tolerance 0.25, confidence 0.98, one value per minute, hourly",
        stops: kayenta,
    },
    Model {
        name: "weighted clusters",
        source: "Envoy's weighted_clusters only divide traffic",
        stops: |_| None,
    },
];

/// Requests and failures over some minutes.
fn sum(minutes: &[Minute]) -> (u64, u64) {
    let add = |sum: (u64, u64), minute: &Minute| (sum.0 + minute.canary.0, sum.1 + minute.canary.1);
    minutes.iter().fold((0, 0), add)
}

/// Every minute the success rate of the last one; below 99 %, or without a value, the check has failed. Failed checks add
/// up, and the check after the one that reaches the threshold rolls back.
fn flagger(minutes: &[Minute], threshold: usize) -> Option<usize> {
    let failed = |(requests, failed): (u64, u64)| requests == 0 || failed * 100 > requests;
    let checks = minutes.iter().enumerate().filter(|(_, minute)| failed(minute.canary));
    let reached = checks.map(|(i, _)| i + 1).nth(threshold - 1)?;
    (reached < minutes.len()).then_some(reached + 1)
}

/// Every five minutes the success rate of the last five; below 95 %, the measurement has failed. More than three of them end
/// it. Without a value there is no measurement.
fn argo(minutes: &[Minute]) -> Option<usize> {
    const FAILURE_LIMIT: usize = 3;
    let failed = |(requests, failed): (u64, u64)| failed * 20 > requests;
    let measured = minutes.chunks_exact(5).enumerate().filter(|(_, five)| failed(sum(five)));
    measured.map(|(i, _)| (i + 1) * 5).nth(FAILURE_LIMIT)
}

/// Every hour the failure rate of each of its minutes, canary against baseline: it fails when the interval of the shift lies
/// above a quarter of the shift itself.
fn kayenta(minutes: &[Minute]) -> Option<usize> {
    const TOLERANCE: f64 = 0.25;
    let rate = |(requests, failed): (u64, u64)| failed as f64 / requests.max(1) as f64;
    let fails = |hour: &[Minute]| {
        let canary: Vec<f64> = hour.iter().map(|minute| rate(minute.canary)).collect();
        let baseline: Vec<f64> = hour.iter().map(|minute| rate(minute.baseline)).collect();
        let (low, estimate, _) = shift(&canary, &baseline);
        low > TOLERANCE * estimate.abs()
    };
    let hours = minutes.chunks_exact(60).enumerate();
    hours.filter(|(_, hour)| fails(hour)).map(|(i, _)| (i + 1) * 60).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(failing: impl Fn(usize) -> u64) -> Vec<Minute> {
        let minute = |i| Minute {
            stage: 0,
            canary: (100, failing(i)),
            baseline: (10_000, 10 + i as u64 % 3),
        };
        (0..180).map(minute).collect()
    }

    #[test]
    fn each_stops_a_dead_canary_when_its_documentation_says() {
        let dead = minutes(|_| 100);
        let stops: Vec<_> = MODELS.iter().map(|model| (model.stops)(&dead)).collect();
        assert_eq!(stops, [Some(2), Some(11), Some(20), Some(60), None]);
    }

    #[test]
    fn what_stays_within_its_threshold_is_never_stopped() {
        let fine = minutes(|_| 0);
        assert!(MODELS.iter().all(|model| (model.stops)(&fine).is_none()));
        assert_eq!(argo(&minutes(|_| 4)), None, "4 % is within 5 %");
        assert_eq!(flagger(&minutes(|i| if i == 7 { 2 } else { 0 }), 1), Some(9));
        assert_eq!(flagger(&minutes(|i| if i == 7 { 2 } else { 0 }), 10), None);
    }
}
