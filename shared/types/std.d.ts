/**
 * Types for the modules of npm's `deno-std`, which carries the standard library's code without its
 * declarations. Only what this project uses. With `jsr:` in the import map this file goes.
 */

declare module "@std/streams/text-line-stream" {
  export class TextLineStream extends TransformStream<string, string> {
    constructor(options?: { allowCR?: boolean });
  }
}
