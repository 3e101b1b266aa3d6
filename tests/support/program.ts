/**
 * The program as a process: started, driven through its pipes, waited for. From source, and as the compiled
 * executable if the environment variable P2PCHAT names one.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { TextLineStream } from "@std/streams/text-line-stream";
import { existsSync } from "node:fs";
import { type Place, temporaryDirectory } from "./places.ts";

/** A way to start the program. */
export interface Build {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The home directory; by default a fresh one for each program. */
  readonly home?: string;
  /** Whether a client registers at start unless it is told not to. Most tests do not need that, so it is told. */
  readonly registersAtStart?: boolean;
  /** What else it finds in its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The program as it stands in a directory, from source, with the permissions that its task `client` gives. */
export async function buildIn(directory: string): Promise<Build> {
  const config = `${directory}/deno.json`;
  const { command } = JSON.parse(await Deno.readTextFile(config)).tasks.client;
  const permissions = command.split(" ").filter((word: string) => word.startsWith("-"));
  return {
    name: "deno run",
    command: Deno.execPath(),
    args: ["run", "--config", config, ...permissions, `${directory}/main.ts`],
  };
}

/** A build whose programs share a fresh home directory, and where their profile is in it. */
export function atHome(build: Build) {
  const home = temporaryDirectory();
  const profile = `${home.path}/.config/p2pchat`;
  return { ...home, profile, build: { ...build, home: home.path } };
}

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const compiled = Deno.env.get("P2PCHAT");

/** The program from its modules, as its tasks run it. */
const fromModules: Build = { ...await buildIn(root), registersAtStart: true };

const executables: readonly Build[] = compiled === undefined
  ? []
  : [{ name: "compiled", command: compiled, args: [], registersAtStart: true }];

/**
 * Every way to start the program that there is here. From source that is a bundle, made once before the run: the
 * tests start it hundreds of times, and it spares a third of what the modules cost. The executable is made of such
 * a bundle, so beside it the modules are started.
 */
export const builds: readonly Build[] = [
  compiled === undefined ? bundled() ?? fromModules : fromModules,
  ...executables,
];

/** The same, but from source always the modules themselves: for tests of how the program is put together. */
export const buildsFromModules: readonly Build[] = [fromModules, ...executables];

/** The program as the bundle that P2PCHAT_BUNDLE names; none if there is none, or it could not be made. */
function bundled(): Build | undefined {
  const bundle = Deno.env.get("P2PCHAT_BUNDLE");
  if (bundle === undefined || !existsSync(`${root}/${bundle}`)) return undefined;
  const permissions = fromModules.args.filter((word) => /^--(?:allow|no-prompt|quiet)/.test(word));
  // As the executable is made: all that is in the bundle is there from the start.
  const args = ["run", "--no-config", "--unstable-net", ...permissions, `${root}/${bundle}`];
  return { ...fromModules, name: "bundled", args };
}

/**
 * What the program finds in its environment: a home directory, and nothing of this user's own. Deno's cache
 * stays where it is.
 */
export function environmentAt(home: string): Record<string, string> {
  // A client that runs in the process of a test may have had it trust the system's authorities.
  const { DENO_TLS_CA_STORE: _, ...inherited } = Deno.env.toObject();
  const own = { NO_COLOR: "1", HOME: home, XDG_CONFIG_HOME: "", XDG_STATE_HOME: "" };
  return { ...inherited, ...own, DENO_DIR: denoDir };
}

const denoDir = await findDenoDir();

async function findDenoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** The arguments of a program. A client registers at start only if its test says so. */
export function argumentsOf(
  { registersAtStart = false }: Pick<Build, "registersAtStart">,
  more: readonly string[],
): readonly string[] {
  const saysSo = more.some((argument) => /^--(no-)?register$/.test(argument));
  return registersAtStart && more[0] === "client" && more.length > 1 && !more[1]!.startsWith("-") &&
      !saysSo
    ? [...more, "--no-register"]
    : more;
}

/** How long a line may take to appear before the test has failed. */
const lineTimeoutMs = 30_000;

/** The program, running. */
export class Program implements AsyncDisposable {
  /** Lines of standard output and of standard error so far. */
  readonly out: string[] = [];
  readonly err: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  readonly #home: Place | undefined;
  /** Its exit code, once it has ended. */
  code: number | undefined;
  #changed = Promise.withResolvers<void>();
  #inputClosed = false;

