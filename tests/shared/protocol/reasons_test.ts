import { assert, assertEquals, assertMatch } from "@std/assert";
import { encode, header, message, parse } from "../../../shared/protocol/message.ts";
import * as tables from "../../../shared/protocol/reasons.ts";
import { type Fault, isFault } from "../../../shared/protocol/status.ts";
import { statusCodes } from "../../support/status_codes.ts";

/** Every reason of every table, with example names if it takes any. */
const all = Object.values(tables).flatMap((table) => Object.entries(table)).map(
  ([name, reason]) => {
    if (typeof reason !== "function") return [name, reason] as const;
    const made = (reason as (...names: string[]) => Fault)("ALICE", "bob", "carol");
    assertMatch(made.reason, /ALICE/, name);
    return [name, made] as const;
  },
);

Deno.test("a reason is one sentence that any program can show: no flag, no slash command, no full stop", () => {
  assert(all.length > 10);
  for (const [name, { reason }] of all) {
    assertMatch(reason, /^[A-Z][\x20-\x7e]+[^.]$/, name);
    assertEquals(/--\w|(^|\s)\/\w/.exec(reason), null, name);
  }
});

Deno.test("a reason fits the ERROR that carries it, with a code that there is", () => {
  for (const [name, { code, reason }] of all) {
    assert(statusCodes.includes(code), name);
    const text = encode(message("ERROR", [["Code", String(code)], ["Reason", reason]]));
    const read = parse(text.split("\r\n").slice(0, -2));
    assert(!isFault(read), name);
    assertEquals(header(read, "Reason"), reason);
  }
});

Deno.test("what others sent stands quoted in a reason, without its controls and not at length", () => {
  const { messageFaults, requestFaults } = tables;
  const sent = "\x1b🙂".repeat(1_000);
  const quoting = Object.values(requestFaults)
    .filter((made) => typeof made === "function")
    .map((made) => (made as (value: string) => Fault)(sent))
    .filter(({ reason }) => reason.includes("'"))
    .concat(messageFaults.notAVerb(sent), messageFaults.unexpectedVerb(sent, "CHAT"))
    .concat(messageFaults.bareLine("CHAT", sent));
  assert(quoting.length > 8);
  for (const { reason } of quoting) {
    assert(!reason.includes("\x1b") && [...reason].length < 160, reason.slice(0, 40));
  }
});
