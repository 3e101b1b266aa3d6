// What becomes of a conversation in a network that does not come to rest.

import { assert, assertEquals } from "@std/assert";
import { builds } from "../support/program.ts";
import { pause, type Talk, testTalk } from "./talk.ts";

/** The executable if there is one: it takes a while. */
const which = builds.slice(-1);
/** How long a router keeps a mapping. */
const lifetimeMs = 7_000;
/**
 * How long a message may take in such a network, in seconds. Less than 5 when nothing else runs, as is printed; a client
 * that only waits for its heartbeats takes 25.
 */
const gapSMax = 10;

for (const [i, mapping] of (["keeps-ports", "symmetric"] as const).entries()) {
  testTalk(
    `a router that forgets each mapping after some seconds, whatever flows, is hardly noticed: ${mapping}`,
    [mapping, mapping],
    async (talk) => {
      await talk.goes([/^punched/, /^relayed/][i]!);
      const forgetting = async () => {
        for (let n = 0; n < 4; n++) {
          await pause(lifetimeMs);
          await talk.routers[0]!.remaps();
        }
        await pause(lifetimeMs);
      };
      await isHardlyNoticed(talk, forgetting());
    },
    which,
  );
}

testTalk(
  "a better way that comes and goes is left alone ever longer",
  ["keeps-ports", "keeps-ports"],
  async (talk) => {
    await talk.goes(/^punched/);
    const flapping = async () => {
      for (let n = 0; n < 8; n++) {
        await talk.routers[0]!.darkens("-p udp");
        await pause(2_000);
        await talk.routers[0]!.lightens("-p udp");
        await pause(2_000);
      }
    };
    await isHardlyNoticed(talk, flapping());
    // Each time that it is dark it is left, if it was taken: eight times twice without any patience.
    assert(talk.switches <= 10, `${talk.switches}`);
  },
  which,
);

testTalk(
  "a straight way that opens and carries nothing is not used",
  [undefined, undefined],
  async (talk) => {
    const [alice, bob] = talk.hosts;
    await talk.laboratory.inside(
      alice!.name,
      ["OUTPUT -d", "INPUT -s"].map((side) =>
        `iptables -A ${side} ${bob!.address} -p tcp -m length --length 100:65535 -j DROP`
      ).join("\n"),
    );
    await isHardlyNoticed(talk, pause(10_000));
    // Over UDP the two reach each other still.
    await talk.goes(/^punched/);
  },
  which,
);

testTalk(
  "who comes into another network talks on there",
  ["keeps-ports", "keeps-ports"],
  async (talk) => {
    await talk.goes(/^punched/);
    const behind = await talk.laboratory.router("other-router", { mapping: "symmetric" });
    await talk.laboratory.move(talk.hosts[0]!.name, { behind });
    await isHardlyNoticed(talk, pause(10_000));
  },
  which,
);

testTalk("who gets another address talks on with it", [undefined, undefined], async (talk) => {
  await talk.goes(/^direct/);
  await talk.laboratory.move(talk.hosts[0]!.name);
  await isHardlyNoticed(talk, pause(10_000));
}, which);

testTalk(
  "much that goes over the relay to somebody who is slow comes in order, and once",
  ["symmetric", "symmetric"],
  async (talk) => {
    await talk.goes(/^relayed/);
    talk.bob.kill("SIGSTOP");
    const numbers = Array.from({ length: 300 }, (_, i) => i);
    for (const n of numbers) await talk.alice.types(`${"long ".repeat(1_600)}${n}.`);
    await pause(5_000);
    talk.bob.kill("SIGCONT");
    await talk.bob.says(/ 299\.$/);
    const heard = talk.bob.out.map((line) => /: (?:long )+(\d+)\.$/.exec(line)?.[1]);
    assertEquals(heard.filter((n) => n !== undefined).map(Number), numbers);
  },
  which,
);

/** Has the two talk on while something happens, and asserts that no message takes long. */
async function isHardlyNoticed(talk: Talk, happening: Promise<void>): Promise<void> {
  const longestS = await talk.goesOnWhile(happening);
  // deno-lint-ignore no-console -- Whoever runs it wants to read it.
  console.log(`a message took at most ${longestS.toFixed(2)} s, with ${talk.switches} other ways`);
  assert(longestS < gapSMax, `${longestS} s`);
}
