use super::*;
use crate::release::BAD;
use crate::show::record;
use serde_json::json;

/// The moment at which every test begins, on both clocks.
fn start() -> (Instant, SystemTime) {
    let now = Instant::now();
    (now, wall_clock(now))
}

fn done(start: Instant, user: &str, ms: (u64, u64), version: &str, status: u16) -> Done {
    let at = |ms| start + Duration::from_millis(ms);
    Done {
        user: user.into(),
        at_sent: at(ms.0),
        at_done: at(ms.1),
        status: Ok(status),
        upstream: Some(version.into()),
    }
}

fn hit(start: Instant, ms: u64, status: u16) -> Hit {
    let at = start + Duration::from_millis(ms);
    Hit {
        at,
        user: None,
        path: "/".into(),
        status: Some(status),
        headers: None,
        body: None,
        trailers: None,
    }
}

fn entry(started: SystemTime, version: &str) -> AccessEntry {
    AccessEntry {
        started,
        user: None,
        cohort: Some(version.into()),
        request: "GET /".into(),
        code: 200,
        flags: String::new(),
        details: String::new(),
        cluster: None,
        upstream: None,
        attempts: 1,
        duration: Duration::ZERO,
    }
}

fn scene(began: Instant) -> Scene {
    let (exchanges, arrivals, access, records) = Default::default();
    Scene { release: BAD, began, exchanges, arrivals, access, records }
}

#[test]
fn the_outbreak_begins_with_the_first_failure() {
    let (now, wall) = start();
    let arrivals =
        [(0, 200), (10, 503), (20, 200), (30, 503)].map(|(ms, s)| hit(now, ms, s)).into();
    let outbreak = Scene { arrivals, ..scene(now) }.since_first_failure().unwrap();
    assert_eq!((outbreak.requests, outbreak.failures), (3, 2));
    assert_eq!(outbreak.began, wall + Duration::from_millis(10));
    assert_eq!(
        Scene { arrivals: vec![hit(now, 0, 200)], ..scene(now) }.since_first_failure(),
        None
    );
}

#[test]
fn the_last_arrival_has_a_sign() {
    let (now, wall) = start();
    let scene = Scene { arrivals: vec![hit(now, 5, 200), hit(now, 40, 503)], ..scene(now) };
    assert_eq!(scene.last_arrival_ms(wall + Duration::from_millis(28)), Some(12.0));
    assert_eq!(scene.last_arrival_ms(wall + Duration::from_millis(50)), Some(-10.0));
}

#[test]
fn only_what_began_after_the_moment_and_went_to_the_canary_is_late() {
    let (now, wall) = start();
    let at = |ms| wall + Duration::from_millis(ms);
    let access =
        vec![entry(at(10), "v2"), entry(at(13), "v2"), entry(at(17), "v2"), entry(at(19), "v1")];
    let scene = Scene { access, ..scene(now) };
    assert_eq!(scene.begun_after(at(10)), Late { requests: 2, last_ms: 7.0 });
    assert_eq!(scene.begun_after(at(18)), Late { requests: 0, last_ms: 0.0 });
}

#[test]
fn a_decision_covers_its_whole_millisecond() {
    let decided = record(json!({
        "time_ms": 1000, "rollout": "r", "generation": 1, "stage": 0, "weight": 5000, "stage_age_ms": 0,
        "verdict": "rollback", "reasons": [], "comparisons": [],
    }));
    assert_eq!(surely_decided(&decided), SystemTime::UNIX_EPOCH + Duration::from_millis(1001));
}

#[test]
fn users_are_counted_once_however_often_they_are_hit() {
    let (now, _) = start();
    let exchanges = vec![
        done(now, "u1", (0, 1), "v2", 503),
        done(now, "u1", (2, 3), "v2", 503),
        done(now, "u2", (2, 3), "v2", 200),
        done(now, "u3", (2, 3), "v1", 500),
    ];
    let crowd = Scene { exchanges, ..scene(now) }.crowd("v2", "v1");
    assert_eq!((crowd.users, crowd.users_hit), (3, 2));
    assert_eq!((crowd.baseline_requests, crowd.baseline_failures), (1, 1));
    assert_eq!((crowd.canary_requests, crowd.canary_failures), (3, 2));
}

#[test]
fn a_user_may_move_the_way_of_the_act_once_and_not_back() {
    let (now, _) = start();
    let violations = |visits: &[(u64, u64, &str)]| {
        let exchanges = visits.iter().map(|v| done(now, "u1", (v.0, v.1), v.2, 200)).collect();
        Scene { exchanges, ..scene(now) }.crowd("v2", "v1").stickiness_violations
    };
    assert_eq!(violations(&[(0, 1, "v2"), (2, 3, "v1"), (4, 5, "v1")]), 0);
    assert_eq!(violations(&[(0, 1, "v1"), (2, 3, "v2")]), 1, "one change, in the wrong direction");
    assert_eq!(violations(&[(0, 1, "v2"), (2, 3, "v1"), (4, 5, "v2")]), 1);
    assert_eq!(violations(&[(0, 3, "v1"), (2, 4, "v2")]), 0, "they overlapped");
    assert_eq!(
        violations(&[(0, 1, "v2"), (2, 3, "v3"), (4, 5, "v2")]),
        1,
        "a version of another act"
    );
}
