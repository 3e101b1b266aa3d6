import { assertEquals, assertRejects } from "@std/assert";
import type { LinkKeeper } from "../../../client/connector/begin_link.ts";
import { FailedWays } from "../../../client/connector/failed_ways.ts";
import { type MeetingPeer, Meetings } from "../../../client/connector/meetings.ts";
import { Places } from "../../../client/connector/places.ts";
import type { Link } from "../../../client/link/link.ts";
import type { PunchOptions } from "../../../client/transport/punching.ts";
import type { MeetOptions } from "../../../client/transport/meet_options.ts";
import type { PeerConn } from "../../../client/transport/transport.ts";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { toBase64url } from "../../../shared/bytes/base64url.ts";
import { type Address, formatAddress, parseAddress } from "../../../shared/net/address.ts";
import {
  type Header,
  headerValues,
  type Message,
  message,
} from "../../../shared/protocol/message.ts";
import { wait } from "../../../shared/time/clock.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const keeper = {} as LinkKeeper;

/** Where somebody in a scene says that they are. */
const overTcp = ["tcp 192.168.1.7:5556", "tcp 203.0.113.9:5556"];
const overTcpSo = ["tcp-so 203.0.113.9:42000", "tcp-so 192.168.1.7:42000"];
const overUdp = ["udp 203.0.113.9:61000", "udp 192.168.1.7:40000"];

/** Somebody at 192.168.1.7, behind a router, who meets bob. */
class Scene {
  readonly failed = new FailedWays();
  /** Whether the machine gives ports of UDP. */
  hasUdp = true;
  /** Whether the runtime calls from ports that one chooses. */
  choosesPorts = false;
  /** Whether the server answers over UDP. */
  isAnsweredOverUdp = true;
  /** How long that takes, and a question to bob over the server, in milliseconds. */
  answeredAfterMs = 0;
  tripMs = 0;
  /** Whether anything comes through the routers. */
  passes = true;
  /** What was tried over TCP through the routers. */
  readonly opens: MeetOptions[] = [];
  readonly clock = new FakeClock();
  readonly called: string[] = [];
  /** Where bob answers. */
  readonly reachable = new Set<string>();
  /** Whether a call gets no answer, and no refusal either; then what gives each up. */
  isSilent = false;
  readonly givenUp: AbortSignal[] = [];
  readonly asked: Message[] = [];
  /** Where bob says that he is. */
  says: string[] = [];
  readonly links = [{
    rank: 2,
    features: ["paths"],
    ask: async (question: Message) => {
      this.asked.push(question);
      await this.#takes(this.tripMs);
      const transport = candidatesOf(question)[0]?.split(" ")[0] ?? "tcp";
      const headers = this.says.filter((said) => said.startsWith(`${transport} `))
        .map((said): Header => ["Candidate", said]);
      if (this.certificate !== undefined) {
        headers.push(["Certificate", toBase64url(this.certificate)]);
      }
      return message("PATHSACK", headers);
    },
  }] as unknown as MeetingPeer["links"][number][];
  /** The certificate by which bob is known over QUIC. */
  certificate: Uint8Array | undefined;
  readonly identity = Identity.generate();
  readonly punches: PunchOptions[] = [];
  own = ["192.168.1.7"];
  /** How often the server was asked where it sees us. */
  reflections = 0;
  readonly punched = Promise.withResolvers<void>();
  /** For each link through routers whether we have called. */
  readonly opened: boolean[] = [];
  readonly bob: MeetingPeer;
  readonly meetings: Meetings;

  /** Why bob was not met through the routers. */
  get notPunched(): unknown {
    const { punched } = this.failed.of("bob");
    return punched?.code === "not-punched" ? punched.why : punched;
  }

