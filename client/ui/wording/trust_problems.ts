/**
 * The sentences for what goes wrong with keys.
 *
 * @module
 */

import type { TrustProblem } from "../../problems/trust_problem.ts";
import type { Sentences } from "./sentences.ts";

export const trustSentences: Sentences<TrustProblem> = {
  "no-refused-key": ({ name }) =>
    `No other key has been shown for ${name}; /chat ${name} shows which it has`,
  "several-refused-keys": ({ name, fingerprints }) =>
    `${fingerprints.length} keys have been shown for ${name}, ${fingerprints.join(", ")}: ask ` +
    `${name} which is the right one, then /trust ${name} FINGERPRINT`,
  "not-a-refused-key": ({ name, fingerprint, fingerprints }) =>
    `No key ${fingerprint} has been shown for ${name}: there is ${fingerprints.join(", ")}`,
  "no-room-for-key": ({ name }) => `Cannot save the key of ${name}: too many are saved`,
  "not-reassigned": ({ name, fingerprint, reason }) =>
    `${name}'s key is ${fingerprint} from now on, but the messages that wait for ${name} are not sent ` +
    `to it: ${reason}`,
};
