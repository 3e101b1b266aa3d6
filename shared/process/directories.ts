/**
 * Where programs keep what is theirs: the XDG Base Directory Specification, and on Windows the folders
 * that the system names.
 *
 * @module
 */

/** Gives the value of an environment variable; undefined where there is none. */
export type Environment = (name: string) => string | undefined;

/**
 * The directory of what a user has chosen or owns, such as a key: `~/.config/p2pchat`. It need not exist.
 *
 * @throws {Error} Where the environment says nothing to go by.
 */
export function configDirectory(env: Environment = environment, os = Deno.build.os): string {
  return directory(env, os, { xdg: "XDG_CONFIG_HOME", home: ".config", windows: "APPDATA" });
}

/**
 * The directory of what a program remembers from one run to the next: `~/.local/state/p2pchat`. It need
 * not exist.
 *
 * @throws {Error} Where the environment says nothing to go by.
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
  /** The base directory where that variable says nothing, below HOME. */
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
  // The specification: a path that is not absolute is to be ignored.
  const base = env(places.xdg) ?? "";
  if (base.startsWith("/")) return `${base.replace(/\/+$/, "")}/p2pchat`;
  const home = env("HOME") ?? "";
  if (home.startsWith("/")) return `${home.replace(/\/+$/, "")}/${places.home}/p2pchat`;
  throw unknown("HOME");
}

function unknown(variable: string): Error {
  return new Error(
    `Cannot tell where to keep what is yours: the environment variable ${variable} names no directory; ` +
      "set it, or name a directory on the command line",
  );
}
