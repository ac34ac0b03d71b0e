// A TCP server as the example of ESP-IDF: it takes one caller after another and sends back what each sends.
//
//     tcp_server [PORT]

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void echo(int caller) {
  char buffer[128];
  ssize_t length;
  while ((length = recv(caller, buffer, sizeof buffer, 0)) > 0) {
    printf("received %zd bytes\n", length);
    fflush(stdout);
    for (ssize_t done = 0; done < length;) {
      ssize_t sent = send(caller, buffer + done, (size_t)(length - done), MSG_NOSIGNAL);
      if (sent < 0) return;
      done += sent;
    }
  }
}

int main(int argc, char **argv) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
  socklen_t length = sizeof address;
  int listening = socket(AF_INET6, SOCK_STREAM, 0);
  address.sin6_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 3333));
  if (listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof address) < 0 || listen(listening, 1) < 0) {
    perror("tcp_server");
    return 1;
  }
  getsockname(listening, (struct sockaddr *)&address, &length);
  printf("listening on %d\n", ntohs(address.sin6_port));
  fflush(stdout);
  for (;;) {
    int caller = accept(listening, NULL, NULL);
    if (caller < 0) continue;
    echo(caller);
    shutdown(caller, SHUT_RDWR);
    close(caller);
  }
}
