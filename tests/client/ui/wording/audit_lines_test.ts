// What an audit has found, in words.

import { assertEquals, assertMatch } from "@std/assert";
import { plainText } from "../../../../client/ui/script/script.ts";
import { type Answer, wordingOf } from "../../../../client/ui/wording/wording.ts";

const whole = {
  stream: "s",
  same: 5_012,
  waiting: 0,
  missingHere: [],
  missingThere: [],
  differing: [],
  complete: true,
};

Deno.test("an audit that finds everything alike says so, for each direction", () => {
  const audited = (...streams: (Answer & { type: "audited" })["report"]["streams"]) =>
    ({ type: "audited", name: "bob", report: { streams } }) as const;
  assertEquals(plainText(audited()), "nothing has been said with bob yet\n");
  assertEquals(
    plainText(audited(
      { ...whole, direction: "sent", waiting: 2 },
      { ...whole, direction: "received", same: 1 },
      { ...whole, direction: "sent", same: 0 },
    )),
    "sent to bob: 5,012 messages, all there, in order; 2 still wait\n" +
      "received from bob: 1 message, all here, in order\n",
  );
  assertEquals(
    plainText(audited({ ...whole, direction: "sent", same: 0, waiting: 1 })),
    "sent to bob: no message yet; 1 still waits\nreceived from bob: no message yet\n",
  );
});

Deno.test("an audit that finds a difference is a problem: it names messages, and what to do", () => {
  const missing = Array.from({ length: 12 }, (_, i) => `id${i}`);
  const event = {
    type: "audited",
    name: "bob",
    report: {
      streams: [
        { ...whole, direction: "sent", missingThere: missing },
        { ...whole, direction: "received", differing: ["x"], complete: false },
      ],
    },
  } as const;
  assertEquals(wordingOf(event).tone, "problem");
  const lines = plainText(event).trimEnd().split("\n");
  assertEquals(lines.slice(0, 4), [
    "error: sent to bob: 5,012 messages alike, but",
    "error:   12 confirmed by bob but not there:",
    "error:     id0",
    "error:     id1",
  ]);
  assertEquals(lines[12], "error:     and 2 more");
  assertMatch(lines[13]!, /send again what matters$/);
  assertEquals(lines.slice(14, 17), [
    "error: received from bob: 5,012 messages alike, but",
    "error:   1 differ or are in another place:",
    "error:     x",
  ]);
  assertMatch(lines[17]!, /p2pchat history export bob/);
  assertMatch(lines[18]!, /not compared/);
  for (const difference of ["missingHere", "missingThere", "differing"] as const) {
    for (const direction of ["sent", "received"] as const) {
      const streams = [{ ...whole, direction, [difference]: ["x"] }];
      const { tone } = wordingOf({ type: "audited", name: "bob", report: { streams } });
      assertEquals(tone, "problem");
    }
  }
});
