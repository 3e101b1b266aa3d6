/**
 * A program that asks the terminal something, and gives it back before there is an answer.
 *
 * @module
 */

import { TerminalDevice } from "../../client/ui/terminal/terminal_device.ts";

/** Longer than a test waits. */
const answerMs = 60_000;

const device = new TerminalDevice(true, () => {}, { on: "", off: "[given back]" });
device.take();
device.read((bytes) => {
  if (new TextDecoder().decode(bytes).includes("answer")) device.answered();
});
device.ask("[question]", answerMs);
await device.flush();
device.close();
await device.flush();
Deno.exit();
