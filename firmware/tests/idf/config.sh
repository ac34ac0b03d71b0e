#!/usr/bin/env bash
# Checks that sdkconfig.defaults has the options that the code needs of ESP-IDF, and the partition table its partitions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

failed=0
complain() {
  echo "   $1"
  failed=1
}
defaults=esp-idf/sdkconfig.defaults
is_set() { grep -qxE "$1=(y|[0-9]+|\".*\")" "$defaults" esp-idf/sdkconfig.defaults.* esp-idf/sdkconfig.usb -h; }

# Every option that the code uses is ours, or set by us, or always set by ESP-IDF.
always=" CONFIG_IDF_TARGET CONFIG_IDF_TARGET_ESP32 CONFIG_IDF_TARGET_ESP32S3 CONFIG_ESP_CONSOLE_UART_DEFAULT CONFIG_ESP_CONSOLE_UART_CUSTOM "
ours=$(sed -nE 's/^ *config ([A-Z0-9_]+)$/CONFIG_\1/p' esp-idf/main/Kconfig.projbuild esp-idf/components/*/Kconfig)
while read -r option; do
  [[ $always == *" $option "* ]] && continue
  grep -qx "$option" <<<"$ours" && continue
  is_set "$option" || complain "$option is used, and neither ours nor in sdkconfig.defaults"
done < <(grep -rhoE '\bCONFIG_[A-Z0-9_]+' --include='*.[ch]' --include=CMakeLists.txt port/lwip port/esp-idf app/esp-idf \
  example esp-idf/main esp-idf/components | sort -u)

# Every option of ours that a file sets exists.
while read -r option; do
  grep -qx "$option" <<<"$ours" || complain "$option is set, and there is no such option"
done < <(sed -nE 's/^(CONFIG_EARSHOT_[A-Z0-9_]+)=.*/\1/p' esp-idf/sdkconfig.* | sort -u)

# Every algorithm of PSA Crypto that the core uses, and the options of ESP-IDF that it needs.
declare -A needs=(
  [PSA_ALG_CHACHA20_POLY1305]="MBEDTLS_CHACHA20_C MBEDTLS_POLY1305_C MBEDTLS_CHACHAPOLY_C"
  [PSA_KEY_TYPE_CHACHA20]="MBEDTLS_CHACHA20_C"
  [PSA_ALG_ECDH]="MBEDTLS_ECDH_C"
  [PSA_ECC_FAMILY_MONTGOMERY]="MBEDTLS_ECP_C MBEDTLS_ECP_DP_CURVE25519_ENABLED"
  [PSA_KEY_TYPE_ECC_KEY_PAIR]="MBEDTLS_ECP_C"
  # In every build of ESP-IDF.
  [PSA_ALG_SHA_256]="" [PSA_ALG_HMAC]="" [PSA_KEY_TYPE_HMAC]=""
)
while read -r algorithm; do
  if [[ ! -v needs[$algorithm] ]]; then
    complain "$algorithm is new: note here which options of ESP-IDF it takes"
    continue
  fi
  for option in ${needs[$algorithm]}; do
    grep -qx "CONFIG_$option=y" "$defaults" || complain "$algorithm takes CONFIG_$option=y in sdkconfig.defaults"
  done
done < <(grep -hoE '\bPSA_(ALG|KEY_TYPE|ECC_FAMILY)_[A-Z0-9_]+' core/*.[ch] | sort -u)

# Options that no line of code refers to: multicast over IPv6, the watchdog, our partitions on a flash of 4 MiB.
for option in LWIP_IPV6 LWIP_SO_REUSE ESP_TASK_WDT_EN ESP_TASK_WDT_INIT PARTITION_TABLE_CUSTOM ESPTOOLPY_FLASHSIZE_4MB; do
  grep -qx "CONFIG_$option=y" "$defaults" || complain "CONFIG_$option=y is missing in sdkconfig.defaults"
done

# A sleeping radio does not feed the random number generator.
grep -qx "CONFIG_ESP_WIFI_STA_DISCONNECTED_PM_ENABLE=n" "$defaults" ||
  complain "CONFIG_ESP_WIFI_STA_DISCONNECTED_PM_ENABLE=n is missing in sdkconfig.defaults"

# Partitions: one after the other, aligned as ESP-IDF requires, within the flash, and with the names that the code uses.
end=$((0x9000))
while IFS=', ' read -r name type _ offset size _; do
  [[ -z $name || $name == \#* ]] && continue
  ((offset >= end)) || complain "partition $name lies over the one before"
  if [[ $type == app ]]; then ((offset % 0x10000 == 0)) || complain "partition $name begins at no multiple of 64 KiB"; fi
  ((offset % 0x1000 == 0 && size % 0x1000 == 0)) || complain "partition $name is not made of whole sectors"
  end=$((offset + size))
done <esp-idf/partitions.csv
((end <= 4 << 20)) || complain "the partitions end behind 4 MiB"
inbox=$(sed -nE 's/^#define ESP_IDF_INBOX_PARTITION "(.*)"$/\1/p' port/esp-idf/esp_idf_port.h)
grep -q "^$inbox," esp-idf/partitions.csv || complain "there is no partition $inbox"
grep -q "^nvs," esp-idf/partitions.csv || complain "there is no partition nvs"

exit "$failed"
