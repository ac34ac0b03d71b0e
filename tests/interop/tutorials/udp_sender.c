// The tutorial's first program on a board: "Hello from ESP32" as a UDP datagram, again and again. It waits for no
// answer, and at the end counts those that came: `N sent, N answered`.
//
// Usage: udp_sender HOST PORT COUNT INTERVAL_MS
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/** Longest wait for the answers that are missing after the last datagram, seconds. */
enum { ANSWER_WAIT_S = 10 };

static int answers(int sock, int flags) {
  char buffer[64];
  ssize_t length = recv(sock, buffer, sizeof buffer, flags);
  return length >= 3 && memcmp(buffer, "Ok!", 3) == 0;
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: udp_sender HOST PORT COUNT INTERVAL_MS\n"), 2;
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found;
  int code = getaddrinfo(argv[1], argv[2], &hints, &found);
  if (code != 0) return fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(code)), 1;
  int sock = socket(found->ai_family, SOCK_DGRAM, IPPROTO_UDP);
  struct timeval wait = {.tv_sec = ANSWER_WAIT_S};
  if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0 ||
      connect(sock, found->ai_addr, found->ai_addrlen) < 0) {
    return perror("socket"), 1;
  }
  freeaddrinfo(found);

  const char *text = "Hello from ESP32";
  int count = atoi(argv[3]), answered = 0;
  for (int sent = 0; sent < count; sent++) {
    if (send(sock, text, strlen(text), 0) < 0) return perror("send"), 1;
    usleep((useconds_t)atoi(argv[4]) * 1000);
    while (answers(sock, MSG_DONTWAIT)) answered++;
  }
  while (answered < count && answers(sock, 0)) answered++;
  printf("%d sent, %d answered\n", count, answered);
  close(sock);
  return 0;
}
