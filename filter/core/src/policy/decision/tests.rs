use super::*;

#[test]
fn a_number_that_is_none_is_left_out_and_refused_from_others() {
    let decision = Decision::hold("x").noting("a", f64::NAN).because("b", 1.0, f64::INFINITY);
    assert!(decision.evidence.is_empty());
    let evidence = vec![Evidence { name: "a".into(), value: f64::NAN, threshold: None }];
    let decision = Decision { evidence, ..Decision::hold("x") };
    assert_eq!(decision.sound(), Err(Failure::Malformed));
}

#[test]
fn memory_and_the_whole_have_a_limit_that_may_be_reached() {
    let remembering = |bytes| Decision::hold("").remembering(vec![0; bytes]).sound();
    assert_eq!(remembering(MAX_MEMORY), Ok(()));
    assert_eq!(remembering(MAX_MEMORY + 1), Err(Failure::TooLarge));
    let saying = |bytes| Decision::hold("x".repeat(bytes)).because("abcd", 1.0, 2.0).sound();
    assert_eq!(saying(MAX_DECISION - 20), Ok(()));
    assert_eq!(saying(MAX_DECISION - 19), Err(Failure::TooLarge));
}
