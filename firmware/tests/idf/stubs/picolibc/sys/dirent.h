#pragma once
/* ESP-IDF's addition to picolibc that picolibc's dirent.h needs. */
#include <sys/types.h>

typedef struct {
  unsigned short dd_vfs_idx;
} DIR;
struct dirent {
  ino_t d_ino;
  unsigned char d_type;
  char d_name[256];
};
