/**
 * A directory for files that are needed for a moment.
 *
 * @module
 */

/** The signals that end a program, with their numbers: its exit code is then 128 and that. */
const endings: readonly (readonly [Deno.Signal, number])[] = Deno.build.os === "windows"
  ? [["SIGINT", 2], ["SIGBREAK", 21]]
  : [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]];

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

/** Runs a task when a signal, or `Deno.exit`, ends the program, until this is disposed of. */
function beforeTheEnd(task: () => void): Disposable {
  const listeners = endings
    // A program that was started with nohup goes on when the terminal is closed.
    .filter(([signal]) => signal !== "SIGHUP" || hasTerminal())
    .map(([signal, number]) => [signal, () => Deno.exit(128 + number)] as const);
  for (const [signal, end] of listeners) Deno.addSignalListener(signal, end);
  addEventListener("unload", task);
  return {
    [Symbol.dispose]() {
      for (const [signal, end] of listeners) Deno.removeSignalListener(signal, end);
      removeEventListener("unload", task);
    },
  };
}

function hasTerminal(): boolean {
  return [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}
