#!/usr/bin/env bash
# Checks the size of the core on small machines against size_budget.txt: code for the instruction set of an ESP32-C3 and
# for a second 32-bit compiler (the core of an ESP8266), memory of a board, deepest stack. Holds the table of features in
# README.md against what each takes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=build/size
rm -rf "$out"
mkdir -p "$out/include"
# The headers of the crypto library, and nothing else of this machine's.
ln -s /usr/include/psa /usr/include/mbedtls "$out/include/"

warnings=(-Wall -Wextra -Wconversion -Wshadow -Werror)
link=(-nostdlib -nostartfiles -Wl,--gc-sections -Wl,--unresolved-symbols=ignore-all -Wl,-e,roots -Wl,-u,roots)
flags=(-std=c11 -Os "${warnings[@]}" -ffunction-sections -fdata-sections -Icore -isystem "$out/include")
# The sizes of a board that needs only one session.
small=(-DEARSHOT_SESSIONS=1 -DEARSHOT_HANDSHAKES=2 -DEARSHOT_ROSTER=8 -DEARSHOT_CONTACTS=8 -DEARSHOT_OUTBOX_BYTES=2048
  -DEARSHOT_DOWNLOADS=1)

rv32=(riscv64-unknown-elf-gcc --specs=picolibc.specs -mabi=ilp32 -msave-restore)
lx106=(xtensa-lx106-elf-gcc -specs=/usr/lib/xtensa-lx106-elf/picolibc.specs -mlongcalls -mtext-section-literals)

# Without the features that an application can do without.
lean=(-DEARSHOT_ASK=0 -DEARSHOT_PARTS=0 -DEARSHOT_HEARSAY=0 -DEARSHOT_TWINS=0)

# The same for each alone.
declare -A without=([ask]=ASK [parts]=PARTS [hearsay]=HEARSAY [twins]=TWINS)

# build NAME COMPILER...: objects of all sources, and of the functions that an application needs.
build() {
  local name=$1 source
  shift
  mkdir -p "$out/$name"
  for source in core/*.c tests/size_roots.c; do
    "$@" "${flags[@]}" -c "$source" -o "$out/$name/$(basename "$source" .c).o"
  done
}

declare -A taken
# image NAME OBJECTS...: what an application has of them, with what the compiler adds: no other function of its library.
image() { "${rv32[@]}" -march=rv32imc "${link[@]}" "${@:2}" -lgcc -o "$out/$1.elf"; }
code_of() { "$1" -A "$2" | awk '/^\.(text|rodata|srodata|literal)/ { sum += $2 } END { print sum }'; }
ram_of() { riscv64-unknown-elf-nm -S "$1" | awk -v name="$2" '$4 == name { print $2 }'; }

build rv32 "${rv32[@]}" -march=rv32imc_zicsr_zifencei -fcallgraph-info=su -MMD
image rv32 "$out"/rv32/*.o
mkdir -p "$out/every"
"${rv32[@]}" -march=rv32imc_zicsr_zifencei "${flags[@]}" -DEVERY_CALL -c tests/size_roots.c -o "$out/every/roots.o"
rest=()
for object in "$out"/rv32/*.o; do [[ $object == */size_roots.o ]] || rest+=("$object"); done
image every "$out/every/roots.o" "${rest[@]}"
build lx106 "${lx106[@]}"
"${lx106[@]}" "${link[@]}" "$out"/lx106/*.o -lgcc -o "$out/lx106.elf"
mkdir -p "$out/one"
one=("${rv32[@]}" -march=rv32imc_zicsr_zifencei "${flags[@]}" "${small[@]}")
"${one[@]}" -c tests/size_roots.c -o "$out/one/roots.o"
# leave_out NAME FLAGS: an image without features. Only files that know of earshot_config.h differ.
leave_out() {
  local source object
  mkdir -p "$out/$1"
  for source in core/*.c tests/size_roots.c; do
    object=$(basename "$source" .c)
    if grep -q earshot_config.h "$out/rv32/$object.d"; then
      "${rv32[@]}" -march=rv32imc_zicsr_zifencei "${flags[@]}" "${@:2}" -c "$source" -o "$out/$1/$object.o"
    else
      ln "$out/rv32/$object.o" "$out/$1/"
    fi
  done
  image "$1" "$out/$1"/*.o
  "${one[@]}" "${@:2}" -c tests/size_roots.c -o "$out/one/$1.o"
}
leave_out lean "${lean[@]}" &
for feature in "${!without[@]}"; do leave_out "$feature" "-DEARSHOT_${without[$feature]}=0" & done
wait

taken[rv32imc-code]=$(code_of riscv64-unknown-elf-size "$out/rv32.elf")
taken[rv32imc-code-with-every-call]=$(code_of riscv64-unknown-elf-size "$out/every.elf")
taken[rv32imc-code-without-features]=$(code_of riscv64-unknown-elf-size "$out/lean.elf")
taken[lx106-code]=$(code_of xtensa-lx106-elf-size "$out/lx106.elf")
taken[rv32imc-ram-with-four-sessions]=$((16#$(ram_of "$out/rv32/size_roots.o" ram_of_a_board)))
taken[rv32imc-ram-with-one-session]=$((16#$(ram_of "$out/one/roots.o" ram_of_a_board)))
taken[rv32imc-ram-with-one-session-without-features]=$((16#$(ram_of "$out/one/lean.o" ram_of_a_board)))
deepest=$(awk -f tests/deepest.awk "$out"/rv32/*.ci)
taken[rv32imc-stack]=${deepest%% *}

failed=0
ram_of_one() { echo $((16#$(ram_of "$out/one/$1.o" ram_of_a_board))); }
# row WHAT CODE RAM: complains unless the table says so, in KiB.
row() {
  local row
  row=$(awk -v what="$1" -v code="$2" -v ram="$3" 'BEGIN { printf "|%s|%.1f|%.1f|", what, code / 1024, ram / 1024 }')
  sed -E 's/ *\| */|/g' README.md | grep -F "$row" >/dev/null && return
  echo "   the table of features in README.md lacks $row"
  failed=1
}
row "all" "${taken[rv32imc-code]}" "${taken[rv32imc-ram-with-one-session]}"
for feature in "${!without[@]}"; do
  row "\`EARSHOT_${without[$feature]}\`" \
    $((taken[rv32imc-code] - $(code_of riscv64-unknown-elf-size "$out/$feature.elf"))) \
    $((taken[rv32imc-ram-with-one-session] - $(ram_of_one "$feature")))
done
row "none" "${taken[rv32imc-code-without-features]}" "${taken[rv32imc-ram-with-one-session-without-features]}"

while read -r what most; do
  [[ -z $what || $what == \#* ]] && continue
  echo "   $what: ${taken[$what]} of $most bytes"
  if ((taken[$what] > most)); then failed=1; fi
done <tests/size_budget.txt
echo "   a session: $((16#$(ram_of "$out/rv32/size_roots.o" ram_of_a_session))) bytes; the deepest stack: ${deepest#* }"
exit "$failed"
