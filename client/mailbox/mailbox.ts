/**
 * The mailbox that the server keeps for whoever is away: messages go into it sealed, and come out of it
 * in the order in which they went in.
 *
 * @module
 */

import { type Address, isIpAddress, isUnspecified } from "../../shared/net/address.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { concat } from "@std/bytes/concat";
import type { Identity } from "../../shared/crypto/identity.ts";
import { primitives } from "../../shared/crypto/primitives.ts";
import { type PublicKey, publicKeyBytes } from "../../shared/crypto/public_key.ts";
import { dataHeaders, dataOf } from "../../shared/protocol/mail_data.ts";
import {
  encode,
  type Header,
  header,
  type Message,
  message,
} from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import {
  addressHeaders,
  addressIn,
  formatMailNumber,
  parseMailNumber,
} from "../../shared/protocol/records.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { check, protocolVersion } from "../../shared/protocol/verbs.ts";
import { type Problem, reasonOf, UserError } from "../user_error.ts";
import { depositBytesMax } from "../../shared/protocol/limits.ts";
import { envelopeContentBytesMax, openEnvelope, type Recipient, sealEnvelope } from "./envelope.ts";
import type { RegisteredConnection, Rendezvous } from "../rendezvous/rendezvous.ts";

/** What came of a deposit. */
export type Deposit =
  | {
    /** How many messages the server has now, from the front of those that were given. */
    readonly deposited: number;
  }
  | {
    readonly refused: "full" | "unavailable" | "not-there";
    readonly why: Problem;
    /** After how many milliseconds it may be tried again. */
    readonly retryAfterMs: number;
  };

/** Mail that came. */
export interface OpenedMail {
  /** The sender's id, by its own word. */
  readonly id: string;
  /** The sender's key, which is proven. */
  readonly key: PublicKey;
  /** The sender's X25519 key, which {@linkcode key} has certified. */
  readonly agreement: Uint8Array;
  /** Where the sender listens, by its own word. */
  readonly address: Address | undefined;
  /** MSG, ACK, READ and RESET. */
  readonly messages: readonly Message[];
}

/** What a mailbox needs. */
export interface MailboxOptions {
  readonly id: string;
  readonly identity: Identity;
  readonly rendezvous: Pick<Rendezvous, "address" | "connection" | "mailBytesMax">;
  /** Ends the collecting. */
  readonly signal: AbortSignal;
  /** Told of mail that could not be read, or not be fetched. */
  readonly onProblem: (problem: Problem) => void;
}

/** Where mail goes that has been opened. */
export interface MailIntake {
  /**
   * Takes a mail.
   *
   * @param from The server that had it.
   * @returns Whether it need not come again: it is on the disk, or of no use. Else it is left at the server.
   */
  take(mail: OpenedMail, from: Address): Promise<boolean>;
  /** Acknowledges what has been taken. Called once all mail that there was has been seen. */
  answer(): Promise<void>;
}

/** What came of seeing each mail once. */
interface Round {
  readonly left: number;
  /** Whether one was taken that came behind one that was left. */
  readonly tookBehindLeft: boolean;
}

/** What a mail can hold behind the CHAT that says whose it is. */
const mailVerbs: readonly string[] = ["MSG", "ACK", "READ", "RESET"];

/** When a deposit that was refused is worth another try, where the server does not say. */
const retryMs = 60_000;

const utf8 = new TextEncoder();

/** One's own way to everybody's mailbox, and to one's own. */
export class Mailbox {
  readonly #options: MailboxOptions;
  /** Makes ids of deposits that say nothing about what is in them. */
  readonly #salt = crypto.getRandomValues(new Uint8Array(32));
  #depositing: Promise<unknown> = Promise.resolve();
  #collecting: Promise<void> | undefined;
  /** Whether there may be mail that has not been seen. */
  #isDue = false;
  /** Whether mail that was left before is to be looked at again, too. */
  #leftIsDue = false;
  /** The last mail that was seen in the mailbox of one server. */
  #seen: { readonly server: RegisteredConnection; readonly number: number } | undefined;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  /** Whether the server keeps mail, as far as is known. */
  get available(): boolean {
    return this.#options.rendezvous.mailBytesMax !== undefined;
  }

