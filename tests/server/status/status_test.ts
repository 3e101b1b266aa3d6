import { assertEquals, assertStringIncludes } from "@std/assert";
import { PathCounters, serveMetrics } from "../../../server/status/status.ts";
import { pathCountsMax } from "../../../shared/protocol/path_count.ts";

const local = { host: "127.0.0.1", port: 0 };

Deno.test("the page has each figure once, in the form of Prometheus, and nothing else", async () => {
  const counters = new PathCounters({ now: () => 0 });
  counters.reporter().report("punched-quic-ipv4", 2);
  counters.reporter().report("other", 1);
  const figures = { connections: 3, registrations: 2, names: 5, paths: counters.counts };
  await using page = serveMetrics(local, () => figures);
  const at = `http://127.0.0.1:${page.address.port}`;
  const response = await fetch(`${at}/metrics`);
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assertEquals(
    await response.text(),
    `# HELP p2pchat_connections Connections that are open.
# TYPE p2pchat_connections gauge
p2pchat_connections 3
# HELP p2pchat_registrations Clients that are registered.
# TYPE p2pchat_registrations gauge
p2pchat_registrations 2
# HELP p2pchat_names Names that keys own.
# TYPE p2pchat_names gauge
p2pchat_names 5
# HELP p2pchat_paths_total How conversations go, as those who called say.
# TYPE p2pchat_paths_total counter
p2pchat_paths_total{path="direct-tcp-ipv4"} 0
p2pchat_paths_total{path="direct-tcp-ipv6"} 0
p2pchat_paths_total{path="punched-quic-ipv4"} 2
p2pchat_paths_total{path="punched-quic-ipv6"} 0
p2pchat_paths_total{path="punched-tcp-ipv4"} 0
p2pchat_paths_total{path="punched-tcp-ipv6"} 0
p2pchat_paths_total{path="relayed"} 0
p2pchat_paths_total{path="failed"} 0
p2pchat_paths_total{path="other"} 1
`,
  );
  for (const [path, method, status] of [["/", "GET", 404], ["/metrics", "POST", 405]] as const) {
    const refused = await fetch(`${at}${path}`, { method });
    assertEquals(refused.status, status);
    assertStringIncludes(await refused.text(), status === 404 ? "/metrics" : "");
  }
});

Deno.test("one connection counts so much at once, and then one in ten seconds", () => {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const counters = new PathCounters(clock);
  const reporter = counters.reporter();
  const relayed = () => counters.counts.get("relayed");
  reporter.report("relayed", 60);
  reporter.report("relayed", 60);
  assertEquals(relayed(), pathCountsMax);
  clock.nowMs = 9_999;
  reporter.report("relayed", 60);
  assertEquals(relayed(), pathCountsMax);
  clock.nowMs = 35_000;
  reporter.report("relayed", 60);
  assertEquals(relayed(), pathCountsMax + 3);
  clock.nowMs = 40_000;
  reporter.report("relayed", 60);
  assertEquals(relayed(), pathCountsMax + 4);
  clock.nowMs = 24 * 60 * 60_000;
  reporter.report("relayed", 99);
  assertEquals(relayed(), pathCountsMax * 2 + 4);
});
