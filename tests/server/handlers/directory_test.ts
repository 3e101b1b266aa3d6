import { assertMatch } from "@std/assert";
import { setUp } from "../../support/handlers_fixture.ts";

const elsewhere = ["192.0.2.7", { hostname: "::ffff:203.0.113.1", port: 5555 }] as const;

Deno.test("an address of loopback is for those on the same machine; others get the machine's", () => {
  for (const [loopback, shown] of [["127.0.0.1", "127.0.0.1"], ["::1", "[::1]"]] as const) {
    const { connect } = setUp();
    const { ask } = connect(loopback);
    ask("REGISTER", "clientID: alice", `IP: ${loopback}`, "Port: 5556");
    const bridge = ["BRIDGE", "clientID: bob", "Target: alice"];
    assertMatch(ask(...bridge), RegExp(`\\r\\nIP: ${loopback}\\r\\nPort: 5556\\r\\n`));
    assertMatch(
      ask("INFO", "Version: 1"),
      RegExp(`\\r\\nClient: alice ${RegExp.escape(shown)}:5556\\r\\n`),
    );
    const { ask: askElsewhere } = connect(...elsewhere);
    assertMatch(askElsewhere(...bridge), /\r\nIP: 203\.0\.113\.1\r\nPort: 5556\r\n/);
    // A bare one, as the original's, as well.
    assertMatch(
      askElsewhere("BRIDGE", "clientID: bob"),
      /\r\nIP: 203\.0\.113\.1\r\nPort: 5556\r\n/,
    );
    assertMatch(askElsewhere("INFO", "Version: 1"), /\r\nClient: alice 203\.0\.113\.1:5556\r\n/);
  }
});

Deno.test("any other address is told to everybody as it is", () => {
  const { connect } = setUp();
  connect("192.0.2.9").ask("REGISTER", "clientID: alice", "IP: 192.0.2.9", "Port: 5556");
  for (const asker of [connect(), connect(...elsewhere)]) {
    assertMatch(asker.ask("BRIDGE", "clientID: bob", "Target: alice"), /\r\nIP: 192\.0\.2\.9\r\n/);
  }
});