  constructor() {
    this.bob = { peerId: "bob", links: this.links };
    const network = {
      interfaces: () => this.own.map((address) => ({ address, prefixBits: 24 })),
      lookUp: () => Promise.resolve([]),
      openPunching: () =>
        !this.hasUdp ? Promise.reject(new Deno.errors.AddrInUse("no port")) : Promise.resolve(
          {
            certificate: new Uint8Array([4, 5, 6]),
            port: 40_000,
            reflect: async (_server: Address, _certificate: Uint8Array, signal: AbortSignal) => {
              if (!this.isAnsweredOverUdp) return await rejectedBy(signal);
              await this.#takes(this.answeredAfterMs);
              return parseAddress("203.0.113.9:61000")!;
            },
            punch: (options: PunchOptions) => {
              this.punches.push(options);
              this.punched.resolve();
              return this.passes
                ? Promise.resolve({} as PeerConn)
                : Promise.reject(new DOMException("No answer", "TimeoutError"));
            },
            close: () => Promise.resolve(),
          },
        ),
      simultaneousOpen: () =>
        !this.choosesPorts ? Promise.reject(new Deno.errors.NotSupported("no choice")) : Promise
          .resolve({
            port: 42_000,
            open: (options: MeetOptions) => {
              this.opens.push(options);
              this.punched.resolve();
              return this.passes ? Promise.resolve({} as PeerConn) : rejectedBy(options.signal);
            },
          }),
    };
    const options = {
      network,
      rendezvous: {
        address: parseAddress("203.0.113.9:5556"),
        serverHost: "198.51.100.1",
        reflect: (ask: AskReflector) => {
          this.reflections++;
          return ask(parseAddress("198.51.100.1:5555")!, new Uint8Array([9]));
        },
      },
      clock: this.clock,
      relayOnly: false,
    };
    this.meetings = new Meetings({
      ...options,
      failed: this.failed,
      self: { address: { host: "0.0.0.0", port: 5556 }, identity: this.identity },
      places: new Places(options),
      call: (address, name, _keeper, signal) => {
        const place = formatAddress(address);
        this.called.push(place);
        if (this.isSilent) {
          this.givenUp.push(signal);
          return rejectedBy(signal);
        }
        if (this.reachable.has(place)) return Promise.resolve({} as Link);
        const why = { is: "no-listener" } as const;
        return Promise.reject(new UserError({ code: "peer-unreachable", name, address, why }));
      },
      open: (_conn, _name, _keeper, called) => {
        this.opened.push(called);
        return Promise.resolve({} as Link);
      },
      signal: new AbortController().signal,
    });
  }

  /** The two are the ends of one encrypted link. */
  meets({ identity: { publicKey } }: Scene): void {
    const handshakeHash = new Uint8Array(32).fill(3);
    this.links[0] = { ...this.links[0]!, peerKey: publicKey, handshakeHash };
  }

  /** In which order the ways were asked for, once the time has passed that it takes for all of them. */
  async order(): Promise<string[]> {
    const asking = this.ask().catch(() => {});
    await this.clock.pass(10_000);
    await asking;
    return this.asked.map((question) => candidatesOf(question)[0]!.split(" ")[0]!);
  }

  async #takes(ms: number): Promise<void> {
    if (ms > 0) await wait(ms, never, this.clock);
  }

  ask(): Promise<boolean> {
    return this.meetings.ask(this.bob, this.links[0]!, keeper);
  }
}

/** A scene in which bob says of each transport where he is. */
function meetingBob(): Scene {
  const scene = new Scene();
  scene.meets(new Scene());
  scene.choosesPorts = true;
  scene.says = ["tcp 203.0.113.20:5557", "udp 203.0.113.20:40001", "tcp-so 203.0.113.20:43000"];
  scene.certificate = new Uint8Array([1]);
  return scene;
}

const never = new AbortController().signal;

/** Never done, until a signal says so. */
function rejectedBy(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason));
  return promise;
}

type AskReflector = (server: Address, certificate: Uint8Array) => Promise<Address>;

function candidatesOf(said: Message | undefined): string[] {
  return headerValues(said!, "Candidate");
}

