// What becomes of a conversation when the network changes under it: what is said goes on, and comes once.

import { builds } from "../support/program.ts";
import { type Talk, testTalk } from "./talk.ts";

/** Has each say something, whatever has happened to the way. */
async function goesOn(talk: Talk): Promise<void> {
  for (const [from, to] of [[talk.alice, talk.bob], [talk.bob, talk.alice]] as const) {
    tell(`the next message took`, await talk.hears(from, to));
  }
}

function tell(what: string, seconds: number): void {
  if (Deno.env.get("P2PCHAT_RUNS") === undefined) return;
  // deno-lint-ignore no-console -- Whoever runs the task wants to read it.
  console.log(`${what} ${seconds.toFixed(2)} s`);
}

testTalk(
  "a punched way that goes dark without a word is left for the relay, and taken again",
  ["keeps-ports", "keeps-ports"],
  async (talk) => {
    await talk.goes(/^punched/);
    const toBob = `-d ${talk.routers[1]!.address}`;
    await talk.routers[0]!.darkens(toBob);
    await goesOn(talk);
    await talk.goes(/^relayed/);
    await talk.routers[0]!.lightens(toBob);
    await talk.goes(/^punched/);
  },
);

testTalk(
  "where UDP goes dark the two meet over TCP",
  ["keeps-ports", "keeps-ports"],
  async (talk) => {
    await talk.goes(/^punched/);
    await talk.routers[0]!.darkens("-p udp");
    await goesOn(talk);
    await talk.goes(/^punched tcp/);
    await goesOn(talk);
  },
  // The executable may be one whose runtime calls from no port that one chooses.
  builds.slice(0, 1),
);

testTalk(
  "a direct way that goes dark is left for the relay",
  [undefined, undefined],
  async (talk) => {
    await talk.goes(/^direct/);
    const [alice, bob] = talk.hosts;
    await talk.laboratory.inside(
      alice!.name,
      `iptables -A OUTPUT -d ${bob!.address} -j DROP; iptables -A INPUT -s ${bob!.address} -j DROP`,
    );
    await goesOn(talk);
  },
);

testTalk(
  "a router that is started again is not noticed",
  ["keeps-ports", "keeps-ports"],
  async (talk) => {
    await talk.goes(/^punched/);
    await talk.routers[0]!.forgets();
    await goesOn(talk);
  },
);

testTalk(
  "a server that is started again joins the two again",
  ["symmetric", "symmetric"],
  async (talk) => {
    await talk.goes(/^relayed/);
    talk.server.kill("SIGKILL");
    await talk.server.ends();
    await talk.startServer();
    // What is said meanwhile waits until both are registered again.
    await talk.hears(talk.alice, talk.bob);
    await goesOn(talk);
  },
);
