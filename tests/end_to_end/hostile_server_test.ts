// Whatever a server says, it stands on the screen as what a server has said, and as nothing else.

import { assertEquals } from "@std/assert";
import { HostileServer } from "../support/hostile_server.ts";
import { forgedAnywhere, hostileTexts } from "../support/hostile_text/hostile_text.ts";
import { builds } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { ownTitle, viewIn } from "../support/screen_rows.ts";
import { hasTerminal } from "../support/terminal_program.ts";

/** Wherever a row of the view ends, one of these goes on as if it were said by somebody. */
const forged = [59, 61, 63].map((columns) => forgedAnywhere("12:34\u00a0carol", columns));
const texts = [...Object.values(hostileTexts), ...forged];

/** What a server answers; `OTHER` is one beside one's own. */
const answers: readonly (readonly [command: string, answer: (text: string) => string])[] = [
  ["/info", (text) => `ERROR\r\nCode: 400\r\nReason: ${text}\r\n\r\n`],
  ["/info", (text) => `ERROR\r\nCode: ${text}\r\nReason: x\r\n\r\n`],
  ["/info", (text) => `INFOACK\r\n${text} 192.0.2.1:5\r\n${text}: 192.0.2.1:6\r\n\r\n`],
  ["/info", (text) => `${text}\r\n\r\n`],
  ["/bridge", (text) => `BRIDGEACK\r\nclientID: ${text}\r\nIP: ${text}\r\nPort: 1\r\n\r\n`],
  ["/bridge bob", (text) => `ERROR\r\nCode: 421\r\nReason: ${text}\r\nRealm: ${text}\r\n\r\n`],
  ["/chat bob@OTHER", (text) => `ERROR\r\nCode: 404\r\nReason: ${text}\r\n\r\n`],
  ["/chat bob@OTHER", (text) => `${text}\r\nFingerprint: ${text}\r\n\r\n`],
];

/** What begins a row that says such a thing, or continues it. */
const ownRow =
  /^(?:! | {2}(?! *│?\d\d:\d\d)|│ |\* |\d+ clients? (?:is|are) registered:$|nobody is registered$|$)/;

for (const build of builds) {
  Deno.test({
    name: `${build.name}: hostile words of a server`,
    ignore: !hasTerminal,
    fn: async () => {
      using own = new HostileServer();
      using other = new HostileServer();
      await using alice = new ScreenProgram(
        build,
        ...["client", "alice", "0", own.place],
      );
      const titles: string[] = [];
      alice.screen.onTitle((title) => titles.push(title));
      await alice.sees(/^alice>$/m);
      await alice.types(`/visit plain:${other.place}\r`);
      await alice.sees(RegExp(`you are at ${other.place}`));
      for (const [i, text] of texts.entries()) {
        for (const [command, answerOf] of answers) {
          own.answer = other.answer = answerOf(text);
          const asked = Promise.race([own.asked(), other.asked()]);
          // Behind a /chat that fails a line waits: else the next one would be taken a second later.
          const behind = command.startsWith("/chat") ? "/path\r" : "";
          await alice.types(`${command.replace("OTHER", other.place)}\r${behind}`);
          await asked;
        }
        await alice.types(`\x15${i}`);
        await alice.sees((rows) =>
          rows.at(-1) === `alice> ${i}` &&
          viewIn(rows, "alice")?.every((row) => ownRow.test(row)) === true
        );
        await alice.types("\x15");
      }
      assertEquals(titles.filter((title) => !ownTitle.test(title)), []);
      await alice.types("/quit\r");
      await alice.program.shows(/ended/);
    },
  });
}
