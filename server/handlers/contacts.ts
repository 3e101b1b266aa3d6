/**
 * CONTACTS: a client says who its contacts are, without naming them.
 *
 * @module
 */

import { contactEntryBytes, formatContacts } from "../../shared/protocol/contact_token.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { contactPartsMax, contactsMax } from "../../shared/protocol/limits.ts";
import { dataOf } from "../../shared/protocol/mail_data.ts";
import { header, type Message } from "../../shared/protocol/message.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import { parseStreamNumber } from "../../shared/protocol/records.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import type { ContactsPart, ContactsRefusal } from "../contacts/contacts.ts";
import { sourceOf } from "../limits/limits.ts";
import { registeredClient } from "./authentication.ts";
import type { Client, Context } from "./context.ts";
import { reply } from "./replies.ts";

/** Keeps a part of a client's list of contacts. */
export function keepContacts(request: Message, { contacts }: Context, client: Client): Message {
  const owner = registeredClient(request, client);
  if (isFault(owner)) return errorReply(owner);
  const part = contactsPart(request);
  if (isFault(part)) return errorReply(part);
  const outcome = contacts.put(owner, part, sourceOf(client.observedHost));
  return typeof outcome === "string"
    ? errorReply(fault(outcome, client.observedHost))
    : reply("CONTACTSACK", request, [["Contacts", formatContacts(outcome)]]);
}

function contactsPart(request: Message): ContactsPart | Fault {
  const [epoch, part, parts] = ["Epoch", "Part", "Parts"].map((name) =>
    parseStreamNumber(header(request, name))
  );
  const entries = dataOf(request);
  if (
    epoch === undefined || part === undefined || parts === undefined || entries === undefined ||
    part < 1 || part > parts || parts > contactPartsMax || entries.length % contactEntryBytes !== 0
  ) {
    return requestFaults.invalidContacts(contactPartsMax);
  }
  return { epoch, part: part - 1, parts, entries };
}

function fault(refusal: ContactsRefusal, host: string): Fault {
  switch (refusal) {
    case "too-many":
      return requestFaults.tooManyContacts(contactsMax);
    case "host-full":
      return serverFaults.tooManyContactsOfHost(host);
    case "full":
      return serverFaults.tooManyContacts;
    case "unavailable":
      return serverFaults.contactsUnavailable;
  }
}
