/**
 * The limits of the protocol and of the programs that speak it. A name ends in its unit. PROTOCOL.md repeats
 * those that the other side can observe.
 *
 * @module
 */

/** Bytes of one line, with its line end. */
export const lineBytesMax = 4 * 1024;

/** Lines between the start line and the empty line of one message. */
export const headersMax = 64;

/** Bytes of one message, from its start line to its empty line, with all line ends. */
export const messageBytesMax = 16 * 1024;

/** Bytes of a DEPOSIT or a COLLECTACK, with a mail. A server takes so much on an authenticated connection only. */
export const mailMessageBytesMax = 96 * 1024;

/**
 * Bytes of the list of clients that a legacy server answers INFO with. It has a line for each client and no
 * pages, so its lines are not counted.
 */
export const legacyListBytesMax = 96 * 1024;

/** Characters of a client id. */
export const clientIdLengthMax = 32;

/** The longest time from the first byte of a message to its last. */
export const messageTimeoutMs = 10_000;

/** The longest time from connecting to the end of the TLS handshake. */
export const tlsHandshakeTimeoutMs = 10_000;

/** How long one write may wait for the other side to read. */
export const writeTimeoutMs = 10_000;

/** A connection that is silent for this long is closed; at the latest after twice as long. */
export const connectionIdleMs = 15 * 60_000;

/** The shortest lifetime of a registration. A request for less is refused with 423. */
export const registrationTtlMinMs = 10_000;

/** The lifetime that this project's client asks for. It refreshes long before the end. */
export const registrationTtlAskedMs = 5 * 60_000;

/** The longest lifetime of a registration. Legacy programs, which never refresh, get all of it. */
export const registrationTtlMaxMs = 60 * 60_000;

/** Registrations a server holds before it answers 503. */
export const registrationsMax = 250_000;

/** Registrations one host may hold before it is answered 429; the server's own host is exempt. */
export const registrationsPerHostMax = 1_000;

/** How long the nonce of a challenge is valid. */
export const challengeTtlMs = 60_000;

/** How long a key owns a name that is not used, if the server's operator sets no other time. */
export const nameLeaseMs = 30 * 24 * 60 * 60_000;

/** The last use of a name is written to disk at most this often, so that not every refresh is a write. */
export const nameUseWrittenMs = 60 * 60_000;

/** Names with a key that a server keeps before it answers 503. */
export const namesMax = 1_000_000;

/**
 * New names that one host may take within `newNamesWindowMs`, and as many again without a key; the server's own
 * host is exempt.
 */
export const newNamesPerHostMax = 100;

/** The period over which the new names of a host are counted. */
export const newNamesWindowMs = 24 * 60 * 60_000;

/** How long a server waits for another program that locks its database. Meanwhile it answers nobody. */
export const serverBusyTimeoutMs = 100;

/** Seconds after which a client that is refused because the server is full may try again. */
export const fullRetryS = 30;

/** The same if the server keeps no more mail: there is room again when somebody collects theirs. */
export const mailRetryS = 10 * 60;

/** Connections a server holds before it answers 503. */
export const connectionsMax = 50_000;

/** What the hosts of one IPv6 site, a /48, may have together: as much as this many hosts, each a /64. */
export const siteHostsMax = 4;

/** Connections one host may hold before it is answered 429; the server's own host is exempt. */
export const connectionsPerHostMax = 1_000;

/** Ids that one connection may watch: more would not fit into one message. */
export const watchedMax = 60;

/** A subscribed connection, one that has said WATCH, is closed if it is silent for this long. */
export const subscribedIdleMs = 25_000;

/** The silence on a subscribed connection after which the client says PING. */
export const serverPingMs = 10_000;

/** How long the client then waits for PONG. */
export const serverPongTimeoutMs = 10_000;

/** Bytes of a mail, as it is sealed. */
export const mailBytesMax = 64 * 1024;

/**
 * Bytes of a mail that this project's client makes: one message fits, and a slow connection transfers it
 * before the server or the client times out.
 */
