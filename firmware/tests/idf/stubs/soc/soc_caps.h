#pragma once
#include "sdkconfig.h"

/* The ESP32 has none of these; each of the others does. */
#if !CONFIG_IDF_TARGET_ESP32
#define SOC_TEMP_SENSOR_SUPPORTED 1
#endif
