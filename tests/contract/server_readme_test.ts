// What server/README.md says of defaults and limits agrees with the program.

import { assert, assertEquals } from "@std/assert";
import { Command } from "commander";
import { addServerCommand } from "../../server/cli.ts";
import { defaultCapacity } from "../../server/limits/limits.ts";
import {
  connectionIdleMs,
  mailTtlMs,
  newNamesWindowMs,
  registrationTtlMaxMs,
  registrationTtlMinMs,
  subscribedIdleMs,
} from "../../shared/protocol/limits.ts";

const text = await Deno.readTextFile(new URL("../../server/README.md", import.meta.url));

/** The rows of the first table in a section, as cells. */
function tableOf(section: string): string[][] {
  const [, body] = text.split(`\n## ${section}\n`);
  const rows = body!.split("\n## ")[0]!.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) => row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("the README of the server says how each option is written, and its default", () => {
  const program = new Command();
  addServerCommand(program);
  const [server] = program.commands;
  // The mailbox is on unless --no-mailbox says otherwise.
  const options = server!.options.filter(({ long }) => long !== "--mailbox");
  const rows = tableOf("Options").map(([flags, ...more]) => [flags!.replace("\\|", "|"), ...more]);
  assertEquals(rows.map(([flags]) => flags), options.map(({ flags }) => `\`${flags}\``));
  for (const [i, { defaultValue, defaultValueDescription }] of options.entries()) {
    const known = defaultValueDescription ?? defaultValue;
    if (known === undefined || typeof known === "boolean") continue;
    assertEquals(rows[i]![1]!.replaceAll("`", ""), String(known));
  }
});

Deno.test("the README of the server names its limits as they are", () => {
  const limits = tableOf("Limits").map(([, limit]) => limit).join("; ");
  const mib = (bytes: number) => `${bytes / 1024 ** 2} MiB`;
  const count = (number: number) => number.toLocaleString("en");
  const {
    mailboxMails,
    mailboxBytes,
    shareMails,
    shareBytes,
    senderMails,
    senderBytes,
    mails,
    mailsBytes,
    heldBytes,
    heldBytesPerHost,
    relays,
    relaysPerKey,
    relaysPerHost,
    relayRate,
  } = defaultCapacity;
  for (
    const limit of [
      `${count(defaultCapacity.connections)} and ${count(defaultCapacity.connectionsPerHost)}`,
      `${count(defaultCapacity.registrations)} and ${count(defaultCapacity.registrationsPerHost)}`,
      count(defaultCapacity.names),
      String(defaultCapacity.newNamesPerHost),
      `${count(mailboxMails)} and ${mib(mailboxBytes)}`,
      `${count(senderMails)} and ${mib(senderBytes)}`,
      `${count(mails)} and ${mailsBytes / 1024 ** 3} GiB`,
      `${heldBytes / 1024 ** 2} and ${mib(heldBytesPerHost)}`,
      `${count(relays)}, ${relaysPerKey} and ${relaysPerHost}`,
      mib(relayRate.perSecond),
      `${mailTtlMs / 86_400_000} days`,
      `${connectionIdleMs / 60_000} minutes`,
      `${subscribedIdleMs / 1000} seconds`,
      `${registrationTtlMinMs / 1000} seconds to ${registrationTtlMaxMs / 3_600_000} hour`,
    ]
  ) assert(limits.includes(limit), `server/README.md does not name the limit ${limit}`);
  assertEquals([shareMails, shareBytes], [mailboxMails / 2, mailboxBytes / 2]);
  assertEquals(newNamesWindowMs / 3_600_000, 24);
});
