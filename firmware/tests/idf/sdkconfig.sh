#!/usr/bin/env bash
# sdkconfig.sh CHIP [FRAGMENT]: prints an sdkconfig.h made from our Kconfig files and sdkconfig.defaults, with the options
# that the code uses. ESP-IDF makes the real one, with some thousand options of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../esp-idf"

chip=$1 fragment=${2:-}
echo "#pragma once"
echo "#define CONFIG_IDF_TARGET \"$chip\""
echo "#define CONFIG_IDF_TARGET_${chip^^} 1"
if [[ -z $fragment ]]; then echo "#define CONFIG_ESP_CONSOLE_UART_DEFAULT 1"; fi

# Our options with their defaults; then the values in the files, of which the last one counts.
{
  awk '
    $1 == "config" { name = $2; type = "" }
    $1 == "string" || $1 == "int" || $1 == "bool" { type = $1 }
    $1 == "default" && type != "" && type != "bool" { sub(/^ *default */, ""); print "CONFIG_" name "=" $0; type = "" }
  ' main/Kconfig.projbuild components/*/Kconfig
  cat sdkconfig.defaults
  if [[ -f sdkconfig.defaults.$chip ]]; then cat "sdkconfig.defaults.$chip"; fi
  if [[ -n $fragment ]]; then cat "$fragment"; fi
} | awk '
  /^CONFIG_/ {
    at = index($0, "=")
    name = substr($0, 1, at - 1)
    value[name] = substr($0, at + 1)
  }
  END { for (name in value) if (value[name] != "n") print "#define " name " " (value[name] == "y" ? 1 : value[name]) }
'
