/**
 * Makes the executables of all systems in dist/, with their SHA-256 sums: what the task `compile` does,
 * for each target.
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
const [, ...compile] = tasks.compile.command.split(" ");
const sums: string[] = [];
for (const target of targets) {
  const name = `p2pchat-${target}${target.includes("windows") ? ".exe" : ""}`;
  const args = compile.map((arg: string) => arg === "dist/p2pchat" ? `dist/${name}` : arg);
  args.splice(1, 0, "--target", target);
  const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (code !== 0) {
    console.error(`Cannot compile for ${target}: deno compile ended with ${code}`);
    Deno.exit(1);
  }
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`dist/${name}`));
  sums.push(`${new Uint8Array(digest).toHex()}  ${name}\n`);
}
await Deno.writeTextFile("dist/SHA256SUMS", sums.join(""));
console.log(`dist/ holds ${targets.length} executables and SHA256SUMS`);
