#!/usr/bin/env bash
# compile.sh NAME COMPILER...: compiles the code for ESP-IDF against the headers in stubs/, for a chip with all features
# and for one without, into build/idf/NAME. The result cannot run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

name=$1
shift
warnings=(-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror)
includes=(-Itests/idf/stubs -Icore -Iport/lwip -Iport/esp-idf -Iapp -Iapp/esp-idf -Iexample -Iesp-idf/main)
sources=(port/lwip/*.c port/esp-idf/*.c app/esp-idf/*.c esp-idf/main/*.c example/*.c)

# chip CHIP [FRAGMENT]
chip() {
  local out=build/idf/$name/$1 source
  mkdir -p "$out"
  tests/idf/sdkconfig.sh "$@" >"$out/sdkconfig.h"
  for source in "${sources[@]}"; do
    # Sizes as components/earshot/CMakeLists.txt hands them on.
    "${compiler[@]}" -std=gnu11 -O1 "${warnings[@]}" -I"$out" "${includes[@]}" -include sdkconfig.h \
      -DEARSHOT_SESSIONS=CONFIG_EARSHOT_SESSIONS -DEARSHOT_ROSTER=CONFIG_EARSHOT_ROSTER \
      -c "$source" -o "$out/$(tr / - <<<"${source%.c}").o"
  done
}

compiler=("$@")
chip esp32
chip esp32c3 sdkconfig.usb
chip esp32s3
