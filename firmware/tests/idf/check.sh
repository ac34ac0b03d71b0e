#!/usr/bin/env bash
# Tests the part for ESP-IDF without ESP-IDF. The last line is `N passed, N failed`; a test whose tool is missing is
# skipped, or fails if EARSHOT_REQUIRE has `firmware` in its list.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

passed=0 failed=0

# check NAME TOOL COMMAND...
check() {
  local name=$1 tool=$2
  shift 2
  if ! command -v "$tool" >/dev/null && [[ ",${EARSHOT_REQUIRE:-}," != *,firmware,* ]]; then
    echo "skipped $name: $tool is missing"
  elif "$@"; then
    echo "ok $name"
    passed=$((passed + 1))
  else
    echo "FAILED $name"
    failed=$((failed + 1))
  fi
}

# The headers of the crypto library without those of this machine's C library.
mkdir -p build/idf/include
ln -sfn /usr/include/psa build/idf/include/psa
ln -sfn /usr/include/mbedtls build/idf/include/mbedtls
rv32=(riscv64-unknown-elf-gcc --specs=picolibc.specs -march=rv32imc_zicsr_zifencei -mabi=ilp32
  -isystem build/idf/include -Itests/idf/stubs/picolibc)

check "ESP-IDF: options and partitions" awk tests/idf/config.sh
check "ESP-IDF: components have all their sources" cmake cmake -DROOT="$PWD/esp-idf" -P tests/idf/components.cmake
# clang-tidy reads it with clang. If there is no compiler for a chip, gcc takes its place, with 32 bits if it can: -m32
# alone does not show that the headers are there.
if command -v riscv64-unknown-elf-gcc >/dev/null || [[ ",${EARSHOT_REQUIRE:-}," == *,firmware,* ]]; then
  check "ESP-IDF: the code compiles for a RISC-V chip" riscv64-unknown-elf-gcc tests/idf/compile.sh rv32 "${rv32[@]}" -O1
else
  bits=()
  if echo '#include <stdio.h>' | gcc -m32 -E - >/dev/null 2>&1; then bits=(-m32); fi
  check "ESP-IDF: the code compiles with gcc" gcc tests/idf/compile.sh gcc gcc "${bits[@]}" -O1
fi

# Its own tests are counted.
output=$(build/idf-tests)
code=$?
grep '^FAILED ' <<<"$output"
sum=$(tail -n 1 <<<"$output")
if [[ $sum =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
  passed=$((passed + BASH_REMATCH[1]))
  failed=$((failed + BASH_REMATCH[2]))
fi
if ((code == 0)); then
  echo "ok ESP-IDF: storage, settings and inbox: $sum"
else
  echo "FAILED ESP-IDF: storage, settings and inbox: exit code $code"
  failed=$((failed + 1))
fi

echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
