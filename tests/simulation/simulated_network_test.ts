import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { rejectsSaying } from "../support/problems.ts";
import fc from "fast-check";
import { UserError } from "../../client/user_error.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { SeededRandom } from "./seeded_random.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { type Cut, cuts, type SimulatedConn } from "./simulated_conn.ts";
import { type NetworkOptions, SimulatedNetwork } from "./simulated_network.ts";

const never = new AbortController().signal;

/** Two machines, on each of which a program runs, and a connection that the first one has opened. */
async function setUp(seed = 1, options: Partial<NetworkOptions> = {}) {
  const clock = new FakeClock(0);
  const network = new SimulatedNetwork({ clock, random: new SeededRandom(seed), ...options });
  const machines = ["10.0.0.1", "10.0.0.2"].map((host, i) => network.machine("ab"[i]!, host));
  const [a, b] = machines.map((machine) => machine.start());
  const accepted = Promise.withResolvers<SimulatedConn>();
  const listening = b!.listen({ host: "0.0.0.0", port: 7 }, accepted.resolve);
  const there = { host: "10.0.0.2", port: 7 };
  const initiator = await clock.finish(a!.dial(there, "bob", { signal: never }));
  const responder = await clock.finish(accepted.promise);
  return { clock, network, a: a!, b: b!, there, listening, initiator, responder };
}

/** Reads until the end. @returns What came, and how it ended. */
async function readAll(conn: SimulatedConn, bufferBytes = 100) {
  const bytes: number[] = [];
  const buffer = new Uint8Array(bufferBytes);
  try {
    for (let count; (count = await conn.read(buffer)) !== null;) {
      bytes.push(...buffer.subarray(0, count));
    }
    return { bytes, end: "end" };
  } catch (error) {
    return { bytes, end: (error as Error).name };
  }
}

async function sendAndEnd(conn: SimulatedConn, bytes: Uint8Array): Promise<void> {
  await writeAll(conn, bytes);
  await conn.closeWrite();
}

Deno.test("both ends know each other's addresses", async () => {
  const { initiator, responder } = await setUp();
  assertEquals(initiator.remoteAddr, responder.localAddr);
  assertEquals(initiator.localAddr, responder.remoteAddr);
  assertEquals([initiator.localAddr.hostname, responder.localAddr.port], ["10.0.0.1", 7]);
});

Deno.test("bytes arrive in order, whatever the pieces, and writes wait if the other side does not read", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer(),
    fc.uint8Array({ maxLength: 2_000 }),
    fc.uint8Array({ maxLength: 2_000 }),
    fc.integer({ min: 1, max: 300 }),
    async (seed, first, second, bufferBytes) => {
      const { clock, initiator, responder } = await setUp(seed, { bufferBytes, split: 0.6 });
      const [, , received, answered] = await clock.finish(
        Promise.all([
          sendAndEnd(initiator, first),
          sendAndEnd(responder, second),
          readAll(responder),
          readAll(initiator),
        ]),
        1e9,
      );
      assertEquals(received, { bytes: [...first], end: "end" });
      assertEquals(answered, { bytes: [...second], end: "end" });
    },
  ));
});

Deno.test("a write takes what there is room for, and the next one waits for a read", async () => {
  const { clock, initiator, responder } = await setUp(1, { bufferBytes: 10 });
  assertEquals(await initiator.write(new Uint8Array(7)), 7);
  assertEquals(await initiator.write(new Uint8Array(7)), 3);
  let taken = 0;
  initiator.write(new Uint8Array(7)).then((count) => taken = count);
  await clock.pass(60_000);
  assertEquals(taken, 0);
  await responder.read(new Uint8Array(4));
  await clock.pass(5_000);
  assertEquals(taken, 4);
});

