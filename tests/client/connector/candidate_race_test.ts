import { assertEquals, assertRejects } from "@std/assert";
import { raceCandidates } from "../../../client/connector/candidate_race.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** A race of candidates that answer, fail or stay silent as a test says. */
class Scene {
  readonly clock = new FakeClock();
  readonly tried: string[] = [];
  readonly givenUp: string[] = [];
  readonly attempts = new Map<string, PromiseWithResolvers<string>>();
  readonly giveUp = new AbortController();
  isSettled = false;

  race(...candidates: string[]): Promise<string | undefined> {
    for (const candidate of candidates) {
      const attempt = Promise.withResolvers<string>();
      attempt.promise.catch(() => {});
      this.attempts.set(candidate, attempt);
    }
    const race = raceCandidates({
      candidates,
      attempt: (candidate, signal) => {
        this.tried.push(candidate);
        signal.addEventListener("abort", () => this.givenUp.push(candidate));
        return this.attempts.get(candidate)!.promise;
      },
      isSettled: () => this.isSettled,
      clock: this.clock,
      signal: this.giveUp.signal,
    });
    race.catch(() => {});
    return race;
  }

  async fails(candidate: string): Promise<void> {
    this.attempts.get(candidate)!.reject(new Error(candidate));
    await this.clock.pass(0);
  }
}

Deno.test("the next candidate is tried when the last has failed, or has taken a while", async () => {
  const scene = new Scene();
  const race = scene.race("a", "b", "c", "d");
  assertEquals(scene.tried, ["a"]);
  await scene.fails("a");
  assertEquals(scene.tried, ["a", "b"]);
  await scene.clock.pass(99);
  assertEquals(scene.tried, ["a", "b"]);
  await scene.clock.pass(1);
  assertEquals(scene.tried, ["a", "b", "c"]);
  scene.attempts.get("b")!.resolve("b");
  assertEquals(await race, "b");
  assertEquals(scene.givenUp, ["a", "b", "c"]);
  await scene.clock.pass(1_000);
  assertEquals(scene.tried, ["a", "b", "c"]);
});

Deno.test("a race of which all have failed says why the last one did", async () => {
  const scene = new Scene();
  const race = scene.race("a", "b");
  await scene.clock.pass(100);
  await scene.fails("b");
  await scene.fails("a");
  assertEquals((await assertRejects(() => race, Error)).message, "a");
});

Deno.test("a race of none, or that is settled, tries nothing more", async () => {
  const scene = new Scene();
  assertEquals(await scene.race(), undefined);
  const race = scene.race("a", "b");
  scene.isSettled = true;
  await scene.clock.pass(100);
  assertEquals(await race, undefined);
  assertEquals(scene.tried, ["a"]);
});

Deno.test("a race that is given up ends at once, and so do its attempts", async () => {
  const scene = new Scene();
  const race = scene.race("a", "b");
  scene.giveUp.abort(new Error("enough"));
  assertEquals((await assertRejects(() => race, Error)).message, "enough");
  assertEquals(scene.givenUp, ["a"]);
  await scene.clock.pass(1_000);
  assertEquals(scene.tried, ["a"]);
  assertEquals((await assertRejects(() => scene.race("c"), Error)).message, "enough");
  assertEquals(scene.tried, ["a"]);
});
