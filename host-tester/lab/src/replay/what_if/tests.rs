use super::*;

fn ended(status: u16, flags: &[&str]) -> Ending {
    Ending {
        status: (status != 0).then_some(status),
        grpc: None,
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        took: Duration::from_millis(10),
    }
}

#[test]
fn an_ending_comes_about_as_it_did() {
    let kind = |status, flags: &[&str]| behaviour(&ended(status, flags)).kind;
    assert_eq!(kind(404, &[]), Kind::Answer(Answer::status(404)));
    assert_eq!(kind(503, &["UF", "URX"]), Kind::ConnectFail);
    assert_eq!(kind(503, &["UH"]), Kind::NoHost);
    assert_eq!(kind(503, &["UC"]), Kind::Reset);
    assert_eq!(kind(200, &["UPE"]), Kind::ResetAfterHeaders(Answer::status(200)));
    assert_eq!(kind(504, &["UT"]), Kind::Answer(Answer::status(504)));
    assert_eq!(kind(0, &["DC"]), Kind::Hang);
    assert_eq!(leaves(&ended(0, &["DC"])), Some(Duration::from_millis(10)));
    assert_eq!(leaves(&ended(200, &["DC"])), Some(Duration::from_millis(10)));
    assert_eq!((leaves(&ended(500, &["DC"])), leaves(&ended(200, &[]))), (None, None));
    assert_eq!(behaviour(&ended(200, &[])).latency, Latency::Fixed(Duration::from_millis(10)));
}

#[test]
fn a_canary_that_is_worse_is_worse_by_what_was_said() {
    let random = &mut fastrand::Rng::with_seed(1);
    let canary = Canary { errors: 0.2, latency: Slower::Times(1.5) };
    let ends: Vec<Behaviour> = (0..10_000).map(|_| canary.ends(&ended(200, &[]), random)).collect();
    let failed = ends.iter().filter(|end| end.kind == Kind::Answer(Answer::status(503))).count();
    assert!((1_850..2_150).contains(&failed), "{failed}");
    assert!(ends.iter().all(|end| end.latency == Latency::Fixed(Duration::from_millis(15))));
    let same = Canary::default().ends(&ended(200, &[]), random);
    assert_eq!(same, behaviour(&ended(200, &[])));
    let later = Canary { latency: Slower::By(Duration::from_millis(5)), ..Canary::default() };
    let later = later.ends(&ended(404, &[]), random);
    assert_eq!(later.latency, Latency::Fixed(Duration::from_millis(15)));
}