export const depositBytesMax = 20 * 1024;

/** Characters of a mail on one Data line, in base64url; a multiple of 4. */
export const mailLineLengthMax = 3_840;

/** Mails that one COLLECT can name as taken. */
export const takenMax = 60;

/** How long a server keeps a mail that nobody collects. */
export const mailTtlMs = 14 * 24 * 60 * 60_000;

/** Entries of the list of contacts that a client gives its server. */
export const contactsMax = 5_000;

/** Messages that such a list takes at most. */
export const contactPartsMax = 16;

/** Bytes of all lists of contacts at a server, and of those from one host; the server's own host is exempt. */
export const contactListsBytesMax = 64 * 1024 * 1024;
/** See {@linkcode contactListsBytesMax}. */
export const contactListsOfHostBytesMax = 1024 * 1024;

/** Mails in one mailbox, and their bytes. */
export const mailboxMailsMax = 1_000;
/** See {@linkcode mailboxMailsMax}. */
export const mailboxBytesMax = 16 * 1024 * 1024;

/** The part of these that one sender may use, so that nobody fills a mailbox alone. */
export const shareMailsMax = 500;
/** See {@linkcode shareMailsMax}. */
export const shareBytesMax = 8 * 1024 * 1024;

/**
 * The part of a mailbox that unknown senders may fill, once its owner has said who the contacts are. Contacts
 * have all that is said above, beside it.
 */
export const unknownMailsMax = 200;
/** See {@linkcode unknownMailsMax}. */
export const unknownMailsBytesMax = 2 * 1024 * 1024;

/** Mails of one host in all mailboxes of a server, and their bytes; the server's own host is exempt. */
export const hostMailsMax = 8_000;
/** See {@linkcode hostMailsMax}. */
export const hostMailsBytesMax = 128 * 1024 * 1024;

/** Mails of one sender in all mailboxes of a server, and their bytes. */
export const senderMailsMax = 4_000;
/** See {@linkcode senderMailsMax}. */
export const senderBytesMax = 64 * 1024 * 1024;

/** All mails that a server keeps, and their bytes. Beyond it whoever has the most makes room. */
export const mailsMax = 1_000_000;
/** See {@linkcode mailsMax}. */
export const mailsBytesMax = 1024 * 1024 * 1024;

/** Mails that a server writes to disk at once, and how long it takes for that before it flushes. */
export const depositBatchMax = 128;
/** See {@linkcode depositBatchMax}. */
export const depositBatchMs = 5;

/** Mails that wait to be written, and their bytes. Beyond it whoever has the most of them is refused. */
export const depositsWaitingMax = 4_096;
/** See {@linkcode depositsWaitingMax}. */
export const depositsWaitingBytesMax = 32 * 1024 * 1024;

/** Clients on a page of INFO that names no Limit. */
export const infoPageDefault = 50;

/** Clients on one page of INFO: with Count, Version and After it stays under `headersMax`. */
export const infoPageMax = 60;

/** Once so many clients are listed a client asks for no further page. */
export const listedMax = 1_000;

/** How long the initiator waits for CHATACK before it takes the other side for a legacy program. */
export const chatackTimeoutMs = 1_500;

/** How long it waits if it does not talk to legacy programs anyway: a slow link is no reason to give up. */
export const chatackPatienceMs = 5_000;

/** How long dialing one address may take. */
export const dialTimeoutMs = 10_000;

/** How long a client waits for the server's reply. */
export const replyTimeoutMs = 10_000;

/** How long a program waits for another one that locks the same database. */
export const databaseBusyTimeoutMs = 5_000;

/** How long a program waits for another one of the same user that has a name, or that it asks something. */
export const localWaitMs = 10_000;

/** Programs of the same user that a client answers at a time. */
export const localConnectionsMax = 8;

/** Bytes of what such a program asks, and of one line of an answer, in JSON. */
export const localQuestionBytesMax = 128 * 1024;
/** See {@linkcode localQuestionBytesMax}. */
export const localAnswerBytesMax = 1024 * 1024;

