# earshot-board on the real lwIP with the limits of an ESP32, on a TAP device: a test of port/lwip. tests/fetch.sh
# downloads the source of lwIP. Warnings only for our code.
LWIP := $(BUILD)/lwip
LWIP_ARCHIVE := l/lwip/lwip_2.1.3+dfsg1.orig.tar.xz
LWIP_HASH := 0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24
LWIP_STACK := $(LWIP)/source/src
LWIP_OURS := $(wildcard port/lwip/*.c) port/posix/posix_machine.c port/posix/posix_storage.c host/main.c host/options.c \
  $(EXAMPLE) $(wildcard lwip/*.c)
LWIP_NUMBERS := $(shell sed -nE 's/^(CONFIG_LWIP_[A-Z0-9_]+=[0-9]+)$$/-D\1/p' esp-idf/sdkconfig.defaults)
LWIP_FLAGS := -std=gnu11 -g -O1 $(SANITIZE) $(LWIP_NUMBERS) -Ilwip

$(LWIP_STACK)/Filelists.mk: tests/fetch.sh lwip/lwip.mk
	tests/fetch.sh $(LWIP)/source $(LWIP_ARCHIVE) $(LWIP_HASH)
	@touch $@

$(LWIP)/ours/%.o: %.c $(LWIP_STACK)/Filelists.mk
	@mkdir -p $(@D)
	gcc $(LWIP_FLAGS) $(WARNINGS) -D_GNU_SOURCE -Icore -Iport/posix -Iport/lwip -Iapp -Iexample -Ihost \
	  -isystem $(LWIP_STACK)/include -MMD -MP -c $< -o $@

# All of the stack in one step: the names of its files are known only after the download.
$(LWIP)/stack.a: $(LWIP_STACK)/Filelists.mk lwip/lwipopts.h $(wildcard lwip/arch/*.h) esp-idf/sdkconfig.defaults
	@rm -rf $(LWIP)/stack && mkdir -p $(LWIP)/stack
	cd $(LWIP)/stack && gcc $(filter-out -Ilwip,$(LWIP_FLAGS)) -w -I$(abspath lwip) -I../source/src/include -c \
	  $(addprefix ../source/src/,core/*.c core/ipv4/*.c core/ipv6/*.c api/*.c netif/ethernet.c)
	rm -f $@ && ar -rcs $@ $(LWIP)/stack/*.o

# Only the source of lwIP, for tools that read it.
.PHONY: lwip-source
lwip-source: $(LWIP_STACK)/Filelists.mk

$(BUILD)/earshot-board-lwip: $(call objects,asan,$(CORE)) $(patsubst %.c,$(LWIP)/ours/%.o,$(LWIP_OURS)) $(LWIP)/stack.a
	gcc $(SANITIZE) $^ $(LIBRARIES) -lpthread -o $@
