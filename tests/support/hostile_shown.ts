/**
 * Arbitrary things to show, in which every text comes from outside and means harm.
 *
 * @module
 */

import fc from "fast-check";
import type { Shown } from "../../client/ui/wording/wording.ts";
import type { OfType } from "../../client/ui/wording/wording_parts.ts";
import { UserError } from "../../client/user_error.ts";
import type { Fingerprint, PublicKey } from "../../shared/crypto/public_key.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import { codePoint } from "./code_point.ts";
import { hostileTexts } from "./hostile_text/hostile_text.ts";
import { keyOf } from "./store_fixture.ts";

/** What a terminal would obey, or show in another order than it has. */
export const unsafe =
  // deno-lint-ignore no-control-regex -- that is what this is about
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb]|\p{Cs}/u;

/** Text that comes from outside and means harm. */
export const hostile = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.array(fc.constantFrom(
    ...["\x1b[2J", "\x1b]52;c;x\x07", "\x9b31m", "\r", "\n", "\r\n", "\t", "\b", "\0", "\x7f"],
    ...["\u202e", "\u2066", "\u200f", "\u061c", "\u2028", "\u2029", "\u0085", "\ud800", "\udc00"],
    ...["bob", "* ", "error: ", "é", "🙂", " "],
  )).map((parts) => parts.join("")),
  fc.constantFrom(...Object.values(hostileTexts)),
);
const place = fc.record({ host: hostile, port: fc.nat(65_535) });
const dialect = fc.constantFrom("p2pchat" as const, "raw" as const, "lines" as const);
const security = fc.constantFrom("plaintext" as const, "encrypted" as const, "verified" as const);
const fingerprint = hostile.map((text) => text as Fingerprint);
const key = hostile.map((text) => text as PublicKey);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const namedPlace = place.map((address) => namedBy({ serverHost: "192.0.2.9" }, address));
const known = fc.record({ id: hostile, address: namedPlace, fingerprint }, {
  requiredKeys: ["id", "address"],
});
const problem = hostile.map((reason) => ({ code: "unexpected", reason }) as const);
const who = {
  conversation: hostile,
  name: hostile,
  person: maybe(fingerprint),
  device: maybe(key),
};
const words = fc.array(hostile, { minLength: 4, maxLength: 4 });
const verdict = fc.oneof(
  fc.record({
    type: fc.constant("changed" as const),
    presentedFingerprint: fingerprint,
    savedFingerprint: fingerprint,
    verified: fc.boolean(),
    serverFingerprint: maybe(fingerprint),
  }),
  fc.record({
    type: fc.constant("rejected" as const),
    presentedFingerprint: fingerprint,
    serverFingerprint: maybe(fingerprint),
  }),
  fc.record({
    type: fc.constant("contradicted" as const),
    presentedFingerprint: fingerprint,
    serverFingerprint: fingerprint,
  }),
);
const reason = fc.constantFrom(
  ...["you-left", "peer-left", "lost", "silent", "broken", "refused"] as const,
);

const count = fc.integer({ min: 1, max: 9 });
/** The largest number that a peer can send. */
const timeMs = fc.integer({ min: 0, max: 999_999_999_999_999 });
const entry = fc.record({
  row: fc.nat(),
  name: hostile,
  // Two persons, who may have one name.
  key: maybe(fc.constantFrom(keyOf(1), keyOf(2))),
  direction: fc.constantFrom("in" as const, "out" as const),
  id: hostile,
  text: hostile,
  sentAtMs: timeMs,
  atMs: timeMs,
  state: fc.constantFrom(
    ...["waiting", "deposited", "delivered", "read", "sent", "received"] as const,
  ),
  plaintext: fc.boolean(),
});
/** Messages of a history. */
export const entries = fc.array(entry, { maxLength: 4 });
const ids = fc.array(hostile, { maxLength: 12 });
const finding = fc.record({
  direction: fc.constantFrom("sent" as const, "received" as const),
  stream: hostile,
  same: fc.nat(),
  waiting: fc.nat(),
  missingHere: ids,
  missingThere: ids,
  differing: ids,
  complete: fc.boolean(),
});
const similarTo = fc.array(fc.record({
  name: hostile,
  standing: fc.constantFrom("verified" as const, "contact" as const, "unknown" as const),
}));
const receivers = {
  to: fc.record({ person: maybe(fingerprint), device: maybe(key) }),
  have: fc.constant(1),
  of: fc.constant(1),
};
const devices = fc.array(
  fc.record({
    device: maybe(key),
    address: maybe(place),
    relayedBy: hostile,
    connected: fc.boolean(),
  }, { requiredKeys: ["device", "address", "connected"] }),
  { minLength: 1, maxLength: 2 },
);
const named = fc.record({ name: hostile });
const namedKey = fc.record({ name: maybe(hostile), fingerprint });

