//! The rollout as its author writes it. These shapes *are* the published schema.

use super::choice::{CohortName, Day, Local, Metric, Mode, OnRollback, Profile, Severity};
use super::declare::shape;
use super::decode::Named;
use super::value::{Duration, Limit, Setting, Share, Size, StatusRange};

shape! {
    /// A canary release.
    Rollout {
        /// Name; letters, digits, `-`, `_` and `.`; a label of every metric.
        rollout: String,
        /// Which requests it is about; all, unless given.
        r#match: Option<Match>,
        /// The request header that the route table matches.
        route: Option<Route>,
        /// Who is assigned: the first that a request shows.
        unit: Vec<Unit>,
        /// Mixed into every bucket; change it to draw new users. The rollout's name by default.
        salt: Option<String>,
        /// `serinus-v1` (default), `unleash`, `growthbook-v2` or `launchdarkly`.
        bucketing: Option<String>,
        /// Whoever matches one of these gets the baseline; so does whoever cannot be told.
        exclude: Option<Vec<Rule>>,
        /// Whoever matches gets the given cohort. Not compared statistically.
        force: Option<Vec<Force>>,
        /// If given, only requests that match one of these take part.
        eligible: Option<Vec<Rule>>,
        /// Presets for what is not given; `standard` by default.
        profile: Option<Profile>,
        /// Steps to 100 %.
        stages: Option<Vec<Stage>>,
        /// The test that runs on every failure.
        guard: Option<Guard>,
        /// Conditions of promotion.
        gates: Option<Vec<Gate>>,
        /// Business events to count.
        events: Option<Named<Event>>,
        /// Which responses count as failures.
        failure: Option<Failure>,
        /// The service level objective: a canary that uses up its error budget too fast is held.
        slo: Option<Slo>,
        /// How long each stage runs before gates and units count; by default not at all (`critical`: 1m).
        /// The guard does not wait.
        warm_up: Option<Duration>,
        /// Whether a stage may end before its `min_time` once every gate is shown to hold; by default not
        /// (`low`: yes).
        finish_early: Option<bool>,
        /// When no promotion may happen. Rollbacks always may.
        freeze: Option<Vec<Freeze>>,
        /// A canary that is not promoted within this time is rolled back.
        max_age: Option<Duration>,
        /// What a rollback means for later; `latch`.
        on_rollback: Option<OnRollback>,
        /// Raise it to try again after a rollback.
        generation: Option<u64>,
        /// Who moves the stage; `autonomous` by default.
        mode: Option<Mode>,
        /// The stage to be in, from 0; only with `mode: follow`.
        stage: Option<u64>,
        /// Everyone to the baseline, at once.
        kill: Option<bool>,
        /// A promotion policy of one's own.
        policy: Option<Policy>,
    }
}

shape! {
    /// Which requests a rollout is about.
    Match {
        /// Host names, `*.example.com` for all below; ports are ignored.
        hosts: Option<Vec<String>>,
        /// What the path begins with.
        path_prefix: Option<String>,
    }
}

shape! {
    /// The header that carries the cohort to the route table.
    Route {
        /// Its name; `x-serinus-cohort` by default. The client's own is always replaced.
        header: Option<String>,
        /// Its value for the baseline; `baseline` by default.
        baseline: Option<String>,
        /// Its value for the canary; `canary` by default.
        canary: Option<String>,
    }
}

shape! {
    /// A source of the unit. Exactly one key.
    Unit {
        /// A claim of the verified JWT.
        jwt: Option<String>,
        /// A request header that a trusted party sets.
        header: Option<String>,
        /// A cookie.
        cookie: Option<Cookie>,
        /// The client's address. Opt-in only: one address may be a thousand people, and it is
        /// personal data.
        source_address: Option<bool>,
    }
}

shape! {
    /// A cookie that names the unit.
    Cookie {
        /// Its name.
        name: String,
        /// Whether to give one to whoever has no unit.
        issue: Option<bool>,
        /// Base64 of the HMAC key, at least 16 bytes. With a key, only signed cookies count.
        key: Option<String>,
        /// How long an issued cookie lives; 30 days by default.
        max_age: Option<Duration>,
    }
}

shape! {
    /// A named condition.
    Rule {
        /// Its name in decisions and logs.
        name: String,
        /// What it asks.
        when: Condition,
    }
}

shape! {
    /// A condition with a cohort.
    Force {
        /// Its name in decisions and logs.
        name: String,
        /// What it asks; only what a client cannot forge belongs here.
        when: Condition,
        /// Where it sends.
        cohort: CohortName,
    }
}

