import { assertEquals } from "@std/assert";
import { type CheckedConversation, PathChecks } from "../../../client/conversations/path_checks.ts";
import type { ClientEvent, CloseReason } from "../../../client/events.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const id = "00112233";

/** A conversation with somebody who answers, or does not. */
class Scene implements CheckedConversation {
  readonly clock = new FakeClock();
  readonly #begunAtMs = this.clock.now();
  links: unknown[] = [{}];
  waiting = 0;
  isContact = true;
  answers = true;
  /** Whether a call on another way opens a link. */
  isThere = true;
  /** The conversation of the id, as it is now. */
  present: CheckedConversation = this;
  readonly asked: number[] = [];
  readonly called: number[] = [];
  serverChecks = 0;
  readonly checks: PathChecks<CheckedConversation> = new PathChecks({
    clock: this.clock,
    random: () => 0.5,
    contactAt: (): CheckedConversation | undefined => this.isContact ? this.present : undefined,
    isAnswered: () => {
      this.asked.push(this.clock.now() - this.#begunAtMs);
      return this.answers ? Promise.resolve(true) : new Promise(() => {});
    },
    rendezvous: { check: () => void this.serverChecks++ },
    goAround: () => {
      this.called.push(this.clock.now() - this.#begunAtMs);
      if (this.isThere) this.links = [{}];
      return Promise.resolve();
    },
  });

  hears(type: "message" | "delivered" = "message"): void {
    this.checks.note({ type, conversation: id } as ClientEvent);
  }

  loses(reason: CloseReason): void {
    this.links = [];
    this.checks.note({ type: "closed", conversation: id, reason } as ClientEvent);
  }

  async passes(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) await this.clock.pass(250);
  }
}

Deno.test("a way that is silent behind a message is tried for a while, and no more then", async () => {
  const scene = new Scene();
  scene.hears();
  await scene.passes(1_750);
  assertEquals(scene.asked, []);
  await scene.passes(120_000);
  assertEquals([scene.asked[0], scene.asked.length, scene.called], [2_000, 14, []]);
  assertEquals(scene.serverChecks, 0);
});

Deno.test("nothing is tried while messages come and go, nor with somebody who is no contact", async () => {
  const scene = new Scene();
  for (let n = 0; n < 60; n++) {
    scene.hears(n % 2 === 0 ? "message" : "delivered");
    await scene.passes(1_000);
  }
  assertEquals(scene.asked, []);
  const stranger = new Scene();
  stranger.isContact = false;
  stranger.hears();
  await stranger.passes(10_000);
  assertEquals(stranger.asked, []);
});

Deno.test("a way on which nothing comes back is gone around within four seconds, and the server is checked before", async () => {
  const scene = new Scene();
  scene.answers = false;
  scene.hears();
  await scene.passes(3_250);
  assertEquals([scene.called, scene.serverChecks], [[], 1]);
  await scene.passes(250);
  assertEquals(scene.called, [3_500]);
});

Deno.test("a call that comes to nothing is made again, ever less often, and without asking first", async () => {
  const scene = new Scene();
  scene.answers = scene.isThere = false;
  scene.hears();
  await scene.passes(20_000);
  assertEquals(scene.asked.length, 1);
  const pauses = scene.called.slice(1).map((at, i) => at - scene.called[i]!);
  assertEquals(
    scene.called.length > 3 && pauses.every((ms, i) => ms >= (pauses[i - 1] ?? 0)),
    true,
  );
});

Deno.test("what is on its way and is not confirmed is not asked about, and is gone around", async () => {
  const scene = new Scene();
  scene.hears();
  scene.waiting = 1;
  await scene.passes(3_250);
  assertEquals([scene.asked, scene.called], [[], []]);
  await scene.passes(250);
  assertEquals([scene.asked, scene.called], [[], [3_500]]);
});

Deno.test("a conversation that took the place of one that is over is not gone around for that one", async () => {
  const scene = new Scene();
  scene.hears();
  await scene.passes(1_000);
  scene.isThere = false;
  scene.loses("lost");
  scene.present = { links: [{}], waiting: 0 };
  await scene.passes(120_000);
  assertEquals(scene.called, []);
});

Deno.test("nothing is waited for after the end, also if that comes in the middle of a check", async () => {
  for (const endsAfterMs of [2_250, 3_000, 3_750]) {
    const scene = new Scene();
    scene.hears();
    scene.waiting = 1;
    scene.isThere = false;
    await scene.passes(endsAfterMs);
    const { called: { length: calls }, serverChecks } = scene;
    scene.checks.stop();
    await scene.clock.pass(0);
    assertEquals(scene.clock.waiting, 0);
    await scene.passes(10_000);
    assertEquals([scene.called.length, scene.serverChecks], [calls, serverChecks]);
  }
});

Deno.test("who is lost is called at once, who has left is not", async () => {
  for (
    const [reason, calls] of [["lost", 1], ["silent", 1], ["peer-left", 0], [
      "you-left",
      0,
    ]] as const
  ) {
    const scene = new Scene();
    scene.hears();
    await scene.passes(500);
    scene.loses(reason);
    await scene.passes(500);
    assertEquals(scene.called.length, calls, reason);
    scene.checks.stop();
    await scene.passes(10_000);
    assertEquals(scene.called.length, calls, reason);
  }
});
