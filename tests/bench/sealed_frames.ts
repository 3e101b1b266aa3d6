/**
 * Frames of 64 KiB from one process to another, over TCP and as through two routers, beside what the cipher alone does
 * on such chunks in the process that sends.
 *
 * @module
 */

import type { Bench } from "./bench.ts";
import { framesPerRound } from "./frame_sizes.ts";
import { denoCommand } from "./program.ts";
import type { Report } from "./report.ts";
import { startServerProcess } from "./server_process.ts";
import { median } from "./statistics.ts";

const rounds = 15;
/** Rounds in which both are still being compiled, and which do not count. */
const warmUpRounds = 3;
const least = 0.6;
/** Megabytes a second. */
const leastPunched = 100;

interface Round {
  /** Megabytes a second that the other process has taken. */
  readonly sent: number;
  /** Megabytes a second that the cipher alone encrypts. */
  readonly encrypted: number;
}

/** Measures how many bytes a second go through a channel. */
export async function measureSealedFrames(bench: Bench): Promise<Report> {
  const [tcp, quic] = [await send("tcp", bench), await send("quic", bench)];
  const ratio = (rounds: readonly Round[]) =>
    median(rounds.map(({ sent, encrypted }) => sent / encrypted));
  const punched = median(quic.map(({ sent }) => sent));
  return {
    rows: [
      {
        ...row("64 KiB frames from process to process", tcp),
        ratio: ratio(tcp).toFixed(2),
        bar: { text: `at least ${least.toFixed(2)}`, holds: ratio(tcp) >= least },
      },
      {
        ...row("the same as through two routers, over QUIC", quic),
        ratio: ratio(quic).toFixed(2),
        bar: { text: `at least ${leastPunched} MB/s`, holds: punched >= leastPunched },
      },
    ],
    notes: [
      `Frames: medians of ${rounds} rounds of ${framesPerRound}; the baseline is ChaCha20-Poly1305 alone, on\n` +
      "such chunks in the process that sends; the ratio is the median of the rounds'.",
      bench.pin.note,
    ],
  };
}

function row(figure: string, rounds: readonly Round[]) {
  return {
    figure,
    ours: `${median(rounds.map(({ sent }) => sent)).toFixed(0)} MB/s`,
    baseline: `${median(rounds.map(({ encrypted }) => encrypted)).toFixed(0)} MB/s`,
  };
}

/** @returns The rounds that count. */
async function send(transport: "tcp" | "quic", bench: Bench): Promise<Round[]> {
  await using receiver = await startServerProcess("sealed_receiver.ts", bench);
  const [program, ...args] = bench.pin.command("load", [
    ...denoCommand("sealed_sender.ts"),
    String(receiver.port),
    String(warmUpRounds + rounds),
    transport,
  ]);
  const { success, stdout } = await new Deno.Command(program!, {
    args,
    stderr: "inherit",
    signal: bench.signal,
  }).output();
  if (!success) throw new Error("The sender broke: it has said why");
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => JSON.parse(line)).slice(warmUpRounds);
}
