#!/bin/sh
# Finds a Rust toolchain and a linker for it; the rest is in crates/xtask (`./build.sh --help`).
set -eu
cd "$(dirname "$0")"

command -v cargo >/dev/null || PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
if ! command -v cargo >/dev/null; then
  echo "Rust is missing: install it with rustup (https://rustup.rs), then run this again." >&2
  exit 1
fi
if ! command -v cc >/dev/null; then
  echo "A C compiler is missing: install one (Debian: apt-get install build-essential), then run this again." >&2
  exit 1
fi

exec cargo xtask "$@"
