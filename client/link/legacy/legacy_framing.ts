/**
 * How legacy programs frame what they say, and so what they can read: each reads only its own framing. Text
 * in, what goes over the wire out.
 *
 * @module
 */

import type { Address } from "../../../shared/net/address.ts";

/**
 * - `none`: raw text, without a line end. One read is one message.
 * - `lines`: a line for each text.
 * - `bare`, `message`, `type`, `text`, `content`: a CHAT for each text, ended by an empty line. The text is a
 *   bare line in it, or the value of this header.
 */
export type Framing = "none" | "lines" | "bare" | "message" | "type" | "text" | "content";

/** Who says something. */
export interface Speaker {
  readonly id: string;
  readonly address: Address;
}

/** A text as a program that frames like this reads it. */
export function framed(text: string, framing: Framing, self: Speaker): string {
  if (framing === "none") return text;
  const line = text.replaceAll(/\r\n|\r|\n/g, " ");
  return framing === "lines" ? line + "\r\n" : block("CHAT", ...contentOf(line, framing, self));
}

/** What such a program takes for the end; empty if it would show it as a text, or needs none. */
export function farewell(framing: Framing, { id }: Speaker): string {
  switch (framing) {
    case "none":
    case "content":
      return "";
    case "lines":
    case "bare":
      return block("QUIT");
    case "message":
      return block("QUIT", "Goodbye!");
    case "type":
      return block("CHAT", field("Type", "quit"));
    case "text":
      return block("QUIT", field("id", id));
  }
}

function contentOf(
  text: string,
  framing: Exclude<Framing, "none" | "lines">,
  { id, address }: Speaker,
): string[] {
  switch (framing) {
    case "bare":
      return [field("clientID", id), text];
    case "message":
      return [`MESSAGE:${text}`];
    case "type":
      return [field("Type", "message"), field("Message", text)];
    case "text":
      return [
        field("id", id),
        field("IP", address.host),
        field("port", address.port),
        field("text", text),
      ];
    case "content":
      return [field("content", text)];
  }
}

function field(name: string, value: string | number): string {
  return `${name}: ${value}`;
}

function block(...lines: string[]): string {
  return lines.join("\r\n") + "\r\n\r\n";
}
