// What the ESP-IDF example `udp_client` does: sends a text to a host and waits for the answer, again and again.
//
// Usage: udp_client HOST PORT COUNT
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char *payload = "Message from ESP32 ";

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: udp_client HOST PORT COUNT\n"), 2;
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found;
  int code = getaddrinfo(argv[1], argv[2], &hints, &found);
  if (code != 0) return fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(code)), 1;
  int sock = socket(found->ai_family, SOCK_DGRAM, IPPROTO_IP);
  if (sock < 0) return perror("socket"), 1;
  struct timeval timeout = {.tv_sec = 10};
  setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);

  for (int i = atoi(argv[3]); i > 0; i--) {
    if (sendto(sock, payload, strlen(payload), 0, found->ai_addr, found->ai_addrlen) < 0)
      return perror("sendto"), 1;
    struct sockaddr_storage source;
    socklen_t length = sizeof source;
    char buffer[128];
    ssize_t received = recvfrom(sock, buffer, sizeof buffer - 1, 0, (struct sockaddr *)&source, &length);
    if (received < 0) return perror("recvfrom"), 1;
    buffer[received] = '\0';
    printf("Received %zd bytes: %s\n", received, buffer);
    fflush(stdout);
  }
  freeaddrinfo(found);
  close(sock);
  return 0;
}
