/**
 * A queue in which everybody gets a turn, and which anybody can leave, all in constant time.
 *
 * A Map in insertion order would be shorter, but finding its first entry after many deletions passes over the
 * holes that they left.
 *
 * @module
 */

/** What a member carries: its neighbours in the queue. */
export interface QueueLinks<T> {
  previous: T | undefined;
  next: T | undefined;
}

/** A queue of members, each of which is in one queue at most. */
export class RoundRobin<T extends QueueLinks<T>> {
  #first: T | undefined;
  #last: T | undefined;

  /** The member that has waited longest, except for one. */
  firstOtherThan(except: T | undefined): T | undefined {
    return this.#first === except ? this.#first?.next : this.#first;
  }

  /** Adds a member behind all others. */
  append(member: T): void {
    member.previous = this.#last;
    member.next = undefined;
    if (this.#last === undefined) this.#first = member;
    else this.#last.next = member;
    this.#last = member;
  }

  /** Removes a member. */
  remove(member: T): void {
    if (member.previous === undefined) this.#first = member.next;
    else member.previous.next = member.next;
    if (member.next === undefined) this.#last = member.previous;
    else member.next.previous = member.previous;
    member.previous = undefined;
    member.next = undefined;
  }

  /** Moves a member that has had its turn behind all others. */
  moveToEnd(member: T): void {
    if (member === this.#last) return;
    this.remove(member);
    this.append(member);
  }
}
