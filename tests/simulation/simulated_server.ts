/**
 * The server of a simulation: the real one's core over a simulated network. It may be down, and keeps what
 * is on its disk.
 *
 * @module
 */

import type { Capacity } from "../../server/limits/limits.ts";
import { ServerCore, sweepMs } from "../../server/core.ts";
import { type MailboxDatabase, openMailboxDatabase } from "../../server/mailbox/mailbox.ts";
import { type NamesDatabase, openNamesDatabase } from "../../server/names/names.ts";
import { silentLog } from "../../shared/process/log.ts";
import { KeptDatabases } from "./kept_databases.ts";
import type { Machine, Process } from "./simulated_network.ts";

/** The port that it listens on. */
export const serverPort = 5_555;

/** Each is open for as long as the program runs. */
const keptNames = new KeptDatabases<NamesDatabase>(() => openNamesDatabase(undefined));
const keptMailboxes = new KeptDatabases<MailboxDatabase>(() => openMailboxDatabase(undefined));

/** A server. */
export class SimulatedServer implements Disposable {
  readonly machine: Machine;
  /** Made when it starts for the first time. */
  #disk: { readonly names: NamesDatabase; readonly mailbox: MailboxDatabase } | undefined;
  readonly #capacity: Partial<Capacity>;
  #process: Process | undefined;

  /** @param capacity What it takes on, as far as that is not as usual. */
  constructor(machine: Machine, capacity: Partial<Capacity>) {
    this.machine = machine;
    this.#capacity = capacity;
  }

  /** Whether it is up. */
  get isUp(): boolean {
    return this.#process !== undefined;
  }

  /** Starts it, unless it is up. */
  start(): void {
    if (this.#process !== undefined) return;
    const process = this.#process = this.machine.start();
    const { clock } = process;
    this.#disk ??= {
      names: keptNames.take(),
      mailbox: keptMailboxes.take(),
    };
    const core = new ServerCore({
      ...this.#disk,
      clock,
      log: silentLog,
      capacity: this.#capacity,
    });
    process.listen({ host: "0.0.0.0", port: serverPort }, (conn) => {
      core.serve(conn, conn.remoteAddr.hostname);
    });
    const sweep = () => {
      core.sweep();
      clock.after(sweepMs, sweep);
    };
    clock.after(sweepMs, sweep);
  }

  /** Ends it, if it is up: by SIGKILL, or with its machine. */
  end(how: "kill" | "power"): void {
    if (how === "kill") this.#process?.kill();
    else this.#process?.losePower();
    this.#process = undefined;
  }

  [Symbol.dispose](): void {
    if (this.#disk === undefined) return;
    keptNames.give(this.#disk.names);
    keptMailboxes.give(this.#disk.mailbox);
  }
}
