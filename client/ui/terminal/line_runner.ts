/**
 * Running the lines of a terminal: what becomes of a message that is refused, and of what was begun behind a
 * command that fails.
 *
 * @module
 */

import { systemClock, type TimerClock, wait } from "../../../shared/time/clock.ts";
import { holdsText, meantCommand, runLine } from "../commands/commands.ts";
import type { Recipient, Session } from "../session.ts";
import type { Shown } from "../wording/wording.ts";
import type { InputLine } from "./input_line.ts";
import { type LineQueue, type LineRunner, waitingLinesMax } from "./line_queue.ts";

/** What running lines in a terminal needs. */
export interface LineSurroundings {
  readonly queue: LineQueue;
  readonly input: InputLine;
  readonly show: (shown: Shown) => void;
  readonly prompt: () => void;
  /** Told that a message was sent to somebody: what the user has seen of the conversation, they have read. */
  readonly answered: (name: string) => void;
  /** Whose conversation is looked at while nobody is current, by somebody who has not answered yet. */
  readonly looking: () => string | undefined;
  /** Told that a line was `/quit`. */
  readonly quit: () => void;
  /** Nobody waits any more. */
  readonly signal: AbortSignal;
}

/** By then a person has seen that a command has failed: what they begin before that was meant for somebody else. */
const readingMs = 1_000;

/**
 * Runs lines in a session. A message that is refused goes back into the input line; if there is another line
 * by then, it is said how to get at it.
 */
export function lineRunner(
  session: Session,
  surroundings: LineSurroundings,
  clock: TimerClock = systemClock,
): LineRunner {
  const { queue, input, prompt, answered, quit, signal } = surroundings;
  const refused: string[] = [];
  /** Of the last line, if it should have turned to somebody and has failed. */
  let failed: string | undefined;
  /** The line that the user was last asked about; if it comes again, it is sent. */
  let askedAbout: string | undefined;
  const show = (shown: Shown) => surroundings.show(shownHere(shown, surroundings));
  return {
    get recipient() {
      return session.recipient;
    },
    get behind(): Recipient {
      if (failed === undefined) return session.recipient;
      return { conversation: undefined, name: undefined, failed };
    },
    async run(line, begunFor) {
      const command = line === askedAbout ? undefined : meantCommand(line);
      askedAbout = undefined;
      if (command !== undefined) {
        askedAbout = line;
        show({ type: "meant-command", line: line.trim(), command });
        if (!input.putBack(line, begunFor, begunFor)) refused.push(line);
        return false;
      }
      session.failedTurn = undefined;
      const outcome = await runLine(line, { session, show, clock, begunFor });
      failed = session.failedTurn;
      const { name } = session.recipient;
      if (outcome === "done" && holdsText(line) && name !== undefined) answered(name);
      if (outcome === "failed" && holdsText(line)) {
        if (!input.putBack(line, begunFor, session.recipient)) refused.push(line);
      }
      // Until then the line is not done, and the prompt does not name who is still the current one.
      if (failed !== undefined && queue.waiting === 0) await wait(readingMs, signal, clock);
      if (outcome === "quit") quit();
      return outcome === "quit";
    },
    done() {
      if (queue.waiting === 0 && refused.length > 0) {
        show({ type: "lines-refused", lines: refused.splice(0) });
      }
      prompt();
    },
    overflowed({ first, count }) {
      session.turnToNobody(first);
      show({ type: "too-many-lines", count, max: waitingLinesMax });
      prompt();
    },
  };
}

/** What is shown, with what only the terminal knows. */
function shownHere(shown: Shown, { input, looking }: LineSurroundings): Shown {
  switch (shown.type) {
    case "begun-for-another":
      return { ...shown, asks: input.isEmpty };
    case "nobody-current": {
      const name = looking();
      return name === undefined ? shown : { ...shown, looking: name };
    }
    default:
      return shown;
  }
}
