// What the ESP-IDF example `tcp_client` does: connects, sends a text without a newline and waits for the answer, again
// and again over one connection.
//
// Usage: tcp_client HOST PORT COUNT
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *payload = "Message from ESP32 ";

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: tcp_client HOST PORT COUNT\n"), 2;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  int code = getaddrinfo(argv[1], argv[2], &hints, &found);
  if (code != 0) return fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(code)), 1;
  int sock = socket(found->ai_family, SOCK_STREAM, IPPROTO_IP);
  if (sock < 0) return perror("socket"), 1;
  if (connect(sock, found->ai_addr, found->ai_addrlen) != 0) return perror("connect"), 1;
  freeaddrinfo(found);

  for (int i = atoi(argv[3]); i > 0; i--) {
    if (send(sock, payload, strlen(payload), 0) < 0) return perror("send"), 1;
    char buffer[128];
    ssize_t received = recv(sock, buffer, sizeof buffer - 1, 0);
    if (received < 0) return perror("recv"), 1;
    if (received == 0) return fprintf(stderr, "the connection was closed\n"), 1;
    buffer[received] = '\0';
    printf("Received %zd bytes: %s\n", received, buffer);
    fflush(stdout);
  }
  shutdown(sock, SHUT_RDWR);
  close(sock);
  return 0;
}
