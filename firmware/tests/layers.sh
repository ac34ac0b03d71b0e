#!/usr/bin/env bash
# Checks the layers of the core, core/layers.txt: every file calls only files listed before it. Reads calls and other
# references from the object files, and prints each that goes upward with the circle it closes. Checks the table in
# README.md as well; `tests/layers.sh --write` updates it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

make --no-print-directory -s -j2 layers
sources=(core/*.c)
objects=("${sources[@]/%.c/.o}")
objects=("${objects[@]/#/build/layers/}")
failed=0

# The definitions, then the references: every function and every object has a section of its own.
{ nm -A -g --defined-only "${objects[@]}" && objdump -r "${objects[@]}"; } |
  awk -f tests/layers.awk core/layers.txt - || failed=1

table() {
  awk '
    /^[^ #]/ { rows++; layer[rows] = $1; next }
    /^ / {
      file = "`" $1 "`"
      $1 = ""
      note = substr($0, 2)
      if (note != "") file = file " (" note ")"
      files[rows] = files[rows] (files[rows] == "" ? "" : " ") file
    }
    END {
      layer[0] = "layer"
      files[0] = "files"
      for (i = 0; i <= rows; i++) {
        if (length(layer[i]) > first) first = length(layer[i])
        if (length(files[i]) > second) second = length(files[i])
      }
      for (i = 0; i <= rows; i++) {
        printf "| %-" first "s | %-" second "s |\n", layer[i], files[i]
        if (i > 0) continue
        line = sprintf("| %" first "s | %" second "s |", "", "")
        gsub(/ /, "-", line)
        gsub(/\|-/, "| ", line)
        gsub(/-\|/, " |", line)
        print line
      }
    }' core/layers.txt
}

# with_table: README.md with the table made from core/layers.txt.
with_table() {
  awk -v table="$(table)" '
    /^\| layer / { print table; inside = 1 }
    inside && !/^\|/ { inside = 0 }
    !inside' README.md
}

if [[ ${1:-} == --write ]]; then
  with_table >build/README.md && cp build/README.md README.md
elif ! diff -u README.md <(with_table); then
  echo "README.md's table of layers is not that of core/layers.txt: write it with tests/layers.sh --write"
  failed=1
fi
exit "$failed"
