// What is said of each answer and of lines that are not done, word for word.

import { nowhere } from "../../../../shared/net/address.ts";
import { UserError } from "../../../../client/user_error.ts";
import { Identity } from "../../../../shared/crypto/identity.ts";
import { conversationWith, peer } from "../../../support/fake_client.ts";
import { testWords } from "../../../support/shown_lines.ts";

const address = { host: "127.0.0.1", port: 5557, source: { serverHost: "127.0.0.1" } };
const { fingerprint: person } = Identity.fromSeed(new Uint8Array(32).fill(1));
const bob = peer("bob");
const unknown = { code: "not-registered", name: "bob" } as const;

testWords({
  registered: [
    [
      { id: "alice", address, server: { ...address, tls: {} }, expiresS: 300, keyed: true },
      "* registered as alice at 127.0.0.1:5557 with the server tls://127.0.0.1:5557, refreshed while " +
      "this runs",
    ],
    [
      { id: "alice", address, server: address, expiresS: undefined, keyed: false },
      "* registered as alice at 127.0.0.1:5557 with the server 127.0.0.1:5557; it does not reserve " +
      "the name for your key",
    ],
    [
      { id: "alice", address: nowhere, server: address, expiresS: 300, keyed: true },
      "* registered as alice with the server 127.0.0.1:5557, over which alone others reach you, " +
      "refreshed while this runs",
    ],
  ],
  notifying: [
    [{ what: undefined }, "* no terminal tells of messages here"],
    [{ what: "off" }, "* the terminal tells of no message"],
    [{ what: "mention" }, "* the terminal tells of messages that name you"],
    [{ what: "all" }, "* the terminal tells of every message"],
  ],
  theme: [
    [{ choice: "light" }, "* no terminal has colours here"],
    [{ choice: "light", inUse: "light" }, "* colours for a light background"],
    [
      { choice: "dark", inUse: "dark", isKept: true },
      "* colours for a dark background, also at the next start",
    ],
    [
      { choice: "none", inUse: "none", isKept: false },
      "* no colours; that could not be kept for the next start",
    ],
    [{ choice: "auto", inUse: "light" }, "* colours for a light background (auto)"],
    [
      { choice: "auto", inUse: "dark", isKept: true },
      "* colours by the background of the terminal, also at the next start",
    ],
    [
      { choice: "auto", inUse: "none", isKept: true },
      "* no colours (auto), also at the next start",
    ],
  ],
  "others-registered": [
    [
      { names: ["bob"], count: 1 },
      "* also registered: bob; /chat bob talks to them",
    ],
    [
      { names: ["bob", "carol"], count: 40 },
      "* also registered: bob, carol and 38 more; /chat bob talks to one of them",
    ],
  ],
  unregistered: [[{ id: "alice" }, "* unregistered: the server has forgotten alice"]],
  clients: [
    [
      { count: 3, clients: [{ id: "bob", address }], selfId: "bob" },
      "3 clients are registered:\n  bob  127.0.0.1:5557  (you)\n  and 2 more",
    ],
    [
      { count: 1, clients: [{ id: "bob", address }], selfId: "alice" },
      "1 client is registered:\n  bob  127.0.0.1:5557",
    ],
    [
      { count: 1, clients: [{ id: "bob", address: { ...address, ...nowhere } }], selfId: "alice" },
      "1 client is registered:\n  bob  over the server alone",
    ],
    [{ count: 0, clients: [], selfId: "bob" }, "nobody is registered"],
  ],
  bridged: [
    [
      { found: { id: "bob", address: { ...address, ...nowhere } } },
      "* bob is reached over the server alone; /chat bob opens a conversation",
    ],
    [
      { found: { id: "bob", address } },
      "* bob is at 127.0.0.1:5557; /chat bob opens a conversation",
    ],
    [
      { found: { id: "", address } },
      "* the server names a client at 127.0.0.1:5557; /chat 127.0.0.1:5557 opens a conversation",
    ],
    [{ found: undefined }, "* nobody else is registered yet; try /bridge again later"],
  ],
  calling: [
    [{ name: "bob", address }, "* calling bob at 127.0.0.1:5557"],
    [{ name: undefined, address }, "* calling 127.0.0.1:5557"],
  ],
  away: [
    [
      { name: "bob", why: unknown },
      "* talking to bob, who cannot be reached; what you write waits. The server knows no bob; " +
      "/info shows whom it knows",
    ],
    [
      { name: "bob", why: undefined },
      "* talking to bob, who cannot be reached; what you write waits",
    ],
  ],
  switched: [[{ name: "bob" }, "* talking to bob"]],
  hidden: [[
    { name: "bob" },
    "* bob is off the list on the screen until something new comes; /switch bob takes that back",
  ]],
  accepted: [[{ name: "bob" }, "* bob is a contact now; /chat bob answers"]],
  blocked: [
    [
      { name: "bob", fingerprint: person },
      `* bob is blocked, by the key ${person}; /unblock bob takes that back`,
    ],
    [
      { name: undefined, fingerprint: person },
      `* the key ${person} is blocked; /unblock ${person} takes that back`,
    ],
  ],
  unblocked: [[
    { keys: [{ name: "bob", fingerprint: person }, { name: undefined, fingerprint: person }] },
    `* bob is not blocked any more, nor is the key ${person}\n` +
    `* the key ${person} is not blocked any more`,
  ]],
  ignored: [
    [
      { name: "bob", fingerprint: person },
      "* bob is ignored: what comes is kept and not shown; /unignore bob takes that back",
    ],
    [
      { name: undefined, fingerprint: person },
      `* the key ${person} is ignored: what comes is kept and not shown; /unignore ${person} takes that back`,
    ],
  ],
  unignored: [[
    { keys: [{ name: "bob", fingerprint: person }, { name: undefined, fingerprint: person }] },
    "* bob is not ignored any more; what came meanwhile is in /history\n" +
    `* the key ${person} is not ignored any more; what came meanwhile is in /history`,
  ]],
  visiting: [
    [{ servers: [] }, "* you are at no other server than your own; /visit SERVER"],
    [
      { servers: ["tls://chat.example.org:5555", "plain:192.0.2.7:5555"] },
      "you are also at:\n  tls://chat.example.org:5555\n  plain:192.0.2.7:5555",
    ],
  ],
  visited: [[
    { server: "tls://chat.example.org:5555", place: "chat.example.org:5555" },
    "* you are at tls://chat.example.org:5555 as well from now on; " +
    "/chat NAME@chat.example.org:5555 calls somebody there",
  ]],
  unvisited: [[
    { server: "tls://chat.example.org:5555" },
    "* you are not at tls://chat.example.org:5555 any more",
  ]],
  ignoring: [
    [{ keys: [] }, "* nobody is ignored"],
    [
      { keys: [{ name: "bob", fingerprint: person }, { name: undefined, fingerprint: person }] },
      `ignored:\n  bob ${person}\n  ${person}`,
    ],
  ],
  "gone-away": [[
    { text: "back at eight" },
    "* you are away: “back at eight”; each contact who writes is told so once",
  ]],
  "came-back": [
    [{ wasAway: true }, "* you are here again"],
    [{ wasAway: false }, "* you are not away"],
  ],
  nicked: [[
    { name: "bob", fingerprint: person, localName: "bro" },
    "* you call bob ~bro here, and nobody else sees it; /nick bob takes it back",
  ]],
  unnicked: [[
    { name: "bob", fingerprint: person, localName: "bro" },
    "* bob is called bob again",
  ]],
  nicks: [
    [{ named: [] }, "* you have given nobody a local name; /nick LOCALNAME NAME does"],
    [
      {
        named: [
          { name: "bob", fingerprint: person, localName: "bro" },
          { name: "caroline", fingerprint: person, localName: "sister" },
        ],
      },
      "local names:\n  ~bro     bob\n  ~sister  caroline",
    ],
  ],
  trusted: [[
    { name: "bob", fingerprint: person },
    `* bob's key is ${person} from now on; /chat bob calls again`,
  ]],
  "verification-waits": [[
    { name: "bob" },
    "* waiting for bob to run /verify as well; /verify bob no stops waiting",
  ]],
  "verification-withdrawn": [[
    { name: "bob" },
    "* not waiting for bob any more; no words were compared, and nothing has changed",
  ]],
  verified: [[
    { name: "bob", fingerprint: person },
    `* bob is verified: the key ${person} is theirs`,
  ]],
  "not-verified": [[
    { name: "bob" },
    "error: The words differ, so somebody is between you and bob and has read what was said. The key " +
    "is forgotten and the conversation ended",
  ]],
  conversations: [
    [{ conversations: [], current: undefined }, "no conversation is open; /chat opens one"],
    [
      { conversations: [conversationWith("bob")], current: undefined },
      "1 conversation is open:\n  bob  127.0.0.1:5557  encrypted",
    ],
    [
      {
        conversations: [
          { ...conversationWith("bob"), security: "verified" },
          { ...conversationWith("x"), dialect: "raw", security: "plaintext" },
        ],
        current: bob.conversation,
      },
      "2 conversations are open:\n  bob  127.0.0.1:5557  verified  (current)\n" +
      "  x    127.0.0.1:5557  plaintext, raw",
    ],
    [
      {
        conversations: [{
          ...conversationWith("bob", { connected: false, waiting: 1 }),
          keyFromServer: true,
        }],
        current: undefined,
      },
      "1 conversation is open:\n  bob  away  encrypted, key from the server, 1 waiting",
    ],
    [
      {
        conversations: [
          conversationWith("bob", { connected: false, waiting: 2 }),
          conversationWith("carol"),
        ],
        current: peer("carol").conversation,
      },
      "2 conversations are open:\n  bob    away            encrypted, 2 waiting\n" +
      "  carol  127.0.0.1:5557  encrypted  (current)",
    ],
  ],
  help: [
    [{ rows: [["/a", "one"], ["/long", "two"]], examples: [] }, "  /a     one\n  /long  two"],
    [
      { rows: [["/a NAME", "one"]], examples: ["/a bob", "/a carol"] },
      "  /a NAME  one\n  for example  /a bob\n               /a carol",
    ],
  ],
  hint: [
    [
      { hint: "local-only" },
      "* only this machine can call you; start without --host to let others",
    ],
    [
      { hint: "server-line-not-encrypted" },
      "* the connection to the server is not encrypted: anyone on the way can see whom you look for " +
      "and change what the server says; put tls:// before its address if the server supports it",
    ],
  ],
  serving: [
    [
      { others: ["tls://192.0.2.7:5555?sha256=f5", "tls://[2001:db8::7]:5555?sha256=f5"] },
      "* a server runs in this client, and ends with it; others type p2pchat client NAME, and behind it\n" +
      "*     'tls://192.0.2.7:5555?sha256=f5'\n" +
      "*  or 'tls://[2001:db8::7]:5555?sha256=f5'",
    ],
  ],
  "still-waiting": [
    [{ command: "/info" }, "* still waiting for /info …"],
    [{ command: undefined }, "* still waiting for the message to go out …"],
  ],
  "lines-dropped": [
    [{ lines: ["one"] }, "* dropped the line that was still to be done: “one”"],
    [
      { lines: ["one", "two"] },
      "* dropped 2 lines that were still to be done; the first is “one”",
    ],
  ],
  "lines-refused": [
    [{ lines: ["one"] }, "* “one” was not sent; the up arrow brings it back"],
    [
      { lines: ["one", "two"] },
      "* 2 more lines were not sent; the up arrow brings them back; the first is “one”",
    ],
  ],
  "here-ended": [[
    {},
    "* if the server of this machine ran in another client of yours, it has ended with that: end this " +
    "client and start it again, and the server runs in this one",
  ]],
  "taken-over": [[
    { id: "alice" },
    "* another p2pchat of yours took over as alice; this one leaves",
  ]],
  "client-passed-over": [[
    { why: { code: "running-client-silent", seconds: 10 } },
    "* reading the messages without the client that runs. The p2pchat that runs with this profile " +
    "does not answer within 10 seconds; it may be stopped: have it go on, or end it, and try again",
  ]],
  "unknown-command": [[
    { name: "hlep", near: ["help"] },
    "error: There is no /hlep; did you mean /help? /help shows all commands, and // begins a message " +
    "with a slash",
  ], [
    { name: "c", near: ["chat", "close", "clear"] },
    "error: There is no /c; did you mean /chat, /close or /clear? /help shows all commands, and // " +
    "begins a message with a slash",
  ], [
    { name: "nope", near: [] },
    "error: There is no /nope; /help shows all commands, and // begins a message with a slash",
  ]],
  path: [[
    { path: "etc/passwd" },
    "error: not sent: there is no command /etc/passwd; // begins a message with a slash: " +
    "//etc/passwd",
  ]],
  "too-many-lines": [
    [
      { count: 1, max: 10_000 },
      "error: 1 line was not taken: 10000 waited to be done. What follows is sent to nobody until you " +
      "/chat or /switch to somebody",
    ],
    [
      { count: 2, max: 10_000 },
      "error: 2 lines were not taken: 10000 waited to be done. What follows is sent to nobody until you " +
      "/chat or /switch to somebody",
    ],
  ],
  "meant-command": [[
    { line: ":q", command: "quit" },
    "error: Did you mean /quit? Enter once more sends “:q” as a message",
  ]],
  "paste-too-long": [
    [
      { max: 15_360 },
      "error: What you have pasted is too long for one message, which has at most 15,360 bytes. " +
      "Nothing of it was taken",
    ],
  ],
  "leave-asked": [
    [{ waiting: 0 }, "* Ctrl+C again, or /quit, leaves everyone"],
    [
      { waiting: 1 },
      "* Ctrl+C again, or /quit, leaves everyone; Ctrl+C drops the line still to be done",
    ],
    [
      { waiting: 2 },
      "* Ctrl+C again, or /quit, leaves everyone; Ctrl+C drops 2 lines still to be done",
    ],
  ],
  left: [
    [{ names: ["bob"] }, "* you left bob"],
    [{ names: ["bob", "carol"] }, "* you left bob, carol"],
    [
      { names: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] },
      "* you left a, b, c, d, e, f, g, h and 2 more",
    ],
  ],
  "pasted-slash": [
    [
      {},
      "* what is pasted is a message, also with a slash at its beginning; type the slash of a " +
      "command yourself",
    ],
  ],
  "turn-failed": [
    [{ command: "/chat dave" }, "error: not sent: /chat dave failed"],
    [{ command: "x".repeat(100) }, `error: not sent: ${"x".repeat(79)}… failed`],
  ],
  "begun-for-another": [
    [
      { begunFor: "bob", current: "carol", asks: true },
      "error: not sent: this line was begun for bob, and you now talk to carol: Enter sends it to " +
      "carol, Ctrl+U drops it",
    ],
    [
      { begunFor: undefined, failed: "/query dave", current: "carol", asks: true },
      "error: not sent: /query dave failed, and you still talk to carol: Enter sends it to carol, " +
      "Ctrl+U drops it",
    ],
    [
      { begunFor: undefined, current: "carol", asks: false },
      "error: not sent: this line was begun for nobody, and you now talk to carol",
    ],
  ],
  "not-a-line": [
    [{ number: 3, why: "not-utf8" }, "error: Line 3 is not UTF-8: it was not sent"],
    [
      { number: 3, why: "too-long" },
      "error: Line 3 is longer than a message can be: it was not sent",
    ],
  ],
  failed: [
    [
      { error: new UserError(unknown) },
      "error: The server knows no bob; /info shows whom it knows",
    ],
    [{ error: new RangeError("too long") }, "error: too long"],
    [{ error: new TypeError("x") }, "error: Something failed: TypeError: x"],
  ],
});
