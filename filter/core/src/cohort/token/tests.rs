use super::super::fake::Request;
use super::*;
use proptest::prelude::*;

const EXPIRY: u64 = 1_800_000_000;

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32]).unwrap()
}

fn rule(rollout: &str, cohort: Arm) -> OverrideToken {
    OverrideToken {
        source: Source::Header("x-serinus-override".into()),
        key: key(1),
        rollout: rollout.into(),
        cohort,
    }
}

fn accepts(rule: &OverrideToken, token: impl AsRef<[u8]>, now: u64) -> bool {
    let host = Request::new().header("x-serinus-override", token).at(now * 1000);
    rule.is_carried(&Reads::new(&host))
}

#[test]
fn a_token_is_good_until_it_expires() {
    let rule = rule("checkout.v2", Arm::Canary);
    let token = mint("checkout.v2", Arm::Canary, EXPIRY, &key(1));
    assert!(accepts(&rule, &token, 0));
    assert!(accepts(&rule, &token, EXPIRY - 1));
    assert!(!accepts(&rule, &token, EXPIRY));
    assert!(!rule.is_carried(&Reads::new(&Request::new())));
}

/// Pinned, so that tokens in people's hands stay good; the tag is that of `openssl dgst -sha256 -mac HMAC`.
#[test]
fn the_format_does_not_drift() {
    assert_eq!(
        mint("checkout-v2", Arm::Canary, EXPIRY, &key(1)),
        "v1.checkout-v2.canary.1800000000.dVekuRsRGv4jZ5tfMH1vl5VznkH9pBrsdbLw5JImR0U"
    );
}

#[test]
fn a_token_is_good_for_its_rollout_and_cohort_only() {
    let token = mint("a.canary", Arm::Canary, EXPIRY, &key(1));
    assert!(accepts(&rule("a.canary", Arm::Canary), &token, 0));
    assert!(!accepts(&rule("a", Arm::Canary), &token, 0));
    assert!(!accepts(&rule("canary", Arm::Canary), &token, 0));
    assert!(!accepts(&rule("a.canary", Arm::Baseline), &token, 0));
}

#[test]
fn a_token_that_nobody_signed_is_none() {
    let rule = rule("r", Arm::Canary);
    let good = mint("r", Arm::Canary, EXPIRY, &key(1));
    let (text, tag) = good.rsplit_once('.').unwrap();
    for bad in [
        mint("r", Arm::Canary, EXPIRY, &key(2)),
        good.replace("18", "19"),
        format!("v1.r.canary.0{EXPIRY}.{tag}"),
        format!("v1.r.canary.+{EXPIRY}.{tag}"),
        format!("{text}."),
        format!("{text}.{}", &tag[..42]),
        format!("{text}.{tag}="),
        format!("{good}.x"),
        good.replace("v1", "v2"),
        String::new(),
        "....".into(),
    ] {
        assert!(!accepts(&rule, &bad, 0), "{bad}");
    }
}

#[test]
fn the_clock_is_read_only_for_a_good_token() {
    let host = Request::new().header("x-serinus-override", "v1.r.canary.1.x");
    assert!(!rule("r", Arm::Canary).is_carried(&Reads::new(&host)));
    assert_eq!(host.log(), ["header x-serinus-override"]);
}

proptest! {
    #[test]
    fn any_name_round_trips(rollout in "[A-Za-z0-9_.-]{1,40}", expiry in 1_u64..) {
        let token = mint(&rollout, Arm::Baseline, expiry, &key(1));
        prop_assert!(accepts(&rule(&rollout, Arm::Baseline), token, 0));
    }

    #[test]
    fn takes_any_bytes(token: Vec<u8>, tail: Vec<u8>) {
        prop_assert!(!accepts(&rule("r", Arm::Canary), token, 0));
        prop_assert!(!accepts(&rule("r", Arm::Canary), [b"v1.r.canary.9.", &tail[..]].concat(), 0));
    }
}
