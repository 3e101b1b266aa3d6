/**
 * Figures in the text format of Prometheus, version 0.0.4, which other programs read as well.
 *
 * @module
 */

import type { CountedPath } from "../../shared/protocol/path_count.ts";

/** The media type of the format. */
export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

/** What is told of a server. */
export interface Figures {
  /** How many connections there are. */
  readonly connections: number;
  /** How many clients are registered. */
  readonly registrations: number;
  /** How many names keys own. */
  readonly names: number;
  /** How often each path was taken. */
  readonly paths: ReadonlyMap<CountedPath, number>;
}

/** Writes them. */
export function metricsText({ connections, registrations, names, paths }: Figures): string {
  return [
    ...gauge("connections", "Connections that are open.", connections),
    ...gauge("registrations", "Clients that are registered.", registrations),
    ...gauge("names", "Names that keys own.", names),
    ...described("paths_total", "counter", "How conversations go, as those who called say."),
    ...[...paths].map(([path, count]) => `p2pchat_paths_total{path="${path}"} ${count}`),
    "",
  ].join("\n");
}

function gauge(name: string, help: string, value: number): string[] {
  return [...described(name, "gauge", help), `p2pchat_${name} ${value}`];
}

function described(name: string, type: "gauge" | "counter", help: string): string[] {
  return [`# HELP p2pchat_${name} ${help}`, `# TYPE p2pchat_${name} ${type}`];
}
