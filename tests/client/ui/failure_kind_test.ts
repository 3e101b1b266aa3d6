import { assertEquals } from "@std/assert";
import { exitCodes, failureKind } from "../../../client/ui/failure_kind.ts";
import { type Problem, UserError } from "../../../client/user_error.ts";

const unreachable: Problem = {
  code: "server-unreachable",
  server: "127.0.0.1:5555",
  why: { is: "no-listener" },
};
const address = { host: "127.0.0.1", port: 1 };

function refused(status: string): Problem {
  return { code: "server-refused", status, said: "no", retryAfterS: undefined };
}

Deno.test("a failure has the kind of what it comes from", () => {
  const cases: [Problem, string][] = [
    [{ code: "not-registered", name: "zoe" }, "unknown-name"],
    [unreachable, "server-unreachable"],
    [{ code: "no-server", problems: [unreachable, unreachable] }, "server-unreachable"],
    [{ code: "no-server", problems: [refused("403"), refused("403")] }, "name-taken"],
    [{ code: "no-server", problems: [refused("403"), unreachable] }, "server-unreachable"],
    [refused("403"), "name-taken"],
    [{ code: "name-taken", id: "zoe" }, "name-taken"],
    [refused("404"), "unknown-name"],
    [refused("503"), "failed"],
    [
      { code: "call-ended", address, name: "bob", detail: { code: "other-key", name: "bob" } },
      "key-refused",
    ],
    [{ code: "call-ended", address, name: "bob", detail: undefined }, "failed"],
    [{ code: "nobody-to-ask", passphrase: "present" }, "passphrase-needed"],
    [{
      code: "identity-unusable",
      action: "use",
      path: "identity.json",
      fault: { is: "wrong-passphrase", times: 1 },
    }, "passphrase-needed"],
    [
      { code: "identity-unusable", action: "use", path: "x", fault: { is: "damaged" } },
      "failed",
    ],
    [{ code: "several-selves", name: "bob", selves: ["a", "b"] }, "usage"],
    [
      { code: "not-as-far-in-time", name: "bob", until: "delivered", seconds: 1 },
      "kept",
    ],
  ];
  for (const [problem, kind] of cases) {
    assertEquals([problem.code, failureKind(new UserError(problem))], [problem.code, kind]);
  }
  assertEquals([failureKind(new RangeError("x")), failureKind("x")], ["usage", "failed"]);
});

Deno.test("the exit codes are those that scripts know", () => {
  assertEquals(Object.values(exitCodes), [1, 2, 3, 4, 5, 6, 7, 8]);
});
