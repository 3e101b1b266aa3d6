/**
 * The programs of this folder, which run beside the bench.
 *
 * @module
 */

/** The command that runs one, by its file name; it may use the network and nothing else. */
export function denoCommand(program: string): string[] {
  const path = new URL(program, import.meta.url).pathname;
  return [Deno.execPath(), "run", "--no-prompt", "--allow-net", path];
}
