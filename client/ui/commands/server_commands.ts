/**
 * The slash commands for the servers beside one's own.
 *
 * @module
 */

import { formatAddress } from "../../../shared/net/address.ts";
import { formatServerAddress } from "../../../shared/net/server_address.ts";
import type { Command } from "./command.ts";

/** These commands, in the order of the help. */
export const serverCommands: readonly Command[] = [
  {
    name: "visit",
    argument: "[SERVER]",
    examples: ["/visit", "/visit chat.example.org", "/visit plain:192.0.2.7:5555"],
    help: "be found at another server as well, and find people there; or say which these are",
    run: async ({ session: { client: { visits } } }, text) => {
      if (text === undefined) return { type: "visiting", servers: visits.names() };
      const server = await visits.visit(text);
      const place = formatAddress(server);
      return { type: "visited", server: formatServerAddress(server), place };
    },
  },
  {
    name: "unvisit",
    argument: "SERVER",
    examples: ["/unvisit chat.example.org"],
    help: "be at a server no more",
    run: async ({ session: { client: { visits } } }, server) => ({
      type: "unvisited",
      server: formatServerAddress(await visits.leave(server!)),
    }),
  },
];
