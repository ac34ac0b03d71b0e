// The calls of the socket lecture, in each of its address families: `socket`, `connect`, `send`, with `half-closed`
// then `shutdown`, and `recv` to the end; with `open` it prints the first line of the answer instead. A newline is not
// added to the text.
//
// Usage: stream_client inet|inet6 open|half-closed TEXT ADDRESS PORT
//        stream_client unix open|half-closed TEXT PATH
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 5)
    return fprintf(stderr, "usage: stream_client FAMILY open|half-closed TEXT ADDRESS [PORT]\n"), 2;
  const char *family = argv[1], *text = argv[3], *address = argv[4];
  int half_closed = strcmp(argv[2], "half-closed") == 0;
  in_port_t port = htons((in_port_t)(argc > 5 ? atoi(argv[5]) : 0));
  struct sockaddr_in inet = {.sin_family = AF_INET, .sin_port = port};
  struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6, .sin6_port = port};
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  struct sockaddr *to = (struct sockaddr *)&local;
  socklen_t length = sizeof local;
  if (strcmp(family, "inet") == 0 && inet_pton(AF_INET, address, &inet.sin_addr) == 1) {
    to = (struct sockaddr *)&inet, length = sizeof inet;
  } else if (strcmp(family, "inet6") == 0 && inet_pton(AF_INET6, address, &inet6.sin6_addr) == 1) {
    to = (struct sockaddr *)&inet6, length = sizeof inet6;
  } else if (strcmp(family, "unix") == 0 && strlen(address) < sizeof local.sun_path) {
    strcpy(local.sun_path, address);
  } else {
    return fprintf(stderr, "bad address\n"), 2;
  }

  int sock = socket(to->sa_family, SOCK_STREAM, 0);
  if (sock < 0) return perror("socket"), 1;
  if (connect(sock, to, length) < 0) return perror("connect"), 1;
  if (send(sock, text, strlen(text), 0) != (ssize_t)strlen(text)) return perror("send"), 1;
  if (half_closed && shutdown(sock, SHUT_WR) < 0) return perror("shutdown"), 1;

  char buffer[4096];
  for (ssize_t received; (received = recv(sock, buffer, sizeof buffer, 0)) != 0;) {
    if (received < 0) return perror("recv"), 1;
    const char *newline = half_closed ? NULL : memchr(buffer, '\n', (size_t)received);
    fwrite(buffer, 1, newline ? (size_t)(newline - buffer) + 1 : (size_t)received, stdout);
    if (newline) break;
  }
  close(sock);
  return 0;
}
