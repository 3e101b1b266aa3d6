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

Deno.test("a client that is gone before it is accepted does not affect the others", async () => {
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

Deno.test("if the system accepts no connection, the loop waits longer each time and goes on", async () => {
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

Deno.test("the signal ends the wait between two tries", async () => {
  const stop = new AbortController();
  const failing = { accept: () => Promise.reject(new Error("Too many open files")) };
  let failures = 0;
  await acceptUntil(stop.signal, failing as unknown as Deno.TcpListener, () => {}, () => {
    // After many tries the wait is long enough to see that it is cut short.
    if (++failures === 4) stop.abort();
  });
  assertEquals(failures, 4);
});
