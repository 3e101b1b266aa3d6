/**
 * What can go wrong for a user, as codes and fields. The core throws these and makes no sentence of them:
 * the front end does (`ui/wording`), and a program reads the code.
 *
 * Each room of the client has its own part of the table. Parts that hold no other problem stand in
 * `problems/`.
 *
 * @module
 */

import { errorMessage } from "../shared/errors/error_message.ts";
import type { Fingerprint } from "../shared/crypto/public_key.ts";
import type { Address } from "../shared/net/address.ts";
import type { BackupProblem } from "./problems/backup_problem.ts";
import type { CommandLineProblem } from "./problems/command_line_problem.ts";
import type { ConversationProblem } from "./problems/conversation_problem.ts";
import type { LinkProblem } from "./problems/link_problem.ts";
import type { LocalControlProblem } from "./problems/local_control_problem.ts";
import type { MailboxProblem } from "./problems/mailbox_problem.ts";
import type { ProfileProblem } from "./problems/profile_problem.ts";
import type { StoreProblem } from "./problems/store_problem.ts";
import type { TransportProblem } from "./problems/transport_problem.ts";
import type { TrustProblem } from "./problems/trust_problem.ts";

/** Comparing what both sides have. */
export type AuditProblem =
  /** The other side's answers contradict each other. */
  | { readonly code: "audit-answers-do-not-fit" }
  /** There is no conversation of `self` with that name. */
  | { readonly code: "nothing-to-compare"; readonly self: string; readonly name: string }
  | { readonly code: "not-found-by-server"; readonly name: string }
  | { readonly code: "peer-does-not-encrypt"; readonly name: string }
  | {
    readonly code: "audit-not-possible";
    readonly name: string;
    readonly detail: Problem | undefined;
  };

/** The servers beside one's own. */
export type ServersProblem =
  | { readonly code: "not-a-server-name"; readonly text: string }
  /** It is one's own, which is asked anyway. */
  | { readonly code: "own-server"; readonly server: string }
  | { readonly code: "too-many-servers"; readonly max: number; readonly servers: readonly string[] }
  /** It is to be spoken to in the clear. */
  | { readonly code: "server-spoke-tls"; readonly server: string }
  /** Somebody is named with a server that the user has not allowed to be asked. */
  | { readonly code: "server-not-allowed"; readonly server: string; readonly name: string }
  | {
    readonly code: "not-visited";
    readonly server: string;
    /** Those that are. */
    readonly visited: readonly string[];
  }
  | {
    /** Another is known by the name of somebody at a server. */
    readonly code: "another-of-that-name";
    readonly name: string;
    readonly server: string;
    readonly known: Fingerprint;
    readonly there: Fingerprint;
  }
  | {
    readonly code: "server-not-noted";
    readonly name: string;
    readonly server: string;
    readonly reason: string;
  }
  | { readonly code: "other-servers-unread"; readonly reason: string }
  /** What is wrong with a server beside one's own. */
  | { readonly code: "at-other-server"; readonly server: string; readonly problem: Problem };

/** From a name to an open link. */
export type ConnectorProblem =
  /** The server names nobody of that id. */
  | { readonly code: "not-registered"; readonly name: string }
  /** The server answers with somebody else: it cannot look up a client by its id. */
  | { readonly code: "look-up-not-possible"; readonly name: string; readonly answered: string }
  | { readonly code: "too-many-links"; readonly max: number }
  /** The client ends before a call is through. */
  | { readonly code: "leaving" }
  /** The user wants to be reached, and to call, over the server alone. */
  | { readonly code: "relay-only"; readonly name: string | undefined }
  /** No way through the routers was found. */
  | { readonly code: "not-punched"; readonly name: string; readonly why: NotPunched }
  /** We gave up a call, for the reason that `detail` says. */
  | CallProblem & { readonly code: "call-refused" }
  /** The other side ended a call. */
  | CallProblem & { readonly code: "call-ended" };

/** Why: this machine gives no port of UDP, the peer names no address of UDP, or nothing came through. */
export type NotPunched = "no-udp" | "peer-without-udp" | "no-answer";

interface CallProblem {
  readonly address: Address;
  /** Who was called, if by name. */
  readonly name: string | undefined;
  readonly detail: Problem | undefined;
}

/** Something that no part of the table names: a defect of this program, as a rule. */
interface UnexpectedProblem {
  readonly code: "unexpected";
  /** What the error says. */
  readonly reason: string;
}

/** Whether the server may be a legacy program that knows no more than the original's client sends. */
type MayBeLegacy = true;

