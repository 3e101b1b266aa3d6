import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { readAuthorities } from "../../../../client/ui/cli/ca_file.ts";
import { UserError } from "../../../../client/user_error.ts";
import { Authority } from "../../../support/certificates.ts";
import { rejectsSaying, sentenceOf } from "../../../support/problems.ts";

const authority = new Authority();
const otherAuthority = new Authority("Other");
addEventListener("unload", () => {
  authority[Symbol.dispose]();
  otherAuthority[Symbol.dispose]();
});

Deno.test("a file without usable authorities is refused", async () => {
  assertEquals(await readAuthorities(authority.certFile), authority.cert);
  const both = authority.path("both.pem");
  await Deno.writeTextFile(both, `Two of them\n${authority.cert}${otherAuthority.cert}`);
  assertEquals((await readAuthorities(both)).match(/BEGIN/g)!.length, 2);
  const damaged = authority.path("damaged.pem");
  await Deno.writeTextFile(damaged, authority.cert + otherAuthority.cert.replace(/MII/, "MIA"));
  const { keyFile } = authority.issue();
  for (const file of [damaged, keyFile]) {
    const error = await assertRejects(() => readAuthorities(file), UserError);
    assertMatch(
      sentenceOf(error.problem),
      /\.(pem|key) holds no certificate that can be used: .*PEM/,
    );
  }
  const missing = authority.path("missing.pem");
  await rejectsSaying(
    () => readAuthorities(missing),
    UserError,
    `the authorities ${missing}: there`,
  );
});
