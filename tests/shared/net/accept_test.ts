import { assert, assertEquals } from "@std/assert";
import { acceptUntil } from "../../../shared/net/accept.ts";

/** A listener that gives what it is told to, and then waits for its signal. */
function listenerOf(outcomes: (Error | "conn")[], stop: AbortController): Deno.TcpListener {
  return {
    accept() {
      const outcome = outcomes.shift();
      if (outcome === "conn") return Promise.resolve({} as Deno.TcpConn);
      if (outcome === undefined) {
        stop.abort();
        return Promise.reject(new Deno.errors.BadResource("closed"));
      }
      return Promise.reject(outcome);
    },
  } as unknown as Deno.TcpListener;
}

Deno.test("a caller who is gone before he is accepted costs nobody anything", async () => {
  const stop = new AbortController();
  const gone = [
    new Deno.errors.NotConnected("Transport endpoint is not connected (os error 107)"),
    new Deno.errors.ConnectionReset("reset"),
    new Deno.errors.ConnectionAborted("aborted"),
  ];
  let taken = 0;
  const failures: unknown[] = [];
  await acceptUntil(
    stop.signal,
    listenerOf([...gone, "conn", ...gone, "conn"], stop),
    () => taken++,
    (error) => failures.push(error),
  );
  assertEquals([taken, failures], [2, []]);
});

Deno.test("where the system lets nobody in, the loop waits longer each time, and goes on", async () => {
  const stop = new AbortController();
  const full = () => new Error("Too many open files (os error 24)");
  let taken = 0;
  const waits: number[] = [];
  await acceptUntil(
    stop.signal,
    listenerOf([full(), full(), full(), "conn", full(), "conn"], stop),
    () => taken++,
    (_error, retryInMs) => waits.push(retryInMs),
  );
  assertEquals(taken, 2);
  const [first, , third, afterSuccess] = waits;
  assert(first! >= 5 && first! <= 10);
  assert(third! >= 20 && third! <= 40);
  assert(afterSuccess! <= 10);
});

Deno.test("the signal ends the wait for better times", async () => {
  const stop = new AbortController();
  const failing = { accept: () => Promise.reject(new Error("Too many open files")) };
  let failures = 0;
  await acceptUntil(stop.signal, failing as unknown as Deno.TcpListener, () => {}, () => {
    // Many tries later the wait is long enough to be seen to be cut short.
    if (++failures === 4) stop.abort();
  });
  assertEquals(failures, 4);
});
