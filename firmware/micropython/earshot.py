"""Earshot for MicroPython on ESP32, and for Python 3: talks to a peer that runs `earshot run --plain`.

    import earshot

    e = earshot.Earshot()
    e.say("hello")              # to everybody in the group
    e.send({"t": 21.5})         # saved by the gateway when this returns
    for line in e.lines():      # "name: text", what others say
        print(line)

Nothing is encrypted, and any program on the network can claim to be the gateway. IPv4 only.
"""

import errno
import json
import random
import socket
import sys

try:
    from time import sleep_ms, ticks_add, ticks_diff, ticks_ms
except ImportError:  # Python 3
    import time

    def ticks_ms():
        return int(time.monotonic() * 1000)

    def ticks_add(ticks, ms):
        return ticks + ms

    def ticks_diff(a, b):
        return a - b

    def sleep_ms(ms):
        time.sleep(ms / 1000)


GROUP_ADDRESS = "239.255.83.72"
GROUP_PORT = 3333

ASK_MS = 2000  # pause between two questions for a gateway
CONNECT_S = 5  # longest time to connect
ANSWER_S = 10  # longest wait for the answer to a line
QUIET_MS = 30000  # after so long without a line, an empty one tests the connection
LINE_MAX = 4096  # longest line that is read, bytes; longer ones are skipped
QUEUE_MAX = 16  # most lines that wait for poll(); the oldest is dropped

ANY = "0.0.0.0"
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
WAITED = (errno.EAGAIN, errno.ETIMEDOUT, getattr(errno, "EWOULDBLOCK", errno.EAGAIN), "timed out")


class Refused(ValueError):
    """The gateway does not take this message, however often it is sent. The text is its answer."""


class Deadline:
    """A moment in so many seconds."""

    def __init__(self, seconds):
        self.end = ticks_add(ticks_ms(), int(seconds * 1000))

    def left(self):
        """Seconds until then, 0 at the least."""
        return max(0, ticks_diff(self.end, ticks_ms())) / 1000


def announced(data, group):
    """(name, port) of the gateway that a datagram announces; None if it is no such announcement."""
    if len(data) > 1200 or data[:4] != b"ES1.":
        return None
    try:
        said = json.loads(str(data[4:], "utf-8"))
        name, port = said["name"], said["plain"]
        if said["t"] not in ("hello", "ask") or said["group"] != group:
            return None
    except Exception:  # not JSON, not an object, or nested so deeply that memory or stack ends
        return None
    if type(name) is not str or type(port) is not int or not 1 <= port <= 65535:
        return None
    return name, port


