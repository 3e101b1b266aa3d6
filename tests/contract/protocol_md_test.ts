// PROTOCOL.md's exchanges are the cases: each goes through the codec, and over a socket to a live server
// or a live client.

import { assert, assertEquals } from "@std/assert";
import { defaultCapacity } from "../../server/limits/limits.ts";
import { formatAddress } from "../../shared/net/address.ts";
import { start } from "../support/server_fixture.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { messageHash, readChatMessage, streamStart } from "../../shared/protocol/message_stream.ts";
import { encode, parse } from "../../shared/protocol/message.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { verbs } from "../../shared/protocol/verb_table.ts";
import * as limits from "../../shared/protocol/limits.ts";
import {
  registrationClaim,
  registrationTranscript,
  signatureToText,
} from "../../shared/protocol/registration_proof.ts";
import { nowhere, Person } from "../support/client_fixture.ts";
import { EncryptedPeer, encrypting } from "../support/encrypted_peer.ts";
import type { Peer } from "../support/peer.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { type GivenChallenge, signatureOf } from "../support/signer.ts";
import { statusCodes } from "../support/status_codes.ts";

const text = await Deno.readTextFile(
  new URL("../../shared/protocol/PROTOCOL.md", import.meta.url),
);

/**
 * A turn: the lines that one side says before the other does. With a server there may be a second client,
 * on a connection of its own.
 */
interface Turn {
  readonly by: ">" | "<" | "»" | "«";
  readonly lines: string[];
}

/** What an exchange is with. Those with peers are the same in plaintext and encrypted unless they say which. */
const kinds = ["server", "peer", "peer plaintext", "peer encrypted"] as const;

function exchanges(kind: typeof kinds[number]): Turn[][] {
  const blocks = text.matchAll(new RegExp("```exchange " + kind + "\\n(.*?)```", "gs"));
  return [...blocks].map(([, block]) => {
    const turns: Turn[] = [];
    for (const line of block!.trimEnd().split("\n")) {
      const by = line[0] as Turn["by"];
      if (turns.at(-1)?.by !== by) turns.push({ by, lines: [] });
      turns.at(-1)!.lines.push(line.slice(2));
    }
    return turns;
  });
}

/** Whose private key PROTOCOL.md names: 00, 01, 02 and so on. */
const signer = Identity.fromSeed(Uint8Array.from({ length: 32 }, (_, i) => i));

/** A request with its placeholders filled in, as the signer does who was given a challenge. */
function fillIn(lines: string[], { nonce, realm }: GivenChallenge, dialed: string): string[] {
  const named = lines.map((line) =>
    line.replace("{key}", signer.publicKey).replace("{nonce}", nonce).replace("{dialed}", dialed)
  );
  return named.map((line) =>
    line.replace("{signature}", () => signatureOf(signer, named.slice(0, -1), realm))
  );
}

/** Says one side's turns, and holds what comes back to the other's. */
async function play(
  first: Peer,
  turns: Turn[],
  second: Peer = first,
  dialed = "",
): Promise<void> {
  const challenges = new Map([first, second].map((peer) => [peer, { nonce: "", realm: "" }]));
  for (const { by, lines } of turns) {
    const peer = by === ">" || by === "<" ? first : second;
    const challenge = challenges.get(peer)!;
    if (by === ">" || by === "»") {
      await peer.send(wire(fillIn(lines, challenge, dialed)));
      continue;
    }
    let got = "";
    for (const line of lines) if (line === "") got += await peer.message();
    holdTo(lines, got);
    for (const line of got.split("\r\n")) {
      if (line.startsWith("Nonce: ")) challenge.nonce = line.slice("Nonce: ".length);
      if (line.startsWith("Realm: ")) challenge.realm = line.slice("Realm: ".length);
    }
  }
}

function wire(lines: string[]): string {
  return lines.map((line) => line + "\r\n").join("");
}

function holdTo(lines: string[], got: string): void {
  const gotLines = got.split("\r\n").slice(0, -1);
  // A value that differs each time is written as `*`.
  const wanted = lines.map((line, i) =>
    line.endsWith(": *") && gotLines[i]?.startsWith(line.slice(0, -1)) ? gotLines[i] : line
  );
  assertEquals(gotLines, wanted);
}

