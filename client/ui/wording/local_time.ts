/**
 * Times of day for people: stored in UTC, shown in local time.
 *
 * @module
 */

/**
 * A short time: `13:45`, with the date before it if that is not today's.
 *
 * @param ms Milliseconds since 1970, UTC.
 */
export function shortTime(ms: number, now: Date): string {
  const time = new Date(ms);
  const clock = hoursAndMinutes(time);
  return localDate(time) === localDate(now) ? clock : `${localDate(time)} ${clock}`;
}

/** A time of day alone: `13:45`. @param ms Milliseconds since 1970, UTC. */
export function clockTime(ms: number): string {
  return hoursAndMinutes(new Date(ms));
}

/** A day as people name it: `Wed 25 Nov 2026`. @param ms Milliseconds since 1970, UTC. */
export function localDay(ms: number): string {
  const time = new Date(ms);
  return `${days[time.getDay()]} ${time.getDate()} ${
    months[time.getMonth()]
  } ${time.getFullYear()}`;
}

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * A full time, to the second: `2026-01-02 13:45:09`.
 *
 * @param ms Milliseconds since 1970, UTC.
 */
export function fullTime(ms: number): string {
  const time = new Date(ms);
  return `${localDate(time)} ${hoursAndMinutes(time)}:${padded(time.getSeconds())}`;
}

/** A date as in ISO 8601. */
function localDate(time: Date): string {
  return [padded(time.getFullYear(), 4), padded(time.getMonth() + 1), padded(time.getDate())]
    .join("-");
}

function hoursAndMinutes(time: Date): string {
  return `${padded(time.getHours())}:${padded(time.getMinutes())}`;
}

function padded(number: number, digits = 2): string {
  return String(number).padStart(digits, "0");
}
