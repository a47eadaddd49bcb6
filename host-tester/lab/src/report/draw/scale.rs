//! From values to pixels.

/// A linear or logarithmic map from a domain to a range of pixels. What lies outside the domain is drawn at
/// its end; what is no number is not drawn.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Scale {
    logarithmic: bool,
    domain: (f64, f64),
    range: (f64, f64),
}

impl Scale {
    /// Linear. A domain that is empty or no interval becomes one of length 1.
    pub(in super::super) fn linear(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { logarithmic: false, domain: sound(domain), range }
    }

    /// Logarithmic; both ends of the domain have to be above 0.
    pub(in super::super) fn log((low, high): (f64, f64), range: (f64, f64)) -> Self {
        let domain = sound((low.max(1e-12).ln(), high.max(1e-12).ln()));
        Self { logarithmic: true, domain, range }
    }

    /// Where a value is drawn.
    pub(in super::super) fn at(&self, value: f64) -> Option<f64> {
        let value = if self.logarithmic { value.max(0.0).ln() } else { value };
        let (low, high) = self.domain;
        let share = (value.clamp(low, high) - low) / (high - low);
        (!share.is_nan()).then_some(self.range.0 + share * (self.range.1 - self.range.0))
    }
}

fn sound((low, high): (f64, f64)) -> (f64, f64) {
    match (low.is_finite(), high.is_finite()) {
        (true, true) if low < high && (high - low).is_finite() => (low, high),
        (true, _) => (low, low + low.abs().max(1.0)),
        _ => (0.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_where_they_belong_and_never_outside() {
        let linear = Scale::linear((0.0, 10.0), (100.0, 0.0));
        assert_eq!(linear.at(2.5), Some(75.0));
        assert_eq!((linear.at(-5.0), linear.at(f64::INFINITY)), (Some(100.0), Some(0.0)));
        assert_eq!(linear.at(f64::NAN), None);
        let log = Scale::log((0.01, 100.0), (0.0, 400.0));
        assert!((log.at(1.0).unwrap() - 200.0).abs() < 1e-9);
        assert_eq!((log.at(0.0), log.at(-3.0)), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn no_domain_is_too_strange() {
        for domain in [(5.0, 5.0), (f64::NAN, 1.0), (f64::INFINITY, f64::INFINITY), (9.0, 3.0)] {
            for scale in [Scale::linear(domain, (0.0, 100.0)), Scale::log(domain, (0.0, 100.0))] {
                for value in [0.0, 1.0, 5.0, f64::MAX, f64::MIN] {
                    assert!((0.0..=100.0).contains(&scale.at(value).unwrap()), "{domain:?}");
                }
            }
        }
        assert!(Scale::linear((f64::MIN, f64::MAX), (0.0, 1.0)).at(0.0).is_some());
    }
}
