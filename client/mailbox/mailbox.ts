/**
 * The mailboxes that the server keeps for clients that are away. Messages go in sealed, and come out in the
 * order in which they went in.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { primitives } from "../../shared/crypto/primitives.ts";
import { type PublicKey, publicKeyBytes } from "../../shared/crypto/public_key.ts";
import { depositBytesMax } from "../../shared/protocol/limits.ts";
import { dataHeaders, dataOf } from "../../shared/protocol/mail_data.ts";
import { type Header, header, type Message, message } from "../../shared/protocol/message.ts";
import { formatMailNumber, parseMailNumber } from "../../shared/protocol/records.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import type { RegisteredConnection, Rendezvous } from "../rendezvous/rendezvous.ts";
import type { Store } from "../store/store.ts";
import { type Problem, reasonOf, UserError } from "../user_error.ts";
import { envelopeContentBytesMax, type Recipient, sealEnvelope } from "./envelope.ts";
import { Parking } from "./parking.ts";
import { type OpenedMail, openMail, packMail } from "./mail_content.ts";

export type { OpenedMail } from "./mail_content.ts";

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

/** Somebody for whom mail is left. */
export interface Addressee extends Recipient {
  /** Shows their server that we are a contact of theirs; undefined if they have given us none. */
  readonly token?: Uint8Array | undefined;
}

/** What a mailbox needs. */
export interface MailboxOptions {
  /** Our own id. */
  readonly id: string;
  readonly identity: Identity;
  readonly rendezvous: Pick<Rendezvous, "address" | "collect" | "connection" | "mailBytesMax">;
  /** Ends the collecting. */
  readonly signal: AbortSignal;
  /** Keeps mail that cannot be used yet. */
  readonly store: Pick<Store, "knownPeers" | "parkedMails">;
  /** Told of mail that could not be read, or not be fetched. */
  readonly onProblem: (problem: Problem) => void;
}

/** Where mail goes that has been opened. */
export interface MailIntake {
  /**
   * Takes a mail.
   *
   * @param from The server that had it.
   * @returns Whether it need not come again: it is on the disk, or of no use. Else it is kept as it is.
   */
  take(mail: OpenedMail, from: Address): Promise<boolean>;
  /** Acknowledges what has been taken. Called once all mail that there was has been seen. */
  answer(): Promise<void>;
}

/** What came of seeing each mail once. */
interface Round {
  /** How many mails were left at the server, since they could not be kept here. */
  readonly left: number;
  /** Whether one was taken that came behind one that was left. */
  readonly tookBehindLeft: boolean;
}

/** When a deposit that was refused is tried again if the server does not say when, in milliseconds. */
const retryMs = 60_000;

