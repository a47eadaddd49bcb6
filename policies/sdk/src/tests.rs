use super::*;

const EVENT: Param<Text> = Param::required("event", "which event");
const SHARE: Param<Share> = Param::new("share", "how much", 0.1);

struct Always;

impl Policy for Always {
    fn about(&self) -> About {
        About { name: "always", version: "1", description: "promotes", params: &[&EVENT, &SHARE] }
    }

    fn evaluate(&self, _: &Snapshot) -> Decision {
        Decision::promote("always")
    }
}

fn given(name: &str, value: &str) -> Given {
    Given { name: name.into(), value: ParamValue::Text(value.into()) }
}

#[test]
fn every_mistake_is_told_at_once() {
    let mistakes = Always.validate(&[given("evnt", "order"), given("share", "all")]).unwrap_err();
    assert_eq!(
        mistakes,
        [
            "`evnt` is not known; there are: event, share",
            "`share` should be a share such as 0.1% or 0.001: how much",
            "`event` is missing: which event",
        ]
    );
    assert_eq!(Always.validate(&[given("event", "order")]), Ok(()));
}

#[test]
fn unsound_parameters_never_promote() {
    let decision = evaluate(&Always, &Snapshot::default());
    assert_eq!(decision, Decision::hold("parameters: `event` is missing: which event"));
    let params = vec![given("event", "order")];
    assert_eq!(
        evaluate(&Always, &Snapshot { params, ..Snapshot::default() }).verdict,
        Verdict::Promote
    );
}
