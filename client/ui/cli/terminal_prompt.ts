/**
 * Asking for a secret in the terminal, also if standard input or output is a file or a pipe.
 *
 * @module
 */

import { writeAll } from "../../../shared/net/write_all.ts";
import { SecretLine } from "./secret_line.ts";

/** The exit code of a program that Ctrl+C has ended: 128 and the number of SIGINT. */
const interruptedCode = 130;

/** A terminal that shows nothing of what is typed. Disposing of it gives it back as it was. */
interface Keyboard extends Disposable {
  /** The next byte that is typed; undefined at the end. */
  next(): Promise<number | undefined>;
  /** Shows a text in that very terminal. */
  show(text: string): Promise<void>;
}

/**
 * Shows a prompt and reads a secret; a star stands for each letter. Ctrl+C ends the program.
 *
 * @returns Null if neither standard input nor standard error is a terminal that can be read.
 */
export async function promptSecret(prompt: string): Promise<string | null> {
  // The echo goes off before the prompt comes, or the first letters of a fast typist would be seen.
  const opened = Deno.stdin.isTerminal() ? await openStandardInput() : await openStandardError();
  if (opened === undefined) return null;
  let secret;
  {
    using keyboard = opened;
    await keyboard.show(`${prompt} `);
    secret = await readSecret(keyboard);
    await keyboard.show("\r\n");
  }
  if (secret === undefined) Deno.exit(interruptedCode);
  return secret;
}

/** @returns Undefined if the user has interrupted it; empty if the terminal is gone. */
async function readSecret(keyboard: Keyboard): Promise<string | undefined> {
  const line = new SecretLine();
  for (;;) {
    const byte = await keyboard.next();
    if (byte === undefined) return "";
    const { echo, end } = line.take(byte);
    await keyboard.show(echo);
    if (end !== undefined) return end === "interrupted" ? undefined : end.secret;
  }
}

/** Standard input, byte by byte: what is typed behind the secret is for others. */
async function openStandardInput(): Promise<Keyboard | undefined> {
  const screen = await screenBesideStandardInput();
  if (screen === undefined) return undefined;
  Deno.stdin.setRaw(true);
  const byte = new Uint8Array(1);
  return {
    next: async () => await Deno.stdin.read(byte) === 1 ? byte[0] : undefined,
    show: screen.show,
    [Symbol.dispose]: () => {
      Deno.stdin.setRaw(false);
      screen.close();
    },
  };
}

/** Where a prompt is seen and gets into no file. */
async function screenBesideStandardInput(): Promise<
  { readonly show: (text: string) => Promise<void>; readonly close: () => void } | undefined
> {
  const output = [Deno.stderr, Deno.stdout].find((output) => output.isTerminal());
  if (output !== undefined) {
    return {
      show: (text) => writeAll(output, new TextEncoder().encode(text)),
      close: () => {},
    };
  }
  // A terminal can be written through standard input as well.
  const { WriteStream } = await import("node:tty");
  const stream = new WriteStream(0);
  // Said by `show`, too.
  stream.on("error", () => {});
  const show = (text: string) =>
    new Promise<void>((resolve, reject) => {
      stream.write(text, (error) => error ? reject(error) : resolve());
    });
  try {
    // Deno 2.6 cannot do it.
    await show("\r");
  } catch {
    return undefined;
  }
  return { show, close: () => void stream.destroy() };
}

/** What was typed behind an earlier secret. */
const typedAhead: number[] = [];

/** Standard error, which a terminal lets a program read as well. */
async function openStandardError(): Promise<Keyboard | undefined> {
  if (!Deno.stderr.isTerminal()) return undefined;
  const { ReadStream } = await import("node:tty");
  let stream: InstanceType<typeof ReadStream>;
  try {
    stream = new ReadStream(2);
  } catch {
    // Deno 2.6 reads none but standard input.
    return undefined;
  }
  stream.setRawMode(true);
  const chunks = stream[Symbol.asyncIterator]();
  return {
    next: async () => {
      if (typedAhead.length === 0) {
        const { done, value } = await chunks.next();
        if (!done) typedAhead.push(...value as Uint8Array);
      }
      return typedAhead.shift();
    },
    show: (text) => writeAll(Deno.stderr, new TextEncoder().encode(text)),
    [Symbol.dispose]: () => {
      stream.setRawMode(false);
      stream.destroy();
    },
  };
}
