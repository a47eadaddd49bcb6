use super::super::{fake::Request, key::SigningKey, token::mint};
use super::*;
use crate::arm::Arm;
use Truth::{False, True, Unknown};

fn header(name: &str, exact: &str) -> Condition {
    Condition::Test { source: Source::Header(name.into()), operator: Operator::Exact(exact.into()) }
}

fn jwt(operator: Operator) -> Condition {
    Condition::Test { source: Source::Jwt("groups".into()), operator }
}

fn staff() -> Condition {
    jwt(Operator::Contains(b"staff".to_vec()))
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn token() -> Condition {
    let key = SigningKey::from_bytes(&[1; 32]).unwrap();
    Condition::Override(OverrideToken {
        source: Source::Query("o".into()),
        key,
        rollout: "r".into(),
        cohort: Arm::Canary,
    })
}

fn evaluate(condition: &Condition, host: &Request) -> Truth {
    condition.evaluate(&Reads::new(host))
}

#[test]
fn not_of_what_is_missing_is_unknown() {
    let host = Request::new().header("a", "1");
    for (condition, truth) in [
        (header("a", "1"), True),
        (header("a", "2"), False),
        (header("b", "1"), Unknown),
        (not(header("a", "1")), False),
        (not(header("a", "2")), True),
        (not(header("b", "1")), Unknown),
        (not(not(header("b", "1"))), Unknown),
    ] {
        assert_eq!(evaluate(&condition, &host), truth, "{condition:?}");
    }
}

#[test]
fn a_decisive_part_outweighs_an_unknown_one() {
    let host = Request::new().header("a", "1");
    let (yes, no, unknown) = (header("a", "1"), header("a", "2"), header("b", "1"));
    for (condition, truth) in [
        (Condition::All(vec![unknown.clone(), no.clone()]), False),
        (Condition::All(vec![unknown.clone(), yes.clone()]), Unknown),
        (Condition::Any(vec![unknown.clone(), yes.clone()]), True),
        (Condition::Any(vec![unknown.clone(), no.clone()]), Unknown),
        (not(Condition::All(vec![unknown.clone(), yes])), Unknown),
        (not(Condition::Any(vec![unknown, no])), Unknown),
    ] {
        assert_eq!(evaluate(&condition, &host), truth, "{condition:?}");
    }
}

#[test]
fn what_is_decided_is_not_asked_further() {
    let host = Request::new().header("a", "1");
    evaluate(&Condition::All(vec![header("a", "2"), header("b", "1")]), &host);
    evaluate(&Condition::Any(vec![header("a", "1"), header("b", "1")]), &host);
    assert_eq!(host.log(), ["header a", "header a"]);
}

#[test]
fn a_window_holds_its_first_moment_and_not_its_last() {
    let window = Condition::TimeWindow { from: 10, until: 20 };
    for (now, truth) in [(9, False), (10, True), (19, True), (20, False)] {
        assert_eq!(evaluate(&window, &Request::new().at(now)), truth, "{now}");
    }
}

#[test]
fn a_token_that_does_not_count_is_unknown() {
    let key = SigningKey::from_bytes(&[1; 32]).unwrap();
    let good = mint("r", Arm::Canary, 5, &key);
    let carrying = |token: &str| Request::new().header(":path", format!("/?o={token}"));
    assert_eq!(evaluate(&token(), &carrying(&good)), True);
    assert_eq!(evaluate(&token(), &carrying(&good).at(5000)), Unknown);
    assert_eq!(evaluate(&not(token()), &carrying("v1.r.canary.5.x")), Unknown);
    assert_eq!(evaluate(&not(token()), &Request::new()), Unknown);
}

#[test]
fn what_a_client_can_make_hold_is_forgeable() {
    let window = || Condition::TimeWindow { from: 0, until: 1 };
    let office = || Condition::Test {
        source: Source::SourceAddress,
        operator: Operator::cidr(&["10.0.0.0/8"]).unwrap(),
    };
    for (condition, forgeable) in [
        (header("x-canary", "always"), true),
        (not(header("x-canary", "never")), true),
        (staff(), false),
        (not(staff()), false),
        (office(), false),
        (token(), false),
        (window(), false),
        (Condition::All(vec![header("a", "1"), staff()]), false),
        (Condition::All(vec![header("a", "1"), window()]), true),
        (Condition::All(vec![]), false),
        (Condition::Any(vec![header("a", "1"), staff()]), true),
        (Condition::Any(vec![office(), staff()]), false),
        (not(Condition::Any(vec![header("a", "1"), staff()])), false),
        (not(Condition::All(vec![header("a", "1"), staff()])), true),
        (jwt(Operator::Present(true)), false),
        (jwt(Operator::Present(false)), true),
        (not(jwt(Operator::Present(true))), true),
    ] {
        assert_eq!(condition.forgeable(), forgeable, "{condition:?}");
    }
}
