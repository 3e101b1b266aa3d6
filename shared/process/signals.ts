/**
 * The signals that a program is sent.
 *
 * @module
 */

/** A wish that the program ends. Disposing of it stops listening for signals. */
export interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
  /** Wishes it from within. */
  readonly request: () => void;
}

/**
 * Ctrl+C, and what a service manager or a closed terminal sends. A second one does not wait.
 *
 * @param more Further signals, where there are any.
 */
export function stopSignal(more: readonly Deno.Signal[] = ["SIGHUP"]): StopSignal {
  const controller = new AbortController();
  const request = () => controller.abort();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(1);
    request();
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", ...more];
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  return {
    signal: controller.signal,
    request,
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
    },
  };
}

/** Does something on each SIGHUP, one after the other. Windows sends none. */
export function onHangup(task: () => Promise<void>): Disposable {
  let done = Promise.resolve();
  const onSignal = () => done = done.then(task);
  const isUnix = Deno.build.os !== "windows";
  if (isUnix) Deno.addSignalListener("SIGHUP", onSignal);
  return {
    [Symbol.dispose]() {
      if (isUnix) Deno.removeSignalListener("SIGHUP", onSignal);
    },
  };
}
