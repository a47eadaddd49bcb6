use super::*;
use crate::scenario::expectation::Level;

/// Metrics and shared data that never change.
struct Still(Vec<(String, u64)>);

impl Snapshot for Still {
    fn metrics(&self, visit: &mut dyn FnMut(&str, u64)) {
        self.0.iter().for_each(|(name, value)| visit(name, *value));
    }

    fn shared_data(&self, _: &str, _: &str) -> Option<Vec<u8>> {
        Some(b"nonsense".to_vec())
    }
}

const ROLLOUT: &[u8] = br#"{"rollout":"r","unit":[{"header":"x-user-id"}]}"#;

fn metric(name: &str, value: u64) -> (String, u64) {
    (format!("rollout=.=r;.;{name}"), value)
}

fn recorder(lasts: Option<u64>) -> Recorder {
    let mut recorder = Recorder::new(SystemTime::UNIX_EPOCH, lasts.map(Duration::from_secs));
    recorder.watch("", ROLLOUT);
    recorder
}

fn run(recorder: &mut Recorder, end: u64, snapshot: &dyn Snapshot) -> usize {
    let mut samples = 0;
    while recorder.next_at() < Duration::from_secs(end) {
        recorder.sample(recorder.next_at(), snapshot);
        samples += 1;
    }
    samples
}

#[test]
fn a_day_and_a_second_are_taken_down_in_some_hundred_samples_each() {
    let state = Still(vec![metric("serinus_state", 0)]);
    for (lasts, end) in [(Some(1), 1), (Some(86_400), 86_400), (None, 86_400), (None, 100)] {
        let mut recorder = recorder(lasts);
        run(&mut recorder, end, &state);
        let samples = recorder.report(Duration::from_secs(end)).rollouts.remove(0).samples;
        assert!((100..1200).contains(&samples.len()), "{lasts:?}: {}", samples.len());
        assert!(samples.is_sorted_by_key(|sample| sample.at_ms));
        assert!(samples.last().unwrap().at_ms * 10 > end * 9_000, "{lasts:?}");
    }
}

#[test]
fn a_sample_is_what_the_metrics_say_and_nonsense_in_shared_data_is_nothing() {
    let assigned = |cohort: &str| format!("cohort=.={cohort};.;serinus_assigned_total");
    let mut recorder = recorder(None);
    recorder.sample(
        Duration::from_secs(1),
        &Still(vec![
            metric("serinus_state", 1),
            metric("serinus_canary_weight", 5_000),
            metric("serinus_stage", 2),
            metric(&assigned("canary"), 50),
            metric(&assigned("baseline"), 950),
            metric("cohort=.=canary;.;outcome=.=failure;.;serinus_requests_total", 3),
            ("rollout=.=other;.;serinus_state".to_owned(), 3),
        ]),
    );
    let report = recorder.report(Duration::from_secs(1));
    let sample = &report.rollouts[0].samples[0];
    assert_eq!((sample.weight, sample.stage), (5_000, 2));
    let totals = sample.totals.unwrap();
    assert_eq!(
        (totals.canary.requests, totals.canary.failures, totals.baseline.requests),
        (50, 3, 950)
    );
    assert_eq!((sample.rates, sample.evidence), (None, None));
}

#[test]
fn a_filter_that_has_no_such_rollout_has_none_on_the_page() {
    let mut recorder = recorder(None);
    recorder.watch("", b"not a rollout");
    run(&mut recorder, 10, &Still(vec![metric("serinus_state", 99)]));
    assert_eq!(recorder.report(Duration::from_secs(10)).rollouts, []);
}

#[test]
fn traffic_of_any_length_takes_some_hundred_slices() {
    let mut recorder = recorder(None);
    for second in 0..86_400 {
        let ended = Duration::from_secs(second);
        recorder.finished(&Finished {
            ended,
            cluster: Some("c"),
            status: Some(200),
            ..Finished::default()
        });
    }
    let traffic = recorder.report(Duration::from_secs(86_400)).traffic.unwrap();
    let slices = &traffic.clusters[0].slices;
    assert!((400..=MOST_SLICES).contains(&slices.len()), "{}", slices.len());
    assert_eq!(slices.iter().map(|slice| slice[0]).sum::<u64>(), 86_400);
}

#[test]
fn of_many_lines_the_first_the_last_and_warnings_stay() {
    let mut recorder = recorder(None);
    for i in 0..10_000_u64 {
        let level = if i == 5_000 { Level::Warn } else { Level::Info };
        let text = i.to_string();
        recorder.logged(&LogLine { at: Duration::from_millis(i), level, plugin: "p", text: &text });
    }
    let report = recorder.report(Duration::ZERO);
    let texts: Vec<&str> = report.logs.iter().map(|line| line.text.as_str()).collect();
    assert_eq!((texts[0], texts[150], texts[300]), ("0", "5000", "9999"));
    assert_eq!(report.logs_omitted, 10_000 - 301);
}
