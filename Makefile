# What a newcomer types. Each target sets up what it lacks, through the scripts in setup/, and finds it done the next
# time. Recipes are quiet (@): what fails says so in one line of its own.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.PHONY: help demo test bench wasm filter filter-policies policies lint setup clean tools

# The tests and the demo take the filter as a file, exactly as Envoy does.
export SERINUS_FILTER := $(CURDIR)/target/dist/serinus-filter.wasm
export SERINUS_FILTER_POLICIES := $(CURDIR)/target/dist/serinus-filter-policies.wasm

# Looked up in the recipe and not up here, because finding Envoy may mean fetching it.
with-envoy = ENVOY="$$(setup/envoy)" && export ENVOY &&

# Cargo gives a dependency the features that the selected packages want together, so another selection compiles wasmtime
# and two hundred other crates anew. What needs them selects this, and then what it wants of it (--bin, --test).
workspace := --locked --workspace --exclude serinus-filter --features serinus-demo/embedded

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: filter ## a canary in a real Envoy: stopped when it turns bad, promoted when it is healthy
	@ENVOY="$$(setup/envoy)"; found=$$?; export ENVOY; case $$found in \
	0) cargo run --locked --release -p serinus-demo;; \
	3) echo "No Envoy can be had, so the same is played on the embedded host; the first build takes minutes." >&2; \
	   cargo run --locked --release -p serinus-demo --features embedded -- --embedded;; \
	*) exit $$found;; \
	esac

test: filter filter-policies ## every test, the ones on a real Envoy included
	@$(with-envoy) cargo test $(workspace) --no-fail-fast

bench: wasm ## what a request costs, against the alternatives in the same run
	@cargo bench --locked -p serinus-core --bench guard
	@cargo bench --locked -p serinus-core --bench error_control
	@cargo bench --locked -p serinus-lab --bench host
	@SERINUS_POLICY_CASES=10000 cargo test $(workspace) --test policies both_engines -- --nocapture
	@$(with-envoy) cargo run --locked --release -p serinus-tests --bin bench
	@$(with-envoy) cargo run --locked --release -p serinus-tests --bin bench-policies

wasm: filter filter-policies policies ## the three that follow

filter: tools ## the filter: target/dist/serinus-filter.wasm
	@setup/cargo-wasm build --locked --profile wasm -p serinus-filter
	@mkdir -p $(dir $(SERINUS_FILTER))
	@cp "$$(setup/cargo-wasm target-dir)/wasm/serinus_filter.wasm" $(SERINUS_FILTER).new && mv $(SERINUS_FILTER).new $(SERINUS_FILTER)
	@echo "target/dist/serinus-filter.wasm: $$(wc -c <$(SERINUS_FILTER)) bytes"

filter-policies: tools ## the filter with an interpreter for policies: target/dist/serinus-filter-policies.wasm
	@mkdir -p $(dir $(SERINUS_FILTER_POLICIES))
	@SERINUS_WASM_SMALL=1 setup/cargo-wasm build --locked --profile wasm -p serinus-filter --features policies
	@setup/wasm-opt "$$(setup/cargo-wasm target-dir)/wasm/serinus_filter.wasm" $(SERINUS_FILTER_POLICIES)
	@echo "target/dist/serinus-filter-policies.wasm: $$(wc -c <$(SERINUS_FILTER_POLICIES)) bytes"

policies: tools ## the policies that ship: target/dist/policies/*.wasm
	@SERINUS_WASM_CARGO=setup/cargo-wasm cargo run --locked -p serinus-cli --no-default-features -- \
		policy build $(patsubst %/tests/,%,$(dir $(wildcard policies/*/tests/*.json))) --out target/dist/policies

lint: tools ## formatting, clippy and rustdoc without a warning (native and wasm32), import direction, licences
	@setup/tools rustfmt clippy
	@cargo fmt --all --check
	@setup/cargo-wasm clippy --locked -p serinus-filter -- -D warnings
	@setup/cargo-wasm clippy --locked -p serinus-filter --features policies -- -D warnings
	@setup/cargo-wasm clippy --locked -p serinus-policy -p score -p token-check -- -D warnings
	@cargo clippy --locked -p serinus-cli --no-default-features -- -D warnings
	@cargo clippy $(workspace) --all-targets -- -D warnings
	@RUSTDOCFLAGS='-D warnings' cargo doc --locked --quiet --no-deps -p serinus-host
	@cargo test --quiet $(workspace) --test workspace --test rooms

setup: tools ## only what the others would set up first: the wasm32 compiler and Envoy
	@route="$$(setup/wasm-target)" && echo "wasm32 compiler: $$route"
	@$(with-envoy) echo "Envoy: $$ENVOY"

clean: ## removes all that was built or set up
	@rm -rf target

tools:
	@setup/tools
