// Which addresses are called: by what they are, who has named them, and where this machine stands.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { addressKind } from "../../../client/transport/address_kind.ts";
import { type Objection, objectionTo } from "../../../client/transport/dial_policy.ts";
import type { AddressSource } from "../../../shared/net/named_address.ts";

/** A machine at home, on 192.168.7.0/24, and in a network of IPv6. */
const interfaces = [
  { address: "127.0.0.1", prefixBits: 8 },
  { address: "::1", prefixBits: 128 },
  { address: "192.168.7.20", prefixBits: 24 },
  { address: "fd00:7::20", prefixBits: 64 },
  { address: "fe80::20", prefixBits: 64 },
  { address: "169.254.7.20", prefixBits: 16 },
];
const publicServer = "192.0.2.5";

/** Somebody's word, and where the client's server is. */
interface Word {
  readonly source: AddressSource;
  readonly serverHost: string;
}
const byServer = (serverHost: string): Word => ({ source: { serverHost }, serverHost });
const words = {
  "typed": { source: "user", serverHost: publicServer },
  "public server": byServer(publicServer),
  "private server": byServer("10.9.9.9"),
  "CGNAT server": byServer("100.64.0.1"),
  "link-local server": byServer("fe80::5%eth0"),
  "server here": byServer("127.0.0.1"),
  "server at own address": byServer("192.168.7.20"),
  "contact": { source: "contact", serverHost: publicServer },
  "contact, server here": { source: "contact", serverHost: "localhost" },
  "caller": { source: "caller", serverHost: publicServer },
  "caller, private server": { source: "caller", serverHost: "10.9.9.9" },
  "caller, server here": { source: "caller", serverHost: "::1" },
  "unknown": { source: "unknown", serverHost: publicServer },
  "mail": { source: "mail", serverHost: publicServer },
  "mail, server here": { source: "mail", serverHost: "127.0.0.1" },
} satisfies Record<string, Word>;
type WordName = keyof typeof words;

const all = Object.keys(words) as WordName[];
const privately: WordName[] = ["private server", "CGNAT server", "link-local server"];
const here: WordName[] = ["server here", "server at own address"];

/** Whose word is followed, for each kind of address. The user's always is. */
const followed: Readonly<Record<string, readonly WordName[]>> = {
  "8.8.8.8": all,
  "2606:4700::1111": all,
  "169.254.169.254": [],
  "169.254.7.21": [],
  "fe80::1": [],
  "0.0.0.0": [],
  "255.255.255.255": [],
  "224.0.0.1": [],
  "ff02::1": [],
  "64:ff9b::192.168.7.1": [],
  "127.0.0.1": [...here, "contact, server here", "caller, server here"],
  "::1": [...here, "contact, server here", "caller, server here"],
  "::ffff:127.0.0.1": [...here, "contact, server here", "caller, server here"],
  // In a network of the machine's own: by anybody's word but a mail's.
  "192.168.7.1": all.filter((name) => !name.startsWith("mail")),
  "::ffff:192.168.7.1": all.filter((name) => !name.startsWith("mail")),
  "fd00:7::99": all.filter((name) => !name.startsWith("mail")),
  // In somebody else's.
  "192.168.1.1": [...privately, ...here, "contact", "contact, server here"],
  "192.168.8.1": [...privately, ...here, "contact", "contact, server here"],
  "10.0.0.1": [...privately, ...here, "contact", "contact, server here"],
  "172.16.0.1": [...privately, ...here, "contact", "contact, server here"],
  "100.64.0.9": [...privately, ...here, "contact", "contact, server here"],
  "fd00:8::1": [...privately, ...here, "contact", "contact, server here"],
};

for (const [host, trusted] of Object.entries(followed)) {
  Deno.test(`who can make this machine call ${host}`, () => {
    const called = all.filter((name) => {
      const { source, serverHost } = words[name];
      return objectionTo(host, source, { interfaces, serverHost }) === undefined;
    });
    assertEquals(called.toSorted(), [...new Set<WordName>(["typed", ...trusted])].toSorted());
  });
}

Deno.test("what is refused is named for what it is", () => {
  const surroundings = { interfaces, serverHost: publicServer };
  const source = { serverHost: publicServer };
  const cases: [string, Objection][] = [
    ["192.168.1.1", "private"],
    ["169.254.169.254", "link-local"],
    ["127.0.0.1", "loopback"],
    ["0.0.0.0", "unusable"],
  ];
  for (const [host, objection] of cases) {
    assertEquals(objectionTo(host, source, surroundings), objection);
  }
});

Deno.test("without interfaces, as without the permission to see them, nothing private is near", () => {
  const surroundings = { interfaces: [], serverHost: publicServer };
  for (const source of ["caller", { serverHost: publicServer }] as const) {
    assertEquals(objectionTo("192.168.7.1", source, surroundings), "private");
  }
  assertEquals(objectionTo("192.168.7.1", "contact", surroundings), undefined);
});

const addresses = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(...Object.keys(followed)),
  fc.nat(255).map((last) => `192.168.7.${last}`),
);
const interfaceAddress = fc.oneof(
  fc.record({ address: fc.ipV4(), prefixBits: fc.nat(32) }),
  fc.record({ address: fc.ipV6(), prefixBits: fc.nat(128) }),
);
const surroundings = fc.record({
  interfaces: fc.array(interfaceAddress, { maxLength: 3 }),
  serverHost: fc.oneof(addresses, fc.constantFrom("localhost", "chat.example", "")),
});
const sources = fc.oneof(
  fc.constantFrom<AddressSource>("contact", "caller", "mail", "unknown"),
  addresses.map((serverHost) => ({ serverHost })),
);

Deno.test("whatever the networks are, nobody but the user makes this machine call these", () => {
  fc.assert(fc.property(addresses, sources, surroundings, (host, source, near) => {
    const kind = addressKind(host);
    const objection = objectionTo(host, source, near);
    if (kind === "public") assertEquals(objection, undefined);
    if (kind === "link-local" || kind === "unusable") assertEquals(objection, kind);
    if (source === "mail" && kind !== "public") assertEquals(objection, kind);
    assertEquals(objectionTo(host, "user", near), undefined);
  }));
});

Deno.test("a mail's word counts no more than a stranger's, and that no more than a contact's", () => {
  fc.assert(fc.property(addresses, surroundings, (host, near) => {
    const [mail, caller, contact] = (["mail", "caller", "contact"] as const)
      .map((source) => objectionTo(host, source, near) === undefined);
    assert(!mail || caller);
    assert(!caller || contact);
    assertEquals(objectionTo(host, "unknown", near) === undefined, caller);
  }));
});

Deno.test("another network of one's own never forbids anything", () => {
  fc.assert(
    fc.property(addresses, sources, surroundings, interfaceAddress, (host, source, near, more) => {
      if (objectionTo(host, source, near) !== undefined) return;
      const wider = { ...near, interfaces: [...near.interfaces, more] };
      assertEquals(objectionTo(host, source, wider), undefined);
    }),
  );
});