/** Bytes of an identity's file. */
export const identityFileBytesMax = 4 * 1024;

/** Bytes of memory that an identity file may ask for to try a passphrase: it may come from anybody. */
export const passphraseMemoryBytesMax = 256 * 1024 * 1024;

/** The longest passphrase that is read from a file or a descriptor, in bytes. */
export const passphraseBytesMax = 1_024;

/** How often the program asks for a passphrase before it gives up. */
export const passphraseAttemptsMax = 3;

/** The longest time from connecting to an open link, with the handshake. */
export const openingTimeoutMs = 10_000;

/** Bytes of a handshake message. No message of Noise_XX with the payloads of this protocol is as long. */
export const handshakeBytesMax = 1_024;

/** Bytes of a frame after its length: those of the longest Noise message. */
export const frameBytesMax = 65_535;

/** Frames are padded to a multiple of this many bytes, so that all short texts have one length. */
export const framePaddingBytes = 256;

/** Frames in one direction that one key encrypts. */
export const framesPerKeyMax = 2 ** 20;

/** How long one key encrypts. */
export const keyLifetimeMs = 60 * 60_000;

/** The silence on a link after which PING is sent. */
export const linkPingMs = 15_000;

/** How long a link waits for PONG, and a script for the last ACKs after the end of its input. */
export const linkPongTimeoutMs = 10_000;

/** Links that a client holds at a time, with those that have not said who they are. */
export const linksMax = 64;

/** Of these, places that callers never take: they are for the user's own calls. */
export const ownLinksReserved = 8;

/** Callers that are not open yet, in all and of one host; from so many on some are dropped at random. */
export const openingLinksMax = 24;
/** See {@linkcode openingLinksMax}. */
export const openingLinksPerHostMax = 4;
/** See {@linkcode openingLinksMax}. */
export const openingLinksEarly = 8;

/** Open links with callers who are no contacts, in all and of one host. */
export const unknownLinksMax = 20;
/** See {@linkcode unknownLinksMax}. */
export const unknownLinksPerHostMax = 4;

/** Contacts whose keys a client saves. */
export const knownPeersMax = 10_000;

/** Keys that a client remembers as found not to be those of a name's owner: the latest. */
export const rejectedKeysMax = 10_000;

/** Unknown senders whose keys a client saves beside these: the latest. */
export const unknownSenderKeysMax = 1_000;

/** Of these, names under which one key is saved: the latest. */
export const unknownSenderNamesMax = 8;

/** Messages that a client accepts from an unknown sender before the user answers, and the bytes of their texts. */
export const unknownSenderMessagesMax = 20;
/** See {@linkcode unknownSenderMessagesMax}. */
export const unknownSenderBytesMax = 64 * 1024;

/** Bytes that the messages of all unknown senders together take on a client's disk. */
export const unknownSendersBytesMax = 16 * 1024 * 1024;

/** What a message counts for in that, beside its text: a page of the store, and what it has in the indexes. */
export const unknownSenderMessageBytes = 4 * 1024;

/** How long a call over the relay waits for both clients to come. */
export const relayJoinMs = 10_000;

/** How long a client has to ask where it is seen after it has said that it will. */
export const reflectMs = 10_000;

/** How long a relay stays on which nobody says anything. */
export const relayIdleMs = 2 * 60_000;

/** How long a relay lasts; after that the clients ask for another one. */
export const relayLastsMs = 24 * 60 * 60_000;

/** Links with one peer: calls can cross, and links can die unnoticed. */
export const linksPerPeerMax = 8;

/** Bytes of what somebody says of their absence. */
export const awayBytesMax = 240;

/** Addresses that one PATHS or PATHSACK names. */
export const candidatesMax = 16;

/** Bytes of a certificate that somebody makes for QUIC. */
export const selfSignedBytesMax = 512;

/** Requests to one peer that wait for their replies. */
export const pendingRequestsMax = 8;

/** Messages on one link that are sent and not acknowledged. */
export const unacknowledgedMax = 1_024;

