// A UDP server as the example of ESP-IDF: it sends back what it gets.
//
//     udp_server [PORT]

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  char buffer[128];
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
  socklen_t length = sizeof address;
  int bound = socket(AF_INET6, SOCK_DGRAM, 0);
  address.sin6_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 3333));
  if (bound < 0 || bind(bound, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("udp_server");
    return 1;
  }
  getsockname(bound, (struct sockaddr *)&address, &length);
  printf("listening on %d\n", ntohs(address.sin6_port));
  fflush(stdout);
  for (;;) {
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    ssize_t got = recvfrom(bound, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &size);
    if (got < 0) continue;
    printf("received %zd bytes\n", got);
    fflush(stdout);
    if (sendto(bound, buffer, (size_t)got, 0, (struct sockaddr *)&from, size) < 0) perror("sendto");
  }
}
