import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { PendingRequests } from "../../../client/link/pending_requests.ts";
import { pendingRequestsMax, replyTimeoutMs } from "../../../shared/protocol/limits.ts";
import { message } from "../../../shared/protocol/message.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const audit = (id: string) => message("AUDIT", [["Id", id]]);
const answer = (id: string) => message("AUDITACK", [["Id", id]]);
const error = (reason: string) => message("ERROR", [["Code", "400"], ["Reason", reason]]);

function asking() {
  const clock = new FakeClock();
  const said: string[] = [];
  const requests = new PendingRequests(clock, ({ headers }) => said.push(headers[0]![1]));
  return { clock, said, requests };
}

Deno.test("each answer goes to its request, in whatever order they come", async () => {
  const { clock, said, requests } = asking();
  const asked = ["a", "b", "c"].map((id) => requests.ask(audit(id)));
  assertEquals(said, ["a", "b", "c"]);
  for (const id of ["c", "nobody's", "a", "b", "a"]) requests.take(answer(id));
  assertEquals(await Promise.all(asked), ["a", "b", "c"].map(answer));
  assertEquals(clock.waiting, 0);
});

Deno.test("a request without an answer in time is given up, and a later answer is ignored", async () => {
  const { clock, requests } = asking();
  const first = rejectsSaying(
    () => requests.ask(audit("a")),
    UserError,
    "The peer did not answer AUDIT in 10 s",
  );
  await clock.pass(1);
  const second = requests.ask(audit("b"));
  await clock.pass(replyTimeoutMs - 1);
  await first;
  requests.take(answer("a"));
  requests.take(answer("b"));
  assertEquals(await second, answer("b"));
});

Deno.test("only so many requests wait; one more is refused and not sent", async () => {
  const { said, requests } = asking();
  const asked = Array.from({ length: pendingRequestsMax }, (_, i) => requests.ask(audit(`${i}`)));
  await rejectsSaying(() => requests.ask(audit("more")), UserError, "8 requests wait");
  assertEquals(said.length, pendingRequestsMax);
  requests.take(answer("3"));
  await asked[3];
  const next = requests.ask(audit("more"));
  for (const id of ["more", "0", "1", "2", "4", "5", "6", "7"]) requests.take(answer(id));
  await Promise.all([...asked, next]);
});

Deno.test("an ERROR is for the oldest request, and is ignored if there is none", async () => {
  const { requests } = asking();
  requests.refuse(error("what?"));
  const first = rejectsSaying(() => requests.ask(audit("a")), UserError, "“no AUDIT here”");
  const second = requests.ask(audit("b"));
  requests.refuse(error("no AUDIT here"));
  await first;
  requests.take(answer("b"));
  assertEquals(await second, answer("b"));
  const third = rejectsSaying(() => requests.ask(audit("c")), UserError, "it gives no reason");
  requests.refuse(error(""));
  await third;
});

Deno.test("at the end every request is given up, and no timer stays", async () => {
  const { clock, requests } = asking();
  const given = ["a", "b"].map((id) =>
    rejectsSaying(() => requests.ask(audit(id)), UserError, "The connection ended")
  );
  requests.end();
  await Promise.all(given);
  assertEquals(clock.waiting, 0);
});

Deno.test("a request without an Id, or with a pending one, is our fault", async () => {
  const { said, requests } = asking();
  await assertRejects(() => requests.ask(message("AUDIT")), TypeError);
  const first = requests.ask(audit("a"));
  await assertRejects(() => requests.ask(audit("a")), TypeError);
  assertEquals(said, ["a"]);
  requests.take(answer("a"));
  await first;
});
