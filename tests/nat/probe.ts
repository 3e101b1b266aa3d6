// A program on a machine of the laboratory. It sends, listens and connects as its input tells it, and prints what
// came of it, behind the number that the line began with:
//
//     N udp listen PORT            N tcp listen PORT
//     N udp send HOST PORT TEXT    N tcp connect HOST PORT

import { TextLineStream } from "@std/streams/text-line-stream";

/** So long an answer may take in a network without delay. */
const timeoutMs = 1_000;

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function at({ hostname, port }: Deno.NetAddr): string {
  return `${hostname.replace(/^::ffff:/, "")}:${port}`;
}

let socket: Deno.DatagramConn | undefined;

async function receive(from: Deno.DatagramConn): Promise<void> {
  for await (const [data, address] of from) {
    say(`udp from ${at(address as Deno.NetAddr)} ${new TextDecoder().decode(data)}`);
  }
}

async function accept(listener: Deno.TcpListener): Promise<void> {
  for await (const conn of listener) {
    const from = at(conn.remoteAddr);
    say(`tcp from ${from}`);
    await conn.write(new TextEncoder().encode(from));
  }
}

async function connect(hostname: string, port: number): Promise<string> {
  try {
    const conn = await Deno.connect({ hostname, port });
    const buffer = new Uint8Array(100);
    const read = await conn.read(buffer);
    return `connected as ${new TextDecoder().decode(buffer.subarray(0, read ?? 0))}`;
  } catch (error) {
    return (error as Error).name;
  }
}

/** What each line does. @returns What came of it. */
const commands: Record<string, (...words: string[]) => string | Promise<string>> = {
  "udp listen": (port) => {
    socket = Deno.listenDatagram({ transport: "udp", hostname: "::", port: Number(port) });
    void receive(socket);
    return "listens";
  },
  "udp send": async (hostname, port, text) => {
    const to = hostname!.includes(":") ? hostname! : `::ffff:${hostname}`;
    const address = { transport: "udp", hostname: to, port: Number(port) } as const;
    // What is refused on the way is lost, as anything else is.
    await socket!.send(new TextEncoder().encode(text), address).catch(() => {});
    return "sent";
  },
  "tcp listen": (port) => {
    void accept(Deno.listen({ hostname: "::", port: Number(port) }));
    return "listens";
  },
  "tcp connect": async (hostname, port) => {
    const late = new Promise<string>((resolve) =>
      setTimeout(() => resolve("no answer"), timeoutMs)
    );
    return await Promise.race([connect(hostname!, Number(port)), late]);
  },
};

const lines = Deno.stdin.readable
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());
for await (const line of lines) {
  const [number, transport, verb, ...words] = line.split(" ");
  say(`${number} ${await commands[`${transport} ${verb}`]!(...words)}`);
}
Deno.exit();
