// Whatever a peer writes, the full screen stays what it was: each row is the program's own, and nothing is forged.

import { assert, assertEquals } from "@std/assert";
import { openStore } from "../../client/store/store.ts";
import { hostileTexts, obeyed } from "../support/hostile_text/hostile_text.ts";
import { makeProfile } from "../support/profiles.ts";
import { atHome, builds, Program } from "../support/program.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { ownTitle, viewIn } from "../support/screen_rows.ts";
import { hasTerminal } from "../support/terminal_program.ts";

const [pageUp, pageDown] = ["\x1b[5~", "\x1b[6~"];
/** Wherever a row of the view ends, one of these continues it as if it were said by somebody else. */
const shifted = Array.from(
  { length: 60 },
  (_, i) => `${"x".repeat(i)}12:34 carol  I owe alice`,
);
const texts = [...Object.values(hostileTexts), ...shifted];

/** What a row of the view begins with, if it has what bob wrote, or what stands between his messages. */
const own = /^(?:\d\d:\d\d bob {4}| {11}│ |─+ |$)/;

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  test("hostile messages that are scrolled back to, and a hostile line that was half typed", async () => {
    using home = atHome(build);
    makeProfile(home.profile, { received: texts.flatMap((text, i) => [text, `end ${i}.`]) });
    {
      const draft = Object.values(hostileTexts).filter((text) => text.length < 50).join(" ");
      using store = openStore(`${home.profile}/store.db`);
      const line = { text: draft, typed: draft.length, isForAnother: false };
      store.lineDrafts.of("alice").write("bob", line);
    }
    await using alice = new ScreenProgram(home.build, "client", "alice");
    const titles: string[] = [];
    alice.screen.onTitle((title) => titles.push(title));
    await alice.sees((rows) =>
      viewIn(rows, "alice") !== undefined && rows[1]!.startsWith(" 1 bob")
    );
    await alice.types("\x1b1");
    await alice.sees((rows) => {
      const input = rows.slice(rows.findLastIndex((row) => row.startsWith(" [")) + 1).join("");
      return viewIn(rows, "alice") !== undefined &&
        input.includes("␛[2J␛[H* delivered to bob ␛[31mred") &&
        input.includes("hello␍alice: I owe you");
    });
    await alice.types("\x15");
    await alice.sees(/^alice → bob>$/m);

    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) await alice.types(pageDown);
    await alice.sees((rows) => rows.join().includes(`end ${texts.length - 1}.`));
    for (let page = 0; !seen.has("end 0."); page++) {
      // Pages may be alike: what is typed tells them apart.
      await alice.types(`${page === 0 ? "" : pageUp}\x15${page}`);
      const rows = await alice.sees((rows) =>
        rows.at(-1) === `alice → bob> ${page}` &&
        viewIn(rows, "alice")?.every((row) => own.test(row)) === true
      );
      for (const row of viewIn(rows, "alice")!) {
        seen.add(/bob {4}(end \d+\.)$/.exec(row)?.[1] ?? "");
      }
    }
    for (const i of texts.keys()) assert(seen.has(`end ${i}.`), `end ${i}. is not there`);
    assertEquals(titles.filter((title) => !ownTitle.test(title)), []);
    await alice.types("\x15/quit\r");
    await alice.program.shows(/ended/);
  });

  test("hostile messages and callers as they come in, what is notified of them, and what is found", async () => {
    using home = atHome(build);
    await using alice = new ScreenProgram(home.build, "client", "alice", "--allow-plaintext");
    const [titles, notified, others]: string[][] = [[], [], []];
    alice.screen.onTitle((title) => titles!.push(title));
    alice.screen.onCommand(9, (text) => notified!.push(text));
    for (const number of [8, 52, 99, 777]) {
      alice.screen.onCommand(number, (text) => others!.push(text));
    }
    const listening = await alice.sees(/listening on 127\.0\.0\.1:\d+/);
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(listening.join("\n"))!;
    const address = { host: "127.0.0.1", port: Number(port) };
    await using bob = new Program(build, "client", "bob", "--json");
    await bob.types(JSON.stringify({ do: "chat", ref: "c", to: `127.0.0.1:${port}` }));
    await bob.says(/"ref":"c","ok":true/);
    await alice.types("/accept bob\r/notify all\r/switch bob\r");
    await alice.sees(/^alice → bob>$/m);
    const sees = (wanted: string, own: RegExp) =>
      alice.sees((rows) =>
        rows.join("\n").includes(wanted) &&
        viewIn(rows, "alice")?.every((row) => own.test(row)) === true
      );
    await alice.types("/clear\r");
    for (const [i, text] of texts.entries()) {
      for (const said of [text, `end ${i}.`]) {
        await bob.types(JSON.stringify({ do: "send", to: "alice", text: said }));
      }
      await sees(`end ${i}.`, own);
    }

    // What is found is a table, in which each row has its own beginning.
    const row = String.raw` {2,}(?:\d+ {2,})?(?:\d{4}-\d\d-\d\d )?\d\d:\d\d {2}bob {2}`;
    const found = RegExp(
      `^(?:no message has |\\d+ messages? |the last \\d+ messages |${row}|  /goto and | +│ |$)`,
    );
    for (const word of ["evil", "red", "delivered", "notify", "owe", "verified"]) {
      await alice.types(`/clear\r/search ${word}\r`);
      await sees(word, found);
    }
    await alice.types("/clear\r/history bob 100\r");
    await sees(`end ${texts.length - 1}.`, found);

    // Strangers are named as they may be, or not at all.
    const news = /^(?:\d\d:\d\d (?:[\w.:]+ +|-!- |! )| *│ |! | {2}|─|$)/;
    await alice.types("/clear\r");
    for (const text of Object.values(hostileTexts)) {
      for (
        const said of [`CHAT\r\nclientID: ${text}\r\nIP: ${text}\r\nPort: 1\r\n\r\n`, `${text}\n`]
      ) {
        using peer = await RawPeer.dial(address);
        await peer.send(said);
        await sees("alice → bob>", news);
      }
    }
    await bob.types(JSON.stringify({ do: "send", to: "alice", text: "the end." }));
    await sees("the end.", news);
    // What one of them has written is in a view of its own.
    await alice.types("\x1b2");
    await sees("unknown: /chat", news);
    assertEquals(titles!.filter((title) => !ownTitle.test(title)), []);
    assertEquals(others, []);
    assert(notified!.length > 0);
    assertEquals(notified!.filter((text) => !text.startsWith("bob: ") || obeyed.test(text)), []);
    await alice.types("\x15/quit\r");
    await alice.program.shows(/ended/);
    await bob.endInput();
    assertEquals(await bob.ends(), 0);
  });
}
