/**
 * Real processes that do the same thing at the same moment.
 *
 * @module
 */

import { assertEquals } from "@std/assert";

const config = new URL("../../deno.json", import.meta.url).pathname;

/**
 * Starts processes of a module, lets all of them load, and then lets all of them run at once.
 *
 * @param imports What each loads before it says that it is ready.
 * @param code What each runs when all are ready.
 * @returns What each wrote to its standard output, in no order of time.
 */
export async function race(
  count: number,
  { imports, code }: { imports: string; code: string },
): Promise<string[]> {
  const module = `${imports}
    Deno.stdout.writeSync(new Uint8Array([0x21]));
    Deno.stdin.readSync(new Uint8Array(1));
    ${code}`;
  const racers = Array.from({ length: count }, () => start(module));
  try {
    await Promise.all(racers.map(({ ready }) => ready));
    const ends = await Promise.all(racers.map(({ run }) => run()));
    for (const { success, err } of ends) assertEquals([success, err], [true, ""]);
    return ends.map(({ out }) => out);
  } finally {
    for (const { child } of racers) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }
}

function start(module: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", "--config", config, "--quiet", module],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const err = new Response(child.stderr).text();
  const output = child.stdout.getReader();
  // A process that cannot even load ends, and its end says so.
  const ready = output.read();
  const run = async () => {
    const input = child.stdin.getWriter();
    await input.write(new Uint8Array(1)).catch(() => {});
    await input.close().catch(() => {});
    let out = "";
    const decoder = new TextDecoder();
    for (let read; !(read = await output.read()).done;) out += decoder.decode(read.value);
    return { success: (await child.status).success, out, err: await err };
  };
  return { child, ready, run };
}
