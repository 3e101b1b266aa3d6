/**
 * A program that takes the terminal, writes more than goes out at once, and then fails.
 *
 * @module
 */

import { TerminalDevice } from "../../client/ui/terminal/terminal_device.ts";

const device = new TerminalDevice(true, () => {}, {
  on: "\x1b[?1049h",
  off: "\x1b[?1049l",
});
device.take();
device.write(".".repeat(100_000));
setTimeout(() => {
  device.write("[what is lost]");
  throw new Error("something that nobody has thought of");
});
