/**
 * `p2pchat doctor`: finds out what kind of network this machine is in.
 *
 * @module
 */

import { formatAddress } from "../../../shared/net/address.ts";
import { formatServerAddress, type ServerAddress } from "../../../shared/net/server_address.ts";
import { stopSignal } from "../../../shared/process/signals.ts";
import { jsonText } from "../../../shared/text/json_text.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { diagnose, type Diagnosis } from "../../doctor/doctor.ts";
import { tcpNetwork } from "../../transport/transport.ts";
import { problemFields } from "../ndjson/ndjson.ts";
import { doctorLines } from "../wording/wording.ts";

/** How long it may take before it is said that something is going on, in milliseconds. */
const quietMs = 1_000;

/**
 * Looks at the network, and prints what was found.
 *
 * @param print Takes each line.
 * @param tellBusy Told once if it takes its time.
 * @returns The diagnosis.
 */
export async function runDoctor(
  server: ServerAddress,
  json: boolean,
  print: (line: string) => void,
  tellBusy: (line: string) => void,
): Promise<Diagnosis> {
  using stop = stopSignal();
  const place = formatServerAddress(server);
  const cancel = systemClock.after(quietMs, () => tellBusy(`asking ${place} …`));
  try {
    const found = await diagnose({
      server,
      network: tcpNetwork,
      clock: systemClock,
      signal: stop.signal,
    });
    if (json) print(jsonText(record(place, found)));
    else for (const line of doctorLines(server, found)) print(line);
    return found;
  } finally {
    cancel();
  }
}

/** Milliseconds as far as they mean something. */
function tenths(ms: number | undefined): number | undefined {
  return ms && Math.round(ms * 10) / 10;
}

/** The same for programs. */
function record(server: string, { facts, examination, problem, ipv6, verdict }: Diagnosis) {
  const { own, reached, seenHost, relays, udp, tcp } = facts;
  const { connectMs, roundTripMs, clockAheadMs } = examination ?? {};
  return {
    v: 1,
    // What this program can do on a network depends on it.
    deno: Deno.version.deno,
    server: {
      address: server,
      reached,
      ...problem && problemFields(problem),
      ...{ connectMs: tenths(connectMs), roundTripMs: tenths(roundTripMs), clockAheadMs, relays },
    },
    addresses: own,
    seen: seenHost,
    behindRouter: seenHost === undefined ? undefined : !own.includes(seenHost),
    ipv6,
    udp: udp && { ...udp, ...udp.passes && { seen: formatAddress(udp.seen) } },
    tcp,
    verdict,
  };
}
