#!/usr/bin/env bash
# compile.sh NAME COMPILER...: compiles the code for ESP-IDF and all applications against the headers in stubs/, into
# build/idf/NAME: for a chip with all features, and what depends on the chip's options for two others, too. The result
# cannot run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

name=$1
shift
warnings=(-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror)
includes=(-Itests/idf/stubs -Icore -Iport/lwip -Iport/esp-idf -Iapp -Iapp/esp-idf -Iexample -Iesp-idf/main)
sources=(port/lwip/*.c port/esp-idf/*.c app/esp-idf/*.c esp-idf/main/*.c example/*.c example/*/main/*.c)
mapfile -t of_chip < <(grep -lE '\b(CONFIG|SOC)_' "${sources[@]}")

# chip SOURCES CHIP [FRAGMENT]
chip() {
  local -n chosen=$1
  shift
  local out=build/idf/$name/$1 source
  mkdir -p "$out"
  tests/idf/sdkconfig.sh "$@" >"$out/sdkconfig.h"
  for source in "${chosen[@]}"; do
    # Sizes as components/earshot/CMakeLists.txt hands them on.
    "${compiler[@]}" -std=gnu11 "${warnings[@]}" -I"$out" "${includes[@]}" -include sdkconfig.h \
      -DEARSHOT_SESSIONS=CONFIG_EARSHOT_SESSIONS -DEARSHOT_ROSTER=CONFIG_EARSHOT_ROSTER \
      -c "$source" -o "$out/$(tr / - <<<"${source%.c}").o"
  done
}

compiler=("$@")
chip sources esp32c3 sdkconfig.usb
chip of_chip esp32
chip of_chip esp32s3