/** Bytes of a message's escaped text: what fits into one MSG with its other headers. */
export const textBytesMax = 15 * 1024;

/** Bytes of escaped text on one Text line. A longer text takes several lines. */
export const textLineBytesMax = 3_840;

/** Message streams of one peer whose position a client saves: one for each copy of the peer's profile. */
export const incomingStreamsMax = 32;

/** Message streams that one AUDITACK lists. */
export const auditStreamsMax = 40;

/** Numbers of a message stream that one AUDIT may ask about. */
export const auditRangeMax = 20_000;

/** Entries that one AUDITACK lists. */
export const auditEntriesMax = 50;

/** Messages that an audit names, for each kind of difference and each stream. */
export const auditFindingsMax = 100;

/** Requests that an audit makes about one stream, beside one for each `auditRangeMax` of it. */
export const auditQuestionsMax = 2_000;

/** Characters of a fingerprint. */
const fingerprintLength = 39;

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
    "the list of a legacy server may have as many clients": listedMax *
        ("  255.255.255.255:65535\r\n".length + 2 * clientIdLengthMax) <= legacyListBytesMax,
    "a list of streams and one of entries fit under the header limit":
      Math.max(auditStreamsMax, auditEntriesMax) + 8 < headersMax,
    "a client can ask for the lifetime that it wants":
      registrationTtlMinMs <= registrationTtlAskedMs &&
      registrationTtlAskedMs <= registrationTtlMaxMs,
    "the use of a name is written to disk before it lapses": nameUseWrittenMs * 10 <= nameLeaseMs,
    "a registered client refreshes before its connection counts as idle":
      registrationTtlAskedMs < connectionIdleMs,
    "a subscribed client has pinged and given up before the server does":
      serverPingMs + serverPongTimeoutMs < subscribedIdleMs,
    "a Data line fits into a line, and holds whole bytes":
      "Data: \r\n".length + mailLineLengthMax <= lineBytesMax && mailLineLengthMax % 4 === 0,
    "a mail fits into a message with its start line and the other headers": mailBytesMax * 4 / 3 +
        Math.ceil(mailBytesMax * 4 / 3 / mailLineLengthMax) * "Data: \r\n".length + 512 <=
      mailMessageBytesMax,
    "a message, with the one that introduces its sender, fits into a deposit":
      messageBytesMax + 1024 <= depositBytesMax && depositBytesMax <= mailBytesMax,
    "the lines of a mail fit under the header limit":
      Math.ceil(mailBytesMax * 4 / 3 / mailLineLengthMax) + 8 <= headersMax,
    "the presence of all watched ids fits under the header limit": watchedMax + 2 <= headersMax,
    "what is taken fits under the header limit": takenMax + 3 <= headersMax,
    "nobody fills a mailbox alone": shareMailsMax * 2 <= mailboxMailsMax &&
      shareBytesMax * 2 <= mailboxBytesMax,
    "no IPv6 site alone keeps out the others": siteHostsMax > 1 &&
      connectionsPerHostMax * siteHostsMax * 10 <= connectionsMax &&
      registrationsPerHostMax * siteHostsMax * 10 <= registrationsMax &&
      hostMailsBytesMax * siteHostsMax * 2 <= mailsBytesMax,
    "a message of any length is accepted from an unknown sender, and many senders fit on the disk":
      textBytesMax <= unknownSenderBytesMax &&
      100 * (unknownSenderBytesMax + unknownSenderMessagesMax * unknownSenderMessageBytes) <=
        unknownSendersBytesMax,
    "callers and unknown senders leave places for contacts, and no IPv6 site has all of theirs":
      openingLinksMax + unknownLinksMax + ownLinksReserved < linksMax &&
      openingLinksPerHostMax * siteHostsMax < openingLinksMax &&
      unknownLinksPerHostMax * siteHostsMax < unknownLinksMax,
    "a mail is not kept longer than the name that it is for": mailTtlMs <= nameLeaseMs,
  })
) {
  if (!holds) throw new Error(`The limits contradict each other: not true that ${relation}`);
}
