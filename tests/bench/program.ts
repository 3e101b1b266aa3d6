/**
 * The programs of this folder, which run beside the bench.
 *
 * @module
 */

/**
 * The command that runs one, by its file name. It may use the network, and a directory of the file system
 * if one is given.
 */
export function denoCommand(program: string, directory?: string): string[] {
  const path = new URL(program, import.meta.url).pathname;
  const files = directory === undefined
    ? []
    : [`--allow-read=${directory}`, `--allow-write=${directory}`];
  return [Deno.execPath(), "run", "--no-prompt", "--allow-net", ...files, path];
}