shape! {
    /// A question about a request: one source with one operator, or `not`, `all`, `any`, or a time
    /// window, or a signed override.
    Condition {
        /// Source: a request header.
        header: Option<String>,
        /// Source: a cookie.
        cookie: Option<String>,
        /// Source: a query parameter.
        query: Option<String>,
        /// Source: a claim of the verified JWT.
        jwt: Option<String>,
        /// Source: the path, without the query.
        path: Option<bool>,
        /// Source: the method.
        method: Option<bool>,
        /// Source: the client's address.
        source_address: Option<bool>,
        /// Equals.
        exact: Option<String>,
        /// Begins with.
        prefix: Option<String>,
        /// Ends with.
        suffix: Option<String>,
        /// Is one of.
        r#in: Option<Vec<String>>,
        /// Has as an element (list claims) or as a part (text).
        contains: Option<String>,
        /// Matches this regular expression anywhere.
        regex: Option<String>,
        /// Is a number less than.
        lt: Option<f64>,
        /// Is a number not above.
        le: Option<f64>,
        /// Is a number greater than.
        gt: Option<f64>,
        /// Is a number not below.
        ge: Option<f64>,
        /// Is this number.
        eq: Option<f64>,
        /// Is a semantic version that compares so, such as `>=1.4.0`.
        semver: Option<String>,
        /// Is an address in one of these blocks.
        cidr: Option<Vec<String>>,
        /// Is there (`true`), or is not (`false`).
        present: Option<bool>,
        /// Falls in this share of all values.
        percentage: Option<Share>,
        /// Does not hold. What cannot be told stays untold.
        not: Option<Box<Condition>>,
        /// All hold.
        all: Option<Vec<Condition>>,
        /// At least one holds.
        any: Option<Vec<Condition>>,
        /// From this moment on (RFC 3339).
        after: Option<String>,
        /// Before this moment (RFC 3339).
        before: Option<String>,
        /// A signed, expiring override token.
        r#override: Option<Override>,
    }
}

shape! {
    /// Where an override token stands, and the key it is signed with.
    Override {
        /// In this header.
        header: Option<String>,
        /// In this cookie.
        cookie: Option<String>,
        /// In this query parameter.
        query: Option<String>,
        /// Base64 of the HMAC key, at least 16 bytes.
        key: String,
    }
}

shape! {
    /// A step of the rollout.
    Stage {
        /// The canary's share of users.
        weight: Share,
        /// The least time in it.
        min_time: Option<Duration>,
        /// The least number of canary requests in it.
        min_requests: Option<u64>,
        /// Last stage only: how long the promoted canary stays under guard.
        watch: Option<Duration>,
    }
}

shape! {
    /// The test that runs on every failure.
    Guard {
        /// The chance of a false rollback, over all stages together: the guard's and that of every
        /// critical gate.
        alpha: Option<f64>,
        /// The relative increase of errors that is tolerated.
        tolerate: Option<Share>,
        /// The least number of canary failures before a rollback, those of one user in a row counting once.
        min_errors: Option<u64>,
    }
}

shape! {
    /// A condition of promotion.
    Gate {
        /// What it looks at.
        metric: Metric,
        /// The limit: a share for errors, a duration for latency.
        max: Option<Limit>,
        /// Latency: which quantile, such as `p99`.
        quantile: Option<String>,
        /// Latency: `mann-whitney` compares the whole distribution.
        compare: Option<String>,
        /// With `compare`: the largest chance that a canary request takes longer than one of the
        /// baseline; 0.56 by default, 0.5 is no difference.
        max_effect: Option<f64>,
        /// Events: which.
        name: Option<String>,
        /// Events: the largest relative drop.
        max_drop: Option<Share>,
        /// What a breach does; `critical` by default.
        severity: Option<Severity>,
        /// Whether it is recorded and not acted on.
        dry_run: Option<bool>,
    }
}

shape! {
    /// A business event.
    Event {
        /// When it counts.
        when: EventCondition,
    }
}

shape! {
    /// What a response shows when the event happened.
    EventCondition {
        /// This response header...
        response_header: String,
        /// ...is there.
        present: Option<bool>,
        /// ...equals this.
        exact: Option<String>,
        /// ...begins with this.
        prefix: Option<String>,
    }
}

shape! {
    /// Which responses count as failures.
    Failure {
        /// HTTP statuses; `[500-599]` by default.
        status: Option<Vec<StatusRange>>,
        /// gRPC statuses; `[2, 4, 8, 13, 14, 15]` by default.
        grpc: Option<Vec<u64>>,
        /// Failures without an answer; all three by default.
        local: Option<Vec<Local>>,
    }
}

shape! {
    /// The service level objective.
    Slo {
        /// The share of good requests.
        availability: Share,
        /// The largest burn rate, over two windows at once; by default that of each pair.
        max_burn: Option<f64>,
    }
}

shape! {
    /// A time in which nothing is promoted.
    Freeze {
        /// The days on which it begins.
        days: Vec<Day>,
        /// When it begins, `HH:MM`.
        from: String,
        /// When it ends, `HH:MM`; on the next day unless later than `from`.
        to: String,
        /// The offset from UTC, `+01:00`; UTC by default.
        offset: Option<String>,
    }
}

shape! {
    /// A promotion policy of one's own.
    Policy {
        /// A component file; `serinus render` inlines it. A proxy reads no files.
        file: Option<String>,
        /// In place of `file`: base64 of the core module.
        wasm: Option<String>,
        /// SHA-256 of the core module, in hex; goes with `wasm`.
        sha256: Option<String>,
        /// Fuel per evaluation; 1500000 by default, about 7 ms of a proxy's thread.
        fuel: Option<u64>,
        /// What its memory may grow to; 1MiB by default.
        memory: Option<Size>,
        /// Parameters, as the policy describes them.
        params: Option<Named<Setting>>,
    }
}
