import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  createLog,
  type LogFormat,
  logFormats,
  type LogLevel,
  logLevels,
} from "../../../shared/process/log.ts";
import { codePoint } from "../../support/code_point.ts";
import { hostileTexts, obeyed } from "../../support/hostile_text/hostile_text.ts";

function logTo(lines: string[], level: LogLevel, format: LogFormat) {
  return createLog({
    level,
    format,
    write: (line) => lines.push(line),
    now: () => new Date(Date.UTC(2024, 1, 29)),
  });
}

Deno.test("a log writes its level and more important ones", () => {
  for (const level of logLevels) {
    const lines: string[] = [];
    const log = logTo(lines, level, "json");
    for (const own of logLevels) log[own]("event");
    const written = lines.map((line) => JSON.parse(line).level);
    assertEquals(written, logLevels.slice(logLevels.indexOf(level)));
    assertEquals(log.debugs, level === "debug");
  }
});

Deno.test("a text line is the time, the level, the event and its fields, quoted if necessary", () => {
  const lines: string[] = [];
  const log = logTo(lines, "info", "text");
  log.info("listening", { host: "::1", port: 5555, ready: true });
  log.error("failed", { error: 'no "such" host', empty: "", pair: "a=b" });
  assertEquals(lines, [
    "2024-02-29T00:00:00.000Z info  listening host=::1 port=5555 ready=true",
    '2024-02-29T00:00:00.000Z error failed error="no \\"such\\" host" empty="" pair="a=b"',
  ]);
});

Deno.test("a JSON line keeps the types of its fields", () => {
  const lines: string[] = [];
  logTo(lines, "info", "json").warn("slow", { host: "a b", port: 1, closed: false });
  assertEquals(JSON.parse(lines[0]!), {
    time: "2024-02-29T00:00:00.000Z",
    level: "warn",
    event: "slow",
    host: "a b",
    port: 1,
    closed: false,
  });
});

Deno.test("no field breaks its line or reaches the terminal as a control", () => {
  fc.assert(fc.property(fc.string({ unit: codePoint }), (value) => {
    for (const format of logFormats) {
      const lines: string[] = [];
      logTo(lines, "info", format).info("event", { value });
      assertEquals(lines.length, 1);
      assert(!/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u.test(lines[0]!));
    }
  }));
});

Deno.test("whatever a field holds, it is one field, and can be seen", () => {
  const one = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.constantFrom(...Object.values(hostileTexts)),
    fc.string({ unit: fc.constantFrom(...' "=\\', "\u00a0", "\u3000", "\u2028", "a", "\x1b") }),
  );
  fc.assert(fc.property(one, one, (first, second) => {
    const lines: string[] = [];
    logTo(lines, "info", "text").info("event", { first, second });
    const value = '([^\\s"=]+|"(?:[^"\\\\]|\\\\.)*")';
    const [, ...values] = RegExp(`event first=${value} second=${value}$`).exec(lines[0]!)!;
    const [one, other] = values.map((value) => value.startsWith('"') ? JSON.parse(value) : value);
    logTo(lines, "info", "json").info("event", { first, second });
    assertEquals({ first: one, second: other }, fieldsIn(lines[1]!));
    for (const line of lines) assertEquals(line.match(obeyed), null);
  }));
});

function fieldsIn(line: string): unknown {
  const { time: _time, level: _level, event: _event, ...fields } = JSON.parse(line);
  return fields;
}

Deno.test("a text field cannot pass for another field", () => {
  const lines: string[] = [];
  logTo(lines, "info", "text").info("event", { value: 'x" level=error' });
  assertEquals(lines[0]!.split(" value=")[1], '"x\\" level=error"');
});
