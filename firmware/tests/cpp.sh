#!/usr/bin/env bash
# Checks that C++ can include every public header and link with the core: each header alone, and an application.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

compiler=(g++ -std=gnu++17 -Wall -Wextra -Werror -Icore -Iport/posix -Iport/lwip -Iport/esp-idf -Iapp)
shopt -s nullglob
headers=(core/earshot.h core/earshot_config.h core/earshot_result.h core/earshot_state.h core/port.h port/*/*_port.h app/*.h)
failed=0
for header in "${headers[@]}"; do
  "${compiler[@]}" -isystem tests/idf/stubs -isystem build/idf -fsyntax-only -x c++ - <<<"#include \"$PWD/$header\"" || failed=1
  # A header without functions needs none.
  if grep -q ');$' "$header" && ! grep -q '^extern "C" {$' "$header"; then
    echo "$header: extern \"C\" is missing"
    failed=1
  fi
done

make --no-print-directory -s -j2 build/cpp
build/cpp || failed=1
exit "$failed"