  /**
   * Leaves messages for somebody: as many from the front as fit into one mail. One deposit is made after
   * the other. Never throws for what the server or the network does.
   *
   * @param messages At least one.
   */
  deposit(to: Recipient, messages: readonly Message[]): Promise<Deposit> {
    const deposit = this.#depositing.then(() => this.#deposit(to, messages));
    this.#depositing = deposit.catch(() => {});
    return deposit;
  }

  /**
   * Fetches what is in one's own mailbox, mail by mail, and has the server delete what was taken, until
   * nothing more is taken. If that is under way already, it is done once more behind it, for all who asked
   * meanwhile. If the server or the connection fails, that ends it; the next registration begins it again.
   * Never throws: what else goes wrong is told as a problem.
   *
   * @param alsoLeft Whether to look again at mail that was left before. To do that whenever a mail comes
   * would let anybody keep the client busy, with mail that it leaves.
   */
  collect(intake: MailIntake, { alsoLeft }: { readonly alsoLeft: boolean }): Promise<void> {
    this.#isDue = true;
    this.#leftIsDue ||= alsoLeft;
    return this.#collecting ??= this.#collectAll(intake).finally(() =>
      this.#collecting = undefined
    );
  }

  async #deposit(to: Recipient, messages: readonly Message[]): Promise<Deposit> {
    const { id, identity, rendezvous } = this.#options;
    const { connection, mailBytesMax: bytesMax } = rendezvous;
    if (connection === undefined || bytesMax === undefined) {
      return unavailable({ code: "no-mailbox" });
    }
    const { content, count } = this.#pack(
      messages,
      envelopeContentBytesMax(Math.min(bytesMax, depositBytesMax)),
    );
    if (count === 0) return unavailable({ code: "too-long-for-mail" });
    // The same for the same content: where only the reply was lost, the next try stores no second one.
    const mailId = primitives.hash(this.#salt, publicKeyBytes(to.key), content).subarray(0, 16)
      .toHex();
    const headers: Header[] = [
      ["clientID", id],
      ["Version", protocolVersion],
      ["Target", to.name],
      ["Key", to.key],
      ["Id", mailId],
      ...dataHeaders(sealEnvelope(identity, to, content)),
    ];
    try {
      await connection.request(message("DEPOSIT", headers), "DEPOSITACK");
      return { deposited: count };
    } catch (error) {
      if (error instanceof UserError) return refusal(error.problem);
      throw error;
    }
  }

  /** As many messages from the front as fit. */
  #pack(messages: readonly Message[], bytesMax: number): { content: Uint8Array; count: number } {
    const { id, rendezvous } = this.#options;
    const { address } = rendezvous;
    const introduction = message("CHAT", [
      ["clientID", id],
      ...address === undefined ? [] : addressHeaders(address),
      ["Version", protocolVersion],
    ]);
    const parts = [utf8.encode(encode(introduction))];
    let length = parts[0]!.length;
    for (const message of messages) {
      const part = utf8.encode(encode(message));
      length += part.length;
      if (length > bytesMax) break;
      parts.push(part);
    }
    return { content: concat(parts), count: parts.length - 1 };
  }

  async #collectAll(intake: MailIntake): Promise<void> {
    const { signal, onProblem } = this.#options;
    try {
      while (this.#isDue && !signal.aborted) {
        this.#isDue = false;
        await this.#collectOnce(intake);
        await intake.answer();
      }
    } catch (error) {
      onProblem({ code: "mail-not-fetched", reason: reasonOf(error) });
    }
  }

  async #collectOnce(intake: MailIntake): Promise<void> {
    let unreadable = 0;
    try {
      await this.#goAllRounds(intake, () => unreadable++);
    } finally {
      if (unreadable > 0) {
        this.#options.onProblem({ code: "mail-unreadable", count: unreadable });
      }
    }
  }

  async #goAllRounds(intake: MailIntake, onUnreadable: () => void): Promise<void> {
    // The numbers of one server's mails mean nothing to another.
    const server = this.#options.rendezvous.connection;
    if (server === undefined) return;
    // Mail that was left may be taken once something behind it has been. A round that leaves as much as the
    // one before brings nothing new.
    let leftBefore = Infinity;
    let after = this.#leftIsDue || this.#seen?.server !== server ? 0 : this.#seen.number;
    this.#leftIsDue = false;
    try {
      for (;; after = 0) {
        const { left, tookBehindLeft } = await this.#goRound(server, after, intake, onUnreadable);
        if (!tookBehindLeft || left >= leftBefore) return;
        leftBefore = left;
      }
    } catch (error) {
      // The next registration, or the next mail, begins it again.
      if (!(error instanceof UserError)) throw error;
    }
  }

  /** Sees each mail behind a number once, from the oldest on. */
  async #goRound(
    server: RegisteredConnection,
    after: number,
    intake: MailIntake,
    onUnreadable: () => void,
  ): Promise<Round> {
    const { id } = this.#options;
    const round = { left: 0, tookBehindLeft: false };
    let taken: Header[] = [];
    for (;;) {
      const collect = message("COLLECT", [
        ["clientID", id],
        ["Version", protocolVersion],
        ["After", formatMailNumber(after)],
        ...taken,
      ]);
      const reply = await server.request(collect, "COLLECTACK");
      const number = parseMailNumber(header(reply, "Number"));
      // A server that goes back would be asked for ever.
      if (number === undefined || number <= after) return round;
      after = number;
      this.#seen = { server, number };
      const mail = await openMail(reply, this.#options);
      taken = [];
      if (mail !== undefined && !await intake.take(mail, server.server)) {
        round.left++;
        continue;
      }
      taken.push(["Taken", formatMailNumber(number)]);
      if (mail === undefined) onUnreadable();
      else round.tookBehindLeft ||= round.left > 0;
    }
  }
}

