# Reads what `gcc -fcallgraph-info=su` writes (.ci), and prints the deepest stack there can be, and the way to it.
# Calls through pointers (the port, handlers of the application) count as nothing. A circle of calls ends it with 1.
function name_of(line, key,   rest) {
  rest = substr(line, index(line, key ": \"") + length(key) + 3)
  return substr(rest, 1, index(rest, "\"") - 1)
}
/^node:/ {
  if (match($0, /[0-9]+ bytes/)) bytes[name_of($0, "title")] = substr($0, RSTART, RLENGTH) + 0
}
/^edge:/ {
  from = name_of($0, "sourcename")
  to = name_of($0, "targetname")
  if (!((from, to) in seen)) { seen[from, to] = 1; calls[from] = calls[from] "\n" to }
}
function depth(f,   i, count, list, deepest, d) {
  if (f in done) return done[f]
  if (f in open_) { circle = f; return 0 }
  open_[f] = 1
  count = split(calls[f], list, "\n")
  deepest = 0
  for (i = 2; i <= count; i++) {
    d = depth(list[i])
    if (d > deepest) { deepest = d; next_[f] = list[i] }
  }
  delete open_[f]
  return done[f] = deepest + bytes[f]
}
END {
  for (f in bytes) if (depth(f) > most) { most = done[f]; top = f }
  if (circle != "") { print "recursion through " circle > "/dev/stderr"; exit 1 }
  way = top
  for (f = top; f in next_; f = next_[f]) way = way " " next_[f]
  gsub(/core\/[a-z_0-9]*\.c:/, "", way)
  print most, way
}
