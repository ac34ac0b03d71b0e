#!/usr/bin/env bash
# Runs clang-tidy over all our C, with the checks of .clang-tidy and the warnings of clang; the code for ESP-IDF with the
# stubs of tests/idf. Fails if it finds anything.
set -euo pipefail
shopt -s extglob
cd "$(dirname "${BASH_SOURCE[0]}")/.."

make=(make --no-print-directory -s)

# The analyzer follows a function of the core along a sixth of the paths that it would by default, others along a
# twentieth: the rest takes most of all time.
nodes_of_core=40000
nodes=10000

warnings=(-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes)

# tidy FLAGS... -- SOURCES...: in two processes. One for each file would take as long to start as to read it; those with a
# va_list have one, as the check of that is right only for the first file of a process.
tidy() {
  local flags=("${warnings[@]}") source alone=() together=() half code=0
  while [[ $1 != -- ]]; do flags+=("$1") && shift; done
  shift
  for source; do
    if grep -q va_list "$source"; then alone+=("$source"); else together+=("$source"); fi
  done
  half=$(((${#together[@]} + 1) / 2))
  tidy_files "${together[@]:0:half}" &
  tidy_files "${together[@]:half}" || code=1
  for source in "${alone[@]}"; do tidy_files "$source" || code=1; done
  wait $! || code=1
  return "$code"
}

# tidy_files SOURCES...: what it finds in headers of the system it counts on standard error, and does not tell.
tidy_files() {
  if (($# == 0)); then return; fi
  local budget=(--extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg="max-nodes=$nodes")
  clang-tidy-14 --quiet "${budget[@]}" "$@" -- "${flags[@]}" 2> >(grep -Ev '^[0-9]+ warnings? ' >&2)
}

mkdir -p build/tidy
tests/idf/sdkconfig.sh esp32c3 sdkconfig.usb >build/tidy/sdkconfig.h
failed=0
nodes=$nodes_of_core tidy -std=c11 -Icore -- core/*.c || failed=1
tidy -std=c11 -D_GNU_SOURCE -Icore -Iport/posix -Iapp -Iexample -Ihost -Itests -Ifuzz \
  -Iexample/doorbell/main -Iexample/greenhouse/main -- \
  port/posix/*.c example/*.c example/desk/*.c example/*/desk/*.c example/*/main/!(*_chip).c host/*.c tests/!(lean_*).c fuzz/*.c || failed=1
tidy -std=c11 -Icore -Ihost -Itests -DEARSHOT_ASK=0 -DEARSHOT_PARTS=0 -DEARSHOT_HEARSAY=0 -DEARSHOT_TWINS=0 -- \
  tests/lean_*.c || failed=1
tidy -std=c11 -Icore -DMBEDTLS_PSA_CRYPTO_EXTERNAL_RNG -- tests/rv32/*.c || failed=1
tidy -std=gnu11 -isystem tests/idf/stubs -Ibuild/tidy -Itests/idf -Itests -Icore -Iport/lwip -Iport/esp-idf -Iapp -Iapp/esp-idf \
  -Iexample -Iesp-idf/main -include sdkconfig.h -DEARSHOT_SESSIONS=CONFIG_EARSHOT_SESSIONS \
  -DEARSHOT_ROSTER=CONFIG_EARSHOT_ROSTER '-DESP_IDF_INBOX="inbox"' -- \
  port/lwip/*.c port/esp-idf/*.c app/esp-idf/*.c esp-idf/main/*.c example/*/main/*_chip.c tests/idf/*.c || failed=1
# The code for lwIP, with its headers.
if "${make[@]}" lwip-source; then
  mapfile -t numbers < <(sed -nE 's/^(CONFIG_LWIP_[A-Z0-9_]+=[0-9]+)$/-D\1/p' esp-idf/sdkconfig.defaults)
  tidy -std=gnu11 -D_GNU_SOURCE "${numbers[@]}" -isystem build/lwip/source/src/include -Ilwip -Icore -Iport/posix -Iport/lwip \
    -Iapp -Iexample -Ihost -- lwip/*.c || failed=1
else
  failed=1
fi
exit "$failed"
