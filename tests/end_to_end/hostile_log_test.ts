// Whatever strangers send a server, the terminal in which it logs shows the lines of its log, and nothing else.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type LogFormat, logFormats } from "../../shared/process/log.ts";
import { hostileTexts, obeyed } from "../support/hostile_text/hostile_text.ts";
import { builds } from "../support/program.ts";
import { Screen } from "../support/screen.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";
import { Wire } from "../support/wire.ts";

const columns = 60;
/** What somebody would have the operator read. */
const forgedLines: Readonly<Record<LogFormat, string>> = {
  text: "2001-02-03T04:05:06.789Z error the disk is full",
  json: '{"time":"2001-02-03T04:05:06.789Z","level":"error","event":"the disk is full"}',
};

for (const build of builds) {
  for (const format of logFormats) {
    Deno.test({
      name: `${build.name}: nothing that a stranger sends does anything to a log in ${format}`,
      ignore: !hasTerminal,
      fn: async () => {
        await using server = new TerminalProgram(
          build,
          ...["server", "--port", "0", "--ephemeral", "--log-level", "debug"],
          ...["--log-format", format],
        );
        const [, port] = await server.shows(/listening.*?127\.0\.0\.1:(\d+)/);
        const address = { host: "127.0.0.1", port: Number(port) };
        const ask = async (...lines: string[]) => {
          using wire = await Wire.connect({ address });
          return await wire.ask(...lines);
        };
        const place = ["IP: 127.0.0.1", "Port: 1"];
        // Wherever the terminal ends a row, one of these continues it at its beginning.
        const shifted = Array.from(
          { length: columns },
          (_, i) => "x".repeat(i) + forgedLines[format],
        );
        for (const text of [...Object.values(hostileTexts), ...shifted]) {
          await ask("REGISTER", `clientID: ${text}`, ...place);
          await ask("BRIDGE", `clientID: ${text}`, `${text}: ${text}`);
          await ask(text, `clientID: ${text}`);
        }
        assertMatch(await ask("REGISTER", "clientID: last", ...place), /^REGACK/);
        await server.shows(/\blast\b[^\n]*REGACK/);
        using screen = new Screen(columns, 20);
        const titles: string[] = [];
        screen.onTitle((title) => titles.push(title));
        await screen.shows(server.screen);
        assertEquals(titles, []);
        const { rows } = screen;
        assert(rows.length > 300, "it logged little");
        if (format === "text") {
          // Each row begins a line of the log or continues one, and says so.
          const own = /^(?:p2pchat server listening on |\d{4}-\d\d-\d\dT[\d:.]+Z debug | {2}│ )/;
          assertEquals(rows.filter((row) => !own.test(row)), []);
        } else {
          // Programs read it as it is: the terminal breaks its lines, and none is forged by that.
          for (const line of server.screen.trimEnd().split("\r\n")) JSON.parse(line);
        }
        assertEquals(server.screen.replaceAll("\r\n", "").match(obeyed), null);
        const forged = forgedLines[format];
        assertEquals(rows.filter((row) => row.startsWith(forged.slice(0, 30))), []);
        // It outlives its terminal.
        await server.types("\x03");
        assertEquals(await server.ends(), 0);
      },
    });
  }
}
