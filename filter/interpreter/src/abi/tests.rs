//! The hand-written layouts against `wit-parser`'s, on the contract itself.

mod contract;

use super::about::{ABOUT, PARAM_ABOUT};
use super::*;
use contract::Contract;
use proptest::prelude::*;
use serde_json::{json, to_value};
use serinus_core::policy::{About, ParamAbout};

/// A memory whose allocator works, and begins where nothing is aligned by chance.
struct Bump {
    memory: Vec<u8>,
    next: u32,
}

impl Bump {
    fn new() -> Self {
        Self { memory: vec![0xaa; 1 << 20], next: 9 }
    }
}

impl GuestMemory for Bump {
    fn allocate(&mut self, align: u32, size: u32) -> Result<u32, Failure> {
        let address = self.next.next_multiple_of(align);
        self.next = address + size + 1;
        Ok(address)
    }

    fn memory(&mut self) -> &mut [u8] {
        &mut self.memory
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z]{1,9}", ".{0,12}"]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), -1e9..1e9_f64, Just(f64::MIN_POSITIVE), Just(f64::MAX)]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop::sample::select(&Verdict::ALL[..])
}

prop_compose! {
    fn arm()(
        n in any::<[u64; 4]>(),
        upper_ms in prop::collection::vec(number(), 0..5),
        counts in prop::collection::vec(any::<u64>(), 0..6),
        events in prop::collection::vec((text(), any::<u64>()), 0..4),
    ) -> Arm {
        let [requests, failures, client_gone, units] = n;
        let events = events.into_iter().map(|(name, count)| EventCount { name, count }).collect();
        let latency = LatencyHistogram { upper_ms, counts };
        Arm { requests, failures, client_gone, units, latency, events }
    }
}

prop_compose! {
    fn window()(seconds in any::<u32>(), baseline in arm(), canary in arm()) -> Window {
        Window { seconds, baseline, canary }
    }
}

prop_compose! {
    fn gate()(
        name in text(),
        verdict in verdict(),
        severity in 0..3_usize,
        detail in text(),
    ) -> GateResult {
        let all = [GateSeverity::Critical, GateSeverity::Warn, GateSeverity::DryRun];
        GateResult { name, verdict, severity: all[severity], detail }
    }
}

fn param() -> impl Strategy<Value = Param> {
    let value = prop_oneof![
        number().prop_map(ParamValue::Number),
        text().prop_map(ParamValue::Text),
        any::<bool>().prop_map(ParamValue::Flag),
    ];
    (text(), value).prop_map(|(name, value)| Param { name, value })
}

fn params() -> impl Strategy<Value = Vec<Param>> {
    prop::collection::vec(param(), 0..5)
}

fn stage() -> impl Strategy<Value = StageView> {
    any::<([u32; 3], [u64; 3])>().prop_map(|([index, count, weight], [age, time, requests])| {
        StageView {
            index,
            count,
            weight,
            age_seconds: age,
            min_seconds: time,
            min_requests: requests,
        }
    })
}

prop_compose! {
    fn snapshot()(
        rollout in text(),
        (generation, unix_seconds) in any::<(u64, u64)>(),
        stage in stage(),
        windows in prop::collection::vec(window(), 0..4),
        gates in prop::collection::vec(gate(), 0..5),
        params in params(),
        memory in prop::collection::vec(any::<u8>(), 0..40),
    ) -> Snapshot {
        Snapshot { rollout, generation, unix_seconds, stage, windows, gates, params, memory }
    }
}

prop_compose! {
    fn decision()(
        verdict in verdict(),
        reason in text(),
        evidence in prop::collection::vec((text(), number(), prop::option::of(number())), 0..6),
        memory in prop::collection::vec(any::<u8>(), 0..40),
    ) -> Decision {
        let evidence = evidence.into_iter();
        let evidence = evidence.map(|(name, value, threshold)| Evidence { name, value, threshold });
        Decision { verdict, reason, evidence: evidence.collect(), memory }
    }
}

fn about() -> impl Strategy<Value = About> {
    let param = (param(), text(), any::<bool>()).prop_map(|(given, description, required)| {
        let default = (!required).then_some(given.value);
        ParamAbout { name: given.name, description, default }
    });
    (text(), text(), text(), prop::collection::vec(param, 0..5)).prop_map(
        |(name, version, description, params)| About { name, version, description, params },
    )
}

