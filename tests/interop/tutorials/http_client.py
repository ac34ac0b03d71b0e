# The HTTP client of MicroPython's tutorials: no library but the socket. Prints the first line of the answer.
#
# Usage: python3 http_client.py HOST PORT
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
family, kind, protocol, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
s = socket.socket(family, kind, protocol)
s.connect(address)
if not hasattr(s, "write"):  # sockets of MicroPython are streams
    s = s.makefile("rwb")
s.write(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode())
s.flush()
# As there, it returns less than 1024 bytes only once the server has closed the connection.
answer = s.read(1024)
print(answer.split(b"\r\n")[0].decode())
s.close()
