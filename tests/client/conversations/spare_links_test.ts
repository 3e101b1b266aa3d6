import { assertEquals } from "@std/assert";
import { type SpareLink, SpareLinks } from "../../../client/conversations/spare_links.ts";
import { FakeClock } from "../../support/fake_clock.ts";

class Scene {
  readonly clock = new FakeClock();
  readonly links: SpareLink[] = [];
  readonly left: string[] = [];
  decides = true;
  answers = true;
  asked = 0;
  readonly spare = new SpareLinks<Scene>({
    clock: this.clock,
    decides: () => this.decides,
    isAnswered: () => {
      this.asked++;
      return Promise.resolve(this.answers);
    },
  });

  /** Sets the links, the best first. */
  has(...links: SpareLink[]): void {
    this.links.splice(0, this.links.length, ...links);
    this.spare.changed(this);
  }

  link(name: string, rank: number, hasBegun = false): SpareLink {
    return {
      rank,
      comparison: { hasBegun },
      leave: (_settled, reason) => Promise.resolve(void this.left.push(`${name}: ${reason}`)),
    };
  }
}

const left = (name: string) => `${name}: The conversation goes on on another link`;

Deno.test("of several links the best is kept, and the others are left once nothing changes any more", async () => {
  const scene = new Scene();
  const [first, second, third] = [
    scene.link("first", 0),
    scene.link("second", 0),
    scene.link("punched", 1),
  ];
  scene.has(first, third);
  await scene.clock.pass(9_000);
  scene.has(first, second, third);
  await scene.clock.pass(9_000);
  assertEquals(scene.left, []);
  await scene.clock.pass(1_000);
  assertEquals(scene.left, [left("second"), left("punched")]);
});

Deno.test("one of the two decides, and only if there is something to decide", async () => {
  const scene = new Scene();
  scene.has(scene.link("one", 0));
  await scene.clock.pass(60_000);
  scene.decides = false;
  scene.has(scene.link("one", 0), scene.link("other", 0));
  await scene.clock.pass(60_000);
  assertEquals([scene.left, scene.asked], [[], 0]);
});

Deno.test("nothing is left for a link on which the peer does not answer", async () => {
  const scene = new Scene();
  scene.answers = false;
  scene.has(scene.link("one", 0), scene.link("other", 0));
  await scene.clock.pass(60_000);
  assertEquals(scene.left, []);
  scene.answers = true;
  await scene.clock.pass(10_000);
  assertEquals(scene.left, [left("other")]);
});

Deno.test("beside a better way the one over the server stays, and of several over the server one", async () => {
  const scene = new Scene();
  const relayed = [scene.link("relayed", 2), scene.link("relayed, too", 2)];
  scene.has(scene.link("straight", 0), ...relayed);
  await scene.clock.pass(60_000);
  assertEquals(scene.left, []);
  scene.has(...relayed);
  await scene.clock.pass(10_000);
  assertEquals(scene.left, [left("relayed, too")]);
});

Deno.test("a link on which words are compared stays", async () => {
  const scene = new Scene();
  scene.has(scene.link("one", 0), scene.link("compared", 0, true), scene.link("other", 0));
  await scene.clock.pass(60_000);
  assertEquals(scene.left, [left("other")]);
});

Deno.test("what is over is not decided any more", async () => {
  const scene = new Scene();
  scene.has(scene.link("one", 0), scene.link("other", 0));
  scene.has();
  await scene.clock.pass(60_000);
  scene.has(scene.link("one", 0), scene.link("other", 0));
  scene.spare.stop();
  await scene.clock.pass(60_000);
  assertEquals([scene.left, scene.asked], [[], 0]);
});
