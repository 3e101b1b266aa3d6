/**
 * The front end for people: a prompt with line editing and history, above which everything appears.
 *
 * Only Enter sends a line. Each is run when those before it are done, and a message that is refused is put
 * back into the input line.
 *
 * @module
 */

import { setColorEnabled } from "@std/fmt/colors";
import { aborted } from "../../../shared/time/clock.ts";
import { complete, turnOf } from "../commands/commands.ts";
import type { Display, Session } from "../session.ts";
import { promptText, type Shown } from "../wording/wording.ts";
import { DumbScreen } from "./dumb_screen.ts";
import { EditingScreen } from "./editing_screen.ts";
import { EventCoalescer } from "./event_coalescer.ts";
import { InputLine } from "./input_line.ts";
import { type BegunFor, LineQueue } from "./line_queue.ts";
import { lineRunner } from "./line_runner.ts";
import type { LineScreenEvents } from "./line_screen.ts";
import { TerminalDevice } from "./terminal_device.ts";
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
  /** Waits until everything is on the screen, or has had the time to. Never rejected. */
  flush(): Promise<void>;
}

/**
 * Takes over the terminal.
 *
 * @param onInterrupt Told of Ctrl+C.
 */
export function openTerminal(onInterrupt: () => void): Terminal {
  let session: Session | undefined;
  let isClosed = false;
  const closed = Promise.withResolvers<void>();
  const close = () => {
    isClosed = true;
    closed.resolve();
  };
  const isDumb = terminalType() === "dumb";
  if (isDumb) setColorEnabled(false);
  const device = new TerminalDevice(!isDumb, close);
  const queue = new LineQueue();
  /** Whom the prompt names. */
  let named: BegunFor = queue.recipient;
  const prompt = () => {
    named = queue.recipient;
    if (session === undefined || isClosed) return;
    const to = "turningTo" in named ? named : session.current;
    screen.prompt(promptText(session.client.id, to));
  };
  const print = (shown: Shown) => {
    // What was refused stands above, and there is no key that brings it back.
    if (isDumb && shown.type === "lines-refused") return;
    screen.print(terminalLines(shown, new Date(), device.size.columns));
    prompt();
  };
  const coalescer = new EventCoalescer(print);
  const show = (shown: Shown) => coalescer.take(shown);

  const events: LineScreenEvents = {
    // Lines that come before the client runs are kept for it.
    entered: (line) => {
      if (device.isGone) return;
      const begunFor = input.enter(line);
      if (line.trim() !== "") queue.enter(line, begunFor, turnOf(line));
      prompt();
    },
    pressed: () => input.pressed(),
    interrupted: onInterrupt,
    ended: close,
    complete: (beginning) => complete(beginning, session?.names ?? []),
    show,
  };
  const screen = isDumb ? new DumbScreen(device, events) : new EditingScreen(device, events);
  const input = new InputLine(screen, () => named);

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
    screen.end();
  };

  return {
    show,
    isIdle: () => session !== undefined && !isClosed && input.isEmpty && queue.isIdle,
    room: () => device.room(),
    shown: () => device.shown(),
    run,
    close: () => {
      coalescer.flush();
      screen.close();
      device.close();
    },
    flush: () => device.flush(),
  };
}

/** What kind of terminal it is; undefined if it does not say so, or this may not be read. */
function terminalType(): string | undefined {
  try {
    return Deno.env.get("TERM");
  } catch {
    return undefined;
  }
}
