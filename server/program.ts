/**
 * A server as a program: it opens what it needs, reads its certificate again on SIGHUP, and serves until a
 * signal ends it.
 *
 * @module
 */

import { type Address, formatAddress, isLocal, isUnspecified } from "../shared/net/address.ts";
import { listening } from "../shared/net/listen_error.ts";
import type { Log } from "../shared/process/log.ts";
// What says how it has ended is loaded before files are given up: from source, modules are files.
import "../shared/process/fitted.ts";
import { dropFilePermissions } from "../shared/process/permissions.ts";
import { onHangup, stopSignal } from "../shared/process/signals.ts";
import { aborted, systemClock } from "../shared/time/clock.ts";
import {
  type Certificate,
  type CertificateFiles,
  ownCertificate,
  readCertificate,
} from "./certificate/certificate.ts";
import { CertificateKeeper } from "./certificate_keeper.ts";
import { sayKeptData, takeDataDirectory } from "./data_directory.ts";
import { ownAddresses } from "./own_addresses.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";
import { serveMetrics } from "./status/status.ts";

/** What a server's program is started with. */
export interface ServerProgramOptions extends Omit<ServerOptions, "tls"> {
  readonly log: Log;
  /** The files of its certificate, or that it makes its own; undefined if it does not speak TLS. */
  readonly certificate: CertificateFiles | "own" | undefined;
  /** Where the page with its figures is; none if not given. */
  readonly metrics?: Address | undefined;
  /**
   * Told once that it listens.
   *
   * @param pinned The addresses with which clients recognise it without an authority, if it speaks TLS; one unless
   * it has made its certificate itself.
   */
  readonly onListening: (address: Address, pinned: readonly string[]) => void;
}

/**
 * Runs a server until Ctrl+C or another signal ends it. SIGHUP never does: with TLS it makes the server read
 * its certificate again, without TLS it is only logged.
 *
 * @throws {Error} A sentence for people if it cannot start, with its cause.
 */
export async function runServer(options: ServerProgramOptions): Promise<void> {
  const { log, realms, clock = systemClock, onListening } = options;
  // First, so that a SIGHUP ends nothing from here on.
  let onSignal: () => void | Promise<void> = () => {};
  using _hangups = onHangup(() => onSignal());
  // Files that cannot be used are said before anything is made.
  const read = typeof options.certificate === "object"
    ? await readCertificate(options.certificate)
    : undefined;
  using stop = stopSignal();
  using directory = options.data === undefined ? undefined : takeDataDirectory(options.data);
  const own = options.certificate === "own" ? await ownCertificate(options.data) : undefined;
  const tls = own?.certificate ?? read;
  const files = own?.files ??
    (typeof options.certificate === "object" ? options.certificate : undefined);
  await using server = listening(options, () => startServer({ ...options, tls }));
  const { metrics } = options;
  await using page = metrics && listening(metrics, () => serveMetrics(metrics, () => server));
  await server.check();
  // The certificate's files are read again later.
  await dropFilePermissions(files === undefined ? ["read", "write"] : ["write"]);
  const pinned = own === undefined
    ? tls && [pinnedAddress(server, realms, tls)]
    : ownAddresses(server.address, realms, own.certificate);
  onListening(server.address, pinned ?? []);
  if (directory !== undefined) sayKeptData(log, directory, server.kept);
  if (page !== undefined) log.info("figures are served", { at: metricsUrl(page.address) });
  const use = async (certificate: Certificate) => {
    await server.useCertificate(certificate);
    log.info("certificate changed", { pinned: pinnedAddress(server, realms, certificate) });
  };
  await using keeper = tls && files &&
    new CertificateKeeper({ files, certificate: tls, use, clock, log });
  onSignal = () =>
    keeper?.reload() ?? log.info("SIGHUP changes nothing: there is no certificate to read again");
  if (tls === undefined && !isLocal(server.address.host)) log.info(notEncrypted);
  await aborted(stop.signal);
  // Names that are missing since the start stay missed until there are some again.
  if (server.names > 0 || server.kept.names > 0) directory?.remember(server.names);
  log.info("stopping", { connections: server.connections, registrations: server.registrations });
}

function metricsUrl(address: Address): string {
  return `http://${formatAddress(address)}/metrics`;
}

const notEncrypted =
  "connections to clients are not encrypted; --tls-cert and --tls-key, or --tls alone, encrypt them";

/** The address with which clients recognise the server without an authority. */
function pinnedAddress(
  { address }: Server,
  [realm]: readonly string[] = [],
  { sha256 }: Certificate,
): string {
  const place = realm ??
    formatAddress({ ...address, ...isUnspecified(address.host) && { host: "HOST" } });
  return `tls://${place}?sha256=${sha256}`;
}
