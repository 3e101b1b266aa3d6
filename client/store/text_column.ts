/**
 * Texts on their way into the store and out of it: readable, or sealed where the store says so.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { UserError } from "../user_error.ts";
import { textFromColumn, textToColumn } from "./column_codec.ts";
import type { TextCipher, TextOwner } from "./text_cipher.ts";

/** What a message's text is in its column. */
export type TextColumn = string | Uint8Array;

/** The texts of a store. */
export class Texts {
  readonly #box: TextCipher | undefined;
  readonly #isSealed: StatementSync;

  /** @param box Undefined where there is no key. */
  constructor(database: DatabaseSync, box: TextCipher | undefined) {
    this.#box = box;
    this.#isSealed = database.prepare("SELECT sealed FROM keeping");
  }

  /**
   * Gives what puts texts into the store. To be asked for in each transaction: another program may have
   * been told to seal meanwhile.
   */
  writer(): (owner: TextOwner, text: string) => TextColumn {
    const { sealed } = this.#isSealed.get() as { sealed: number };
    return sealed === 1
      ? (owner, text) => this.#needed.seal(owner, text)
      : (_, text) => textToColumn(text);
  }

  /** A text; undefined where it is sealed with another key, or has been changed. */
  read(owner: TextOwner, column: TextColumn): string | undefined {
    return typeof column === "string" ? textFromColumn(column) : this.#needed.open(owner, column);
  }

  /** Like {@linkcode read}, for what is to be sent. @throws {UserError} Where it cannot be read. */
  readForSending(owner: TextOwner, column: TextColumn): string {
    const text = this.read(owner, column);
    if (text !== undefined) return text;
    throw new UserError(
      `Cannot send the message ${owner.id} to ${owner.name}: it has been changed on the disk`,
    );
  }

  get #needed(): TextCipher {
    if (this.#box !== undefined) return this.#box;
    throw new UserError("Cannot use the messages: they have been sealed meanwhile; start again");
  }
}
