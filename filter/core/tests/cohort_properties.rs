//! What must hold of every decision, for any bytes that a client may send.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use serinus_core::arm::Arm;
use serinus_core::cohort::{
    attribute::{Attributes, Reads},
    bucket::{Bucketer, Bucketing, Weight},
    condition::Condition,
    decide::{Cohorts, ForceRule, Reason, Rule, Rules, Standing},
    key::SigningKey,
    operator::{Comparison, Operator},
    signed_cookie::SignedCookie,
    source::Source,
    token::OverrideToken,
    unit::UnitSource,
};

fn any_bucketing() -> impl Strategy<Value = Bucketing> {
    prop::sample::select(&Bucketing::ALL[..])
}

fn any_weight() -> impl Strategy<Value = Weight> {
    (0_u32..=100_000).prop_map(|weight| Weight::try_new(weight).unwrap())
}

/// A host that answers everything with the same hostile bytes.
#[derive(Debug)]
struct Hostile {
    header: Option<Vec<u8>>,
    claim: Option<Vec<u8>>,
    address: Option<Vec<u8>>,
    now: u64,
}

impl Attributes for Hostile {
    fn header(&self, _: &str) -> Option<Vec<u8>> {
        self.header.clone()
    }
    fn jwt_claim(&self, _: &str) -> Option<Vec<u8>> {
        self.claim.clone()
    }
    fn source_address(&self) -> Option<Vec<u8>> {
        self.address.clone()
    }
    fn now(&self) -> u64 {
        self.now
    }
    fn random(&self) -> Option<[u8; 16]> {
        Some([1; 16])
    }
}

prop_compose! {
    fn hostile()(header: Option<Vec<u8>>, claim: Option<Vec<u8>>, address: Option<Vec<u8>>, now: u64) -> Hostile {
        Hostile { header, claim, address, now }
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32]).unwrap()
}

fn sources() -> Vec<Source> {
    vec![
        Source::Header("h".into()),
        Source::Cookie("c".into()),
        Source::Query("q".into()),
        Source::Path,
        Source::Method,
        Source::Jwt("j".into()),
        Source::SourceAddress,
    ]
}

/// Every operator on every source, negated too.
fn conditions() -> Vec<Condition> {
    let operators = [
        Operator::Exact(b"x".to_vec()),
        Operator::Prefix(b"x".to_vec()),
        Operator::Suffix(b"x".to_vec()),
        Operator::one_of(["x", "y"]),
        Operator::Contains(b"x".to_vec()),
        Operator::regex("^(a|b)*x$").unwrap(),
        Operator::number(Comparison::Less, 5.0).unwrap(),
        Operator::semver(Comparison::Less, "5.0.0").unwrap(),
        Operator::cidr(&["10.0.0.0/8", "2001:db8::/32"]).unwrap(),
        Operator::Present(true),
        Operator::percentage(Weight::try_new(50_000).unwrap(), "s").unwrap(),
    ];
    let tests = sources().into_iter().flat_map(|source| {
        let test = move |operator: &Operator| Condition::Test {
            source: source.clone(),
            operator: operator.clone(),
        };
        operators.iter().map(test).collect::<Vec<_>>()
    });
    let override_of =
        |source| OverrideToken { source, key: key(), rollout: "r".into(), cohort: Arm::Canary };
    let overrides = sources().into_iter().map(|source| Condition::Override(override_of(source)));
    let windows = [Condition::TimeWindow { from: 5, until: 10 }];
    let plain: Vec<_> = tests.chain(overrides).chain(windows).collect();
    plain.iter().cloned().map(Box::new).map(Condition::Not).chain(plain.clone()).collect()
}

fn cohorts(bucketing: Bucketing, rules: Rules) -> Cohorts {
    let cookie = SignedCookie::try_new("c", key(), Some(60)).unwrap();
    let units = [UnitSource::SignedCookie(cookie)]
        .into_iter()
        .chain(sources().into_iter().map(UnitSource::Attribute))
        .collect();
    Cohorts { rules, units, bucketer: Bucketer::try_new(bucketing, "salt").unwrap() }
}

