//! How long an upstream takes.

use std::time::Duration;

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

/// A distribution of latencies.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use std::time::Duration;
///
/// let (fast, slow) = (Duration::from_millis(20), Duration::from_millis(200));
/// let real = Behaviour::body("hello").latency(Latency::LogNormal { median: fast, p99: slow });
/// let steady = Behaviour::body("hello").latency(Latency::Fixed(fast));
/// let any = Behaviour::body("hello").latency(Latency::Uniform { min: fast, max: slow });
///
/// let mut proxy = example::builder()?.cluster("up", Cluster::new(steady)).start()?;
/// proxy.send(Request::get("/")).unwrap();
/// assert_eq!(proxy.elapsed(), fast);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Latency {
    /// Every answer takes the same time.
    Fixed(Duration),
    /// Every time between two is equally likely.
    Uniform {
        /// The shortest time.
        min: Duration,
        /// The longest time.
        max: Duration,
    },
    /// Log-normal, which real latencies resemble: most near the median, a few far beyond.
    LogNormal {
        /// Half of the answers take less.
        median: Duration,
        /// One answer in a hundred takes more.
        p99: Duration,
    },
}

impl Latency {
    /// Draws the latency of one answer.
    pub(crate) fn draw(self, random: &mut fastrand::Rng) -> Duration {
        match self {
            Self::Fixed(latency) => latency,
            Self::Uniform { min, max } => min + max.saturating_sub(min).mul_f64(random.f64()),
            Self::LogNormal { median, p99 } => {
                let (median, p99) = (median.as_secs_f64().max(1e-9), p99.as_secs_f64());
                let sigma = (p99 / median).max(1.0).ln() / Z99;
                // A day bounds what the distribution does not.
                Duration::from_secs_f64((median * (sigma * normal(random)).exp()).min(86_400.0))
            }
        }
    }
}

/// A standard normal number (Box and Muller, 1958).
fn normal(random: &mut fastrand::Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.f64()).cos()
}

impl Default for Latency {
    fn default() -> Self {
        Self::Fixed(Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_normal_has_the_median_and_the_tail_it_was_given() {
        let ms = Duration::from_millis;
        let latency = Latency::LogNormal { median: ms(20), p99: ms(200) };
        let mut random = fastrand::Rng::with_seed(7);
        let draws: Vec<_> = (0..20_000).map(|_| latency.draw(&mut random)).collect();
        let above = |limit| draws.iter().filter(|draw| **draw > limit).count();
        assert!((9_700..10_300).contains(&above(ms(20))), "{}", above(ms(20)));
        assert!((150..260).contains(&above(ms(200))), "{}", above(ms(200)));
    }
}
