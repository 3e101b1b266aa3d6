/**
 * Keeping server and load on a core each, so that the scheduler does not decide the result.
 *
 * @module
 */

/** What a process is for. */
export type Role = "server" | "load";

/** Puts processes on cores. */
export interface Pin {
  /** The command that runs a command on the core of its role. */
  command(role: Role, command: readonly string[]): string[];
  /** What a reader of the figures has to know of it. */
  readonly note: string;
}

const cores: Readonly<Record<Role, number>> = { server: 0, load: 1 };

const pinned: Pin = {
  // taskset becomes the program that it runs, so that the process id is the program's.
  command: (role, command) => ["taskset", "--cpu-list", String(cores[role]), ...command],
  note: `Servers were pinned to core ${cores.server}, the load to core ${cores.load}.`,
};

const unpinned: Pin = {
  command: (_role, command) => [...command],
  note: "Not pinned: there is no taskset (Linux, util-linux) or only one core.",
};

/** Finds out whether processes can be pinned here. */
export async function findPin(): Promise<Pin> {
  for (const role of ["server", "load"] as const) {
    const [program, ...args] = pinned.command(role, ["true"]);
    try {
      const { success } = await new Deno.Command(program!, { args, stderr: "null" }).output();
      if (!success) return unpinned;
    } catch {
      return unpinned;
    }
  }
  return pinned;
}
