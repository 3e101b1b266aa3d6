/**
 * What a program can have a client do: the table of its commands. Each names whom it is about; no conversation is
 * current.
 *
 * @module
 */

import { formatServerAddress } from "../../../shared/net/server_address.ts";
import type { ChatClient } from "../../client.ts";
import type { SentMessage } from "../../conversations/conversations.ts";
import { type Problem, UserError } from "../../user_error.ts";
import { wordingOf } from "../wording/wording.ts";
import { contactRecord, entryRecord, type JsonRecord, type Party, pathRecord } from "./records.ts";

/** Messages that one command gives, at most. */
const entriesMax = 1_000;
/** The same, if it does not say how many. */
const entriesDefault = 20;

/** The fields of a command, as they came. */
export type Fields = Readonly<Record<string, unknown>>;

/** What commands work with. */
export interface CommandContext {
  readonly client: ChatClient;
  readonly self: Party;
  /** When all that is to be sent to somebody has begun. */
  readonly sendings: Map<string, Promise<void>>;
}

/** A command is not as it has to be. */
export class UsageError extends RangeError {}

type Command = (context: CommandContext, fields: Fields) => JsonRecord | Promise<JsonRecord>;

/** The commands by what `do` says. `quit` is the reader's own. */
export const commands: Readonly<Record<string, Command>> = {
  send: async (context, fields) => {
    const [to, text] = [textIn(fields, "to"), textIn(fields, "text")];
    const { id, conversation, stream, seq } = await send(to, text, context);
    return { id, conversation, stream, seq };
  },
  chat: async ({ client }, fields) => {
    const { how, why, conversation } = await client.chat(textIn(fields, "to"));
    const { dialect, security, keyFromServer, waiting } = conversation;
    const reason = why && { why: why.code satisfies Problem["code"] };
    const found = { conversation: conversation.conversation, dialect, security, waiting };
    return { how, ...found, ...keyFromServer && { keyFromServer }, ...reason };
  },
  close: async ({ client }, fields) => {
    await client.close(textIn(fields, "to"));
    return {};
  },
  accept: ({ client }, fields) => {
    const { conversation } = client.people.accept(textIn(fields, "to"));
    return { conversation };
  },
  away: ({ client: { people } }, fields) => {
    const text = optionalTextIn(fields, "text");
    if (text === undefined) return { wasAway: people.comeBack() };
    people.leave(text);
    return {};
  },
  nick: ({ client: { people } }, fields) => {
    const [to, localName] = [textIn(fields, "to"), optionalTextIn(fields, "localName")];
    return { ...localName === undefined ? people.unnick(to) : people.nick(localName, to) };
  },
  visit: async ({ client: { visits } }, fields) => ({
    server: formatServerAddress(await visits.visit(textIn(fields, "server"))),
  }),
  unvisit: async ({ client: { visits } }, fields) => ({
    server: formatServerAddress(await visits.leave(textIn(fields, "server"))),
  }),
  who: ({ client }) => ({ contacts: client.who().map(contactRecord) }),
  history: ({ client, self }, fields) => {
    const limit = countIn(fields, "limit");
    const name = optionalTextIn(fields, "with");
    return { messages: client.history(name, limit).map((entry) => entryRecord(entry, self)) };
  },
  search: async ({ client, self }, fields) => {
    const { entries, ignored } = await client.search(textIn(fields, "words"));
    return { messages: entries.map((entry) => entryRecord(entry, self)), ignored };
  },
  path: async ({ client }, fields) => pathRecord(await client.path(textIn(fields, "to"))),
  audit: async ({ client }, fields) => {
    const name = textIn(fields, "to");
    const report = await client.audit(name, { mayCall: true });
    const same = wordingOf({ type: "audited", name, report }).tone !== "problem";
    return { same, streams: report.streams };
  },
  verify: async ({ client }, fields) => {
    const to = textIn(fields, "to");
    const { same } = fields;
    if (same === undefined) return { ...client.verify(to) };
    if (typeof same !== "boolean") throw new UsageError(`"same" is true or false`);
    return { fingerprint: await client.confirmVerification(to, same) };
  },
  trust: async ({ client }, fields) => {
    const fingerprint = optionalTextIn(fields, "fingerprint");
    return { fingerprint: await client.people.trust(textIn(fields, "to"), fingerprint) };
  },
  ack: ({ client }, fields) => ({ was: client.acknowledge(textIn(fields, "id")) }),
};

/**
 * Sends a text when what was to be sent to that one before has begun, so that all keeps its order. The first one opens
 * the conversation, if there is none.
 */
async function send(to: string, text: string, context: CommandContext): Promise<SentMessage> {
  const { client, sendings } = context;
  const begun = (sendings.get(to) ?? Promise.resolve()).then(async () => {
    const name = await reached(to, client);
    // What becomes of it is not waited for: many are written to the disk at once.
    return { sent: client.send(name, text) };
  });
  const settled = begun.then(() => {}, () => {}).finally(() => {
    if (sendings.get(to) === settled) sendings.delete(to);
  });
  sendings.set(to, settled);
  return await (await begun).sent;
}

/** Has a conversation with somebody be open. @returns By what it is found. */
async function reached(to: string, client: ChatClient): Promise<string> {
  if (client.conversation(to) !== undefined || isKnown(to, client)) return to;
  return (await client.chat(to)).conversation.conversation;
}

/** Whether there is a conversation that is only to be opened again. */
function isKnown(to: string, client: ChatClient): boolean {
  try {
    client.answer(to);
    return true;
  } catch (error) {
    if (error instanceof UserError && error.code === "no-conversation") return false;
    throw error;
  }
}

/** @throws {UsageError} If it is not there, no text, or an empty one. */
function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value !== "") return value;
  throw new UsageError(`"${name}" ${value === "" ? "is empty" : "has to be a text"}`);
}

function optionalTextIn(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : textIn(fields, name);
}

function countIn(fields: Fields, name: string): number {
  const value = fields[name] ?? entriesDefault;
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= entriesMax) {
    return Number(value);
  }
  throw new UsageError(`"${name}" has to be a whole number from 1 to ${entriesMax}`);
}
