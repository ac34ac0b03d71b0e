#pragma once
/* What ESP-IDF adds to picolibc, as far as picolibc's own dirent.h wants it. */
#include <sys/types.h>

typedef struct {
  unsigned short dd_vfs_idx;
} DIR;
struct dirent {
  ino_t d_ino;
  unsigned char d_type;
  char d_name[256];
};