/** The way to the mailboxes of others, and to our own. */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #parking: Parking;
  /** Makes ids of deposits that show nothing of their content. */
  readonly #salt = crypto.getRandomValues(new Uint8Array(32));
  #depositing: Promise<unknown> = Promise.resolve();
  #collecting: Promise<void> | undefined;
  /** Whether there may be mail that has not been seen. */
  #isDue = false;
  /** Whether mail that could not be used before is due, too. */
  #leftIsDue = false;
  /** Whose mail has been taken in this collection. */
  readonly #takenOf = new Set<PublicKey>();
  /** The last mail that was seen in the mailbox of one server. */
  #seen: { readonly server: RegisteredConnection; readonly number: number } | undefined;

  constructor(options: MailboxOptions) {
    this.#options = options;
    this.#parking = new Parking(options);
  }

  /** Whether the server keeps mail, as far as is known. */
  get available(): boolean {
    return this.#options.rendezvous.mailBytesMax !== undefined;
  }

  /**
   * Leaves messages in somebody's mailbox: as many from the front as fit into one mail. One deposit is made
   * after the other. What the server or the network does is an outcome, and never thrown.
   *
   * @param messages At least one.
   */
  deposit(to: Addressee, messages: readonly Message[]): Promise<Deposit> {
    const deposit = this.#depositing.then(() => this.#deposit(to, messages));
    this.#depositing = deposit.catch(() => {});
    return deposit;
  }

  /**
   * Fetches what is in our own mailbox, mail by mail, and has the server delete what was taken, until
   * nothing more is taken. If that is under way already, it is done once more behind it, for all who asked
   * meanwhile. If the server or the connection fails, that ends it; the next registration begins it again.
   * Never throws: what else goes wrong is told as a problem.
   *
   * @param alsoLeft Whether to look again at mail that could not be used before. To do that whenever a mail
   * comes would let anybody keep the client busy.
   */
  collect(intake: MailIntake, { alsoLeft }: { readonly alsoLeft: boolean }): Promise<void> {
    this.#isDue = true;
    this.#leftIsDue ||= alsoLeft;
    return this.#collecting ??= this.#collectAll(intake).finally(() =>
      this.#collecting = undefined
    );
  }

  async #deposit(to: Addressee, messages: readonly Message[]): Promise<Deposit> {
    const { id, identity, rendezvous } = this.#options;
    const { connection, mailBytesMax: bytesMax } = rendezvous;
    if (connection === undefined || bytesMax === undefined) {
      return unavailable({ code: "no-mailbox" });
    }
    const contentBytesMax = envelopeContentBytesMax(
      Math.min(bytesMax, depositBytesMax),
      to.version,
    );
    const { address } = rendezvous;
    const { content, count } = packMail({ id, address }, messages, contentBytesMax);
    if (count === 0) return unavailable({ code: "too-long-for-mail" });
    // The same for the same content: if only the reply was lost, the next try stores no second mail.
    const mailId = primitives.hash(this.#salt, publicKeyBytes(to.key), content).subarray(0, 16)
      .toHex();
    const headers: Header[] = [
      ["clientID", id],
      ["Version", protocolVersion],
      ["Target", to.name],
      ["Key", to.key],
      ["Id", mailId],
      ...to.token === undefined ? [] : [["Token", to.token.toHex()] as const],
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
    const alsoLeft = this.#leftIsDue;
    this.#leftIsDue = false;
    this.#takenOf.clear();
    // Mail that was left may be taken once something behind it has been. A round that leaves as much as the
    // one before brings nothing new.
    let leftBefore = Infinity;
    const seen = alsoLeft || this.#seen?.server !== server ? undefined : this.#seen;
    let after = seen?.number ?? 0;
    try {
      for (; server !== undefined; after = 0) {
        const { left, tookBehindLeft } = await this.#goRound(server, after, intake, onUnreadable);
        if (!tookBehindLeft || left >= leftBefore) break;
        leftBefore = left;
      }
      await this.#retry(intake, alsoLeft ? [undefined] : this.#takenOf);
    } catch (error) {
      // The next registration, or the next mail, begins it again.
      if (!(error instanceof UserError)) throw error;
    }
  }

  /** Tries again what was kept of those whose mail has been taken now, or of everybody. */
  async #retry(intake: MailIntake, senders: Iterable<PublicKey | undefined>): Promise<void> {
    for (const sender of senders) {
      await this.#parking.retry(sender, (mail, from) => intake.take(mail, from));
    }
  }

  /** Sees each mail behind a number once, from the oldest on. */
  async #goRound(
    server: RegisteredConnection,
    after: number,
    intake: MailIntake,
    onUnreadable: () => void,
  ): Promise<Round> {
    const { id, rendezvous } = this.#options;
    const round = { left: 0, tookBehindLeft: false };
    let taken: Header[] = [];
    for (;;) {
      const reply = await rendezvous.collect(server, [
        ["clientID", id],
        ["Version", protocolVersion],
        ["After", formatMailNumber(after)],
        ...taken,
      ]);
      const number = parseMailNumber(header(reply, "Number"));
      // A server that goes back would be asked for ever.
      if (number === undefined || number <= after) return round;
      after = number;
      this.#seen = { server, number };
      const envelope = dataOf(reply);
      const mail = envelope && openMail(envelope, this.#options);
      taken = [];
      const isTaken = mail !== undefined && await intake.take(mail, server.server);
      if (isTaken) this.#takenOf.add(mail.key);
      else if (mail !== undefined && !this.#parking.park(mail, envelope!, server.server)) {
        round.left++;
        continue;
      }
      taken.push(["Taken", formatMailNumber(number)]);
      if (mail === undefined) onUnreadable();
      else if (isTaken) round.tookBehindLeft ||= round.left > 0;
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
