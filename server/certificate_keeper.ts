/**
 * The certificate that a server uses, as time goes by: the log says when it nears its end, and one that is
 * newer on the disk is taken.
 *
 * @module
 */

import { errorMessage } from "../shared/errors/error_message.ts";
import type { Log } from "../shared/process/log.ts";
import { every, type TimerClock } from "../shared/time/clock.ts";
import {
  type Certificate,
  type CertificateFiles,
  readCertificate,
} from "./certificate/certificate.ts";

/** What a keeper works with. */
export interface CertificateKeeperOptions {
  readonly files: CertificateFiles;
  /** The certificate that is in use. */
  readonly certificate: Certificate;
  /**
   * Makes the server use another one.
   *
   * @throws {Error} If it cannot.
   */
  readonly use: (certificate: Certificate) => Promise<void>;
  readonly clock: TimerClock;
  readonly log: Log;
}

/** How often the files are looked at, in milliseconds. */
const lookEveryMs = 10_000;
const dayMs = 24 * 60 * 60_000;
/** How long before its end a certificate is said to near it, in milliseconds. */
const soonMs = 14 * dayMs;

type Age = "early" | "valid" | "ending" | "over";

/** Looks after the certificate of a server until it is disposed of. */
export class CertificateKeeper implements AsyncDisposable {
  readonly #options: CertificateKeeperOptions;
  readonly #stop: () => void;
  #certificate: Certificate;
  /** Done when nothing is being read or changed. */
  #turn: Promise<void> = Promise.resolve();
  #isLooking = false;
  #said: { readonly age: Age; readonly atMs: number } | undefined;
  /** What was wrong with the files at the last look, and whether that has been said. */
  #failure: { readonly error: string; readonly isSaid: boolean } | undefined;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#certificate = options.certificate;
    this.#sayAll();
    this.#stop = every(lookEveryMs, () => {
      this.#sayAge();
      if (this.#isLooking) return;
      this.#isLooking = true;
      this.#inTurn(() => this.#look());
    }, options.clock);
  }

  /** Takes what the files hold, whatever it is. If it cannot be used the server keeps what it has. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        await this.#use(await readCertificate(this.#options.files));
      } catch (error) {
        this.#sayFailure(errorMessage(error));
      }
    });
  }

  /** Done when no file is being read any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.#turn;
  }

  /** Takes what the files hold if it is newer. */
  async #look(): Promise<void> {
    const before = this.#failure;
    this.#failure = undefined;
    try {
      const found = await readCertificate(this.#options.files, this.#certificate);
      if (found.validFrom > this.#certificate.validFrom) await this.#use(found);
    } catch (error) {
      // While they are replaced the two files do not fit. What lasts is said, and once.
      const failure = errorMessage(error);
      const lasts = before?.error === failure;
      if (lasts && !before.isSaid) this.#sayFailure(failure);
      this.#failure = { error: failure, isSaid: lasts };
    } finally {
      this.#isLooking = false;
    }
  }

  async #use(certificate: Certificate): Promise<void> {
    await this.#options.use(certificate);
    this.#certificate = certificate;
    this.#said = undefined;
    this.#sayAll();
  }

  #sayFailure(error: string): void {
    this.#options.log.error("cannot use the new certificate; the old one stays in use", { error });
  }

  #sayAll(): void {
    const { log } = this.#options;
    const { chainFault: fault, isKeyOpen } = this.#certificate;
    if (isKeyOpen) log.warn(openKey, { file: this.#options.files.keyFile });
    if (fault?.is === "order") log.warn(wrongOrder);
    else if (fault !== undefined) log.warn(missingAuthority, { authority: fault.authority });
    this.#sayAge();
  }

  /** Says how old the certificate is if that has changed, and every day while it is not well. */
  #sayAge(): void {
    const { clock, log } = this.#options;
    const { validFrom, validTo } = this.#certificate;
    const [nowMs, timeMs] = [clock.now(), clock.timeOfDay()];
    const age = ageAt(timeMs, this.#certificate);
    if (this.#said?.age === age && (age === "valid" || nowMs - this.#said.atMs < dayMs)) return;
    this.#said = { age, atMs: nowMs };
    const dates = { from: validFrom.toISOString(), to: validTo.toISOString() };
    if (age === "over") log.error(notValid, dates);
    else if (age === "early") log.warn(notValid, dates);
    else if (age === "ending") {
      const days = Math.floor((validTo.getTime() - timeMs) / dayMs);
      log.warn("the certificate ends soon: put a new one in its place", { days, to: dates.to });
    }
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    return this.#turn = this.#turn.then(task);
  }
}

const notValid = "the certificate is not valid today: clients refuse it unless they pin it";
const openKey = "every user of this machine can get at the private key: chmod o-rw its file";
const wrongOrder =
  "the certificates are in the wrong order, which some clients refuse: behind each " +
  "one has to come that of the authority that has signed it";
const missingAuthority = "the file lacks the certificate of the authority that has signed the " +
  "server's: clients refuse it unless they know that authority";

function ageAt(timeMs: number, { validFrom, validTo }: Certificate): Age {
  if (timeMs < validFrom.getTime()) return "early";
  if (timeMs > validTo.getTime()) return "over";
  return validTo.getTime() - timeMs <= soonMs ? "ending" : "valid";
}
