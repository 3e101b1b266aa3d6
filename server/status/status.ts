/**
 * What an operator may know of a server that runs: figures, which name nobody.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import { type CountedPath, pathCountsMax, pathsTaken } from "../../shared/protocol/path_count.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { type Figures, metricsText, metricsType } from "./metrics.ts";

export type { Figures } from "./metrics.ts";

/** How long until one connection may count one more, once it has used up what it may count at once, in milliseconds. */
const oneMoreMs = 10_000;

/** How the conversations of a server's clients go, as their callers say. Nothing is kept but a number for each path. */
export class PathCounters {
  readonly #clock: Clock;
  readonly #counts = new Map<CountedPath, number>(
    [...pathsTaken, "other" as const].map((path) => [path, 0]),
  );

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How often each was taken since the server started. */
  get counts(): ReadonlyMap<CountedPath, number> {
    return this.#counts;
  }

  /** Who counts on one connection. */
  reporter(): PathReporter {
    return new PathReporter(
      this.#clock,
      (path, count) => this.#counts.set(path, this.#counts.get(path)! + count),
    );
  }
}

/** One connection, which cannot count as much as it likes: what it says is nothing but its word. */
class PathReporter {
  readonly #clock: Clock;
  readonly #count: (path: CountedPath, count: number) => void;
  #left = pathCountsMax;
  #asOfMs: number;

  constructor(clock: Clock, count: (path: CountedPath, count: number) => void) {
    this.#clock = clock;
    this.#count = count;
    this.#asOfMs = clock.now();
  }

  /** Counts, as far as the connection may. */
  report(path: CountedPath, count: number): void {
    const more = Math.floor((this.#clock.now() - this.#asOfMs) / oneMoreMs);
    this.#asOfMs += more * oneMoreMs;
    this.#left = Math.min(pathCountsMax, this.#left + more);
    const taken = Math.min(count, this.#left);
    this.#left -= taken;
    if (taken > 0) this.#count(path, taken);
  }
}

/** A page with the figures. Disposing of it ends it. */
export interface MetricsPage extends AsyncDisposable {
  /** Where it is. */
  readonly address: Address;
}

/**
 * Serves the figures at `/metrics`, as Prometheus reads them, to whoever can connect.
 *
 * @throws {Deno.errors.AddrInUse} If the port is in use.
 */
export function serveMetrics({ host, port }: Address, figures: () => Figures): MetricsPage {
  const stopping = new AbortController();
  const { signal } = stopping;
  const server = Deno.serve(
    { hostname: host, port, signal, onListen: () => {} },
    (request) => answer(request, figures),
  );
  const { hostname, port: taken } = server.addr;
  return {
    address: { host: hostname, port: taken },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await server.finished;
    },
  };
}

function answer({ method, url }: Request, figures: () => Figures): Response {
  if (new URL(url).pathname !== "/metrics") {
    return new Response("The figures are at /metrics\n", { status: 404 });
  }
  if (method !== "GET" && method !== "HEAD") {
    return new Response("", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  return new Response(metricsText(figures()), { headers: { "content-type": metricsType } });
}
