/* A bare echo on blocking sockets: `echo serve` and `echo ask PORT`, workers of a benchmark (see harness/serve.ts). */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 128 };

static double cpu_us(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int whole(int fd, uint8_t *bytes, size_t size) {
    for (size_t have = 0; have < size;) {
        ssize_t count = read(fd, bytes + have, size - have);
        if (count <= 0) return 0;
        have += (size_t)count;
    }
    return 1;
}

static void serve(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1) != 0) exit(1);
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("{\"value\":{\"port\":%d},\"cpu\":0,\"rss\":0}\n", ntohs(address.sin_port));
    fflush(stdout);
    int fd = accept(listener, NULL, NULL), yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    uint8_t bytes[SIZE];
    while (whole(fd, bytes, SIZE) && write(fd, bytes, SIZE) == SIZE) {}
}

static void ask(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) exit(1);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    printf("{\"value\":null,\"cpu\":0,\"rss\":0}\n");
    fflush(stdout);
    char line[100];
    uint8_t bytes[SIZE] = {0};
    int rounds;
    while (fgets(line, sizeof line, stdin) && sscanf(line, "[\"rounds\",%d]", &rounds) == 1) {
        double before = cpu_us();
        printf("{\"value\":[");
        for (int i = 0; i < rounds; i++) {
            double begin = now_us();
            if (write(fd, bytes, SIZE) != SIZE || !whole(fd, bytes, SIZE)) exit(1);
            printf("%s%.1f", i == 0 ? "" : ",", now_us() - begin);
        }
        printf("],\"cpu\":%.0f,\"rss\":0}\n", cpu_us() - before);
        fflush(stdout);
    }
}

int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "ask") == 0) ask(atoi(arguments[2]));
    else serve();
    return 0;
}
