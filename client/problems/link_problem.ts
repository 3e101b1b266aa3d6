/**
 * What can go wrong on a link, as codes and fields.
 *
 * @module
 */

/** What can go wrong on a link: why it ends, and why something cannot be done on it. */
export type LinkProblem =
  | {
    /** The peer's own words, with which it ended the link. */
    readonly code: "peer-said";
    readonly said: string;
  }
  | {
    /** The peer has broken the rules of the protocol. */
    readonly code: "peer-fault";
    /** What it did, as it has been told. */
    readonly reason: string;
  }
  | {
    /** What came is not what the peer has sent: it was changed on the way. */
    readonly code: "not-authentic";
  }
  | {
    /** The opening of the link took too long. */
    readonly code: "opening-too-slow";
  }
  | {
    /** Nothing has come from the peer, although it was pinged. */
    readonly code: "peer-silent";
  }
  | {
    /** The peer does not read what is sent to it. */
    readonly code: "peer-does-not-read";
  }
  | {
    /** The peer speaks another protocol, in which messages cannot be compared. */
    readonly code: "peer-cannot-compare";
  }
  | {
    /** The peer's program is of a version that does not know what the call is for. */
    readonly code: "purpose-not-known";
  }
  | {
    /** The link is not open yet, or not any more. */
    readonly code: "link-not-open";
  }
  | {
    /** The link ended before a text could be sent. */
    readonly code: "text-not-sent";
  }
  | {
    /** So many requests wait for an answer that no more may be made. */
    readonly code: "too-many-requests";
    readonly max: number;
  }
  | {
    /** The peer has not answered a request in time. */
    readonly code: "peer-no-reply";
    readonly verb: string;
    readonly seconds: number;
  }
  | {
    /** The peer has refused a request. */
    readonly code: "peer-refused";
    /** Its reason, in its own words; undefined if it gave none. */
    readonly said: string | undefined;
  }
  | {
    /** The link ended before the peer had answered a request. */
    readonly code: "link-ended-before-reply";
  };
