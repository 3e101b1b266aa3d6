/**
 * The sentences for what goes wrong between programs of one user.
 *
 * @module
 */

import type { LocalControlProblem } from "../../problems/local_control_problem.ts";
import type { Sentences } from "./sentences.ts";
import { secondsText } from "./wording_parts.ts";
import { shellQuoted } from "./shell_quoted.ts";

export const localControlSentences: Sentences<LocalControlProblem> = {
  "name-in-use": ({ id }) =>
    `Another p2pchat of yours runs as ${id} already; --take-over ends that one, or choose another name`,
  "name-held": ({ id, seconds }) =>
    `Another p2pchat of yours uses the name ${id}, and has not ended within ${
      secondsText(seconds)
    }; ` +
    "end it, or try again",
  "name-not-taken": ({ id, directory, reason }) =>
    `Cannot use the name ${id} in ${shellQuoted(directory)}: ${reason}`,
  "not-taken-over": ({ id, why, seconds }) =>
    why === "silent"
      ? `Cannot take over from the p2pchat that runs as ${id}: it does not answer within ` +
        `${secondsText(seconds)}; it may be stopped: have it go on, or end it, and try again`
      : `Cannot take over from the p2pchat that runs as ${id}: it leaves, and has not ended within ` +
        `${secondsText(seconds)}; end it, and try again`,
  "running-client-silent": ({ seconds }) =>
    `The p2pchat that runs with this profile does not answer within ${secondsText(seconds)}; ` +
    "it may be stopped: have it go on, or end it, and try again",
  "running-client-ended": ({ self }) =>
    `The p2pchat that runs as ${self} was asked, and has ended before it had answered; try again`,
  "too-many-listeners": ({ max }) =>
    `The p2pchat that runs tells ${max} programs already what comes in, and no more; end one of them`,
  "listener-behind": ({ max }) =>
    `More than ${max} messages came faster than they were read; history export has them all`,
  "nobody-receives": ({ self }) =>
    `No p2pchat runs as ${self}, so nothing comes in: start p2pchat client ${self}`,
  "running-client-of-other-version": ({ version }) =>
    `The p2pchat that runs with this profile is of version ${version} and cannot be asked by this one; ` +
    "start it again",
};