function unavailable(why: Problem): Deposit {
  return { refused: "unavailable", why, retryAfterMs: retryMs };
}

function refusal(problem: Problem): Deposit {
  if (problem.code !== "server-refused") return unavailable(problem);
  const { status, said, retryAfterS } = problem;
  return {
    refused: refusals[status] ?? "unavailable",
    why: { code: "deposit-refused", status, said },
    retryAfterMs: retryAfterS === undefined ? retryMs : retryAfterS * 1000,
  };
}

const refusals: Readonly<Record<string, "full" | "not-there">> = {
  403: "not-there",
  404: "not-there",
  507: "full",
};

/** Opens the mail that a COLLECTACK brings. @returns Undefined where it is none for us. */
async function openMail(
  collected: Message,
  { id, identity }: MailboxOptions,
): Promise<OpenedMail | undefined> {
  const data = dataOf(collected);
  const opened = data && openEnvelope(identity, id, data);
  if (opened === undefined) return undefined;
  const { key, agreement, content } = opened;
  const reader = new MessageReader();
  const items = await reader.push(content);
  if (reader.pending || reader.ended) return undefined;
  const [introduction, ...rest] = items;
  if (introduction === undefined || isFault(introduction) || introduction.verb !== "CHAT") {
    return undefined;
  }
  const sender = header(introduction, "clientID");
  if (sender === undefined || !isClientId(sender)) return undefined;
  const messages: Message[] = [];
  for (const item of rest) {
    if (isFault(item)) return undefined;
    // What a later version may say beside is passed over.
    if (!mailVerbs.includes(item.verb)) continue;
    if (check(item, "peer") !== undefined) return undefined;
    messages.push(item);
  }
  return { id: sender, key, agreement, address: senderAddress(introduction), messages };
}

/** The address that a sender gives, which need not be one where it can be reached. */
function senderAddress(introduction: Message): Address | undefined {
  const address = addressIn(introduction);
  const isReachable = address !== undefined && isIpAddress(address.host) &&
    !isUnspecified(address.host);
  return isReachable ? address : undefined;
}
