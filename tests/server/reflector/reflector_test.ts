import { assert, assertEquals, assertRejects } from "@std/assert";
import { openPunching, type Punching } from "../../../client/transport/punching.ts";
import { Reflector, type ReflectorPlace } from "../../../server/reflector/reflector.ts";
import { selfSigned } from "../../../shared/crypto/self_signed.ts";
import { silentLog } from "../../../shared/process/log.ts";
import { systemClock, type TimerClock } from "../../../shared/time/clock.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { quicInitial, sendGarbage } from "../../support/quic_initial.ts";

const host = "127.0.0.1";

/** A reflector, and somebody who asks it. */
class Scene implements AsyncDisposable {
  readonly reflector: Reflector;
  readonly asker: Punching = openPunching(0);

  constructor(clock: TimerClock = systemClock) {
    this.reflector = new Reflector({ host, port: 0, clock, log: silentLog });
  }

  expect(from = host): ReflectorPlace {
    const place = this.reflector.expect(from);
    assert(typeof place === "object");
    return place;
  }

  ask({ port, certificate }: ReflectorPlace, ms = 3_000) {
    return this.asker.reflect({ host, port }, certificate, AbortSignal.timeout(ms));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.asker.close();
    this.reflector.close();
  }
}

Deno.test("a host that is expected is told at which address and port it is seen", async () => {
  await using scene = new Scene();
  const place = scene.expect();
  for (let n = 0; n < 3; n++) {
    assertEquals(await scene.ask(place), { host, port: scene.asker.port });
  }
});

Deno.test("at a second port the same is told, by the same certificate", async () => {
  await using scene = new Scene();
  const place = scene.reflector.expect(host, true);
  assert(typeof place === "object" && place.secondPort !== undefined);
  for (const port of [place.port, place.secondPort]) {
    assertEquals(await scene.ask({ ...place, port }), { host, port: scene.asker.port });
  }
  // It is opened once.
  assertEquals(scene.reflector.expect(host, true), place);
});

Deno.test("nobody else is told anything, whether somebody is expected or not", async () => {
  await using scene = new Scene();
  const place = scene.expect("192.0.2.1");
  await assertRejects(() => scene.ask(place, 1_000), Error);
  const { certificate } = selfSigned("p2pchat");
  await assertRejects(() => scene.ask({ ...scene.expect(), certificate }, 1_000), Error);
});

Deno.test("garbage does not keep it from telling others", async () => {
  await using scene = new Scene();
  const place = scene.expect();
  await sendGarbage(place.port, await quicInitial("p2pchat-reflect"));
  scene.expect();
  assertEquals(await scene.ask(place), { host, port: scene.asker.port });
});

Deno.test("a port that is taken is said, and no more than that goes wrong", () => {
  const taken = Deno.listenDatagram({ hostname: host, port: 0, transport: "udp" });
  const { port } = taken.addr as Deno.NetAddr;
  const reflector = new Reflector({ host, port, clock: systemClock, log: silentLog });
  assertEquals(reflector.expect(host), "unavailable");
  reflector.close();
  taken.close();
});

for (const [who, from] of [["somebody else", "192.0.2.1"], ["its host", host]] as const) {
  Deno.test(`who has not proven where it is gets at most three times what it has sent, while ${who} is expected`, async () => {
    const timer = new FakeClock();
    await using scene = new Scene(timer);
    const place = scene.expect(from);
    const initial = await quicInitial("p2pchat-reflect");
    const socket = Deno.listenDatagram({ hostname: host, port: 0, transport: "udp" });
    let bytes = 0;
    const counting = (async () => {
      for await (const [packet] of socket) bytes += packet.length;
    })();
    await socket.send(initial, { transport: "udp", hostname: host, port: place.port });
    // It is given up, and whatever it got has come when somebody who comes later has been answered.
    await timer.pass(3_000);
    scene.expect();
    await scene.ask(place);
    socket.close();
    await counting;
    assert(bytes <= 3 * initial.length, `${bytes} bytes for ${initial.length}`);
  });
}
