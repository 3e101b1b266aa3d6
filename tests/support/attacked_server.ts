/**
 * A server in a process of its own, with the capacity that an attack needs: what is attacked and who attacks must not
 * share a thread.
 *
 * @module
 */

import type { Capacity } from "../../server/limits/limits.ts";
import type { Address } from "../../shared/net/address.ts";
import { root } from "./source_files.ts";
import { residentMib } from "./resident_memory.ts";

/** How such a server is started. */
export interface AttackedServerOptions {
  /** Where it listens; 127.0.0.1 if not given. */
  readonly host?: string;
  readonly capacity?: Partial<Capacity>;
  /** Flags of V8, such as `--max-old-space-size=512`. */
  readonly v8Flags?: readonly string[];
  /** The root of another version of the source; this one if not given. */
  readonly root?: string;
}

/** A server that runs. Disposing of it ends it. */
export class AttackedServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly address: Address;

  private constructor(child: Deno.ChildProcess, address: Address) {
    this.#child = child;
    this.address = address;
  }

  /** Starts one. @throws {Error} If it does not start. */
  static async start(options: AttackedServerOptions = {}): Promise<AttackedServer> {
    const { host = "127.0.0.1", capacity = {}, v8Flags = [] } = options;
    const source = options.root ?? root;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-net", "--allow-read", `--config=${source}deno.json`]
        .concat(v8Flags.length > 0 ? [`--v8-flags=${v8Flags.join(",")}`] : [])
        .concat(`${root}tests/support/attacked_server_process.ts`, source)
        .concat(host, JSON.stringify(capacity)),
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    const port = Number(new TextDecoder().decode(value));
    if (!(port > 0)) throw new Error("The server to be attacked has not started");
    return new AttackedServer(child, { host, port });
  }

  /** What the process takes of the machine's memory now, in MiB. Linux alone tells. */
  residentMib(): Promise<number> {
    return residentMib(this.#child.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
  }
}
