import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { fingerprintOf, publicKeyFrom } from "../../../shared/crypto/public_key.ts";
import { type Address, isHost } from "../../../shared/net/address.ts";
import { clientIdLengthMax } from "../../../shared/protocol/limits.ts";
import { encode, type Header, header, message, parse } from "../../../shared/protocol/message.ts";
import {
  addressIn,
  formatClient,
  formatMailNumber,
  formatPresence,
  formatSeconds,
  locationHeaders,
  parseClient,
  parseFingerprint,
  parseMailNumber,
  parsePresence,
  parseWholeNumber,
} from "../../../shared/protocol/records.ts";
import { isFault } from "../../../shared/protocol/status.ts";

const letters = [..."ABCXYZabcxyz0189._-"];
const clientId = fc.string({
  unit: fc.constantFrom(...letters),
  minLength: 1,
  maxLength: clientIdLengthMax,
});
const address: fc.Arbitrary<Address> = fc.record({
  host: fc.oneof(fc.ipV4(), fc.ipV6().filter(isHost), fc.domain().filter(isHost)),
  port: fc.integer({ min: 1, max: 65_535 }),
});
const fingerprint = fc.uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => fingerprintOf(publicKeyFrom(bytes)));
/** What no reader may stumble over. */
const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...letters, " ", ":", "[") }));

/** What comes out of a message that went over the wire. */
function sent(verb: string, ...headers: Header[]) {
  const read = parse(encode(message(verb, headers)).split("\r\n").slice(0, -2));
  if (isFault(read)) throw new Error(read.reason);
  return read;
}

Deno.test("a Client is read as it was written, with a fingerprint or without", () => {
  const record = fc.record({
    clientId,
    address,
    fingerprint: fc.option(fingerprint, { nil: undefined }),
  });
  fc.assert(fc.property(record, (client) => {
    assertEquals(parseClient(formatClient(client)), client);
    // A later version may add something after it.
    assertEquals(parseClient(`${formatClient({ ...client })} x y`)?.clientId, client.clientId);
  }));
});

Deno.test("what is no Client is none, and what is no fingerprint is left out", () => {
  for (
    const line of ["", "alice", "alice ", "a/b 192.0.2.1:1", "alice 192.0.2.1:0", " 192.0.2.1:1"]
  ) {
    assertEquals(parseClient(line), undefined, line);
  }
  assertEquals(parseClient("alice [2001:db8::1]:5556 abcd-efgh"), {
    clientId: "alice",
    address: { host: "2001:db8::1", port: 5556 },
    fingerprint: undefined,
  });
  assertEquals(parseFingerprint(undefined), undefined);
  fc.assert(fc.property(text, (line) => void parseClient(line)));
});

Deno.test("a Presence is read as it was written, and one of another status is none", () => {
  const status = fc.constantFrom("online", "registered", "away");
  fc.assert(fc.property(clientId, status, (clientId, status) => {
    assertEquals(parsePresence(formatPresence(clientId, status)), { clientId, status });
    assertEquals(parsePresence(`${formatPresence(clientId, status)} since yesterday`), {
      clientId,
      status,
    });
  }));
  for (const line of ["", "alice", "alice Online", "alice  online", "online"]) {
    assertEquals(parsePresence(line), undefined, line);
  }
});

Deno.test("the address of a client is read from clientID, IP and Port as it was written there", () => {
  fc.assert(fc.property(clientId, address, (clientId, address) => {
    const read = sent("REGACK", ...locationHeaders(clientId, address));
    assertEquals([header(read, "clientID"), addressIn(read)], [clientId, address]);
  }));
  assertEquals(locationHeaders("", undefined), [["clientID", ""], ["IP", ""], ["Port", ""]]);
  assertEquals(addressIn(sent("BRIDGEACK", ...locationHeaders("", undefined))), undefined);
});

Deno.test("IP and Port that make no address are none", () => {
  const cases: [ip: string, port: string][] = [
    ["192.0.2.1", "0"],
    ["192.0.2.1", "65536"],
    ["192.0.2.1", "x"],
    ["192.0.2.1:1", "2"],
    ["[2001:db8::1]", "1"],
    ["127.1", "1"],
    ["a b", "1"],
  ];
  for (const [ip, port] of cases) {
    assertEquals(addressIn(sent("CHAT", ["IP", ip], ["Port", port])), undefined, `${ip} ${port}`);
  }
  assertEquals(addressIn(sent("CHAT", ["Port", "1"])), undefined);
  assertEquals(addressIn(sent("CHAT", ["IP", "192.0.2.1"])), undefined);
});

Deno.test("numbers are read as they were written: seconds to the next whole one, and mails", () => {
  fc.assert(fc.property(fc.nat(9_999_999), (seconds) => {
    assertEquals(parseWholeNumber(formatSeconds(seconds * 1000)), seconds);
    assertEquals(parseWholeNumber(formatSeconds(Math.max(0, seconds * 1000 - 1))), seconds);
  }));
  fc.assert(fc.property(fc.maxSafeNat().map((n) => n % 1e15), (number) => {
    assertEquals(parseMailNumber(formatMailNumber(number)), number);
  }));
});

Deno.test("what is no whole number, or has too many digits, is none", () => {
  for (const text of [undefined, "", "-1", "+1", "1.5", "1e3", "0x10", " 1", "12345678", "١"]) {
    assertEquals(parseWholeNumber(text), undefined, text);
  }
  assertEquals(parseWholeNumber("12345678", 8), 12_345_678);
  assertEquals(parseMailNumber("1".repeat(16)), undefined);
});
