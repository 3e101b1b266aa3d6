// A line that is half typed outlives the program, whatever ends it.

import { assert, assertEquals } from "@std/assert";
import { openStore } from "../../client/store/store.ts";
import { ClientInTerminal, terminalKinds } from "../support/client_in_terminal.ts";
import { hasMounts, tinyDisk } from "../support/places.ts";
import { atHome, type Build, builds, Program } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { hasTerminal } from "../support/terminal_program.ts";

const turnTo1 = "\x1b1";

/** Waits until Bob's store has these half-typed lines. */
async function stores(profile: string, lines: Record<string, string | undefined>): Promise<void> {
  for (const deadline = Date.now() + 30_000;;) {
    using store = openStore(`${profile}/store.db`);
    const drafts = store.lineDrafts.of("bob");
    const there = Object.keys(lines).map((name) => [name, drafts.read(name)?.text]);
    if (JSON.stringify(there) === JSON.stringify(Object.entries(lines))) return;
    assert(Date.now() < deadline, `there is ${JSON.stringify(there)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  const starts = (bobs: Build) => new ScreenProgram(bobs, "client", "bob");
  /** Somebody in a script, to whom Bob turns. */
  const joins = async (bob: ScreenProgram | ClientInTerminal, name: string) => {
    const program = new Program(build, "client", name);
    const [, address] = await program.says(/listening on (127\.0\.0\.1:\d+)/);
    await bob.types(`/chat ${address}\r`);
    await program.says(/bob .*calls/);
    return program;
  };

  test("half-typed lines are there at the next start, each in its conversation, until they are sent", async () => {
    using home = atHome(build);
    {
      await using bob = starts(home.build);
      const pid = await bob.pid();
      await bob.sees(/^bob>/m);
      await using _alice = await joins(bob, "alice");
      await bob.sees(/^bob → alice>/m);
      await using carol = await joins(bob, "carol");
      await bob.sees(/^bob → carol>/m);
      await bob.types("for carol");
      await bob.types(`${turnTo1}for alice\x1b\rtwo`);
      await stores(home.profile, { alice: "for alice\ntwo", carol: "for carol" });
      Deno.kill(pid, "SIGKILL");
      await bob.program.shows(/ended/);
      await carol.says(/bob/);
    }
    {
      await using bob = starts(home.build);
      await bob.sees(/^ 1 .*\n 2 /m);
      const [, number] = /^ ([12]) carol/m.exec((await bob.sees(/carol/)).join("\n"))!;
      await bob.types(`\x1b${number}`);
      await bob.sees(/^bob → carol> for carol$/m);
      // What was put aside is there, too, however the program ends.
      await bob.types(`, and more\x1b${3 - Number(number)}`);
      await bob.sees(/^bob → alice> for alice\n *│ two$/m);
      await bob.types("\x15");
      await bob.types("/quit\r");
      await bob.program.shows(/ended/);
      await stores(home.profile, { alice: undefined, carol: "for carol, and more" });
    }
    {
      await using bob = starts(home.build);
      await bob.sees(/carol/);
      await bob.types("/switch carol\r");
      await bob.sees(/^bob → carol> for carol, and more$/m);
      await bob.types("\r");
      await bob.sees(/bob {4}for carol, and more +…$/m);
      await stores(home.profile, { carol: undefined });
      await bob.types("a closed window");
      await bob.sees(/^bob → carol .*> a closed window$/m);
      await bob.program.closesWindow();
      await stores(home.profile, { carol: "a closed window" });
    }
  });

  test("a line that is begun while nobody is current goes along, and is there at the next start", async () => {
    using home = atHome(build);
    {
      await using bob = starts(home.build);
      const pid = await bob.pid();
      await bob.sees(/^bob>/m);
      await using _alice = await joins(bob, "alice");
      await bob.sees(/^bob → alice>/m);
      await bob.types("/close\r");
      await bob.sees(/^bob>$/m);
      await bob.types("to whom?");
      await stores(home.profile, { "": "to whom?" });
      Deno.kill(pid, "SIGKILL");
      await bob.program.shows(/ended/);
    }
    {
      await using bob = starts(home.build);
      await bob.sees(/^ 1 alice[^]*^bob> to whom\?$/m);
      await bob.types(turnTo1);
      await bob.sees(/^bob → alice> to whom\?$/m);
      await stores(home.profile, { "": undefined, alice: "to whom?" });
      // It was not for her: it goes to her only if that is meant.
      await bob.types("\r");
      await bob.sees(/not sent[^]*^bob → alice> to whom\?$/m);
      await bob.types("\r");
      await bob.sees(/bob {4}to whom\? +…$/m);
      await stores(home.profile, { "": undefined, alice: undefined });
      await bob.types("for alice");
      await bob.sees(/^bob → alice .*> for alice$/m);
      Deno.kill(await bob.pid(), "SIGTERM");
      await bob.program.shows(/ended/);
    }
    // Where there is no room for it, it waits until nobody is current.
    await using bob = starts(home.build);
    await bob.sees(/^ 1 alice[^]*^bob>$/m);
    await bob.types(`for nobody`);
    await bob.types(turnTo1);
    await bob.sees(/^bob → alice .*> for alice$/m);
    await stores(home.profile, { "": "for nobody", alice: "for alice" });
    await bob.types("\x15/close\r");
    await bob.sees(/^bob> for nobody$/m);
    await stores(home.profile, { "": "for nobody", alice: undefined });
  });

  Deno.test({
    name:
      `${build.name}: a full disk keeps nobody from typing, and the line is kept once there is room`,
    ignore: !hasTerminal || !hasMounts,
    fn: async () => {
      using disk = tinyDisk("8m");
      const profile = `${disk.path}/profile`;
      await using bob = new ScreenProgram(build, "client", "bob", "--profile", profile);
      await bob.sees(/^bob>/m);
      await bob.types("be");
      await stores(profile, { "": "be" });
      disk.fill();
      let text = "be";
      // Long enough for the store to be told several times.
      for (const end = Date.now() + 3_000; Date.now() < end;) {
        text += `${text.length % 10}`;
        await bob.types(text.at(-1)!);
        await bob.sees((rows) => rows.join("").endsWith(text.slice(-9)));
      }
      await stores(profile, { "": "be" });
      await Deno.remove(`${disk.path}/filling`);
      await stores(profile, { "": text });
      await bob.types("\x15/quit\r");
      await bob.program.shows(/ended/);
    },
  });

  for (const kind of terminalKinds) {
    const starts = (bobs: Build) => new ClientInTerminal(kind, bobs, ["client", "bob"]);
    test(`${kind}: a half-typed line is there when its conversation is current again`, async () => {
      using home = atHome(build);
      {
        await using bob = starts(home.build);
        await bob.asks("bob");
        await using _alice = await joins(bob, "alice");
        await bob.asks("bob → alice");
        await bob.types("half typed");
        await bob.asks("bob → alice", "half typed");
        await bob.at.program.closesWindow();
        await stores(home.profile, { alice: "half typed" });
      }
      {
        await using bob = starts(home.build);
        await bob.asks("bob");
        await bob.types("/switch alice\r");
        await bob.asks("bob → alice", "half typed");
        await bob.types(" and killed");
        await bob.asks("bob → alice", "half typed and killed");
        Deno.kill(await bob.at.pid(), "SIGTERM");
        assertEquals(await bob.ends(), 0);
        await stores(home.profile, { alice: "half typed and killed" });
      }
      await using bob = starts(home.build);
      await bob.asks("bob");
      await bob.types("/switch alice\r");
      await bob.asks("bob → alice", "half typed and killed");
      await bob.types(" and sent\r");
      await bob.at.sees(/^bob → alice \(1 waiting\)>$/m);
      await stores(home.profile, { alice: undefined });
      await bob.types("/history\r");
      await bob.says(/→ alice {2}waiting {2}half typed and killed and sent/);
    });
  }
}
