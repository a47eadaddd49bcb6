//! Random requests, the same ones every time. Each is decided here too, by the core on the same bytes: the filter must
//! come to the same cohort, or something between a header and the core has read it wrongly.

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use serinus_core::cohort::attribute::{Attributes, Reads};
use serinus_core::cohort::decide::Standing;
use serinus_rig::COHORT_HEADER;

use crate::{arms, curious, ensure_as_before, ensure_own_header, known, one_worker, stand};

const SEED: u64 = 0x5e21_0005;
const REQUESTS: usize = 400;

const NAMES: [&str; 9] = [
    "x-user-id",
    "cookie",
    COHORT_HEADER,
    "x-any",
    "x-override",
    "authorization",
    "x-forwarded-for",
    "accept",
    "x-other",
];

const WORDS: [&str; 14] = [
    "sid=",
    "signed=v1.",
    "any=",
    "; ",
    ";",
    "=",
    ".",
    "v1.checkout.canary.",
    "1.2.3-rc.1",
    "10.0.0.1",
    "::1",
    "u7",
    "%ff",
    "\"",
];

/// A request as the filter is to see it.
struct Sent {
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
}

impl Attributes for Sent {
    fn header(&self, name: &str) -> Option<Vec<u8>> {
        match name {
            ":path" => Some(self.path.clone().into()),
            ":method" => Some("GET".into()),
            _ => self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone()),
        }
    }

    fn jwt_claim(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn source_address(&self) -> Option<Vec<u8>> {
        Some("127.0.0.1".into())
    }

    fn now(&self) -> u64 {
        1_800_000_000_000
    }

    fn random(&self) -> Option<[u8; 16]> {
        None
    }
}

impl Sent {
    fn draw(rng: &mut Rng) -> Self {
        let mut names = NAMES.to_vec();
        rng.shuffle(&mut names);
        names.truncate(rng.usize(0..=NAMES.len()));
        Self {
            path: path(rng),
            headers: names.into_iter().map(|name| (name, value(rng))).collect(),
        }
    }
}

/// Anything that may stand in a header; without blanks at the ends, which Envoy takes away.
fn value(rng: &mut Rng) -> Vec<u8> {
    let mut value = Vec::new();
    for _ in 0..rng.usize(0..8) {
        match rng.u8(0..4) {
            0 => value.extend((0..rng.usize(0..40)).map(|_| rng.u8(0x80..=0xff))),
            1 => value.extend((0..rng.usize(0..40)).map(|_| rng.u8(0x20..0x7f))),
            2 => value.extend(vec![rng.u8(0x21..0x7f); 1 << rng.u32(0..12)]),
            _ => value.extend(WORDS[rng.usize(0..WORDS.len())].bytes()),
        }
    }
    value.trim_ascii().to_vec()
}

fn path(rng: &mut Rng) -> String {
    let pieces = ["/", "?", "&", "any=", "any", "%", "%41", "%ff%fe", "a", "..", ";", "=", "+"];
    let rest = (0..rng.usize(0..30)).map(|_| pieces[rng.usize(0..pieces.len())]);
    format!("/{}", rest.collect::<String>())
}

#[tokio::test]
async fn random_requests_get_the_cohort_that_the_core_gives_them() -> Result<()> {
    let config = curious();
    let rollout = stand::native(&config)?;
    let standing = Standing::Open { weight: rollout.stage(0).weight };
    let stand = one_worker(&config).await?;
    let users = known(&config)?;
    let mut rng = Rng::with_seed(SEED);
    for n in 0..REQUESTS {
        let sent = Sent::draw(&mut rng);
        let cohort = rollout.cohorts.assign(&Reads::new(&sent), standing).arm;
        let call = sent
            .headers
            .iter()
            .fold(stand.envoy.get(&sent.path), |call, (name, value)| call.header(name, value));
        let what = || format!("request {n} of seed {SEED:#x}: {} {:?}", sent.path, sent.headers);
        let reply = call.send().await.with_context(what)?;
        ensure!(reply.status == 200, "{}: {}", reply.status, what());
        ensure_own_header(&reply, cohort).with_context(what)?;
    }
    ensure_as_before(&stand.envoy, &users).await?;
    stand.envoy.wait_for_access_log(REQUESTS + users.len()).await?;
    let arms = arms(&stand.envoy).await?;
    let total: u64 = arms.values().sum();
    assert_eq!(total, (REQUESTS + users.len()) as u64, "{arms:?}");
    // Requests of all kinds were drawn.
    assert!(
        ["baseline", "canary", "outside"].iter().all(|arm| arms.get(*arm) > Some(&30)),
        "{arms:?}"
    );
    Ok(())
}
