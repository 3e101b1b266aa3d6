/**
 * The signals that a program gets.
 *
 * @module
 */

/** The request that the program ends. Disposing of it stops listening for signals. */
export interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
  /** Makes the request from within. */
  readonly request: () => void;
}

/**
 * Listens for Ctrl+C and for the signal of a service manager. A second signal ends the program at once.
 *
 * @param more Further signals, except on Windows.
 */
export function stopSignal(more: readonly Deno.Signal[] = []): StopSignal {
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

/**
 * Runs a task on each SIGHUP, one after the other. Then no SIGHUP ends the program, as otherwise it would even
 * after `nohup`, because Deno sets a handler of its own at start. Windows has no SIGHUP.
 */
export function onHangup(task: () => void | Promise<void>): Disposable {
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
