import { assert, assertEquals, assertRejects } from "@std/assert";
import { authenticate } from "../../../client/rendezvous/authentication.ts";
import { ServerRefusal } from "../../../client/rendezvous/reply.ts";
import { Identity, verifySignature } from "../../../shared/crypto/identity.ts";
import { type Header, header, type Message, message } from "../../../shared/protocol/message.ts";
import {
  registrationClaim,
  registrationTranscript,
  signatureFromText,
} from "../../../shared/protocol/registration_proof.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const identity = Identity.generate();
const version: Header = ["Version", "1"];
const infoack = message("INFOACK", [["Count", "0"], version]);
const pong = message("PONG", [["Features", "auth, relay"]]);
const challenge = new ServerRefusal(
  message("ERROR", [
    ...[["Code", "401"], ["Reason", "no"], ["Nonce", "a".repeat(32)], ["Realm", "x"]] as Header[],
    ["Features", "dialed"],
  ]),
);
const authack = message("AUTHACK", [
  ["clientID", "alice"],
  ["Mailbox", "65536"],
  ["Features", "relay"],
  version,
]);

/** What comes of it with a server that answers so. */
function asked(...answers: (Message | Error)[]) {
  const requests: Message[] = [];
  const connection = {
    server: { host: "chat.example.org", port: 5555 },
    request(request: Message) {
      requests.push(request);
      const answer = answers[requests.length - 1]!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const granted = authenticate(connection, { id: "alice", identity, clock: new FakeClock() });
  return { requests, granted };
}

Deno.test("a server that knows how is shown whose client it is, for the address that was dialed", async () => {
  const { requests, granted } = asked(infoack, pong, challenge, authack);
  assertEquals(await granted, { mailBytesMax: 65_536, relays: true });
  assertEquals(requests.map(({ verb }) => verb), ["INFO", "PING", "AUTH", "AUTH"]);
  const auth = requests.at(-1)!;
  assertEquals(header(auth, "Dialed"), "chat.example.org:5555");
  const transcript = registrationTranscript(registrationClaim(auth, "AUTH", ""));
  const signature = signatureFromText(header(auth, "Signature")!)!;
  assert(verifySignature(identity.publicKey, transcript, signature));
});

Deno.test("a server that keeps no mail and relays nothing grants nothing of that", async () => {
  const bare = message("AUTHACK", [["clientID", "alice"], version]);
  const { granted } = asked(infoack, pong, bare);
  assertEquals(await granted, { mailBytesMax: undefined, relays: false });
});

Deno.test("a server that does not know how is not asked, and a legacy one no more than it knows", async () => {
  const legacy = asked(message("INFOACK", [["Count", "0"]]));
  assertEquals([await legacy.granted, legacy.requests.length], [undefined, 1]);
  const older = asked(infoack, message("PONG", [["Id", "1"]]));
  assertEquals([await older.granted, older.requests.length], [undefined, 2]);
});

Deno.test("what the server refuses is told", async () => {
  const refusal = new ServerRefusal(message("ERROR", [["Code", "404"], ["Reason", "no"]]));
  await assertRejects(() => asked(infoack, pong, refusal).granted, ServerRefusal);
});
