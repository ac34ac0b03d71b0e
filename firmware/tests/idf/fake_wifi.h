/** A fake radio, its network, and the retry timer, controlled by tests. */
#ifndef IDF_FAKE_WIFI_H
#define IDF_FAKE_WIFI_H

#include <esp_event.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct fake_wifi {
  bool refuses_config;  /**< rejects the name or the password */
  bool refuses_connect; /**< fails to begin joining */
  bool started;
  unsigned configured;
  unsigned connects;   /**< times that joining began */
  uint64_t retry_us;   /**< when the timer goes off; 0: it does not run */
  unsigned linklocals; /**< times that IPv6 was begun */
} fake_wifi;
extern fake_wifi radio;

void fake_wifi_reset(void);
/** Raises an event of the radio or of its address. */
void fake_wifi_event(esp_event_base_t base, int32_t id, void *data);
/** Fires the timer. */
void fake_wifi_retry(void);

#endif