/** What goes wrong with servers. A server is named as the user names it, such as `tls://example.org:5555`. */
export type RendezvousProblem =
  | {
    /** The server has answered ERROR. */
    readonly code: "server-refused";
    readonly status: string;
    /** The server's reason, in its own words. */
    readonly said: string;
    /** In how many seconds the request may be made again; undefined if the server does not say. */
    readonly retryAfterS: number | undefined;
  }
  /** The server keeps the user's own name for another key. */
  | { readonly code: "name-taken"; readonly id: string }
  | {
    /** The connection ended before the reply came. */
    readonly code: "server-hung-up";
    readonly server: string;
    readonly mayBeLegacy?: MayBeLegacy;
  }
  | {
    /** A connection was made again and again, and each ended before the reply came. */
    readonly code: "server-closes-each";
    readonly server: string;
  }
  | {
    /** A reply has not come in time. */
    readonly code: "server-no-reply";
    readonly server: string;
    readonly verb: string;
    readonly seconds: number;
    readonly mayBeLegacy?: MayBeLegacy;
  }
  | {
    /** Nothing has been heard from the server although it was asked whether it is there. */
    readonly code: "server-silent";
    readonly server: string;
    readonly seconds: number;
  }
  | { readonly code: "server-closed"; readonly server: string }
  /** The server tells others where we are, although we have asked it not to. */
  | { readonly code: "server-shows-address"; readonly server: string }
  | { readonly code: "server-connection-broken"; readonly server: string }
  /** This machine no longer has the address from which the server was reached. */
  | { readonly code: "server-network-left"; readonly server: string }
  | {
    /** The server has sent something after which no message can be made out. */
    readonly code: "server-unreadable";
    readonly server: string;
  }
  | {
    /** The server has sent a reply that nothing was asked for: it is about to close the connection. */
    readonly code: "server-said";
    readonly server: string;
    readonly said: string;
  }
  | {
    /** Something else than a server of this protocol has answered. */
    readonly code: "not-a-server";
    readonly server: string;
    readonly found:
      | { readonly is: "tls"; readonly address: string }
      | { readonly is: "malformed"; readonly reason: string }
      | { readonly is: "unexpected"; readonly said: string; readonly expected: string };
  }
  | {
    /** The server, which is a legacy program, lists more clients than are read. */
    readonly code: "server-list-too-long";
    readonly server: string;
    readonly bytesMax: number;
  }
  | {
    /** The server wants a signature that would be good for another server. */
    readonly code: "wrong-realm";
    readonly server: string;
    readonly realm: string;
  }
  | {
    /** The server does not say by which address it goes, so that others could use a signature for it. */
    readonly code: "realm-not-an-address";
    readonly server: string;
    /** Without `tls://`, as is `accepted`. */
    readonly dialed: string;
  }
  | {
    /** The server has been given a signature that others could use, too. */
    readonly code: "signed-unchecked";
    readonly server: string;
    readonly dialed: string;
  }
  | {
    /** The server does not go by the address that was dialed. */
    readonly code: "other-address";
    readonly server: string;
    readonly dialed: string;
    /** The addresses that it goes by, by its own word. */
    readonly accepted: readonly string[];
  }
  | {
    /** The server is a legacy program that does not know what it was asked. */
    readonly code: "server-lacks-verb";
    readonly server: string;
    readonly verb: string;
  }
  | { readonly code: "server-sent-no-address" }
  | {
    /** None of several servers will do. */
    readonly code: "no-server";
    /** What is wrong with each. */
    readonly problems: readonly Problem[];
  };

/** Something that went wrong: a code, and the facts that belong to it. */
export type Problem =
  | AuditProblem
  | BackupProblem
  | CommandLineProblem
  | ConnectorProblem
  | ConversationProblem
  | LinkProblem
  | LocalControlProblem
  | MailboxProblem
  | ProfileProblem
  | RendezvousProblem
  | ServersProblem
  | StoreProblem
  | TransportProblem
  | TrustProblem
  | UnexpectedProblem;

/** The codes that there are. */
export type ProblemCode = Problem["code"];

/** An error that a user can do something about. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(describe(problem), options);
    this.problem = problem;
  }

  /** What went wrong, in one word for programs. */
  get code(): ProblemCode {
    return this.problem.code;
  }
}

/** What went wrong, of anything that was thrown. */
export function problemOf(error: unknown): Problem {
  return error instanceof UserError
    ? error.problem
    : { code: "unexpected", reason: errorMessage(error) };
}

/** Why something failed, for the field `reason` of a problem that says what: what the environment said. */
export function reasonOf(error: unknown): string {
  const problem = problemOf(error);
  return "reason" in problem ? problem.reason : errorMessage(error);
}

/** For a program's log: no sentence, and nothing that a terminal could take for a command. */
function describe({ code, ...fields }: Problem): string {
  return `${code} ${JSON.stringify(fields)}`;
}
