/**
 * Who drives a client: a person in a terminal, a script by lines, or a program by JSON.
 *
 * @module
 */

import type { Identity } from "../../../shared/crypto/identity.ts";
import type { ChatClient } from "../../client.ts";
import type { EventSink } from "../../events.ts";
import { namesIn } from "../local_names.ts";
import { type Display, Session } from "../session.ts";
import type { ThemeSetting } from "../terminal/terminal.ts";
import type { ThemeChoice } from "../wording/wording.ts";

/** The size that a full screen has at least. */
const leastColumns = 40;
const leastRows = 10;

/** Starts a client, which tells the sink what happens. */
type Start = (sink: EventSink) => ChatClient;

/** Who the user of a client is, as soon as that is known. */
export interface User {
  readonly identity: Identity;
  /** How their terminal is coloured. */
  readonly theme: ThemeSetting;
}

/** A front end. */
export interface FrontEnd {
  readonly display: Display;
  /** Whether a person sits there, who sees by themselves when what they wait for has come. */
  readonly isTerminal: boolean;
  /** Has a client started. @throws {Error} What `start` throws. */
  begin(user: User, start: Start): Begun;
  /** Gives the terminal back. What is shown from then on is only printed. */
  close(): void;
  /** Done when all is printed. @returns What has become of that. */
  flush(): Promise<Printed>;
}

/** A client that is driven. */
export interface Begun {
  readonly client: ChatClient;
  /** Has the user go on until they end it. @returns False if something they asked for has failed. */
  run(signal: AbortSignal): Promise<boolean>;
  /** Shows what is gathered. */
  end(): void;
}

/** What has become of what was printed. */
export interface Printed {
  /** Why nothing is printed any more, other than that nobody reads it. */
  readonly failure: { readonly cause: unknown } | undefined;
  /** Whether a message that was sent may not have arrived, and does not wait either. */
  readonly hasLost: boolean;
}

/** How a terminal is used: as one stream of lines, or the whole screen, if need be with signs of ASCII alone. */
export type TerminalUse = "lines" | "screen" | "ascii-screen";

/** A person in the terminal, who sees a prompt from then on. @param self Whose client it is. */
export async function openTerminalFrontEnd(
  self: string,
  onEnd: () => void,
  use: TerminalUse,
  theme: ThemeChoice | undefined,
): Promise<FrontEnd> {
  const isAscii = use === "ascii-screen" || !isUtf8();
  const terminal = use === "lines" || !hasRoom()
    ? (await import("../terminal/terminal.ts")).openTerminal(self, onEnd, theme)
    : (await import("../screen/screen.ts")).openScreen(self, onEnd, theme, isAscii);
  return {
    display: terminal,
    isTerminal: true,
    begin: (user, start) => {
      // Not before: what a key does depends on the client. The terminal keeps what is typed.
      terminal.read(user.theme);
      const session = new Session(terminal, start);
      const run = async (signal: AbortSignal) => {
        await terminal.run(session, signal);
        return true;
      };
      return { client: session.client, run, end: () => session.end() };
    },
    close: () => terminal.close(),
    flush: async () => {
      await terminal.flush();
      return { failure: undefined, hasLost: false };
    },
  };
}

/** Whether the terminal has room for a full screen, and knows the escape sequences for it. */
function hasRoom(): boolean {
  try {
    const { columns, rows } = Deno.consoleSize();
    return columns >= leastColumns && rows >= leastRows && variable("TERM") !== "dumb";
  } catch {
    return false;
  }
}

/** Whether the locale has other signs than those of ASCII. Nothing is known of it if no variable says so. */
function isUtf8(): boolean {
  const locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).find(Boolean);
  return locale === undefined || /utf-?8/i.test(locale);
}

/** A variable of the environment; undefined if it is not there, or may not be read. */
function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}

/** A script. @param strict Whether the first line that fails is the last one. */
export async function openLineFrontEnd(onEnd: () => void, strict: boolean): Promise<FrontEnd> {
  const { LinePrinter, runLines } = await import("../script/script.ts");
  let session: Session | undefined;
  const printer = new LinePrinter(onEnd, undefined, namesIn(() => session));
  return {
    ...printedBy(printer),
    begin: (_user, start) => {
      const begun = session = new Session(printer, start);
      const lines = { input: Deno.stdin.readable, isTyped: Deno.stdin.isTerminal(), strict };
      const run = (signal: AbortSignal) => runLines(begun, printer, signal, lines);
      return { client: begun.client, run, end: () => begun.end() };
    },
  };
}

/** A program. @param id Whom it drives. */
export async function openJsonFrontEnd(onEnd: () => void, id: string): Promise<FrontEnd> {
  const { JsonPrinter, JsonSession, runJson } = await import("../ndjson/ndjson.ts");
  const printer = new JsonPrinter(onEnd);
  return {
    ...printedBy(printer),
    begin: ({ identity }, start) => {
      const session = new JsonSession(printer, { id, identity }, start);
      const run = (signal: AbortSignal) => runJson(session, printer, signal, Deno.stdin.readable);
      return { client: session.client, run, end: () => {} };
    },
  };
}

/** What both of those have that print. */
function printedBy(printer: Display & Printed & { flush(): Promise<void> }) {
  return {
    display: printer,
    isTerminal: false,
    close: () => {},
    flush: async () => {
      await printer.flush();
      return printer;
    },
  };
}