proptest! {
    #[test]
    fn who_has_the_canary_keeps_it_at_every_greater_weight(bucketing in any_bucketing(), salt in "[^:]{1,20}", unit: Vec<u8>, one in any_weight(), other in any_weight()) {
        let bucketer = Bucketer::try_new(bucketing, &salt).unwrap();
        let bucket = bucketer.bucket(&unit);
        let (low, high) = (one.min(other), one.max(other));
        prop_assert!(!bucketer.includes(bucket, low) || bucketer.includes(bucket, high));
        prop_assert!(!bucketer.includes(bucket, Weight::ZERO));
        prop_assert!(bucketer.includes(bucket, Weight::MAX));
    }

    #[test]
    fn the_same_unit_is_always_in_the_same_bucket(bucketing in any_bucketing(), salt in "[^:]{1,20}", unit: Vec<u8>) {
        let bucket = || Bucketer::try_new(bucketing, &salt).unwrap().bucket(&unit);
        prop_assert_eq!(bucket(), bucket());
    }

    #[test]
    fn any_request_gets_a_decision(host in hostile(), bucketing in any_bucketing(), weight in any_weight()) {
        for when in conditions() {
            let rule = Rule { name: "r".into(), when };
            let rules = [
                Rules { exclude: vec![rule.clone()], ..Rules::default() },
                Rules { force: vec![ForceRule { rule: rule.clone(), cohort: Arm::Canary }], ..Rules::default() },
                Rules { eligible: vec![rule], ..Rules::default() },
            ];
            for rules in rules {
                let cohorts = cohorts(bucketing, rules);
                let assignment = cohorts.assign(&Reads::new(&host), Standing::Open { weight });
                let by_chance = matches!(assignment.reason, Reason::Percentage { .. });
                prop_assert_eq!(assignment.randomised(), by_chance);
                let forced = matches!(assignment.reason, Reason::Forced(_));
                prop_assert!(by_chance || forced || assignment.arm == Arm::Baseline);
                prop_assert!(by_chance || assignment.set_cookie.is_none());
            }
        }
    }
}

#[test]
fn sixty_four_kibibytes_of_anything_get_a_decision() {
    for byte in [0, b'a', b';', b'=', b'.', b'%', b'&', b'9', 0xff] {
        let bytes = || Some(vec![byte; 65_536]);
        let host = Hostile { header: bytes(), claim: bytes(), address: bytes(), now: 0 };
        for when in conditions() {
            let rules =
                Rules { eligible: vec![Rule { name: "r".into(), when }], ..Rules::default() };
            cohorts(Bucketing::LaunchDarkly, rules)
                .assign(&Reads::new(&host), Standing::Open { weight: Weight::MAX });
        }
    }
}

/// One number for 20,000 buckets of pseudo-random units of 0 to 63 bytes. A build for another machine must
/// come to the same. (The numbers are those of an independent implementation in Python.)
#[test]
fn the_buckets_of_random_bytes_do_not_drift() {
    let expected = [
        7_556_934_926_621_710_933,
        3_608_252_999_816_626_698,
        6_547_794_380_318_198_090,
        12_638_658_254_726_846_073,
    ];
    let digests = Bucketing::ALL.map(|bucketing| {
        let bucketer = Bucketer::try_new(bucketing, "checkout-v2").unwrap();
        let mut state = 1_u64;
        let mut unit = Vec::new();
        (0..20_000).fold(0_u64, |digest, length| {
            unit.clear();
            unit.extend((0..length % 64).map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            }));
            (digest ^ u64::from(bucketer.bucket(&unit).get())).wrapping_mul(0x0000_0100_0000_01b3)
        })
    });
    assert_eq!(digests, expected);
}
