/**
 * Places for tests: ports, and in the file system fresh directories, and disks that are full or read-only, if this
 * user may mount them.
 *
 * @module
 */

/** A directory that goes when it is disposed of. */
export interface Place extends Disposable {
  readonly path: string;
}

/** A fresh directory. */
export function temporaryDirectory(): Place {
  const path = Deno.makeTempDirSync({ prefix: "p2pchat-test-" });
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** The names of what is in a directory, sorted. */
export function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).toSorted();
}

/** The permissions of a file or a directory. */
export function modeOf(path: string): number {
  return Deno.statSync(path).mode! & 0o777;
}

/** A port of this machine that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A disk of its own. */
export interface Disk extends Place {
  /** Takes up all the room that there is left. */
  fill(): void;
  makeReadOnly(): void;
}

/** A disk of so many bytes, such as `64k`. Only if {@linkcode hasMounts}. */
export function tinyDisk(size: string): Disk {
  const directory = temporaryDirectory();
  const { path } = directory;
  run("mount", "-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", path);
  return {
    path,
    fill: () => {
      using file = Deno.openSync(`${path}/filling`, { createNew: true, write: true });
      try {
        for (;;) file.writeSync(new Uint8Array(4_096));
      } catch {
        // It is full.
      }
    },
    makeReadOnly: () => run("mount", "-o", "remount,ro", path),
    [Symbol.dispose]: () => {
      run("umount", path);
      directory[Symbol.dispose]();
    },
  };
}

function run(command: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Whether this user may mount disks. */
export const hasMounts = canMount();

function canMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    tinyDisk("16k")[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}
