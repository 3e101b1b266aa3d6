import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  askForAudit,
  askForHistory,
  askToListen,
  askToSend,
  offerControl,
  selfIn,
  selfToSend,
  takeName,
  takeNameOrAsk,
} from "../../../client/local_control/local_control.ts";
import type { ControlAnswers } from "../../../client/local_control/control_server.ts";
import { dirname } from "node:path";
import type { MessageEvent } from "../../../client/events.ts";
import { aborted } from "../../../shared/time/clock.ts";
import type { HistoryEntry } from "../../../client/store/store.ts";
import { UserError } from "../../../client/user_error.ts";
import { localConnectionsMax } from "../../../shared/protocol/limits.ts";
import { modeOf, namesIn, temporaryDirectory } from "../../support/places.ts";
import { keyOf } from "../../support/store_fixture.ts";
import { rejectsSaying, throwsSaying } from "../../support/problems.ts";

const isUnix = Deno.build.os !== "windows";

/** Profiles: one with a path that a Unix socket can have, and one whose path is too long for that. */
const profiles = [
  { kind: "a socket", below: "profile", suffix: ".sock" },
  { kind: "a port", below: `${"long".repeat(30)}/profile`, suffix: ".port" },
] as const;

function profileAt({ below }: typeof profiles[number]) {
  const place = temporaryDirectory();
  return {
    path: `${place.path}/${below}`,
    [Symbol.dispose]: () => place[Symbol.dispose](),
  };
}

const entry: HistoryEntry = {
  row: 1,
  name: "bob",
  key: undefined,
  direction: "in",
  id: "0".repeat(32),
  text: "Hello",
  sentAtMs: 1,
  atMs: 2,
  state: "received",
  plaintext: false,
};

const finding = {
  direction: "sent",
  stream: "s",
  same: 3,
  waiting: 1,
  missingHere: [],
  missingThere: ["m"],
  differing: [],
  complete: true,
} as const;

function history(entries: () => Iterable<HistoryEntry>) {
  return { key: undefined, ownKey: keyOf(9), entries: entries() };
}

/** What a client answers that has talked with bob. */
function answering(id: string, more: Partial<ControlAnswers> = {}): ControlAnswers {
  return {
    id,
    selfFor: (name, self) => selfIn({ selves: (of) => of === "bob" ? [id] : [] }, name, self),
    audit: () => Promise.resolve({ streams: [finding] }),
    history: () => ({ key: keyOf(2), ownKey: keyOf(9), entries: [entry] }),
    selfToSend: (name, self, usualSelf) =>
      selfToSend({ selves: (of) => of === "bob" ? [id] : [] }, name, self, usualSelf),
    send: ({ text }) => Promise.resolve(`${text} is sent`),
    listen: () => Promise.resolve(),
    leave: () => {},
    ...more,
  };
}

/** A client that has a name, and answers. */
async function client(profile: string, id: string, more: Partial<ControlAnswers> = {}) {
  const stack = new DisposableStack();
  stack.use(await takeName(profile, id, { takeOver: false }));
  const control = stack.use(offerControl(profile, id));
  control.answer(answering(id, { leave: () => stack.dispose(), ...more }));
  return stack;
}

const waitMs = 10_000;
const shortMs = 150;

function asking(profile: string, more: { name?: string; self?: string; waitMs?: number } = {}) {
  return { profile, name: "bob", self: undefined, waitMs, ...more };
}

async function read(profile: string, more: Parameters<typeof asking>[1] = {}) {
  const asked = await askForHistory(asking(profile, more));
  return asked && { ...asked, entries: await Array.fromAsync(asked.entries) };
}

