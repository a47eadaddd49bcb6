use super::*;
use crate::Given;

const SHARE: Param<Share> = Param::new("share", "a share", 0.25);
const SPAN: Param<Span> = Param::new("span", "a span", "1h30m");
const TIMES: Param<Number> = Param::new("times", "at most ten", 2.0).between(0.0, 10.0);
const NAME: Param<Text> = Param::required("name", "a name");
const ON: Param<Flag> = Param::new("on", "a switch", true);

fn told(name: &str, value: ParamValue) -> Snapshot {
    Snapshot { params: vec![Given { name: name.into(), value }], ..Snapshot::default() }
}

fn text(text: &str) -> ParamValue {
    ParamValue::Text(text.into())
}

#[test]
fn what_is_not_given_is_the_default() {
    let nothing = Snapshot::default();
    assert_eq!((SHARE.of(&nothing), TIMES.of(&nothing), ON.of(&nothing)), (0.25, 2.0, true));
    assert_eq!(SPAN.of(&nothing), Duration::from_secs(5400));
    assert_eq!(NAME.of(&nothing), "");
}

#[test]
fn values_are_written_as_elsewhere_in_a_rollout() {
    assert_eq!(SHARE.of(&told("share", text("0.5%"))), 0.005);
    assert_eq!(SHARE.of(&told("share", ParamValue::Number(0.5))), 0.5);
    assert_eq!(SPAN.of(&told("span", text("500ms"))), Duration::from_millis(500));
    assert_eq!(NAME.of(&told("name", text("x"))), "x");
    assert!(!ON.of(&told("on", ParamValue::Flag(false))));
}

#[test]
fn what_is_not_of_its_kind_or_range_is_refused() {
    let wrong: [(&dyn Parameter, ParamValue, &str); 7] = [
        (&SHARE, text("150%"), "`share` should be a share such as 0.1% or 0.001: a share"),
        (
            &SHARE,
            ParamValue::Number(f64::NAN),
            "`share` should be a share such as 0.1% or 0.001: a share",
        ),
        (
            &SPAN,
            ParamValue::Number(5.0),
            "`span` should be a duration such as 500ms, 10s, 15m, 4h or 7d: a span",
        ),
        (&TIMES, ParamValue::Number(10.5), "`times` is out of its range: at most ten"),
        (&TIMES, text("1"), "`times` should be a number: at most ten"),
        (&NAME, ParamValue::Flag(true), "`name` should be a text: a name"),
        (&ON, text("true"), "`on` should be true or false: a switch"),
    ];
    for (param, given, expected) in wrong {
        assert_eq!(param.check(&given), Err(expected.to_owned()));
    }
    assert_eq!(TIMES.check(&ParamValue::Number(10.0)), Ok(()));
}

#[test]
fn a_default_is_shown_as_a_rollout_would_say_it() {
    assert_eq!(SPAN.default(), Some(text("1h30m")));
    assert_eq!(Parameter::default(&NAME), None);
}
