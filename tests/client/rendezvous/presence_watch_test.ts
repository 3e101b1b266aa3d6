import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../client/user_error.ts";
import { PresenceWatch } from "../../../client/rendezvous/presence_watch.ts";
import type { PresenceStatus } from "../../../shared/protocol/records.ts";
import { ServerRefusal } from "../../../client/rendezvous/reply.ts";
import { watchedMax } from "../../../shared/protocol/limits.ts";
import {
  type Header,
  headerValues,
  type Message,
  message,
} from "../../../shared/protocol/message.ts";

const watchack = (lines: readonly string[], ...more: Header[]) =>
  message("WATCHACK", [
    ["Version", "1"],
    ...lines.map((line): Header => ["Presence", line]),
    ...more,
  ]);
const presence = (...lines: string[]) =>
  message("PRESENCE", lines.map((line): Header => ["Presence", line]));
const refusal = (code: number) =>
  new ServerRefusal(message("ERROR", [["Code", String(code)], ["Reason", "no"]]));

/** If nothing is known of somebody. */
const unknown = "?";

/** A presence watch with a server that says what a test wants. */
function made(said: Record<string, string> = {}) {
  const asked: string[][] = [];
  const changes: string[] = [];
  const t = {
    asked,
    changes,
    said,
    mailbox: undefined as string | undefined,
    /** What others have given us, and whether the server reads it. */
    tokens: {} as Record<string, Uint8Array>,
    readsTokens: false,
    keeps: true,
    fails: undefined as Error | undefined,
    /** What holds the next reply back. */
    holds: undefined as Promise<void> | undefined,
  };
  const instance = new PresenceWatch({
    onSubscribed: () => Promise.resolve(),
    tokenFor: (name) => t.tokens[name],
    isOpen: false,
    connection: {
      get registered() {
        return t.keeps ? { request } : undefined;
      },
    },
    onChange: (name, status) => changes.push(`${name} ${status ?? unknown}`),
  });
  async function request(request: Message, expected: string, taken = (_: Message) => {}) {
    assertEquals([request.verb, expected], ["WATCH", "WATCHACK"]);
    assertEquals(headerValues(request, "Version"), ["1"]);
    const targets = headerValues(request, "Target");
    asked.push(targets);
    const names = targets.map((target) => target.split(" ")[0]!);
    await t.holds;
    if (t.fails !== undefined) throw t.fails;
    const lines = names.map((name) => `${name} ${t.said[name] ?? "away"}`);
    const reply = watchack(
      lines,
      ...t.mailbox ? [["Mailbox", t.mailbox] as const] : [],
      ...t.readsTokens ? [["Features", "presence"] as const] : [],
    );
    taken(reply);
    return reply;
  }
  return Object.assign(t, { presence: instance });
}