Deno.test("what was sent before closing arrives, unless the closer has left something unread", async () => {
  const { clock, initiator, responder } = await setUp();
  await initiator.write(new Uint8Array([1, 2, 3]));
  initiator.close();
  assertEquals((await clock.finish(readAll(responder))).bytes, [1, 2, 3]);
  assertEquals(await responder.write(new Uint8Array(3)), 3);
  await clock.pass(10_000);
  await assertRejects(() => responder.write(new Uint8Array(3)), Deno.errors.BrokenPipe);
  responder.close();

  for (let seed = 0; seed < 10; seed++) {
    const unread = await setUp(seed);
    await unread.responder.write(new Uint8Array(3));
    await unread.clock.pass(10_000);
    const reading = readAll(unread.responder);
    unread.initiator.close();
    assert(["end", "ConnectionReset"].includes((await unread.clock.finish(reading)).end));
    await assertRejects(() => unread.responder.write(new Uint8Array(3)), Deno.errors.BrokenPipe);
  }
});

Deno.test("an end that is closed can do nothing, and what waited on it is interrupted", async () => {
  const { initiator } = await setUp();
  const reading = initiator.read(new Uint8Array(1));
  initiator.close();
  await assertRejects(() => reading, Deno.errors.Interrupted);
  await assertRejects(() => initiator.read(new Uint8Array(1)), Deno.errors.BadResource);
  await assertRejects(() => initiator.write(new Uint8Array(1)), Deno.errors.BadResource);
  assertThrows(() => initiator.close(), Deno.errors.BadResource);
});

Deno.test("an end that has said everything can still be answered", async () => {
  const { clock, initiator, responder } = await setUp();
  await initiator.closeWrite();
  await assertRejects(() => initiator.write(new Uint8Array(1)), Deno.errors.BrokenPipe);
  assertEquals(await clock.finish(responder.read(new Uint8Array(1))), null);
  await responder.write(new Uint8Array([9]));
  responder.close();
  assertEquals(await clock.finish(readAll(initiator)), { bytes: [9], end: "end" });
});

Deno.test("a connection is cut before any byte, and its ends hear of it or not", async () => {
  const sent = Uint8Array.from({ length: 30 }, (_, i) => i);
  for (let atByte = 0; atByte <= 30; atByte++) {
    for (const how of cuts) {
      const { clock, network, initiator, responder } = await setUp(atByte);
      network.cutAt(atByte, how);
      const heard: Record<string, string> = {};
      const ends = { initiator, responder };
      for (const [name, end] of Object.entries(ends)) {
        readAll(end).then(({ bytes, end }) => {
          heard[name] = end;
          assertEquals(bytes, [...sent.subarray(0, name === "responder" ? atByte : 0)]);
        });
      }
      for (const byte of sent) await writeAll(initiator, new Uint8Array([byte]));
      await clock.pass(600_000);
      const expected: Record<Cut, number> = { reset: 2, end: 2, "one-sided": 1, silent: 0 };
      assertEquals(Object.keys(heard).length, atByte === 30 ? 0 : expected[how]);
      // Nobody is told by a write either, once nothing comes through.
      if (how === "silent") assertEquals(await initiator.write(new Uint8Array(9)), 9);
    }
  }
});

Deno.test("what cannot get through is sent again once it can", async () => {
  const { clock, network, a, b, initiator, responder } = await setUp();
  network.block(a.machine, b.machine);
  await sendAndEnd(initiator, new Uint8Array([1, 2, 3]));
  await responder.write(new Uint8Array([4]));
  const reading = readAll(responder);
  await clock.pass(100_000);
  assertEquals(await initiator.read(new Uint8Array(9)), 1);
  network.heal();
  assertEquals(await clock.finish(reading), { bytes: [1, 2, 3], end: "end" });
});

