# An HTTP server on a bare socket, as Python tutorials have it.
#
#     python3 http_server.py [PORT]

import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("", int(sys.argv[1]) if len(sys.argv) > 1 else 2017))
server.listen(5)
print("listening on", server.getsockname()[1], flush=True)
while True:
    caller, _ = server.accept()
    request = b""
    while b"\r\n\r\n" not in request:
        part = caller.recv(1024)
        if not part:
            break
        request += part
    print("asked", request.split(b"\r\n")[0].decode(), flush=True)
    caller.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nHello from Python\n")
    caller.close()
