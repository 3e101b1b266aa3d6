/**
 * A directory for files that are needed for a moment.
 *
 * @module
 */

import { beforeTheEnd } from "./signals.ts";

/**
 * A directory that only this user can enter. It is made when it is first needed. It goes with all that is in
 * it when it is disposed of, and when a signal or `Deno.exit` ends the program before.
 */
export class TemporaryDirectory implements Disposable {
  #made: { readonly path: string; readonly listening: Disposable } | undefined;

  /**
   * Its path.
   *
   * @param parent Where it is made; in the system's directory for such files unless given.
   * @throws {Error} If it cannot be made.
   */
  make(parent?: string): string {
    if (this.#made === undefined) {
      // First, so that no signal finds the directory without it.
      const listening = beforeTheEnd(() => this.#remove());
      try {
        const options = {
          prefix: "p2pchat-",
          ...parent !== undefined && { dir: parent },
        };
        this.#made = { path: Deno.makeTempDirSync(options), listening };
      } catch (error) {
        listening[Symbol.dispose]();
        throw error;
      }
    }
    return this.#made.path;
  }

  [Symbol.dispose](): void {
    this.#remove();
    this.#made?.listening[Symbol.dispose]();
    this.#made = undefined;
  }

  #remove(): void {
    if (this.#made === undefined) return;
    try {
      Deno.removeSync(this.#made.path, { recursive: true });
    } catch {
      // What it was made for is done, or has failed with an error of its own.
    }
  }
}
