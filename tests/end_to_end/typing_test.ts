// What is typed and pasted in a terminal: the same cases with the full screen and with the stream of lines.

import { assert, assertEquals } from "@std/assert";
import { complete } from "../../client/ui/commands/commands.ts";
import { ClientInTerminal, terminalKinds } from "../support/client_in_terminal.ts";
import { builds, Program } from "../support/program.ts";
import { hasTerminal } from "../support/terminal_program.ts";

const paste = (text: string) => `\x1b[200~${text}\x1b[201~`;
const fifteenThousand = "0123456789".repeat(1_500);
const prompt = "bob → alice";

/** Bob talks to Alice, who is in a script. He has nothing half typed, neither before nor behind a case. */
const cases: Readonly<Record<string, (bob: ClientInTerminal, alice: Program) => Promise<void>>> = {
  "a message that comes in leaves what is being typed as it was": async (bob, alice) => {
    // More than a row, so that the prompt begins above the cursor.
    const half =
      "half of a line that is longer than a row of this terminal, which has eighty columns ev";
    await bob.types(half);
    await bob.asks(prompt, half);
    await alice.types("Hello Bob!");
    await bob.hears("alice", "Hello Bob!");
    await bob.asks(prompt, half);
    await bob.types("erywhere\r");
    await alice.says(RegExp(`^bob: ${half}erywhere$`));
  },

  "Tab completes commands and names, the arrow key brings back what was typed": async (
    bob,
    alice,
  ) => {
    // Key by key: a Tab that comes with other keys counts as pasted.
    const completes = async (typed: string, completed: string) => {
      await bob.types(typed);
      await bob.asks(prompt, typed);
      await bob.types("\t");
      await bob.asks(prompt, completed);
    };
    await completes("/ch", "/chat");
    await bob.types("\x15");
    await completes("/switch al", "/switch alice");
    await bob.types("\x15");
    // Several begin so: what they have in common is put in, and then they are shown.
    await completes("/ver", "/verify");
    await bob.types("\x15");
    await completes("/s", "/s");
    await bob.says(/\/search {2}\/switch/);
    await bob.types("\x15");
    // Beside the list there is less room than the terminal is wide.
    await completes("/", "/");
    const [commands] = complete("/", []);
    const whole = commands.map((one) => RegExp(`(^|[ │])${one.trim()}( |$)`));
    await bob.at.sees((rows) => whole.every((one) => rows.some((row) => one.test(row))));
    await bob.types("\x15once\r");
    await alice.says(/^bob: once$/);
    await bob.types("\x1b[A");
    await bob.asks(prompt, "once");
    await bob.types(" again\r");
    await alice.says(/^bob: once again$/);
  },

  "what is said is found, looked up and gone to": async (bob, alice) => {
    await alice.types("a walnut\nsomething else");
    await bob.hears("alice", "something else");
    await bob.types("/search walnut\r");
    await bob.says(/1 {2}\d\d:\d\d {2}alice {2}a walnut/);
    await bob.types("/history 2\r");
    await bob.says(/the last 2 messages with alice:\n[^]*alice +a walnut\n.*alice +something else/);
    await bob.types("/goto 1\r");
    await bob.says(/─ found ─+\n.*a walnut\n|what was said with alice then:\n[^]*a walnut/);
    // A line stays what it is while one looks elsewhere.
    await bob.types("half");
    await bob.asks(prompt, "half");
    await alice.types("a third");
    await bob.asks(prompt, "half");
    await bob.types(" and half\r");
    await alice.says(/^bob: half and half$/);
  },

  "15,000 letters that are pasted are one message": async (bob, alice) => {
    const said = () => alice.out.filter((line) => line.startsWith("bob: ")).length;
    const before = said();
    await bob.types(paste(fifteenThousand));
    await bob.at.sees((rows) => rows.at(-1)!.endsWith("23456789"));
    assertEquals(said(), before);
    await bob.types("\r");
    await alice.says(RegExp(`^bob: ${fifteenThousand}$`));
  },

  "15,000 letters of a terminal that marks no paste are one message": async (bob, alice) => {
    const text = `unmarked ${fifteenThousand}`;
    await bob.types(`${text}\r`);
    await alice.says(RegExp(`^bob: ${text}$`));
  },

  "a pasted block is one message, whatever stands in it": async (bob, alice) => {
    await bob.types(paste("one\n/quit\r\n/close alice\rtwo\x03\x1b[2J\n"));
    await bob.asks(prompt, "one\n/quit\n/close alice\ntwo[2J\n");
    await bob.types("\r");
    await alice.says(/^bob: one␊\/quit␊\/close alice␊two\[2J$/);
    await bob.types(paste("/quit\n"));
    await bob.says(/what is pasted is a message/);
    await bob.types("\r");
    await alice.says(/^bob: \/quit$/);
    await bob.types(paste("/quit"));
    await bob.asks(prompt, "/quit");
    await bob.says(/what is pasted is a message/);
    await bob.types(" as text\r");
    await alice.says(/^bob: \/quit as text$/);
    await bob.types("/msg ");
    await bob.types(paste("a\nb"));
    await bob.types("\r");
    await alice.says(/^bob: a␊b$/);
  },

  "what is too long for a message is not taken, and said so": async (bob, alice) => {
    await bob.types("before ");
    for (const [i, length] of [15_354, 15_361, 1_000_000].entries()) {
      await bob.types(paste("x".repeat(length)));
      await bob.says(RegExp(`(too long for one message[^]*15,360 bytes[^]*){${i + 1}}`));
      await bob.asks(prompt, "before");
    }
    await bob.types(paste("x".repeat(15_353)) + "\r");
    await alice.says(/^bob: before x{15353}$/);
  },

  "Alt+Enter begins another row, and the history has all of them": async (bob, alice) => {
    await bob.types("ein\x1b\rzwei\r");
    await alice.says(/^bob: ein␊zwei$/);
    await bob.types("\x1b[Adrei\r");
    await alice.says(/^bob: ein␊zweidrei$/);
    await bob.types("\x12zwei\x12\r");
    await alice.says(/^bob: ein␊zwei$/);
  },

  "Ctrl+C clears a line that is half typed, and a search": async (bob, alice) => {
    await bob.types("half");
    await bob.asks(prompt, "half");
    await bob.types("\x03");
    await bob.asks(prompt);
    await bob.types("whole\r");
    await alice.says(/^bob: whole$/);
    await bob.types("/half\x03/half\x03");
    await bob.types("kept\x12who");
    await bob.at.sees((rows) => rows.at(-1)!.endsWith("whole"));
    await bob.types("\x03");
    await bob.asks(prompt, "kept");
    await bob.types("\x15");
    await bob.asks(prompt);
  },
};

for (const build of builds) {
  for (const kind of terminalKinds) {
    Deno.test({
      name: `${build.name}: keys and pastes, ${kind}`,
      ignore: !hasTerminal,
      fn: async (t) => {
        await using alice = new Program(build, "client", "alice");
        const [, address] = await alice.says(/listening on (127\.0\.0\.1:\d+)/);
        await using bob = new ClientInTerminal(kind, build, ["client", "bob"]);
        await bob.asks("bob");
        await bob.types(`/chat ${address}\r`);
        await bob.asks(prompt);
        await alice.says(/bob .*calls/);
        await alice.types("/switch bob");
        for (const [name, run] of Object.entries(cases)) {
          // What one leaves half typed is in the way of the next.
          if (!await t.step(name, () => run(bob, alice))) return;
        }
        await bob.types("\x15/quit\r");
        assert(await bob.ends() === 0);
        await alice.says(/^\* bob has left$/);
      },
    });
  }
}
