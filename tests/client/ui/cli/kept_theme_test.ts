import { assertEquals } from "@std/assert";
import { keptTheme } from "../../../../client/ui/cli/kept_theme.ts";

Deno.test("the theme is the one that was chosen, and auto if that is not known here", () => {
  assertEquals(keptTheme({ of: () => "light" }), "light");
  assertEquals(keptTheme({ of: () => undefined }), "auto");
  assertEquals(keptTheme({ of: () => "of a later version" }), "auto");
  const fails = () => {
    throw new Error("the disk is gone");
  };
  assertEquals(keptTheme({ of: fails }), "auto");
});
