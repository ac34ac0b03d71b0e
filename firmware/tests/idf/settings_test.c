/** The settings that the console stores in NVS. */
#include "settings.h"

#include "check.h"
#include "fakes.h"
#include "idf_tests.h"

static board_settings load(void) {
  board_settings settings;
  settings_load(&settings);
  return settings;
}

static void nothing_set(void) {
  fakes_reset();
  CHECK(settings_open());
  board_settings settings = load();
  CHECK_TEXT(settings.name, "board-a4a5");
  CHECK_TEXT(settings.group, "earshot");
  CHECK_TEXT(settings.join_code, "");
  CHECK_TEXT(settings.wifi_name, "");
}

static void all_set(void) {
  fakes_reset();
  CHECK(settings_set_name("kitchen"));
  CHECK(settings_set_wifi("my network", "12345678"));
  CHECK(settings_set_group(NULL, "lab.code"));
  board_settings settings = load();
  CHECK_TEXT(settings.name, "kitchen");
  CHECK_TEXT(settings.wifi_name, "my network");
  CHECK_TEXT(settings.wifi_password, "12345678");
  CHECK_TEXT(settings.join_code, "lab.code");
  CHECK(settings_set_group("den", NULL));
  settings = load();
  CHECK_TEXT(settings.group, "den");
  CHECK_TEXT(settings.join_code, "");
}

static void full(void) {
  fakes_reset();
  CHECK(settings_set_group(NULL, "lab.code"));
  fake.nvs_is_full = true;
  CHECK(!settings_set_name("kitchen"));
  CHECK(!settings_set_wifi("my network", ""));
  CHECK(!settings_set_group("den", NULL));
  CHECK_TEXT(load().join_code, "lab.code");
}

static void other_form(void) {
  fakes_reset();
  CHECK(settings_set_name("kitchen"));
  CHECK(settings_open());
  CHECK_TEXT(load().name, "kitchen");
  fake.nvs_lost = true;
  CHECK(settings_open());
  CHECK(!fake_nvs_has("name"));
}

void settings_tests(void) {
  check_run("a board on which nothing was set has the name of its MAC address and the open group",
            nothing_set);
  check_run("what was set counts at the next start", all_set);
  check_run("a setting that could not be kept is told, and a closed group stays closed", full);
  check_run("settings are erased only where NVS is of another form", other_form);
}
