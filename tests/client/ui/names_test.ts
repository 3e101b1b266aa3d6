import { assertEquals } from "@std/assert";
import { namesOf } from "../../../client/ui/names.ts";
import { UserError } from "../../../client/user_error.ts";
import { conversationWith, FakeClient } from "../../support/fake_client.ts";

Deno.test("names are those of open conversations, and then of others; a store that fails has none", () => {
  const fake = new FakeClient();
  fake.opens(conversationWith("bob"));
  fake.known = ["carol", "bob"];
  assertEquals(namesOf(fake.client), ["bob", "carol"]);
  fake.knownNames = () => {
    throw new UserError({ code: "unexpected", reason: "the disk is full" });
  };
  assertEquals(namesOf(fake.client), ["bob"]);
});
