/**
 * DEPOSIT and COLLECT: mail for clients that are away.
 *
 * @module
 */

import { parsePublicKey } from "../../shared/crypto/public_key.ts";
import { parseContactToken } from "../../shared/protocol/contact_token.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { mailBytesMax, takenMax } from "../../shared/protocol/limits.ts";
import { dataHeaders, dataOf } from "../../shared/protocol/mail_data.ts";
import { type Header, header, headerValues, type Message } from "../../shared/protocol/message.ts";
import { isId } from "../../shared/protocol/random_id.ts";
import { requestFaults, serverFaults } from "../../shared/protocol/reasons.ts";
import { formatMailNumber, parseMailNumber } from "../../shared/protocol/records.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { sourceOf } from "../limits/limits.ts";
import type { MailRefusal } from "../mailbox/mailbox.ts";
import { authenticatedClient, registeredClient, takeProof, verifyProof } from "./authentication.ts";
import type { Client, Context } from "./context.ts";
import { reply } from "./replies.ts";

/** Keeps a mail for the client that it is addressed to. */
export function deposit(
  request: Message,
  { mailbox, names, contacts }: Context,
  client: Client,
): Message | Promise<Message> {
  const sender = authenticatedClient(request, client);
  if (isFault(sender)) return errorReply(sender);
  if (mailbox === undefined) return errorReply(serverFaults.noMailbox);
  const target = header(request, "Target")!;
  if (!isClientId(target)) return errorReply(requestFaults.invalidClientId(target));
  const key = parsePublicKey(header(request, "Key")!);
  if (key === undefined) return errorReply(requestFaults.invalidKey(header(request, "Key")!));
  const id = header(request, "Id")!;
  if (!isId(id)) return errorReply(requestFaults.invalidMailId(id));
  const data = dataOf(request);
  if (data === undefined) return errorReply(requestFaults.invalidData);
  if (data.length > mailBytesMax) return errorReply(requestFaults.longMail(mailBytesMax));
  const shown = header(request, "Token");
  const token = shown === undefined ? undefined : parseContactToken(shown);
  if (shown !== undefined && token === undefined) {
    return errorReply(requestFaults.invalidToken(shown));
  }
  const owner = names.owner(target);
  if ("refused" in owner) return errorReply(serverFaults.namesUnavailable);
  if (owner.key === undefined) return errorReply(serverFaults.nameWithoutKey(target));
  if (owner.key !== key) return errorReply(serverFaults.nameOfOtherKey(target));
  const to = { clientId: target, key };
  const mail = {
    to,
    sender: sender.key,
    source: sourceOf(client.observedHost),
    standing: contacts.standing(to, sender.key, token),
    id,
    data,
  } as const;
  return mailbox.deposit(mail).then((refusal) =>
    refusal === undefined
      ? reply("DEPOSITACK", request, [["Id", id]])
      : errorReply(depositFault(refusal, target, client.observedHost))
  );
}

function depositFault(refusal: MailRefusal, clientId: string, host: string): Fault {
  switch (refusal) {
    case "mailbox-full":
      return serverFaults.mailboxFull(clientId);
    case "share-full":
      return serverFaults.mailboxShareFull(clientId);
    case "sender-full":
      return serverFaults.tooMuchMailOfSender;
    case "host-full":
      return serverFaults.tooMuchMailOfHost(host);
    case "full":
      return serverFaults.tooMuchMail;
    case "unavailable":
      return serverFaults.mailboxUnavailable;
  }
}

/** Deletes the mails that a client has taken, and gives it the next. */
export function collect(request: Message, context: Context, client: Client): Message {
  const { mailbox } = context;
  const owner = registeredClient(request, client);
  if (isFault(owner)) return errorReply(owner);
  if (mailbox === undefined) return errorReply(serverFaults.noMailbox);
  const named = headerValues(request, "Taken");
  if (named.length > takenMax) return errorReply(requestFaults.tooManyTaken(takenMax));
  const [after, ...taken] = [header(request, "After") ?? "0", ...named].map(parseMailNumber);
  if (after === undefined || !taken.every((number) => number !== undefined)) {
    return errorReply(requestFaults.invalidMailNumbers);
  }
  const { mailChallenge: challenge } = client;
  if (challenge !== undefined) {
    const proof = takeProof(request, { challenge }) ?? { key: owner.key, isFresh: false };
    if (proof.key !== owner.key) return errorReply(serverFaults.nameOfOtherKey(owner.clientId));
    const proven = verifyProof(proof, request, "COLLECT", context, client, challenge);
    if (typeof proven !== "string") return proven;
    // A signature for what the server is called otherwise could come from another server.
    if (header(request, "Dialed") === undefined) return errorReply(serverFaults.wrongSignature);
  }
  const collected = mailbox.collect(owner, taken, after);
  if (collected === undefined) return errorReply(serverFaults.mailboxUnavailable);
  const { count, mail } = collected;
  const headers: Header[] = [["Count", String(count)]];
  if (mail !== undefined) {
    headers.push(["Number", formatMailNumber(mail.number)], ...dataHeaders(mail.data));
  }
  if (challenge !== undefined) headers.push(["Nonce", challenge.give()]);
  return reply("COLLECTACK", request, headers);
}
