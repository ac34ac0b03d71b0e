// A TCP server as socket tutorials have it: it takes one caller after another, greets it, hangs up, and rests a moment
// while the others wait in the backlog.
//
//     tcp_greeter [PORT [SECONDS]]

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *greeting = "Hello there.";
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
  socklen_t length = sizeof address;
  double pause = argc > 2 ? atof(argv[2]) : 1;
  struct timespec rest = {.tv_sec = (time_t)pause, .tv_nsec = (long)((pause - (time_t)pause) * 1e9)};
  int listening = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 2017));
  if (listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof address) < 0 || listen(listening, 10) < 0) {
    perror("tcp_greeter");
    return 1;
  }
  getsockname(listening, (struct sockaddr *)&address, &length);
  printf("listening on %d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int caller = accept(listening, NULL, NULL);
    if (caller < 0) continue;
    if (write(caller, greeting, strlen(greeting)) < 0) perror("write");
    close(caller);
    nanosleep(&rest, NULL);
  }
}
