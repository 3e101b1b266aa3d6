import { assert, assertEquals } from "@std/assert";
import { LinkPlaces, type PlacedLink } from "../../../client/conversations/link_places.ts";
import {
  linksMax,
  openingLinksEarly,
  openingLinksMax,
  openingLinksPerHostMax,
  ownLinksReserved,
  siteHostsMax,
  unknownLinksMax,
  unknownLinksPerHostMax,
} from "../../../shared/protocol/limits.ts";

/** A link, and what became of it. */
class FakeLink implements PlacedLink {
  readonly remote: { readonly host: string };
  left = false;

  constructor(
    host: string,
    readonly role: "initiator" | "responder" = "responder",
    readonly state: "opening" | "unknown" | "kept" = "opening",
    readonly saidNothing = true,
  ) {
    this.remote = { host };
  }

  leave(): Promise<void> {
    this.left = true;
    return Promise.resolve();
  }
}

/** Places, and callers who take them if there is room. */
class Scene {
  random = 0;
  readonly links: FakeLink[] = [];
  readonly places = new LinkPlaces<FakeLink>({
    isOpen: ({ state }) => state !== "opening",
    isKept: ({ state }) => state === "kept",
    random: () => this.random,
  });

  /** Somebody calls. @returns The link; undefined if there is no room. */
  call(host: string, saidNothing = true): FakeLink | undefined {
    return this.places.makeRoomForCaller(host)
      ? this.#add(new FakeLink(host, "responder", "opening", saidNothing))
      : undefined;
  }

  /** Somebody unknown gets in. */
  enter(host: string): FakeLink | undefined {
    const link = new FakeLink(host, "responder", "unknown", false);
    return this.places.makeRoomForUnknown(link) ? this.#add(link) : undefined;
  }

  /** A contact is there already. */
  keep(host: string): FakeLink {
    return this.#add(new FakeLink(host, "responder", "kept", false));
  }

  /** The user calls. */
  own(): FakeLink | undefined {
    return this.places.makeRoomForOwn()
      ? this.#add(new FakeLink("192.0.2.200", "initiator", "opening"))
      : undefined;
  }

  #add(link: FakeLink): FakeLink {
    this.links.push(link);
    this.places.add(link);
    return link;
  }
}

const host = (n: number) => `192.0.2.${n}`;
const v6 = (site: number, subnet: number, n = 1) => `2001:db8:${site}:${subnet}::${n}`;

Deno.test("of one host few callers may be opening: those who say nothing make room, the oldest first", () => {
  const scene = new Scene();
  const speaking = scene.call(host(1), false)!;
  const silent = Array.from({ length: openingLinksPerHostMax }, () => scene.call(host(1))!);
  assertEquals([speaking, ...silent].map(({ left }) => left), [false, true, false, false, false]);
  // Others are not concerned.
  const other = scene.call(host(2))!;
  for (let i = 0; i < 300; i++) scene.call(host(1));
  assert(!other.left && !speaking.left);
  assertEquals(scene.places.all.length, openingLinksPerHostMax + 1);
});

Deno.test("if all of a host have spoken, any of them makes room", () => {
  const scene = new Scene();
  const links = Array.from({ length: openingLinksPerHostMax }, () => scene.call(host(1), false)!);
  scene.random = 0.99;
  scene.call(host(1), false);
  assertEquals(links.map(({ left }) => left), [false, false, false, true]);
});

Deno.test("a host of IPv6 is a /64, and a site has the places of a few", () => {
  const scene = new Scene();
  scene.random = 0.999;
  for (let n = 1; n <= 100; n++) scene.call(v6(1, 1, n));
  assertEquals(scene.places.all.length, openingLinksPerHostMax);
  for (let subnet = 2; subnet <= 100; subnet++) scene.call(v6(1, subnet));
  assertEquals(scene.places.all.length, openingLinksPerHostMax * siteHostsMax);
  const friend = scene.call(v6(2, 1))!;
  for (let subnet = 1; subnet <= 1_000; subnet++) scene.call(v6(1, subnet));
  assert(!friend.left);
});

Deno.test("callers from many hosts are dropped at random before all places are taken, of the largest first", () => {
  const scene = new Scene();
  scene.random = 0.5;
  for (let n = 1; n <= 200; n++) scene.call(host(n));
  const { length } = scene.places.all;
  assert(length > openingLinksEarly && length < openingLinksMax, `${length}`);
  scene.random = 0.999;
  for (let n = 1; n <= 200; n++) scene.call(host(n));
  assertEquals(scene.places.all.length, openingLinksMax);
  // Somebody who speaks outlives all who do not.
  const friend = scene.call(host(201), false)!;
  for (let n = 1; n <= 200; n++) scene.call(host(n));
  assert(!friend.left);
});

Deno.test("of one host few unknown senders are let in, and of all of them a part", () => {
  const scene = new Scene();
  for (let i = 0; i < unknownLinksPerHostMax; i++) assert(scene.enter(host(1)));
  assertEquals(scene.enter(host(1)), undefined);
  for (let n = 2; n <= 100; n++) assert(scene.enter(host(n)), `${n}`);
  assertEquals(scene.places.all.length, unknownLinksMax);
  // Those of the host with the most have made room.
  const left = scene.links.filter(({ left }) => left);
  assertEquals(left.slice(0, 3).map(({ remote }) => remote.host), [host(1), host(1), host(1)]);
  const other = new Scene();
  for (let subnet = 1; subnet <= 100; subnet++) other.enter(v6(1, subnet));
  assertEquals(other.places.all.length, unknownLinksPerHostMax * siteHostsMax);
});

Deno.test("contacts and own calls keep their places, and strangers make room for them", () => {
  const scene = new Scene();
  const kept = Array.from({ length: 30 }, (_, n) => scene.keep(host(n)));
  for (let n = 100; n < 200; n++) {
    scene.call(host(n));
    scene.enter(host(n));
  }
  const own = Array.from({ length: linksMax - kept.length }, () => scene.own());
  assert(own.every((link) => link !== undefined));
  assert(kept.every(({ left }) => !left));
  assertEquals(scene.places.all.length, linksMax);
  // Nobody is left who could make room.
  assertEquals(scene.own(), undefined);
  assertEquals(scene.call(host(250)), undefined);
});

Deno.test("callers leave the places that are reserved for own calls", () => {
  const scene = new Scene();
  for (let n = 0; n < linksMax - ownLinksReserved; n++) scene.keep(host(n));
  assertEquals(scene.call(host(99)), undefined);
  for (let i = 0; i < ownLinksReserved; i++) assert(scene.own());
  assertEquals(scene.own(), undefined);
});

Deno.test("a link that is over leaves its place", () => {
  const scene = new Scene();
  const links = Array.from({ length: unknownLinksPerHostMax }, () => scene.enter(host(1))!);
  assertEquals(scene.enter(host(1)), undefined);
  scene.places.delete(links[0]!);
  assert(scene.enter(host(1)));
});
