/**
 * The front end for people: a prompt with line editing and history, above which everything appears.
 *
 * Only Enter sends a line. Each is run when those before it are done, and a message that is refused is put
 * back into the input line.
 *
 * @module
 */

import { isClientId } from "../../../shared/protocol/client_id.ts";
import { aborted, systemClock } from "../../../shared/time/clock.ts";
import { complete, turnOf } from "../commands/commands.ts";
import { localNamesOf, namesIn, withLocalNames } from "../local_names.ts";
import { namesOf } from "../names.ts";
import type { OwnSigns } from "../own_signs.ts";
import { readable } from "../readable.ts";
import { Returns } from "../returns.ts";
import type { Display, Session } from "../session.ts";
import type { Theme } from "../theme.ts";
import { promptText, type Shown, type ThemeChoice } from "../wording/wording.ts";
import { Drafts } from "./drafts.ts";
import type { ScreenSize } from "./drawing.ts";
import { DumbScreen } from "./dumb_screen.ts";
import { earlierLines } from "./earlier_lines.ts";
import { EditingScreen } from "./editing_screen.ts";
import { EventCoalescer } from "./event_coalescer.ts";
import { Focus } from "./focus.ts";
import { InputLine } from "./input_line.ts";
import { askedInterrupt } from "./interrupt.ts";
import { Leavings } from "./leavings.ts";
import { type BegunFor, LineQueue } from "./line_queue.ts";
import { Notifier } from "./notifier.ts";
import { lineRunner } from "./line_runner.ts";
import { LineHistories } from "./line_history.ts";
import type { LineScreen, LineScreenEvents } from "./line_screen.ts";
import { LineSurface } from "./line_surface.ts";
import type { Surface } from "./surface.ts";
import { TerminalDevice, type TerminalModes } from "./terminal_device.ts";
import { terminalLines } from "./terminal_lines.ts";
import { type ThemeSetting, ThemeSwitch } from "./theme_switch.ts";
import { ToldNames } from "./told_names.ts";

export type { Picture, ScreenSize } from "./drawing.ts";
export type { ThemeSetting } from "./theme_switch.ts";

