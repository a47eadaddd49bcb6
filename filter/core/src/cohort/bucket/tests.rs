use super::*;
use proptest::prelude::*;

fn bucketer(bucketing: Bucketing, salt: &str) -> Bucketer {
    Bucketer::try_new(bucketing, salt).unwrap()
}

#[test]
fn names_round_trip() {
    for bucketing in Bucketing::ALL {
        assert_eq!(Bucketing::from_name(bucketing.as_str()), Some(bucketing));
    }
    assert_eq!(Bucketing::from_name("serinus-v2"), None);
}

#[test]
fn a_salt_is_not_empty_and_has_no_colon() {
    for bucketing in Bucketing::ALL {
        assert_eq!(Bucketer::try_new(bucketing, "").err(), Some(SaltError::Empty));
        assert_eq!(Bucketer::try_new(bucketing, "a:b").err(), Some(SaltError::Colon));
    }
}

#[test]
fn a_weight_is_at_most_everybody() {
    assert_eq!(Weight::try_new(100_000), Ok(Weight::MAX));
    assert_eq!(Weight::try_new(100_001), Err(WeightError));
}

/// The values that the LaunchDarkly SDKs' own tests publish, in 1/100000 rounded down; they round
/// to seven digits there, so none of these is near a boundary. Seed 61 replaces `key.salt`.
#[test]
fn launchdarkly_places_users_where_its_sdks_do() {
    for (salt, unit, place) in [
        ("hashKey.saltyA", "userKeyA", 42_157),
        ("hashKey.saltyA", "userKeyB", 67_084),
        ("hashKey.saltyA", "userKeyC", 10_343),
        ("hashKey.saltyA", "33333", 54_771),
        ("hashKey.saltyA", "99999", 73_096),
        ("61", "userKeyA", 9_801),
        ("61", "userKeyB", 14_483),
        ("61", "userKeyC", 92_426),
    ] {
        assert_eq!(
            bucketer(Bucketing::LaunchDarkly, salt).bucket(unit.as_bytes()).get(),
            place,
            "{salt} {unit}"
        );
    }
}

/// From GrowthBook's published cases, hash version 2.
#[test]
fn growthbook_places_users_where_its_sdks_do() {
    for (seed, unit, place) in [
        ("seed", "a", 505),
        ("seed", "b", 2_696),
        ("foo", "ab", 2_575),
        ("foo", "def", 2_019),
        ("89123klj", "8952klfjas09ujkasdf", 1_240),
        ("90850943850283058242805", "123", 7_516),
    ] {
        assert_eq!(
            bucketer(Bucketing::GrowthbookV2, seed).bucket(unit.as_bytes()).get(),
            place,
            "{seed} {unit}"
        );
    }
}

/// From the Unleash clients' tests: the normalised value of `groupId:id`.
#[test]
fn unleash_places_users_where_its_sdks_do() {
    assert_eq!(bucketer(Bucketing::Unleash, "gr1").bucket(b"123").get(), 73);
    assert_eq!(bucketer(Bucketing::Unleash, "groupX").bucket(b"999").get(), 25);
}

#[test]
fn serinus_scales_the_hash_of_salt_colon_id() {
    let hash = Murmur3::new(0).update(b"checkout-v2:user-1").finish();
    let place = u64::from(hash) * 100_000 / (1 << 32);
    assert_eq!(
        u64::from(bucketer(Bucketing::SerinusV1, "checkout-v2").bucket(b"user-1").get()),
        place
    );
}

#[test]
fn unleash_asks_at_most_and_the_others_ask_below() {
    let percent = |p: u32| Weight::try_new(p * 1000).unwrap();
    let unleash = bucketer(Bucketing::Unleash, "gr1");
    let place = unleash.bucket(b"123");
    assert!(unleash.includes(place, percent(73)) && !unleash.includes(place, percent(72)));
    let growthbook = bucketer(Bucketing::GrowthbookV2, "seed");
    let place = growthbook.bucket(b"a");
    let weight = |w: u32| Weight::try_new(w * 10).unwrap();
    assert!(growthbook.includes(place, weight(506)) && !growthbook.includes(place, weight(505)));
}

#[test]
fn a_weight_between_two_steps_is_reported_and_rounded_down() {
    let half_a_percent = Weight::try_new(500).unwrap();
    assert!(!Bucketing::Unleash.representable(half_a_percent));
    assert!(Bucketing::GrowthbookV2.representable(half_a_percent));
    assert!(!Bucketing::GrowthbookV2.representable(Weight::try_new(5).unwrap()));
    assert!(Bucketing::SerinusV1.representable(Weight::try_new(1).unwrap()));
    assert!(!Bucketing::Unleash.includes(Bucket(1), half_a_percent));
}

#[test]
fn the_ends_of_the_launchdarkly_line() {
    assert_eq!(scale_60(0), 0);
    assert_eq!(scale_60((1 << 60) - 1), 99_999);
    assert_eq!(scale_60((1 << 60) - 2), 99_999);
}

proptest! {
    #[test]
    fn launchdarkly_places_like_exact_division(hash in 0_u64..(1 << 60) - 1) {
        let exact = u128::from(hash) * 100_000 / ((1_u128 << 60) - 1);
        prop_assert_eq!(u128::from(scale_60(hash)), exact);
    }
}
