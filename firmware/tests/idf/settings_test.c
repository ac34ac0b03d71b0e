/** The settings that the console stores in NVS. */
#include "app_settings.h"

#include "check.h"
#include "fakes.h"
#include "idf_tests.h"

static es_settings load(void) {
  es_settings settings;
  es_settings_load(&settings);
  return settings;
}

static void nothing_set(void) {
  fakes_reset();
  CHECK(es_settings_open());
  es_settings settings = load();
  CHECK_TEXT(settings.name, "board-a4a5");
  CHECK_TEXT(settings.group, "earshot");
  CHECK_TEXT(settings.join_code, "");
  CHECK_TEXT(settings.wifi_name, "");
}

static void all_set(void) {
  fakes_reset();
  CHECK(es_settings_set_name("kitchen"));
  CHECK(es_settings_set_wifi("my network", "12345678"));
  CHECK(es_settings_set_group(NULL, "lab.code"));
  es_settings settings = load();
  CHECK_TEXT(settings.name, "kitchen");
  CHECK_TEXT(settings.wifi_name, "my network");
  CHECK_TEXT(settings.wifi_password, "12345678");
  CHECK_TEXT(settings.join_code, "lab.code");
  CHECK(es_settings_set_group("den", NULL));
  settings = load();
  CHECK_TEXT(settings.group, "den");
  CHECK_TEXT(settings.join_code, "");
}

static void full(void) {
  fakes_reset();
  CHECK(es_settings_set_group(NULL, "lab.code"));
  fake.nvs_is_full = true;
  CHECK(!es_settings_set_name("kitchen"));
  CHECK(!es_settings_set_wifi("my network", ""));
  CHECK(!es_settings_set_group("den", NULL));
  CHECK_TEXT(load().join_code, "lab.code");
}

static void damaged(void) {
  fakes_reset();
  CHECK(es_settings_set_group(NULL, "lab.code"));
  CHECK(es_settings_set_name("kitchen"));
  CHECK(!load().group_is_lost);
  fake.nvs_damaged = "name";
  CHECK(!load().group_is_lost);
  fake.nvs_damaged = "join-code";
  CHECK(load().group_is_lost);
  fakes_reset();
  CHECK(es_settings_set_group("lab", NULL));
  fake.nvs_damaged = "group";
  CHECK(load().group_is_lost);
  CHECK(es_settings_set_group(NULL, "lab.code"));
  CHECK(!load().group_is_lost);
}

static void other_form(void) {
  fakes_reset();
  CHECK(es_settings_set_name("kitchen"));
  CHECK(es_settings_open());
  CHECK_TEXT(load().name, "kitchen");
  fake.nvs_lost = true;
  CHECK(es_settings_open());
  CHECK(!fake_nvs_has("name"));
}

void settings_tests(void) {
  check_run("a board on which nothing was set has the name of its MAC address and the open group",
            nothing_set);
  check_run("what was set counts at the next start", all_set);
  check_run("a setting that could not be kept is told, and a closed group stays closed", full);
  check_run("a board whose group cannot be read joins no open one instead, until a join code is set",
            damaged);
  check_run("settings are erased only where NVS is of another form", other_form);
}
