/**
 * Sending one message, and waiting until it has come as far as its sender wants.
 *
 * @module
 */

import { type Clock, systemClock, wait } from "../../../shared/time/clock.ts";
import type { ChatClient } from "../../client.ts";
import type { Reach } from "../../local_control/local_control.ts";
import type { Store } from "../../store/store.ts";
import { UserError } from "../../user_error.ts";

/** How often it is looked how far a message has come, in milliseconds. */
const lookMs = 50;

/** The states in which a message has come as far as wanted, or further. */
const reached: Record<Reach, readonly string[]> = {
  kept: ["waiting", "deposited", "delivered", "read", "sent"],
  mailbox: ["deposited", "delivered", "read"],
  delivered: ["delivered", "read"],
};

/** What is to be sent, and how far. */
export interface SendOptions {
  readonly client: Pick<ChatClient, "id" | "conversation" | "answer" | "chat" | "send">;
  readonly store: { readonly history: Pick<Store["history"], "stateOf"> };
  /** Whom it is for. */
  readonly name: string;
  readonly text: string;
  readonly until: Reach;
  /** How long it may take to come as far, in milliseconds. */
  readonly withinMs: number;
  /** When that began, in the clock's milliseconds; now if not given. */
  readonly beganAtMs?: number;
  readonly signal: AbortSignal;
  /** What the server has answered, if it takes nothing from us as we are not registered. */
  readonly refused?: { readonly status: string; readonly said: string } | undefined;
  readonly clock?: Clock;
}

/**
 * Sends a message: in the conversation that there is, else after a call.
 *
 * @returns Its id, when it has come as far as wanted.
 * @throws {UserError} If it cannot be kept, nobody of that name is known, or it has not come as far in time; then it
 * is kept and goes on waiting.
 * @throws {RangeError} If it is longer than a message takes.
 * @throws {Interrupted} If the signal comes.
 */
export async function sendUntil(options: SendOptions): Promise<string> {
  const { client, store, name, text, until, withinMs, signal, clock = systemClock } = options;
  const giveUpAtMs = (options.beganAtMs ?? clock.now()) + withinMs;
  const to = client.conversation(name) !== undefined || isKnown(name, client)
    ? name
    : (await client.chat(name)).conversation.conversation;
  const sent = await client.send(to, text);
  for (;;) {
    const state = store.history.stateOf(client.id, sent.name, sent.id);
    // A peer that does not number its messages has it, or has lost it: nothing more can be known.
    if (state === undefined || state === "sent" || reached[until].includes(state)) return sent.id;
    if (until === "kept") return sent.id;
    if (clock.now() >= giveUpAtMs) {
      const seconds = Math.round(withinMs / 1_000);
      const { status, said } = options.refused ?? {};
      const refused = status !== undefined && said !== undefined &&
        { refused: { self: client.id, status, said } };
      throw new UserError({ code: "not-as-far-in-time", name, until, seconds, ...refused });
    }
    if (!await wait(lookMs, signal)) throw new Interrupted();
  }
}

/** The user has enough of waiting. The message is kept. */
export class Interrupted extends Error {
  override readonly message = "The client ends; the message is kept, and waits";
}

/** Whether there is a conversation that is only to be opened again. */
function isKnown(name: string, client: Pick<ChatClient, "answer">): boolean {
  try {
    client.answer(name);
    return true;
  } catch (error) {
    if (error instanceof UserError && error.code === "no-conversation") return false;
    throw error;
  }
}
