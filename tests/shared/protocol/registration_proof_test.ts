import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { message } from "../../../shared/protocol/message.ts";
import {
  type RegistrationClaim,
  registrationClaim,
  registrationTranscript,
  signatureFromText,
  signatureToText,
} from "../../../shared/protocol/registration_proof.ts";

const claim: RegistrationClaim = {
  purpose: "REGISTER",
  nonce: "00",
  server: { realm: "chat.example.org:5555" },
  clientID: "alice",
  ip: "127.0.0.1",
  port: "5556",
  expires: "300",
  key: "k",
};

function textOf(claim: RegistrationClaim): string {
  return new TextDecoder().decode(registrationTranscript(claim));
}

Deno.test("a transcript has a line for each value, which is empty if the header is absent", () => {
  assertEquals(
    textOf({ ...claim, purpose: "UNREGISTER", ip: "", port: "", expires: "" }).split("\n"),
    ["p2pchat registration", "Purpose: UNREGISTER", "Version: 1", "Nonce: 00"]
      .concat("Realm: chat.example.org:5555", "clientID: alice", "IP: ", "Port: ", "Expires: ")
      .concat("Key: k"),
  );
});

Deno.test("claims that differ in anything have transcripts that differ", () => {
  // What the value of a header can be: no control characters.
  const value = fc.string({ unit: fc.constantFrom("a", ":", " ", "é", "Port: 1"), maxLength: 4 });
  const any: fc.Arbitrary<RegistrationClaim> = fc.record({
    purpose: fc.constantFrom("REGISTER", "UNREGISTER"),
    nonce: value,
    server: fc.oneof(fc.record({ realm: value }), fc.record({ dialed: value })),
    clientID: value,
    ip: value,
    port: value,
    expires: value,
    key: value,
  });
  fc.assert(fc.property(any, any, (a, b) => {
    assertEquals(textOf(a) === textOf(b), JSON.stringify(a) === JSON.stringify(b));
    for (const name of ["nonce", "server", "clientID", "ip", "port", "expires", "key"] as const) {
      if (JSON.stringify(a[name]) !== JSON.stringify(b[name])) {
        assertNotEquals(textOf({ ...a, [name]: b[name] }), textOf(a), name);
      }
    }
  }));
});

Deno.test("a request's claim has the values of its headers, and the realm that is asked", () => {
  const request = message("REGISTER", [
    ["clientid", "alice"],
    ["IP", "::1"],
    ["Key", "k"],
    ["Nonce", "00"],
    ["Realm", "another"],
    ["Key", "of no account"],
  ]);
  assertEquals(registrationClaim(request, "UNREGISTER", "chat.example.org:5555"), {
    ...claim,
    purpose: "UNREGISTER",
    ip: "::1",
    port: "",
    expires: "",
  });
});

Deno.test("a request that names the dialed address is signed for that, and can be taken for no other", () => {
  const request = message("REGISTER", [
    ["clientID", "alice"],
    ["Dialed", "chat.example.org:5555"],
  ]);
  const { server } = registrationClaim(request, "REGISTER", "chat.example.org:5555");
  assertEquals(server, { dialed: "chat.example.org:5555" });
  assertEquals(
    textOf({ ...claim, server }),
    textOf(claim).replace("\nRealm: ", "\nDialed: "),
  );
});

Deno.test("a signature has one text, and nothing else is read as one", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (signature) => {
    const text = signatureToText(signature);
    assertEquals(text.length, 86);
    assertEquals(signatureFromText(text), signature);
    // The last character has four bits without a meaning.
    const sibling = text.slice(0, -1) + String.fromCharCode(text.charCodeAt(85) + 1);
    assert(signatureFromText(sibling) === undefined, sibling);
  }));
  const text = signatureToText(new Uint8Array(64).fill(0xff));
  for (const other of ["", text + "==", text.slice(1), text + "A", text.replaceAll("_", "/")]) {
    assertEquals(signatureFromText(other), undefined, other);
  }
  for (const length of [63, 65]) {
    assertEquals(signatureFromText(signatureToText(new Uint8Array(length))), undefined);
  }
  assertEquals(signatureFromText(" " + text.slice(1)), undefined);
});

Deno.test("a COLLECT's claim has what it asks for and each mail that it deletes, in order", () => {
  const request = message("COLLECT", [
    ["clientID", "alice"],
    ["After", "7"],
    ["Taken", "5"],
    ["Taken", "6"],
    ["Key", "k"],
    ["Nonce", "00"],
    ["Dialed", "chat.example.org:5555"],
  ]);
  assertEquals(textOf(registrationClaim(request, "COLLECT", "another")).split("\n"), [
    ...["p2pchat registration", "Purpose: COLLECT", "Version: 1", "Nonce: 00"],
    ...["Dialed: chat.example.org:5555", "clientID: alice", "IP: ", "Port: ", "Expires: "],
    ...["Key: k", "After: 7", "Taken: 5,6"],
  ]);
});
