import { assertEquals } from "@std/assert";
import { PathReports, type ReportedLink } from "../../../client/conversations/path_reports.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const settledMs = 10_000;

class Scene {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  isTold = true;
  readonly peerId = "bob";
  readonly links: ReportedLink[] = [];
  readonly reports = new PathReports<Scene>({
    clock: this.clock,
    rendezvous: {
      pathCounter: (name) =>
        this.isTold ? (path) => void this.told.push(`${name} ${path}`) : undefined,
    },
  });

  constructor(readonly key: string | undefined) {}

  /** Sets the links, the best first. */
  has(...links: ReportedLink[]): void {
    this.links.splice(0, this.links.length, ...links);
    this.reports.changed(this);
  }
}

function link(
  rank: number,
  host = "192.0.2.1",
  role: ReportedLink["role"] = "initiator",
  over: ReportedLink["punched"] = "quic",
): ReportedLink {
  return { role, rank, punched: rank === 1 ? over : undefined, remote: { host } };
}

Deno.test("a conversation is told of once it has settled, and not before", async () => {
  const scene = new Scene("a key");
  scene.has(link(2));
  await scene.clock.pass(1_000);
  scene.has(link(1), link(2));
  await scene.clock.pass(settledMs - 1);
  assertEquals(scene.told, []);
  await scene.clock.pass(1);
  assertEquals(scene.told, ["bob punched-quic-ipv4"]);
  // The relay is left, and nothing is another way.
  scene.has(link(1));
  await scene.clock.pass(60_000);
  assertEquals(scene.told.length, 1);
});

Deno.test("each way has its transport and family", async () => {
  const told = [];
  const ways = [
    link(0, "192.0.2.1"),
    link(0, "2001:db8::1"),
    link(1, "2001:db8::1"),
    link(1, "192.0.2.1", "initiator", "tcp"),
  ];
  for (const way of ways) {
    const scene = new Scene("a key");
    scene.has(way);
    await scene.clock.pass(settledMs);
    told.push(...scene.told);
  }
  assertEquals(told, [
    "bob direct-tcp-ipv4",
    "bob direct-tcp-ipv6",
    "bob punched-quic-ipv6",
    "bob punched-tcp-ipv4",
  ]);
});

Deno.test("a change is told of, and flapping is not", async () => {
  const scene = new Scene("a key");
  scene.has(link(0));
  await scene.clock.pass(settledMs);
  for (let i = 0; i < 5; i++) {
    scene.has(link(2));
    await scene.clock.pass(1_000);
    scene.has(link(0), link(2));
    await scene.clock.pass(1_000);
  }
  await scene.clock.pass(60_000);
  assertEquals(scene.told, ["bob direct-tcp-ipv4"]);
  scene.has(link(2));
  await scene.clock.pass(settledMs);
  assertEquals(scene.told, ["bob direct-tcp-ipv4", "bob relayed"]);
});

Deno.test("who was called tells nothing, of the two the one whose link is used does", async () => {
  const [caller, called] = [new Scene("a key"), new Scene("a key")];
  caller.has(link(2));
  called.has(link(2, "192.0.2.1", "responder"));
  await Promise.all([caller.clock.pass(settledMs), called.clock.pass(settledMs)]);
  // It is the called one that finds the better way.
  caller.has(link(1, "192.0.2.1", "responder"), link(2));
  called.has(link(1), link(2, "192.0.2.1", "responder"));
  await Promise.all([caller.clock.pass(settledMs), called.clock.pass(settledMs)]);
  assertEquals(caller.told, ["bob relayed"]);
  assertEquals(called.told, ["bob punched-quic-ipv4"]);
});

Deno.test("a short conversation is told of at its end, and one that goes on when the client stops", async () => {
  const scene = new Scene("a key");
  scene.has(link(0));
  await scene.clock.pass(1_000);
  scene.has();
  assertEquals(scene.told, ["bob direct-tcp-ipv4"]);
  scene.has(link(2));
  scene.reports.stop();
  assertEquals(scene.told, ["bob direct-tcp-ipv4", "bob relayed"]);
  // What goes by itself in the end is no change of ways.
  scene.has(link(0));
  scene.has();
  await scene.clock.pass(60_000);
  assertEquals(scene.told.length, 2);
  assertEquals(scene.clock.waiting, 0);
});

Deno.test("nothing is told of programs without a key", async () => {
  const scene = new Scene(undefined);
  scene.has(link(0));
  await scene.clock.pass(settledMs);
  scene.has();
  assertEquals(scene.told, []);
});

Deno.test("a conversation of which nobody is to know when it begins is not told of later either", async () => {
  const scene = new Scene("a key");
  scene.isTold = false;
  scene.has(link(2));
  scene.isTold = true;
  await scene.clock.pass(settledMs);
  scene.has(link(0), link(2));
  await scene.clock.pass(settledMs);
  scene.has();
  assertEquals(scene.told, []);
  scene.has(link(0));
  scene.has();
  assertEquals(scene.told, ["bob direct-tcp-ipv4"]);
});
