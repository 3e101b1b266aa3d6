/**
 * The front end for people: a prompt with line editing and history, by `node:readline`, above which
 * everything appears. What is being typed is never garbled: it is taken off the screen, what happened is
 * printed, and it is drawn again.
 *
 * Only Enter sends a line. Each is run when those before it are done, and a message that is refused is put
 * back into the input line.
 *
 * @module
 */

import { aborted } from "../../../shared/time/clock.ts";
import { complete, turnOf } from "../commands/commands.ts";
import type { Display, Session } from "../session.ts";
import { promptText, type Shown } from "../wording/wording.ts";
import { EventCoalescer } from "./event_coalescer.ts";
import { InputLine } from "./input_line.ts";
import { type BegunFor, LineQueue } from "./line_queue.ts";
import { lineRunner } from "./line_runner.ts";
import { Suspension } from "./suspension.ts";
import { terminalLines } from "./terminal_lines.ts";

/** A terminal that a client runs in. */
export interface Terminal extends Display {
  /**
   * Runs what is typed, until `/quit`, Ctrl+D, the end of the terminal or the signal. All but the last wait
   * for what was entered before.
   */
  run(session: Session, signal: AbortSignal): Promise<void>;
  /** Gives the terminal back. */
  close(): void;
}

/**
 * Takes over the terminal.
 *
 * @param onInterrupt Told of Ctrl+C.
 */
export async function openTerminal(onInterrupt: () => void): Promise<Terminal> {
  // Loaded when needed: it is most of what a start takes.
  const { clearScreenDown, createInterface, moveCursor } = await import("node:readline");
  const { stdin, stdout } = await import("node:process");
  let session: Session | undefined;
  /** Whether the terminal has ended, as when its window was closed. */
  let isGone = false;
  let isClosed = false;
  const closed = Promise.withResolvers<void>();
  const close = () => {
    isClosed = true;
    closed.resolve();
  };
  const end = () => {
    isGone = true;
    close();
  };
  // These come first: at the end of the input readline gives what is half typed as a line.
  stdin.once("end", end);
  stdin.on("error", end);
  stdout.on("error", end);
  /** Writes to the terminal, if it is still there. Deno 2.6 throws if it is not. */
  const draw = (work: () => void) => {
    try {
      if (!isGone) work();
    } catch {
      end();
    }
  };
  const readline = createInterface({
    input: stdin,
    output: stdout,
    terminal: true,
    historySize: 1_000,
    removeHistoryDuplicates: true,
    completer: (line: string) => complete(line, session?.names ?? []),
  });

  // Completion pauses the input for a moment, and Deno 2.6 then loses the key that comes next.
  readline.pause = () => readline;
  // Of an end by an error, as with Deno 2.6, it tells as well.
  readline.on("error", end);

  const queue = new LineQueue();
  /** Whom the prompt names. */
  let named: BegunFor = queue.recipient;
  const input = new InputLine({
    get line() {
      return readline.line;
    },
    write: (text) => draw(() => readline.write(text)),
  }, () => named);

  /** Sets by how many rows readline goes up before it draws the prompt. */
  const drawnRows = (rows: number) => {
    (readline as unknown as { prevRows: number }).prevRows = rows;
  };
  const prompt = () => {
    named = queue.recipient;
    if (session === undefined || isClosed) return;
    const to = "turningTo" in named ? named : session.current;
    readline.setPrompt(promptText(session.client.id, to));
    draw(() => readline.prompt(true));
  };

  const print = (shown: Shown) => {
    const lines = terminalLines(shown, new Date(), stdout.columns);
    draw(() => {
      if (session !== undefined) {
        // What is typed may be longer than a row: go up to where the prompt begins.
        moveCursor(stdout, -1_000, -readline.getCursorPos().rows);
        clearScreenDown(stdout);
        // It would take what is printed for a part of it.
        drawnRows(0);
      }
      if (lines.length > 0) stdout.write(lines.join("\n") + "\n");
    });
    prompt();
  };
  const coalescer = new EventCoalescer(print);
  const show = (shown: Shown) => coalescer.take(shown);

  // Lines that come before the client runs are kept for it.
  readline.on("line", (line: string) => {
    if (isGone) return;
    const begunFor = input.enter(line);
    if (line.trim() !== "") queue.enter(line, begunFor, turnOf(line));
    prompt();
  });
  stdin.on("keypress", () => input.pressed());
  readline.on("SIGINT", onInterrupt);
  const suspension = new Suspension({
    setRaw: (raw) => draw(() => stdin.setRawMode?.(raw)),
    redraw: () => {
      // The shell has written meanwhile: the prompt is drawn where the cursor is.
      drawnRows(0);
      prompt();
    },
  });
  readline.on("SIGTSTP", () => suspension.stop());
  readline.on("close", close);

  const run = async (runs: Session, signal: AbortSignal) => {
    session = runs;
    const quit = Promise.withResolvers<void>();
    queue.start(lineRunner(runs, { queue, input, show, prompt, quit: quit.resolve }));
    prompt();
    const ended = closed.promise.then(() => queue.settled());
    await Promise.race([quit.promise, ended, aborted(signal)]);
    const lines = queue.drop();
    if (lines.length > 0) show({ type: "lines-dropped", lines });
    coalescer.flush();
    session = undefined;
    draw(() => stdout.write("\n"));
  };

  return {
    show,
    isIdle: () => session !== undefined && !isClosed && input.isEmpty && queue.isIdle,
    // A terminal that is stopped, as by Ctrl+S, takes nothing.
    room: () =>
      stdout.writableNeedDrain && !isGone
        ? new Promise<void>((resolve) => stdout.once("drain", () => resolve()))
        : undefined,
    // What is written to a terminal is on it.
    shown: () => isGone ? Promise.reject(new Error("The terminal has ended")) : undefined,
    run,
    close: () => {
      coalescer.flush();
      suspension[Symbol.dispose]();
      // What has ended cannot be given back.
      draw(() => readline.close());
    },
  };
}