class Earshot:
    """A connection to a gateway. It is made when it is needed, and again after it broke.

    host, port: the gateway, if it is not to be found by itself.
    peer: name of the peer whose gateway is to be used; any unless told.
    group: name of the open group.
    interface: IPv4 address of the network to look on, if this machine has several.
    """

    def __init__(self, host=None, port=3333, peer=None, group="earshot", interface=ANY):
        self._fixed = (host, port) if host else None
        self._found = None
        self._failed = None  # address that could not be used last
        self._peer = peer
        self._group = group
        self._interface = interface
        self._id = random_text(24)
        self._seq = 0
        self._socket = None
        self._buffer = b""
        self._skipping = False
        self._heard = 0
        self._queue = []

    def say(self, text, timeout=30):
        """Says a text to everybody in the group. It is stored when this returns.

        Raises ValueError if it cannot be said, Refused (a ValueError) if the gateway does not want it, and OSError if
        it was not delivered within `timeout` seconds. Then it may have been said all the same.
        """
        # A line is one message: control characters become spaces.
        line = "".join(c if c >= " " and c != "\x7f" else " " for c in text).strip()
        if line == "" or line[0] in "{[" or line[:3] in ("Ok!", "No!"):
            raise ValueError(f"cannot say {line!r}: a gateway takes it for something else")
        self._deliver(line, timeout)

    def send(self, value, timeout=30):
        """Sends a dict or a list as JSON. The gateway has saved it when this returns; returns its id.

        Raises as say() does. If an answer gets lost, the gateway may save the value twice.
        """
        if not isinstance(value, (dict, list)):
            raise ValueError("cannot send this: expected a dict or a list")
        return self._deliver(json.dumps(value), timeout)

    def poll(self, timeout=0):
        """The next line that somebody said, "name: text"; None if none comes within `timeout` seconds.

        The first call, and one after the connection broke, connects, which takes up to 20 s. Raises OSError if there
        is no gateway, or the connection broke.
        """
        if not self._queue:
            try:
                self._connect(Deadline(20))
                if ticks_diff(ticks_ms(), self._heard) > QUIET_MS:
                    self._write(b"\n", CONNECT_S)
                    self._heard = ticks_ms()
                line = self._read_line(Deadline(timeout))
            except OSError:
                self.close()
                raise
            # An answer here is a late one.
            if line is not None and not is_answer(line):
                return line
        return self._queue.pop(0) if self._queue else None

    def lines(self):
        """Yields what is said, line by line, for ever; looks for a gateway again if the connection breaks."""
        while True:
            try:
                line = self.poll(1)
            except OSError:
                sleep_ms(2000)
                continue
            if line is not None:
                yield line

    def find(self, timeout=15):
        """(host, port, name) of an open gateway. Raises OSError if none is found within `timeout` seconds."""
        deadline = Deadline(timeout)
        patient = Deadline(min(timeout, 3))
        sockets = []
        asked = None
        try:
            self._open(sockets)
            while deadline.left() > 0:
                if asked is None or ticks_diff(ticks_ms(), asked) >= ASK_MS:
                    asked = ticks_ms()
                    self._ask(sockets[0])
                for udp in sockets:
                    found = self._hear(udp, min(0.1, deadline.left()))
                    if found is None or self._peer not in (None, found[2]):
                        continue
                    # Another one is better than the one that has just failed.
                    if found[:2] != self._failed or patient.left() == 0:
                        self._found = found[:2]
                        return found
        finally:
            for udp in sockets:
                udp.close()
        raise OSError(f"no gateway found within {timeout} s; start one with: earshot run --plain")

    def close(self):
        """Closes the connection; the next call makes a new one."""
        if self._socket:
            self._socket.close()
        self._socket = None
        self._buffer = b""
        self._skipping = False

    # Finding

    def _open(self, sockets):
        """Opens a socket to ask with, which gets the answers, and one that hears announcements, if there can be one."""
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sockets.append(asking)
        if self._interface != ANY and hasattr(socket, "IP_MULTICAST_IF"):
            asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, ip_bytes(self._interface))
        hearing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sockets.append(hearing)
        try:
            for option in ("SO_REUSEADDR", "SO_REUSEPORT"):
                if hasattr(socket, option):
                    hearing.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
            try:
                hearing.bind(address(ANY, GROUP_PORT))
            except OSError:  # a gateway of this machine keeps its addresses for itself
                hearing.bind(address(GROUP_ADDRESS, GROUP_PORT))
            # MicroPython on Unix has no names for these two.
            level, join = getattr(socket, "IPPROTO_IP", 0), getattr(socket, "IP_ADD_MEMBERSHIP", 35)
            hearing.setsockopt(level, join, ip_bytes(GROUP_ADDRESS) + ip_bytes(self._interface))
        except OSError:  # the port is taken, or there is no multicast: the answers have to do
            sockets.pop().close()

    def _ask(self, udp):
        """Asks all peers to announce themselves. `brief`: nobody is to remember or dial us."""
        self._seq += 1
        ask = {"t": "ask", "id": self._id, "name": "micropython", "group": self._group, "kind": "micropython",
               "boot": random.getrandbits(30), "seq": self._seq, "port": 0, "every": 12,
               "nonce": random_text(12) + "a", "brief": True}
        try:
            udp.sendto(b"ES1." + json.dumps(ask).encode(), address(GROUP_ADDRESS, GROUP_PORT))
        except OSError:
            pass  # no network yet

    def _hear(self, udp, timeout):
        """(host, port, name) of a gateway that announces itself on this socket; None if nothing of use comes."""
        udp.settimeout(timeout)
        try:
            data, sender = udp.recvfrom(1201)
        except OSError as error:
            if not is_timeout(error):
                sleep_ms(10)
            return None
        found = announced(data, self._group)
        if found is None:
            return None
        # MicroPython on Unix gives a struct sockaddr_in.
        host = ".".join(str(byte) for byte in sender[4:8]) if isinstance(sender, bytes) else sender[0]
        return host, found[1], found[0]

    # The connection

    def _connect(self, deadline):
        if self._socket:
            return
        where = self._fixed or self._found or self.find(deadline.left())[:2]
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            tcp.settimeout(min(CONNECT_S, deadline.left()))
            tcp.connect(address(where[0], where[1]))
        except OSError:
            tcp.close()
            self._found, self._failed = None, where
            raise
        self._socket = tcp
        self._heard = ticks_ms()

    def _write(self, data, timeout):
        self._socket.settimeout(timeout)
        self._socket.sendall(data)

    def _read_line(self, deadline):
        """The next line; None if none is complete in time. Raises OSError if the connection broke."""
        while True:
            end = self._buffer.find(b"\n")
            if end >= 0:
                line, self._buffer = self._buffer[:end], self._buffer[end + 1:]
                if self._skipping:
                    self._skipping = False
                    continue
                try:
                    return str(line, "utf-8").strip()
                except ValueError:
                    continue
            if len(self._buffer) > LINE_MAX:
                self._buffer = b""
                self._skipping = True
            left = deadline.left()
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(512)
            except OSError as error:
                if is_timeout(error):
                    return None
                raise
            if not data:
                raise OSError(errno.ECONNRESET)
            self._heard = ticks_ms()
            self._buffer += data
            if left == 0 and b"\n" not in data:
                return None

    def _answer(self, deadline):
        """The next answer. What others say before it is queued for poll()."""
        while deadline.left() > 0:
            line = self._read_line(deadline)
            if line is None:
                break
            if is_answer(line):
                return line
            if len(self._queue) == QUEUE_MAX:
                self._queue.pop(0)
            self._queue.append(line)
        raise OSError("the gateway did not answer")

    def _deliver(self, line, timeout):
        """Sends a line until the gateway has it. Returns the id that it gave it, or ""."""
        data = (line + "\n").encode()
        deadline = Deadline(timeout)
        pause = 500
        while True:
            try:
                self._connect(deadline)
                self._write(data, min(ANSWER_S, deadline.left()))
                answer = self._answer(Deadline(min(ANSWER_S, deadline.left())))
                if answer[:3] == "Ok!":
                    return answer[3:].strip()
                if answer[4:].split(":")[0].strip() not in ("busy", "quota"):
                    raise Refused(answer)
                why = answer
            except OSError as error:
                # A late answer must not count for the next line.
                self.close()
                self._found = None
                why = error
            if deadline.left() * 1000 <= pause:
                raise OSError(f"not delivered within {timeout} s: {why}")
            sleep_ms(pause)
            pause = min(2 * pause, 8000)


