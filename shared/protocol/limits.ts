/**
 * Every bound of the protocol and of the programs that speak it, in one place. A name ends in its
 * unit. PROTOCOL.md repeats those that a peer can observe.
 *
 * @module
 */

/** Bytes of one line, its line end included. */
export const lineBytesMax = 4 * 1024;

/** Lines between the start line and the empty line of one message. */
export const headersMax = 64;

/** Bytes of one message, from its start line to its empty line, line ends included. */
export const messageBytesMax = 16 * 1024;

/**
 * Bytes of a DEPOSIT or a COLLECTACK, which carry a mail. A server takes so long a message from those alone
 * who have shown a key on the same connection.
 */
export const mailMessageBytesMax = 96 * 1024;

/** Characters of a client id. */
export const clientIdLengthMax = 32;

/** From the first byte of a message to its last. */
export const messageTimeoutMs = 10_000;

/** From a connection to a server that speaks TLS until that is agreed on. */
export const tlsHandshakeTimeoutMs = 10_000;

/** How long one write may wait for a reader that does not read. */
export const writeTimeoutMs = 10_000;

/** A connection that says nothing for this long is closed; at the latest after twice as long. */
export const connectionIdleMs = 15 * 60_000;

/** Registrations shorter than this are refused with 423. */
export const registrationTtlMinMs = 10_000;

/** What this project's client asks for. It refreshes long before. */
export const registrationTtlAskedMs = 5 * 60_000;

/** Longer ones are shortened to this; clients of the wild, which never refresh, get all of it. */
export const registrationTtlMaxMs = 60 * 60_000;

/** Registrations a server holds before it answers 503. */
export const registrationsMax = 250_000;

/** Registrations one host may hold before it is answered 429; the server's own host is exempt. */
export const registrationsPerHostMax = 1_000;

/** How long the nonce of a challenge can be signed. */
export const challengeTtlMs = 60_000;

/** How long a name stays its key's without being used, where the server's operator says nothing else. */
export const nameLeaseMs = 30 * 24 * 60 * 60_000;

/** The last use of a name is written down no more often than this, lest every refresh be a write. */
export const nameUseWrittenMs = 60 * 60_000;

/** Names that keys own, of which a server keeps so many before it answers 503. */
export const namesMax = 1_000_000;

/** New names one host may take within `newNamesWindowMs`; the server's own host is exempt. */
export const newNamesPerHostMax = 100;

/** For how long the new names of a host are counted together. */
export const newNamesWindowMs = 24 * 60 * 60_000;

/** How long a server, which answers nobody meanwhile, waits for another program that holds its data. */
export const serverBusyTimeoutMs = 100;

/** Seconds after which a client that is refused because the server is full may try again. */
export const fullRetryS = 30;

/** The same if the server keeps no more mail: there is room again when somebody collects theirs. */
export const mailRetryS = 10 * 60;

/** Connections a server holds before it answers 503. */
export const connectionsMax = 50_000;

/** Connections one host may hold before it is answered 429; the server's own host is exempt. */
export const connectionsPerHostMax = 1_000;

/** Whom one connection watches: more would not fit into one message. */
export const watchedMax = 60;

/** An attended connection, one that has said WATCH, that says nothing for this long is closed. */
export const attendedIdleMs = 25_000;

/** Silence on such a connection after which its client says PING. */
export const serverPingMs = 10_000;

/** How long the client then waits for the PONG. */
export const serverPongTimeoutMs = 10_000;

/** Bytes of a mail, as it is sealed. */
export const mailBytesMax = 64 * 1024;

/**
 * Bytes of a mail as this project's client makes them: one message fits, and a slow line has it over before
 * the server's patience, or its own, is at an end.
 */
export const depositBytesMax = 20 * 1024;

/** Characters of a mail on one Data line, in base64url; a multiple of 4. */
export const mailLineLengthMax = 3_840;

/** Mails that a COLLECT can say are taken. */
export const takenMax = 60;

/** How long a server keeps a mail that nobody collects. */
export const mailTtlMs = 14 * 24 * 60 * 60_000;

/** Mails in one mailbox, and their bytes. */
export const boxMailsMax = 1_000;
/** See {@linkcode boxMailsMax}. */
export const boxBytesMax = 16 * 1024 * 1024;

/** Of those, the mails of one sender and their bytes: nobody fills a mailbox alone. */
export const shareMailsMax = 500;
/** See {@linkcode shareMailsMax}. */
export const shareBytesMax = 8 * 1024 * 1024;

/** Mails of one sender in all mailboxes of a server, and their bytes. */
export const senderMailsMax = 4_000;
/** See {@linkcode senderMailsMax}. */
export const senderBytesMax = 64 * 1024 * 1024;

/** All mails that a server keeps, and their bytes, before it answers 503. */
export const mailsMax = 1_000_000;
/** See {@linkcode mailsMax}. */
export const mailsBytesMax = 1024 * 1024 * 1024;

/** Bytes of mails that a server has in its hands before it writes them down, however soon that is due. */
export const depositBatchBytesMax = 8 * 1024 * 1024;

/** Clients on a page of INFO that names no Limit. */
export const infoPageDefault = 50;

/** Characters of a fingerprint. */
export const fingerprintLength = 39;

/** Clients on one page of INFO: with Count, Version and After it stays under `headersMax`. */
export const infoPageMax = 60;

/** How long the caller waits for CHATACK before it takes the called side for a client of the wild. */
export const chatackTimeoutMs = 1_500;

/** How long it waits where it does not talk to the wild anyway: a slow link is no reason to give up. */
export const chatackPatienceMs = 5_000;

/** How long dialing one address may take. */
export const dialTimeoutMs = 10_000;

