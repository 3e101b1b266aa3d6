/**
 * The command line: parses, calls one function, sets the exit code. 0 is done, 1 failed, 2 wrong usage.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what the command line is asked for, it prints
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ChatClient } from "./client/client.ts";
import { playDemo } from "./client/demo.ts";
import { LinePrinter, runLines } from "./client/ui/lines.ts";
import { openTerminal } from "./client/ui/terminal.ts";
import config from "./deno.json" with { type: "json" };
import { startServer } from "./server/server.ts";
import {
  type Address,
  formatAddress,
  isHost,
  isLocal,
  parseAddress,
  parsePort,
} from "./shared/address.ts";
import { clientIdRule, isClientId } from "./shared/client_id.ts";
import { aborted } from "./shared/clock.ts";
import { completionScript, type Shell, shells } from "./shared/completions.ts";
import { createLog, type LogFormat, logFormats, type LogLevel, logLevels } from "./shared/log.ts";
import { systemReason } from "./shared/system_reason.ts";

const defaultPort = 5555;

const program = new Command("p2pchat")
  .description(
    "Chat from terminal to terminal: a server introduces people, who then talk directly.",
  )
  .version(config.version)
  .showHelpAfterError("(--help shows what can be said)")
  .exitOverride();

program.command("server")
  .description("introduce people to each other")
  .addOption(
    new Option("--host <host>", "address to listen on").default("127.0.0.1").argParser(host),
  )
  .addOption(
    new Option("--port <port>", "port to listen on; 0 takes a free one")
      .default(defaultPort).argParser(port),
  )
  .addOption(
    new Option("--log-level <level>", "how much to log").choices(logLevels).default("info"),
  )
  .addOption(
    new Option("--log-format <format>", "how to log it").choices(logFormats).default("text"),
  )
  .action(runServer);

program.command("client")
  .description("talk to people")
  .argument("<clientID>", `your name: ${clientIdRule}`, clientId)
  .argument("[listenPort]", "port to listen on; 0 takes a free one", port, 0)
  .argument("[server]", "where the server listens", serverAddress, {
    host: "127.0.0.1",
    port: defaultPort,
  })
  .addOption(
    new Option("--host <host>", "address to listen on; 0.0.0.0 lets other machines call you")
      .default("127.0.0.1").argParser(host),
  )
  .option("--register", "register at start")
  .addHelpText(
    "after",
    "\nExample: p2pchat client alice 5556 127.0.0.1:5555, then /register, /chat bob, /help.",
  )
  .action(runClient);

program.command("demo")
  .description("play a conversation of two clients over a server, to see that all works")
  .action(runDemo);

program.command("completions")
  .description("print a completion script")
  .addArgument(new Argument("<shell>", "the shell that is to complete").choices(shells))
  .action(printCompletions);

async function runServer(
  options: { host: string; port: number; logLevel: LogLevel; logFormat: LogFormat },
): Promise<void> {
  const { host, port, logLevel: level, logFormat: format } = options;
  const log = createLog({ level, format, write: (line) => console.error(line) });
  using stop = stopSignal();
  await using server = listen({ host, port }, () => startServer({ host, port, log }));
  const address = formatAddress(server.address);
  console.log(
    format === "json"
      ? JSON.stringify({
        time: new Date().toISOString(),
        level: "info",
        event: "listening",
        address,
      })
      : `p2pchat server listening on ${address}`,
  );
  await aborted(stop.signal);
  log.info("stopping", { connections: server.connections, registrations: server.registrations });
}

async function runClient(
  id: string,
  port: number,
  server: Address,
  options: { host: string; register?: true },
): Promise<void> {
  const { host } = options;
  using stop = stopSignal();
  const interactive = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  const terminal = interactive ? await openTerminal() : undefined;
  const printer = new LinePrinter(stop.request);
  const { print: onEvent, room } = terminal ?? printer;
  const client = listen(
    { host, port },
    () => new ChatClient({ id, host, port, server, onEvent, room }),
  );
  try {
    if (isLocal(host) && !isLocal(server.host)) onEvent({ type: "hint", hint: localHint });
    if (options.register) await client.register();
    if (terminal !== undefined) await terminal.run(client, stop.signal);
    else await runLines(client, onEvent, stop.signal);
  } finally {
    terminal?.close();
    await client.stop();
    await printer.flush();
  }
}

const localHint = "only this machine can call you; start with --host 0.0.0.0 to let others";

async function runDemo(): Promise<void> {
  await using server = startServer({ host: "127.0.0.1", port: 0 });
  console.log(`server listening on ${formatAddress(server.address)}`);
  await playDemo(server.address, (line) => console.log(line));
  console.log("The demonstration went well: p2pchat works on this machine.");
}

function printCompletions(shell: Shell): void {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: command.options.map(({ long, description, argChoices }) => ({
      flag: long!,
      description,
      values: argChoices,
    })),
    ...(command.registeredArguments[0]?.argChoices && {
      argumentValues: command.registeredArguments[0].argChoices,
    }),
  }));
  console.log(completionScript(shell, program.name(), commands));
}

function port(text: string): number {
  const port = parsePort(text);
  if (port === undefined) throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  return port;
}

function host(text: string): string {
  if (isHost(text)) return text;
  throw new InvalidArgumentError("A host is an IP address, such as 127.0.0.1 or ::1, or a name.");
}

function clientId(text: string): string {
  if (isClientId(text)) return text;
  throw new InvalidArgumentError(`It is to be ${clientIdRule}.`);
}

function serverAddress(text: string): Address {
  const address = parseAddress(text, defaultPort);
  if (address !== undefined) return address;
  throw new InvalidArgumentError(
    "A server is named as 127.0.0.1:5555, [::1]:5555 or chat.example.org:5555.",
  );
}

/** Says in words why something cannot listen. */
function listen<T>({ host, port }: Address, start: () => T): T {
  try {
    return start();
  } catch (cause) {
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "the port is taken; choose another, or 0 for a free one"
      : cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable
      ? "that is not allowed; ports below 1024 need more rights"
      : cause instanceof Deno.errors.AddrNotAvailable
      ? "that is no address of this machine; 0.0.0.0 stands for all it has"
      : systemReason(cause);
    throw new Error(`Cannot listen on ${formatAddress({ host, port })}: ${reason}`, { cause });
  }
}

interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
  readonly request: () => void;
}

/** Ctrl+C, and what a service manager or a closed terminal sends. A second one does not wait. */
function stopSignal(): StopSignal {
  const controller = new AbortController();
  const request = () => controller.abort();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(1);
    request();
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  return {
    signal: controller.signal,
    request,
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
    },
  };
}

function fail(error: unknown): void {
  console.error(`p2pchat: ${error instanceof Error ? error.message : error}`);
}

/** Runs the command line. @returns The exit code. */
async function main(args: string[]): Promise<number> {
  // What nobody caught is a defect: said, and no reason to end what else goes on.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  try {
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has said what is wrong, or shown what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    fail(error);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
