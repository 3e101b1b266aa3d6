/**
 * Makes the executables of all systems in dist/, with their SHA-256 sums: what the task `compile` does,
 * for each target; the bundle is the same for all.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- says what it makes

const targets = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
await run(tasks.bundle.command.split(" ").slice(1));
const [, ...compile] = tasks.compile.command.split(" ");
const sums: string[] = [];
for (const target of targets) {
  const name = `p2pchat-${target}${target.includes("windows") ? ".exe" : ""}`;
  const args = compile.map((arg: string) => arg === "dist/p2pchat" ? `dist/${name}` : arg);
  args.splice(1, 0, "--target", target);
  await run(args);
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`dist/${name}`));
  sums.push(`${new Uint8Array(digest).toHex()}  ${name}\n`);
}
await Deno.writeTextFile("dist/SHA256SUMS", sums.join(""));
console.log(`dist/ holds ${targets.length} executables and SHA256SUMS`);

/** Has Deno do something; what fails ends all. */
async function run(args: string[]): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (code === 0) return;
  console.error(`Cannot make the executables: deno ${args.join(" ")} ended with ${code}`);
  Deno.exit(1);
}
