/**
 * The rules for what people have written to each other. They hold whatever has happened.
 *
 * @module
 */

import type { Person } from "./person.ts";

/** Each rule that is broken: these hold at every moment. */
export function violations(people: readonly Person[]): string[] {
  return people.flatMap((sender) => [
    ...sender.faults.map((fault) => `${sender.name}: ${fault}`),
    ...othersOf(sender, people).flatMap((receiver) =>
      between(sender, receiver).map((what) => `${sender.name} to ${receiver.name}: ${what}`)
    ),
  ]);
}

/** Whether everything is on its receiver's screen, and its sender knows that it is delivered. */
export function isAllDelivered(people: readonly Person[]): boolean {
  return people.every((sender) =>
    othersOf(sender, people).every((receiver) => {
      const sent = sender.sentTo(receiver);
      return sent.every(({ state }) => isDelivered(state)) &&
        receiver.shownFrom(sender).length === sent.length;
    })
  );
}

function between(sender: Person, receiver: Person): string[] {
  const sent = sender.sentTo(receiver);
  const texts = sent.map(({ text }) => text);
  const accepted = sender.sendings.filter(({ to, text, outcome }) =>
    to === receiver.name &&
    // Nobody was told what became of a text that was being written when the program ended.
    (outcome === "accepted" || (outcome === "lost" && texts.includes(text)))
  ).map(({ text }) => text);
  const shown = receiver.shownFrom(sender);
  const received = receiver.receivedFrom(sender).map(({ text }) => text);
  // Messages are delivered in order, so those that are delivered come first.
  const states = sent.map(({ state }) => isDelivered(state));
  const delivered = states.filter(Boolean).length;
  return [
    ...difference("the sender's store has other texts than were accepted", texts, accepted),
    ...difference("other texts are shown than were sent", shown, texts.slice(0, shown.length)),
    ...difference(
      "the receiver's store has other texts than were sent",
      received,
      texts.slice(0, received.length),
    ),
    ...states.lastIndexOf(true) >= delivered
      ? ["what is delivered is not what was sent first"]
      : [],
    ...delivered > received.length
      ? [`${delivered} count as delivered, and ${received.length} are there`]
      : [],
  ];
}

function othersOf(person: Person, people: readonly Person[]): Person[] {
  return people.filter((other) => other !== person);
}

function isDelivered(state: string): boolean {
  return state === "delivered" || state === "read";
}

function difference(what: string, texts: readonly string[], expected: readonly string[]): string[] {
  const length = Math.max(texts.length, expected.length);
  for (let i = 0; i < length; i++) {
    if (texts[i] !== expected[i]) {
      return [`${what}: ${texts[i] ?? "nothing"} instead of ${expected[i] ?? "nothing"}`];
    }
  }
  return [];
}
