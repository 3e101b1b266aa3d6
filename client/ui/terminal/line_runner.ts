/**
 * Running the lines of a terminal: what becomes of a message that is refused.
 *
 * @module
 */

import { systemClock } from "../../../shared/time/clock.ts";
import { holdsText, meantCommand, runLine } from "../commands/commands.ts";
import type { Session } from "../session.ts";
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
  /** Told that a line was `/quit`. */
  readonly quit: () => void;
}

/**
 * Runs lines in a session. A message that is refused goes back into the input line; if there is another line
 * by then, it is said how to get at it.
 */
export function lineRunner(session: Session, surroundings: LineSurroundings): LineRunner {
  const { queue, input, show, prompt, answered, quit } = surroundings;
  const refused: string[] = [];
  /** The line that the user was last asked about; if it comes again, it is sent. */
  let askedAbout: string | undefined;
  const take = (shown: Shown) =>
    show(shown.type === "begun-for-another" ? { ...shown, asks: input.isEmpty } : shown);
  return {
    get recipient() {
      return session.recipient;
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
      const outcome = await runLine(line, { session, show: take, clock: systemClock, begunFor });
      const { name } = session.recipient;
      if (outcome === "done" && holdsText(line) && name !== undefined) answered(name);
      if (outcome === "failed" && holdsText(line)) {
        if (!input.putBack(line, begunFor, session.recipient)) refused.push(line);
      }
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
