/**
 * The front end for people: a prompt with line editing and history, by `node:readline`, above which
 * events appear. What is being typed is never garbled: it is taken off the screen, the event is printed,
 * and it is drawn again.
 *
 * @module
 */

import { bold, cyan, dim, red, yellow } from "@std/fmt/colors";
import { aborted } from "../../../shared/time/clock.ts";
import type { ChatClient } from "../../client.ts";
import { complete, runLine } from "../commands/commands.ts";
import type { ChatEvent } from "../../events.ts";
import { EventCoalescer } from "./event_coalescer.ts";
import type { HistoryRow } from "../wording/history_rows.ts";
import { type ShownEvent, wordingOf } from "../wording/wording.ts";

/** An event's lines, as people read them. */
export function terminalLines(event: ShownEvent, now: Date): string[] {
  const wording = wordingOf(event, now);
  if (wording === undefined) return [];
  const { tone, name, mark, time = "", lines, rows = [] } = wording;
  switch (tone) {
    case "message": {
      // Further lines are set in, so that none can pass for what somebody else said.
      const indent = " ".repeat(time.length + 1);
      const marked = mark === undefined ? "" : ` ${yellow(mark)}`;
      return lines.map((line, i) =>
        i === 0
          ? `${dim(time)} ${bold(cyan(name!))}${marked}: ${line}`
          : `${indent}${dim("│")}${marked} ${line}`
      );
    }
    case "notice":
      return lines.map((line) => dim(`* ${line}`));
    case "list":
      return [...lines];
    case "history":
      return [...lines, ...rows.flatMap(rowLines)];
    case "problem":
      return lines.map((line) => red(`! ${line}`));
  }
}

function rowLines({ time, who, state, plaintext, lines }: HistoryRow): string[] {
  const column = (text: string) => text === "" ? "" : `${text}  `;
  const [first = "", ...further] = lines;
  const shade = plaintext ? yellow : dim;
  // In the column of the names, where none looks like this.
  const bar = dim("│".padEnd(who.length));
  const marked = column(plaintext ? yellow(state) : " ".repeat(state.length));
  return [
    `  ${dim(time)}  ${who}  ${column(state && shade(state))}${first}`,
    ...further.map((line) => `  ${" ".repeat(time.length)}  ${bar}  ${marked}${line}`),
  ];
}

/** A terminal that a client runs in. */
export interface Terminal {
  /** Shows an event. */
  print(event: ChatEvent): void;
  /** When there is room for more; undefined where there is. */
  room(): Promise<void> | undefined;
  /** Runs what is typed, until `/quit`, Ctrl+C, Ctrl+D or the signal. */
  run(client: ChatClient, signal: AbortSignal): Promise<void>;
  /** Gives the terminal back. */
  close(): void;
}

/** Takes over the terminal. */
export async function openTerminal(): Promise<Terminal> {
  // Loaded when needed: it is most of what a start takes.
  const { clearScreenDown, createInterface, moveCursor } = await import("node:readline");
  const { stdin, stdout } = await import("node:process");
  let client: ChatClient | undefined;
  const readline = createInterface({
    input: stdin,
    output: stdout,
    terminal: true,
    historySize: 1_000,
    removeHistoryDuplicates: true,
    completer: (line: string) => complete(line, client?.knownNames ?? []),
  });

  // Completion pauses the input for a moment, and Deno 2.6 then loses the key that comes next.
  readline.pause = () => readline;

  const prompt = () => {
    if (client === undefined) return;
    readline.setPrompt(promptText(client));
    readline.prompt(true);
  };

  const show = (event: ShownEvent) => {
    const lines = terminalLines(event, new Date());
    if (client !== undefined) {
      // What is typed may be longer than a row: go up to where the prompt begins.
      moveCursor(stdout, -1_000, -readline.getCursorPos().rows);
      clearScreenDown(stdout);
      // Drawing the prompt goes up by as many rows, and would take the event for a part of it.
      (readline as unknown as { prevRows: number }).prevRows = 0;
    }
    if (lines.length > 0) stdout.write(lines.join("\n") + "\n");
    prompt();
  };
  const gathering = new EventCoalescer(show);
  const print = gathering.take;

  const run = async (runs: ChatClient, signal: AbortSignal) => {
    client = runs;
    const ended = Promise.withResolvers<void>();
    const end = () => ended.resolve();
    // One after the other: what is typed, or pasted, behind /chat is for whom it finds.
    let running: Promise<void> = Promise.resolve();
    readline.on("line", (line: string) => {
      if (line.trim() === "/quit") return end();
      prompt();
      running = running.then(async () => {
        await runLine(line, { client: runs, emit: print });
        prompt();
      });
    });
    readline.on("SIGINT", end);
    readline.on("close", end);
    prompt();
    await Promise.race([ended.promise, aborted(signal)]);
    gathering.flush();
    client = undefined;
    stdout.write("\n");
  };

  // A terminal that is stopped, as by Ctrl+S, takes nothing.
  const room = () =>
    stdout.writableNeedDrain
      ? new Promise<void>((resolve) => stdout.once("drain", () => resolve()))
      : undefined;

  const close = () => {
    gathering.flush();
    readline.close();
  };

  return { print, room, run, close };
}

/** What stands before what is typed: who one is, whom it goes to, and what they do not have yet. */
export function promptText(
  { id, current, waiting }: Pick<ChatClient, "id" | "current" | "waiting">,
): string {
  if (current === undefined) return `${id}> `;
  return `${id} → ${current}${waiting === 0 ? "" : ` (${waiting} waiting)`}> `;
}
