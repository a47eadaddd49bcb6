# shellcheck shell=bash
# What the set-up scripts share; each of them sources it first.
#
# Their convention: the answer goes to stdout, everything meant for a person to stderr, and a failure is one line that
# names the remedy. A script that finds its work done prints the answer and nothing else.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # for the scripts that source this one
cache=$root/target/setup

say() { printf 'serinus: %s\n' "$*" >&2; }

# die CODE MESSAGE...
die() {
    local code=$1
    shift
    say "$@"
    exit "$code"
}

have() { command -v "$1" >/dev/null 2>&1; }

wanted_rust() { sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml"; }

# rust_version RUSTC: its version, or nothing where it does not run.
rust_version() { "$1" --version 2>/dev/null | cut -d' ' -f2 || true; }

# new_enough VERSION: is it at least the rust-version of Cargo.toml?
new_enough() { [ -n "$1" ] && printf '%s\n' "$(wanted_rust)" "$1" | sort -VC; }
