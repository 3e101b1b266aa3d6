/**
 * Cases of what Alice types in a terminal, run with the full screen and with the stream of lines.
 *
 * @module
 */

import { type ClientInTerminal, type TerminalKind, terminalKinds } from "./client_in_terminal.ts";
import { type Build, builds } from "./program.ts";
import { hasTerminal } from "./terminal_program.ts";
import { Town } from "./town.ts";

/** What a case works with: a town in which nobody has met, and Alice's terminals there. */
export interface Scene {
  readonly town: Town;
  readonly kind: TerminalKind;
  /** Starts Alice's client, and waits until it shows a prompt. */
  alice(build?: Build): Promise<ClientInTerminal>;
  /** Starts it. */
  opens(build?: Build): ClientInTerminal;
}

/** A case. */
export type Case = (scene: Scene) => Promise<void>;

/** Tests cases in each kind of terminal, one after the other over one server. */
export function testInTerminals(title: string, cases: Readonly<Record<string, Case>>): void {
  for (const build of builds) {
    for (const kind of terminalKinds) {
      Deno.test({
        name: `${build.name}, ${kind}: ${title}`,
        ignore: !hasTerminal,
        fn: async (t) => {
          await using town = await Town.start(build);
          for (const [name, run] of Object.entries(cases)) {
            await t.step(name, async () => {
              town.forgets();
              await run({
                town,
                kind,
                alice: (build) => town.terminal(kind, "alice", build),
                opens: (build) => town.opens(kind, "alice", build),
              });
            });
          }
        },
      });
    }
  }
}

/** Alice turns to somebody. */
export async function turnsTo(alice: ClientInTerminal, name: string): Promise<void> {
  await alice.types(`/chat ${name}\r`);
  await alice.asks(`alice → ${name}`);
}
