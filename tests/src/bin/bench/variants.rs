//! What is compared.

use anyhow::Result;
use serde_json::{Value, json};
use serinus_rig::{Builder, Envoy, Filter, Upstream, Wasm, filter_path};
use std::path::PathBuf;

/// One way of sending a sticky 5 % to a canary.
pub struct Variant {
    pub name: &'static str,
    build: fn(Builder) -> Result<Builder>,
}

impl Variant {
    /// An Envoy with one worker that does it.
    pub async fn start(&self, v1: &Upstream, v2: &Upstream) -> Result<Envoy> {
        let builder = Envoy::builder()
            .workers(1)
            .without_access_log()
            .cluster("baseline", v1)
            .cluster("canary", v2);
        Ok((self.build)(builder)?.start().await?)
    }
}

/// The name of the variant that the others' added cost is counted from.
pub const FLOOR: &str = "route by header, no filter";
/// The name of the variant to beat.
pub const LUA: &str = "Lua: hash, header, count by status";

/// All of them.
pub fn all() -> Result<Vec<Variant>> {
    let variant = |name, build| Variant { name, build };
    let mut all = vec![
        variant(FLOOR, Ok),
        variant("weighted clusters, use_hash_policy", |b| Ok(b.routes([weighted()]))),
        variant(LUA, |b| Ok(b.filter(Filter::lua("lua", LUA_SOURCE)))),
        variant("Serinus", |b| Ok(b.filter(serinus(filter_path()?)))),
    ];
    if another_build().is_some() {
        let build = |b: Builder| Ok(b.filter(serinus(another_build().unwrap_or_default())));
        all.push(variant("Serinus, the build to compare with", build));
    }
    Ok(all)
}

/// Another build of the filter, to be measured in the same run: the path of a module.
fn another_build() -> Option<PathBuf> {
    std::env::var_os("SERINUS_BENCH_AGAINST").map(PathBuf::from)
}

fn serinus(module: PathBuf) -> Wasm {
    let config = json!({
        "rollout": "checkout",
        "unit": [{ "header": "x-user-id" }],
        "stages": [{ "weight": "5%", "min_time": "1h" }, { "weight": "100%" }],
        "gates": [{ "metric": "errors", "max": "1%" },
                  { "metric": "latency", "quantile": "p99", "max": "500ms" }],
    });
    Filter::wasm("serinus").module(module).config(config)
}

/// Envoy's own sticky split: no salt, no counting by cohort, no judgement.
fn weighted() -> Value {
    json!({
        "match": { "prefix": "/" },
        "route": {
            "hash_policy": [{ "header": { "header_name": "x-user-id" } }],
            "weighted_clusters": {
                "use_hash_policy": true,
                "clusters": [
                    { "name": "baseline", "weight": 95 },
                    { "name": "canary", "weight": 5 },
                ],
            },
        },
    })
}

/// What a user would write instead. Lua in Envoy has no counters, so it counts in a table.
const LUA_SOURCE: &str = r#"
local counts = {}
function envoy_on_request(handle)
  local headers = handle:headers()
  local id = headers:get("x-user-id") or ""
  local hash = 2166136261
  for i = 1, #id do
    hash = bit.bxor(hash, string.byte(id, i))
    hash = bit.tobit(hash * 16777619)
  end
  local cohort = (hash % 100) < 5 and "canary" or "baseline"
  headers:replace("x-serinus-cohort", cohort)
  handle:streamInfo():dynamicMetadata():set("serinus", "cohort", cohort)
end
function envoy_on_response(handle)
  local cohort = handle:streamInfo():dynamicMetadata():get("serinus")["cohort"]
  local key = cohort .. handle:headers():get(":status")
  counts[key] = (counts[key] or 0) + 1
end
"#;
