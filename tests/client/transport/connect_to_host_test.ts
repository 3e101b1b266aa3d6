import { assertEquals, assertRejects } from "@std/assert";
import {
  connectToHost,
  type LookUp,
  ResolverSilent,
} from "../../../client/transport/connect_to_host.ts";
import { UserError } from "../../../client/user_error.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const timeoutMs = 10_000;

/** Connects to a host that never answers. @returns Why that fails, and which names were looked up. */
async function vainly(host: string, lookUp: LookUp) {
  const clock = new FakeClock();
  const names: string[] = [];
  const connecting = connectToHost(
    host,
    () => new Promise<Deno.Conn>(() => {}),
    { signal: new AbortController().signal, timeoutMs, clock },
    (cause) => new UserError({ code: "no-refused-key", name: "x" }, { cause }),
    (name) => {
      names.push(name);
      return lookUp(name);
    },
  );
  const failed = assertRejects(() => connecting, UserError);
  await clock.pass(timeoutMs);
  assertEquals(clock.waiting, 0);
  return { cause: (await failed).cause, names };
}

const silent: LookUp = () => new Promise(() => {});
const answered: LookUp = () => Promise.resolve();
const refused: LookUp = () => Promise.reject(new Error("EAI_AGAIN"));

Deno.test("if the time is over and the resolver is still silent, that is why", async () => {
  const { cause, names } = await vainly("chat.example.org", silent);
  assertEquals(cause instanceof ResolverSilent, true);
  assertEquals(names, ["chat.example.org"]);
});

Deno.test("if the resolver has said anything, it is the host that does not answer", async () => {
  for (const lookUp of [answered, refused]) {
    const { cause, names } = await vainly("chat.example.org", lookUp);
    assertEquals(cause instanceof Deno.errors.TimedOut, true);
    assertEquals(names, ["chat.example.org"]);
  }
});

Deno.test("an address is not looked up", async () => {
  for (const host of ["192.0.2.1", "2001:db8::1"]) {
    const { cause, names } = await vainly(host, silent);
    assertEquals(cause instanceof Deno.errors.TimedOut, true);
    assertEquals(names, []);
  }
});

Deno.test("a connection that opens soon looks up nothing of its own, and leaves no timer", async () => {
  const clock = new FakeClock();
  let asked = 0;
  const conn = { close() {} };
  const opened = await connectToHost(
    "chat.example.org",
    () => Promise.resolve(conn),
    { signal: new AbortController().signal, timeoutMs, clock },
    () => new UserError({ code: "no-refused-key", name: "x" }),
    () => Promise.resolve(asked++),
  );
  assertEquals(opened, conn);
  await clock.pass(timeoutMs);
  assertEquals([asked, clock.waiting], [0, 0]);
});