const locallyNamed = fc.record({ name: hostile, fingerprint, localName: hostile });
const present = fc.array(
  fc.record({ name: hostile, key: fc.constantFrom(keyOf(1), undefined) }),
);

/** What each type to show has. */
type Arbitraries = {
  [T in Shown["type"]]: fc.Arbitrary<Omit<OfType<Shown, T>, "type">>;
};

const fields: Arbitraries = {
  listening: fc.record({ address: place }),
  "server-lost": fc.record({ problem }),
  "registered-again": fc.record({ server: place }),
  displaced: fc.record({ id: hostile }),
  opened: fc.record({
    ...who,
    address: place,
    dialect,
    security,
    cause: fc.constantFrom("chat" as const, "delivery" as const, "call" as const),
    contact: fc.boolean(),
    similarTo,
    isCurrent: fc.boolean(),
    waiting: fc.nat(3),
  }),
  message: fc.record({
    ...who,
    id: hostile,
    stream: maybe(hostile),
    seq: maybe(fc.nat()),
    kind: fc.constant("text" as const),
    plaintext: fc.boolean(),
    text: hostile,
    sentAtMs: timeMs,
  }),
  waiting: fc.record({ ...who, count }),
  deposited: fc.record({ ...who, count }),
  "deposit-refused": fc.record({ ...who, why: problem }),
  delivered: fc.record({
    ...who,
    ...receivers,
    id: hostile,
    waiting: fc.nat(3),
    wasWaiting: fc.boolean(),
  }),
  arrived: fc.record({ conversation: hostile, name: hostile, count }),
  read: fc.record({ ...who, ...receivers, id: hostile, count }),
  absent: fc.record({ ...who, text: hostile }),
  missed: fc.record({ ...who, count }),
  unconfirmed: fc.record({ ...who, texts: fc.array(hostile, { minLength: 1, maxLength: 3 }) }),
  closed: fc.record({ ...who, reason, detail: maybe(problem) }),
  presence: fc.record({ name: hostile, here: fc.boolean() }),
  returned: fc.record({
    name: hostile,
    isNews: fc.boolean(),
    isAgain: fc.boolean(),
    hasCalled: fc.boolean(),
    isCurrent: fc.boolean(),
    delivered: fc.nat(3),
    waiting: fc.nat(3),
  }),
  "first-contact": fc.record({
    name: hostile,
    fingerprint,
    vouched: fc.boolean(),
    displaced: fingerprint,
    similarTo,
  }),
  "key-changed": fc.record({ name: hostile, verdict }),
  "key-refused": fc.record({ name: hostile, verdict }),
  "server-contradicted": fc.record({
    name: hostile,
    serverFingerprint: fingerprint,
    presentedFingerprint: fingerprint,
    verified: fc.boolean(),
  }),
  "turned-away": fc.record({ why: problem }),
  "verification-asked": fc.record(who),
  "verification-cut": fc.record(who),
  "verification-words": fc.record({ name: hostile, words }),
  problem: fc.record({ problem }),
  registered: fc.record({
    id: hostile,
    address: place,
    server: place,
    expiresS: maybe(fc.nat()),
    keyed: fc.boolean(),
  }),
  theme: fc.record({
    choice: fc.constantFrom("auto" as const, "light" as const),
    inUse: fc.constantFrom("dark" as const, "light" as const, "none" as const),
    isKept: maybe(fc.boolean()),
  }),
  notifying: fc.record({
    what: fc.constantFrom("off" as const, "mention" as const, "all" as const),
  }),
  "others-registered": fc.record({
    names: fc.array(hostile, { minLength: 1, maxLength: 5 }),
    count: fc.nat(),
  }),
  unregistered: fc.record({ id: hostile }),
  clients: fc.record({
    count: fc.nat(),
    clients: fc.array(known, { maxLength: 4 }),
    selfId: hostile,
  }),
  bridged: fc.record({ found: maybe(known) }),
  calling: fc.record({ name: maybe(hostile), address: place }),
  away: fc.record({ name: hostile, why: maybe(problem) }),
  switched: named,
  hidden: named,
  accepted: named,
  blocked: namedKey,
  gathered: fc.record({
    calls: fc.nat(3),
    keys: fc.nat(3),
    mails: fc.nat(3),
    fingerprint: maybe(fingerprint),
  }),
  unblocked: fc.record({ keys: fc.array(namedKey, { minLength: 1, maxLength: 3 }) }),
  ignored: namedKey,
  unignored: fc.record({ keys: fc.array(namedKey, { minLength: 1, maxLength: 3 }) }),
  visiting: fc.record({ servers: fc.array(hostile, { maxLength: 3 }) }),
  visited: fc.record({ server: hostile, place: hostile }),
  unvisited: fc.record({ server: hostile }),
  ignoring: fc.record({ keys: fc.array(namedKey, { maxLength: 3 }) }),
  "gone-away": fc.record({ text: hostile }),
  "came-back": fc.record({ wasAway: fc.boolean() }),
  nicked: locallyNamed,
  unnicked: locallyNamed,
  nicks: fc.record({ named: fc.array(locallyNamed, { maxLength: 3 }) }),
  trusted: fc.record({ name: hostile, fingerprint }),
  "verification-waits": named,
  "verification-withdrawn": named,
  verified: fc.record({ name: hostile, fingerprint }),
  "not-verified": named,
  contacts: fc.record({
    contacts: fc.array(
      fc.record({
        name: hostile,
        person: fingerprint,
        devices,
        presence: fc.constantFrom(
          "online" as const,
          "registered" as const,
          "away" as const,
          undefined,
        ),
        connected: fc.boolean(),
        waiting: fc.nat(3),
        lastAtMs: timeMs,
        began: fc.nat(),
      }),
      { maxLength: 4 },
    ),
  }),
  "gone-to": fc.record({ name: hostile, row: fc.nat(), entries, present }),
  history: fc.oneof(
    fc.record({ entries }),
    fc.record({
      name: hostile,
      entries,
      present,
    }),
    fc.record({ words: hostile, ignored: fc.array(hostile), entries }),
  ),
  audited: fc.record({
    name: hostile,
    report: fc.record({ streams: fc.array(finding, { maxLength: 3 }) }),
  }),
  "path-report": fc.record({
    report: fc.record({
      name: hostile,
      paths: fc.array(
        fc.record({ address: place, relayedBy: hostile, roundTripMs: maybe(fc.nat(2_000)) }, {
          requiredKeys: ["address", "roundTripMs"],
        }),
        { maxLength: 2 },
      ),
      whyRelayed: maybe(problem),
      whyNotPunched: maybe(problem),
    }),
  }),
  conversations: fc.record({
    conversations: fc.array(
      fc.record({ ...who, devices, dialect, security, waiting: fc.nat(3) }),
      { maxLength: 4 },
    ),
    current: maybe(hostile),
  }),
  help: fc.record({
    examples: fc.constant([]),
    rows: fc.array(fc.tuple(hostile, hostile), { minLength: 1, maxLength: 4 }),
  }),
  hint: fc.record({
    hint: fc.constantFrom("local-only" as const, "server-line-not-encrypted" as const),
  }),
  serving: fc.record({ others: fc.array(hostile, { minLength: 1, maxLength: 3 }) }),
  "still-waiting": fc.record({ command: fc.option(hostile, { nil: undefined }) }),
  "lines-dropped": fc.record({ lines: fc.array(hostile, { minLength: 1, maxLength: 3 }) }),
  "lines-refused": fc.record({ lines: fc.array(hostile, { minLength: 1, maxLength: 3 }) }),
  "leave-asked": fc.record({ waiting: fc.nat() }),
  left: fc.record({ names: fc.array(hostile, { minLength: 1, maxLength: 9 }) }),
  "pasted-slash": fc.constant({}),
  cleared: fc.constant({}),
  "meant-command": fc.record({ line: hostile, command: hostile }),
  "paste-too-long": fc.record({ max: fc.nat() }),
  "here-ended": fc.constant({}),
  "taken-over": fc.record({ id: hostile }),
  usage: fc.record({ usage: hostile, help: hostile }),
  "unknown-command": fc.record({ name: hostile, near: fc.array(hostile, { maxLength: 3 }) }),
  path: fc.record({ path: hostile }),
  "too-many-lines": fc.record({ count: fc.nat(), max: fc.nat() }),
  "turn-failed": fc.record({ command: hostile }),
  "begun-for-another": fc.record({
    begunFor: maybe(hostile),
    failed: hostile,
    current: hostile,
    asks: fc.boolean(),
  }, { requiredKeys: ["begunFor", "current", "asks"] }),
  "not-a-line": fc.record({
    number: fc.nat(),
    why: fc.constantFrom("not-utf8" as const, "too-long" as const),
  }),
  "nobody-current": fc.record({
    looking: hostile,
    command: fc.constantFrom("msg" as const, "close" as const, "hide" as const, "audit" as const),
    names: fc.array(hostile, { maxLength: 3 }),
  }, { requiredKeys: ["command", "names"] }),
  "not-found": fc.record({ number: hostile, count: fc.nat(20) }),
  "not-a-count": fc.record({ given: hostile, name: hostile }),
  "count-out-of-range": fc.record({ count: fc.nat(), max: fc.nat() }),
  "not-yes-or-no": fc.record({ given: hostile, name: hostile }),
  failed: fc.record({
    error: fc.oneof(
      problem.map((problem) => new UserError(problem)),
      hostile.map((text) => new RangeError(text)),
      hostile.map((text) => new Error(text)),
      hostile,
    ),
  }),
  "client-passed-over": fc.record({ why: problem }),
  converting: fc.record({
    to: fc.constantFrom("sealed" as const, "readable" as const),
    done: fc.nat(),
    total: fc.nat(),
  }),
  "identity-exposed": fc.record({ path: hostile, mode: hostile }),
  "identity-made": fc.constant({}),
  identity: fc.record({ key, fingerprint, path: hostile, hasPassphrase: fc.boolean() }),
  "passphrase-changed": fc.record({ before: fc.boolean(), now: fc.boolean() }),
  "identity-exported": fc.record({ path: hostile, plain: fc.boolean() }),
  "identity-imported": fc.record({
    fingerprint,
    wasThere: fc.boolean(),
    replaced: maybe(hostile),
  }),
  "backed-up": fc.record({
    path: hostile,
    messages: fc.nat(),
    protects: fc.constantFrom("nothing" as const, "identity" as const, "all" as const),
  }),
  restored: fc.record({
    fingerprint,
    messages: fc.nat(),
    madeAtMs: fc.nat(),
    keptIn: maybe(hostile),
  }),
};

/** Something of each type. */
export const hostileShown = Object.entries(fields).map(([type, fields]) =>
  [type as Shown["type"], fields.map((fields: object) => ({ ...fields, type }) as Shown)] as const
);
