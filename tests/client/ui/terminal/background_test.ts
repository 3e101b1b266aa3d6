// What is known of a background, from what a terminal says.

import { assertEquals } from "@std/assert";
import { backgroundOfVariable } from "../../../../client/ui/terminal/background.ts";

Deno.test("the last colour that COLORFGBG names is that of the background", () => {
  for (const text of ["15;0", "7;0", "15;default;0", "0;8", "12;4", "default;0"]) {
    assertEquals(backgroundOfVariable(text), "dark", text);
  }
  for (const text of ["0;15", "0;default;15", "0;7", "15;11"]) {
    assertEquals(backgroundOfVariable(text), "light", text);
  }
  for (
    const text of [undefined, "", "0", ";", "0;", "15;default", "0;16", "0;-1", "0;99", "a;b;c;d"]
  ) {
    assertEquals(backgroundOfVariable(text), undefined, text);
  }
});
