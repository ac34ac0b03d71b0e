# Reads core/layers.txt, then the output of nm and objdump. Prints every call of a file that is not listed before its
# caller, with the circle that it closes, and then exits with 1.
function file_of(path) {
  sub(/.*\//, "", path)
  sub(/\.o:.*/, "", path)
  return path
}
function fail(text) {
  print text
  failed = 1
}
# The files of the shortest chain of calls from one file to another, in front of what is given; "" if there is none.
function chain(from, to,   queue, first, last, came, file, i, list, count, text) {
  queue[first = last = 1] = from
  came[from] = from
  while (first <= last && !(to in came)) {
    file = queue[first++]
    count = split(callees[file], list, " ")
    for (i = 1; i <= count; i++) {
      if (list[i] in came) continue
      came[list[i]] = file
      queue[++last] = list[i]
    }
  }
  if (!(to in came)) return ""
  for (file = to; file != from; file = came[file]) text = " -> " file " (" example[came[file], file] ")" text
  return from text
}

FNR == NR && /^[^ #]/ { layer = $1 }
FNR == NR && /^ / {
  if ($1 in rank) fail("core/layers.txt: " $1 " is there twice")
  rank[$1] = ++files
  name[files] = $1
  layer_of[$1] = layer
}
FNR == NR { next }

# nm: build/layers/core/bytes.o:0000000000000000 T es_get_u16
/^[^ ]+\.o:[0-9a-f]+ / { defined[$3] = file_of($1); next }
/^[^ ]+\.o: / {
  file = file_of($1)
  if (!(file in rank)) fail("core/layers.txt: " file " is missing")
  built[file] = 1
  next
}
/^RELOCATION RECORDS FOR / {
  from = $4
  gsub(/^\[|\]:$/, "", from)
  sub(/^\.(text|data|rodata|bss)(\.rel)?(\.ro)?(\.local)?\./, "", from)
  next
}
$1 ~ /^[0-9a-f]+$/ && NF == 3 && from !~ /^\./ {
  symbol = $3
  sub(/[-+]0x[0-9a-f]+$/, "", symbol)
  if (!(symbol in defined) || defined[symbol] == file) next
  to = defined[symbol]
  if (!((file, to) in example)) {
    callees[file] = callees[file] " " to
    example[file, to] = from " calls " symbol
  }
  if (to in rank && file in rank && rank[to] > rank[file] && !told[file, from, symbol]++) {
    upward[++count] = file ".c of " layer_of[file] ": " from " calls " symbol " of " to ".c above it, in " layer_of[to]
    begin[count] = to
    end[count] = file
  }
}
END {
  for (i = 1; i <= files; i++) {
    if (!(name[i] in built)) fail("core/layers.txt: there is no core/" name[i] ".c")
    if (callees[name[i]] == "") continue
    if (chain_to_itself(name[i])) circle = circle " " name[i]
  }
  for (i = 1; i <= count; i++) {
    fail(upward[i])
    way = chain(begin[i], end[i])
    if (way != "") print "    and back: " way
  }
  if (circle != "") fail("in circles:" circle)
  exit failed
}
# Tells whether a file calls itself through others.
function chain_to_itself(file,   i, list, count) {
  count = split(callees[file], list, " ")
  for (i = 1; i <= count; i++) {
    if (chain(list[i], file) != "") return 1
  }
  return 0
}
