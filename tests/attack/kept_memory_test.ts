// What a server keeps of a request must not grow with what else stood in it: a name of 20 letters that is cut out
// of a read of 16 KiB would keep all of that in memory for as long as it is registered.

import { assert } from "@std/assert";
import { root } from "../support/source_files.ts";
import { note } from "./extent.ts";

/** What a server keeps of a registration and a subscription, in bytes. */
async function kept(padding: number): Promise<Record<"registration" | "subscription", number>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--v8-flags=--expose-gc",
      `--config=${root}deno.json`,
      "--allow-env",
    ]
      .concat(`${root}tests/support/kept_memory.ts`, String(padding)),
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** By how much the two may differ, in bytes: the heap is not measured to the byte. */
const tolerance = 500;

Deno.test("what is kept of a request does not grow with the request", async () => {
  const [short, long] = [await kept(20), await kept(4_000)];
  for (const what of ["registration", "subscription"] as const) {
    note(`bytes kept of a ${what}`, { short: short[what], long: long[what] });
    assert(short[what] < 3_000, `a ${what} keeps ${short[what]} bytes`);
    assert(
      long[what] < short[what] + tolerance,
      `a ${what} keeps ${short[what]} bytes of a short request, but ${long[what]} of a long one`,
    );
  }
});