function messagesOf({ lines }: Turn): string[][] {
  const messages: string[][] = [[]];
  for (const line of lines) {
    if (line === "") messages.push([]);
    else messages.at(-1)!.push(line);
  }
  return messages.filter((message) => message.length > 0);
}

Deno.test("each message of PROTOCOL.md's exchanges is written as it is read", () => {
  const all = kinds.flatMap(exchanges).flat().flatMap(messagesOf);
  assert(all.length > 40);
  for (const lines of all) {
    const message = parse(lines);
    if (isFault(message)) continue;
    assertEquals(encode(message), lines.join("\r\n") + "\r\n\r\n");
  }
});

for (const [i, turns] of exchanges("server").entries()) {
  Deno.test(`exchange ${i + 1} of PROTOCOL.md holds on a live server`, async () => {
    await using server = start();
    using first = await RawPeer.dial(server.address);
    using second = await RawPeer.dial(server.address);
    await play(first, turns, second, formatAddress(server.address));
  });
}

Deno.test("the signature in PROTOCOL.md is that of the transcript before it", () => {
  const [, lines] = /```\n(p2pchat registration\n.*?)\n```/s.exec(text)!;
  const [, signature] = /```\n([A-Za-z0-9_-]{86})\n```/.exec(text)!;
  assertEquals(signatureToText(signer.sign(new TextEncoder().encode(lines))), signature);
  // A request with these values as its headers gives just these lines.
  const [, purpose, , nonce, realm, ...values] = lines!.split("\n");
  const request = parse([purpose!.slice("Purpose: ".length), ...values, nonce!]);
  if (isFault(request)) throw new Error(request.reason);
  const claim = registrationClaim(request, "REGISTER", realm!.slice("Realm: ".length));
  assertEquals(new TextDecoder().decode(registrationTranscript(claim)), lines);
  assert(lines!.endsWith(signer.publicKey));
});

const securities = ["plaintext", "encrypted"] as const;

for (const security of securities) {
  const held = [...exchanges("peer"), ...exchanges(`peer ${security}`)];
  for (const [i, turns] of held.entries()) {
    Deno.test(`exchange ${i + 1} of PROTOCOL.md between ${security} peers holds on a live client`, async () => {
      await using bob = new Person("bob", nowhere, { allowPlaintext: security === "plaintext" });
      // A user answers what they have seen, which is after it was acknowledged.
      const isAnswered = turns.some(({ by, lines }) => by === ">" && lines.includes("Text: Hello"));
      const answered = isAnswered &&
        bob.events.see("message", ({ text }) => text === "Hello")
          .then(() => bob.send("Hello,\nalice \\o/"));
      using raw = await RawPeer.dial(bob.client.address);
      let peer: Peer = raw;
      let behind = turns;
      if (security === "encrypted") {
        const [chat, chatack, ...others] = turns;
        const encrypted = await EncryptedPeer.callOver(raw, wire(chat!.lines));
        holdTo(encrypting(wire(chatack!.lines)).split("\r\n").slice(0, -1), encrypted.opening);
        [peer, behind] = [encrypted, others];
      }
      await play(peer, behind);
      // BYE is the last word: nothing follows it but the end.
      assertEquals(await peer.rest(), "");
      await answered;
    });
  }
}

Deno.test("the hashes in PROTOCOL.md are those of the messages before", () => {
  const hashes = new Map<string, string>();
  for (const lines of exchanges("peer encrypted").flat().flatMap(messagesOf)) {
    const message = parse(lines);
    if (isFault(message) || message.verb !== "MSG" || lines.some((line) => line.endsWith(": *"))) {
      continue;
    }
    const chatMessage = readChatMessage(message, 0);
    assert(!isFault(chatMessage) && chatMessage.position !== undefined);
    const { stream, seq, prev } = chatMessage.position;
    assertEquals(prev, hashes.get(`${stream} ${seq - 1}`) ?? (seq === 1 ? streamStart : prev));
    hashes.set(`${stream} ${seq}`, messageHash({ ...chatMessage, position: chatMessage.position }));
  }
  assertEquals(hashes.size, 4);
});

