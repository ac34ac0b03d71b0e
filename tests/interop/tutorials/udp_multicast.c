// What the ESP-IDF example `udp_multicast` does: joins a group, prints what it hears there, and sends a text of its own
// whenever it has heard nothing for a while; after COUNT texts it only listens. The example has one socket for both
// families; here each family is a program of its own.
//
// Usage: udp_multicast GROUP PORT INTERFACE COUNT IDLE_MS
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int joined4(struct in_addr group, in_port_t port, unsigned index) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = port};
  struct ip_mreqn member = {.imr_multiaddr = group, .imr_ifindex = (int)index};
  unsigned char ttl = 1, loop = 0;
  int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
  if (sock < 0 || bind(sock, (struct sockaddr *)&own, sizeof own) < 0 ||
      setsockopt(sock, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl) < 0 ||
      setsockopt(sock, IPPROTO_IP, IP_MULTICAST_LOOP, &loop, sizeof loop) < 0 ||
      setsockopt(sock, IPPROTO_IP, IP_MULTICAST_IF, &member, sizeof member) < 0 ||
      setsockopt(sock, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) < 0) {
    return perror("IPv4 socket"), -1;
  }
  return sock;
}

static int joined6(struct in6_addr group, in_port_t port, unsigned index) {
  struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_port = port};
  struct ipv6_mreq member = {.ipv6mr_multiaddr = group, .ipv6mr_interface = index};
  int hops = 1, loop = 0, only = 1;
  int sock = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
  if (sock < 0 || setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) < 0 ||
      bind(sock, (struct sockaddr *)&own, sizeof own) < 0 ||
      setsockopt(sock, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) < 0 ||
      setsockopt(sock, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &loop, sizeof loop) < 0 ||
      setsockopt(sock, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index) < 0 ||
      setsockopt(sock, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &member, sizeof member) < 0) {
    return perror("IPv6 socket"), -1;
  }
  return sock;
}

int main(int argc, char **argv) {
  if (argc != 6) return fprintf(stderr, "usage: udp_multicast GROUP PORT INTERFACE COUNT IDLE_MS\n"), 2;
  struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons((in_port_t)atoi(argv[2]))};
  struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = to4.sin_port};
  unsigned index = if_nametoindex(argv[3]);
  int is4 = inet_pton(AF_INET, argv[1], &to4.sin_addr) == 1;
  if (!is4 && inet_pton(AF_INET6, argv[1], &to6.sin6_addr) != 1) return fprintf(stderr, "bad group\n"), 2;
  to6.sin6_scope_id = index;
  int sock = is4 ? joined4(to4.sin_addr, to4.sin_port, index) : joined6(to6.sin6_addr, to6.sin6_port, index);
  if (sock < 0) return 1;
  const struct sockaddr *to = is4 ? (struct sockaddr *)&to4 : (struct sockaddr *)&to6;
  socklen_t to_length = is4 ? sizeof to4 : sizeof to6;
  printf("joined %s\n", argv[1]);
  fflush(stdout);

  int count = atoi(argv[4]), idle = atoi(argv[5]);
  for (int sent = 0;;) {
    struct timeval wait = {.tv_sec = idle / 1000, .tv_usec = idle % 1000 * 1000};
    fd_set ready;
    FD_ZERO(&ready);
    FD_SET(sock, &ready);
    int found = select(sock + 1, &ready, NULL, NULL, sent < count ? &wait : NULL);
    if (found < 0) return perror("select"), 1;
    char text[1500];
    if (found > 0) {
      ssize_t received = recv(sock, text, sizeof text - 1, 0);
      if (received < 0) return perror("recv"), 1;
      text[received] = '\0';
      printf("received %s\n", text);
    } else {
      int length = snprintf(text, sizeof text, "Multicast from ESP32 over IPv%d, %d", is4 ? 4 : 6, ++sent);
      if (sendto(sock, text, (size_t)length, 0, to, to_length) < 0) return perror("sendto"), 1;
      printf("sent %s\n", text);
    }
    fflush(stdout);
  }
}
