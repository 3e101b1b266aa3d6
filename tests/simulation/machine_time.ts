/**
 * Finds code that uses the machine's own clock, timers or random numbers, although these are parameters.
 *
 * @module
 */

const clocks = [
  [globalThis, "setTimeout"],
  [globalThis, "setInterval"],
  [performance, "now"],
  [Date, "now"],
  [Math, "random"],
] as const;

/** Notes who uses the machine's time or chance, until it is disposed of. */
export class MachineTimeWatch implements Disposable {
  readonly #usual: (() => unknown)[];
  readonly #uses = new Set<string>();

  constructor() {
    this.#usual = clocks.map(([owner, name]) => Reflect.get(owner, name));
    for (const [i, [owner, name]] of clocks.entries()) {
      const usual = this.#usual[i]!;
      const noted = (...args: unknown[]) => {
        this.#uses.add(`${name} ${callerOf(new Error())}`);
        return Reflect.apply(usual, owner, args);
      };
      Reflect.set(owner, name, noted);
    }
  }

  /** What was used, and by which line. */
  get uses(): string[] {
    return [...this.#uses];
  }

  [Symbol.dispose](): void {
    for (const [i, [owner, name]] of clocks.entries()) Reflect.set(owner, name, this.#usual[i]);
  }
}

/** The line of a stack that says who has called the function that made the error. */
function callerOf({ stack = "" }: Error): string {
  return stack.split("\n")[2]?.trim() ?? "at an unknown place";
}
