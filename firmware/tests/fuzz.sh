#!/usr/bin/env bash
# fuzz.sh [TARGET...]: runs the given fuzz targets, or all, one after another, each for EARSHOT_FUZZ_SECONDS (2). Build
# them first (`make fuzz`). The seeds are fuzz/seeds, those made from the vectors, and the corpus of earlier runs
# (build/corpus). Prints a line `ok` or `FAILED` for each; an input that breaks a target is saved in build/found.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if (($# == 0)); then
  for source in fuzz/fuzz_*.c; do set -- "$@" "$(basename "$source" .c)"; done
fi
failed=0
for target; do
  name=${target#fuzz_}
  mkdir -p "build/corpus/$name" build/found
  if output=$(ASAN_OPTIONS=malloc_context_size=2:detect_leaks=0 "build/$target" -max_len=3000 -timeout=60 \
    -max_total_time="${EARSHOT_FUZZ_SECONDS:-2}" -artifact_prefix="build/found/$name-" -verbosity=0 -print_final_stats=1 \
    "build/corpus/$name" "fuzz/seeds/$name" "build/seeds/$target" 2>&1); then
    echo "   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' <<<"$output") inputs"
    echo "ok $target holds"
  else
    tail -n 40 <<<"$output"
    echo "   Once it is mended, keep what broke it as fuzz/seeds/$name/WHAT-IT-IS."
    echo "FAILED $target holds"
    failed=1
  fi
done
exit "$failed"
