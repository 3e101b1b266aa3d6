/**
 * How much memory another process takes.
 *
 * @module
 */

/** Its resident memory, in MiB. @throws {Error} If it has ended. */
export async function residentMib(pid: number): Promise<number> {
  // Deno may not look there; another program may.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).output();
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(new TextDecoder().decode(stdout))?.[1];
  if (kib === undefined) throw new Error(`The process ${pid} has ended`);
  return Number(kib) / 1024;
}
