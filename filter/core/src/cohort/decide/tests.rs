use super::super::{
    bucket::Bucketing, fake::Request, key::SigningKey, operator::Operator,
    signed_cookie::SignedCookie, source::Source,
};
use super::*;

const EVERYBODY: Standing = Standing::Open { weight: Weight::MAX };

fn when(name: &str, exact: &str) -> Condition {
    Condition::Test { source: Source::Header(name.into()), operator: Operator::Exact(exact.into()) }
}

fn rule(name: &str, when: Condition) -> Rule {
    Rule { name: name.into(), when }
}

/// The rules of the schema's example.
fn rules() -> Rules {
    let staff = Condition::Test {
        source: Source::Jwt("groups".into()),
        operator: Operator::Contains(b"staff".to_vec()),
    };
    let regions = Condition::Test {
        source: Source::Header("x-region".into()),
        operator: Operator::one_of(["eu-west", "eu-north"]),
    };
    Rules {
        exclude: vec![rule("no-consent", Condition::Not(Box::new(when("x-consent", "yes"))))],
        force: vec![ForceRule { rule: rule("staff", staff), cohort: Arm::Canary }],
        eligible: vec![rule("pilot-regions", regions), rule("beta", when("x-beta", "1"))],
    }
}

fn cohorts(rules: Rules) -> Cohorts {
    let bucketer = Bucketer::try_new(Bucketing::SerinusV1, "checkout-v2").unwrap();
    Cohorts {
        rules,
        units: vec![UnitSource::Attribute(Source::Header("x-user-id".into()))],
        bucketer,
    }
}

fn decide(cohorts: &Cohorts, host: &Request, standing: Standing) -> (Arm, &'static str) {
    let assignment = cohorts.assign(&Reads::new(host), standing);
    (assignment.arm, assignment.reason.as_str())
}

/// Everything in its favour.
fn good() -> Request {
    Request::new()
        .header("x-consent", "yes")
        .header("x-region", "eu-west")
        .header("x-user-id", "u1")
}

#[test]
fn the_first_that_applies_decides() {
    let cohorts = cohorts(rules());
    for (host, standing, expected) in [
        (good().claim("groups", "staff"), Standing::Killed, (Arm::Baseline, "killed")),
        (good().claim("groups", "staff"), Standing::RolledBack, (Arm::Baseline, "rolled_back")),
        (
            good().claim("groups", "staff").header("x-consent", "no"),
            EVERYBODY,
            (Arm::Baseline, "excluded"),
        ),
        (
            good().claim("groups", "staff").header("x-region", "us"),
            EVERYBODY,
            (Arm::Canary, "forced"),
        ),
        (good().header("x-region", "us"), EVERYBODY, (Arm::Baseline, "not_eligible")),
        (
            good().header("x-region", "us").header("x-beta", "1"),
            EVERYBODY,
            (Arm::Canary, "percentage"),
        ),
        (good().header("x-user-id", ""), EVERYBODY, (Arm::Baseline, "no_unit")),
        (good(), EVERYBODY, (Arm::Canary, "percentage")),
        (good(), Standing::Open { weight: Weight::ZERO }, (Arm::Baseline, "percentage")),
    ] {
        assert_eq!(decide(&cohorts, &host, standing), expected);
    }
}

#[test]
fn what_is_unknown_excludes_and_neither_forces_nor_qualifies() {
    let unknown = || when("x-missing", "1");
    let rules =
        |exclude: Option<Condition>, force: Option<Condition>, eligible: Option<Condition>| Rules {
            exclude: exclude.map(|when| rule("e", when)).into_iter().collect(),
            force: force
                .map(|when| ForceRule { rule: rule("f", when), cohort: Arm::Canary })
                .into_iter()
                .collect(),
            eligible: eligible.map(|when| rule("q", when)).into_iter().collect(),
        };
    for condition in [unknown(), Condition::Not(Box::new(unknown()))] {
        let reason = |rules| decide(&cohorts(rules), &good(), EVERYBODY).1;
        assert_eq!(reason(rules(Some(condition.clone()), None, None)), "excluded", "{condition:?}");
        assert_eq!(
            reason(rules(None, Some(condition.clone()), None)),
            "percentage",
            "{condition:?}"
        );
        assert_eq!(
            reason(rules(None, None, Some(condition.clone()))),
            "not_eligible",
            "{condition:?}"
        );
    }
}

#[test]
fn the_reason_names_the_rule() {
    let cohorts = cohorts(rules());
    let host = good().claim("groups", "staff");
    let assignment = cohorts.assign(&Reads::new(&host), EVERYBODY);
    assert_eq!(assignment.reason.rule(), Some("staff"));
    assert!(!assignment.randomised());
    let host = Request::new();
    let assignment = cohorts.assign(&Reads::new(&host), EVERYBODY);
    assert_eq!(assignment.reason, Reason::Excluded("no-consent".into()));
}

#[test]
fn a_force_rule_can_hold_somebody_at_the_baseline() {
    let force = vec![ForceRule { rule: rule("vip", when("x-tier", "vip")), cohort: Arm::Baseline }];
    let cohorts = cohorts(Rules { force, ..Rules::default() });
    assert_eq!(
        decide(&cohorts, &good().header("x-tier", "vip"), EVERYBODY),
        (Arm::Baseline, "forced")
    );
}

#[test]
fn reads_no_more_than_it_must() {
    for (rules, standing, log) in [
        (rules(), Standing::Killed, vec![]),
        (rules(), Standing::RolledBack, vec![]),
        (Rules::default(), EVERYBODY, vec!["header x-user-id"]),
        (
            rules(),
            EVERYBODY,
            vec!["header x-consent", "claim groups", "header x-region", "header x-user-id"],
        ),
    ] {
        let host = good();
        cohorts(rules).assign(&Reads::new(&host), standing);
        assert_eq!(host.log(), log);
    }
}

#[test]
fn a_cookie_is_issued_only_at_the_last_step() {
    let mut cohorts = cohorts(rules());
    let key = SigningKey::from_bytes(&[1; 32]).unwrap();
    cohorts.units.push(UnitSource::SignedCookie(
        SignedCookie::try_new("__Host-serinus", key, Some(60)).unwrap(),
    ));
    let stranger = || Request::new().random([5; 16]);
    let with = |host: &Request| {
        let assignment = cohorts.assign(&Reads::new(host), EVERYBODY);
        (assignment.reason.as_str(), assignment.set_cookie.is_some())
    };
    assert_eq!(with(&stranger()), ("excluded", false));
    assert_eq!(with(&stranger().header("x-consent", "yes")), ("not_eligible", false));
    let consenting = stranger().header("x-consent", "yes").header("x-region", "eu-west");
    assert_eq!(with(&consenting), ("percentage", true));
    assert_eq!(with(&good()), ("percentage", false));
}

#[test]
fn only_chance_is_randomised() {
    let cohorts = cohorts(Rules::default());
    let reads_of = good();
    assert!(cohorts.assign(&Reads::new(&reads_of), EVERYBODY).randomised());
    assert!(!cohorts.assign(&Reads::new(&reads_of), Standing::RolledBack).randomised());
    let nobody = Request::new();
    assert!(!cohorts.assign(&Reads::new(&nobody), EVERYBODY).randomised());
}

#[test]
fn names_round_trip() {
    for cohort in [Arm::Baseline, Arm::Canary] {
        assert_eq!(Arm::from_name(cohort.as_str()), Some(cohort));
    }
    assert_eq!(Arm::from_name("Canary"), None);
}