Deno.test("who asks says where they are, and calls the peer where it says that it is", async () => {
  const scene = new Scene();
  scene.says = ["tcp 192.168.1.8:5557", "tcp 203.0.113.9:5557"];
  scene.reachable.add("203.0.113.9:5557");
  assertEquals(await scene.ask(), true);
  assertEquals(scene.asked.map(candidatesOf), [overTcp]);
  assertEquals(scene.called, ["192.168.1.8:5557", "203.0.113.9:5557"]);
});

Deno.test("a peer that does not say where it is, or cannot be called there, is told apart", async () => {
  const scene = new Scene();
  assertEquals(await scene.ask(), false);
  scene.says = ["tcp 192.168.1.8:5557"];
  assertEquals((await assertRejects(() => scene.ask(), UserError)).code, "peer-unreachable");
  // Nobody has this machine call itself, or what is beside it.
  scene.says = ["tcp 169.254.169.254:80"];
  assertEquals((await assertRejects(() => scene.ask(), UserError)).code, "address-not-called");
  scene.says = ["tcp 192.168.1.7:5556"];
  assertEquals(await scene.ask(), false);
  assertEquals(scene.called, ["192.168.1.8:5557"]);
});

Deno.test("if no straight call succeeds the two meet through their routers, the greater key calling", async () => {
  const certificate = new Uint8Array([1, 2, 3]);
  const scenes = [new Scene(), new Scene()];
  const [one, other] = scenes as [Scene, Scene];
  one.meets(other);
  other.meets(one);
  one.says = [
    "tcp 203.0.113.20:5557",
    "udp 203.0.113.20:40001",
    "udp 169.254.3.4:40001",
    "udp 192.168.1.7:40000",
  ];
  one.certificate = certificate;
  const asked = one.ask();
  assertEquals(await asked, true);
  assertEquals(one.asked.map(candidatesOf), [overTcp, overUdp]);
  const [punch] = one.punches;
  const calls = one.identity.publicKey > other.identity.publicKey;
  assertEquals([punch!.calls, one.opened], [calls, [calls]]);
  assertEquals(punch!.candidates, [{ host: "203.0.113.20", port: 40_001 }]);
  assertEquals(punch!.certificate, certificate);
  // Both sides, and nobody else, come to the same word.
  const question = message("PATHS", [
    ["Id", "1"],
    ["Candidate", "udp 203.0.113.20:40001"],
    ["Certificate", toBase64url(certificate)],
  ]);
  const answer = await other.meetings.answer(other.bob, other.links[0]!, question, keeper);
  assertEquals(candidatesOf(answer), overUdp);
  await other.punched.promise;
  assertEquals(other.punches[0]!.calls, !calls);
  assertEquals(other.punches[0]!.token, punch!.token);
});

Deno.test("why the routers were not passed is kept, until they are", async () => {
  const scene = new Scene();
  scene.meets(new Scene());
  scene.says = ["tcp 203.0.113.20:5557"];
  await assertRejects(() => scene.ask());
  assertEquals(scene.notPunched, "peer-without-udp");
  scene.says.push("udp 203.0.113.20:40001");
  scene.certificate = new Uint8Array([1]);
  scene.passes = false;
  await assertRejects(() => scene.ask());
  assertEquals(scene.notPunched, "no-answer");
  scene.passes = true;
  await scene.ask();
  assertEquals(scene.notPunched, undefined);

  const without = new Scene();
  without.hasUdp = false;
  without.says = scene.says;
  await assertRejects(() => without.ask());
  assertEquals(without.notPunched, "no-udp");
});

