/** Fake storage of a chip, in memory and in a folder of this machine, which tests can make fail. */
#ifndef IDF_FAKES_H
#define IDF_FAKES_H

#include <stdbool.h>
#include <stddef.h>

/** Folder of the chip's files, to which ESP_IDF_INBOX is set. Emptied by fakes_reset. */
void fakes_reset(void);
/** Closes open files, and keeps the stored ones. */
void fakes_power_off(void);

typedef struct fakes {
  bool nvs_is_full;
  bool nvs_lost;           /**< the next nvs_flash_init finds another form of NVS */
  const char *nvs_damaged; /**< key that cannot be read; NULL: none */
  unsigned nvs_commits;
  bool mount_fails;
  bool remove_fails;
  bool close_fails;      /**< closing a file fails, and loses its unsynced bytes */
  size_t room;           /**< bytes that can be written to files */
  unsigned opens;        /**< files opened so far */
  unsigned open_now;     /**< files open at the moment */
  unsigned removed_open; /**< removals of a file that was open: LittleFS refuses them */
  unsigned renamed_open; /**< renames while a file was open for writing: LittleFS refuses them */
  bool radio_is_on;
  unsigned delays; /**< ticks that tasks rested */
} fakes;
extern fakes fake;

bool fake_radio_is_on(void);
/** True if NVS has a key, in any namespace. */
bool fake_nvs_has(const char *key);

#endif