/** How long a client waits for the server's answer. */
export const replyTimeoutMs = 10_000;

/** How long a program waits for another that holds the same database. */
export const databaseBusyTimeoutMs = 5_000;

/** Bytes of an identity's file. */
export const identityFileBytesMax = 4 * 1024;

/** Memory that trying a passphrase may take, as a file asks for it that may come from anybody. */
export const passphraseMemoryBytesMax = 256 * 1024 * 1024;

/** How often a passphrase is asked for before it counts as forgotten. */
export const passphraseAttemptsMax = 3;

/** From the connection to a link that is open, the handshake included. */
export const openingTimeoutMs = 10_000;

/** Bytes of a handshake message: more than any of Noise_XX with this protocol's payloads has. */
export const handshakeBytesMax = 1_024;

/** Bytes of a frame behind its length: what a Noise message may have. */
export const frameBytesMax = 65_535;

/** Frames are padded to a multiple of this many bytes, so that short texts are all of one length. */
export const framePaddingBytes = 256;

/** Frames in one direction under one key. */
export const framesPerKeyMax = 2 ** 20;

/** How long one key encrypts. */
export const keyLifetimeMs = 60 * 60_000;

/** Silence on a link after which PING is sent. */
export const linkPingMs = 15_000;

/** How long a link waits for the PONG, and a sender for the ACK at the end of its input. */
export const linkPongTimeoutMs = 10_000;

/** Links a client holds at once, those that have not said who they are included. */
export const linksMax = 64;

/** Peers whose keys a client remembers. */
export const knownPeersMax = 10_000;

/** Of those beside, who have called and whom the user has never answered, the latest. */
export const knownStrangersMax = 1_000;

/** Messages of somebody whom the user has never answered; more are not taken until that happens. */
export const unknownSenderMessagesMax = 100_000;

/** Links with one peer: calls that cross, and those that have died without a word. */
export const linksPerPeerMax = 8;

/** Questions to one peer that wait for their answers. */
export const pendingRequestsMax = 8;

/** Messages sent on one link whose ACK is still missing. */
export const unacknowledgedMax = 1_024;

/** Bytes of a message's text, escaped: what fits into one MSG beside its other headers. */
export const textBytesMax = 15 * 1024;

/** Bytes of escaped text on one Text line; a longer text takes several. */
export const textLineBytesMax = 3_840;

/** Streams of one peer's in which a client remembers its place: one for each copy of that profile. */
export const incomingStreamsMax = 32;

/** Conversations kept in which nothing has been said; the oldest make room. */
export const emptyConversationsMax = 2_000;

/** Words of a search; those beyond are not looked for. */
export const searchWordsMax = 32;

/** Streams that one AUDITACK lists. */
export const auditStreamsMax = 40;

/** Numbers of a stream that one AUDIT is answered for. */
export const auditRangeMax = 20_000;

/** Entries that one AUDITACK lists. */
export const auditEntriesMax = 50;

/** Messages that an audit names, of each kind and stream. */
export const auditFindingsMax = 100;

/** Questions that an audit asks about one stream, beside one for each `auditRangeMax` of it. */
export const auditQuestionsMax = 2_000;

for (
  const [relation, holds] of Object.entries({
    "a line fits into a message": lineBytesMax <= messageBytesMax,
    "a Text line fits into a line": "Text: \r\n".length + textLineBytesMax <= lineBytesMax,
    "a text fits into a message with its start line, Id and line names":
      textBytesMax + 512 <= messageBytesMax,
    "a page of INFO fits under the header limit": infoPageMax + 3 < headersMax,
    "a page of INFO fits into a message": infoPageMax *
            ("Client:  []:65535 \r\n".length + clientIdLengthMax + 45 + fingerprintLength) + 512 <
      messageBytesMax,
    "a list of streams and one of entries fit under the header limit":
      Math.max(auditStreamsMax, auditEntriesMax) + 8 < headersMax,
    "a client can ask for what it wants": registrationTtlMinMs <= registrationTtlAskedMs &&
      registrationTtlAskedMs <= registrationTtlMaxMs,
    "the use of a name is written down before it lapses": nameUseWrittenMs * 10 <= nameLeaseMs,
    "a registered client refreshes before its connection counts as idle":
      registrationTtlAskedMs < connectionIdleMs,
    "who watches has pinged and given up before the server does":
      serverPingMs + serverPongTimeoutMs < attendedIdleMs,
    "a Data line fits into a line, and holds whole bytes":
      "Data: \r\n".length + mailLineLengthMax <= lineBytesMax && mailLineLengthMax % 4 === 0,
    "a mail fits into a message with its start line and the other headers": mailBytesMax * 4 / 3 +
        Math.ceil(mailBytesMax * 4 / 3 / mailLineLengthMax) * "Data: \r\n".length + 512 <=
      mailMessageBytesMax,
    "a message, with the one that introduces its sender, fits into a deposit":
      messageBytesMax + 1024 <= depositBytesMax && depositBytesMax <= mailBytesMax,
    "the lines of a mail fit under the header limit":
      Math.ceil(mailBytesMax * 4 / 3 / mailLineLengthMax) + 8 <= headersMax,
    "the presence of all who are watched fits under the header limit": watchedMax + 2 <= headersMax,
    "what is taken fits under the header limit": takenMax + 3 <= headersMax,
    "nobody fills a mailbox alone": shareMailsMax * 2 <= boxMailsMax &&
      shareBytesMax * 2 <= boxBytesMax,
    "a mail is kept no longer than the name that it is for": mailTtlMs <= nameLeaseMs,
  })
) {
  if (!holds) throw new Error(`The limits contradict each other: not true that ${relation}`);
}
