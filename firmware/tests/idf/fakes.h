/** What the storage of a chip does, in memory and in a folder of this machine, to be broken at will by tests. */
#ifndef IDF_FAKES_H
#define IDF_FAKES_H

#include <stdbool.h>
#include <stddef.h>

/** Where the chip's files are: what ESP_IDF_INBOX is set to. Emptied by fakes_reset. */
void fakes_reset(void);
/** Closes what is open, and keeps what is stored. */
void fakes_power_off(void);

typedef struct fakes {
  bool nvs_is_full;
  bool nvs_lost; /**< the next nvs_flash_init finds another form of NVS */
  unsigned nvs_commits;
  bool mount_fails;
  bool remove_fails;
  bool close_fails;      /**< what was written is lost when a file is closed: it was not on the disk yet */
  size_t room;           /**< bytes that files take before there is no room */
  unsigned opens;        /**< files opened so far */
  unsigned open_now;     /**< files open at the moment */
  unsigned removed_open; /**< removals of a file that was open: LittleFS refuses them */
  unsigned renamed_open; /**< renames while a file was open for writing: LittleFS refuses them */
  bool radio_is_on;
  unsigned delays; /**< ticks that tasks rested */
} fakes;
extern fakes fake;

bool fake_radio_is_on(void);
/** Whether NVS has a key, in whichever namespace. */
bool fake_nvs_has(const char *key);

#endif
