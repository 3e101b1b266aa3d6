import { assertEquals } from "@std/assert";
import {
  type PathConversation,
  PathKeeper,
  type PathLink,
} from "../../../client/conversations/path_keeper.ts";
import type { AddressChange } from "../../../client/transport/transport.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const idle = { peerId: "bob", key: "a key", links: [], waiting: 0, isUnknownSender: false };

class Scene {
  readonly clock = new FakeClock();
  readonly tries: number[] = [];
  readonly left: string[] = [];
  readonly told: string[] = [];
  readonly links: PathLink[] = [];
  isUnknownSender = false;
  readonly id = "00112233";
  readonly peerId = "bob";
  readonly key = "a key";
  waiting = 0;
  answers = true;
  asked = 0;
  others: PathConversation[] = [];
  /** When it was gone around a way, and from which addresses the server was said to be unreachable. */
  readonly around: number[] = [];
  readonly gone: string[][] = [];
  moved: (change: AddressChange) => void = () => {};
  watches = 0;
  readonly keeper = new PathKeeper<PathConversation>({
    clock: this.clock,
    random: () => 0.5,
    straighten: () => {
      this.tries.push(this.clock.now());
      return Promise.resolve();
    },
    all: () => [this, ...this.others],
    network: {
      watchAddresses: (_clock, onChange) => {
        this.moved = onChange;
        this.watches++;
        return { [Symbol.dispose]: () => void this.watches-- };
      },
    },
    rendezvous: {
      check: () => {},
      moved: (gone) => void this.gone.push([...gone]),
      pathCounter: (name) => (path) => void this.told.push(`${name} ${path}`),
    },
    goAround: () => Promise.resolve(void this.around.push(this.clock.now())),
    decides: () => true,
    isAnswered: () => {
      this.asked++;
      return Promise.resolve(this.answers);
    },
  });

  /** Sets the links, the best first. */
  has(...links: PathLink[]): void {
    this.links.splice(0, this.links.length, ...links);
    this.keeper.changed(this);
  }

  link(name: string, rank: number, role: PathLink["role"] = "initiator"): PathLink {
    const leave = () => Promise.resolve(void this.left.push(name));
    const punched = rank === 1 ? "quic" as const : undefined;
    const remote = { host: "10.0.0.8" };
    return { role, rank, punched, localHost: "10.0.0.7", remote, comparison: undefined, leave };
  }
}

Deno.test("who was called over the server calls back at once, and who has called waits a moment", async () => {
  const called = new Scene();
  called.has(called.link("relayed", 2, "responder"));
  await called.clock.pass(0);
  assertEquals(called.tries.length, 1);
  const caller = new Scene();
  caller.has(caller.link("relayed", 2));
  await caller.clock.pass(0);
  assertEquals(caller.tries.length, 0);
  await caller.clock.pass(2_000);
  assertEquals(caller.tries.length, 1);
});

Deno.test("a straight way is tried for ever less often, and never given up", async () => {
  const scene = new Scene();
  scene.has(scene.link("relayed", 2));
  for (let minutes = 0; minutes < 60; minutes++) await scene.clock.pass(60_000);
  const pauses = scene.tries.slice(1).map((at, i) => at - scene.tries[i]!);
  assertEquals(pauses.some((pause, i) => pause < (pauses[i - 1] ?? 0)), false);
  assertEquals(scene.tries.at(-1)! > 50 * 60_000, true);
  assertEquals(scene.tries.length < 40, true);
});

Deno.test("nobody is called back who is no contact", async () => {
  const scene = new Scene();
  scene.isUnknownSender = true;
  scene.has(scene.link("relayed", 2, "responder"));
  await scene.clock.pass(10_000);
  assertEquals(scene.tries, []);
  scene.isUnknownSender = false;
  await scene.clock.pass(60_000);
  assertEquals(scene.tries.length > 0, true);
});

Deno.test("the relay is left once a straight way has held for a while, and not before", async () => {
  const scene = new Scene();
  const relayed = scene.link("relayed", 2);
  scene.has(relayed);
  scene.has(scene.link("straight", 0), relayed);
  await scene.clock.pass(9_000);
  assertEquals(scene.left, []);
  await scene.clock.pass(2_000);
  assertEquals(scene.left, ["relayed"]);
});

Deno.test("a straight way on which nobody answers is not trusted, however long it holds", async () => {
  const scene = new Scene();
  const relayed = scene.link("relayed", 2);
  scene.has(relayed);
  scene.has(scene.link("straight", 0), relayed);
  scene.answers = false;
  await scene.clock.pass(60_000);
  assertEquals(scene.left, []);
  scene.answers = true;
  await scene.clock.pass(10_000);
  assertEquals(scene.left, ["relayed"]);
});

