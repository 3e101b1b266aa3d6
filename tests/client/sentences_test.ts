// The client's core, all of client/ but client/ui/, knows codes and fields. It holds no sentence for people,
// no slash command and no flag: these are made in client/ui/wording/.

import { assert, assertEquals } from "@std/assert";
import { sentencesIn } from "../support/sentences.ts";
import { sourceFiles } from "../support/source_files.ts";

Deno.test("the client's core holds no sentence, no slash command and no flag", async () => {
  const sources = (await sourceFiles("client")).filter(({ path }) =>
    !path.startsWith("client/ui/")
  );
  assert(sources.length > 30, "the source was not found");
  const found = sources.flatMap(({ path, text }) =>
    sentencesIn(text, { hasSql: path.startsWith("client/store/") })
      .map((sentence) => `${path}:${sentence}`)
  );
  assertEquals(found, [], "the client's core speaks to people");
});

Deno.test("a sentence, a slash command and a flag are found, however they are written", () => {
  const source = [
    'throw new Error("Cannot reach the server");',
    "const a = 'Try again';",
    "const b = `${name} has ${count} messages left`;",
    'const c = name + " left";',
    'const d = "/chat";',
    "const e = `see /verify ${name}`;",
    'const f = "--ca";',
    'const g = name === "" ? "Who is it, then?" : /"/;',
    "const h = `${`no conversation ${which}`}`;",
    'assert(x); const i = "it is not here";',
  ];
  const lines = sentencesIn(source.join("\n")).map((found) => Number.parseInt(found));
  assertEquals([...new Set(lines)], source.map((_, i) => i + 1));
});

Deno.test("words for programs and for programmers are no sentences", () => {
  const source = `
    // This comment tells a reader something, such as --ca and /chat.
    import { a } from "../transport/transport.ts";
    const b = "CHATACK", c = "you-left", d = \`Client: \${id} \${host}:\${port}\`;
    throw new TypeError("a rendezvous needs a server");
    throw new RangeError(\`a key has \${size} bytes\`);
    assert(open, \`the link to \${name} is open\`);
    if (error.message.includes("constraint failed")) return;
    const label = "p2pchat store proof 1";
    const pem = "-----BEGIN CERTIFICATE-----", path = "/usr/local", both = "a/b";
    const pattern = /it is here --ca/;`;
  assertEquals(sentencesIn(source), []);
  const query = "`SELECT text FROM messages WHERE row = ? ORDER BY row desc limit ${count}`;";
  assertEquals(sentencesIn(query).length, 1);
  assertEquals(sentencesIn(query, { hasSql: true }), []);
});
