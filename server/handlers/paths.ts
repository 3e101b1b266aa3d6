/**
 * `Path` of REGISTER and UNREGISTER: how a client's conversations go, as counts.
 *
 * @module
 */

import { headerValues, type Message } from "../../shared/protocol/message.ts";
import { parsePathCount } from "../../shared/protocol/path_count.ts";
import type { Client, Context } from "./context.ts";

/** Counts what a client says of its conversations. What is malformed is left out: it is no reason to refuse a request. */
export function countPaths(request: Message, { paths }: Context, client: Client): void {
  for (const value of headerValues(request, "Path")) {
    const said = parsePathCount(value);
    if (said === undefined) continue;
    client.reporter ??= paths.reporter();
    client.reporter.report(said.path, said.count);
  }
}