/** A terminal that a client runs in. */
export interface Terminal extends Display {
  /** Has what is typed taken from now on. Lines are kept until a client runs. @param theme What was chosen before. */
  read(theme: ThemeSetting): void;
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

/** A full screen with a view of each conversation, above the input line. */
export interface Views extends Surface {
  /** Takes something to show. */
  show(shown: Shown): void;
  /** The user has sent somebody a message. */
  answered(name: string): void;
  /** A client runs: until then nothing that it has said can be read. */
  start(session: Session): void;
  /** Nothing is drawn any more. */
  end(): void;
  /** Whose conversation is looked at without turning to them; then nobody who calls becomes the current one. */
  readonly looking: string | undefined;
}

/** What views work with. */
export interface ViewSurroundings {
  /** Whose client it is. */
  readonly self: string;
  readonly device: {
    readonly size: ScreenSize;
    /** Writes soon. */
    write(text: string): void;
    /** When there is room for more; undefined if there is. */
    room(): Promise<void> | undefined;
    /** When all that was written is on the screen; undefined if it is. Rejects if the terminal has ended. */
    shown(): Promise<void> | undefined;
  };
  /** The rows of what is shown, as they stand among those of the conversation. */
  rowsOf(shown: Shown, now: Date, columns: number, isTimed?: boolean): string[];
  /** The colours of the terminal, now. */
  theme(): Theme;
  /** Whether the user is known to look at another window. */
  isElsewhere(): boolean;
  /** Whether the prompt names somebody whom the user is still to turn to, and not the one who is current. */
  isTurning(): boolean;
  /**
   * Makes somebody the current one, as `/switch` does. The half-typed line stays with its conversation.
   *
   * @param from Whose conversation is left, if nobody is current.
   */
  turnTo(name: string, from: string): void;
  /**
   * Makes nobody the current one to look at a conversation, unless a line is still to be done.
   *
   * @returns Whether that is so.
   */
  lookAway(name: string, from: string): boolean;
}

/** How views are opened. */
export interface ViewsOpener {
  /** What the terminal is sent when it is taken and given back. */
  readonly modes: TerminalModes;
  /** The program's own signs, as the terminal has them. */
  readonly own: OwnSigns;
  open(surroundings: ViewSurroundings): Views;
}

/**
 * Takes over the terminal, and shows a prompt there.
 *
 * @param self Whose client it is.
 * @param onInterrupt Told of Ctrl+C.
 * @param theme How it is coloured, if that was chosen for this run.
 * @param opener Opens the views of a full screen; without it all that happens is one stream of lines.
 */
export function openTerminal(
  self: string,
  onInterrupt: () => void,
  theme: ThemeChoice | undefined,
  opener?: ViewsOpener,
): Terminal {
  let session: Session | undefined;
  const nameFor = namesIn(() => session);
  const rowsOf: ViewSurroundings["rowsOf"] = (shown, now, columns, isTimed) =>
    terminalLines(withLocalNames(shown, nameFor), now, columns, colours.theme, isTimed);
  let isClosed = false;
  let isGivenBack = false;
  const closed = Promise.withResolvers<void>();
  const close = () => {
    isClosed = true;
    closed.resolve();
  };
  const terminal = variable("TERM");
  const isDumb = terminal === "dumb";
  const colours = new ThemeSwitch(theme, {
    ...{ isDumb, terminal, noColour: Deno.noColor, variable: variable("COLORFGBG") },
    ask: () => screen.askBackground(),
    changed: () => prompt(),
    now: () => performance.now(),
  });
  const device = new TerminalDevice(!isDumb, close, opener?.modes);
  const focus = new Focus();
  const queue = new LineQueue();
  const drafts = new Drafts({
    kept: () => session?.client.lineDrafts,
    isForAnother: ({ begunFor }) => begunFor !== undefined && !queue.isSame(begunFor, named),
    isDone: () => queue.isIdle,
    clock: systemClock,
  });
  /** Whom the prompt names. */
  let named: BegunFor = queue.recipient;
  const nameNamed = () => "turningTo" in named ? named.turningTo : named.name;
  /** Whose conversation the input line is in; empty if nobody is current and nobody's is looked at. */
  const place = () => nameNamed() ?? views?.looking ?? "";
  const histories = new LineHistories((name) =>
    session === undefined || name === "" ? [] : earlierLines(session.client, name)
  );
  const prompt = () => {
    named = queue.recipient;
    // Nothing can be put above a prompt in a terminal without escape sequences: it has none before a client runs.
    if (isClosed || (session === undefined && (hasRun || isDumb))) return;
    const { current } = session ?? {};
    const to = current && { ...current, name: nameFor(current.name, current.person) };
    screen.prompt(promptText(self, "turningTo" in named ? named : to));
    if (session !== undefined) drafted();
  };
  /** Keeps what is typed, and has a line back that was begun where the user is now. */
  const drafted = () => {
    if (editing === undefined) return;
    // What is typed ahead is not put behind another line.
    if (queue.isIdle && session !== undefined) input.comeBack(session.recipient);
    if (input.isEmpty && queue.isIdle) restore(drafts.take(place()));
    drafts.note(place(), { line: editing.content, held: input.held });
  };
  const restore = (draft: ReturnType<Drafts["take"]>) => {
    if (draft === undefined) return;
    editing!.content = draft.line;
    const { begunFor = named, asked } = draft.held;
    input.restore({ begunFor, asked });
  };
  /** What is shown when the views are gone, or about to go: it has to be read behind them. */
  const printLate = (rows: readonly string[]) => {
    if (rows.length > 0) device.write(rows.join("\n") + "\n");
  };
  const late: string[] = [];
  // A stream of lines may be watched by other programs.
  const notifier = new Notifier(opener === undefined ? "off" : "mention", {
    self: () => self,
    nameFor,
    isKnown: (name) => session !== undefined && letsIn(session, name),
    isWatched: (name) => focus.isHere && place() === name,
    terminal,
    // A terminal that knows no escape sequences is sent none.
    write: (text) => isDumb || device.write(text),
    now: () => performance.now(),
  });
  const told = new ToldNames();
  const leavings = new Leavings();
  const print = (given: Shown) => {
    const shown = colours.take(notifier.take(given));
    told.take(shown);
    if (hasRun && leavings.take(shown)) return;
    // What was refused stands above, and there is no key that brings it back.
    if (isDumb && shown.type === "lines-refused") return;
    if (shown.type === "cleared") return screen.clear();
    const rows = () => rowsOf(shown, new Date(), device.size.columns);
    if (views === undefined) screen.print(rows());
    else if (isGivenBack || isClosed) printLate(rows());
    else if (isOfTheEnd(shown)) late.push(...rows());
    else views.show(shown);
    prompt();
  };
  let hasRun = false;
  const isOfTheEnd = (shown: Shown) =>
    shown.type === "taken-over" || (hasRun && shown.type !== "message");
  const coalescer = new EventCoalescer(print);
  const returns = new Returns((shown) => coalescer.take(shown));
  // Views show who is there and what became of each message, and need no line about several.
  const show = (shown: Shown) => opener === undefined ? returns.take(shown) : print(shown);
  const showGathered = () => {
    returns.end();
    coalescer.flush();
  };

  const ask = () =>
    session === undefined ? onInterrupt() : show({ type: "leave-asked", waiting: queue.waiting });
  // A stream of lines ends at once, as other programs without a screen do.
  const interrupted = opener === undefined
    ? onInterrupt
    : askedInterrupt({ ask, end: onInterrupt }, systemClock);

  const events: LineScreenEvents = {
    // Lines that come before the client runs are kept for it.
    entered: (line) => {
      if (device.isGone) return;
      const begunFor = input.enter(line);
      if (line.trim() !== "") queue.enter(line, begunFor, turnOf(line));
      prompt();
      queue.settled().then(drafted);
    },
    history: () => histories.of(nameNamed() ?? ""),
    typing: () => focus.pressed(),
    focused: (hasFocus) => focus.reported(hasFocus),
    pressed: () => {
      input.pressed();
      drafted();
    },
    interrupted,
    answered: (text) => colours.answered(text),
    ended: close,
    complete: (beginning) =>
      session === undefined ? complete(beginning, []) : complete(
        beginning,
        [...namesOf(session.client), ...localNamesOf(session).keys()],
        told.except(session.client.id),
      ),
    show,
  };
  /** Has another conversation's line edited. @param turn Makes that the current one. */
  const turn = (name: string, from: string, turn: () => void) => {
    const before = nameNamed() ?? from;
    // Who is at an address that is called is not known yet.
    const left = isClientId(before) ? before : "";
    // A command that is half typed is not kept for a line that it took the room of.
    if (session !== undefined) input.comeBack(session.recipient, true);
    // Nobody's place cannot be gone back to: what was begun there comes along, if there is room for it.
    const isLeft = left !== "" || drafts.has(name);
    if (isLeft) drafts.keep(left, { line: editing!.content, held: input.take() });
    turn();
    // Another line is drawn at once, and the views then ask who is current.
    if (isLeft) editing!.content = { text: "", typed: 0 };
    prompt();
    if (input.isEmpty) restore(drafts.take(name));
    drafted();
  };
  const views = opener?.open({
    self,
    device,
    rowsOf,
    theme: () => colours.theme,
    isElsewhere: () => focus.isElsewhere,
    isTurning: () => "turningTo" in named,
    turnTo: (name, from) =>
      turn(name, from, () => {
        const line = `/switch ${name}`;
        queue.enter(line, queue.recipient, turnOf(line));
      }),
    lookAway: (name, from) => {
      if (!queue.isIdle) return false;
      turn(name, from, () => session?.turnToNobody());
      return true;
    },
  });
  const editing = isDumb
    ? undefined
    : new EditingScreen(device, events, views ?? new LineSurface(device), opener?.own);
  const screen: LineScreen = editing ?? new DumbScreen(device, events);
  const input = new InputLine(screen, () => named);
  prompt();

  const run = async (runs: Session, signal: AbortSignal) => {
    session = runs;
    views?.start(runs);
    const quit = Promise.withResolvers<void>();
    const answered = (name: string) => views?.answered(name);
    const looking = () => views?.looking;
    const surroundings = { queue, input, show, prompt, answered, looking, signal };
    queue.start(lineRunner(runs, { ...surroundings, quit: quit.resolve }));
    prompt();
    // Behind the first drawing: nobody waits for what the terminal answers, if it does.
    colours.ask();
    // In a stream of lines everything counts as read, and by default nothing is told of.
    if (views !== undefined) screen.askFocus();
    queue.settled().then(drafted);
    const ended = closed.promise.then(() => queue.settled());
    await Promise.race([quit.promise, ended, aborted(signal)]);
    hasRun = true;
    const lines = queue.drop();
    if (lines.length > 0) show({ type: "lines-dropped", lines });
    showGathered();
    input.comeBack(runs.recipient, true);
    drafted();
    drafts.end(queue.isIdle || !signal.aborted);
    session = undefined;
    screen.end();
  };

  return {
    acknowledges: opener !== undefined,
    holdsTypeAhead: true,
    show,
    isIdle: () =>
      session !== undefined && !isClosed && input.isEmpty && queue.isIdle &&
      views?.looking === undefined,
    room: () => device.room(),
    shown: () => device.shown(),
    read: (kept) => {
      colours.use(kept);
      screen.read();
    },
    run,
    close: () => {
      showGathered();
      views?.end();
      screen.close();
      device.close();
      isGivenBack = true;
      printLate(late.splice(0));
    },
    flush: () => {
      const left = leavings.end();
      if (left !== undefined) print(left);
      return device.flush();
    },
  };
}

/** Whether the user talks to somebody, or has let them in. False if the store cannot be read. */
function letsIn({ client, current }: Session, name: string): boolean {
  return current?.name === name || readable(() => client.people.isContact(name), false);
}

/** A variable of the environment; undefined if it is not there, or may not be read. */
function variable(name: string): string | undefined {
  return readable(() => Deno.env.get(name), undefined);
}
