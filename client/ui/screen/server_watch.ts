/**
 * How the client stands with its server, as far as it was shown.
 *
 * @module
 */

import type { ServerState, Shown } from "../wording/wording.ts";

/** How the client stands with its server. */
export class ServerWatch {
  state: ServerState = "none";
  server: { readonly host: string; readonly tls?: unknown } | undefined;

  /** Takes note of what is shown. */
  take(shown: Shown): void {
    switch (shown.type) {
      case "registered":
      case "registered-again":
        this.server = shown.server;
        this.state = "ok";
        return;
      case "server-lost":
        this.state = shown.problem.code === "name-taken" ? "taken" : "lost";
        return;
      case "displaced":
        this.state = "displaced";
        return;
      case "unregistered":
        this.state = "none";
    }
  }
}
