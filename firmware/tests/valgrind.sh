#!/usr/bin/env bash
# Runs two boards under valgrind on the loopback interface: discovery, chat, light, questions and readings, a document in
# parts each way, leaving. Fails if valgrind reports an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly PATIENCE_S=120
scratch=$(mktemp -d)
declare -A to from pid

# Ends the boards, and prints their logs after a failure.
end() {
  local code=$?
  kill "${pid[@]}" 2>/dev/null || true
  wait
  if ((code != 0)); then tail -n 40 "$scratch"/*.log >&2; fi
  rm -rf "$scratch"
}
trap end EXIT

# start NAME: starts a board in a group that no other process on this machine uses.
start() {
  local name=$1
  mkfifo "$scratch/$name.in" "$scratch/$name.out"
  valgrind --quiet --error-exitcode=5 --leak-check=full \
    build/earshot-board --verbose --name "$name" --group "valgrind-$$" --interface lo --port 42000 \
    --state "$scratch/$name" <"$scratch/$name.in" >"$scratch/$name.out" 2>>"$scratch/$name.log" &
  pid[$name]=$!
  exec {to[$name]}>"$scratch/$name.in" {from[$name]}<"$scratch/$name.out"
}

order() { echo "$2" >&"${to[$1]}"; }

# heard NAME PATTERN: waits for a line of a board that matches, and sets `line` to it.
heard() {
  while IFS= read -r -t "$PATIENCE_S" -u "${from[$1]}" line; do
    echo "$1: $line" >>"$scratch/$1.log"
    if [[ $line =~ $2 ]]; then return; fi
  done
  echo "$1 did not say: $2" >&2
  exit 1
}

start kitchen
start hall
heard kitchen '^ready'
heard hall '^ready'
heard kitchen '^up .* hall$'
heard hall '^up .* kitchen$'

order hall 'say kitchen led on'
heard kitchen '^chat .* you led on$'
heard kitchen '^led on$'
heard hall '^chat .* led is on$'
order kitchen 'say all good evening'
heard hall '^chat .* all good evening$'

# 100 KB, there and back, unchanged.
document=$scratch/hall/inbox/large.json
{ printf '["' && head -c 100000 /dev/zero | tr '\0' 'x' && printf '"]'; } >"$document"
order hall 'send kitchen large.json'
heard kitchen '^document '
read -r _ _ _ there _ <<<"$line"
heard hall '^delivered '
cmp "$document" "$scratch/kitchen/inbox/$there"
order kitchen "send hall $there"
heard hall '^document '
read -r _ _ _ back _ <<<"$line"
heard kitchen '^delivered '
cmp "$document" "$scratch/hall/inbox/$back"

order hall 'ask kitchen {"cmd":"led","on":true}'
heard kitchen '^ask .*"led"'
heard hall '^answer .* ok .*"led":true'

order hall 'say kitchen every 1 s'
for ((reading = 0; reading < 3; reading++)); do heard hall '^document .* readings.jsonl$'; done
order hall 'say kitchen stop'
heard hall '^chat .* no more readings$'

for name in hall kitchen; do
  order "$name" quit
  if ! wait "${pid[$name]}"; then
    echo "$name: valgrind found something, or it did not end well" >&2
    exit 1
  fi
done
pid=()