Deno.test("if the straight way dies soon, the relay stays and another is tried for", async () => {
  const scene = new Scene();
  const relayed = scene.link("relayed", 2);
  scene.has(relayed);
  scene.has(scene.link("straight", 0), relayed);
  await scene.clock.pass(5_000);
  scene.has(relayed);
  const before = scene.tries.length;
  await scene.clock.pass(10_000);
  assertEquals(scene.left, []);
  assertEquals(scene.tries.length > before, true);
});

Deno.test("of two links that are as good one is left", async () => {
  const scene = new Scene();
  scene.has(scene.link("one", 0), scene.link("other", 0));
  await scene.clock.pass(11_000);
  assertEquals(scene.left, ["other"]);
  scene.has(scene.link("one", 0), scene.link("other", 0));
  scene.keeper.stop();
  await scene.clock.pass(60_000);
  assertEquals(scene.left, ["other"]);
});

Deno.test("nothing is planned for what is over", async () => {
  const scene = new Scene();
  scene.has(scene.link("relayed", 2));
  scene.has();
  await scene.clock.pass(600_000);
  scene.has(scene.link("relayed", 2, "responder"));
  scene.keeper.stop();
  await scene.clock.pass(600_000);
  assertEquals(scene.tries, []);
});

const moved = (gone: string[], come: string[]) => ({ gone: new Set(gone), come: new Set(come) });

Deno.test("a way from an address that is gone is gone around at once, without being asked", async () => {
  const scene = new Scene();
  scene.has(scene.link("straight", 0));
  await scene.clock.pass(600_000);
  const asked = scene.asked;
  scene.moved(moved(["10.0.0.7"], []));
  const atMs = scene.clock.now();
  await scene.clock.pass(0);
  assertEquals([scene.around, scene.asked], [[atMs], asked]);
  // Until this machine is registered again that comes to nothing.
  await scene.clock.pass(250);
  assertEquals([scene.around.length, scene.asked], [2, asked]);
  await scene.clock.pass(500);
  assertEquals(scene.around.length, 3);
});

Deno.test("a quiet conversation that a change leaves as it is is asked once for that", async () => {
  const scene = new Scene();
  scene.has(scene.link("straight", 0));
  await scene.clock.pass(600_000);
  const asked = scene.asked;
  scene.moved(moved(["172.17.0.1"], []));
  await scene.clock.pass(120_000);
  assertEquals([scene.asked, scene.around], [asked + 1, []]);
});

Deno.test("of many who are not reached only some are called when this machine moves", async () => {
  const scene = new Scene();
  scene.waiting = 1;
  scene.others = Array.from({ length: 200 }, (_, i) => ({ ...idle, id: `${i}`, waiting: 1 }));
  scene.moved(moved([], ["10.1.0.7"]));
  await scene.clock.pass(0);
  assertEquals(scene.around.length, 64);
});

Deno.test("in another network the server and each way are tried at once, and a silent one is gone around", async () => {
  const scene = new Scene();
  scene.has(scene.link("straight", 0));
  // Nothing has been said for long.
  await scene.clock.pass(600_000);
  scene.answers = false;
  // From which address it goes is not known of each.
  scene.moved(moved(["10.0.0.9"], ["10.1.0.7"]));
  assertEquals(scene.gone, [["10.0.0.9"]]);
  const atMs = scene.clock.now();
  for (let i = 0; i < 20 && scene.around.length === 0; i++) await scene.clock.pass(100);
  assertEquals(scene.around.length, 1);
  assertEquals(scene.around[0]! - atMs <= 800, true);
});

Deno.test("a way that answers is left alone, whatever other network comes and goes", async () => {
  const scene = new Scene();
  scene.has(scene.link("straight", 0));
  scene.moved(moved(["172.17.0.1"], []));
  scene.moved(moved([], ["172.17.0.1"]));
  await scene.clock.pass(60_000);
  assertEquals([scene.around, scene.tries], [[], []]);
});

Deno.test("what waits for somebody who is not reached is tried again once there is a network", async () => {
  const scene = new Scene();
  scene.moved(moved([], ["10.1.0.7"]));
  await scene.clock.pass(1_000);
  assertEquals(scene.around, []);
  scene.waiting = 1;
  scene.moved(moved([], ["10.1.0.7"]));
  await scene.clock.pass(0);
  assertEquals(scene.around.length, 1);
});

Deno.test("in another network a straight way is tried for soon, however rarely it was tried before", async () => {
  const scene = new Scene();
  scene.has(scene.link("relayed", 2));
  for (let minutes = 0; minutes < 60; minutes++) await scene.clock.pass(60_000);
  const before = scene.tries.length;
  scene.moved(moved(["10.0.0.7"], ["10.1.0.7"]));
  await scene.clock.pass(2_000);
  assertEquals(scene.tries.length > before, true);
});

Deno.test("a client that has stopped watches nothing", () => {
  const scene = new Scene();
  assertEquals(scene.watches, 1);
  scene.keeper.stop();
  assertEquals(scene.watches, 0);
});
