import { assertEquals, assertRejects } from "@std/assert";
import { trySending } from "../../../client/transport/try_sending.ts";

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test(`one byte is sent to ${hostname}`, async () => {
    const there = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    const { port } = there.addr as Deno.NetAddr;
    await trySending({ host: hostname, port });
    const [bytes] = await there.receive();
    assertEquals(bytes.length, 1);
    there.close();
  });
}

Deno.test("why this machine sends nothing is thrown", async () => {
  // No system sends to no port.
  await assertRejects(() => trySending({ host: "127.0.0.1", port: 0 }), Error, "Invalid argument");
});
