import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../../../shared/net/address.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
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
  { server = { host: "127.0.0.1", port: 5555 }, verb = "REGISTER" }: {
    readonly server?: ServerAddress;
    readonly verb?: "REGISTER" | "UNREGISTER";
  } = {},
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
  assertEquals(settled.value, { reply: regack, proven: false, unchecked: false });
});

for (const verb of ["REGISTER", "UNREGISTER"] as const) {
  Deno.test(`a challenge to ${verb} is signed, for this request and this server`, async () => {
    const { requests, settled } = await asked([challenged("abcd", "a-server"), regack], { verb });
    assert(settled.status === "fulfilled");
    assertEquals(settled.value, { reply: regack, proven: true, unchecked: true });
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

const chat = { host: "chat.example.org", port: 5555 };

for (const realm of ["chat.example.org:5555", "Chat.Example.ORG:5555", "chat.example.org.:5555"]) {
  Deno.test(`the server that was dialed may be called ${realm}`, async () => {
    const { requests, settled } = await asked([challenged("a", realm), regack], { server: chat });
    assert(settled.status === "fulfilled");
    assertEquals(settled.value.unchecked, false);
    assert(isSignedFor(requests[1]!, transcript("REGISTER", "a", realm)));
    assertEquals(header(requests[1]!, "Dialed"), undefined);
  });
}

/** What a request to a server that calls itself by a random id comes to. */
const named = (server: ServerAddress, realm = "1234abcd") =>
  asked([challenged("a", realm), regack], { server });

Deno.test("a server that says no address gets a signature over TLS, and on this machine, marked as such", async () => {
  for (
    const server of [
      { ...chat, tls: {} },
      { ...chat, tls: { pin: new Uint8Array(32) } },
      { host: "127.0.0.1", port: 5555 },
      { host: "127.1.2.3", port: 5555 },
      { host: "::1", port: 5555 },
      { host: "LocalHost", port: 5555 },
    ]
  ) {
    const { requests, settled } = await named(server);
    assert(settled.status === "fulfilled");
    assertEquals(settled.value, { reply: regack, proven: true, unchecked: true });
    assert(isSignedFor(requests[1]!, transcript("REGISTER", "a", "1234abcd")));
  }
});

Deno.test("a server that says no address gets no signature in the clear over a network", async () => {
  for (
    const server of [
      chat,
      { host: "192.168.1.5", port: 5555 },
      { host: "2001:db8::1", port: 5555 },
      { host: "localhost.example.org", port: 5555 },
    ]
  ) {
    for (const realm of ["1234abcd", "a-server"]) {
      const { requests, settled } = await named(server, realm);
      assertEquals(requests.map((request) => header(request, "Signature")), [undefined]);
      assert(settled.status === "rejected" && settled.reason instanceof UserError);
      assertEquals(settled.reason.code, "realm-not-an-address");
      assert(sentenceOf(settled.reason.problem).includes(`--realm ${formatAddress(server)},`));
    }
  }
});

Deno.test("nothing is signed for a realm with a colon that is no address, wherever the server is", async () => {
  for (const server of [chat, { ...chat, tls: {} }, { host: "127.0.0.1", port: 5555 }]) {
    for (const realm of ["a:b", ":", "chat.example.org:", "chat.example.org:5555:1", "::1"]) {
      const { requests, settled } = await named(server, realm);
      assertEquals(requests.length, 1);
      assert(settled.status === "rejected" && settled.reason instanceof UserError);
      assertEquals(settled.reason.code, "wrong-realm");
    }
  }
});

/** A challenge of a server that takes a signature for the dialed address. */
const challengedDialed = (nonce: string, realm: string) =>
  refused(401, ["Nonce", nonce], ["Realm", realm], ["Features", "later, dialed"]);

for (const realm of ["1234abcd", "chat.example.org:5555", "another.example.org:5555", "a:b"]) {
  Deno.test(`if the server knows that, the dialed address is signed and not its realm ${realm}`, async () => {
    for (
      const [server, place] of [
        [chat, "chat.example.org:5555"],
        [{ ...chat, tls: {} }, "chat.example.org:5555"],
        [{ host: "Chat.Example.org.", port: 6000 }, "Chat.Example.org.:6000"],
        [{ host: "2001:db8::1", port: 5555 }, "[2001:db8::1]:5555"],
        [{ host: "fe80::1%eth0", port: 5555 }, "[fe80::1]:5555"],
        [{ host: "localhost", port: 5555 }, "localhost:5555"],
      ] as const
    ) {
      for (const verb of ["REGISTER", "UNREGISTER"] as const) {
        const answers = [challengedDialed("a", realm), regack];
        const { requests: [, signed], settled } = await asked(answers, { server, verb });
        assert(settled.status === "fulfilled");
        assertEquals(settled.value, { reply: regack, proven: true, unchecked: false });
        assertEquals(header(signed!, "Dialed"), place);
        const text = new TextDecoder().decode(transcript(verb, "a", place));
        assert(isSignedFor(
          signed!,
          new TextEncoder().encode(text.replace("\nRealm: ", "\nDialed: ")),
        ));
        // With the header taken out it is a signature for nothing.
        assert(!isSignedFor(signed!, transcript(verb, "a", place)));
      }
    }
  });
}

Deno.test("a server that does not go by the dialed address is told of, with up to 8 that it goes by", async () => {
  const others = Array.from({ length: 20 }, (_, i): Header => ["Realm", `192.0.2.${i}:5555`]);
  const answers = [
    challengedDialed("a", "1234abcd"),
    refused(421, ["Realm", "no address"], ...others),
    regack,
  ];
  const { requests, settled } = await asked(answers, { server: { ...chat, tls: {} } });
  assertEquals(requests.length, 2);
  assert(settled.status === "rejected" && settled.reason instanceof UserError);
  assertEquals(settled.reason.problem, {
    code: "other-address",
    server: "tls://chat.example.org:5555",
    dialed: "chat.example.org:5555",
    accepted: others.slice(0, 8).map(([, address]) => address),
  });
});

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
    const { requests, settled } = await asked([challenged("a", realm), regack], { server: chat });
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