def is_answer(line):
    """True for `Ok!`, `Ok! ID` and `No! CODE: WHY`."""
    return line == "Ok!" or line[:4] in ("Ok! ", "No! ")


def is_timeout(error):
    return bool(error.args) and error.args[0] in WAITED


def address(host, port):
    """What sockets want for an address: not the same thing in every MicroPython."""
    return socket.getaddrinfo(host, port, socket.AF_INET)[0][-1]


def ip_bytes(text):
    return bytes(int(part) for part in text.split("."))


def random_text(length):
    return "".join(BASE32[random.getrandbits(5)] for _ in range(length))


USAGE = """usage: python3 earshot.py [OPTION VALUE]... find | say TEXT | send JSON | listen
options: --host HOST, --port PORT, --peer NAME, --group NAME, --interface ADDRESS"""


def main(args):
    """Runs a command. Returns the exit code: 1 if it failed, 2 if it was called wrongly."""
    options = {}
    while len(args) > 1 and args[0] in ("--host", "--port", "--peer", "--group", "--interface"):
        options[args[0][2:]] = int(args[1]) if args[0] == "--port" and args[1].isdigit() else args[1]
        args = args[2:]
    command, rest = (args[0], args[1:]) if args else ("", [])
    if len(rest) != (1 if command in ("say", "send") else 0) or type(options.get("port", 1)) is not int:
        command = ""
    try:
        e = Earshot(**options)
        if command == "find":
            host, port, name = e.find()
            print(f"{name} {host}:{port}")
        elif command == "say":
            e.say(rest[0])
        elif command == "send":
            print(e.send(json.loads(rest[0])))
        elif command == "listen":
            for line in e.lines():
                print(line)
                if hasattr(sys.stdout, "flush"):
                    sys.stdout.flush()
        else:
            print(USAGE, file=sys.stderr)
            return 2
    except (OSError, ValueError) as error:
        print(f"earshot: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
