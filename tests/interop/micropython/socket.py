"""A stand-in for the sockets of an ESP32: the network is what a test puts into the lists below."""

import errno

AF_INET, SOCK_STREAM, SOCK_DGRAM, SOL_SOCKET, SO_REUSEADDR = 2, 1, 2, 4095, 4
IPPROTO_IP, IP_ADD_MEMBERSHIP = 0, 1024

now = 0  # of the clock, milliseconds; only waiting moves it
arriving = []  # datagrams that come: (data, sender)
asked = []  # datagrams that were sent
answers = []  # for each line that is written, the pieces that come then; None breaks the connection
refusing = 0  # connections that are refused from now on
connected = []  # addresses that were connected to
written = []  # lines
joined = []
taken = []  # addresses that another program has
open_sockets = 0


def getaddrinfo(host, port, family=AF_INET):
    return [(family, SOCK_STREAM, 0, "", (host, port))]


class socket:
    def __init__(self, family, kind):
        global open_sockets
        open_sockets += 1
        self.pieces = []

    def settimeout(self, seconds):
        self.timeout = seconds

    def setsockopt(self, level, option, value):
        if option == IP_ADD_MEMBERSHIP:
            joined.append(value)

    def bind(self, where):
        if where in taken:
            raise OSError(errno.EADDRINUSE)

    def sendto(self, data, where):
        asked.append((data, where))

    def recvfrom(self, size):
        if not arriving:
            self.wait()
        data, sender = arriving.pop(0)
        return data[:size], sender

    def connect(self, where):
        global refusing
        connected.append(where)
        if refusing > 0:
            refusing -= 1
            raise OSError(errno.ECONNREFUSED)

    def sendall(self, data):
        written.append(data)
        self.pieces += answers.pop(0) if answers else []

    def recv(self, size):
        if not self.pieces:
            self.wait()
        piece = self.pieces.pop(0)
        if piece is None:
            return b""
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def close(self):
        global open_sockets
        open_sockets -= 1

    def wait(self):
        global now
        if self.timeout == 0:
            raise OSError(errno.EAGAIN)
        now += max(1, int(self.timeout * 1000))
        raise OSError(errno.ETIMEDOUT)
