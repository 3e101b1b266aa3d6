/**
 * A thread that connects to a client again and again, so many times a second, and says nothing.
 *
 * @module
 */

const self = globalThis as unknown as Worker;

self.onmessage = async ({ data: { hostname, port, aSecond } }) => {
  const open: Deno.TcpConn[] = [];
  const began = performance.now();
  for (let count = 0;; count++) {
    const dueMs = began + count * 1_000 / aSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    try {
      open.push(await Deno.connect({ hostname, port }));
    } catch {
      // It takes no more at the moment.
    }
    if (count === 0) self.postMessage("begun");
    // As many as an attacker likes to keep, and less than a process may have.
    if (open.length > 500) open.shift()!.close();
  }
};
