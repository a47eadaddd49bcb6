# shellcheck shell=bash
# What the set-up scripts share; each of them sources it first, and sets `remedy`, what a user can do instead,
# and where it fetches something, `version`.
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

# A pip that touches nothing outside its folder; Debian splits off what a venv needs, so the system's pip is the second
# choice, and with --target it leaves the system alone too.
find_pip() {
    if python3 -m venv "$work/venv" >>"$log" 2>&1; then pip=("$work/venv/bin/python" -m pip)
    elif python3 -m pip --version >>"$log" 2>&1; then pip=(python3 -m pip)
    else die 3 "no $what: python3 has neither venv nor pip to fetch it with: apt-get install python3-venv, or $remedy"
    fi
}

# fetch_wheel WHAT PINS WORK LOG SIZE: puts the wheel that PINS names, by version and hash, into WORK/wheel.
fetch_wheel() {
    local what=$1 pins=$2 work=$3 log=$4 size=$5 pip
    have python3 || die 3 "no $what: python3 is needed to fetch it: apt-get install python3 python3-venv, or $remedy"
    rm -rf "$work"
    mkdir -p "$work"
    say "fetching $what $version, $size, into target/setup"
    : >"$log"
    find_pip
    "${pip[@]}" install --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
        --target "$work/wheel" --requirement "$pins" >>"$log" 2>&1 ||
        die 3 "no $what: the wheel cannot be fetched for this machine ($(grep '^ERROR' "$log" | tail -1)), see $log, or $remedy"
}