for (const kind of profiles) {
  const test = (name: string, fn: (profile: string) => Promise<void>) =>
    Deno.test(`over ${kind.kind}: ${name}`, async () => {
      using profile = profileAt(kind);
      await fn(profile.path);
    });

  test("a client is found, does what it is asked, and is found no more when it ends", async (profile) => {
    assertEquals(await read(profile), undefined);
    assertEquals(await askForAudit(asking(profile)), undefined);
    {
      using _alice = await client(profile, "alice");
      assertEquals(await askForAudit(asking(profile)), { streams: [finding] });
      const { key: _, ...sent } = entry;
      assertEquals(await read(profile), {
        ownKey: keyOf(9),
        self: "alice",
        key: keyOf(2),
        entries: [sent as HistoryEntry],
      });
      assertEquals((await read(profile, { self: "alice" }))?.self, "alice");
      assertEquals(await read(profile, { self: "carol" }), undefined);
    }
    assertEquals(await read(profile), undefined);
    assertEquals(await askForAudit(asking(profile, { self: "alice" })), undefined);
  });

  test("only its user can reach it", async (profile) => {
    using _alice = await client(profile, "alice");
    const names = namesIn(`${profile}/locks`);
    assertEquals(names.map((name) => /\.\w+$/.exec(name)![0]).toSorted(), [".db", kind.suffix]);
    if (!isUnix) return;
    assertEquals(modeOf(`${profile}/locks`), 0o700);
    for (const name of names) {
      assertEquals([name, modeOf(`${profile}/locks/${name}`)], [name, 0o600]);
    }
  });

  test("what is wrong comes through as it is", async (profile) => {
    const problem = { code: "not-found-by-server", name: "bob" } as const;
    using _alice = await client(profile, "alice", {
      audit: () => Promise.reject(new UserError(problem)),
      history: () =>
        history(function* () {
          yield entry;
          throw new TypeError("a defect");
        }),
    });
    const error = await assertRejects(() => askForAudit(asking(profile)), UserError);
    assertEquals(error.problem, problem);
    await rejectsSaying(
      () => askForAudit(asking(profile, { name: "eve" })),
      UserError,
      "Nothing has been said with eve yet",
    );
    await rejectsSaying(() => read(profile), UserError, "a defect");
  });

  test("any client of a profile knows which of them is meant", async (profile) => {
    const selfFor = (name: string, self: string | undefined) =>
      selfIn({ selves: () => name === "bob" ? ["alice"] : ["alice", "carol"] }, name, self);
    using _one = await client(profile, "carol", { selfFor });
    assertEquals(await read(profile), undefined);
    using _two = await client(profile, "alice", { selfFor });
    assertEquals((await read(profile))?.self, "alice");
    assertEquals((await read(profile, { name: "eve", self: "carol" }))?.self, "carol");
    await rejectsSaying(
      () => read(profile, { name: "bob", self: "carol" }),
      UserError,
      "You have not talked with bob as carol, but as alice",
    );
    await rejectsSaying(
      () => read(profile, { name: "eve" }),
      UserError,
      "You have talked with eve as alice and carol: --as says which you mean",
    );
  });

  test("a second client is told that the name is in use; another name is free", async (profile) => {
    using _alice = await client(profile, "alice");
    const begin = performance.now();
    await rejectsSaying(
      () => takeName(profile, "alice", { takeOver: false }),
      UserError,
      "Another p2pchat of yours runs as alice already; --take-over ends that one",
    );
    assert(performance.now() - begin < 5_000, "it was waited for");
    using _bob = await client(profile, "bob");
  });

  test("a client that takes over has the other one leave, and waits for its end", async (profile) => {
    using stillThere = new DisposableStack();
    let hasLeft = false;
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const first = await client(profile, "alice", {
      leave: () => {
        hasLeft = true;
        mayEnd.then(() => first.dispose());
      },
    });
    stillThere.defer(() => first.dispose());
    await rejectsSaying(
      () => takeName(profile, "alice", { takeOver: true, waitMs: shortMs }),
      UserError,
      "Cannot take over from the p2pchat that runs as alice: it leaves, and has not ended within 0.15",
    );
    assert(hasLeft);
    const taking = takeName(profile, "alice", { takeOver: true });
    end();
    using _name = await taking;
    // Where nobody is, nobody is asked.
    using _other = await takeName(profile, "bob", { takeOver: true });
  });

  test("a client that is stopped does not answer, and is not waited for longer than one says", async (profile) => {
    // It is called, and nobody takes the call.
    using _name = await takeName(profile, "alice", { takeOver: false });
    using _control = offerControl(profile, "alice");
    const silent = "does not answer within 0.15 seconds; it may be stopped";
    for (const self of [undefined, "alice"]) {
      const asked = { ...asking(profile, { waitMs: shortMs }), self };
      await rejectsSaying(() => askForAudit(asked), UserError, silent);
      await rejectsSaying(() => askForHistory(asked), UserError, silent);
    }
    const takingOver = { takeOver: true, waitMs: shortMs };
    await rejectsSaying(() => takeName(profile, "alice", takingOver), UserError, silent);
    // That one is in nobody's way if another is meant.
    using _carol = await client(profile, "carol");
    assertEquals((await read(profile, { waitMs: shortMs }))?.self, "carol");
  });

  test("a long answer comes whole, and one that takes its time is waited for", async (profile) => {
    const texts = Array.from({ length: 3_000 }, (_, i) => `${i} ${"\x1b".repeat(i % 2_000)}`);
    using _alice = await client(profile, "alice", {
      history: () => history(() => texts.map((text) => ({ ...entry, text }))),
      audit: () => new Promise((resolve) => setTimeout(resolve, 2_500, { streams: [] })),
    });
    const { entries } = (await read(profile))!;
    assertEquals(entries.map(({ text }) => text), texts);
    // Longer than it may be silent.
    assertEquals(await askForAudit(asking(profile, { waitMs: 1_800 })), { streams: [] });
  });

  test("one who has read enough hangs up", async (profile) => {
    const ended = Promise.withResolvers<void>();
    using _alice = await client(profile, "alice", {
      history: () =>
        history(function* () {
          try {
            for (;;) yield { ...entry, text: "x".repeat(10_000) };
          } finally {
            ended.resolve();
          }
        }),
    });
    const asked = await askForHistory(asking(profile));
    for await (const _ of asked!.entries) break;
    await ended.promise;
  });

  test("a client that ends in the middle of its answer is said to have ended", async (profile) => {
    const alice = await client(profile, "alice", {
      history: () =>
        history(function* () {
          yield { ...entry, text: "x".repeat(100_000) };
          alice.dispose();
          yield entry;
        }),
    });
    await rejectsSaying(
      () => read(profile),
      UserError,
      "The p2pchat that runs as alice was asked, and has ended before it had answered; try again",
    );
  });

  test("what one that was killed has left is in nobody's way", async (profile) => {
    const path = `${profile}/locks`;
    const killed = await client(profile, "alice");
    const [left] = namesIn(path).filter((name) => name.endsWith(kind.suffix));
    // Kept from what the client, or the runtime, removes at its end.
    await Deno.rename(`${path}/${left}`, `${path}/kept`);
    killed.dispose();
    await Deno.rename(`${path}/kept`, `${path}/${left}`);
    assertEquals(await read(profile), undefined);
    using _alice = await client(profile, "alice");
    assertEquals((await read(profile))?.self, "alice");
  });

  test("a name that is held for a moment is waited for", async (profile) => {
    // As a command that does one thing has it.
    const name = await takeName(profile, "alice", { takeOver: false });
    await rejectsSaying(
      () => takeName(profile, "alice", { takeOver: false, waitMs: shortMs }),
      UserError,
      "Another p2pchat of yours uses the name alice, and has not ended within 0.15 seconds",
    );
    const none = () => Promise.resolve(undefined);
    await rejectsSaying(
      () => takeNameOrAsk(profile, "alice", shortMs, none),
      UserError,
      "Another p2pchat of yours uses the name alice, and has not ended within 0.15 seconds",
    );
    const taking = takeName(profile, "alice", { takeOver: false });
    name[Symbol.dispose]();
    const taken = await taking;
    // A client that has just begun to run does it instead.
    const answered = takeNameOrAsk(profile, "alice", waitMs, () => askForAudit(asking(profile)));
    using control = offerControl(profile, "alice");
    control.answer(answering("alice"));
    assertEquals(await answered, { answer: { streams: [finding] } });
    taken[Symbol.dispose]();
    const free = await takeNameOrAsk(profile, "alice", waitMs, none);
    assert("name" in free);
    free.name[Symbol.dispose]();
  });

  test("no more than a few are answered at a time", async (profile) => {
    const waiting = Promise.withResolvers<{ streams: [] }>();
    let asked = 0;
    const all = Promise.withResolvers<void>();
    using _alice = await client(profile, "alice", {
      audit: () => {
        if (++asked === localConnectionsMax) all.resolve();
        return waiting.promise;
      },
    });
    const answers = Array.from({ length: localConnectionsMax }, () => askForAudit(asking(profile)));
    await all.promise;
    assertEquals(await askForAudit(asking(profile)), undefined);
    waiting.resolve({ streams: [] });
    await Promise.all(answers);
    // There is room again.
    while (await read(profile) === undefined);
  });
}

