/**
 * The directories for the data of a program, by the XDG Base Directory Specification and on Windows by the
 * variables of the system.
 *
 * @module
 */

/** Gives the value of an environment variable; undefined if it is not set. */
export type Environment = (name: string) => string | undefined;

/**
 * The directory for what a user has chosen or owns, such as a key: `~/.config/p2pchat`. It may not exist.
 *
 * @throws {Error} If no environment variable names a directory.
 */
export function configDirectory(env: Environment = environment, os = Deno.build.os): string {
  return directory(env, os, { xdg: "XDG_CONFIG_HOME", home: ".config", windows: "APPDATA" });
}

/**
 * The directory for what a program saves from one run to the next: `~/.local/state/p2pchat`. It may not
 * exist.
 *
 * @throws {Error} If no environment variable names a directory.
 */
export function stateDirectory(env: Environment = environment, os = Deno.build.os): string {
  return directory(env, os, {
    xdg: "XDG_STATE_HOME",
    home: ".local/state",
    windows: "LOCALAPPDATA",
  });
}

const environment: Environment = (name) => Deno.env.get(name);

interface Places {
  /** The variable that names the base directory. */
  readonly xdg: string;
  /** The base directory below HOME, if that variable is not set. */
  readonly home: string;
  /** The variable that names the base directory on Windows. */
  readonly windows: string;
}

function directory(env: Environment, os: typeof Deno.build.os, places: Places): string {
  if (os === "windows") {
    const base = env(places.windows) ?? "";
    if (/^([a-z]:[\\/]|\\\\)/i.test(base)) return `${base.replace(/[\\/]+$/, "")}\\p2pchat`;
    throw unknown(places.windows);
  }
  // The specification says to ignore a path that is not absolute.
  const base = env(places.xdg) ?? "";
  if (base.startsWith("/")) return `${base.replace(/\/+$/, "")}/p2pchat`;
  const home = env("HOME") ?? "";
  if (home.startsWith("/")) return `${home.replace(/\/+$/, "")}/${places.home}/p2pchat`;
  throw unknown("HOME");
}

function unknown(variable: string): Error {
  return new Error(
    `Cannot find a directory for your data: the environment variable ${variable} names no directory; ` +
      "set it, or name one on the command line",
  );
}
