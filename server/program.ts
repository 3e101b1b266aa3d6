/**
 * A server as a program: it opens what it needs, says where it listens, reads its certificate again when
 * it is told to, and serves until it is to end.
 *
 * @module
 */

import { type Address, formatAddress, isLocal, isUnspecified } from "../shared/net/address.ts";
import { aborted } from "../shared/time/clock.ts";
import { errorMessage } from "../shared/errors/error_message.ts";
import { dropFilePermissions } from "../shared/process/permissions.ts";
import { listening } from "../shared/net/listen_error.ts";
import type { Log } from "../shared/process/log.ts";
import { onHangup, stopSignal } from "../shared/process/signals.ts";
import {
  type Certificate,
  type CertificateFiles,
  readCertificate,
} from "./certificate/certificate.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";

/** What a server's program is started with. */
export interface ServerProgramOptions extends Omit<ServerOptions, "tls"> {
  readonly log: Log;
  /** Where its certificate is, where it is to speak TLS. */
  readonly certificateFiles: CertificateFiles | undefined;
  /**
   * Told once that it listens.
   *
   * @param pinned The address by which clients need no authority to be sure of it, where it speaks TLS.
   */
  readonly onListening: (address: Address, pinned: string | undefined) => void;
}

/**
 * Runs a server until Ctrl+C or what else ends a program. SIGHUP ends it as well, but where it speaks
 * TLS: there it has the certificate read again.
 *
 * @throws {Error} A sentence for people where it cannot start, with its cause.
 */
export async function runServer(options: ServerProgramOptions): Promise<void> {
  const { log, certificateFiles: files, realm, onListening } = options;
  const tls = files && await readCertificate(files);
  using stop = stopSignal(files === undefined ? ["SIGHUP"] : []);
  await using server = listening(options, () => startServer({ ...options, tls }));
  using _hangups = files && onHangup(() => changeCertificate(server, files, realm, log));
  // A certificate is read again when it has changed.
  await dropFilePermissions(files === undefined ? ["read", "write"] : ["write"]);
  onListening(server.address, tls && pinnedAddress(server, realm, tls));
  if (tls !== undefined) warnOfDates(log, tls);
  else if (!isLocal(server.address.host)) log.info(plainHint);
  await aborted(stop.signal);
  log.info("stopping", { connections: server.connections, registrations: server.registrations });
}

const plainHint = "the line to clients is not encrypted; --tls-cert and --tls-key encrypt it";

/** Reads the certificate again; where it cannot be used the server goes on with the one before. */
async function changeCertificate(
  server: Server,
  files: CertificateFiles,
  realm: string | undefined,
  log: Log,
): Promise<void> {
  try {
    const certificate = await readCertificate(files);
    await server.useCertificate(certificate);
    log.info("certificate changed", { pinned: pinnedAddress(server, realm, certificate) });
    warnOfDates(log, certificate);
  } catch (error) {
    const reason = errorMessage(error);
    log.error("the certificate stays as it was", { error: reason });
  }
}

/** The address by which clients need no authority to be sure of the server. */
function pinnedAddress(
  { address }: Server,
  realm: string | undefined,
  { sha256 }: Certificate,
): string {
  const place = realm ??
    formatAddress({ ...address, ...isUnspecified(address.host) && { host: "HOST" } });
  return `tls://${place}?sha256=${sha256}`;
}

function warnOfDates(log: Log, { validFrom, validTo }: Certificate): void {
  const now = new Date();
  if (validFrom <= now && now <= validTo) return;
  const [from, to] = [validFrom.toISOString(), validTo.toISOString()];
  log.warn("the certificate is not valid today: clients refuse it unless they pin it", {
    from,
    to,
  });
}
