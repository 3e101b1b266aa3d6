/**
 * Whose turn it is to be given out: a queue from which anyone can leave, all in constant time.
 *
 * A Map in insertion order would be shorter, but finding its first entry after many deletions passes
 * over the holes that they left.
 *
 * @module
 */

/** What a member of a rotation carries: its neighbours. */
export interface Turn<T> {
  previous: T | undefined;
  next: T | undefined;
}

/** A queue of members, each in one rotation at most. */
export class RoundRobin<T extends Turn<T>> {
  #first: T | undefined;
  #last: T | undefined;

  /** Who has waited longest, passing over one. */
  firstOtherThan(passedOver: T | undefined): T | undefined {
    return this.#first === passedOver ? this.#first?.next : this.#first;
  }

  /** Adds a member behind all others. */
  append(member: T): void {
    member.previous = this.#last;
    member.next = undefined;
    if (this.#last === undefined) this.#first = member;
    else this.#last.next = member;
    this.#last = member;
  }

  /** Takes a member out. */
  remove(member: T): void {
    if (member.previous === undefined) this.#first = member.next;
    else member.previous.next = member.next;
    if (member.next === undefined) this.#last = member.previous;
    else member.next.previous = member.previous;
    member.previous = undefined;
    member.next = undefined;
  }

  /** Sends a member, which has had its turn, behind all others. */
  moveToEnd(member: T): void {
    if (member === this.#last) return;
    this.remove(member);
    this.append(member);
  }
}
