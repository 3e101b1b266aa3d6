/**
 * The sentences for what goes wrong with calls: from a name to an open link.
 *
 * @module
 */

import { formatAddress } from "../../../shared/net/address.ts";
import type { ConnectorProblem, Problem } from "../../user_error.ts";
import type { Sentences } from "./sentences.ts";

/** @param sentenceOf Says why a call ended. */
export function connectorSentences(
  sentenceOf: (problem: Problem) => string,
): Sentences<ConnectorProblem> {
  const why = (detail: Problem | undefined) =>
    detail === undefined ? "it hung up" : sentenceOf(detail);
  return {
    "not-registered": ({ name }) => `The server knows no ${name}; /info shows whom it knows`,
    "look-up-not-possible": ({ name, answered }) =>
      `The server cannot look up ${name}: it named ${answered} instead; /chat IP:PORT calls an address`,
    "too-many-links": ({ max }) => `Cannot call: ${max} conversations are open; /close one first`,
    "leaving": () => "Cannot call: this client is about to end",
    "relay-only": ({ name }) =>
      name === undefined
        ? "With --private nobody is called at an address, since that would show yours; " +
          "/chat NAME calls over the server"
        : `With --private ${name} is called over the server alone, if that relays`,
    "not-punched": ({ name, why }) =>
      ({
        "no-udp": "This machine gives no port of UDP",
        "peer-without-udp":
          `${name} names no address of UDP: they have not answered you yet, or their machine or network has none`,
        "no-answer": "Nothing comes through over UDP: one of the routers takes another port for " +
          "everybody, or lets no UDP out; p2pchat doctor says of yours what it does",
      })[why],
    "call-refused": ({ name, address, detail }) =>
      `The call to ${name ?? formatAddress(address)} was given up: ${why(detail)}`,
    "call-ended": ({ address, detail }) =>
      `The client at ${formatAddress(address)} ended the call: ${why(detail)}`,
  };
}
