/**
 * What `p2pchat client --json` prints, held against its schema.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import ajv from "ajv";
import schema from "../../client/ui/ndjson/schema.json" with { type: "json" };

// The package is CommonJS: what it exports as default arrives as a property.
const Ajv = ajv.default;
const validate = new Ajv({ strict: true, strictTypes: false, validateFormats: false }).compile(
  schema,
);

/** An object that was printed. */
// deno-lint-ignore no-explicit-any -- a test looks at what it expects
export type Printed = Record<string, any>;

/** Reads a line that was printed, and asserts that it is as the schema says, and safe to show. */
export function printedIn(line: string): Printed {
  assertEquals(line.match(/[\p{C}\p{Zl}\p{Zp}]/u), null);
  const value = JSON.parse(line);
  assert(validate(value), `${line}: ${JSON.stringify(validate.errors?.slice(0, 4))}`);
  return value;
}
