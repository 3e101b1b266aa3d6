// What is known of a background, from what a terminal says.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  backgroundOfAnswer,
  backgroundOfVariable,
} from "../../../../client/ui/terminal/background.ts";

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

Deno.test("an answer is dark or light by how much light the colour is", () => {
  const dark = [
    "rgb:0000/0000/0000",
    "rgb:00/00/00",
    "rgb:0/0/0",
    "RGB:2E2E/3434/3636",
    // Solarized, of Ubuntu, and blue, which is darker than one would take it for.
    "rgb:0000/2b2b/3636",
    "rgb:3030/0a0a/2424",
    "rgb:0000/0000/ffff",
    "rgba:1e1e/1e1e/1e1e/cccc",
    "#000000",
    "#002b36",
    "#123",
  ];
  for (const text of dark) assertEquals(backgroundOfAnswer(text), "dark", text);
  const light = [
    "rgb:ffff/ffff/ffff",
    "rgb:ff/ff/ff",
    "rgb:f/f/f",
    "rgb:fdfd/f6f6/e3e3",
    "rgb:0000/ffff/0000",
    "rgba:ffff/ffff/ffff/0000",
    "#fff",
    "#fdf6e3",
    "#ffffffffffff",
  ];
  for (const text of light) assertEquals(backgroundOfAnswer(text), "light", text);
});

Deno.test("digits of a part count as a part of the greatest number that they can be", () => {
  // Of one digit 7 is as light as 7777 of four, and darker than 7fff.
  for (const [one, other] of [["7", "7777"], ["c", "cccc"], ["4", "4444"], ["80", "8080"]]) {
    const [a, b] = [one, other].map((part) => `rgb:${part}/${part}/${part}`);
    assertEquals(backgroundOfAnswer(a!), backgroundOfAnswer(b!), one);
  }
});

Deno.test("what is no colour says nothing", () => {
  for (
    const text of [
      "",
      "?",
      "rgb:",
      "rgb:ffff/ffff",
      "rgb:fffff/0000/0000",
      "rgb:gggg/0000/0000",
      "rgb:0000/0000/0000/0000/0000",
      "#ffff",
      "white",
      "rgb:ffff/ffff/ffff\n",
    ]
  ) assertEquals(backgroundOfAnswer(text), undefined, text);
  fc.assert(fc.property(fc.string(), (text) => {
    const found = backgroundOfAnswer(text);
    assertEquals(found === undefined || /^(rgba?:|#)[\da-f/]+$/i.test(text), true);
  }));
});
