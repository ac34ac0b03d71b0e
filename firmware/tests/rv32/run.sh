#!/usr/bin/env bash
# run.sh [--count] PROGRAM [ARGUMENT...]: runs a program for RISC-V on QEMU's machine `virt`. It sees the files of this
# machine, and returns the program's exit code; standard error is mixed into the output. With --count, its counter of
# instructions is exact.
set -euo pipefail
count=()
if [[ $1 == --count ]]; then count=(-icount shift=0) && shift; fi
program=$1
shift
semihosting=enable=on,target=native
for argument; do semihosting+=,arg=$argument; done
exec timeout 600 qemu-system-riscv32 -M virt -cpu rv32 -m 128M -bios none -nographic -monitor none -serial none \
  "${count[@]}" -semihosting-config "$semihosting" -kernel "$program" </dev/null 2>&1
