# Tests of the part for ESP-IDF; tests/check.sh runs them, too.
.PHONY: idf-check
idf-check: $(BUILD)/idf-tests
	@tests/idf/check.sh

# Storage, settings and inbox of a board, on fakes of ESP-IDF.
IDF_TESTED := port/esp-idf/esp_idf_breathe.c port/esp-idf/esp_idf_files.c port/esp-idf/esp_idf_inbox.c \
  port/esp-idf/esp_idf_values.c app/esp-idf/app_inbox.c app/esp-idf/app_settings.c app/esp-idf/app_update.c app/esp-idf/app_wifi.c \
  core/bytes.c core/earshot_result.c core/utf8.c
IDF_TESTS := $(wildcard tests/idf/*.c) tests/check.c
IDF_WRAPPED := -Wl,--wrap=open,--wrap=close,--wrap=write,--wrap=rename,--wrap=unlink
$(BUILD)/idf-tests: $(IDF_TESTED) $(IDF_TESTS) $(wildcard tests/idf/*.h port/esp-idf/*.h app/*.h app/esp-idf/*.h) esp-idf/sdkconfig.defaults \
  $(wildcard esp-idf/main/Kconfig* esp-idf/components/*/Kconfig)
	@mkdir -p $(BUILD)/idf
	tests/idf/sdkconfig.sh esp32c3 >$(BUILD)/idf/sdkconfig.h
	gcc -std=gnu11 -g -O1 $(WARNINGS) $(SANITIZE) -DESP_IDF_INBOX='"$(BUILD)/idf/inbox"' -I$(BUILD)/idf -Itests/idf/stubs \
	  -Itests/idf -Itests -Icore -Iport/lwip -Iport/esp-idf -Iapp -Iapp/esp-idf $(IDF_TESTED) $(IDF_TESTS) $(IDF_WRAPPED) -o $@
