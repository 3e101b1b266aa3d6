import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { candidatesMax, messageBytesMax } from "../../../shared/protocol/limits.ts";
import { encode, header, message } from "../../../shared/protocol/message.ts";
import {
  type Candidate,
  pathsAnswer,
  pathsQuestion,
  readPathOffer,
} from "../../../shared/protocol/paths.ts";

const arbitraryCandidate: fc.Arbitrary<Candidate> = fc.record({
  transport: fc.constantFrom("tcp", "udp", "tcp-so"),
  address: fc.record({
    host: fc.oneof(fc.ipV4(), fc.constantFrom("::1", "2001:db8::7", "fd00::1")),
    port: fc.integer({ min: 1, max: 65_535 }),
  }),
});

Deno.test("an offer is read as it was written, in a question and in an answer", () => {
  fc.assert(fc.property(fc.array(arbitraryCandidate, { maxLength: 30 }), (candidates) => {
    const question = pathsQuestion({ candidates });
    const answer = pathsAnswer(question, { candidates });
    const first = candidates.slice(0, candidatesMax);
    assertEquals(readPathOffer(question), { candidates: first });
    assertEquals(readPathOffer(answer), { candidates: first });
    assertEquals(header(answer, "Id"), header(question, "Id"));
    assertEquals(encode(answer).length < messageBytesMax, true);
  }));
});

Deno.test("what is not known, or malformed, is left out of an offer, and so is what is too much", () => {
  const lines = [
    "tcp 192.0.2.1:5556",
    "carrier-pigeon 192.0.2.1:5556",
    "tcp 192.0.2.1",
    "tcp example.org:5556",
    "tcp 192.0.2.1:0",
    "tcp 192.0.2.1:5556 more",
    "tcp [fe80::1%eth0]:5556",
    "tcp",
    "",
    "tcp [2001:db8::1]:1",
  ];
  const said = message("PATHS", lines.map((line) => ["Candidate", line]));
  assertEquals(readPathOffer(said).candidates.map(({ address }) => address), [
    { host: "192.0.2.1", port: 5556 },
    { host: "2001:db8::1", port: 1 },
  ]);
  const many = message(
    "PATHS",
    Array.from({ length: 100 }, (_, i) => ["Candidate", `tcp 192.0.2.1:${i + 1}`]),
  );
  assertEquals(readPathOffer(many).candidates.length, candidatesMax);
});

Deno.test("an answer for somebody who is not to know names nothing", () => {
  const question = pathsQuestion({ candidates: [] });
  assertEquals(readPathOffer(pathsAnswer(question)), { candidates: [] });
});
