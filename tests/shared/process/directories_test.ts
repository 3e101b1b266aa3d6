import { assertEquals, assertThrows } from "@std/assert";
import { configDirectory, stateDirectory } from "../../../shared/process/directories.ts";

type Variables = Readonly<Record<string, string>>;

const both = (variables: Variables, os: typeof Deno.build.os) => [
  configDirectory((name) => variables[name], os),
  stateDirectory((name) => variables[name], os),
];

Deno.test("directories follow the XDG Base Directory Specification", () => {
  const cases: [variables: Variables, config: string, state: string][] = [
    [{ HOME: "/home/al" }, "/home/al/.config/p2pchat", "/home/al/.local/state/p2pchat"],
    [{ HOME: "/home/al/" }, "/home/al/.config/p2pchat", "/home/al/.local/state/p2pchat"],
    [{ HOME: "/" }, "/.config/p2pchat", "/.local/state/p2pchat"],
    [
      { HOME: "/home/al", XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s/" },
      "/c/p2pchat",
      "/s/p2pchat",
    ],
    [{ XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s" }, "/c/p2pchat", "/s/p2pchat"],
    // An empty value counts as not set, and relative paths are ignored.
    [
      { HOME: "/home/al", XDG_CONFIG_HOME: "", XDG_STATE_HOME: "state" },
      "/home/al/.config/p2pchat",
      "/home/al/.local/state/p2pchat",
    ],
    // The variables of another system have no effect.
    [
      { HOME: "/home/al", APPDATA: "C:\\Roaming", LOCALAPPDATA: "C:\\Local" },
      "/home/al/.config/p2pchat",
      "/home/al/.local/state/p2pchat",
    ],
  ];
  for (const [variables, config, state] of cases) {
    for (const os of ["linux", "darwin"] as const) {
      assertEquals(both(variables, os), [config, state], JSON.stringify(variables));
    }
  }
});

Deno.test("on Windows the variables of the system name the directories", () => {
  const variables = {
    HOME: "/home/al",
    APPDATA: "C:\\Users\\al\\AppData\\Roaming\\",
    LOCALAPPDATA: "\\\\host\\share\\Local",
  };
  assertEquals(both(variables, "windows"), [
    "C:\\Users\\al\\AppData\\Roaming\\p2pchat",
    "\\\\host\\share\\Local\\p2pchat",
  ]);
});

Deno.test("if the environment names no directory, the error says which variable is missing", () => {
  for (const variables of [{}, { HOME: "" }, { HOME: "al" }, { XDG_CONFIG_HOME: "c" }]) {
    const env = (name: string) => (variables as Variables)[name];
    assertThrows(() => configDirectory(env, "linux"), Error, "variable HOME names no directory");
    assertThrows(() => stateDirectory(env, "linux"), Error, "variable HOME names no directory");
  }
  const env = (name: string) => ({ HOME: "/h", APPDATA: "Roaming", LOCALAPPDATA: "" })[name];
  assertThrows(() => configDirectory(env, "windows"), Error, "variable APPDATA names no");
  assertThrows(() => stateDirectory(env, "windows"), Error, "variable LOCALAPPDATA names no");
});
