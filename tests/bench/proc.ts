/**
 * What Linux tells of a process in /proc (proc(5)); undefined on other systems.
 *
 * @module
 */

/** Ticks a second of the times in /proc: USER_HZ, which is 100 on every architecture Deno runs on. */
const ticksPerSecond = 100;

/** The CPU time that a process has used, in user mode and in the kernel, in microseconds. */
export async function cpuTimeUs(pid: number): Promise<number | undefined> {
  const stat = await read(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, and may itself hold spaces and brackets.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined) return undefined;
  const [utime, stime] = [fields[14 - 3], fields[15 - 3]];
  return (Number(utime) + Number(stime)) * 1_000_000 / ticksPerSecond;
}

/** The memory of a process that is resident, in bytes. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(await read(`/proc/${pid}/status`) ?? "")?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** How many files a process may have open. */
export async function openFilesMax(pid: number): Promise<number | undefined> {
  const soft = /^Max open files\s+(\S+)/m.exec(await read(`/proc/${pid}/limits`) ?? "")?.[1];
  return soft === undefined ? undefined : soft === "unlimited" ? Infinity : Number(soft);
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
