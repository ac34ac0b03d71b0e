// firmware/micropython/earshot.py on the interpreter of MicroPython, with a stand-in for its sockets.

import { loadMicroPython } from "@micropython/wasm";
import { join } from "@std/path";
import { ROOT } from "../support/program.ts";

const CLIENT = join(ROOT, "firmware/micropython/earshot.py");
/** Bytes of memory that MicroPython has for a program, fewer than on any ESP32. */
const HEAP = 64 * 1024;

/** Runs statements on MicroPython: `net` is the stand-in for the network, `e` an Earshot that finds no gateway by itself. */
async function onMicroPython(statements: string): Promise<void> {
  const python = await loadMicroPython({ heapsize: HEAP, linebuffer: true, stdout: () => {} });
  python.FS.writeFile("/earshot.py", Deno.readTextFileSync(CLIENT));
  python.FS.writeFile(
    "/socket.py",
    Deno.readTextFileSync(join(ROOT, "tests/interop/micropython/socket.py")),
  );
  python.runPython(`
import sys
sys.path.insert(0, "/")
import json
import socket as net
import earshot

def sleep(ms):
    net.now += ms

earshot.ticks_ms = lambda: net.now
earshot.sleep_ms = sleep
e = earshot.Earshot("10.0.0.1")

def error(kind, call, *args):
    try:
        call(*args)
    except kind as error:
        return str(error)
    raise AssertionError("no error")

def hello(**members):
    said = {"t": "hello", "id": "a" * 24, "name": "kitchen", "group": "earshot", "kind": "linux", "boot": 1, "seq": 1,
            "port": 3333, "every": 12, "plain": 3334}
    said.update(members)
    return b"ES1." + json.dumps(said).encode()
`);
  python.runPython(statements);
}

