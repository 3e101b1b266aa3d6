/**
 * The front end for people: a prompt with line editing and history, by `node:readline`, above which
 * everything appears. What is being typed is never garbled: it is taken off the screen, what happened is
 * printed, and it is drawn again.
 *
 * @module
 */

import { aborted, systemClock } from "../../../shared/time/clock.ts";
import { complete, runLine } from "../commands/commands.ts";
import type { Display, Session } from "../session.ts";
import { promptText, type Shown } from "../wording/wording.ts";
import { EventCoalescer } from "./event_coalescer.ts";
import { terminalLines } from "./terminal_lines.ts";

/** A terminal that a client runs in. */
export interface Terminal extends Display {
  /** Runs what is typed, until `/quit`, Ctrl+C, Ctrl+D or the signal. */
  run(session: Session, signal: AbortSignal): Promise<void>;
  /** Gives the terminal back. */
  close(): void;
}

/** Takes over the terminal. */
export async function openTerminal(): Promise<Terminal> {
  // Loaded when needed: it is most of what a start takes.
  const { clearScreenDown, createInterface, moveCursor } = await import("node:readline");
  const { stdin, stdout } = await import("node:process");
  let session: Session | undefined;
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

  const prompt = () => {
    if (session === undefined) return;
    readline.setPrompt(promptText(session.client.id, session.current));
    readline.prompt(true);
  };

  const print = (shown: Shown) => {
    const lines = terminalLines(shown, new Date());
    if (session !== undefined) {
      // What is typed may be longer than a row: go up to where the prompt begins.
      moveCursor(stdout, -1_000, -readline.getCursorPos().rows);
      clearScreenDown(stdout);
      // Drawing the prompt goes up by as many rows, and would take what is printed for a part of it.
      (readline as unknown as { prevRows: number }).prevRows = 0;
    }
    if (lines.length > 0) stdout.write(lines.join("\n") + "\n");
    prompt();
  };
  const coalescer = new EventCoalescer(print);
  const show = (shown: Shown) => coalescer.take(shown);

  const run = async (runs: Session, signal: AbortSignal) => {
    session = runs;
    const context = { session, show, clock: systemClock };
    const ended = Promise.withResolvers<void>();
    const end = () => ended.resolve();
    // One after the other: what is typed, or pasted, behind /chat is for the peer that it finds.
    let running: Promise<void> = Promise.resolve();
    readline.on("line", (line: string) => {
      if (line.trim() === "/quit") return end();
      prompt();
      running = running.then(async () => {
        await runLine(line, context);
        prompt();
      });
    });
    readline.on("SIGINT", end);
    readline.on("close", end);
    prompt();
    await Promise.race([ended.promise, aborted(signal)]);
    coalescer.flush();
    session = undefined;
    stdout.write("\n");
  };

  // A terminal that is stopped, as by Ctrl+S, takes nothing.
  const room = () =>
    stdout.writableNeedDrain
      ? new Promise<void>((resolve) => stdout.once("drain", () => resolve()))
      : undefined;

  const close = () => {
    coalescer.flush();
    readline.close();
  };

  // What is written to a terminal is on it.
  return { show, room, shown: () => undefined, run, close };
}
