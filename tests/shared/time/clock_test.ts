import { assert, assertEquals } from "@std/assert";
import { FakeClock } from "../../support/fake_clock.ts";
import { deadline, every, systemClock, wait } from "../../../shared/time/clock.ts";

Deno.test("the monotonic clock does not go backwards", () => {
  let last = systemClock.now();
  for (let i = 0; i < 1_000; i++) {
    const now = systemClock.now();
    assert(now >= last);
    last = now;
  }
});

Deno.test("wait ends with true when the time is over", async () => {
  assertEquals(await wait(1, new AbortController().signal), true);
});

Deno.test("a time that is past is at once, and the runtime has nothing to warn of", async () => {
  const program = `
    import { systemClock } from ${
    JSON.stringify(import.meta.resolve("../../../shared/time/clock.ts"))
  };
    systemClock.after(-5, () => console.log("at once"));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", program],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals([text(stdout), text(stderr)], ["at once\n", ""]);
});

Deno.test({
  name: "a program that was stopped reads what came meanwhile before its timers are due",
  // Windows has no SIGSTOP.
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const program = `
      import { systemClock } from ${
      JSON.stringify(import.meta.resolve("../../../shared/time/clock.ts"))
    };
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: ${listener.addr.port} });
      systemClock.after(1_000, () => { console.log("timer"); conn.close(); });
      const cancel = systemClock.after(1_000, () => console.log("cancelled"));
      await conn.write(new Uint8Array(1));
      await conn.read(new Uint8Array(1));
      console.log("read");
      cancel();`;
    await using child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--allow-net",
        "--no-config",
        `data:text/javascript,${encodeURIComponent(program)}`,
      ],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    using conn = await listener.accept();
    await conn.read(new Uint8Array(1));
    child.kill("SIGSTOP");
    await conn.write(new Uint8Array(1));
    // This is how long it is stopped: by its clock its timer is late then.
    await wait(2_500, new AbortController().signal);
    child.kill("SIGCONT");
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const { stdout, stderr } = await child.output();
    assertEquals([text(stdout), text(stderr)], ["read\ntimer\n", ""]);
  },
});

Deno.test("every calls again and again until it is ended, also by what it calls", async () => {
  const clock = new FakeClock();
  const begunMs = clock.now();
  const at: number[] = [];
  const end = every(100, () => {
    at.push(clock.now() - begunMs);
    if (at.length === 3) end();
  }, clock);
  await clock.pass(1_000);
  assertEquals([at, clock.waiting], [[100, 200, 300], 0]);
});

// The sanitizer fails these two tests if the timer is left.
Deno.test("wait ends with false as soon as the signal aborts", async () => {
  const controller = new AbortController();
  const waiting = wait(3_600_000, controller.signal);
  controller.abort();
  assertEquals(await waiting, false);
});

Deno.test("wait does not start if the signal has aborted already", async () => {
  assertEquals(await wait(3_600_000, AbortSignal.abort()), false);
});

Deno.test("a deadline aborts after its time, with the other signal, or when it is disposed of", async () => {
  const clock = new FakeClock();
  const { signal } = deadline(1_000, new AbortController().signal, clock);
  await clock.pass(999);
  assertEquals(signal.aborted, false);
  await clock.pass(1);
  assertEquals(signal.aborted, true);
  const other = new AbortController();
  const both = deadline(1_000, other.signal, clock);
  other.abort();
  assertEquals(both.signal.aborted, true);
  both[Symbol.dispose]();
  const disposed = deadline(1_000, new AbortController().signal, clock);
  disposed[Symbol.dispose]();
  assertEquals(disposed.signal.aborted, true);
});
