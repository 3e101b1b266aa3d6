import { assertEquals, assertRejects } from "@std/assert";
import type { LinkKeeper } from "../../../client/connector/begin_link.ts";
import { type MeetingPeer, Meetings } from "../../../client/connector/meetings.ts";
import { Places } from "../../../client/connector/places.ts";
import type { Link } from "../../../client/link/link.ts";
import { UserError } from "../../../client/user_error.ts";
import { formatAddress, parseAddress } from "../../../shared/net/address.ts";
import { headerValues, type Message, message } from "../../../shared/protocol/message.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const keeper = {} as LinkKeeper;

/** Somebody at 192.168.1.7, behind a router, who meets bob. */
class Scene {
  readonly clock = new FakeClock();
  readonly called: string[] = [];
  /** Where bob answers. */
  readonly reachable = new Set<string>();
  readonly asked: Message[] = [];
  /** Where bob says that he is. */
  says: string[] = [];
  readonly links = [{
    rank: 2,
    features: ["paths"],
    ask: (question: Message) => {
      this.asked.push(question);
      return Promise.resolve(message("PATHSACK", this.says.map((said) => ["Candidate", said])));
    },
  }] as unknown as MeetingPeer["links"][number][];
  readonly bob: MeetingPeer;
  readonly meetings: Meetings;

  constructor() {
    this.bob = { peerId: "bob", links: this.links };
    const network = {
      interfaces: () => [{ address: "192.168.1.7", prefixBits: 24 }],
      lookUp: () => Promise.resolve([]),
    };
    const options = {
      network,
      rendezvous: { address: parseAddress("203.0.113.9:5556"), serverHost: "198.51.100.1" },
      clock: this.clock,
    };
    this.meetings = new Meetings({
      ...options,
      self: { address: { host: "0.0.0.0", port: 5556 } },
      places: new Places(options),
      call: (address, name) => {
        const place = formatAddress(address);
        this.called.push(place);
        if (this.reachable.has(place)) return Promise.resolve({} as Link);
        const why = { is: "no-listener" } as const;
        return Promise.reject(new UserError({ code: "peer-unreachable", name, address, why }));
      },
      signal: new AbortController().signal,
    });
  }

  ask(): Promise<boolean> {
    return this.meetings.ask(this.bob, this.links[0]!, keeper);
  }
}

function candidatesOf(said: Message | undefined): string[] {
  return headerValues(said!, "Candidate");
}

Deno.test("who asks says where they are, and calls the peer where it says that it is", async () => {
  const scene = new Scene();
  scene.says = ["tcp 192.168.1.8:5557", "tcp 203.0.113.9:5557"];
  scene.reachable.add("203.0.113.9:5557");
  assertEquals(await scene.ask(), true);
  assertEquals(candidatesOf(scene.asked[0]), ["tcp 192.168.1.7:5556", "tcp 203.0.113.9:5556"]);
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
  assertEquals(await scene.ask(), true);
  assertEquals(scene.called, ["192.168.1.8:5557"]);
});

Deno.test("who is asked answers at once, and calls after the other has had time to", async () => {
  const scene = new Scene();
  const question = message("PATHS", [["Id", "1"], ["Candidate", "tcp 192.168.1.8:5557"]]);
  const answer = await scene.meetings.answer(scene.bob, question, keeper);
  assertEquals(candidatesOf(answer), ["tcp 192.168.1.7:5556", "tcp 203.0.113.9:5556"]);
  // One meeting at a time: however often bob asks, he is called once.
  await scene.meetings.answer(scene.bob, question, keeper);
  await scene.clock.pass(149);
  assertEquals(scene.called, []);
  await scene.clock.pass(1);
  assertEquals(scene.called, ["192.168.1.8:5557"]);
  await scene.meetings.answer(scene.bob, question, keeper);
  scene.links[0] = { ...scene.links[0]!, rank: 0 };
  await scene.clock.pass(1_000);
  assertEquals(scene.called, ["192.168.1.8:5557"]);
});
