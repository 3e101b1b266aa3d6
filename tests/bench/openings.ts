/**
 * What it costs two clients to open an encrypted conversation: dialing, CHAT and CHATACK, the handshake
 * with the proofs of both keys, and the end of it; beside the handshake alone.
 *
 * @module
 */

import { Handshake } from "../../client/link/handshake.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import type { Bench } from "./bench.ts";
import { startInitiator } from "./initiator_client.ts";
import { cpuTimeUs } from "./proc.ts";
import type { Report } from "./report.ts";
import { startServerProcess } from "./server_process.ts";
import { median } from "./statistics.ts";

const rounds = 7;
/** So many that a round takes many ticks of the clock that CPU time is counted by. */
const openingsPerRound = 200;
/** Rounds in which both are still being compiled, and which do not count. */
const warmUpRounds = 2;
const mostUs = 2_500;

/** Measures the processor time that an opening takes on each side. */
export async function measureOpenings(bench: Bench): Promise<Report> {
  await using responder = await startServerProcess("responder_client.ts", bench);
  await using initiator = startInitiator(() => {});
  const { client } = initiator;
  const sides: {
    initiator: number;
    responder: number;
    initiatorAlone: number;
    responderAlone: number;
  }[] = [];
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const before = [await cpuTimeUs(Deno.pid), await cpuTimeUs(responder.pid)];
    for (let n = 0; n < openingsPerRound; n++) {
      await client.chat(`127.0.0.1:${responder.port}`);
      await client.close("responder");
    }
    const after = [await cpuTimeUs(Deno.pid), await cpuTimeUs(responder.pid)];
    const [initiator, side] = after.map((us, i) => (us! - before[i]!) / openingsPerRound);
    const alone = handshakesAlone();
    sides.push({
      initiator: initiator!,
      responder: side!,
      initiatorAlone: alone.initiator,
      responderAlone: alone.responder,
    });
  }
  sides.splice(0, warmUpRounds);
  if (sides.some(({ initiator, responder }) => Number.isNaN(initiator + responder))) {
    return { rows: [], notes: ["Openings were not measured: this system has no /proc."] };
  }
  const row = (side: "initiator" | "responder") => {
    const us = median(sides.map((round) => round[side]));
    return {
      figure: `CPU time of an encrypted opening, ${side}`,
      ours: `${us.toFixed(0)} µs`,
      baseline: `${median(sides.map((round) => round[`${side}Alone`])).toFixed(0)} µs`,
      bar: { text: `at most ${mostUs} µs`, holds: us <= mostUs },
    };
  };
  return {
    rows: [row("initiator"), row("responder")],
    notes: [
      `Openings: medians of ${rounds} rounds of ${openingsPerRound}, with dialing and leaving; the baseline\n` +
      "is the handshake alone, without sockets.",
      bench.pin.note,
    ],
  };
}

/** Microseconds that each side of a handshake takes. */
function handshakesAlone(): { initiator: number; responder: number } {
  const [a, b] = [Identity.generate(), Identity.generate()];
  const prologue = new Uint8Array(256);
  const spent = { initiator: 0, responder: 0 };
  const timed = <T>(side: "initiator" | "responder", task: () => T): T => {
    const begin = performance.now();
    const result = task();
    spent[side] += performance.now() - begin;
    return result;
  };
  for (let n = 0; n < openingsPerRound; n++) {
    const initiator = timed(
      "initiator",
      () => new Handshake({ role: "initiator", identity: a, prologue }),
    );
    const responder = timed(
      "responder",
      () => new Handshake({ role: "responder", identity: b, prologue }),
    );
    const first = timed("initiator", () => initiator.begin());
    const second = timed("responder", () => responder.take(first)) as { answer: Uint8Array };
    timed("initiator", () => initiator.take(second.answer));
    const third = timed("initiator", () => initiator.conclude());
    timed("responder", () => responder.take(third));
    timed("initiator", () => initiator.split());
    timed("responder", () => responder.split());
  }
  const us = (ms: number) => ms * 1_000 / openingsPerRound;
  return { initiator: us(spent.initiator), responder: us(spent.responder) };
}
