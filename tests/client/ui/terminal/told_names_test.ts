import { assertEquals } from "@std/assert";
import { ToldNames } from "../../../../client/ui/terminal/told_names.ts";

const address = { host: "127.0.0.1", port: 1, source: { serverHost: "127.0.0.1" } };

Deno.test("those who are registered are known as far as the user was told", () => {
  const told = new ToldNames();
  told.take({ type: "others-registered", names: ["bob", "carol"], count: 9 });
  const clients = ["alice", "bob", "dave"].map((id) => ({ id, address }));
  told.take({ type: "clients", clients, count: 3, selfId: "alice" });
  told.take({ type: "bridged", found: { id: "", address } });
  told.take({ type: "bridged", found: { id: "erin", address } });
  told.take({ type: "bridged", found: undefined });
  assertEquals(told.except("alice").toSorted(), ["bob", "carol", "dave", "erin"]);
});
