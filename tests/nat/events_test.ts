// What becomes of a conversation when the network changes under it: what is said goes on, and comes once.

import { assertEquals } from "@std/assert";
import { type Build, builds, Program } from "../support/program.ts";
import { type Host, Laboratory, type Mapping, type Router, unavailable } from "./laboratory.ts";

const port = 5555;

/** Two people who talk, in a laboratory. */
class Talk implements AsyncDisposable {
  readonly laboratory: Laboratory;
  readonly #build: Build;
  readonly #stack = new AsyncDisposableStack();
  machine!: Host;
  server!: Program;
  readonly hosts: Host[] = [];
  readonly routers: (Router | undefined)[] = [];
  alice!: Program;
  bob!: Program;
  #said = 0;

  private constructor(laboratory: Laboratory, build: Build) {
    this.laboratory = this.#stack.use(laboratory);
    this.#build = build;
  }

  /** @param mappings Of the router in front of each; undefined if there is none. */
  static async open(
    build: Build,
    mappings: readonly [Mapping | undefined, Mapping | undefined],
  ): Promise<Talk> {
    const talk = new Talk(await Laboratory.open(), build);
    talk.machine = await talk.laboratory.host("rendezvous");
    await talk.startServer();
    for (const [i, mapping] of mappings.entries()) {
      const behind = mapping && await talk.laboratory.router(`router-${i}`, { mapping });
      talk.routers.push(behind);
      talk.hosts.push(await talk.laboratory.host(`host-${i}`, { ...behind && { behind } }));
    }
    talk.bob = talk.#start("bob", talk.hosts[1]!);
    await talk.bob.says(/^\* registered as bob/);
    talk.alice = talk.#start("alice", talk.hosts[0]!);
    await talk.alice.says(/^\* registered as alice/);
    await talk.alice.types("/chat bob");
    await talk.hears(talk.alice, talk.bob);
    await talk.bob.types("/chat alice");
    await talk.hears(talk.bob, talk.alice);
    return talk;
  }

  async startServer(): Promise<void> {
    const listens = ["--host", this.machine.address, "--port", String(port), "--ephemeral"];
    this.server = this.#stack.use(
      new Program(this.machine.build(this.#build), "server", ...listens),
    );
    await this.server.says(/^p2pchat server listening on /);
  }

  #start(name: string, host: Host): Program {
    const server = `${this.machine.address}:${port}`;
    const program = new Program(host.build(this.#build), "client", name, server, "--register");
    return this.#stack.use(program);
  }

  /** Has one say something. @returns How long it took until the other heard it, in seconds. */
  async hears(from: Program, to: Program): Promise<number> {
    const text = `message ${++this.#said}`;
    const fromMs = performance.now();
    await from.types(text);
    await to.says(new RegExp(`: ${text}$`));
    return (performance.now() - fromMs) / 1_000;
  }

  /** Waits until the conversation goes a way that a pattern matches. */
  async goes(way: RegExp): Promise<void> {
    // A better way is tried for ever less often.
    for (let tries = 0; tries < 900; tries++) {
      const before = this.alice.out.length;
      await this.alice.types("/path bob");
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (this.alice.out.slice(before).some((line) => way.test(line))) return;
    }
    throw new Error(`not on the way ${way}:\n${this.alice.out.join("\n")}`);
  }

  /** Asserts that all was heard, in order, and nothing twice. */
  async endsWell(): Promise<void> {
    await this.hears(this.alice, this.bob);
    const heard = [...this.alice.out, ...this.bob.out]
      .map((line) => /: message (\d+)$/.exec(line)?.[1]).filter((n) => n !== undefined);
    assertEquals(
      heard.map(Number).toSorted((a, b) => a - b),
      Array.from({ length: this.#said }, (_, i) => i + 1),
    );
    await this.alice.quits();
    // Whichever way it went: that she leaves is heard, and not only noticed.
    await this.bob.says(/^\* alice has left/);
    await this.bob.quits();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

function test(
  name: string,
  mappings: readonly [Mapping | undefined, Mapping | undefined],
  fn: (talk: Talk) => Promise<void>,
): void {
  for (const build of builds) {
    Deno.test({
      name: `${build.name}: ${name}`,
      ignore: unavailable !== undefined,
      fn: async () => {
        await using talk = await Talk.open(build, mappings);
        await fn(talk);
        await talk.endsWell();
      },
    });
  }
}

/** Has each say something, whatever has happened to the way. */
async function goesOn(talk: Talk): Promise<void> {
  for (const [from, to] of [[talk.alice, talk.bob], [talk.bob, talk.alice]] as const) {
    const seconds = await talk.hears(from, to);
    if (Deno.env.get("P2PCHAT_RUNS") !== undefined) {
      // deno-lint-ignore no-console -- Whoever runs the task wants to read it.
      console.log(`the next message took ${seconds.toFixed(2)} s`);
    }
  }
}

test(
  "a punched way that goes dark without a word is left for the relay, and taken again",
  ["keeps-ports", "keeps-ports"],
  async (talk) => {
    await talk.goes(/^punched/);
    await talk.routers[0]!.darkens("-p udp");
    await goesOn(talk);
    await talk.goes(/^relayed/);
    await talk.routers[0]!.lightens("-p udp");
    await talk.goes(/^punched/);
  },
);

test("a direct way that goes dark is left for the relay", [undefined, undefined], async (talk) => {
  await talk.goes(/^direct/);
  const [alice, bob] = talk.hosts;
  await talk.laboratory.inside(
    alice!.name,
    `iptables -A OUTPUT -d ${bob!.address} -j DROP; iptables -A INPUT -s ${bob!.address} -j DROP`,
  );
  await goesOn(talk);
});

test(
  "a router that is started again is not noticed",
  ["keeps-ports", "keeps-ports"],
  async (talk) => {
    await talk.goes(/^punched/);
    await talk.routers[0]!.forgets();
    await goesOn(talk);
  },
);

test(
  "a server that is started again joins the two again",
  ["symmetric", "symmetric"],
  async (talk) => {
    await talk.goes(/^relayed/);
    talk.server.kill("SIGKILL");
    await talk.server.ends();
    await talk.startServer();
    // What is said meanwhile waits until both are registered again.
    await talk.hears(talk.alice, talk.bob);
    await goesOn(talk);
  },
);