Deno.test({
  name: "another user of the machine gets at nothing, even where a profile is open to all",
  ignore: !isUnix || !await isRoot(),
  fn: async () => {
    using profile = profileAt(profiles[0]);
    using _alice = await client(profile.path, "alice");
    for (const path of [profile.path, dirname(profile.path)]) await Deno.chmod(path, 0o755);
    const locks = `${profile.path}/locks`;
    const [socket] = namesIn(locks).filter((name) => name.endsWith(".sock"));
    const look = (path: string, uid: number) =>
      new Deno.Command("ls", { args: ["-d", path], uid, gid: uid, stderr: "null", stdout: "null" })
        .output();
    const nobody = 65_534;
    assert((await look(profile.path, nobody)).success);
    for (const [uid, mayLook] of [[0, true], [nobody, false]] as const) {
      assertEquals((await look(`${locks}/${socket}`, uid)).success, mayLook);
    }
  },
});

async function isRoot(): Promise<boolean> {
  const { stdout } = await new Deno.Command("id", { args: ["-u"] }).output();
  return new TextDecoder().decode(stdout).trim() === "0";
}

/** What a client says to a connection on which this is sent. */
async function saidTo(conn: Deno.Conn, bytes: string): Promise<string> {
  using _conn = conn;
  await conn.write(new TextEncoder().encode(bytes));
  try {
    return await new Response(conn.readable).text();
  } catch {
    return "";
  }
}