const ON_MICROPYTHON: [promise: string, statements: string][] = [
  [
    "it finds the gateway that an announcement names, and asks for one",
    `
net.arriving.append((hello(), ("10.0.0.7", 3333)))
assert earshot.Earshot().find() == ("10.0.0.7", 3334, "kitchen")
assert net.joined == [bytes([239, 255, 83, 72, 0, 0, 0, 0])]
data, where = net.asked[0]
assert where == ("239.255.83.72", 3333) and data[:4] == b"ES1."
ask = json.loads(data[4:])
assert ask["t"] == "ask" and ask["brief"] is True and len(ask["id"]) == 24 and len(ask["nonce"]) == 13
assert net.open_sockets == 0
`,
  ],
  [
    "it hears announcements beside a gateway that keeps the port, unless another program has all of it",
    `
net.taken.append((earshot.ANY, 3333))
net.arriving.append((hello(), ("10.0.0.7", 3333)))
assert earshot.Earshot().find() == ("10.0.0.7", 3334, "kitchen")
assert len(net.joined) == 1
net.taken.append(("239.255.83.72", 3333))
net.arriving.append((hello(), ("10.0.0.7", 3333)))
assert earshot.Earshot().find() == ("10.0.0.7", 3334, "kitchen")
assert len(net.joined) == 1 and net.open_sockets == 0
`,
  ],
  [
    "it ignores an announcement that is malformed, of another group or of another peer",
    `
bad = [b"", b"ES1", b"ES1.", b"ES1!" + b"x" * 60, b"ES1.{", b"ES1.[]", b"ES1.7", b"ES1.null", b"ES1." + b"[" * 1196,
       b"ES1." + b'{"a":' * 239, b"ES1.\\xff\\xfe", b"\\xff" * 1200, hello(group="other"), hello(t="bye"), hello(t=["hello"]),
       hello(plain=0), hello(plain=65536), hello(plain=-1), hello(plain="3333"), hello(plain=True), hello(plain=1.5),
       hello(plain=None), hello(name=7), hello(name="x" * 1200), hello(name="other")]
net.arriving += [(data, ("10.0.0.6", 3333)) for data in bad]
net.arriving.append((hello(), ("10.0.0.7", 3333)))
assert earshot.Earshot(peer="kitchen").find(60) == ("10.0.0.7", 3334, "kitchen")
`,
  ],
  [
    "it looks no longer for a gateway than it is told to",
    `
assert "no gateway found within 7 s" in error(OSError, earshot.Earshot().find, 7)
assert 7000 <= net.now < 8000 and 3 <= len(net.asked) <= 5, (net.now, len(net.asked))
assert net.open_sockets == 0
`,
  ],
  [
    "it prefers another gateway to one that refused the connection",
    `
net.arriving += [(hello(), ("10.0.0.6", 1)), (hello(), ("10.0.0.6", 1)), (hello(), ("10.0.0.7", 1))]
net.refusing = 1
net.answers = [[b"Ok!\\n"]]
earshot.Earshot().say("hello")
assert net.connected == [("10.0.0.6", 3334), ("10.0.0.7", 3334)], net.connected
`,
  ],
  [
    "it says a text as one line, and refuses what a gateway takes for something else",
    `
net.answers = [[b"O", b"k!", b"\\n"]]
e.say("one\\ntwo\\x00\\u00fc ")
assert net.written == ["one two \\u00fc\\n".encode()]
for text in ("", " \\n", "{}", "[x", "Ok!", "No! x"):
    assert "cannot say" in error(ValueError, e.say, text)
for value in (1, "x", None):
    assert "cannot send" in error(ValueError, e.send, value)
assert len(net.written) == 1
`,
  ],
  [
    "it sends a value again until the gateway has saved it: no answer, a broken connection, a busy gateway",
    `
net.answers = [[], [None], [b"No! bu"], [b"No! busy\\n"], [b"No! quota: full\\n"], [b"Ok! 01JD3Q8X7Z9V5T2N4M6K8H0GWB\\n"]]
net.refusing = 1
assert e.send({"t": 21.5}, 120) == "01JD3Q8X7Z9V5T2N4M6K8H0GWB"
assert [json.loads(line) for line in net.written] == [{"t": 21.5}] * 6
assert len(net.connected) == 5 and net.open_sockets == 1
`,
  ],
  [
    "it does not send again what the gateway refuses for good",
    `
net.answers = [[b"No! not-json: 7 is no key\\n"]]
assert error(earshot.Refused, e.send, {7: 1}) == "No! not-json: 7 is no key"
assert len(net.written) == 1
`,
  ],
  [
    "it gives up when its time is over, whether nobody answers or nobody is there",
    `
assert "not delivered within 25 s" in error(OSError, e.send, [1], 25)
assert 20000 <= net.now <= 26000, net.now
e.close()
began, net.refusing = net.now, 1000
assert "not delivered within 25 s" in error(OSError, e.say, "x", 25)
assert net.now - began <= 26000
assert net.open_sockets == 0
`,
  ],
  [
    "a late answer to one line does not count for the next",
    `
net.answers = [[], [], []]
error(OSError, e.say, "first", 10)
net.answers = [[b"Ok!\\n"]]
e.say("second")
assert len(net.connected) == len(net.written)
`,
  ],
  [
    "it gives what others say line by line, also what came before an answer",
    `
net.answers = [[b"anna: hel", b"lo\\nbob: Ok!\\nOk!\\nanna: bye\\n"]]
e.say("hi")
assert [e.poll(), e.poll(), e.poll(), e.poll(), e.poll(0.2)] == ["anna: hello", "bob: Ok!", "anna: bye", None, None]
net.answers = [[b"anna: again\\nOk!\\n"]]
e.say("hi")
lines = e.lines()
assert next(lines) == "anna: again"
`,
  ],
  [
    "floods, endless lines and bytes that are no text take bounded memory, and no time beyond the one told",
    `
net.answers = [[b"a: %d\\n" % i for i in range(100)] + [b"x" * 3000] * 5 + [b"\\nb: \\xff\\n"] + [b"Ok!\\n"]]
e.say("hi")
got = []
while True:
    line = e.poll()
    if line is None:
        break
    got.append(line)
assert got == ["a: %d" % i for i in range(84, 100)], got
e._socket.pieces += [b"x" * 500] * 40
for _ in range(100):
    assert e.poll() is None and len(e._buffer) <= earshot.LINE_MAX + 512
`,
  ],
  [
    "it tests a connection on which nothing was heard for long, and tells when it broke",
    `
assert e.poll() is None and net.written == []
net.now += 31000
assert e.poll() is None and net.written == [b"\\n"]
e._socket.pieces.append(None)
error(OSError, e.poll)
assert net.open_sockets == 0 and e.poll() is None and len(net.connected) == 2
`,
  ],
];

for (const [promise, statements] of ON_MICROPYTHON) {
  Deno.test(`on MicroPython: ${promise}`, () => onMicroPython(statements));
}