Deno.test("dialing fails in the words that the system's network has", async () => {
  const { clock, network, a, b, there, listening } = await setUp();
  const dial = (options = {}) => clock.finish(a.dial(there, "bob", { signal: never, ...options }));
  network.block(b.machine, a.machine);
  const startMs = clock.now();
  await rejectsSaying(
    () => dial(),
    UserError,
    "Cannot reach bob at 10.0.0.2:7: no answer within the time",
  );
  assertEquals(clock.now() - startMs, 10_000);
  const giving = new AbortController();
  const given = dial({ signal: giving.signal });
  clock.after(500, () => giving.abort(new TypeError("given up")));
  await assertRejects(() => given, TypeError, "given up");
  network.heal();
  await listening.close();
  await rejectsSaying(
    () => dial(),
    UserError,
    "Cannot reach bob at 10.0.0.2:7: nobody listens there",
  );
  b.losePower();
  await rejectsSaying(() => dial(), UserError, "no answer within the time");
});

Deno.test("a caller that tries again gets in once the way is free", async () => {
  const { clock, network, a, b, there } = await setUp();
  network.block(a.machine, b.machine);
  clock.after(2_000, () => network.heal());
  const conn = await clock.finish(a.dial(there, "bob", { signal: never }));
  assert(clock.now() >= 3_000);
  conn.close();
});

Deno.test("a port is taken once, and free when its program is gone", async () => {
  const { b, listening } = await setUp();
  const listen = () => b.listen({ host: "10.0.0.2", port: 7 }, () => {});
  assertThrows(listen, Deno.errors.AddrInUse);
  await listening.close();
  await listen().close();
  listen();
  assertThrows(
    () => b.listen({ host: "10.0.0.9", port: 8 }, () => {}),
    Deno.errors.AddrNotAvailable,
  );
  b.kill();
  b.machine.start().listen({ host: "10.0.0.2", port: 7 }, () => {});
});

Deno.test("the other end of a killed program's connection hears of it, and the program hears nothing", async () => {
  const { clock, network, a, b, initiator, responder } = await setUp();
  let woken = false;
  const wake = () => woken = true;
  responder.read(new Uint8Array(1)).then(wake, wake);
  b.clock.after(10, wake);
  await responder.write(new Uint8Array([5]));
  b.kill();
  const { bytes } = await clock.finish(readAll(initiator));
  assertEquals(bytes, [5]);
  await clock.pass(1_000);
  assert(!woken);
  assertEquals(network.faults, []);
  await assertRejects(() => b.dial({ host: "10.0.0.1", port: 1 }, "it", { signal: never }));
  assertEquals(network.faults.length, 1);
  a.kill();
});

Deno.test("the other end of a connection to a machine that is off hears nothing until it is on again", async () => {
  const { clock, b, initiator } = await setUp();
  b.losePower();
  let ended = false;
  readAll(initiator).then(() => ended = true);
  await initiator.write(new Uint8Array([1]));
  await clock.pass(100_000);
  assert(!ended);
  b.machine.start();
  await clock.pass(10_000);
  assert(ended);
});

Deno.test("a machine that moves is reached at its new address alone", async () => {
  const { clock, a, b, there, initiator, responder } = await setUp();
  b.machine.move("10.0.0.3");
  await initiator.write(new Uint8Array([1]));
  await responder.write(new Uint8Array([1]));
  let heard = false;
  for (const conn of [initiator, responder]) readAll(conn).then(() => heard = true);
  await assertRejects(() => clock.finish(a.dial(there, "bob", { signal: never })), UserError);
  assert(!heard);
  await clock.finish(a.dial({ host: "10.0.0.3", port: 7 }, "bob", { signal: never }));
});

Deno.test("the same seed gives the same course of things", async () => {
  const course = async (seed: number) => {
    const { clock, initiator, responder } = await setUp(seed);
    const times: number[] = [];
    const buffer = new Uint8Array(50);
    initiator.write(new Uint8Array(1_000));
    for (let total = 0; total < 1_000;) {
      total += (await clock.finish(responder.read(buffer)))!;
      times.push(clock.now());
    }
    return times;
  };
  assertEquals(await course(3), await course(3));
  assert(JSON.stringify(await course(3)) !== JSON.stringify(await course(4)));
});
