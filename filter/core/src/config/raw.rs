//! The rollout as its author writes it. These shapes *are* the published schema.

use super::choice::{CohortName, Day, Local, Mode, OnRollback, Profile};
use crate::decode::Named;
use crate::decode::declare::shape;
use crate::decode::value::{Duration, Setting, Share, Size, StatusRange};
use crate::gate::keys::Gate;

shape! {
    /// A canary release.
    Rollout {
        /// The rollout's name: letters, digits, `-`, `_` and `.`. It is a label of every metric.
        rollout: String,
        /// Which requests the rollout is about; by default all.
        r#match: Option<Match>,
        /// The request header that the route table matches, and its two values.
        route: Option<Route>,
        /// Who is assigned: the first of these sources that a request shows. A request that shows none stays with the
        /// baseline.
        unit: Vec<Unit>,
        /// The salt is hashed together with the unit; another salt draws other users. By default it is the rollout's name.
        salt: Option<String>,
        /// How a unit is hashed: `serinus-v1` (the default), or `unleash`, `growthbook-v2` or `launchdarkly`, which keep
        /// users where that flag tool has them.
        bucketing: Option<String>,
        /// Whoever matches one of these rules gets the baseline. So does whoever cannot be told: a missing header
        /// excludes. These rules are asked first.
        exclude: Option<Vec<Rule>>,
        /// Whoever matches one of these rules gets the cohort that the rule names, and is not compared statistically.
        /// These rules are asked after `exclude`; what cannot be told forces nobody.
        force: Option<Vec<Force>>,
        /// If this is given, only requests that match one of these rules take part. These rules are asked last; what
        /// cannot be told makes nobody eligible.
        eligible: Option<Vec<Rule>>,
        /// Presets for every key that is not given; by default `standard`.
        profile: Option<Profile>,
        /// The steps to 100 %; by default those of the profile.
        stages: Option<Vec<Stage>>,
        /// The test that runs on every failure; by default that of the profile.
        guard: Option<Guard>,
        /// The conditions of promotion; by default a gate on errors, with the limit of the profile.
        gates: Option<Vec<Gate>>,
        /// The business events to count, by name, for each arm.
        events: Option<Named<Event>>,
        /// Which responses count as failures. A client that hangs up is never a failure.
        failure: Option<Failure>,
        /// The service level objective. A canary that uses up its error budget too fast, in two windows at once and more
        /// than twice as fast as the baseline, is held.
        slo: Option<Slo>,
        /// How long each stage runs before gates and units count; by default 0s, with the profile `critical` 1m. The guard
        /// does not wait for it.
        warm_up: Option<Duration>,
        /// Whether a stage may end before its `min_time` once every gate is passed, though never before its
        /// `min_requests`; by default false, with the profile `low` true.
        finish_early: Option<bool>,
        /// The times at which nothing is promoted. Rollbacks are always allowed.
        freeze: Option<Vec<Freeze>>,
        /// A canary that is not promoted within this time is rolled back; by default there is no such time.
        max_age: Option<Duration>,
        /// What a rollback means for later; by default `latch`.
        on_rollback: Option<OnRollback>,
        /// A number to raise in order to try again after a rollback; by default 1.
        generation: Option<u64>,
        /// Who moves the stage; by default `autonomous`.
        mode: Option<Mode>,
        /// The stage to be in, counted from 0; only with `mode: follow`.
        stage: Option<u64>,
        /// Whether everyone gets the baseline, at once; by default false.
        kill: Option<bool>,
        /// A promotion policy of your own, which is asked as well.
        policy: Option<Policy>,
    }
}

shape! {
    /// The requests that a rollout is about.
    Match {
        /// The host names. `*.example.com` stands for all below; ports are ignored.
        hosts: Option<Vec<String>>,
        /// The text with which the path begins.
        path_prefix: Option<String>,
    }
}

shape! {
    /// The header that carries the cohort to the route table.
    Route {
        /// The header's name; by default `x-serinus-cohort`. The client's own copy is always replaced.
        header: Option<String>,
        /// The header's value for the baseline; by default `baseline`.
        baseline: Option<String>,
        /// The header's value for the canary; by default `canary`.
        canary: Option<String>,
    }
}

shape! {
    /// A source of the unit; it has exactly one key.
    Unit {
        /// The name of a claim of the JWT that the proxy has verified.
        jwt: Option<String>,
        /// The name of a request header that a trusted party sets.
        header: Option<String>,
        /// A cookie that names the unit.
        cookie: Option<Cookie>,
        /// Whether the client's address names the unit. One address may be a thousand people, and an address is personal
        /// data.
        source_address: Option<bool>,
    }
}

shape! {
    /// A cookie that names the unit.
    Cookie {
        /// The cookie's name.
        name: String,
        /// Whether a cookie is given to whoever has no unit; by default false.
        issue: Option<bool>,
        /// The HMAC key in base64, at least 16 bytes. With a key, only signed cookies count.
        key: Option<String>,
        /// How long an issued cookie lives; by default 30 days.
        max_age: Option<Duration>,
    }
}

shape! {
    /// A rule: a condition with a name.
    Rule {
        /// The rule's name in decisions and logs.
        name: String,
        /// The condition under which the rule matches.
        when: Condition,
    }
}

shape! {
    /// A rule that gives a cohort.
    Force {
        /// The rule's name in decisions and logs.
        name: String,
        /// The condition under which the rule matches; only what a client cannot forge belongs here.
        when: Condition,
        /// The cohort that the rule gives.
        cohort: CohortName,
    }
}