Deno.test("where no UDP passes the two meet over TCP, both calling at the same moment", async () => {
  const scenes = [new Scene(), new Scene()];
  const [one, other] = scenes as [Scene, Scene];
  for (const scene of scenes) {
    scene.choosesPorts = true;
    scene.isAnsweredOverUdp = false;
  }
  one.meets(other);
  other.meets(one);
  one.says = [
    "tcp 203.0.113.20:5557",
    "tcp-so 203.0.113.20:43000",
    "tcp-so 169.254.3.4:43000",
    "tcp-so 192.168.1.7:42000",
  ];
  const asking = one.ask();
  // No straight call succeeds, and the server's silence over UDP is not waited for.
  await one.clock.pass(350);
  assertEquals(await asking, true);
  assertEquals(one.asked.map(candidatesOf), [overTcp, overTcpSo]);
  const [open] = one.opens;
  const calls = one.identity.publicKey > other.identity.publicKey;
  assertEquals([open!.calls, one.opened, one.notPunched], [calls, [calls], undefined]);
  assertEquals(open!.candidates, [{ host: "203.0.113.20", port: 43_000 }]);
  const question = message("PATHS", [["Id", "1"], ["Candidate", "tcp-so 203.0.113.20:43000"]]);
  const answer = await other.meetings.answer(other.bob, other.links[0]!, question, keeper);
  assertEquals(candidatesOf(answer), overTcpSo);
  await other.punched.promise;
  assertEquals(other.opens[0]!.calls, !calls);
  assertEquals(other.opens[0]!.token, open!.token);
});

Deno.test("TCP is tried if UDP does not pass, and UDP if TCP does not", async () => {
  const scene = new Scene();
  scene.meets(new Scene());
  scene.choosesPorts = true;
  scene.says = [
    "tcp 203.0.113.20:5557",
    "udp 203.0.113.20:40001",
    "tcp-so 203.0.113.20:43000",
  ];
  scene.certificate = new Uint8Array([1]);
  scene.passes = false;
  const asked = assertRejects(() => scene.ask());
  await scene.clock.pass(10_000);
  await asked;
  assertEquals([scene.punches.length, scene.opens.length], [1, 1]);
  assertEquals(scene.asked.map(candidatesOf), [overTcp, overUdp, overTcpSo]);
  // What one can do something about is UDP.
  assertEquals(scene.notPunched, "no-answer");
  scene.asked.length = 0;
  scene.isAnsweredOverUdp = false;
  const again = assertRejects(() => scene.ask());
  await scene.clock.pass(10_000);
  await again;
  assertEquals([scene.punches.length, scene.opens.length], [2, 2]);
  assertEquals(
    scene.asked.map((question) => candidatesOf(question)[0]!.split(" ")[0]),
    ["tcp", "tcp-so", "udp"],
  );
});

const speeds: [what: string, tripMs: number, udpMs: number, order: string[]][] = [
  ["says so in time", 0, 340, ["tcp", "udp", "tcp-so"]],
  ["is near and silent", 0, Infinity, ["tcp", "tcp-so", "udp"]],
  ["is far, and takes three trips", 200, 790, ["tcp", "udp", "tcp-so"]],
  ["is far, and takes longer", 200, 810, ["tcp", "tcp-so", "udp"]],
  ["is so busy that nobody waits that long", 1_000, 2_010, ["tcp", "tcp-so", "udp"]],
];

for (const [what, tripMs, udpMs, order] of speeds) {
  Deno.test(`UDP goes first if the server answers over it before its silence says something: it ${what}`, async () => {
    const scene = meetingBob();
    scene.passes = false;
    Object.assign(scene, { tripMs, answeredAfterMs: udpMs, isAnsweredOverUdp: udpMs < Infinity });
    assertEquals(await scene.order(), order);
  });
}

Deno.test("a straight call that fails at once is no reason to take a slow server for a silent one", async () => {
  // Nobody is there, which is said at once.
  const scene = meetingBob();
  scene.answeredAfterMs = 100;
  assertEquals(await scene.order(), ["tcp", "udp"]);
});

Deno.test("who has been met over the one transport is not met over the other as well", async () => {
  const scene = meetingBob();
  scene.passes = false;
  const asking = scene.ask();
  await scene.punched.promise;
  // Meanwhile the other side has asked, too.
  scene.links.unshift({ ...scene.links[0]!, rank: 1 });
  await scene.clock.pass(10_000);
  assertEquals(await asking, true);
  assertEquals(scene.opens, []);
});

