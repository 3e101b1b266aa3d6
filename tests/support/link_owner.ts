/**
 * The owner of a link and the receiver of what its peer says, of which a test gives the parts that matter to
 * it. The rest lets everybody in and does nothing.
 *
 * @module
 */

import {
  ignoringReceiver,
  type Inbox,
  type Link,
  type LinkOptions,
  type Receiver,
} from "../../client/link/link.ts";
import type { LinkAdmission, VerificationNotices } from "../../client/link/link_events.ts";

/** What a test may give: all that a link asks and tells, in one list. */
export interface LinkHandlers extends LinkAdmission, Inbox, VerificationNotices {
  readonly opened: (link: Link) => void;
  readonly takeToken: Receiver["takeToken"];
  readonly takeAway: Receiver["takeAway"];
  readonly answerAudit: Receiver["answerAudit"];
  readonly answerPaths: Receiver["answerPaths"];
  readonly auditPauseMs: Receiver["auditPauseMs"];
  readonly room: () => Promise<void> | undefined;
  readonly closed: LinkOptions["onClosed"];
}

/** The options of a link that are made of it. */
export function linkOwner(
  handlers: Partial<LinkHandlers>,
): Pick<LinkOptions, "owner" | "onClosed" | "room"> {
  const { inbox, verification, takeToken, takeAway, answerAudit, answerPaths, auditPauseMs } =
    ignoringReceiver;
  return {
    owner: {
      admitPlaintext: handlers.admitPlaintext ?? (() => undefined),
      admitKey: handlers.admitKey ?? (() => Promise.resolve(undefined)),
      begin: (link) => {
        handlers.opened?.(link);
        return {
          inbox: { ...inbox, ...handlers },
          verification: { ...verification, ...handlers },
          takeToken: handlers.takeToken ?? takeToken,
          takeAway: handlers.takeAway ?? takeAway,
          answerAudit: handlers.answerAudit ?? answerAudit,
          answerPaths: handlers.answerPaths ?? answerPaths,
          auditPauseMs: handlers.auditPauseMs ?? auditPauseMs,
        };
      },
    },
    onClosed: handlers.closed ?? (() => {}),
    room: handlers.room ?? (() => undefined),
  };
}
