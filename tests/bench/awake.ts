/**
 * Keeping the cores awake. A core that has nothing to do sleeps, and on a virtual machine waking takes
 * longer than a message: two programs that answer each other would be measured asleep.
 *
 * @module
 */

/** Cores that are kept awake. Disposing of it lets them sleep again. */
export interface Awake extends AsyncDisposable {
  /** What a reader of the figures has to know of it. */
  readonly note: string;
}

/** Spins on each core, at a priority below that of everything else (sched(7), SCHED_IDLE). */
export function keepAwake(signal: AbortSignal): Awake {
  const spinners: Deno.ChildProcess[] = [];
  const [program, ...args] = ["chrt", "--idle", "0", "sh", "-c", "while :; do :; done"];
  try {
    for (let core = 0; core < navigator.hardwareConcurrency; core++) {
      const spinner = ["--cpu-list", String(core), program!, ...args];
      spinners.push(
        new Deno.Command("taskset", { args: spinner, stderr: "null", signal }).spawn(),
      );
    }
  } catch {
    // There is no such program here.
  }
  return {
    note: spinners.length > 0
      ? "Meanwhile something of the lowest priority kept every core awake."
      : "The cores slept in between: there is no taskset (Linux, util-linux).",
    async [Symbol.asyncDispose]() {
      for (const spinner of spinners) {
        try {
          spinner.kill("SIGKILL");
        } catch {
          // It has ended already.
        }
        await spinner.status;
      }
    },
  };
}