proptest! {
    #[test]
    fn an_about_written_as_the_contract_says_is_lifted(about in about()) {
        let mut memory = vec![0x55; 5];
        let address = Contract::load().write("about", &to_value(&about).unwrap(), &mut memory);
        prop_assert_eq!(lift_about(&memory, address), Ok(about));
    }

    #[test]
    fn a_lowered_snapshot_reads_as_the_contract_says(snapshot in snapshot()) {
        let mut guest = Bump::new();
        let address = lower_snapshot(&snapshot, &mut guest).unwrap();
        let read = Contract::load().read("snapshot", &guest.memory, address as usize);
        prop_assert_eq!(read, to_value(&snapshot).unwrap());
    }

    #[test]
    fn lowered_params_read_as_the_contract_says(params in params()) {
        let mut guest = Bump::new();
        let (address, len) = lower_params(&params, &mut guest).unwrap();
        let read = Contract::load().read_list("param", &guest.memory, address, len);
        prop_assert_eq!(read, to_value(&params).unwrap());
    }

    #[test]
    fn a_decision_written_as_the_contract_says_is_lifted(decision in decision()) {
        let mut memory = vec![0x55; 5];
        let address = Contract::load().write("decision", &to_value(&decision).unwrap(), &mut memory);
        prop_assert_eq!(lift_decision(&memory, address), Ok(decision));
    }

    #[test]
    fn mistakes_written_as_the_contract_says_are_lifted(
        mistakes in prop::option::of(prop::collection::vec(text(), 0..5))
    ) {
        let result = match &mistakes {
            Some(mistakes) => json!({ "err": mistakes }),
            None => json!({ "ok": null }),
        };
        let mut memory = vec![0x55; 5];
        let address = Contract::load().write_validated(&result, &mut memory);
        prop_assert_eq!(lift_mistakes(&memory, address), Ok(mistakes));
    }

    #[test]
    fn any_memory_and_address_lift_or_fail(
        memory in prop::collection::vec(any::<u8>(), 0..200),
        address in prop_oneof![0..256_u32, any::<u32>()],
    ) {
        if let Ok(decision) = lift_decision(&memory, address) {
            prop_assert_eq!(decision.sound(), Ok(()));
        }
        if let Ok(about) = lift_about(&memory, address) {
            prop_assert!(about.name.len() + about.description.len() <= 3 * MAX_DECISION);
        }
        if let Ok(Some(mistakes)) = lift_mistakes(&memory, address) {
            prop_assert!(mistakes.iter().map(String::len).sum::<usize>() <= MAX_DECISION);
        }
    }
}

#[test]
fn the_sizes_are_those_of_the_contract() {
    let contract = Contract::load();
    for (name, layout) in [
        ("decision", DECISION),
        ("evidence", EVIDENCE),
        ("about", ABOUT),
        ("param-about", PARAM_ABOUT),
    ] {
        assert_eq!(contract.layout(name), (layout.size, layout.align), "{name}");
    }
    assert_eq!(contract.validated_layout(), (VALIDATED.size, VALIDATED.align));
    for (name, align) in [
        ("snapshot", Snapshot::ALIGN),
        ("stage", StageView::ALIGN),
        ("window", Window::ALIGN),
        ("arm", Arm::ALIGN),
        ("histogram", LatencyHistogram::ALIGN),
        ("event-count", EventCount::ALIGN),
        ("gate-result", GateResult::ALIGN),
        ("param", Param::ALIGN),
    ] {
        assert_eq!(contract.layout(name).1, align as usize, "{name}");
    }
}

#[test]
fn the_functions_have_the_signatures_that_are_called() {
    assert_eq!(
        Contract::load().signatures(),
        ["describe: () -> (i32)", "evaluate: (i32) -> (i32)", "validate: (i32, i32) -> (i32)",]
    );
}

/// A good decision in memory, to be spoilt.
fn good() -> (Vec<u8>, u32) {
    let evidence = Evidence { name: "x".to_owned(), value: 1.0, threshold: Some(2.0) };
    let decision = Decision {
        verdict: Verdict::Promote,
        reason: "because".to_owned(),
        evidence: vec![evidence],
        memory: vec![1, 2, 3],
    };
    let mut memory = Vec::new();
    let address = Contract::load().write("decision", &to_value(&decision).unwrap(), &mut memory);
    memory.resize(64 * 1024, 0);
    (memory, address)
}