  constructor(build: Build, ...more: string[]) {
    const { command, args, home, env } = build;
    this.#home = home === undefined ? temporaryDirectory() : undefined;
    this.#child = new Deno.Command(command, {
      args: [...args, ...argumentsOf(build, more)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      clearEnv: true,
      env: { ...environmentAt(home ?? this.#home!.path), ...env },
    }).spawn();
    this.#child.status.then(({ code }) => this.code = code);
    this.#input = this.#child.stdin.getWriter();
    this.#reading = Promise.all([
      this.#collect(this.#child.stdout, this.out),
      this.#collect(this.#child.stderr, this.err),
    ]).then(() => {});
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Types a line. */
  async types(line: string): Promise<void> {
    await this.writes(new TextEncoder().encode(line + "\n"));
  }

  /** Writes to its input. */
  async writes(bytes: Uint8Array): Promise<void> {
    await this.#input.write(bytes);
  }

  /**
   * Waits for a line that a pattern matches, on either output.
   *
   * @param nth Which of them; the first one unless given.
   * @returns The match.
   */
  async says(pattern: RegExp, nth = 1): Promise<RegExpExecArray> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`waited in vain for ${pattern} in:\n${this.#all()}`)),
      lineTimeoutMs,
    );
    try {
      for (;;) {
        let found = 0;
        for (const line of [...this.out, ...this.err]) {
          const match = pattern.exec(line);
          if (match !== null && ++found === nth) return match;
        }
        await Promise.race([this.#changed.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends its input. */
  async endInput(): Promise<void> {
    if (this.#inputClosed) return;
    this.#inputClosed = true;
    await this.#input.close().catch(() => {});
  }

  /** Ends a client as its user does, and asserts that all is well. */
  async quits(): Promise<void> {
    await this.types("/quit");
    assertEquals(await this.ends(), 0);
  }

  /** Sends it a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. @returns Its exit code. */
  async ends(): Promise<number> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`it does not end; it said:\n${this.#all()}`)),
      lineTimeoutMs,
    );
    try {
      const { code } = await Promise.race([this.#child.status, late.promise]);
      await this.#reading;
      return code;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#reading;
    if (!this.#inputClosed) await this.#input.close().catch(() => {});
    this.#home?.[Symbol.dispose]();
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>, lines: string[]): Promise<void> {
    const split = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of split) {
      lines.push(line);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  #all(): string {
    return [...this.out, ...this.err.map((line) => `(stderr) ${line}`)].join("\n");
  }
}

/**
 * Runs the program to its end. Whatever happens, a stack trace is never a user's message.
 *
 * @param input The lines that it reads.
 * @returns Its exit code and its output.
 */
export async function run(build: Build, args: readonly string[], input: readonly string[] = []) {
  await using program = new Program(build, ...args);
  for (const line of input) await program.types(line);
  await program.endInput();
  const code = await program.ends();
  const [out, err] = [program.out.join("\n"), program.err.join("\n")];
  assert(!/^\s+at .*:\d+/m.test(err), err);
  return { code, out, err };
}

/** Starts a server on a free port. @returns The server and its address. */
export async function startServerProgram(
  build: Build,
  ...more: string[]
): Promise<{ server: Program; address: string; port: number }> {
  const server = new Program(build, "server", "--port", "0", ...more);
  const [, address, port] = await server.says(/listening.*?(127\.0\.0\.1:(\d+))/);
  return { server, address: address!, port: Number(port) };
}

/**
 * Whether a build's runtime can make sure of a pinned certificate that an authority has issued; Deno 2.6 cannot, and
 * says so.
 *
 * @param pinned The address of a server that has one.
 */
export async function canPin(build: Build, pinned: string): Promise<boolean> {
  const { code, err } = await run(build, ["client", "tester", "0", pinned, "--register"]);
  if (code === 0) return true;
  assertMatch(
    err,
    /the program's Deno is older than 2\.9\. Nothing was sent; --ca FILE verifies it/,
  );
  return false;
}
