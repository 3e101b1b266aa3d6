/**
 * A request that the owner of a key has to sign. The request names the key, the server answers with a
 * challenge, and the request is made again with the signature (PROTOCOL.md section 3).
 *
 * The signature says for which server it is good: else one that passes everything on to another could use it there.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isLocal,
  isSameAddress,
  parseAddress,
} from "../../shared/net/address.ts";
import { formatServerAddress, type ServerAddress } from "../../shared/net/server_address.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { type Header, type Message, message } from "../../shared/protocol/message.ts";
import {
  registrationClaim,
  type RegistrationPurpose,
  registrationTranscript,
  signatureToText,
} from "../../shared/protocol/registration_proof.ts";
import type { VerbName } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import { type Challenge, ServerRefusal } from "./reply.ts";

/** A challenge holds on the connection on which it came, and that may have ended before the answer. */
const triesMax = 3;

/** Where signed requests are made. */
export interface SigningConnection {
  readonly server: ServerAddress;
  request(request: Message, expected: VerbName): Promise<Message>;
}

/** What is told beside a request, at most once. */
export interface Told {
  readonly headers: readonly Header[];
  /** The server has certainly not heard it: it is told again. */
  giveBack(): void;
}

/** What else goes with a request. */
export interface SignedRequestOptions {
  /** What the server has said already that it wants signed; if not given, it is asked. */
  readonly known?: Challenge | undefined;
  /**
   * What it is told beside, with a signature alone: without one it grants nothing, and hears nothing. If it refuses
   * what was signed it has not heard it either. In any other case it may have, also if the connection breaks or cannot
   * be opened again, and it is not told again: what it misses is better than what it counts twice.
   */
  readonly beside?: { take(): Told } | undefined;
}

/** A reply, and what the server had signed. */
export interface SignedReply {
  readonly reply: Message;
  /** Whether the server had the key proven. */
  readonly proven: boolean;
  /** Whether the signature may be good at another server, too. */
  readonly unchecked: boolean;
}

/**
 * Makes a request, signed if the server asks for that.
 *
 * @param verb What is asked for.
 * @param headers All but the key, the nonce and the signature.
 * @param expected The verb of the reply.
 * @throws {ServerRefusal} If the server answers ERROR.
 * @throws {UserError} If it cannot be reached, does not answer, answers something else, does not go by the
 * address that was dialed, or asks for a signature that another server could use.
 */
export async function requestSigned(
  connection: SigningConnection,
  identity: Identity,
  verb: RegistrationPurpose,
  headers: readonly Header[],
  expected: VerbName,
  { known, beside }: SignedRequestOptions = {},
): Promise<SignedReply> {
  const key: Header = ["Key", identity.publicKey];
  let challenge = known;
  let unchecked = false;
  for (let tries = 1;; tries++) {
    const { server } = connection;
    const told = challenge === undefined ? undefined : beside?.take();
    const unsigned = [...headers, ...told?.headers ?? [], key];
    const request = challenge === undefined
      ? message(verb, unsigned)
      : signedRequest(verb, unsigned, challenge, server, identity);
    try {
      const reply = await connection.request(request, expected);
      return { reply, proven: challenge !== undefined, unchecked };
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
      if (!error.isOfRepeat) told?.giveBack();
      const { accepted } = error;
      if (accepted !== undefined) {
        const place = formatServerAddress(server);
        throw new UserError({
          code: "other-address",
          server: place,
          dialed: dialed(server),
          accepted,
        });
      }
      if (error.challenge === undefined || tries > triesMax) throw error;
      challenge = error.challenge;
      unchecked = !challenge.knowsDialed && !isChecked(challenge, server);
    }
  }
}

/** Makes a request with the signature that a challenge asks for. @param unsigned All but the nonce and the signature. */
export function signedRequest(
  verb: RegistrationPurpose,
  unsigned: readonly Header[],
  { nonce, realm, knowsDialed }: Challenge,
  server: ServerAddress,
  identity: Identity,
): Message {
  const place: Header[] = knowsDialed ? [["Dialed", dialed(server)]] : [];
  const challenged = message(verb, [...unsigned, ["Nonce", nonce], ...place]);
  const claim = registrationClaim(challenged, verb, realm);
  const signature = signatureToText(identity.sign(registrationTranscript(claim)));
  return message(verb, [...challenged.headers, ["Signature", signature]]);
}

/** The challenge of a server that is known to take a signature for the dialed address: its realm does not count then. */
export function dialedChallenge(nonce: string): Challenge {
  return { nonce, realm: "", knowsDialed: true };
}

/** The address of a server as the client has dialed it. A zone has no meaning on the server's machine. */
function dialed({ host, port }: Address): string {
  return formatAddress({ host: host.replace(/%.*$/, ""), port });
}

/**
 * Whether a signature that names no dialed address is good at this server alone: its realm is that address. A realm
 * without a colon is a random id, which may be another server's that this one passes on. It is signed all the
 * same if nobody else can have put it there: the server's certificate is verified, or it is on this machine.
 *
 * @throws {UserError} If it may be another server's, or anybody's on the way.
 */
function isChecked({ realm }: Challenge, server: ServerAddress): boolean {
  const place = formatServerAddress(server);
  if (realm.includes(":")) {
    const address = parseAddress(realm);
    if (address !== undefined && isSameAddress(address, server)) return true;
    throw new UserError({ code: "wrong-realm", server: place, realm });
  }
  if (server.tls !== undefined || isLocal(server.host)) return false;
  throw new UserError({ code: "realm-not-an-address", server: place, dialed: dialed(server) });
}