Deno.test("PROTOCOL.md names every verb and code, and no other", () => {
  const table = (title: string) =>
    text.split(new RegExp(`\\| ${title} +\\|`))[1]!.split("\n\n")[0]!.split("\n");
  const verbRows = table("verb").slice(2).map((row) => row.split("|").map((cell) => cell.trim()));
  const named = verbRows.flatMap(([, names]) => names!.split(", "));
  assertEquals(named.toSorted(), Object.keys(verbs).toSorted());
  for (const [, names, , required, optional] of verbRows) {
    const headers = (cell: string) =>
      cell.replaceAll(" (repeated)", "").split(", ").filter(Boolean);
    for (const name of names!.split(", ")) {
      const verb = verbs[name as keyof typeof verbs];
      assertEquals([...verb.required] as string[], headers(required!), `${name}'s required`);
      assertEquals([...verb.optional] as string[], headers(optional!), `${name}'s optional`);
    }
  }
  const codes = table("code").slice(2).map((row) => row.split("|")[1]!.trim());
  assertEquals(codes.map(Number), statusCodes);
});

Deno.test("PROTOCOL.md names the limits as they are", () => {
  const numbers = new Set(text.match(/[0-9][0-9,]*/g)!.map((n) => Number(n.replaceAll(",", ""))));
  for (
    const limit of [
      limits.lineBytesMax,
      limits.headersMax,
      limits.messageBytesMax,
      limits.messageTimeoutMs / 1000,
      limits.tlsHandshakeTimeoutMs / 1000,
      limits.connectionIdleMs / 60_000,
      limits.connectionsMax,
      limits.registrationsMax,
      limits.connectionsPerHostMax,
      limits.namesMax,
      limits.newNamesPerHostMax,
      limits.newNamesWindowMs / 3_600_000,
      limits.nameLeaseMs / 86_400_000,
      limits.challengeTtlMs / 1000,
      limits.subscribedIdleMs / 1000,
      limits.infoPageDefault,
      limits.infoPageMax,
      limits.textBytesMax,
      limits.unacknowledgedMax,
      limits.linksMax,
      limits.registrationTtlMinMs / 1000,
      limits.registrationTtlMaxMs / 1000,
      limits.registrationTtlAskedMs / 1000,
      limits.linkPingMs / 1000,
      limits.linkPongTimeoutMs / 1000,
      limits.chatackTimeoutMs / 1000,
      limits.chatackPatienceMs / 1000,
      limits.openingTimeoutMs / 1000,
      limits.handshakeBytesMax,
      limits.frameBytesMax,
      limits.framePaddingBytes,
      limits.framesPerKeyMax,
      limits.challengeTtlMs / 1000,
      limits.linksPerPeerMax,
      limits.unknownSenderKeysMax,
    ]
  ) {
    assert(
      numbers.has(limit) || text.includes(String(limit)),
      `PROTOCOL.md does not name the limit ${limit}`,
    );
  }
});

Deno.test("PROTOCOL.md names the rates as they are", () => {
  const { hostRates, keyRates, slowedMs, heldBytes, heldBytesPerHost } = defaultCapacity;
  const [, rows] = /^\| requests +\| one host .*\n\|.*\n((?:\|.*\n)+)/m.exec(text)!;
  const named = rows!.trimEnd().split("\n").map((row) =>
    row.split("|").slice(1, 4).map((cell) => cell.trim())
  );
  const said = ({ burst, perSecond }: { burst: number; perSecond: number }) =>
    `${burst.toLocaleString("en")} and ${perSecond}`;
  const names: Partial<Record<string, string>> = {
    REGISTER: "REGISTER and AUTH",
    UNREGISTER: "UNREGISTER and QUIT",
    other: "anything else",
  };
  assertEquals(
    named,
    Object.keys(hostRates).map((verb) => [
      names[verb] ?? verb,
      said(hostRates[verb as keyof typeof hostRates]),
      said(keyRates[verb as keyof typeof keyRates]),
    ]),
  );
  assert(text.includes(`for ${slowedMs / 1000} s at most`));
  const mib = (bytes: number) => bytes / 1024 ** 2;
  assert(
    text.includes(`${mib(heldBytes)} and ${mib(heldBytesPerHost)} MiB`),
    "PROTOCOL.md does not say how much is kept unanswered",
  );
});
