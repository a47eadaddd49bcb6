//! Where whole populations fall: evenly, and independently of any other rollout. Seeds and ids are fixed,
//! so each of these is one fact that is checked, not a test that fails now and then.

#![allow(clippy::unwrap_used, clippy::panic)]

use serinus_core::cohort::bucket::{Bucketer, Bucketing, Weight};

const PEOPLE: u32 = 200_000;

/// SplitMix64 (Steele, Lea, Flood 2014).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn uuids() -> Vec<String> {
    let mut state = 7;
    let uuid = |_| {
        let (a, b) = (random(&mut state), random(&mut state));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | (b >> 50),
            b & 0xffff_ffff_ffff
        )
    };
    (0..PEOPLE).map(uuid).collect()
}

fn populations() -> [(&'static str, Vec<String>); 3] {
    [
        ("uuid", uuids()),
        ("sequential", (0..PEOPLE).map(|i| i.to_string()).collect()),
        ("email", (0..PEOPLE).map(|i| format!("user{i}@example.com")).collect()),
    ]
}

/// Whether each person is in the canary at 10 %.
fn tenth(bucketing: Bucketing, salt: &str, people: &[String]) -> Vec<bool> {
    let bucketer = Bucketer::try_new(bucketing, salt).unwrap();
    let weight = Weight::try_new(10_000).unwrap();
    people.iter().map(|id| bucketer.includes(bucketer.bucket(id.as_bytes()), weight)).collect()
}

/// P(second | first).
fn cross(first: &[bool], second: &[bool]) -> f64 {
    let both = first.iter().zip(second).filter(|(a, b)| **a && **b).count();
    both as f64 / first.iter().filter(|a| **a).count() as f64
}

#[test]
fn two_rollouts_share_no_more_users_than_chance() {
    let salts = ["checkout-v2", "checkout-v3", "a", "b", "search-2026-01", "search-2026-02"];
    for (shape, people) in populations() {
        let inside = salts.map(|salt| tenth(Bucketing::SerinusV1, salt, &people));
        for (i, first) in inside.iter().enumerate() {
            for (j, second) in inside.iter().enumerate().filter(|(j, _)| *j != i) {
                let share = cross(first, second);
                assert!(
                    (0.09..=0.11).contains(&share),
                    "{shape}: {} then {}: {share:.4}",
                    salts[i],
                    salts[j]
                );
            }
        }
    }
}

#[test]
fn users_fall_evenly() {
    // The 0.999 quantile of chi-square with 99 degrees of freedom.
    const REJECTED: f64 = 148.23;
    for (shape, people) in populations() {
        for (bucketing, line) in Bucketing::ALL.into_iter().zip([100_000, 100, 10_000, 100_000]) {
            let bucketer = Bucketer::try_new(bucketing, "checkout-v2").unwrap();
            let first = u32::from(bucketing == Bucketing::Unleash);
            let mut counts = [0_u32; 100];
            for id in &people {
                counts[((bucketer.bucket(id.as_bytes()).get() - first) * 100 / line) as usize] += 1;
            }
            let expected = f64::from(PEOPLE) / 100.0;
            let chi_square: f64 =
                counts.iter().map(|seen| (f64::from(*seen) - expected).powi(2) / expected).sum();
            println!("{shape:10} {:13} chi-square {chi_square:.1}", bucketing.as_str());
            assert!(chi_square < REJECTED, "{shape} {}: {chi_square:.1}", bucketing.as_str());
        }
    }
}

#[test]
fn a_weight_reaches_its_share() {
    for (shape, people) in populations() {
        for bucketing in Bucketing::ALL {
            let share =
                tenth(bucketing, "checkout-v2", &people).iter().filter(|inside| **inside).count()
                    as f64
                    / f64::from(PEOPLE);
            assert!((0.097..=0.103).contains(&share), "{shape} {}: {share:.4}", bucketing.as_str());
        }
    }
}