function pathOf(profile: string, suffix: string): string {
  const [name] = namesIn(`${profile}/locks`).filter((name) => name.endsWith(suffix));
  return `${profile}/locks/${name}`;
}

Deno.test({
  name: "whatever comes on the socket, a client goes on, and says nothing to what it does not know",
  ignore: !isUnix,
  fn: async () => {
    using profile = profileAt(profiles[0]);
    using _alice = await client(profile.path, "alice", { leave: () => assert(false) });
    const path = pathOf(profile.path, ".sock");
    for (
      const nonsense of [
        ...["\n", "x\n", "{}\n", "[]\n", "null\n", '"leave"\n', '{"ask":"leaves"}\n', "\xff\n"],
        '{"version":"0.0.1","ask":1}\n',
        "x".repeat(140_000),
        `{"ask":"${"x".repeat(140_000)}"}\n`,
        `{"ask":"leave","more":"${"x".repeat(140_000)}"}\n`,
      ]
    ) {
      const conn = await Deno.connect({ transport: "unix", path });
      const said = await saidTo(conn, nonsense);
      assert(said === "" || said.includes("other-version"), said);
    }
    const conn = await Deno.connect({ transport: "unix", path });
    const other = '{"version":"0.0.1","ask":"audit","name":"bob"}\n';
    const ours = JSON.parse(
      await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)),
    );
    assertEquals(
      await saidTo(conn, other),
      `{"is":"other-version","version":"${ours.version}"}\n`,
    );
    assertEquals((await read(profile.path))?.self, "alice");
  },
});

