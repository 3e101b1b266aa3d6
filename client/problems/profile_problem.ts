/**
 * What can go wrong with profiles, as codes and fields.
 *
 * @module
 */

/** What goes wrong with profiles. */
export type ProfileProblem =
  | {
    readonly code: "identity-unusable";
    readonly action: IdentityAction;
    /** The file; undefined for standard input and output. */
    readonly path: string | undefined;
    readonly fault: IdentityFault;
  }
  | {
    /** There is no identity, and so no message. */
    readonly code: "no-profile";
    readonly directory: string;
  }
  | {
    /** There is no identity that could be copied. */
    readonly code: "no-identity-yet";
    readonly directory: string;
  }
  | {
    /** A passphrase is needed, and there is no terminal in which to ask for it. */
    readonly code: "nobody-to-ask";
    /** Whether it is the one that an identity is under, or one that an identity is to be put under. */
    readonly passphrase: "present" | "new";
  }
  | {
    /** A passphrase cannot be read from where the user has said that it is. */
    readonly code: "passphrase-not-read";
    /** The file, or the number of a descriptor. */
    readonly from: string | number;
    readonly fault: PassphraseFault;
  }
  | {
    /** A new passphrase has characters that are not letters. */
    readonly code: "passphrase-not-text";
  }
  | {
    /** A new passphrase was not the same the second time. */
    readonly code: "passphrases-differ";
  }
  | {
    /** A copy would have no passphrase, and that was not asked for. */
    readonly code: "copy-without-passphrase";
  };

/** Why a passphrase cannot be read. It is the first line. */
export type PassphraseFault =
  | { readonly is: "empty" }
  | {
    /** It is not UTF-8, or has characters that are no letters, such as NUL. */
    readonly is: "not-text";
  }
  | {
    readonly is: "too-long";
    /** Bytes that it can have. */
    readonly max: number;
  }
  | {
    /** The descriptor is not open for reading, or is of a kind that cannot be read. */
    readonly is: "no-pipe";
  }
  | { readonly is: "system"; readonly reason: string };

/** What was to be done with an identity. */
export type IdentityAction =
  | "use"
  | "make"
  | "change-passphrase"
  | "export"
  | "read-copy"
  | "import";

/** Why that cannot be done. */
export type IdentityFault =
  | { readonly is: "damaged" }
  | { readonly is: "too-long" }
  | {
    /** The public key in the file does not belong to the seed. */
    readonly is: "other-key";
  }
  | {
    /** To try one passphrase would take too much memory or time. These are scrypt's parameters. */
    readonly is: "too-costly";
    readonly N: number;
    readonly r: number;
    readonly p: number;
  }
  | {
    /** The file is of a later version than this program knows. */
    readonly is: "newer";
    readonly version: number;
    readonly known: number;
  }
  | { readonly is: "not-a-file" }
  | {
    /** Others than its owner can read or write the file, or run it. */
    readonly is: "open-to-others";
    /** Its mode, such as `0644`. */
    readonly mode: string;
  }
  | {
    /** A link stands in its place and leads nowhere, or in a circle. */
    readonly is: "broken-link";
  }
  | { readonly is: "no-passphrase" }
  | {
    readonly is: "wrong-passphrase";
    /** How many were tried. */
    readonly times: number;
  }
  | {
    /** The file has been changed since it was read. */
    readonly is: "changed";
  }
  | {
    /** Another program has made an identity there in the meantime. */
    readonly is: "just-made";
  }
  | {
    /** Another identity is there, and must not be replaced. */
    readonly is: "another-there";
  }
  | { readonly is: "system"; readonly reason: string };