shape! {
    /// A question about a request: one source with one operator, or `not`, `all`, `any`, or a time
    /// window, or a signed override.
    Condition {
        /// Source: the request header of this name.
        header: Option<String>,
        /// Source: the cookie of this name.
        cookie: Option<String>,
        /// Source: the query parameter of this name.
        query: Option<String>,
        /// Source: the claim of this name of the verified JWT.
        jwt: Option<String>,
        /// Source: the path, without the query.
        path: Option<bool>,
        /// Source: the method.
        method: Option<bool>,
        /// Source: the client's address.
        source_address: Option<bool>,
        /// Operator: the value equals this text.
        exact: Option<String>,
        /// Operator: the value begins with this text.
        prefix: Option<String>,
        /// Operator: the value ends with this text.
        suffix: Option<String>,
        /// Operator: the value is one of these texts.
        r#in: Option<Vec<String>>,
        /// Operator: the value has this element (a claim that is a list) or this part (a text).
        contains: Option<String>,
        /// Operator: the value matches this regular expression anywhere.
        regex: Option<String>,
        /// Operator: the value is a number less than this.
        lt: Option<f64>,
        /// Operator: the value is a number not above this.
        le: Option<f64>,
        /// Operator: the value is a number greater than this.
        gt: Option<f64>,
        /// Operator: the value is a number not below this.
        ge: Option<f64>,
        /// Operator: the value is this number.
        eq: Option<f64>,
        /// Operator: the value is a semantic version that compares so, such as `>=1.4.0`.
        semver: Option<String>,
        /// Operator: the value is an address in one of these blocks.
        cidr: Option<Vec<String>>,
        /// Operator: the value is there (`true`), or is not there (`false`).
        present: Option<bool>,
        /// Operator: the value falls in this share of all values.
        percentage: Option<Share>,
        /// The condition holds if this one does not. What cannot be told stays untold.
        not: Option<Box<Condition>>,
        /// The condition holds if all of these hold.
        all: Option<Vec<Condition>>,
        /// The condition holds if at least one of these holds.
        any: Option<Vec<Condition>>,
        /// The condition holds from this moment on (RFC 3339).
        after: Option<String>,
        /// The condition holds before this moment (RFC 3339).
        before: Option<String>,
        /// The condition holds for whoever shows a signed, expiring override token.
        r#override: Option<Override>,
    }
}

shape! {
    /// The place in which an override token stands, and the key with which it is signed.
    Override {
        /// The header in which the token stands.
        header: Option<String>,
        /// The cookie in which the token stands.
        cookie: Option<String>,
        /// The query parameter in which the token stands.
        query: Option<String>,
        /// The HMAC key in base64, at least 16 bytes.
        key: String,
    }
}

shape! {
    /// A step of the rollout.
    Stage {
        /// The canary's share of users.
        weight: Share,
        /// The least time in the stage; by default 0s.
        min_time: Option<Duration>,
        /// The least number of canary requests in the stage; by default 0.
        min_requests: Option<u64>,
        /// How long the canary stays under guard at 100 %; only on the last stage, which has this weight.
        watch: Option<Duration>,
    }
}

shape! {
    /// The test that runs on every failure.
    Guard {
        /// The chance of a false rollback, over all stages together. The guard has four fifths of it and the critical gates
        /// the rest; without critical gates the guard has all.
        alpha: Option<f64>,
        /// The relative increase of errors that is no reason to roll back.
        tolerate: Option<Share>,
        /// The least number of canary failures in the stage before a rollback; failures of one user in a row count once.
        min_errors: Option<u64>,
    }
}

shape! {
    /// A business event.
    Event {
        /// The response with which the event counts.
        when: EventCondition,
    }
}

shape! {
    /// The response header that shows that the event happened.
    EventCondition {
        /// The name of the response header.
        response_header: String,
        /// Whether the header has to be there.
        present: Option<bool>,
        /// The text that the header equals.
        exact: Option<String>,
        /// The text with which the header begins.
        prefix: Option<String>,
    }
}

shape! {
    /// Which responses count as failures.
    Failure {
        /// The HTTP statuses that are failures; by default `[500-599]`.
        status: Option<Vec<StatusRange>>,
        /// The gRPC statuses that are failures; by default `[2, 4, 8, 13, 14, 15]`.
        grpc: Option<Vec<u64>>,
        /// The failures without an answer that count; by default all three.
        local: Option<Vec<Local>>,
    }
}

shape! {
    /// The service level objective.
    Slo {
        /// The share of requests that have to be good.
        availability: Share,
        /// The largest burn rate over two windows at once; by default that of each pair of windows.
        max_burn: Option<f64>,
    }
}

shape! {
    /// A time in which nothing is promoted.
    Freeze {
        /// The days on which the time begins.
        days: Vec<Day>,
        /// The time of day at which it begins, `HH:MM`.
        from: String,
        /// The time of day at which it ends, `HH:MM`; it is on the next day unless it is later than `from`.
        to: String,
        /// The offset from UTC, such as `+01:00`; by default UTC.
        offset: Option<String>,
    }
}

shape! {
    /// A promotion policy of your own.
    Policy {
        /// The file of the component. `serinus render` puts its core module in here, because a proxy reads no files.
        file: Option<String>,
        /// In place of `file`: the core module in base64.
        wasm: Option<String>,
        /// The SHA-256 of the core module in hex; it goes with `wasm`.
        sha256: Option<String>,
        /// The fuel of an evaluation; by default 1500000, about 7 ms of a proxy's thread.
        fuel: Option<u64>,
        /// The size to which the policy's memory may grow; by default 1MiB.
        memory: Option<Size>,
        /// The parameters, as the policy describes them.
        params: Option<Named<Setting>>,
    }
}
