/**
 * The signals that a program gets.
 *
 * @module
 */

const isUnix = Deno.build.os !== "windows";

/** Ctrl+C, and the signal of a service manager. Each ends a program, unless it listens for the signal. */
const endings: readonly Deno.Signal[] = isUnix ? ["SIGINT", "SIGTERM"] : ["SIGINT", "SIGBREAK"];

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
  const listening = listen([...endings, ...isUnix ? more : []], () => {
    if (controller.signal.aborted) Deno.exit(1);
    request();
  });
  return { signal: controller.signal, request, ...listening };
}

/**
 * Lets no SIGHUP end a program that has no terminal, which none can be closed of. What `nohup` and
 * `trap "" HUP` set would hold by itself, but Deno sets a handler of its own at start, and ends the program by
 * it. Whether the signal was ignored before cannot be read with the program's permissions.
 */
export function outliveHangups(): void {
  if (!hasTerminal()) onHangup(() => {});
}

/** Whether the closing of a terminal ends the program: its input or its output is one. */
export function hasTerminal(): boolean {
  return Deno.stdin.isTerminal() || Deno.stdout.isTerminal();
}

/**
 * Runs a task on each SIGHUP, one after the other. Then no SIGHUP ends the program. Windows has no SIGHUP.
 */
export function onHangup(task: () => void | Promise<void>): Disposable {
  let done = Promise.resolve();
  return listen(isUnix ? ["SIGHUP"] : [], () => done = done.then(task));
}

/** Runs a task each time that the program goes on after it was stopped. Windows stops none. */
export function onContinue(task: () => void): Disposable {
  return listen(isUnix ? ["SIGCONT"] : [], task);
}

/** Runs a task each time that the terminal has another size. */
export function onResize(task: () => void): Disposable {
  return listen(isUnix ? ["SIGWINCH"] : [], task);
}

/** The numbers of signals. A program that one of them ends has the exit code 128 and that. */
const numbers: Partial<Record<Deno.Signal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGTERM: 15,
  SIGBREAK: 21,
};

/** Runs a task when a signal, or `Deno.exit`, ends the program, until this is disposed of. */
export function beforeTheEnd(task: () => void): Disposable {
  // A program that was started with nohup goes on when the terminal is closed.
  const hangup: readonly Deno.Signal[] = isUnix && hasTerminal() ? ["SIGHUP"] : [];
  const listening = listen([...endings, ...hangup], (signal) => Deno.exit(128 + numbers[signal]!));
  addEventListener("unload", task);
  return {
    [Symbol.dispose]() {
      listening[Symbol.dispose]();
      removeEventListener("unload", task);
    },
  };
}

/** Listens for signals until it is disposed of. */
function listen(
  signals: readonly Deno.Signal[],
  onSignal: (signal: Deno.Signal) => void,
): Disposable {
  const listeners = signals.map((signal) => [signal, () => onSignal(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}