/** Lets everything run that waits for nothing. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await undefined;
}

Deno.test("clients are watched once there is a server, and their presence is known from then on", async () => {
  const t = made({ bob: "online", carol: "registered" });
  t.presence.watch(["bob", "carol", "dave"]);
  await settle();
  assertEquals(t.asked, []);
  assertEquals(t.presence.status("bob"), undefined);
  await t.presence.registered();
  assertEquals(t.asked, [["bob", "carol", "dave"]]);
  assertEquals(t.changes, ["bob online", "carol registered", "dave away"]);
  assertEquals(
    ["bob", "carol", "dave", "erin"].map((name) => t.presence.status(name)),
    ["online", "registered", "away", undefined],
  );
});

Deno.test("the server is told even if there is nobody to watch", async () => {
  const t = made();
  await t.presence.registered();
  assertEquals(t.asked, [[]]);
});

Deno.test("each change is reported, and nothing else", async () => {
  const t = made({ bob: "online" });
  t.presence.watch(["bob", "carol"]);
  await t.presence.registered();
  t.changes.length = 0;
  t.presence.take(presence("bob online"));
  assertEquals(t.changes, []);
  t.presence.take(presence("bob away", "carol online"));
  t.presence.take(presence("bob away", "bob registered"));
  assertEquals(t.changes, ["bob away", "carol online", "bob registered"]);
  // The next registration finds out what was missed.
  await t.presence.registered();
  assertEquals(t.changes.slice(3), ["bob online", "carol away"]);
});

Deno.test("other clients and malformed lines are ignored", async () => {
  const t = made();
  t.presence.watch(["bob"]);
  await t.presence.registered();
  t.changes.length = 0;
  for (
    const line of ["mallory online", "bob", "bob ", "bob here", "", " bob online", "bob  online"]
  ) {
    t.presence.take(presence(line));
  }
  assertEquals(t.changes, []);
  assertEquals(t.presence.status("mallory"), undefined);
  t.presence.take(presence("bob online since yesterday"));
  assertEquals(t.changes, ["bob online"]);
});

Deno.test("the last list counts, and several lists in one turn are one request", async () => {
  const t = made();
  await t.presence.registered();
  t.presence.watch(["bob"]);
  t.presence.watch(["carol"]);
  t.presence.watch(["carol", "dave"]);
  await settle();
  assertEquals(t.asked, [[], ["carol", "dave"]]);
  // The same list again is not sent.
  t.presence.watch(["dave", "carol", "dave"]);
  await settle();
  assertEquals(t.asked.length, 2);
  t.presence.watch([]);
  await settle();
  assertEquals(t.asked.slice(2), [[]]);
});

Deno.test("a list that changes while the server is asked is sent behind the request", async () => {
  const t = made({ bob: "online", carol: "online" });
  const { promise, resolve } = Promise.withResolvers<void>();
  t.holds = promise;
  t.presence.watch(["bob"]);
  const registered = t.presence.registered();
  await settle();
  t.presence.watch(["carol"]);
  await settle();
  assertEquals(t.asked, [["bob"]]);
  resolve();
  await registered;
  assertEquals(t.asked, [["bob"], ["carol"]]);
  // When the reply comes, bob is not watched any more.
  assertEquals(t.changes, ["carol online"]);
  assertEquals(t.presence.status("bob"), undefined);
});

Deno.test("of a client that is not watched any more nothing is known", async () => {
  const t = made({ bob: "online" });
  t.presence.watch(["bob"]);
  await t.presence.registered();
  t.presence.watch([]);
  assertEquals(t.presence.status("bob"), undefined);
  t.presence.take(presence("bob away"));
  assertEquals(t.presence.status("bob"), undefined);
  t.said = { bob: "online" };
  t.presence.watch(["bob"]);
  await settle();
  assertEquals(t.changes, ["bob online", `bob ${unknown}`, "bob online"]);
});

Deno.test("only so many are watched, only valid ids, and none twice", async () => {
  const t = made();
  const names = Array.from({ length: 100 }, (_, i) => `client-${i}`);
  t.presence.watch(["not an id", "bob", "", "bob", "a\r\nb", ...names]);
  await t.presence.registered();
  assertEquals(t.asked, [["bob", ...names].slice(0, watchedMax)]);
});

Deno.test("after the server is lost nothing is known of anybody", async () => {
  const t = made({ bob: "online" });
  t.mailbox = "65536";
  t.presence.watch(["bob", "carol"]);
  await t.presence.registered();
  t.changes.length = 0;
  t.presence.lost();
  assertEquals(t.changes, [`bob ${unknown}`, `carol ${unknown}`]);
  assertEquals(t.presence.status("bob"), undefined);
  assertEquals(t.presence.mailBytesMax, undefined);
  t.presence.lost();
  t.presence.take(presence("bob online"));
  t.presence.watch(["bob"]);
  await settle();
  assertEquals([t.changes.length, t.asked.length], [2, 1]);
  await t.presence.registered();
  assertEquals(t.asked.slice(1), [["bob"]]);
  assertEquals(t.presence.status("bob"), "online");
});

for (
  const [what, error] of [
    ["does not know how", refusal(400)],
    ["has not seen a key", refusal(403)],
    ["has no room", refusal(503)],
    ["is lost meanwhile", new UserError({ code: "server-closed", server: "127.0.0.1:1" })],
  ] as const
) {
  Deno.test(`a server that ${what} is asked again at the next registration`, async () => {
    const t = made({ bob: "online" });
    t.fails = error;
    t.presence.watch(["bob"]);
    await t.presence.registered();
    t.presence.watch(["bob", "carol"]);
    await settle();
    assertEquals(t.asked.length, 1);
    assertEquals(t.changes, []);
    t.fails = undefined;
    await t.presence.registered();
    assertEquals(t.asked.length, 2);
    assertEquals(t.changes, ["bob online", "carol away"]);
  });
}

Deno.test("a defect of the program is not ignored", async () => {
  const t = made();
  t.fails = new TypeError("ours");
  await assertRejects(() => t.presence.registered(), TypeError);
});

Deno.test("the server says how large a mail may be, if it keeps any", async () => {
  const t = made();
  for (
    const [said, bytes] of [["65536", 65_536], [undefined, undefined], ["much", undefined]] as const
  ) {
    t.mailbox = said;
    await t.presence.registered();
    assertEquals(t.presence.mailBytesMax, bytes);
  }
});

Deno.test("whatever happens, what is known is what the server said last about those that are watched", async () => {
  const names = ["bob", "carol", "dave"];
  const name = fc.constantFrom(...names);
  const status = fc.constantFrom<PresenceStatus>("online", "registered", "away");
  const step = fc.oneof(
    fc.record({ does: fc.constant("watch" as const), names: fc.subarray(names) }),
    fc.record({ does: fc.constant("changes" as const), name, status }),
    fc.record({ does: fc.constantFrom("registered" as const, "lost" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const t = made();
      let wanted: readonly string[] = [];
      let connected = false;
      const shown = new Map<string, string>();
      for (const step of steps) {
        if (step.does === "watch") t.presence.watch(wanted = step.names);
        else if (step.does === "changes") {
          t.said[step.name] = step.status;
          if (connected && wanted.includes(step.name)) {
            t.presence.take(presence(`${step.name} ${step.status}`));
          }
        } else if (step.does === "registered") {
          connected = true;
          await t.presence.registered();
        } else {
          connected = false;
          t.presence.lost();
        }
        await settle();
        for (const change of t.changes.splice(0)) {
          const [who = "", what = ""] = change.split(" ");
          shown.set(who, what);
        }
        for (const who of names) {
          const due = connected && wanted.includes(who) ? t.said[who] ?? "away" : undefined;
          assertEquals(t.presence.status(who), due);
          assertEquals(shown.get(who) ?? unknown, due ?? unknown);
        }
      }
    }),
  );
});

Deno.test("a legacy server is not asked", async () => {
  const t = made();
  t.keeps = false;
  t.presence.watch(["bob"]);
  await t.presence.registered();
  t.presence.watch(["carol"]);
  await settle();
  assertEquals([t.asked, t.changes], [[], []]);
});

Deno.test("a server that reads tokens is shown those that there are, and a new one at once", async () => {
  const t = made();
  t.readsTokens = true;
  const token = new Uint8Array(16).fill(7);
  t.tokens.bob = token;
  t.presence.watch(["bob", "carol"]);
  await t.presence.registered();
  assertEquals(t.asked, [["bob", "carol"], [`bob ${token.toHex()}`, "carol"]]);
  // What is the same is not asked again.
  t.presence.tokensChanged();
  await t.presence.registered();
  assertEquals(t.asked.length, 3);
  t.tokens.carol = token;
  t.presence.tokensChanged();
  await t.presence.registered();
  assertEquals(t.asked.at(-1), [`bob ${token.toHex()}`, `carol ${token.toHex()}`]);
});

Deno.test("a server that does not read tokens is shown none", async () => {
  const t = made();
  t.tokens.bob = new Uint8Array(16);
  t.presence.watch(["bob"]);
  await t.presence.registered();
  t.presence.tokensChanged();
  await t.presence.registered();
  assertEquals(t.asked, [["bob"], ["bob"]]);
});
