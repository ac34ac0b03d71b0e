# The vectors as a program for the instruction set of an ESP32-C3, with libraries built for it from Debian's sources
# (tests/fetch.sh). tests/rv32/run.sh runs it in QEMU.
RV32 := $(BUILD)/rv32
RV32_MBEDTLS := m/mbedtls/mbedtls_2.28.3.orig.tar.gz 3b4953aa55a681e084d31892d9904cc5328d6b4958ea57b90ae4b4f94ae69a8d
RV32_CJSON := c/cjson/cjson_1.7.15.orig.tar.gz 5308fd4bd90cef7aa060558514de6a1a4a0819974a26e6ed13973c5f624c24b2

RV32_CC := riscv64-unknown-elf-gcc --specs=picolibc.specs -mabi=ilp32
RV32_FLAGS := -march=rv32imc_zicsr_zifencei -std=c11 -Os -ffunction-sections -fdata-sections -Itests/rv32 \
  -isystem $(RV32)/mbedtls/include -isystem $(RV32)/include '-DMBEDTLS_CONFIG_FILE=<mbedtls_config.h>'
# The machine `virt` of QEMU has memory from 0x80000000 on; files and the exit code use semihosting. The linker's list of
# libraries has this instruction set under its shorter name.
RV32_LINK := -march=rv32imc -Wl,--gc-sections --oslib=semihost --crt0=semihost -Wl,--defsym=__flash=0x80000000 \
  -Wl,--defsym=__flash_size=0x400000 -Wl,--defsym=__ram=0x80400000 -Wl,--defsym=__ram_size=0x4000000

RV32_LIBRARY := $(addprefix mbedtls/library/,bignum chacha20 chachapoly cipher cipher_wrap constant_time ecdh ecp \
  ecp_curves md platform platform_util poly1305 psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client \
  psa_crypto_driver_wrappers psa_crypto_ecp psa_crypto_hash psa_crypto_mac psa_crypto_slot_management sha256) cjson/cJSON
RV32_OBJECTS := $(patsubst %,$(RV32)/%.o,$(RV32_LIBRARY) $(basename $(CORE) $(VECTORS)) tests/rv32/machine)

$(RV32)/fetched: tests/fetch.sh tests/rv32/rv32.mk
	tests/fetch.sh $(RV32)/mbedtls $(RV32_MBEDTLS)
	tests/fetch.sh $(RV32)/cjson $(RV32_CJSON)
	@mkdir -p $(RV32)/include && ln -sfn ../cjson $(RV32)/include/cjson && touch $@

$(addsuffix .c,$(addprefix $(RV32)/,$(RV32_LIBRARY))): $(RV32)/fetched ;

# Warnings only for our code.
$(patsubst %,$(RV32)/%.o,$(RV32_LIBRARY)): %.o: %.c tests/rv32/mbedtls_config.h
	$(RV32_CC) $(RV32_FLAGS) -w -I$(RV32)/mbedtls/library -c $< -o $@

$(RV32)/%.o: %.c $(RV32)/fetched tests/rv32/mbedtls_config.h
	@mkdir -p $(@D)
	$(RV32_CC) $(RV32_FLAGS) $(WARNINGS) -Icore -Itests -MMD -MP -c $< -o $@

$(BUILD)/vectors-rv32: $(RV32_OBJECTS)
	$(RV32_CC) $(RV32_LINK) $^ -o $@

$(BUILD)/cost-rv32: $(filter-out $(RV32)/tests/% $(RV32)/cjson/%,$(RV32_OBJECTS)) $(RV32)/tests/rv32/machine.o \
  $(RV32)/tests/rv32/cost_main.o
	$(RV32_CC) $(RV32_LINK) $^ -o $@
