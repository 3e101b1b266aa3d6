/**
 * A server, and people whose programs come and go.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { encodeIdentity, plainIdentity } from "../../client/profile/identity_file.ts";
import { openStore } from "../../client/store/store.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { ClientInTerminal, type TerminalKind } from "./client_in_terminal.ts";
import { type Place, temporaryDirectory } from "./places.ts";
import { type Build, Program, startServerProgram } from "./program.ts";

interface Resident {
  /** The name belongs to this key as long as the server runs. */
  readonly identity: Identity;
  /** What they have on their disk. */
  home: Place | undefined;
}

/** A server, and people, each with a key of their own. */
export class Town implements AsyncDisposable {
  readonly #residents = new Map<string, Resident>();

  private constructor(
    readonly build: Build,
    readonly server: Program,
    readonly address: string,
  ) {}

  static async start(build: Build, ...options: string[]): Promise<Town> {
    const more = ["--ephemeral", "--log-level=debug", ...options];
    const { server, address } = await startServerProgram(build, ...more);
    return new Town(build, server, address);
  }

  /** Starts a client in a script, and waits until it is registered. */
  async script(id: string, ...more: string[]): Promise<Program> {
    const program = new Program(this.buildOf(id), ...this.#client(id), ...more);
    await program.says(/^\* registered as /);
    return program;
  }

  /** Starts a client in a terminal, and waits until it shows a prompt. */
  async terminal(kind: TerminalKind, id: string, build?: Build): Promise<ClientInTerminal> {
    const terminal = this.opens(kind, id, build);
    await terminal.asks(id, /.*/);
    return terminal;
  }

  /** Starts a client in a terminal. */
  opens(kind: TerminalKind, id: string, build = this.buildOf(id)): ClientInTerminal {
    return new ClientInTerminal(kind, build, this.#client(id));
  }

  /** Runs a script to its end. */
  async runs(id: string, input: string | Uint8Array<ArrayBuffer>, ...more: string[]) {
    await using program = new Program(this.buildOf(id), ...this.#client(id), ...more);
    await program.writes(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await program.endInput();
    const code = await program.ends();
    return { code, out: program.out, err: program.err };
  }

  /** Makes two people contacts of each other. None of the two may run. */
  acquaint(one: string, other: string): void {
    for (const [self, peer] of [[one, other], [other, one]] as const) {
      using store = openStore(`${this.profileOf(self)}/store.db`);
      store.knownPeers.remember(peer, this.#resident(peer).identity.publicKey);
    }
  }

  /** Has two people talk, so that they can write mail to each other; they are contacts then, and have gone again. */
  async haveMet(one: string, other: string): Promise<void> {
    await using others = await this.script(other);
    await using ones = await this.script(one);
    await ones.types(`/chat ${other}\nwe know each other`);
    await others.says(/: we know each other$/);
    await others.types(`/switch ${one}\n/quit`);
    await others.ends();
    await ones.types("/quit");
    assertEquals([await ones.ends(), ones.err], [0, []]);
  }

  /** The client of a person, as another command runs it. */
  buildAt(id: string, command: string, ...args: string[]): Build {
    const { build } = this;
    return { ...this.buildOf(id), command, args: [...args, build.command, ...build.args] };
  }

  /** The program at a person's home. */
  buildOf(id: string): Build {
    return { ...this.build, home: this.#homeOf(id).path };
  }

  profileOf(id: string): string {
    return `${this.#homeOf(id).path}/.config/p2pchat`;
  }

  /** Everybody forgets everything but who they are. None may run. */
  forgets(): void {
    for (const resident of this.#residents.values()) {
      resident.home?.[Symbol.dispose]();
      resident.home = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    this.forgets();
  }

  #client(id: string): string[] {
    return ["client", id, "0", this.address, "--register"];
  }

  #homeOf(id: string): Place {
    const resident = this.#resident(id);
    if (resident.home === undefined) {
      resident.home = temporaryDirectory();
      const profile = `${resident.home.path}/.config/p2pchat`;
      const file = encodeIdentity(plainIdentity(resident.identity));
      Deno.mkdirSync(profile, { recursive: true, mode: 0o700 });
      Deno.writeTextFileSync(`${profile}/identity.json`, file, { mode: 0o600 });
    }
    return resident.home;
  }

  #resident(id: string): Resident {
    const known = this.#residents.get(id);
    if (known !== undefined) return known;
    const resident = { identity: Identity.generate(), home: undefined };
    this.#residents.set(id, resident);
    return resident;
  }
}

/** What a program has printed of a person's messages. */
export function heardFrom(name: string, { out }: { readonly out: readonly string[] }): string[] {
  return out.filter((line) => line.startsWith(`${name}: `));
}