Deno.test({
  name: "a client of another version is named, and can be taken over from",
  ignore: !isUnix,
  fn: async () => {
    using profile = profileAt(profiles[0]);
    const name = await takeName(profile.path, "alice", { takeOver: false });
    // Only to learn where it would be.
    const control = offerControl(profile.path, "alice");
    const path = pathOf(profile.path, ".sock");
    control[Symbol.dispose]();
    const asked: string[] = [];
    const listener = Deno.listen({ transport: "unix", path });
    const serving = (async () => {
      for await (const conn of listener) {
        const buffer = new Uint8Array(1_000);
        const count = await conn.read(buffer);
        asked.push(JSON.parse(new TextDecoder().decode(buffer.subarray(0, count!))).ask);
        const answer = asked.at(-1) === "leave"
          ? { is: "done" }
          : { is: "other-version", version: "9.0.0" };
        await conn.write(new TextEncoder().encode(JSON.stringify(answer) + "\n"));
        conn.close();
        if (asked.at(-1) === "leave") name[Symbol.dispose]();
      }
    })();
    await rejectsSaying(
      () => askForAudit(asking(profile.path)),
      UserError,
      "The p2pchat that runs with this profile is of version 9.0.0 and cannot be asked by this one",
    );
    using _taken = await takeName(profile.path, "alice", { takeOver: true });
    assertEquals(asked, ["audit", "leave"]);
    listener.close();
    await serving.catch(() => {});
  },
});

Deno.test("over a port those who prove nothing keep nobody out for long", async () => {
  using profile = profileAt(profiles[1]);
  using _alice = await client(profile.path, "alice");
  const { port } = JSON.parse(await Deno.readTextFile(pathOf(profile.path, ".port")));
  using stack = new DisposableStack();
  for (let i = 0; i < localConnectionsMax; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    stack.adopt(conn, (conn) => conn.close());
  }
  while (await read(profile.path) === undefined);
});

Deno.test("over a port nothing is said to somebody who cannot read the secret, or has got the port", async () => {
  using profile = profileAt(profiles[1]);
  const left = new DisposableStack();
  const alice = left.use(await client(profile.path, "alice", { leave: () => assert(false) }));
  const path = pathOf(profile.path, ".port");
  const { port, secret } = JSON.parse(await Deno.readTextFile(path));
  const call = () => Deno.connect({ hostname: "127.0.0.1", port });
  assertEquals(await saidTo(await call(), '{"ask":"leave"}\n'), "");
  assertEquals(await saidTo(await call(), `{"proof":"${secret}"}\n`), "");
  const answer = await saidTo(await call(), '{"nonce":"a"}\n{"proof":"b"}\n{"ask":"leave"}\n');
  const { proof } = JSON.parse(answer);
  assert(!answer.includes(secret) && /^[0-9a-f]{64}$/.test(proof), answer);
  // Its own proof, sent back, is none.
  const echoed = await saidTo(
    await call(),
    `{"nonce":"a"}\n{"proof":"${proof}"}\n{"ask":"leave"}\n`,
  );
  assertEquals(echoed.trim().split("\n").length, 1);
  await Deno.rename(path, `${path}.kept`);
  alice.dispose();

  // The port is somebody else's by now, who proves nothing.
  using squatter = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await Deno.writeTextFile(path, JSON.stringify({ port: squatter.addr.port, secret }));
  const heard: string[] = [];
  const squatting = (async () => {
    for (const said of ['{"nonce":"a","proof":"b"}\n', '{"is":"begun","self":"alice"}\n']) {
      using conn = await squatter.accept();
      const buffer = new Uint8Array(1_000);
      const count = await conn.read(buffer);
      heard.push(new TextDecoder().decode(buffer.subarray(0, count!)));
      await conn.write(new TextEncoder().encode(said));
      while (await conn.read(buffer) !== null);
    }
  })();
  assertEquals(await askForAudit(asking(profile.path)), undefined);
  assertEquals(await askForAudit(asking(profile.path)), undefined);
  await squatting;
  for (const said of heard) assert(/^\{"nonce":"[0-9a-f]{32}"\}\n$/.test(said), said);
});

