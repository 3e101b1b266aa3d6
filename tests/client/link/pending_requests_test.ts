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
  const questions = new PendingRequests(clock, ({ headers }) => said.push(headers[0]![1]));
  return { clock, said, questions };
}

Deno.test("each answer goes to its question, in whatever order they come", async () => {
  const { clock, said, questions } = asking();
  const asked = ["a", "b", "c"].map((id) => questions.ask(audit(id)));
  assertEquals(said, ["a", "b", "c"]);
  for (const id of ["c", "nobody's", "a", "b", "a"]) questions.take(answer(id));
  assertEquals(await Promise.all(asked), ["a", "b", "c"].map(answer));
  assertEquals(clock.waiting, 0);
});

Deno.test("what is not answered in time is given up, and an answer that comes later is none", async () => {
  const { clock, questions } = asking();
  const first = rejectsSaying(
    () => questions.ask(audit("a")),
    UserError,
    "The peer did not answer AUDIT in 10 s",
  );
  await clock.pass(1);
  const second = questions.ask(audit("b"));
  await clock.pass(replyTimeoutMs - 1);
  await first;
  questions.take(answer("a"));
  questions.take(answer("b"));
  assertEquals(await second, answer("b"));
});

Deno.test("so many questions wait, and one more is refused and not sent", async () => {
  const { said, questions } = asking();
  const asked = Array.from({ length: pendingRequestsMax }, (_, i) => questions.ask(audit(`${i}`)));
  await rejectsSaying(() => questions.ask(audit("more")), UserError, "8 requests wait");
  assertEquals(said.length, pendingRequestsMax);
  questions.take(answer("3"));
  await asked[3];
  const next = questions.ask(audit("more"));
  for (const id of ["more", "0", "1", "2", "4", "5", "6", "7"]) questions.take(answer(id));
  await Promise.all([...asked, next]);
});

Deno.test("an ERROR answers the oldest question, and where there is none nothing", async () => {
  const { questions } = asking();
  questions.refuse(error("what?"));
  const first = rejectsSaying(() => questions.ask(audit("a")), UserError, "“no AUDIT here”");
  const second = questions.ask(audit("b"));
  questions.refuse(error("no AUDIT here"));
  await first;
  questions.take(answer("b"));
  assertEquals(await second, answer("b"));
  const third = rejectsSaying(() => questions.ask(audit("c")), UserError, "it gives no reason");
  questions.refuse(error(""));
  await third;
});

Deno.test("at the end every question is given up, and no timer stays", async () => {
  const { clock, questions } = asking();
  const given = ["a", "b"].map((id) =>
    rejectsSaying(() => questions.ask(audit(id)), UserError, "The connection ended")
  );
  questions.end();
  await Promise.all(given);
  assertEquals(clock.waiting, 0);
});

Deno.test("a question without an Id, or with one that waits, is our fault", async () => {
  const { said, questions } = asking();
  await assertRejects(() => questions.ask(message("AUDIT")), TypeError);
  const first = questions.ask(audit("a"));
  await assertRejects(() => questions.ask(audit("a")), TypeError);
  assertEquals(said, ["a"]);
  questions.take(answer("a"));
  await first;
});
