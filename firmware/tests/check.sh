#!/usr/bin/env bash
# Runs all tests of the firmware on this machine. The last line is `N passed, N failed`. A test whose tools are missing is
# skipped and counted; it fails if EARSHOT_REQUIRE has `firmware` in its list. EARSHOT_FUZZ_SECONDS is the time of each
# fuzz target (2).
set -uo pipefail
exec 2>&1
cd "$(dirname "${BASH_SOURCE[0]}")/.."

passed=0 failed=0 skipped=0
make=(make --no-print-directory -s -j2)

is_required() { [[ ",${EARSHOT_REQUIRE:-}," == *,firmware,* ]]; }

good() {
  echo "ok $1"
  passed=$((passed + 1))
}

bad() {
  echo "FAILED $1"
  failed=$((failed + 1))
}

# miss NAME WHY: reports a check that cannot run here.
miss() {
  if is_required; then
    bad "$1: $2"
  else
    echo "skipped $1: $2"
    skipped=$((skipped + 1))
  fi
}

# lacks NAME TOOLS: true, and reports it, if one of these commands is missing.
lacks() {
  local tool
  for tool in $2; do
    command -v "$tool" >/dev/null && continue
    miss "$1" "$tool is missing"
    return 0
  done
  return 1
}

# The steps and their seconds of CPU. In a subshell: what runs in the background is not counted with them.
mkdir -p build
costs=build/costs
: >"$costs"
# cost NAME COMMAND...
cost() (
  local name=$1
  shift
  TIMEFORMAT="%U %S $name"
  { time "$@" 2>&3; } 3>&2 2>>"$costs"
)

# check NAME TOOLS COMMAND...: runs a check that needs the commands TOOLS.
check() {
  local name=$1
  if lacks "$name" "$2"; then return; fi
  shift 2
  if cost "$name" "$@"; then good "$name"; else bad "$name"; fi
}

