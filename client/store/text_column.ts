/**
 * Texts on their way into the store and out of it: readable, or sealed if the store says so.
 *
 * @module
 */

import type { Statement, Statements } from "../../shared/storage/late_statements.ts";
import { UserError } from "../user_error.ts";
import { textFromColumn, textToColumn } from "./column_codec.ts";
import type { TextCipher, TextOwner } from "./text_cipher.ts";

/** What the column holds: a readable text, or the bytes of a sealed one. */
export type StoredText = string | Uint8Array;

/** The column with the texts of a store. */
export class TextColumn {
  readonly #cipher: TextCipher | undefined;
  readonly #isSealed: Statement;

  /** @param cipher Undefined if there is no key. */
  constructor(statements: Statements, cipher: TextCipher | undefined) {
    this.#cipher = cipher;
    this.#isSealed = statements.prepare("SELECT sealed FROM keeping");
  }

  /**
   * Gives what puts texts into the store. Each transaction has to ask for it: another program may have been told
   * to seal in the meantime.
   */
  writer(): (owner: TextOwner, text: string) => StoredText {
    const { sealed } = this.#isSealed.get() as { sealed: number };
    return sealed === 1
      ? (owner, text) => this.#needed.seal(owner, text)
      : (_, text) => textToColumn(text);
  }

  /**
   * Reads a text.
   *
   * @returns Undefined if it is sealed with another key, or has been changed.
   * @throws {UserError} If it is sealed and there is no key.
   */
  read(owner: TextOwner, stored: StoredText): string | undefined {
    return typeof stored === "string" ? textFromColumn(stored) : this.#needed.open(owner, stored);
  }

  /**
   * Like {@linkcode read}, for a message that is going to be sent.
   *
   * @throws {UserError} If it cannot be read.
   */
  readForSending(owner: TextOwner, stored: StoredText): string {
    const text = this.read(owner, stored);
    if (text !== undefined) return text;
    throw new UserError({ code: "message-unreadable", id: owner.id, name: owner.name });
  }

  get #needed(): TextCipher {
    if (this.#cipher !== undefined) return this.#cipher;
    throw new UserError({ code: "sealed-meanwhile" });
  }
}
