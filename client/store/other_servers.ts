/**
 * The servers beside one's own that the user has allowed to be asked, and who is to be found at which.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import { type PublicKey, publicKeyBytes } from "../../shared/crypto/public_key.ts";
import type { Transactions } from "./transactions.ts";

/** A server that may be asked. */
export interface OtherServer {
  /** Its host and port, in small letters: one server each. */
  readonly place: string;
  /** How it is reached: its address as a command line takes it, with its pin. */
  readonly address: string;
}

/** Servers beside one's own. */
export class OtherServers {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /** All of them, in the order in which they were allowed. @throws {UserError} If the store cannot be read. */
  all(): OtherServer[] {
    const rows = this.#transactions.reading("read-keys", () => this.#sql.all.all());
    return rows as unknown as OtherServer[];
  }

  /**
   * Allows a server, or another way to it; durable.
   *
   * @param atMs The time of day: milliseconds since 1970, UTC.
   * @throws {UserError} If the store cannot be written.
   */
  add({ place, address }: OtherServer, atMs: number): void {
    this.#transactions.durable("save-key", () => this.#sql.add.run(place, address, atMs));
  }

  /**
   * Forgets a server, and who was to be found there; durable.
   *
   * @returns Whether it was allowed.
   * @throws {UserError} If the store cannot be written.
   */
  delete(place: string): boolean {
    return this.#transactions.durable("save-key", () => {
      this.#sql.deletePeers.run(place);
      return this.#sql.delete.run(place).changes > 0;
    });
  }

  /** Where somebody is to be found, the latest first. @throws {UserError} If the store cannot be read. */
  placesOf(key: PublicKey): string[] {
    const rows = this.#transactions.reading(
      "read-keys",
      () => this.#sql.places.all(publicKeyBytes(key)),
    );
    return (rows as { place: string }[]).map(({ place }) => place);
  }

  /**
   * Keeps at which servers somebody says that they are, in place of what they said before: as long as their key is
   * remembered.
   *
   * @param addresses As in {@linkcode OtherServer}.
   * @throws {UserError} If the store cannot be written.
   */
  learn(key: PublicKey, addresses: readonly string[]): void {
    const said = JSON.stringify(addresses);
    if (said === JSON.stringify(this.learntOf(key))) return;
    const device = publicKeyBytes(key);
    this.#transactions.swift("save-key", () => {
      this.#sql.forgetLearnt.run(device);
      for (const [rank, address] of addresses.entries()) {
        this.#sql.learn.run(device, rank, address, device);
      }
    });
  }

  /** At which servers somebody says that they are. @throws {UserError} If the store cannot be read. */
  learntOf(key: PublicKey): string[] {
    const rows = this.#transactions.reading(
      "read-keys",
      () => this.#sql.learnt.all(publicKeyBytes(key)),
    );
    return (rows as { address: string }[]).map(({ address }) => address);
  }

  /** Somebody is to be found at a server. @param atMs As in {@linkcode add}. @throws {UserError} If the store cannot be written. */
  notePeer(key: PublicKey, place: string, atMs: number): void {
    this.#transactions.swift(
      "save-key",
      () => this.#sql.notePeer.run(publicKeyBytes(key), place, atMs),
    );
  }
}

/** The statements. */
function prepare(statements: Statements) {
  return {
    all: statements.prepare("SELECT place, address FROM other_servers ORDER BY at_ms, place"),
    add: statements.prepare(
      `INSERT INTO other_servers (place, address, at_ms) VALUES (?, ?, ?)
       ON CONFLICT (place) DO UPDATE SET address = excluded.address`,
    ),
    delete: statements.prepare("DELETE FROM other_servers WHERE place = ?"),
    deletePeers: statements.prepare("DELETE FROM peer_servers WHERE place = ?"),
    places: statements.prepare(
      `SELECT place FROM peer_servers WHERE device = ? ORDER BY at_ms DESC, place`,
    ),
    learnt: statements.prepare("SELECT address FROM learnt_servers WHERE device = ? ORDER BY rank"),
    forgetLearnt: statements.prepare("DELETE FROM learnt_servers WHERE device = ?"),
    learn: statements.prepare(
      `INSERT INTO learnt_servers (device, rank, address) SELECT ?, ?, ?
       WHERE EXISTS (SELECT 1 FROM known_peers WHERE key = ?)`,
    ),
    notePeer: statements.prepare(
      `INSERT INTO peer_servers (device, place, at_ms) VALUES (?, ?, ?)
       ON CONFLICT (device, place) DO UPDATE SET at_ms = excluded.at_ms`,
    ),
  };
}