Deno.test("a straight call that takes long goes on when the routers are passed first, and not for ever", async () => {
  const scene = new Scene();
  scene.meets(new Scene());
  scene.isSilent = true;
  scene.says = ["tcp 203.0.113.20:5557", "udp 203.0.113.20:40001"];
  scene.certificate = new Uint8Array([1]);
  const asking = scene.ask();
  await scene.clock.pass(350);
  assertEquals(await asking, true);
  assertEquals(scene.opened.length, 1);
  assertEquals(scene.givenUp.map(({ aborted }) => aborted), [false]);
  await scene.clock.pass(10_000);
  assertEquals(scene.givenUp.map(({ aborted }) => aborted), [true]);
});

Deno.test("nobody meets through routers whose straight call succeeds soon", async () => {
  const scene = new Scene();
  scene.meets(new Scene());
  scene.says = ["tcp 203.0.113.20:5557", "udp 203.0.113.20:40001"];
  scene.certificate = new Uint8Array([1]);
  scene.reachable.add("203.0.113.20:5557");
  await scene.ask();
  await scene.clock.pass(10_000);
  assertEquals(scene.punches, []);
});

Deno.test("a server that is far is asked where it sees us before that is needed, and once for both questions", async () => {
  const scene = new Scene();
  const [straight, through] = ["tcp 192.168.1.8:5557", "udp 192.168.1.8:40001"].map((candidate) =>
    message("PATHS", [["Id", "1"], ["Candidate", candidate]])
  );
  const { bob, links: [link] } = scene;
  await scene.meetings.answer(bob, link!, straight!, keeper);
  await scene.clock.pass(0);
  assertEquals(scene.reflections, 1);
  const answer = await scene.meetings.answer(bob, link!, through!, keeper);
  assertEquals([candidatesOf(answer), scene.reflections], [overUdp, 1]);
  // What it has said long ago may not hold any more.
  await scene.clock.pass(5_000);
  await scene.meetings.answer(bob, link!, through!, keeper);
  assertEquals(scene.reflections, 2);
  const asking = new Scene();
  asking.says = ["tcp 203.0.113.20:5557"];
  asking.ask().catch(() => {});
  await asking.clock.pass(0);
  assertEquals(asking.reflections, 1);
});

Deno.test("what the server has said counts no more in another network", async () => {
  const scene = new Scene();
  const question = message("PATHS", [["Id", "1"], ["Candidate", "udp 192.168.1.8:40001"]]);
  const answered = async () =>
    candidatesOf(await scene.meetings.answer(scene.bob, scene.links[0]!, question, keeper));
  scene.own = ["192.168.1.7", "10.0.0.7"];
  const before = await answered();
  scene.own = ["10.0.0.7", "192.168.1.7"];
  assertEquals([await answered(), scene.reflections], [before, 1]);
  scene.own = ["10.9.0.7"];
  const after = ["udp 203.0.113.9:61000", "udp 10.9.0.7:40000"];
  assertEquals([await answered(), scene.reflections], [after, 2]);
});

Deno.test("who is asked answers at once, and calls after the other has had time to", async () => {
  const scene = new Scene();
  const question = message("PATHS", [["Id", "1"], ["Candidate", "tcp 192.168.1.8:5557"]]);
  const answer = await scene.meetings.answer(scene.bob, scene.links[0]!, question, keeper);
  assertEquals(candidatesOf(answer), overTcp);
  // One meeting at a time: however often bob asks, he is called once.
  await scene.meetings.answer(scene.bob, scene.links[0]!, question, keeper);
  await scene.clock.pass(149);
  assertEquals(scene.called, []);
  await scene.clock.pass(1);
  assertEquals(scene.called, ["192.168.1.8:5557"]);
  await scene.meetings.answer(scene.bob, scene.links[0]!, question, keeper);
  scene.links[0] = { ...scene.links[0]!, rank: 0 };
  await scene.clock.pass(1_000);
  assertEquals(scene.called, ["192.168.1.8:5557"]);
});
