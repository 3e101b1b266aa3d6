/**
 * What the original's client sends a server.
 *
 * @module
 */

import { type Message, message } from "./message.ts";

/** The headers that the original sends with each verb. The line of its INFO is no header. */
const headersOf: Readonly<Record<string, readonly string[]>> = {
  REGISTER: ["clientID", "IP", "Port"],
  BRIDGE: ["clientID"],
  INFO: [],
  // Of its relatives' alone.
  UNREGISTER: ["clientID"],
};

/** A request as the original sends it: some legacy servers end at any header that they do not know. */
export function legacyRequest({ verb, headers }: Message): Message {
  const known = headersOf[verb] ?? [];
  const request = message(verb, headers.filter(([name]) => known.includes(name)));
  return verb === "INFO" ? { ...request, bare: ["Requesting clients"] } : request;
}
