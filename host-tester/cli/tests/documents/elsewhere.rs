//! What the documentation shows and these tests do not run, with the reason, and what runs it or its like instead.

use crate::page::{Step, commands};

/// Pages that another test runs, or whose folder says how they are tested.
pub const PAGES: &[(&str, &str)] = &[
    (
        "examples/envoy/README.md",
        "tests/tests/examples.rs does all of it on a real Envoy, and compares",
    ),
    (
        "examples/istio/README.md",
        "needs a cluster; tests/tests/istio.rs checks manifests and rollouts",
    ),
    (
        "host-tester/README.md",
        "shows a filter that is not here; host-tester/cli/tests/{run,lint}.rs run both commands",
    ),
];

const MINUTES: &str = "it takes minutes";
const EVERY_TEST: &str = "it runs every test, this one included";
const A_CLUSTER: &str = "it needs a cluster";

/// Commands, joined to one line each, why they are not run here, and what runs them or their like instead.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("make demo", MINUTES, "examples/demo/tests/make.rs, in `make test`"),
    ("make test", EVERY_TEST, ".ci/run"),
    ("make lint", "it compiles the workspace anew", ".ci/run"),
    ("make bench", MINUTES, "a person, before the numbers in docs/ are changed"),
    (
        "make wasm",
        "it builds wasm32 in the folder of the repository",
        "`make test` builds the filters first",
    ),
    (
        "cargo install --locked --path host-tester/cli",
        "it compiles wasmtime with optimisation",
        "these tests run the same binary",
    ),
    (
        "serinus calibrate examples/rollout.yaml --rps 1000 --runs 556 --alternatives",
        "it takes a minute with optimisation, and far longer without",
        "host-tester/cli/tests/calibrate.rs, with fewer rollouts",
    ),
    (
        "cargo test --locked --workspace --exclude serinus-filter --features serinus-demo/embedded --test cli",
        EVERY_TEST,
        "`make test`",
    ),
    (
        "cargo test --locked --workspace --exclude serinus-filter --features serinus-demo/embedded --lib -- promotion",
        EVERY_TEST,
        "`make test`",
    ),
    ("cargo test --locked -p serinus-core", EVERY_TEST, "`make test`"),
    (
        "cargo build --release --target wasm32-unknown-unknown",
        "a machine may have another compiler for wasm32",
        "setup/cargo-wasm builds the same module before the page is run",
    ),
    (
        "kubectl create --dry-run=client -o json -f examples/istio/gateway/wasm-plugin.yaml | jq .spec.pluginConfig | serinus check -",
        A_CLUSTER,
        "tests/tests/istio.rs checks the same rollout",
    ),
    ("cd examples/istio", A_CLUSTER, "nothing"),
    (
        "kubectl apply -f destination.yaml -f gateway/routes.yaml -f gateway/jwt.yaml -f gateway/wasm-plugin.yaml",
        A_CLUSTER,
        "tests/tests/istio.rs holds the manifests against Istio's CRDs",
    ),
    (
        "kubectl -n istio-ingress logs deploy/istio-ingressgateway -c istio-proxy | serinus explain -",
        A_CLUSTER,
        "docs/guide.md explains the log of a real Envoy",
    ),
    (
        "kubectl -n istio-ingress exec deploy/istio-ingressgateway -c istio-proxy -- pilot-agent request GET stats/prometheus | grep ^serinus_",
        A_CLUSTER,
        "docs/guide.md reads the metrics of a real Envoy",
    ),
];

/// Whether each command of a block stands in the table. A block is run as a whole or not at all.
pub fn is_named(step: &Step) -> bool {
    let commands = commands(&step.script);
    let named =
        commands.iter().filter(|command| COMMANDS.iter().any(|(known, ..)| known == command));
    let named = named.count();
    assert!(named == 0 || named == commands.len(), "only a part is in the table:\n{}", step.script);
    named > 0
}
