// Whatever happens, a line of JSON says it as the schema says.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ClientEvent } from "../../../../client/events.ts";
import { eventRecord, failureRecord, timeText } from "../../../../client/ui/ndjson/records.ts";
import { UserError } from "../../../../client/user_error.ts";
import { jsonText } from "../../../../shared/text/json_text.ts";
import { hostileShown } from "../../../support/hostile_shown.ts";
import { printedIn } from "../../../support/json_lines.ts";

const at = "2026-01-01T00:00:00.000Z";

/** The events that a person is shown as well; `opened` and `delivered` have more fields for them. */
const eventTypes: string[] = [
  ...["listening", "server-lost", "registered-again", "displaced", "message", "waiting"] as const,
  ...["deposited", "deposit-refused", "read", "absent", "missed", "unconfirmed", "closed"] as const,
  ...["presence", "first-contact", "key-changed", "key-refused", "server-contradicted"] as const,
  ...["turned-away", "verification-asked", "verification-cut", "problem"] as const,
  ...["opened", "delivered"] as const,
];

const events = hostileShown.filter(([type]) => eventTypes.includes(type));

Deno.test("every event has its place in the schema, whatever a peer has said", () => {
  assertEquals(events.map(([type]): string => type).toSorted(), eventTypes.toSorted());
  for (const [, arbitrary] of events) {
    fc.assert(
      fc.property(arbitrary, (shown) => {
        const record = eventRecord(shown as unknown as ClientEvent);
        const first = record["event"] === "listening"
          ? { v: 1, self: { name: "alice", person: null, device: null } }
          : {};
        printedIn(jsonText({ ...first, ...record, at }));
      }),
      { numRuns: 50 },
    );
  }
});

Deno.test("a message's text and names are raw, and nothing in them can be taken for a command", () => {
  const text = "\x1b]52;c;x\x07 two\nlines \u202e\u2028 🙂";
  const record = eventRecord({
    type: "message",
    ...{ conversation: "c", name: "b\u200bob", person: undefined, device: undefined },
    ...{ id: "1", stream: undefined, seq: undefined, kind: "text", plaintext: true, text },
    sentAtMs: 0,
  });
  const printed = printedIn(jsonText({ ...record, at }));
  assertEquals([printed.text, printed.from], [
    text,
    { name: "b\u200bob", person: null, device: null },
  ]);
});

Deno.test("a time that no calendar has is still a time", () => {
  assertEquals([timeText(1e20), timeText(NaN), timeText(1_000)], [
    "1970-01-01T00:00:00.000Z",
    "1970-01-01T00:00:00.000Z",
    "1970-01-01T00:00:01.000Z",
  ]);
});

Deno.test("a failure has the word of its kind, the very problem and a sentence", () => {
  assertEquals(failureRecord(new UserError({ code: "not-registered", name: "zoe" })), {
    code: "unknown-name",
    problem: "not-registered",
    message: failureRecord(new UserError({ code: "not-registered", name: "zoe" }))["message"],
  });
  assertEquals(failureRecord(new RangeError("too long")), { code: "usage", message: "too long" });
  assertEquals(failureRecord(new Error("odd")), { code: "failed", message: "odd" });
});