# tests NAME TOOLS TARGET COMMAND...: makes a test program, runs it with COMMAND, and counts its tests.
tests() {
  local name=$1 target=build/$3 output sum
  if lacks "$name" "$2"; then return; fi
  shift 3
  if ! cost "$name: making it" "${make[@]}" "$target"; then
    bad "$name: it does not compile"
    return
  fi
  output=$(cost "$name" "$@")
  local code=$?
  grep -E '^(FAILED|skipped) ' <<<"$output"
  skipped=$((skipped + $(grep -c '^skipped ' <<<"$output")))
  sum=$(tail -n 1 <<<"$output")
  if [[ $sum =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    if ((code == 0)); then echo "ok $name: $sum"; fi
    if ((code == 0 || BASH_REMATCH[2] > 0)); then return; fi
  fi
  bad "$name: exit code $code"
}

targets=(fuzz/fuzz_*.c)
targets=("${targets[@]##*/}")
targets=("${targets[@]%.c}")
half=$(((${#targets[@]} + 1) / 2))
check "fuzz targets compile" clang "${make[@]}" fuzz

tests "the application for ESP-IDF" gcc idf-tests tests/idf/check.sh
tests "test vectors" gcc vectors build/vectors ../tests/vectors
tests "boards in a simulated world" gcc unit build/unit
tests "boards without the features that can be left out" gcc unit-lean build/unit-lean
tests "boards without questions" gcc unit-no-ask build/unit-no-ask
tests "boards without parts" gcc unit-no-parts build/unit-no-parts
tests "boards without hearsay" gcc unit-no-hearsay build/unit-no-hearsay
# The compiler may lack 32 bits though its command is there.
has_32_bits() { gcc -m32 -fsanitize=address -xc - -o /dev/null <<<'int main(void) { return 0; }' 2>/dev/null; }
# Some kernels run no program of 32 bits.
runs_32_bits() { gcc -m32 -xc - -o build/runs32 <<<'int main(void) { return 0; }' && build/runs32 2>/dev/null; }
if has_32_bits && tests/libraries32.sh >/dev/null 2>&1; then
  tools32=gcc
  run32=()
  if ! runs_32_bits; then
    export EMULATED32=1
    tools32="gcc qemu-i386"
    run32=(qemu-i386)
  fi
  tests "test vectors on 32 bits" "$tools32" vectors32 "${run32[@]}" build/vectors32 ../tests/vectors
  tests "boards in a simulated world on 32 bits" "$tools32" unit32 "${run32[@]}" build/unit32
else
  miss "32 bits" "gcc-multilib or its libraries are missing"
fi

# Programs for a RISC-V chip, in QEMU.
risc_v="riscv64-unknown-elf-gcc qemu-system-riscv32"
tests "test vectors on RISC-V" "$risc_v" vectors-rv32 tests/rv32/run.sh build/vectors-rv32 ../tests/vectors
cost_on_risc_v() {
  "${make[@]}" build/cost-rv32 || return
  local cost
  cost=$(tests/rv32/run.sh --count build/cost-rv32) && echo "   $cost"
}
check "cost of a handshake on RISC-V" "$risc_v" cost_on_risc_v

under_valgrind=(valgrind --quiet --error-exitcode=5 --leak-check=full)
# Handshakes take most of its time, and boards make them below.
tests "test vectors of all formats under valgrind" "gcc valgrind" vectors-plain \
  "${under_valgrind[@]}" build/vectors-plain ../tests/vectors formats
boards_under_valgrind() { "${make[@]}" build/earshot-board && tests/valgrind.sh; }
check "boards under valgrind" "gcc valgrind cmp" boards_under_valgrind

# The applications in example/, and one in a folder of its own.
applications() {
  "${make[@]}" build/doorbell build/greenhouse build/template || return
  rm -rf build/elsewhere && mkdir -p build/elsewhere && cp -r example/template build/elsewhere/shed || return
  "${make[@]}" APP=build/elsewhere/shed build/shed
}
check "applications compile for a desk, in a folder of their own, too" gcc applications
check "public headers compile as C++" g++ tests/cpp.sh
check "calls of the core go downward" "gcc nm objdump awk diff" tests/layers.sh
check "the core keeps to its budget of memory" "riscv64-unknown-elf-gcc xtensa-lx106-elf-gcc awk" tests/size.sh
format() { find . -path ./build -prune -o -name '*.[ch]' -print | xargs clang-format-14 --dry-run -Werror; }
check "format" clang-format-14 format
check "clang-tidy" clang-tidy-14 tests/tidy.sh
check "cppcheck" cppcheck cppcheck --quiet --std=c11 --platform=unix32 --error-exitcode=1 \
  --enable=warning,performance,portability --inline-suppr -Icore -Iport/posix -Iapp -Iexample -Iexample/doorbell/main -Iexample/greenhouse/main -Ihost \
  core port app example host lwip

# Fuzzing takes its time whether it gets the processor or not: at the end most of what runs beside this is over.
if command -v clang >/dev/null; then
  cost fuzzing tests/fuzz.sh "${targets[@]:0:half}" >build/fuzzing-1 &
  fuzzing=($!)
  cost fuzzing tests/fuzz.sh "${targets[@]:half}" >build/fuzzing-2 &
  fuzzing+=($!)
  wait "${fuzzing[@]}"
  fuzzed=$(cat build/fuzzing-[12])
  held=$(grep -c '^ok ' <<<"$fuzzed")
  echo "$fuzzed"
  passed=$((passed + held))
  failed=$((failed + ${#targets[@]} - held))
fi

echo "CPU seconds:"
awk '{ cost = $1 + $2; $1 = $2 = ""; printf "%8.1f%s\n", cost, $0; sum += cost } END { printf "%8.1f  together\n", sum }' "$costs"
if ((skipped > 0)); then echo "$skipped skipped"; fi
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