/// The good decision with some bytes at some offset of its record replaced.
fn spoilt(at: usize, bytes: &[u8]) -> Result<Decision, Failure> {
    let (mut memory, address) = good();
    let at = address as usize + at;
    memory[at..at + bytes.len()].copy_from_slice(bytes);
    lift_decision(&memory, address)
}

#[test]
fn every_lie_in_a_decision_is_found() {
    let (memory, address) = good();
    assert!(lift_decision(&memory, address).is_ok());
    let word = |n: u32| n.to_le_bytes();
    let pair = |address: u32, len: u32| [word(address), word(len)].concat();
    let (end, huge) = (64 * 1024, u32::MAX);
    for (lie, at, bytes, failure) in [
        ("a fourth verdict", 0, vec![3], Failure::Malformed),
        ("a reason beyond the end", 4, pair(end - 3, 4), Failure::Malformed),
        ("a reason that wraps around", 4, pair(huge, 4), Failure::Malformed),
        ("an empty reason beyond the end", 4, pair(end + 1, 0), Failure::Malformed),
        ("a reason of four gigabytes", 4, pair(0, huge), Failure::TooLarge),
        ("a reason of all that is allowed and a byte", 4, pair(0, 16_385), Failure::TooLarge),
        ("evidence at an odd address", 12, pair(4, 1), Failure::Malformed),
        ("evidence beyond the end", 12, pair(end - 8, 1), Failure::Malformed),
        ("evidence whose size overflows", 12, pair(0, huge), Failure::TooLarge),
        ("evidence beyond what is left", 12, pair(0, 1024), Failure::TooLarge),
        ("memory beyond the end", 20, pair(end, 1), Failure::Malformed),
        ("more memory than may be kept", 20, pair(0, 4097), Failure::TooLarge),
    ] {
        assert_eq!(spoilt(at, &bytes), Err(failure), "{lie}");
    }
}

#[test]
fn a_decision_stands_inside_the_memory_and_aligned() {
    let (memory, address) = good();
    for wrong in
        [address + 1, address + 2, memory.len() as u32 - 4, memory.len() as u32, u32::MAX - 3]
    {
        assert_eq!(lift_decision(&memory, wrong), Err(Failure::Malformed), "{wrong}");
    }
}

#[test]
fn every_lie_in_an_evidence_is_found() {
    let (memory, address) = good();
    let lift = Lift { memory: &memory, left: 100 };
    let evidence = lift.u32(address as usize + 12).unwrap() as usize - address as usize;
    let number = |x: f64| x.to_le_bytes().to_vec();
    for (lie, at, bytes) in [
        ("not a number", 8, number(f64::NAN)),
        ("an infinite value", 8, number(f64::INFINITY)),
        ("an infinite threshold", 24, number(f64::NEG_INFINITY)),
        ("a third kind of option", 16, vec![2]),
    ] {
        assert_eq!(spoilt(evidence + at, &bytes), Err(Failure::Malformed), "{lie}");
    }
    let (mut memory, address) = good();
    let name = lift.u32(address as usize + evidence).unwrap() as usize;
    memory[name] = 0xff;
    assert_eq!(lift_decision(&memory, address), Err(Failure::Malformed), "not UTF-8");
}

#[test]
fn an_allocator_that_lies_is_found() {
    struct Liar(Vec<u8>, u32);
    impl GuestMemory for Liar {
        fn allocate(&mut self, _: u32, _: u32) -> Result<u32, Failure> {
            Ok(self.1)
        }
        fn memory(&mut self) -> &mut [u8] {
            &mut self.0
        }
    }
    let snapshot = Snapshot::default();
    for (lie, address) in
        [("beyond the end", 4096), ("across the end", 4088), ("wrapped", u32::MAX - 7), ("odd", 4)]
    {
        let lowered = lower_snapshot(&snapshot, &mut Liar(vec![0; 4096], address));
        assert_eq!(lowered, Err(Failure::Malformed), "{lie}");
    }
    // The same place again and again is the guest's own loss.
    assert!(lower_snapshot(&snapshot, &mut Liar(vec![0; 4096], 0)).is_ok());
}
