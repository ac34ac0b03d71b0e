/** Joining a Wi-Fi network, on a fake radio: fake_wifi.h. */
#include "app_wifi.h"

#include <esp_netif.h>
#include <esp_wifi.h>

#include "check.h"
#include "fake_wifi.h"
#include "idf_tests.h"

static const es_settings KNOWN = {.wifi_name = "my network", .wifi_password = "12345678"};
static const es_settings NEW = {.name = "kitchen"};

static void join(void) {
  fake_wifi_reset();
  es_wifi_start(&KNOWN);
  fake_wifi_event(WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
}

static void lose(void) {
  wifi_event_sta_disconnected_t lost = {.reason = WIFI_REASON_NO_AP_FOUND};
  fake_wifi_event(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &lost);
}

static void joins(void) {
  join();
  CHECK(es_wifi_radio_is_on());
  CHECK_NUMBER(radio.connects, 1);
  fake_wifi_event(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, NULL);
  CHECK_NUMBER(radio.linklocals, 1);
  CHECK(!es_wifi_is_up());
  uint32_t before = es_wifi_changes();
  fake_wifi_event(IP_EVENT, IP_EVENT_STA_GOT_IP, NULL);
  CHECK(es_wifi_is_up());
  CHECK(es_wifi_changes() != before);
  CHECK_NUMBER(es_wifi_link(), 2);
  before = es_wifi_changes();
  lose();
  CHECK(!es_wifi_is_up());
  CHECK(es_wifi_changes() != before);
}

static void tries_again(void) {
  join();
  fake_wifi_event(IP_EVENT, IP_EVENT_STA_GOT_IP, NULL);
  uint64_t waited = 0;
  for (unsigned i = 0; i < 10; i++) {
    lose();
    CHECK(radio.retry_us >= waited && radio.retry_us <= 30000000);
    waited = radio.retry_us;
    fake_wifi_retry();
    CHECK_NUMBER(radio.connects, i + 2);
  }
  CHECK_NUMBER(waited, 30000000);
  fake_wifi_event(IP_EVENT, IP_EVENT_GOT_IP6, NULL);
  CHECK(es_wifi_is_up());
  lose();
  CHECK(radio.retry_us < waited);
}

static void cannot_begin(void) {
  fake_wifi_reset();
  radio.refuses_connect = true;
  es_wifi_start(&KNOWN);
  fake_wifi_event(WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
  CHECK(radio.retry_us != 0);
  fake_wifi_retry();
  CHECK(radio.retry_us != 0);
  radio.refuses_connect = false;
  fake_wifi_retry();
  CHECK_NUMBER(radio.connects, 1);
  CHECK_NUMBER(radio.retry_us, 0);
}

static void refused(void) {
  fake_wifi_reset();
  radio.refuses_config = true;
  es_wifi_start(&KNOWN);
  fake_wifi_event(WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
  CHECK(radio.started);
  CHECK_NUMBER(radio.configured, 1);
  CHECK_NUMBER(radio.connects, 0);
  CHECK(!es_wifi_is_up());
}

static void unknown(void) {
  fake_wifi_reset();
  es_wifi_start(&NEW);
  fake_wifi_event(WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
  CHECK(radio.started);
  CHECK_NUMBER(radio.configured, 0);
  CHECK_NUMBER(radio.connects, 0);
}

void wifi_tests(void) {
  check_run("a board joins its network, and tells when its address comes and goes", joins);
  check_run("a network that was lost is tried again, after longer and longer up to half a minute",
            tries_again);
  check_run("joining that cannot even begin is tried again", cannot_begin);
  check_run("a password that the radio refuses leaves the radio and the console on", refused);
  check_run("a board that knows no network has its radio on all the same", unknown);
}
