import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Header, type Message, message } from "../../../shared/protocol/message.ts";
import { type Speaker, verbs } from "../../../shared/protocol/verb_table.ts";
import { check, speaksVersion1 } from "../../../shared/protocol/verbs.ts";

const speakers: readonly Speaker[] = ["client", "server", "initiator", "responder", "peer"];

/** The smallest message that the table allows. */
function least(verb: keyof typeof verbs): Message {
  return message(verb, verbs[verb].required.map((name): Header => [name, "x"]));
}

const names = Object.keys(verbs) as (keyof typeof verbs)[];

Deno.test("each verb passes with its required headers from those who say it, and from nobody else", () => {
  for (const verb of names) {
    for (const from of speakers) {
      const says = (verbs[verb].from as readonly Speaker[]).includes(from);
      assertEquals(check(least(verb), from)?.code, says ? undefined : 400, `${verb} from ${from}`);
    }
  }
});

Deno.test("each required header that is missing is 400 and named", () => {
  for (const verb of names) {
    for (const missing of verbs[verb].required) {
      const { headers } = least(verb);
      const request = message(verb, headers.filter(([name]) => name !== missing));
      const found = check(request, verbs[verb].from[0]);
      assertEquals([found?.code, found?.fatal], [400, false]);
      assertStringIncludes(found!.reason, missing);
    }
  }
});

Deno.test("required headers are found without regard to case, and unknown ones are ignored", () => {
  assertEquals(check(message("BRIDGE", [["CLIENTID", "a"], ["X-New", "b"]]), "client"), undefined);
});

Deno.test("lines without a colon are allowed only in INFO and CHAT", () => {
  for (const verb of names) {
    const tolerated = verb === "INFO" || verb === "CHAT";
    const found = check({ ...least(verb), bare: ["Requesting clients"] }, verbs[verb].from[0]);
    assertEquals(found?.code, tolerated ? undefined : 400, verb);
  }
});

Deno.test("a verb that only every object knows is 400, as any unknown one", () => {
  for (const verb of ["constructor", "__proto__", "toString", "hasOwnProperty", "", "HELLO"]) {
    for (const from of speakers) assertEquals(check(message(verb), from)?.code, 400, verb);
  }
});

Deno.test("the fault for an unknown verb names those that the speaker may send", () => {
  const { reason } = check(message("HELLO"), "responder")!;
  assertStringIncludes(reason, "'HELLO'");
  assertStringIncludes(reason, "CHATACK");
  assert(!reason.includes("REGISTER"));
});

Deno.test("a Version that is a number from 1 distinguishes this protocol from legacy programs", () => {
  const speaks = (...headers: Header[]) => speaksVersion1(message("INFO", headers));
  assert(speaks(["Version", "1"]));
  assert(speaks(["version", "2"]), "who speaks a later one also understands the first");
  assert(!speaks());
  for (const version of ["", "0", "01", "1.0", "-1", "x", "1 "]) {
    assert(!speaks(["Version", version]), version);
  }
});
