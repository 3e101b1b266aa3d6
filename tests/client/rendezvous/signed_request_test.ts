import { assert, assertEquals } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { ServerRefusal } from "../../../client/rendezvous/reply.ts";
import { requestSigned } from "../../../client/rendezvous/signed_request.ts";
import { Identity, verifySignature } from "../../../shared/crypto/identity.ts";
import { type Header, header, type Message, message } from "../../../shared/protocol/message.ts";
import { signatureFromText } from "../../../shared/protocol/registration_proof.ts";
import { rejectsSaying, sentenceOf } from "../../support/problems.ts";

const identity = Identity.generate();
const key = identity.publicKey;
const headers: readonly Header[] = [
  ["clientID", "alice"],
  ["IP", "127.0.0.1"],
  ["Port", "5556"],
  ["Version", "1"],
  ["Expires", "300"],
];
const regack = message("REGACK", [["clientID", "alice"], ["IP", "127.0.0.1"], ["Port", "5556"]]);

type Answer = Message | Error;

const refused = (code: number, ...more: Header[]) =>
  new ServerRefusal(message("ERROR", [["Code", String(code)], ["Reason", "no"], ...more]));

const challenged = (nonce: string, realm: string) =>
  refused(401, ["Nonce", nonce], ["Realm", realm]);

/** What a request leads to with a server that answers so, the last answer again and again. */
async function asked(
  answers: readonly Answer[],
  { server = { host: "127.0.0.1", port: 5555 }, verb = "REGISTER" as "REGISTER" | "UNREGISTER" } =
    {},
) {
  const requests: Message[] = [];
  const connection = {
    server,
    request(request: Message) {
      requests.push(request);
      const answer = answers[Math.min(requests.length, answers.length) - 1]!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const [settled] = await Promise.allSettled([
    requestSigned(connection, identity, verb, headers, "REGACK"),
  ]);
  return { requests, settled };
}

/** What a signature has to be over, line by line. */
const transcript = (purpose: string, nonce: string, realm: string) =>
  new TextEncoder().encode(
    [
      "p2pchat registration",
      `Purpose: ${purpose}`,
      "Version: 1",
      `Nonce: ${nonce}`,
      `Realm: ${realm}`,
      "clientID: alice",
      "IP: 127.0.0.1",
      "Port: 5556",
      "Expires: 300",
      `Key: ${key}`,
    ].join("\n"),
  );

function isSignedFor(request: Message, signed: Uint8Array): boolean {
  const signature = signatureFromText(header(request, "Signature") ?? "");
  return signature !== undefined && verifySignature(identity.publicKey, signed, signature);
}

Deno.test("the key is named, and nothing is signed unless asked for", async () => {
  const { requests, settled } = await asked([regack]);
  assertEquals(requests, [message("REGISTER", [...headers, ["Key", key]])]);
  assert(settled.status === "fulfilled");
  assertEquals(settled.value, { reply: regack, proven: false });
});

for (const verb of ["REGISTER", "UNREGISTER"] as const) {
  Deno.test(`a challenge to ${verb} is signed, for this request and this server`, async () => {
    const { requests, settled } = await asked([challenged("abcd", "a-server"), regack], { verb });
    assert(settled.status === "fulfilled");
    assertEquals(settled.value, { reply: regack, proven: true });
    const [, signed] = requests;
    assertEquals(requests.length, 2);
    assertEquals(signed!.verb, verb);
    assertEquals(
      signed!.headers.slice(0, -1),
      [...headers, ["Key", key], ["Nonce", "abcd"]],
    );
    assert(isSignedFor(signed!, transcript(verb, "abcd", "a-server")));
    for (
      const other of [
        transcript(verb, "abce", "a-server"),
        transcript(verb, "abcd", "another"),
        transcript(verb === "REGISTER" ? "UNREGISTER" : "REGISTER", "abcd", "a-server"),
      ]
    ) assert(!isSignedFor(signed!, other));
  });
}

Deno.test("a server that asks again and again gets three signatures and no more", async () => {
  const answers = ["a", "b", "c", "d", "e"].map((nonce) => challenged(nonce, "a-server"));
  const { requests, settled } = await asked(answers);
  assertEquals(
    requests.map((request) => header(request, "Nonce")),
    [undefined, "a", "b", "c"],
  );
  assert(settled.status === "rejected" && settled.reason === answers[3]);
});

Deno.test("a challenge that has expired is replaced by the next one", async () => {
  const { requests, settled } = await asked([
    challenged("a", "a-server"),
    challenged("b", "a-server"),
    regack,
  ]);
  assert(settled.status === "fulfilled" && settled.value.proven);
  assert(isSignedFor(requests[2]!, transcript("REGISTER", "b", "a-server")));
});

for (
  const [what, answer] of [
    ["a refusal", refused(403)],
    ["a refusal with a nonce and a realm", refused(403, ["Nonce", "a"], ["Realm", "b"])],
    ["a challenge without a nonce", refused(401, ["Realm", "b"])],
    ["a challenge without a realm", refused(401, ["Nonce", "a"])],
    ["no answer", new UserError({ code: "server-closed", server: "127.0.0.1:1" })],
  ] as const
) {
  Deno.test(`${what} is the end of it, and nothing is signed`, async () => {
    const { requests, settled } = await asked([answer, regack]);
    assertEquals(requests.length, 1);
    assert(settled.status === "rejected" && settled.reason === answer);
  });
}

Deno.test("a refusal of a signed request ends it", async () => {
  const no = refused(403);
  const { requests, settled } = await asked([challenged("a", "a-server"), no, regack]);
  assertEquals(requests.length, 2);
  assert(settled.status === "rejected" && settled.reason === no);
});

const dialed = { host: "chat.example.org", port: 5555 };

for (const realm of ["chat.example.org:5555", "Chat.Example.ORG:5555", "a-server", "1234abcd"]) {
  Deno.test(`the server that was dialed may be called ${realm}`, async () => {
    const { requests, settled } = await asked([challenged("a", realm), regack], { server: dialed });
    assert(settled.status === "fulfilled");
    assert(isSignedFor(requests[1]!, transcript("REGISTER", "a", realm)));
  });
}

for (
  const realm of [
    "chat.example.com:5555",
    "chat.example.org:5556",
    "192.0.2.1:5555",
    "[2001:db8::1]:5555",
    "xchat.example.org:5555",
  ]
) {
  Deno.test(`nothing is signed for ${realm}, which was not dialed`, async () => {
    const { requests, settled } = await asked([challenged("a", realm), regack], { server: dialed });
    assertEquals(requests.map((request) => header(request, "Signature")), [undefined]);
    assert(settled.status === "rejected" && settled.reason instanceof UserError);
    const sentence = sentenceOf(settled.reason.problem);
    assert(sentence.includes("chat.example.org:5555 asks for a signature for"), sentence);
    assert(sentence.includes(realm) && sentence.includes("nothing was signed"), sentence);
  });
}

Deno.test("one IPv6 server is not taken for another", async () => {
  const server = { host: "2001:db8::1", port: 5555 };
  const right = await asked([challenged("a", "[2001:DB8::1]:5555"), regack], { server });
  assertEquals(right.settled.status, "fulfilled");
  const wrong = await asked([challenged("a", "[2001:db8::2]:5555"), regack], { server });
  await rejectsSaying(
    () => wrong.settled.status === "rejected" ? Promise.reject(wrong.settled.reason) : asked([]),
    UserError,
    "nothing was signed",
  );
});
