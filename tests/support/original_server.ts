/**
 * A server of the original's kind, as its source has it: one message a connection, matched by its first line,
 * with one read; then the connection is closed.
 *
 * @module
 */

/** How it is told apart from its relatives. */
export interface OriginalServerOptions {
  /** Whether it ends at any header that the original's client does not send. */
  readonly strict?: boolean;
}

/** A server on a free port of this machine. */
export class OriginalServer implements AsyncDisposable {
  /** What it was sent, a text for each connection. */
  readonly heard: string[] = [];
  readonly #clients = new Map<string, string>();
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #strict: boolean;
  readonly #ended: Promise<void>;

  constructor({ strict = false }: OriginalServerOptions = {}) {
    this.#strict = strict;
    this.#ended = this.#serve();
  }

  /** Where it listens, as a client is told. */
  get place(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#ended;
  }

  #close(): void {
    try {
      this.#listener.close();
    } catch {
      // It has ended by itself.
    }
  }

  async #serve(): Promise<void> {
    for await (const conn of this.#listener) {
      using _conn = conn;
      const buffer = new Uint8Array(1024);
      const count = await conn.read(buffer).catch(() => null) ?? 0;
      const said = new TextDecoder().decode(buffer.subarray(0, count));
      this.heard.push(said);
      if (this.#strict && /^(?!clientID|IP|Port)[A-Za-z]+:/m.test(said)) return;
      const answer = this.#answer(said);
      if (answer !== undefined) await conn.write(new TextEncoder().encode(answer)).catch(() => 0);
    }
  }

  #answer(said: string): string | undefined {
    const [verb] = said.split("\r\n", 1);
    const value = (name: string) => new RegExp(`^${name}: (.*)\r$`, "m").exec(said)?.[1] ?? "";
    const id = value("clientID");
    if (verb === "REGISTER") {
      const [ip, port] = [value("IP"), value("Port")];
      this.#clients.set(id, `${ip}:${port}`);
      return `REGACK\r\nclientID: ${id}\r\nIP: ${ip}\r\nPort: ${port}\r\n\r\n`;
    }
    if (verb === "INFO") {
      return "INFOACK\r\n" + [...this.#clients].map((client) =>
        client.join(" ") + "\r\n"
      ).join("") +
        "\r\n";
    }
    if (verb !== "BRIDGE") return undefined;
    const [first = "", place = ""] = [...this.#clients].find(([other]) => other !== id) ?? [];
    const [ip = "", port = ""] = place.split(":");
    return `BRIDGEACK\r\nclientID: ${first}\r\nIP: ${ip}\r\nPort: ${port}\r\n\r\n`;
  }
}
