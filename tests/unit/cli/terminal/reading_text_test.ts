import { assertEquals } from "@std/assert";
import { readingText } from "../../../../lib/cli/terminal/reading_text.ts";

Deno.test("a reading is shown with its units, and anything else from its beginning", () => {
  for (
    const [json, text] of [
      ['{"celsius":21.5,"dbm":-40}', "21.5 °C, -40 dBm"],
      ['{"celsius":21.456,"rssi":-71,"heap":2048,"up":12}', "21.46 °C, -71 dBm, heap 2 kiB, up 12 s"],
      ['{"soil":40,"water":true,"mode":"auto","at":{"x":1}}', "soil 40, water true, mode auto, at.x 1"],
      [
        '{"celsius":21,"battery":{"volts":4.1},"gps":{"lat":52.516275,"fix":null}}',
        "21 °C, 4.1 V, gps.lat 52.52, gps.fix null",
      ],
      ['{"in":{"celsius":21},"out":{"celsius":3}}', "in.celsius 21 °C, out.celsius 3 °C"],
      [
        '{"meta":{"ts":1795980617},"g":[0.1,-0.25,9.80665],"tags":["a",{}],"e":{}}',
        "g [0.1, -0.25, 9.81], tags[0] a, tags[1] {}, e {}",
      ],
      ['[{"ph":7.1},{"ph":6.9}]', "[0].ph 7.1, [1].ph 6.9"],
      ['{"some":{"very":{"long":{"path":{"to":{"a":{"value":1}}}}}}}', "some.very.long.path.to {…}"],
      ['{"greenhouse":{"southern":{"soil_moisture":41}}}', "…southern.soil_moisture 41"],
      [`{"deep":${"[".repeat(20_000)}1${"]".repeat(20_000)}}`, "deep[0][0][0][0] […]"],
      ['{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}', "a 1, b 2, c 3, d 4, e 5, f 6, …"],
      [
        '{"air_celsius":21,"soil_celsius":18,"humidity":40}',
        "air_celsius 21 °C, soil_celsius 18 °C, 40 %",
      ],
      ['{"volts":0.00421,"ph":-0.1234,"amp":0}', "0.00421 V, ph -0.123, amp 0"],
      ['{"t":1795980617,"celsius":21.5}', "21.5 °C"],
      ['{"time":"2026-11-29T18:00:00Z","ts":1795980617123,"up":3}', "up 3 s"],
      ['{"t":21.5,"time":"late","timestamp":null}', "t 21.5, time late, timestamp null"],
      ['{"t":1795980617}', "t 1795980617"],
      ["{}", "{}"],
      ["[1, 2]", "[1, 2]"],
      ["21.5", "21.5"],
      ["no json", "no json"],
      [`"${"x".repeat(5_000)}"`, `"${"x".repeat(23)}…`],
      ['{"a\\u001b[2J":"b\\nc\\u202e"}', "a\u241b[2J b c\ufffd"],
    ] as const
  ) assertEquals(readingText(json), text);
});