Deno.test("where a name cannot be taken, it is said why", async () => {
  using place = temporaryDirectory();
  await Deno.writeTextFile(`${place.path}/locks`, "");
  await rejectsSaying(
    () => takeName(place.path, "alice", { takeOver: false }),
    UserError,
    `Cannot use the name alice in '${place.path}': `,
  );
});

Deno.test("if several own ids have talked with a name, one has to be named", () => {
  const own = (selves: string[], self?: string, name = "bob") =>
    selfIn({ selves: () => selves }, name, self);
  assertEquals(own(["alice"]), "alice");
  assertEquals(own(["alice"], "alice"), "alice");
  assertEquals(own(["alice", "work"], "work"), "work");
  throwsSaying(() => own([]), "Nothing has been said with bob yet");
  throwsSaying(() => own([], "alice", "b\x1bb"), "Nothing has been said with b\x1bb yet");
  throwsSaying(
    () => own(["alice", "work"]),
    "You have talked with bob as alice and work: --as says which you mean",
  );
  throwsSaying(
    () => own(["alice"], "carol"),
    "You have not talked with bob as carol, but as alice",
  );
});

const toSend = { text: "hello", until: "kept", withinMs: 1_000 } as const;

Deno.test("the client by whose name somebody was talked to sends, and for somebody new the usual one", async () => {
  using profile = temporaryDirectory();
  using _alice = await client(profile.path, "alice", {
    selfToSend: (name, self, usualSelf) => self ?? (name === "bob" ? "work" : usualSelf ?? "alice"),
  });
  using _work = await client(profile.path, "work", {
    selfToSend: (name, self, usualSelf) => self ?? (name === "bob" ? "work" : usualSelf ?? "alice"),
    send: ({ text }) => Promise.resolve(`${text} of work`),
  });
  const ask = (more: { name?: string; self?: string; usualSelf?: string }) =>
    askToSend({ ...asking(profile.path), ...toSend, ...more });
  assertEquals(await ask({}), "hello of work");
  assertEquals(await ask({ self: "alice" }), "hello is sent");
  assertEquals(await ask({ name: "zoe", usualSelf: "work" }), "hello of work");
  assertEquals(await ask({ self: "nobody" }), undefined);
});

Deno.test("a long text comes through whole, and who is not as far in time hears the problem", async () => {
  using profile = temporaryDirectory();
  const problem = {
    code: "not-as-far-in-time",
    name: "bob",
    until: "delivered",
    seconds: 1,
  } as const;
  using _alice = await client(profile.path, "alice", {
    send: ({ text, until }) => {
      if (until === "delivered") throw new UserError(problem);
      return Promise.resolve(`${text.length}`);
    },
  });
  const text = "\u0001".repeat(15_360);
  assertEquals(await askToSend({ ...asking(profile.path), ...toSend, text }), "15360");
  const late = () => askToSend({ ...asking(profile.path), ...toSend, until: "delivered" });
  assertEquals((await assertRejects(late, UserError)).problem, problem);
});

Deno.test("who listens is told what comes in, until they hang up", async () => {
  using profile = temporaryDirectory();
  const told = Promise.withResolvers<void>();
  const message = { type: "message", text: "hi" } as MessageEvent;
  using _alice = await client(profile.path, "alice", {
    listen: async (name, tell, signal) => {
      assertEquals(name, "bob");
      await tell(message);
      await aborted(signal);
      told.resolve();
    },
  });
  const asked = await askToListen(asking(profile.path));
  for await (const one of asked!.messages) {
    assertEquals(one, message);
    break;
  }
  await told.promise;
});
